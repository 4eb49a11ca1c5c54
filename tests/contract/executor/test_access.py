"""Vault access policies, and copies into other accounts (aws-backup.md 1.1 row 12, 4.12)."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.service import OrganizationMembership
from tests.contract.executor.world import World

ACCOUNT, TARGET = "123456789012", "210987654321"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/backup"
VAULT = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:night"
SAFE = f"arn:aws:backup:eu-west-1:{TARGET}:backup-vault:safe"
ALLOW = {"Effect": "Allow", "Action": "backup:CopyIntoBackupVault", "Resource": "*"}
EVERYONE = ALLOW | {"Principal": "*"}


def put(world: World, *statements: dict[str, Any], vault: str = "night", account: str = ACCOUNT) -> None:
    """Give a vault a policy, as the account itself."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    world.backup(account=account).put_backup_vault_access_policy(BackupVaultName=vault, Policy=policy)


def deny(action: str, **more: Any) -> dict[str, Any]:
    """A statement that denies `action` to everyone."""
    return {"Effect": "Deny", "Action": f"backup:{action}", "Principal": "*", "Resource": "*"} | more


def may(client: Any) -> bool:
    """Whether the vault may be deleted by a client."""
    try:
        client.delete_backup_vault_lock_configuration(BackupVaultName="night")
    except client.exceptions.ClientError as error:
        answer = error.response
        if (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) != REFUSED:
            raise
        return False
    return True


REFUSED = ("AccessDeniedException", 403)
UNLOCK = "DeleteBackupVaultLockConfiguration"
CASES = {
    "everyone": (deny(UNLOCK), (False, False)),
    "another action": (deny("DeleteRecoveryPoint"), (True, True)),
    "any case": (deny(UNLOCK.lower()), (False, False)),
    "all but one action": ({**deny(""), "NotAction": "backup:ListTags", "Action": []}, None),
    "not the action": (
        {"Effect": "Deny", "NotAction": f"backup:{UNLOCK}", "Principal": "*", "Resource": "*"},
        (True, True),
    ),
    "a role": (deny(UNLOCK, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/path/ops"}), (True, False)),
    "an account": (deny(UNLOCK, Principal={"AWS": [ACCOUNT]}), (False, False)),
    "its root": (deny(UNLOCK, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}), (False, False)),
    "another account": (deny(UNLOCK, Principal={"AWS": TARGET}), (True, True)),
    "all but a role": (
        {
            "Effect": "Deny",
            "Action": f"backup:{UNLOCK}",
            "NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/ops"},
            "Resource": "*",
        },
        (False, True),
    ),
    "this vault": (deny(UNLOCK, Resource=[VAULT]), (False, False)),
    "vaults like it": (deny(UNLOCK, Resource="arn:aws:backup:*:*:backup-vault:ni?ht"), (False, False)),
    "another vault": (deny(UNLOCK, Resource=f"{VAULT}s"), (True, True)),
    "unless a role": (
        deny(UNLOCK, Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ops"}}),
        (False, True),
    ),
    "when a role": (
        deny(UNLOCK, Condition={"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/ops"}}),
        (True, False),
    ),
    "a missing key": (deny(UNLOCK, Condition={"StringEquals": {"aws:SourceVpc": "x"}}), (True, True)),
    "no missing key": (deny(UNLOCK, Condition={"StringNotEquals": {"aws:SourceVpc": "x"}}), (False, False)),
    "if it exists": (deny(UNLOCK, Condition={"StringEqualsIfExists": {"aws:x": "x"}}), (False, False)),
    "null": (deny(UNLOCK, Condition={"Null": {"aws:SourceVpc": "true"}}), (False, False)),
}


@pytest.mark.parametrize("case", CASES)
def test_explicit_denies(world: World, case: str) -> None:
    """What a statement denies is refused to whom it names, the account's root not excepted."""
    statement, expected = CASES[case]
    world.backup().create_backup_vault(BackupVaultName="night")
    if expected is None:
        with pytest.raises(world.backup().exceptions.InvalidParameterValueException):
            put(world, {**statement, "NotAction": "backup:*"})
        return
    put(world, statement)
    assert (may(world.backup()), may(world.backup(role="ops"))) == expected


def test_recovery_points_behind_a_deny(world: World) -> None:
    """A denied deletion and restore change nothing; the recovery point's ARN is a resource too."""
    backup, point = bucket_backup(world)
    put(world, deny("DeleteRecoveryPoint", Resource=point), deny("StartCopyJob"), deny("StartRestoreJob"))
    for refused in (
        lambda: backup.delete_recovery_point(BackupVaultName="night", RecoveryPointArn=point),
        lambda: copy(world, point),
        lambda: backup.start_restore_job(RecoveryPointArn=point, Metadata={}, IamRoleArn=ROLE),
    ):
        with pytest.raises(backup.exceptions.ClientError) as caught:
            refused()
        assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    assert backup.describe_backup_vault(BackupVaultName="night")["NumberOfRecoveryPoints"] == 1
    assert backup.list_copy_jobs()["CopyJobs"] == []


