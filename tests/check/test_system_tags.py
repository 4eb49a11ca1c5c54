"""Selections by tags that AWS alone gives: no input declares them, so who has one is unknown."""

from typing import Any

import pytest

from tests.check.conftest import Check, messages, saying
from tests.check.terraform import Plan, backup_plan, by_tag, selection, vault, volume
from tests.check.test_attached_volumes import FOUND

STACK, OTHER = "aws:cloudformation:stack-name", "AWS:autoscaling:groupName"
OPEN = {("INSUFFICIENT_DATA", "evidence_gap")}
covered = saying("BKP-COV-001")


def condition(operator: str, key: str, value: str = "web") -> list[dict[str, Any]]:
    """The block of one condition."""
    return [{operator: [{"key": f"aws:ResourceTag/{key}", "value": value}]}]


@pytest.mark.parametrize(
    ("chosen", "verdict"),
    [
        ({"selection_tag": by_tag("web", STACK)}, OPEN),
        ({"selection_tag": by_tag("web", OTHER)}, OPEN),
        ({"selection_tag": by_tag("web", "stack")}, FOUND),
        ({"selection_tag": by_tag("gold", "aws:ResourceTag/backup-tier")}, OPEN),
        ({"selection_tag": [*by_tag("web", STACK), *by_tag("gold")]}, set()),
        ({"resources": ["*"], "condition": condition("string_equals", STACK)}, OPEN),
        ({"resources": ["*"], "condition": condition("string_not_equals", STACK)}, OPEN),
        ({"resources": ["*"], "condition": condition("string_equals", "backup-tier", "gold")}, set()),
        ({"resources": ["arn:aws:rds:*"], "condition": condition("string_equals", STACK)}, FOUND),
        ({"selection_tag": by_tag("web", STACK), "not_resources": ["arn:aws:ec2:*:*:volume/*"]}, FOUND),
    ],
    ids=[
        "tag", "either-case", "another-tag", "prefix", "and-one-of-ours", "condition", "not-equals",
        "known-condition", "another-type", "left-out",
    ],
)  # fmt: skip
def test_a_selection_by_a_tag_of_aws(
    check: Check, chosen: dict[str, Any], verdict: set[tuple[str, str]]
) -> None:
    """Neither a pass nor a finding, unless something else decides; tags of one's own do as ever."""
    plan = backup_plan(vault(Plan()), "gold")
    selection(plan, "gold", "gold", **chosen)
    assert covered(check, volume(plan, "data", backup_tier="gold").first()) == verdict


def test_the_tag_and_the_plan_are_named(check: Check) -> None:
    """In the reason; another plan that surely selects the resource decides."""
    plan = backup_plan(vault(Plan()), "gold")
    selection(plan, "gold", "gold", selection_tag=by_tag("web", STACK))
    volume(plan, "data", backup_tier="gold")
    said = messages(check(plan.first()))
    assert STACK in said
    assert "Selection gold of plan gold" in said
    selection(plan, "own", "gold", selection_tag=by_tag("gold"))
    assert covered(check, plan.first()) == set()
