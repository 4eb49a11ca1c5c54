"""Logically air-gapped vaults: made, locked for ever, filled by copies and by rules (aws-backup.md 1.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.executor.world import World

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
GAP = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:gap"
AIR_GAPPED = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def backup(world: World) -> Any:
    """A client; the vault `night` and the air-gapped vault `gap`, for 7 to 30 days, are there."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    create(backup)
    return backup


def create(backup: Any, **params: Any) -> dict[str, Any]:
    """Make the air-gapped vault `gap`."""
    given = {"BackupVaultName": "gap", "MinRetentionDays": 7, "MaxRetentionDays": 30} | params
    return dict(backup.create_logically_air_gapped_backup_vault(**given))


def volume(world: World) -> str:
    """The ARN of a volume."""
    made = world.moto_client("ec2", "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=8)
    return f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{made['VolumeId']}"


def bucket(world: World) -> str:
    """The ARN of a bucket with an object."""
    s3 = world.moto_client("s3", "eu-west-1")
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="data", CreateBucketConfiguration=where)
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="data", Key="a", Body=b"1")
    return "arn:aws:s3:::data"


def protect(backup: Any, *arns: str, **rule: Any) -> None:
    """Make a plan whose only rule has the air-gapped vault as its primary target."""
    document = {
        "RuleName": "r",
        "TargetBackupVaultName": "night",
        "TargetLogicallyAirGappedBackupVaultArn": GAP,
        "ScheduleExpression": "cron(0 1 5 1 ? *)",
        "Lifecycle": {"DeleteAfterDays": 14},
        **rule,
    }
    plan = {"BackupPlanName": "p", "Rules": [document]}
    plan_id = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    selection = {"SelectionName": "s", "IamRoleArn": ROLE, "Resources": list(arns)}
    backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)


def points(client: Any, vault: str) -> list[dict[str, Any]]:
    """The recovery points of a vault."""
    return list(client.list_recovery_points_by_backup_vault(BackupVaultName=vault)["RecoveryPoints"])


def test_a_vault_is_made_described_and_listed(world: World, backup: Any) -> None:
    """Locked in compliance mode since it was made; the two types are listed apart, and none is shared."""
    assert create(backup, BackupVaultName="other")["VaultState"] == "AVAILABLE"
    found = backup.describe_backup_vault(BackupVaultName="gap")
    shown = {name: found[name] for name in ("VaultType", "Locked", "LockDate", "CreationDate", "VaultState")}
    assert shown == {
        "VaultType": AIR_GAPPED,
        "Locked": True,
        "LockDate": START,
        "CreationDate": START,
        "VaultState": "AVAILABLE",
    }
    assert (found["MinRetentionDays"], found["MaxRetentionDays"]) == (7, 30)
    assert found["EncryptionKeyArn"].startswith("arn:aws:kms:eu-west-1:")

    def names(**params: Any) -> list[str]:
        return [one["BackupVaultName"] for one in backup.list_backup_vaults(**params)["BackupVaultList"]]

    assert names(ByVaultType=AIR_GAPPED) == ["gap", "other"]
    assert names(ByVaultType="BACKUP_VAULT") == ["night"]
    assert names(ByVaultType="RESTORE_ACCESS_BACKUP_VAULT") == names(ByShared=True) == []
    assert names() == ["gap", "night", "other"]
    assert world.backup("eu-central-1").list_backup_vaults()["BackupVaultList"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"MinRetentionDays": 6},
        {"MaxRetentionDays": 6},
        {"MinRetentionDays": 36_501, "MaxRetentionDays": 36_501},
        {"MaxRetentionDays": 36_501},
        {"EncryptionKeyArn": "alias/x"},
    ],
)
def test_vaults_that_are_refused(world: World, wrong: dict[str, Any]) -> None:
    """At least 7 days, at most 36,500, and the most not below the least; a key by its ARN."""
    backup = world.backup()
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        create(backup, **wrong)
    assert backup.list_backup_vaults()["BackupVaultList"] == []


def test_a_name_is_taken_once(backup: Any) -> None:
    """By either type; the same request of the same type is answered again."""
    create(backup, BackupVaultName="mine", CreatorRequestId="once")
    create(backup, BackupVaultName="mine", CreatorRequestId="once")
    with pytest.raises(backup.exceptions.AlreadyExistsException):
        create(backup, BackupVaultName="night")
    with pytest.raises(backup.exceptions.AlreadyExistsException):
        backup.create_backup_vault(BackupVaultName="mine", CreatorRequestId="once")


