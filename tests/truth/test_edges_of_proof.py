"""What lies just beyond what was seen: copies of copies, first hours, jobs that end later, old periods."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.loopback.auditing import DAILY, audit
from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    HOME,
    SINCE,
    START,
    VOLUME,
    World,
    copy_action,
    nights,
    rule,
    standing,
    vault_arn,
)

GAP, NEWEST, COPY = "BKP-FRQ-001", "BKP-FRQ-002", "BKP-ISO-001"
OTHER = "444455556666"
BUCKET = "arn:aws:s3:::photos"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.mark.long
def test_a_copy_of_a_copy_of_a_bad_backup_counts_for_nothing(tmp_path: Path) -> None:
    """The second hop is a copy job of the other account."""
    world = standing(14, [])
    world.account(OTHER, "vaults")
    for night in nights():
        made = world.night(night, MessageCategory="VSS_ERROR")
        hop = world.copied(night, vault_arn("hop", HOME, OTHER), source=made["RecoveryPointArn"])
        second = world.copied(night, vault_arn("far", AWAY, OTHER), source=hop["DestinationRecoveryPointArn"])
        world.at().copy_jobs.remove(second)
        world.at(HOME, OTHER).copy_jobs.append(second)
    found = audit(world, tmp_path, accounts=[ACCOUNT, OTHER], tier={"copy": {"retention_days": 7}})
    assert [found.verdict(control, VOLUME) for control in (GAP, NEWEST, COPY)] == ["NON_COMPLIANT"] * 3


@pytest.mark.parametrize(("hours", "verdict", "code"), [(20, "NOT_APPLICABLE", 4), (27, "NON_COMPLIANT", 3)])
def test_a_volume_younger_than_the_rpo_without_a_backup_is_not_judged_yet(
    tmp_path: Path, hours: int, verdict: str, code: int
) -> None:
    """Nothing was backed up: that is no pass, and not yet a finding."""
    world = World()
    world.volume(CreateTime=AS_OF - hours * HOUR)
    world.vault()
    world.plan([rule(14)])
    world.selection(Resources=[VOLUME])
    found = audit(world, tmp_path)
    assert (found.verdict(GAP, VOLUME), found.verdict(NEWEST, VOLUME)) == (verdict, verdict)
    if code == 3:
        assert found.exit_code == code


def test_the_date_of_a_bucket_is_no_proof_that_it_is_young(tmp_path: Path) -> None:
    """It moves when the bucket's policy is edited; without a backup nothing is known of it."""
    world = standing(14)
    world.at().buckets.append({"Name": "photos", "CreationDate": AS_OF - 20 * HOUR, "BucketRegion": HOME})
    world.selection(Resources=[BUCKET])
    found = audit(world, tmp_path)
    assert (found.verdict(GAP, BUCKET), found.verdict(NEWEST, BUCKET)) == ("INSUFFICIENT_DATA",) * 2
    assert (found.exit_code, len(found.gaps) > 0) == (4, True)


def test_an_exempt_bucket_is_not_asked_for_its_age(tmp_path: Path) -> None:
    """Its tier asks for no backup: not applicable, and no gap."""
    world = standing(14)
    world.at().buckets.append({"Name": "photos", "CreationDate": SINCE, "BucketRegion": HOME})
    world.at().tags[BUCKET] = {"tier": "exempt"}
    tiers = {
        "tiers": {"daily": DAILY, "exempt": {"required": False}},
        "assignment": [{"tier": "exempt", "tags": {"tier": "exempt"}}],
        "default": "daily",
    }
    found = audit(world, tmp_path, tiers=tiers)
    assert (found.verdict(GAP, BUCKET), found.verdict(NEWEST, BUCKET)) == ("NOT_APPLICABLE",) * 2
    assert (found.exit_code, found.gaps) == (0, [])


def test_a_period_without_one_backup_is_no_pass_however_long_the_rpo(tmp_path: Path) -> None:
    """A monthly rule whose only job failed, an RPO of 32 days, and nothing of the month before is left."""
    world = standing(28, [], ScheduleExpression="cron(0 1 15 * ? *)")
    world.job(START + 16 * DAY + HOUR, State="FAILED", MessageCategory="ACCESS_DENIED")
    found = audit(world, tmp_path, tier={"rpo_hours": 768})
    assert (found.verdict(GAP, VOLUME), found.exit_code) == ("INSUFFICIENT_DATA", 3)


def test_what_completed_after_as_of_was_under_way_then(tmp_path: Path) -> None:
    """The last night's job and point completed two days later."""
    world = standing(60, nights(AS_OF - 60 * DAY)[:-1])
    late = world.night(nights()[-1], 60, CompletionDate=AS_OF + 2 * DAY)
    point = world.at().recovery_points["main"][-1]
    assert point["RecoveryPointArn"] == late["RecoveryPointArn"]
    point["CompletionDate"] = AS_OF + 2 * DAY
    world.clock = AS_OF + 3 * DAY
    found = audit(world, tmp_path, period_days=10)
    assert (found.verdict(GAP, VOLUME), found.verdict(NEWEST, VOLUME)) == ("NON_COMPLIANT", "NON_COMPLIANT")


