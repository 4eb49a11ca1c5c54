"""Absence of proof outside what can be read proves nothing: neither a pass nor a finding."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.standing import AS_OF, AWAY, HOME, START, VOLUME, nights, standing, vault_arn

GAP, NEWEST, COPY = "BKP-FRQ-001", "BKP-FRQ-002", "BKP-ISO-001"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("days_ago", "keep", "status", "exit_code"),
    [(59, 365, "COMPLETED", 0), (106, None, "COMPLETED", 0), (81, 35, "EXPIRED", 3)],
    ids=["monthly", "on demand without end", "expired leftover"],
)
def test_one_older_point_says_nothing_of_the_time_after_it(
    tmp_path: Path, days_ago: int, keep: int | None, status: str, exit_code: int
) -> None:
    """The dailies of that time are over, and jobs of it are no longer listed; an EXPIRED one is a finding."""
    world = standing(14)
    world.point(AS_OF - days_ago * DAY, keep=keep, Status=status)
    found = audit(world, tmp_path)
    assert (found.verdict(GAP, VOLUME), found.exit_code) == ("COMPLIANT", exit_code)


def test_nights_missing_across_the_border_are_a_finding_where_their_points_would_be_there(
    tmp_path: Path,
) -> None:
    """Kept for sixty days, and twelve nights have none: 312 hours."""
    missing = nights(START - 6 * DAY, START + 6 * DAY)
    world = standing(60, [night for night in nights(AS_OF - 60 * DAY) if night not in missing])
    found = audit(world, tmp_path)
    assert found.verdict(GAP, VOLUME) == "NON_COMPLIANT"
    (reason,) = found.reasons(GAP, VOLUME)
    assert (reason.code, reason.evidence["worst_gap_hours"]) == ("gap_exceeds_rpo", 312.0)


@pytest.mark.parametrize("older", [True, False])
@pytest.mark.parametrize(("keep", "verdict"), [(60, "NON_COMPLIANT"), (14, "COMPLIANT")])
def test_less_evidence_never_gives_a_better_verdict(
    tmp_path: Path, keep: int, verdict: str, *, older: bool
) -> None:
    """A point 100 hours before the period and the next at its tenth hour: the same without the older one."""
    world = standing(keep, [START + 10 * HOUR, *nights(START + DAY)])
    if older:
        world.point(START - 100 * HOUR, keep=365)
    assert audit(world, tmp_path).verdict(GAP, VOLUME) == verdict


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("db", {"DBInstanceStatus": "creating"}),
        ("cluster", {"Status": "creating"}),
    ],
)
def test_a_database_in_creation_is_not_judged_yet(tmp_path: Path, kind: str, members: dict[str, Any]) -> None:
    """RDS tells no creation time of it, and nothing was ever heard of it."""
    world = standing(14)
    arn = f"arn:aws:rds:{HOME}:111122223333:{kind}:new"
    world.selection(Resources=[arn])
    if kind == "db":
        world.at().db_instances.append(
            {"DBInstanceIdentifier": "new", "DBInstanceArn": arn, "TagList": [], **members}
        )
    else:
        world.at().db_clusters.append(
            {
                "DBClusterIdentifier": "new",
                "DBClusterArn": arn,
                "Engine": "aurora-mysql",
                "TagList": [],
                **members,
            }
        )
    found = audit(world, tmp_path)
    assert (found.verdict(GAP, arn), found.verdict(NEWEST, arn)) == ("INSUFFICIENT_DATA", "INSUFFICIENT_DATA")
    (reason,) = found.reasons(GAP, arn)
    assert "failures" not in reason.evidence.get("slots", {}) or not reason.evidence["slots"]["failures"]
    assert found.verdict(GAP, VOLUME) == "COMPLIANT"


@pytest.mark.parametrize(
    ("regions", "verdict"), [([HOME], "INSUFFICIENT_DATA"), ([HOME, AWAY], "NON_COMPLIANT")]
)
def test_copies_into_a_region_that_was_not_read_are_unknown(
    tmp_path: Path, regions: list[str], verdict: str
) -> None:
    """No copy action, and 28 copy jobs completed: they lie there, or were deleted."""
    world = standing(14)
    for night in nights(AS_OF - 28 * DAY):
        world.copied(night, vault_arn("far", AWAY), keep=14)
    world.at(AWAY).recovery_points.clear()
    found = audit(world, tmp_path, tier={"copy": {"retention_days": 7}}, regions=regions)
    assert found.verdict(COPY, VOLUME) == verdict


@pytest.mark.parametrize(
    ("asked", "verdict"), [(1, "COMPLIANT"), (35, "NON_COMPLIANT"), (None, "INSUFFICIENT_DATA")]
)
def test_a_jobs_word_is_no_proof_of_a_point_that_is_gone(
    tmp_path: Path, asked: int | None, verdict: str
) -> None:
    """The scheduled jobs failed, every on-demand backup but one is gone: out of nothing comes no month."""
    world = standing(14, [])
    for night in nights():
        world.job(night, State="FAILED", MessageCategory="ACCESS_DENIED")
    for night in nights()[:-1]:
        lifecycle: dict[str, Any] = (
            {} if asked is None else {"RecoveryPointLifecycle": {"DeleteAfterDays": asked}}
        )
        world.job(night + HOUR, CreatedBy=None, **lifecycle,
                  RecoveryPointArn=f"arn:aws:ec2:{HOME}::snapshot/snap-hand-{world.number()}")  # fmt: skip
    world.point(nights()[-1] + 2 * HOUR)
    found = audit(world, tmp_path)
    assert found.verdict(GAP, VOLUME) == verdict
    assert (found.exit_code == 0) == (verdict == "COMPLIANT")
