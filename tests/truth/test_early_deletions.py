"""A recovery point that was deleted before its time is said, whatever remains; the unknown is not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    HOME,
    START,
    VOLUME,
    World,
    nights,
    rule,
    standing,
    vault_arn,
)

GAP, EARLY = "BKP-FRQ-001", "BKP-RET-003"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def snapshot(world: World) -> str:
    """The ARN of a snapshot that is not there."""
    return f"arn:aws:ec2:{HOME}::snapshot/snap-gone-{world.number()}"


def test_points_that_are_gone_are_said_though_copies_keep_the_rpo(tmp_path: Path) -> None:
    """Local points went after a day, their rule says 35: the copies prove the nights, not the retention."""
    world = standing(35, [])
    for night in nights():
        gone = world.job(night, RecoveryPointArn=snapshot(world))
        world.copied(night, vault_arn("far", AWAY), keep=35, source=gone["RecoveryPointArn"])
    kept = nights()[-1] + 2 * HOUR
    world.job(kept, RecoveryPointArn=world.point(kept, keep=35)["RecoveryPointArn"])
    found = audit(world, tmp_path)
    assert (found.verdict(GAP, VOLUME), found.verdict(EARLY, VOLUME)) == ("COMPLIANT", "NON_COMPLIANT")
    (reason,) = found.reasons(EARLY, VOLUME)
    first = reason.evidence["backups"]["deleted_early_first"]
    jobs = world.at().backup_jobs
    assert (reason.code, reason.evidence["deleted_early"], len(first)) == ("deleted_before_its_time", 30, 10)
    assert first[0] == {
        "job_id": jobs[0]["BackupJobId"], "created_at": "2026-01-30T01:00:00Z", "kept_days": 35,
        "recovery_point_arn": jobs[0]["RecoveryPointArn"],
    }  # fmt: skip
    assert found.exit_code == 3


@pytest.mark.parametrize(
    ("made", "days", "verdict"),
    [
        (AS_OF - 14 * DAY, None, "COMPLIANT"),
        (AS_OF - 14 * DAY + HOUR, None, "NON_COMPLIANT"),
        (AS_OF - 5 * DAY, 5, "COMPLIANT"),
        (AS_OF - 5 * DAY + HOUR, 5, "NON_COMPLIANT"),
        (START + DAY, -1, "NON_COMPLIANT"),
    ],
)
def test_a_point_may_go_when_the_retention_that_was_asked_is_over(
    tmp_path: Path, made: Any, days: int | None, verdict: str
) -> None:
    """By the job's own lifecycle, else by its rule's fourteen days; minus one is for ever."""
    world = standing(14)
    own: dict[str, Any] = {} if days is None else {"RecoveryPointLifecycle": {"DeleteAfterDays": days}}
    world.job(made, RecoveryPointArn=snapshot(world), **own)
    found = audit(world, tmp_path)
    assert found.verdict(EARLY, VOLUME) == verdict
    assert found.exit_code == (0 if verdict == "COMPLIANT" else 3)


@pytest.mark.parametrize(
    "job",
    [
        {"CreatedBy": None},
        {"State": "FAILED", "MessageCategory": "ACCESS_DENIED"},
        {"RecoveryPointArn": None},
        {"CompletionDate": AS_OF + timedelta(seconds=1)},
    ],
    ids=["on demand without lifecycle", "failed", "names no point", "ended after the time of the judgement"],
)
def test_what_is_not_known_to_be_deleted_early_is_no_finding(tmp_path: Path, job: dict[str, Any]) -> None:
    """Its retention is unknown, or it made nothing, or nothing yet."""
    world = standing(14)
    world.job(AS_OF - 2 * HOUR, **({"RecoveryPointArn": snapshot(world)} | job))
    assert audit(world, tmp_path).verdict(EARLY, VOLUME) == "COMPLIANT"


@pytest.mark.parametrize(("air_gapped", "verdict"), [(True, "COMPLIANT"), (False, "NON_COMPLIANT")])
@pytest.mark.parametrize("on_demand", [True, False])
def test_temporary_points_of_an_air_gapped_vault_go_by_themselves(
    tmp_path: Path, verdict: str, *, air_gapped: bool, on_demand: bool
) -> None:
    """The copy in that vault is what is kept; a copy into another vault takes nothing with it."""
    vault = vault_arn("gapped")
    target = {"TargetLogicallyAirGappedBackupVaultArn": vault} if air_gapped and not on_demand else {}
    world = World()
    world.volume()
    world.vault()
    kind = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT" if air_gapped else "BACKUP_VAULT"
    world.vault("gapped", VaultType=kind, Locked=air_gapped, MinRetentionDays=7, MaxRetentionDays=90)
    world.plan([rule(14, **target)])
    world.selection(Resources=[VOLUME])
    own: dict[str, Any] = (
        {"CreatedBy": None, "RecoveryPointLifecycle": {"DeleteAfterDays": 14}} if on_demand else {}
    )
    for night in nights(AS_OF - 9 * DAY):
        gone = world.job(night, RecoveryPointArn=snapshot(world), **own)
        world.copied(night, vault, keep=14, source=gone["RecoveryPointArn"])
    assert audit(world, tmp_path).verdict(EARLY, VOLUME) == verdict


@pytest.mark.parametrize(
    "operation", ["ListRecoveryPointsByBackupVault", "ListBackupJobs", "ListBackupPlans"]
)
@pytest.mark.parametrize("gone", [True, False])
def test_nothing_passes_on_what_was_not_read(tmp_path: Path, operation: str, *, gone: bool) -> None:
    """Without the plans nobody knows the retention of what is gone; where nothing is, none is needed."""
    world = standing(35)
    if gone:
        world.job(AS_OF - 2 * DAY, RecoveryPointArn=snapshot(world))
    found = audit(world, tmp_path, faults=[denied(operation)])
    passes = operation == "ListBackupPlans" and not gone
    assert found.verdict(EARLY, VOLUME) == ("COMPLIANT" if passes else "INSUFFICIENT_DATA")


@pytest.mark.parametrize(("later", "verdict"), [(2 * HOUR, "INSUFFICIENT_DATA"), (HOUR, "NON_COMPLIANT")])
def test_what_is_gone_now_may_have_been_there(tmp_path: Path, later: timedelta, verdict: str) -> None:
    """Read more than an hour after the time of the judgement, nobody knows when it was deleted."""
    world = standing(14)
    world.job(AS_OF - 2 * DAY, RecoveryPointArn=snapshot(world))
    world.clock = AS_OF + later
    assert audit(world, tmp_path).verdict(EARLY, VOLUME) == verdict


def test_points_of_a_deleted_resource_keep_their_time(tmp_path: Path) -> None:
    """Its backups went with it."""
    gone = f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/vol-gone"
    world = standing(14)
    for night in nights(AS_OF - 9 * DAY, AS_OF - 4 * DAY):
        world.job(night, gone, RecoveryPointArn=snapshot(world))
    assert audit(world, tmp_path).verdict(EARLY, gone) == "NON_COMPLIANT"
