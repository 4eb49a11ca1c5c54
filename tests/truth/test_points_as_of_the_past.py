"""As of the past a recovery point is what it was then."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.standing import AS_OF, AWAY, HOME, VOLUME, World, nights, standing, vault_arn

GAP, NEWEST = "BKP-FRQ-001", "BKP-FRQ-002"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
THEN = AS_OF - 9 * DAY + 12 * HOUR


@pytest.mark.parametrize("keep", [7, 14])
def test_what_has_expired_since_was_there_then(tmp_path: Path, keep: int) -> None:
    """The newest point was eleven hours old; kept for seven days it is gone by now, as it should."""
    world = standing(keep)
    found = audit(world, tmp_path, as_of=THEN, period_days=15)
    assert (found.verdict(GAP, VOLUME), found.verdict(NEWEST, VOLUME)) == ("COMPLIANT", "COMPLIANT")


@pytest.mark.parametrize(("deleted_after", "verdict"), [(20, "COMPLIANT"), (8, "NON_COMPLIANT")])
def test_what_is_expired_now_could_be_restored_from_until_its_date(
    tmp_path: Path, deleted_after: int, verdict: str
) -> None:
    """A point that could not be deleted is EXPIRED; what counts is when its retention ended."""
    world = standing(14, nights(AS_OF - 30 * DAY, AS_OF - 20 * DAY))
    night = nights(AS_OF - 20 * DAY)[11]
    world.point(night, Status="EXPIRED", CalculatedLifecycle={"DeleteAt": THEN + (deleted_after - 9) * DAY})
    assert audit(world, tmp_path, as_of=THEN, period_days=15).verdict(NEWEST, VOLUME) == verdict


def test_what_was_deleted_since_before_its_time_is_no_proof_and_no_finding(tmp_path: Path) -> None:
    """Kept for 35 days and gone after nine: it may have been there then, or not."""
    world = standing(35, [])
    for night in nights():
        world.job(night, RecoveryPointArn=f"arn:aws:ec2:{HOME}::snapshot/snap-{world.number()}")
    found = audit(world, tmp_path, as_of=THEN, period_days=15)
    assert found.verdict(NEWEST, VOLUME) == "INSUFFICIENT_DATA"


def late(completed: timedelta) -> tuple[World, str]:
    """A copy, for ever, of a backup of before `THEN`, and so as old; it completed so long after `THEN`."""
    world = standing(14)
    end: dict[str, Any] = {"CompletionDate": THEN + completed}
    world.copied(nights(AS_OF - 12 * DAY)[0], vault_arn("far", AWAY), keep=None, **end)
    (copy,) = world.at(AWAY).recovery_points["far"]
    copy |= end
    return world, str(copy["RecoveryPointArn"])


@pytest.mark.parametrize(("completed", "there"), [(0 * HOUR, True), (HOUR, False)])
def test_a_copy_that_arrived_since_is_no_recovery_point_of_then(
    tmp_path: Path, completed: timedelta, *, there: bool
) -> None:
    """It is as old as its backup: by what it is now nothing is said of a time before it was there."""
    world, copy = late(completed)
    tier = {"copy": {"retention_days": 7, "retention_max_days": 30}, "lock": "compliance"}
    found = audit(world, tmp_path, as_of=THEN, period_days=15, tier=tier)

    verdicts = [found.verdict(control, copy) for control in ("BKP-RET-002", "BKP-RET-005")]
    assert verdicts == (["COMPLIANT", "NON_COMPLIANT"] if there else ["", ""])
    locked = found.verdict("BKP-IMM-001", vault_arn("far", AWAY))
    assert locked == ("NON_COMPLIANT" if there else "NOT_APPLICABLE")
