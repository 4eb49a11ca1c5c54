"""Recovery points that are still being made: none yet."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.standing import AS_OF, HOME, MAIN, VOLUME, standing

HOUR = timedelta(hours=1)
KEPT, ENCRYPTED, NEWEST = "BKP-RET-002", "BKP-ENC-001", "BKP-FRQ-002"


@pytest.mark.parametrize(
    ("status", "verdicts"),
    [("CREATING", ("", "")), ("COMPLETED", ("COMPLIANT", "NON_COMPLIANT"))],
)
def test_what_is_being_made_is_not_judged_by_what_aws_does_not_tell_yet(
    tmp_path: Path, status: str, verdicts: tuple[str, str]
) -> None:
    """A run while tonight's backup is under way: neither a gap nor a finding."""
    world = standing(14, as_of=AS_OF + 2 * HOUR)
    world.at().backup_jobs[-1].update(State="RUNNING", MessageCategory=None, CompletionDate=None)
    making: dict[str, Any] = {"Status": status, "IsEncrypted": False, "EncryptionKeyArn": None}
    point = world.at().recovery_points[MAIN][-1]
    point.update(making)
    for name in ("CalculatedLifecycle", "CompletionDate"):
        point.pop(name)

    found = audit(world, tmp_path)

    arn = point["RecoveryPointArn"]
    assert (found.verdict(KEPT, arn), found.verdict(ENCRYPTED, arn)) == verdicts
    assert (found.verdict(NEWEST, VOLUME), found.gaps) == ("COMPLIANT", [])
    assert found.exit_code == (0 if status == "CREATING" else 3)


@pytest.mark.parametrize(("days", "verdict"), [(7, "COMPLIANT"), (6, "NON_COMPLIANT"), (None, "COMPLIANT")])
def test_without_a_calculated_date_a_point_is_kept_as_it_was_asked(
    tmp_path: Path, days: int | None, verdict: str
) -> None:
    """Its lifecycle says for how long; without one it is for ever."""
    world = standing(14)
    lifecycle = None if days is None else {"DeleteAfterDays": days}
    point = world.point(AS_OF - 12 * HOUR, RecoveryPointArn=f"arn:aws:ec2:{HOME}::snapshot/snap-asked",
                        Lifecycle=lifecycle, CalculatedLifecycle=None)  # fmt: skip
    assert audit(world, tmp_path).verdict(KEPT, point["RecoveryPointArn"]) == verdict