def bucket_backup(world: World) -> tuple[Any, str]:
    """The client of the account and the recovery point of a bucket in `night`."""
    s3 = world.moto_client("s3", "eu-west-1")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="data", Key="a", Body=b"1")
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    world.backup(account=TARGET).create_backup_vault(BackupVaultName="safe")
    backup.start_backup_job(BackupVaultName="night", ResourceArn="arn:aws:s3:::data", IamRoleArn=ROLE)
    world.run(START + timedelta(hours=1))
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    return backup, point["RecoveryPointArn"]


def copy(world: World, point: str) -> dict[str, Any]:
    """Copy a recovery point into `safe` of the other account and give the finished job."""
    job = world.backup().start_copy_job(
        RecoveryPointArn=point,
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=SAFE,
        IamRoleArn=ROLE,
        Lifecycle={"DeleteAfterDays": 7},
    )
    world.run(datetime.now(UTC) + timedelta(hours=1))
    found: dict[str, Any] = world.backup().describe_copy_job(CopyJobId=job["CopyJobId"])["CopyJob"]
    return found


def enable(world: World, account: str = ACCOUNT) -> None:
    """Turn cross-account backup on."""
    world.backup(account=account).update_global_settings(
        GlobalSettings={"isCrossAccountBackupEnabled": "true"}
    )


def test_copies_into_another_account(world: World) -> None:
    """Off by default, closed by the vault, then let in by its policy; the copy is the other account's."""
    _, point = bucket_backup(world)
    safe = world.backup(account=TARGET)
    outcomes = []
    enabling = (
        lambda: None,
        lambda: enable(world),
        lambda: put(world, ALLOW | {"Principal": {"AWS": TARGET}}, vault="safe", account=TARGET),
        lambda: put(world, EVERYONE, deny("CopyIntoBackupVault"), vault="safe", account=TARGET),
        lambda: put(world, ALLOW | {"Principal": {"AWS": ROLE}}, vault="safe", account=TARGET),
    )
    for step in enabling:
        step()
        job = copy(world, point)
        outcomes.append((job["State"], job["MessageCategory"]))
    denied = ("FAILED", "ACCESS_DENIED")
    assert outcomes == [
        ("FAILED", "FEATURE_NOT_ENABLED"),
        denied,
        denied,
        denied,
        ("COMPLETED", "SUCCESS"),
    ]
    (made,) = safe.list_recovery_points_by_backup_vault(BackupVaultName="safe")["RecoveryPoints"]
    assert (made["RecoveryPointArn"], made["SourceBackupVaultArn"]) == (
        job["DestinationRecoveryPointArn"],
        VAULT,
    )
    assert made["RecoveryPointArn"].split(":")[4] == TARGET
    assert safe.list_backup_vaults()["BackupVaultList"][0]["BackupVaultArn"] == SAFE
    world.run(datetime.now(UTC) + timedelta(days=8))
    assert safe.list_recovery_points_by_backup_vault(BackupVaultName="safe")["RecoveryPoints"] == []


@pytest.mark.parametrize(
    ("organizations", "state"), [(("o-1", "o-1"), "COMPLETED"), (("o-1", "o-2"), "FAILED")]
)
def test_copies_stay_within_the_organization(
    world: World, organizations: tuple[str, str], state: str
) -> None:
    """The management account turns it on for all; aws:PrincipalOrgID is the organization's id."""
    known = dict(zip((ACCOUNT, TARGET), organizations, strict=True))
    world.service.membership = lambda account: OrganizationMembership(known[account], TARGET)
    backup, point = bucket_backup(world)
    with pytest.raises(backup.exceptions.InvalidRequestException):
        enable(world)
    enable(world, TARGET)
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
    put(world, EVERYONE | {"Condition": condition}, vault="safe", account=TARGET)
    job = copy(world, point)

    assert backup.describe_global_settings()["GlobalSettings"]["isCrossAccountBackupEnabled"] == "true"
    assert job["State"] == state
    if state == "FAILED":
        message = "Both source and destination account must be a member of the same organization."
        assert job["StatusMessage"] == f"Copy job failed. {message}"


def test_a_deny_also_stops_copies_within_the_account(world: World) -> None:
    """An explicit deny of CopyIntoBackupVault holds for everyone."""
    backup, point = bucket_backup(world)
    backup.create_backup_vault(BackupVaultName="second")
    put(world, deny("CopyIntoBackupVault"), vault="second")
    job = backup.start_copy_job(
        RecoveryPointArn=point,
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=VAULT.replace("night", "second"),
        IamRoleArn=ROLE,
    )
    world.run(START + timedelta(hours=2))
    found = backup.describe_copy_job(CopyJobId=job["CopyJobId"])["CopyJob"]
    assert (found["State"], found["MessageCategory"]) == ("FAILED", "ACCESS_DENIED")
