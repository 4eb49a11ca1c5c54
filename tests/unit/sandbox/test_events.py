"""Timed calls, and the placeholders in their arguments."""

from datetime import timedelta

from auditor.aws.session import Credentials
from auditor.sandbox import services
from auditor.sandbox.entrance import Entrance
from auditor.sandbox.events import EventRunner, fill
from auditor.sandbox.organization import Event, SampleOrganization
from auditor.sandbox.seed import Seeded


def test_placeholders_are_filled_at_every_depth() -> None:
    """Strings of mappings and lists, several in one string; numbers, booleans and other text stay."""
    asked: list[tuple[str, str]] = []

    def lookup(name: str, rest: str) -> str:
        asked.append((name, rest))
        return f"<{name}|{rest}>"

    document = {
        "Id": "${plan:backup-gold}",
        "List": ["arn:${partition}:x:${region}", 3, True, None],
        "Inner": {"Key": "${selection:plan-a/by tag}", "$": "$HOME ${BAD}"},
    }

    assert fill(document, lookup) == {
        "Id": "<plan|backup-gold>",
        "List": ["arn:<partition|>:x:<region|>", 3, True, None],
        "Inner": {"Key": "<selection|plan-a/by tag>", "$": "$HOME ${BAD}"},
    }
    assert asked == [
        ("plan", "backup-gold"),
        ("partition", ""),
        ("region", ""),
        ("selection", "plan-a/by tag"),
    ]


def test_a_call_that_is_made_several_times_is_numbered() -> None:
    """With 1, 2 … where its arguments say so; what is refused is told in words."""
    entrance = Entrance(services.native_services(), "aws", "eu-central-1")
    seeded = Seeded(Credentials("AKIA", "none"), {"master": entrance.management_account_id}, {})
    runner = EventRunner(SampleOrganization.load(), entrance, "aws", seeded)
    call = ("master", "primary", "iam", "CreateUser", {"UserName": "user-${number}"})

    told = [runner.run(Event(timedelta(), "", *call, count=count)) for count in (2, 3)]

    made = entrance.management("iam").list_users()["Users"]
    assert [user["UserName"] for user in made] == ["user-1", "user-2"]
    assert told[0] is None
    assert told[1] is not None
    assert "User user-1 already exists" in told[1]
