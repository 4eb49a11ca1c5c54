"""Resources that were deleted within the period do not vanish."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import DAILY, audit
from tests.loopback.faults import denied
from tests.loopback.standing import AS_OF, HOME, START, VOLUME, nights, standing

GAP, NEWEST, KEPT, SELECTED = "BKP-FRQ-001", "BKP-FRQ-002", "BKP-RET-002", "BKP-COV-001"
GONE = f"arn:aws:ec2:{HOME}:111122223333:volume/vol-gone"
DAY = timedelta(days=1)
TAGGED = {
    "tiers": {"daily": DAILY, "exempt": {"required": False}},
    "assignment": [
        {"tier": "exempt", "tags": {"tier": "exempt"}},
        {"tier": "daily", "tags": {"tier": "daily"}},
    ],
    "default": "exempt",
}


def tagged(value: str) -> dict[str, str]:
    """An entry of ListOfTags."""
    return {"ConditionType": "STRINGEQUALS", "ConditionKey": "tier", "ConditionValue": value}


@pytest.mark.long
@pytest.mark.parametrize(("missed", "verdict"), [(3, "NON_COMPLIANT"), (0, "COMPLIANT")])
def test_its_missed_nights_are_judged_until_its_last_job(tmp_path: Path, missed: int, verdict: str) -> None:
    """Deleted on the twentieth day; afterwards it owes nothing, and nobody asks for its newest backup."""
    world = standing(14)
    for night in nights(START, START + 10 * DAY) + nights(START + (10 + missed) * DAY, START + 20 * DAY):
        world.night(night, 14, GONE)
    found = audit(world, tmp_path)
    assert found.verdict(GAP, GONE) == verdict
    assert (found.verdict(NEWEST, GONE), found.verdict(SELECTED, GONE)) == ("", "")
    if missed:
        (finding,) = [item for item in found.document["findings"] if item["control_id"] == GAP]
        assert finding["subject"]["type"] == "deleted_resource"
        assert finding["reasons"][0]["evidence"]["worst_gap_hours"] == 96.0
    assert found.exit_code == (3 if missed else 0)


def test_its_recovery_points_are_judged(tmp_path: Path) -> None:
    """One that is kept for a day is a finding though its resource is gone."""
    world = standing(14)
    for night in nights(AS_OF - 9 * DAY, AS_OF - 4 * DAY):
        world.night(night, 14, GONE)
    brief = world.point(AS_OF - 5 * DAY, GONE, keep=5 + 1)
    assert audit(world, tmp_path).verdict(KEPT, brief["RecoveryPointArn"]) == "NON_COMPLIANT"


@pytest.mark.parametrize("mode", ["list", "ignore"])
def test_the_setting_leaves_them_out(tmp_path: Path, mode: str) -> None:
    """Nothing of them is judged; listed, they are named."""
    world = standing(14)
    world.night(START + DAY, 14, GONE)
    world.night(START + 9 * DAY, 14, GONE)
    found = audit(world, tmp_path, deleted_resources=mode)
    assert (found.verdict(GAP, GONE), found.exit_code) == ("", 0)
    shown = [GONE] if mode == "list" else []
    assert found.document["run"]["deleted"] == {"count": len(shown), "shown": shown}


@pytest.mark.parametrize(
    ("selection", "verdict"),
    [
        ({"ListOfTags": [tagged("daily")]},
         "NON_COMPLIANT"),
        ({"ListOfTags": [tagged("exempt")]},
         "NOT_APPLICABLE"),
        ({"Resources": ["*"]}, "INSUFFICIENT_DATA"),
    ],
)  # fmt: skip
def test_its_tier_follows_from_the_tags_that_its_plan_demanded(
    tmp_path: Path, selection: dict[str, Any], verdict: str
) -> None:
    """A job of the plan proves that it had them; where the plan takes everything, nothing tells its tier."""
    world = standing(14, tags={"tier": "daily"})
    world.at().selections.clear()
    world.selection(**selection)
    for night in (START + DAY, START + 9 * DAY):
        world.night(night, 14, GONE)
    assert audit(world, tmp_path, tiers=TAGGED).verdict(GAP, GONE) == verdict


def test_what_this_version_does_not_list_is_not_deleted(tmp_path: Path) -> None:
    """Jobs of a type that is not read, and a job that found nothing: no sign of a resource that was there."""
    world = standing(14)
    other = f"arn:aws:other:{HOME}:111122223333:thing/one"
    world.job(START + DAY, other, ResourceType="Other")
    world.job(START + DAY, GONE, State="FAILED", MessageCategory="RESOURCE_NOT_FOUND")
    found = audit(world, tmp_path)
    assert (found.verdict(GAP, other), found.verdict(GAP, GONE), found.verdict(GAP, VOLUME)) == (
        "",
        "",
        "COMPLIANT",
    )


def test_without_the_inventory_nothing_is_deleted(tmp_path: Path) -> None:
    """What could not be listed may be there."""
    world = standing(14)
    world.night(START + DAY, 14, GONE)
    found = audit(world, tmp_path, faults=[denied("DescribeVolumes")])
    assert (found.verdict(GAP, GONE), found.exit_code) == ("", 4)


def test_no_plan_that_was_read_is_the_cause(tmp_path: Path) -> None:
    """Of its missed nights: its tags are not known, so what selects it is undecided."""
    world = standing(14, tags={"tier": "daily"})
    world.at().selections.clear()
    tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": "tier", "ConditionValue": "daily"}
    world.selection(ListOfTags=[tag])
    for night in (1, 9):
        world.point(START + timedelta(days=night), GONE, keep=300)

    found = audit(world, tmp_path)
    causes = [one["cause"] for one in found.document["causes"]["shown"] if one["control_id"] == "BKP-FRQ-001"]
    assert found.verdict("BKP-FRQ-001", GONE) == "NON_COMPLIANT"
    assert [one["why"] for one in causes] == ["undecided"]