def test_the_lock_is_for_ever(world: World, backup: Any) -> None:
    """Neither changed nor taken away, from the first moment on; an empty vault can be deleted."""
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.put_backup_vault_lock_configuration(BackupVaultName="gap", MinRetentionDays=7)
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.delete_backup_vault_lock_configuration(BackupVaultName="gap")
    backup.delete_backup_vault(BackupVaultName="gap")
    assert world.backup().list_backup_vaults(ByVaultType=AIR_GAPPED)["BackupVaultList"] == []


@pytest.mark.parametrize(
    ("days", "state"), [(7, "COMPLETED"), (6, "FAILED"), (30, "COMPLETED"), (31, "FAILED")]
)
def test_copies_into_it(world: World, backup: Any, days: int, state: str) -> None:
    """Within its retentions; what has arrived cannot be deleted, nor get another lifecycle."""
    job = {"BackupVaultName": "night", "ResourceArn": volume(world), "IamRoleArn": ROLE}
    backup.start_backup_job(**job, Lifecycle={"DeleteAfterDays": 60})
    world.run(START + HOUR)
    (source,) = points(backup, "night")
    backup.start_copy_job(
        RecoveryPointArn=source["RecoveryPointArn"],
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=GAP,
        IamRoleArn=ROLE,
        Lifecycle={"DeleteAfterDays": days},
    )
    world.run(START + 2 * HOUR)
    (copy,) = backup.list_copy_jobs()["CopyJobs"]
    assert copy["State"] == state
    if state == "FAILED":
        assert copy["MessageCategory"] == "INVALID_LIFECYCLE"
        return
    (point,) = points(backup, "gap")
    assert (copy["DestinationVaultType"], copy["DestinationVaultLockState"]) == (AIR_GAPPED, "LOCKED")
    assert point["VaultType"] == AIR_GAPPED
    where = {"BackupVaultName": "gap", "RecoveryPointArn": point["RecoveryPointArn"]}
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.delete_recovery_point(**where)
    with pytest.raises(backup.exceptions.InvalidRequestException):
        backup.update_recovery_point_lifecycle(**where, Lifecycle={"DeleteAfterDays": 30})


def test_a_fully_managed_type_is_backed_up_into_it(world: World, backup: Any) -> None:
    """A bucket's recovery point is in the air-gapped vault alone, and so says its job."""
    arn = bucket(world)
    protect(backup, arn)
    world.run(START + 3 * HOUR)
    (job,) = backup.list_backup_jobs(ByBackupVaultName="gap")["BackupJobs"]
    assert (job["State"], job["MessageCategory"], job["VaultType"]) == ("COMPLETED", "SUCCESS", AIR_GAPPED)
    assert (job["BackupVaultArn"], job["VaultLockState"]) == (GAP, "LOCKED")
    assert [point["Lifecycle"] for point in points(backup, "gap")] == [{"DeleteAfterDays": 14}]
    assert points(backup, "night") == backup.list_copy_jobs()["CopyJobs"] == []
    assert backup.list_backup_jobs(ByBackupVaultName="night")["BackupJobs"] == []


