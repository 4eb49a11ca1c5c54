"""What proves a point in time: copies, continuous backups, accepted ends, and what does not."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    HOME,
    SINCE,
    START,
    VOLUME,
    World,
    nights,
    rule,
    standing,
    vault_arn,
)

GAP, NEWEST, KEPT, COPY = "BKP-FRQ-001", "BKP-FRQ-002", "BKP-RET-002", "BKP-ISO-001"
EARLY = "BKP-RET-003"
OTHER = "444455556666"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
BUCKET = "arn:aws:s3:::photos"
DATABASE = f"arn:aws:rds:{HOME}:{ACCOUNT}:db:shop"


@pytest.mark.long
def test_copies_in_another_account_prove_the_nights_whose_points_were_deleted(tmp_path: Path) -> None:
    """Local points are gone after a day though their rule says 35; both accounts were read."""
    world = standing(35, [])
    world.account(OTHER, "vaults")
    for night in nights():
        gone = world.job(night, RecoveryPointArn=f"arn:aws:ec2:{HOME}::snapshot/snap-{world.number()}")
        world.copied(night, vault_arn("far", HOME, OTHER), keep=35, source=gone["RecoveryPointArn"])
    world.point(nights()[-1], keep=35)
    both = audit(world, tmp_path, accounts=[ACCOUNT, OTHER])
    assert (both.verdict(GAP, VOLUME), both.verdict(NEWEST, VOLUME)) == ("COMPLIANT", "COMPLIANT")
    alone = audit(world, tmp_path, accounts=[ACCOUNT])
    assert alone.verdict(GAP, VOLUME) == "INSUFFICIENT_DATA"  # the copies lie where nobody read
    assert (both.verdict(EARLY, VOLUME), alone.verdict(EARLY, VOLUME)) == ("NON_COMPLIANT", "NON_COMPLIANT")


def test_without_the_copies_the_deleted_points_are_a_finding(tmp_path: Path) -> None:
    """A job's word is no proof of a point that should still be there."""
    world = standing(35, [])
    for night in nights():
        world.job(night, RecoveryPointArn=f"arn:aws:ec2:{HOME}::snapshot/snap-{world.number()}")
    assert audit(world, tmp_path).verdict(GAP, VOLUME) == "NON_COMPLIANT"


@pytest.mark.parametrize(("keep", "verdict"), [(14, "COMPLIANT"), (1, "NON_COMPLIANT")])
def test_a_copy_counts_for_the_newest_point(tmp_path: Path, keep: int, verdict: str) -> None:
    """Kept for a day here, and an hour after the next run began: the copy is 25 h old, or gone as well."""
    as_of = AS_OF + 2 * HOUR
    world = World(as_of)
    world.volume()
    world.vault()
    world.plan([rule(1)])
    world.selection(Resources=[VOLUME])
    for night in nights(as_of - 30 * DAY, AS_OF):
        made = world.night(night, 1)
        world.copied(night, vault_arn("far", AWAY), keep=keep, source=made["RecoveryPointArn"])
    world.job(AS_OF + HOUR, State="RUNNING", MessageCategory=None, CompletionDate=None)
    found = audit(world, tmp_path, tier={"copy": {"retention_days": 1}, "retention_days": 1})
    assert (found.verdict(NEWEST, VOLUME), found.verdict(GAP, VOLUME)) == (verdict, "COMPLIANT")


def test_an_air_gapped_copy_stands_for_the_snapshot_that_went_through(tmp_path: Path) -> None:
    """The temporary snapshot of the rule is gone; the point in the logically air-gapped vault is there."""
    gapped = vault_arn("gapped")
    world = standing(14, [], TargetLogicallyAirGappedBackupVaultArn=gapped)
    world.vault("gapped", VaultType="LOGICALLY_AIR_GAPPED_BACKUP_VAULT", Locked=True, MinRetentionDays=7,
                MaxRetentionDays=90, LockDate=SINCE)  # fmt: skip
    for night in nights():
        made = world.job(night, RecoveryPointArn=f"arn:aws:ec2:{HOME}::snapshot/snap-{world.number()}")
        world.copied(night, gapped, keep=60, source=made["RecoveryPointArn"])
    found = audit(world, tmp_path)
    assert (found.verdict(GAP, VOLUME), found.verdict(NEWEST, VOLUME)) == ("COMPLIANT", "COMPLIANT")


def test_more_good_evidence_never_gives_a_worse_verdict(tmp_path: Path) -> None:
    """A younger copy that is kept too briefly, beside an older one that satisfies."""
    world = standing(14)
    world.copied(nights()[-2], vault_arn("far", AWAY), keep=14)
    tier = {"copy": {"retention_days": 7}}
    before = audit(world, tmp_path, tier=tier).verdict(COPY, VOLUME)
    world.copied(nights()[-1], vault_arn("far", AWAY), keep=1 + 1)
    after = audit(world, tmp_path, tier=tier).verdict(COPY, VOLUME)
    assert (before, after) == ("COMPLIANT", "COMPLIANT")