@pytest.mark.parametrize("names_it", [True, False])
def test_failed_jobs_of_a_continuous_rule_count_whether_they_name_the_point_or_not(
    tmp_path: Path, *, names_it: bool
) -> None:
    """The last five nights ended in ACCESS_DENIED: the stream may have missed something since."""
    world = standing(14)
    world.at().buckets.append({"Name": "photos", "CreationDate": SINCE, "BucketRegion": HOME})
    world.plan([rule(35, EnableContinuousBackup=True, RuleId="r-s3")], plan_id="s3")
    world.selection("s3", Resources=[BUCKET])
    stream = f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:continuous:photos-5ec2"
    world.point(SINCE, BUCKET, 35, RecoveryPointArn=stream, Status="AVAILABLE", CalculatedLifecycle={})
    made_by = world.created_by(BackupPlanId="s3", BackupPlanVersion="s3-v1", BackupRuleId="r-s3")
    for night in nights()[:-5]:
        world.job(night, BUCKET, CreatedBy=made_by, RecoveryPointArn=stream)
    for night in nights()[-5:]:
        world.job(night, BUCKET, CreatedBy=made_by, State="FAILED", MessageCategory="ACCESS_DENIED",
                  RecoveryPointArn=stream if names_it else None)  # fmt: skip
    assert audit(world, tmp_path).verdict(GAP, BUCKET) == "NON_COMPLIANT"


@pytest.mark.parametrize(
    ("tier", "verdict"), [({}, "NOT_APPLICABLE"), ({"copy": {"retention_days": 7}}, "INSUFFICIENT_DATA")]
)
def test_a_destination_that_was_not_read_is_a_gap_where_a_copy_is_demanded(
    tmp_path: Path, tier: dict[str, object], verdict: str
) -> None:
    """A tier without copies asks nothing of another Region."""
    world = standing(14, CopyActions=[copy_action(vault_arn("far", AWAY))])
    found = audit(world, tmp_path, regions=[HOME], tier=tier)
    assert found.verdict(COPY, VOLUME) == verdict


def test_a_good_copy_that_was_read_is_not_overruled_by_one_that_was_not(tmp_path: Path) -> None:
    """More copies take nothing away from a pass."""
    world = standing(14)
    for night in nights(AS_OF - 9 * DAY):
        world.copied(night, vault_arn("far", AWAY))
    elsewhere = world.copied(nights()[-1], vault_arn("far", AWAY))
    elsewhere["DestinationBackupVaultArn"] = f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:x"
    found = audit(world, tmp_path, tier={"copy": {"retention_days": 7}}, regions=[HOME, AWAY])
    assert found.verdict(COPY, VOLUME) == "COMPLIANT"


@pytest.mark.parametrize(
    ("keep", "missing", "verdicts", "code"),
    [
        (60, 6, ("NON_COMPLIANT", "NON_COMPLIANT"), 3),
        (60, 0, ("COMPLIANT", "COMPLIANT"), 0),
        (14, 0, ("INSUFFICIENT_DATA", "COMPLIANT"), 4),
    ],
)
def test_jobs_that_are_no_longer_listed_hide_their_own_time_only(
    tmp_path: Path, keep: int, missing: int, verdicts: tuple[str, str], code: int
) -> None:
    """Of 45 days the first fifteen are known by the recovery points that are still there, or not at all."""
    every = nights(AS_OF - 60 * DAY)
    world = standing(keep, every[: len(every) - missing])
    found = audit(world, tmp_path, period_days=45)
    assert (found.verdict(GAP, VOLUME), found.verdict(NEWEST, VOLUME)) == verdicts
    assert (found.exit_code, bool(found.gaps)) == (code, code == 4)


def test_a_run_some_hours_after_midnight_can_still_be_as_of_midnight(tmp_path: Path) -> None:
    """The jobs of the period's first two hours are no longer listed: nothing hangs on them."""
    world = standing(35)
    world.clock = AS_OF + 3 * HOUR
    found = audit(world, tmp_path)
    assert (found.verdict(GAP, VOLUME), found.verdict(NEWEST, VOLUME)) == ("COMPLIANT", "COMPLIANT")


def test_a_volume_that_lived_for_a_night_leaves_a_gap_that_can_be_seen(tmp_path: Path) -> None:
    """Nothing tells since when it was there: the verdict names that, and so does the list of gaps."""
    world = standing(14)
    gone = f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/vol-gone"
    world.night(AS_OF - 10 * DAY + HOUR, 14, gone)
    found = audit(world, tmp_path)
    assert (found.verdict(GAP, gone), found.codes(GAP, gone)) == ("INSUFFICIENT_DATA", ["evidence_gap"])
    assert (found.exit_code, len(found.gaps)) == (4, 1)
