"""As of the past a recovery point is what it was then."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.loopback.auditing import audit
from tests.loopback.standing import AS_OF, HOME, VOLUME, nights, standing

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