def bucket(world: World) -> None:
    """A bucket with a continuous rule beside the volume."""
    world.at().buckets.append({"Name": "photos", "CreationDate": SINCE, "BucketRegion": HOME})
    world.plan([rule(35, EnableContinuousBackup=True, RuleId="r-s3")], plan_id="s3")
    world.selection("s3", Resources=[BUCKET])


def stream(world: World, begun: Any, status: str, name: str = "continuous:photos-5ec2", **more: Any) -> str:
    """A continuous recovery point of the bucket."""
    arn = f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:{name}"
    world.point(begun, BUCKET, 35, RecoveryPointArn=arn, Status=status, CalculatedLifecycle={}, **more)
    return arn


def run(world: World, tmp_path: Path) -> Judgement:
    """The audit of a world with a bucket."""
    return audit(world, tmp_path)


@pytest.mark.parametrize("names", [("continuous:photos-1", "continuous:photos-2"), ("photos-1", "photos-2")])
def test_a_changed_retention_of_a_bucket_leaves_no_gap(tmp_path: Path, names: tuple[str, str]) -> None:
    """The old continuous point stopped on 19 February, the new one goes on; daily jobs name each."""
    world = standing(14)
    bucket(world)
    change = AS_OF - 10 * DAY
    old = stream(world, SINCE, "STOPPED", names[0])
    new = stream(world, change + HOUR, "AVAILABLE", names[1])
    for night in nights():
        world.job(night, BUCKET, RecoveryPointArn=old if night < change else new)
    found = run(world, tmp_path)
    assert (found.verdict(GAP, BUCKET), found.verdict(NEWEST, BUCKET)) == ("COMPLIANT", "COMPLIANT")


def test_a_stopped_continuous_point_protects_until_its_last_good_job(tmp_path: Path) -> None:
    """71 hours since then: not the whole period, and not "no usable recovery point"."""
    world = standing(14)
    bucket(world)
    arn = stream(world, SINCE, "STOPPED")
    for night in nights(START, AS_OF - 2 * DAY):
        world.job(night, BUCKET, RecoveryPointArn=arn)
    found = run(world, tmp_path)
    assert [
        (reason.code, reason.evidence.get("worst_gap_hours"), reason.evidence.get("newest_age_hours"))
        for control in (GAP, NEWEST)
        for reason in found.reasons(control, BUCKET)
    ] == [("gap_exceeds_rpo", 71.0, None), ("newest_too_old", None, 71.0)]


@pytest.mark.parametrize(("keep", "verdict"), [(5, "NON_COMPLIANT"), (7, "COMPLIANT")])
def test_the_retention_of_a_continuous_point_is_how_far_back_it_goes(
    tmp_path: Path, keep: int, verdict: str
) -> None:
    """Begun ninety days ago, whatever its DeleteAt says."""
    world = standing(14)
    point = world.point(AS_OF - 90 * DAY, DATABASE, keep, Status="AVAILABLE",
                        RecoveryPointArn=f"arn:aws:rds:{HOME}:{ACCOUNT}:auto-backup:ab-1",
                        CalculatedLifecycle={"DeleteAt": AS_OF + keep * DAY})  # fmt: skip
    world.at().db_instances.append(
        {"DBInstanceIdentifier": "shop", "DBInstanceArn": DATABASE, "TagList": [],
         "DBInstanceStatus": "available", "InstanceCreateTime": SINCE}
    )  # fmt: skip
    assert audit(world, tmp_path).verdict(KEPT, point["RecoveryPointArn"]) == verdict


@pytest.mark.long
@pytest.mark.parametrize(
    ("accepted", "verdict"),
    [
        ([], "NON_COMPLIANT"),
        ([{"resource_type": "S3", "category": "MISCELLANEOUS"}], "COMPLIANT"),
        ([{"resource_type": "S3", "message": "*Glacier*"}], "COMPLIANT"),
        ([{"resource_type": "S3", "message": "*Glacier*", "category": "KMS_KEY_ERROR"}], "NON_COMPLIANT"),
        ([{"resource_type": "EBS", "category": "MISCELLANEOUS"}], "NON_COMPLIANT"),
    ],
)
def test_what_success_means_is_a_parameter(
    tmp_path: Path, accepted: list[dict[str, str]], verdict: str
) -> None:
    """A bucket with objects in a Glacier class ends "with issues" every night."""
    world = standing(14)
    bucket(world)
    for night in nights():
        made_by = world.created_by(BackupPlanId="s3", BackupPlanVersion="s3-v1", BackupRuleId="r-s3")
        world.night(night, 35, BUCKET, MessageCategory="MISCELLANEOUS", CreatedBy=made_by,
                    StatusMessage="2 objects in Glacier classes were not backed up")  # fmt: skip
    found = audit(world, tmp_path, parameters={"evidence": {"accepted_completions": accepted}})
    assert found.verdict(GAP, BUCKET) == verdict
    counted = [(entry["resource_type"], entry["jobs"]) for entry in found.document["run"]["accepted"]]
    assert counted == [(entry["resource_type"], 30 * (verdict == "COMPLIANT")) for entry in accepted]