def test_another_type_goes_by_a_temporary_recovery_point(world: World, backup: Any) -> None:
    """A volume is backed up into the rule's vault and copied; the first one goes, other copies stay."""
    backup.create_backup_vault(BackupVaultName="more")
    arn = volume(world)
    copies = [{"DestinationBackupVaultArn": GAP.replace("gap", "more")}]
    protect(backup, arn, CopyActions=copies)
    moment = START + HOUR
    while not (found := points(backup, "night")):  # a copy takes three minutes at least
        moment += timedelta(minutes=1)
        world.run(moment)
    (temporary,) = found
    assert temporary["Lifecycle"] == {"DeleteAfterDays": 14, "DeleteAfterEvent": "DELETE_AFTER_COPY"}
    world.run(START + 4 * HOUR)

    assert points(backup, "night") == []
    (job,) = backup.list_backup_jobs()["BackupJobs"]
    assert (job["State"], job["BackupVaultName"], job["MessageCategory"]) == ("COMPLETED", "night", "SUCCESS")
    for vault in ("gap", "more"):
        (point,) = points(backup, vault)
        assert (point["Lifecycle"], point["ResourceArn"]) == ({"DeleteAfterDays": 14}, arn)
    ec2 = world.moto_client("ec2", "eu-west-1")
    assert len(ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 2
    world.run(START + 16 * DAY)
    assert points(backup, "gap") == points(backup, "more") == []


@pytest.mark.parametrize("why", ["retention", "missing", "standard", "locked"])
def test_without_the_copy_the_first_recovery_point_stays(world: World, backup: Any, why: str) -> None:
    """Where the copy fails it lives as long as the rule says, and so it does in a locked vault."""
    rule: dict[str, Any] = {}
    if why == "retention":
        rule = {"Lifecycle": {"DeleteAfterDays": 31}}
    elif why == "missing":
        backup.delete_backup_vault(BackupVaultName="gap")
    elif why == "standard":
        backup.delete_backup_vault(BackupVaultName="gap")
        backup.create_backup_vault(BackupVaultName="gap")
    else:
        backup.put_backup_vault_lock_configuration(BackupVaultName="night", MinRetentionDays=1)
    protect(backup, volume(world), **rule)
    world.run(START + 4 * HOUR)

    assert [copy["State"] for copy in backup.list_copy_jobs()["CopyJobs"]] == [
        "COMPLETED" if why == "locked" else "FAILED"
    ]
    (point,) = points(backup, "night")
    days = timedelta(days=31 if why == "retention" else 14)
    assert point["CalculatedLifecycle"]["DeleteAt"] == point["CreationDate"] + days


def test_a_type_that_it_cannot_take_is_said(world: World, backup: Any) -> None:
    """A database of RDS is in the rule's vault; its job is completed with an issue, and a copy fails."""
    world.moto_client("rds", "eu-west-1").create_db_instance(
        DBInstanceIdentifier="data", Engine="postgres", DBInstanceClass="db.t3.micro", AllocatedStorage=20
    )
    protect(backup, f"arn:aws:rds:eu-west-1:{ACCOUNT}:db:data")
    world.run(START + 4 * HOUR)
    (job,) = backup.list_backup_jobs()["BackupJobs"]
    assert (job["State"], job["MessageCategory"]) == ("COMPLETED", "FEATURE_NOT_ENABLED")
    assert "logically air-gapped" in job["StatusMessage"]
    (point,) = points(backup, "night")
    backup.start_copy_job(
        RecoveryPointArn=point["RecoveryPointArn"],
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=GAP,
        IamRoleArn=ROLE,
    )
    world.run(START + 6 * HOUR)
    (copy,) = backup.list_copy_jobs()["CopyJobs"]
    assert (copy["State"], copy["MessageCategory"]) == ("FAILED", "RESOURCE_NOT_SUPPORTED")


def test_a_backup_on_demand(world: World, backup: Any) -> None:
    """By LogicallyAirGappedBackupVaultArn; as BackupVaultName such a vault is refused."""
    arn = bucket(world)
    job = {"ResourceArn": arn, "IamRoleArn": ROLE, "Lifecycle": {"DeleteAfterDays": 14}}
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.start_backup_job(**job, BackupVaultName="gap")
    backup.start_backup_job(**job, BackupVaultName="night", LogicallyAirGappedBackupVaultArn=GAP)
    world.run(START + HOUR)
    assert [point["ResourceArn"] for point in points(backup, "gap")] == [arn]


@pytest.mark.parametrize(
    "rule",
    [
        {"TargetLogicallyAirGappedBackupVaultArn": "gap"},
        {"TargetLogicallyAirGappedBackupVaultArn": GAP.replace("eu-west-1", "eu-central-1")},
        {"TargetLogicallyAirGappedBackupVaultArn": GAP.replace(ACCOUNT, "9" * 12)},
        {"EnableContinuousBackup": True},
    ],
)
def test_rules_that_are_refused(backup: Any, rule: dict[str, Any]) -> None:
    """A target that is no vault of this account and Region, and continuous backups."""
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        protect(backup, "*", **rule)


def test_as_a_rules_ordinary_target_it_fails_the_job(world: World, backup: Any) -> None:
    """AWS Backup takes the name; what comes of it is said."""
    protect(
        backup, volume(world), TargetBackupVaultName="gap", TargetLogicallyAirGappedBackupVaultArn=GAP + "x"
    )
    world.run(START + 4 * HOUR)
    (job,) = backup.list_backup_jobs()["BackupJobs"]
    assert (job["State"], job["MessageCategory"]) == ("FAILED", "UNSUPPORTED_OPERATION")
