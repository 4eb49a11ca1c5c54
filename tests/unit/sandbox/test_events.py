"""Placeholders in the arguments of timed calls."""

from auditor.sandbox.events import fill


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
