"""How much of AWS Backup's quotas plans take."""

from typing import Any, Final

import pytest

from tests.unit.evaluate.conftest import World

CONDITION: Final = {"ConditionKey": "aws:ResourceTag/k", "ConditionValue": "v"}


def counts(world: World, number: int = 0) -> dict[str, tuple[int, int]]:
    """What one plan takes, and of how much, by what is counted."""
    found: list[dict[str, Any]] = world.facts("plan")[number]["plan"]["quotas"]
    return {one["what"]: (one["count"], one["limit"]) for one in found}


def test_each_quota_of_a_plan_is_counted(world: World) -> None:
    """Rules, copies, and what each selection has; what the account has is BKP-GOV-025's."""
    copy = {"DestinationBackupVaultArn": world.far_vault}
    added = {"CopyActions": [copy, copy], "RecoveryPointTags": {"team": "a", "cost": "b"}}
    world.plan(added, {"RuleName": "noon", "RuleId": "r2"})
    world.plan(plan_id="p2")
    arns = ["arn:aws:ec2:*:*:volume/*", "arn:aws:ec2:*:*:instance/*", world.volume]
    world.select("p2", Resources=arns)
    assert counts(world) == {
        "rules": (2, 10),
        "copy actions of rule nightly": (2, 5),
        "copy actions of rule noon": (0, 5),
        "tags that rule nightly adds": (2, 10),
        "tags that rule noon adds": (0, 10),
        "selections": (1, 100),
        "selections by tags": (1, 10),
        "ARNs with wildcards of selection choice 1": (0, 30),
        "ARNs without wildcards of selection choice 1": (0, 500),
        "tags of selection choice 1": (1, 30),
        "conditions of selection choice 1": (0, 30),
    }


def test_more_than_a_quota_that_aws_never_raises_is_told(world: World) -> None:
    """Of all but ARNs it says so: eleven rules are too near the quota, whoever let them in."""
    copies = {"CopyActions": [{"DestinationBackupVaultArn": world.far_vault}] * 6}
    world.plan(*({"RuleName": f"r{one}", "RuleId": f"r{one}", **copies} for one in range(11)))
    tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": "k", "ConditionValue": "v"}
    world.select("p1", ListOfTags=[tag] * 31, Conditions={"StringLike": [CONDITION] * 31})
    told = counts(world)
    assert (told["rules"], told["copy actions of rule r0"]) == ((11, 10), (6, 5))
    assert (told["tags of selection choice 2"], told["conditions of selection choice 2"]) == ((31, 30),) * 2
    assert world.unknown("plan", "plan.quotas") == []


@pytest.mark.parametrize(
    ("document", "what", "limit"),
    [
        (
            {"Resources": [f"arn:aws:ec2:*:*:volume/vol-{one}" for one in range(501)]},
            "ARNs with wildcards",
            30,
        ),
        ({"Resources": [f"arn:aws:s3:::b{one}" for one in range(501)]}, "ARNs without wildcards", 500),
    ],
)
def test_more_than_a_quota_that_aws_may_raise_is_not_known(
    world: World, document: dict[str, Any], what: str, limit: int
) -> None:
    """It has raised it, nobody knows to what: no finding and no pass, and never silence."""
    world.plan()
    world.select("p1", **document)
    name = f"{what} of selection choice 2"
    world.opened = world.subjects()
    assert name not in counts(world)
    assert world.unknown("plan", "plan.quotas") == [("plan_quotas", "Unknown", True)]
    said = [one.message for one in world.opened.gaps.values() if one.operation == "plan_quotas"]
    count = len(document["Resources"])
    more = f"The plan p1 has {count} {name}, more than the {limit} that AWS Backup takes"
    assert said == [f"{more}: AWS has raised the quota, and nothing tells to what."]


def test_exactly_the_quota_is_told(world: World) -> None:
    """Ten rules."""
    world.plan(*({"RuleName": f"r{one}", "RuleId": f"r{one}"} for one in range(10)))
    assert counts(world)["rules"] == (10, 10)


def test_what_is_hidden_could_only_be_more(world: World) -> None:
    """Selections that were not read leave the counts partial: they prove a finding and no pass."""
    world.plan()
    world.gap("backup_selections", operation="ListBackupSelections")
    assert world.unknown("plan", "plan.quotas") == [("ListBackupSelections", "AccessDeniedException", True)]
