"""Vaults, their access policies and locks, through boto3's client."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

START = datetime(2026, 1, 5, tzinfo=UTC)
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-4333-8444-555555555555"
ARN = "arn:aws:backup:eu-west-1:123456789012:backup-vault:night"


def answer(response: dict[str, Any]) -> dict[str, Any]:
    """A response without its metadata."""
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def described(**more: Any) -> dict[str, Any]:
    """The vault "night" as DescribeBackupVault gives it."""
    return {
        "BackupVaultName": "night",
        "BackupVaultArn": ARN,
        "VaultType": "BACKUP_VAULT",
        "VaultState": "AVAILABLE",
        "EncryptionKeyType": "AWS_OWNED_KMS_KEY",
        "CreationDate": START,
        "CreatorRequestId": "once",
        "NumberOfRecoveryPoints": 0,
        "Locked": False,
    } | more


def test_create_describe_list_delete(world: Any) -> None:
    """A vault is described and listed as it was made, and gone after its deletion."""
    backup = world.backup()
    created = backup.create_backup_vault(
        BackupVaultName="night", EncryptionKeyArn=KEY, CreatorRequestId="once"
    )
    expected = described(EncryptionKeyArn=KEY, EncryptionKeyType="CUSTOMER_MANAGED_KMS_KEY")

    assert answer(created) == {"BackupVaultName": "night", "BackupVaultArn": ARN, "CreationDate": START}
    assert answer(backup.describe_backup_vault(BackupVaultName="night")) == expected
    assert answer(backup.list_backup_vaults()) == {"BackupVaultList": [expected]}
    assert answer(world.backup("eu-central-1").list_backup_vaults()) == {"BackupVaultList": []}
    backup.delete_backup_vault(BackupVaultName="night")
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.describe_backup_vault(BackupVaultName="night")


def test_the_same_name_again(world: Any) -> None:
    """The same CreatorRequestId is the same request; another one finds the name taken."""
    backup = world.backup()
    first = backup.create_backup_vault(BackupVaultName="night", CreatorRequestId="once")

    assert answer(backup.create_backup_vault(BackupVaultName="night", CreatorRequestId="once")) == answer(
        first
    )
    with pytest.raises(backup.exceptions.AlreadyExistsException) as caught:
        backup.create_backup_vault(BackupVaultName="night", CreatorRequestId="twice")
    assert (caught.value.response["Arn"], caught.value.response["CreatorRequestId"]) == (ARN, "once")


def test_key_must_be_a_kms_key(world: Any) -> None:
    """An alias is no key ARN."""
    backup = world.backup()
    for key in ("alias/backup", "arn:aws:kms:eu-west-1:123456789012:alias/backup"):
        with pytest.raises(backup.exceptions.InvalidParameterValueException):
            backup.create_backup_vault(BackupVaultName="night", EncryptionKeyArn=key)


def test_access_policy(world: Any) -> None:
    """A policy is kept as written; wildcards in Action are refused (aws-backup.md 1.1 row 12)."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_backup_vault_access_policy(BackupVaultName="night")
    policy = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Action": ["backup:DeleteRecoveryPoint"],
                    "Principal": "*",
                    "Resource": "*",
                }
            ],
        }
    )
    wild = policy.replace("DeleteRecoveryPoint", "*")

    backup.put_backup_vault_access_policy(BackupVaultName="night", Policy=policy)
    question = policy.replace("DeleteRecoveryPoint", "DeleteRecoveryPoin?")
    effect = policy.replace("Deny", "deny")
    condition = policy.replace('"Effect"', '"Condition": {"Some": {}}, "Effect"')
    nobody = policy.replace('"Principal": "*", ', "")
    for bad in (wild, question, effect, condition, nobody, "{", "{}", '{"Statement": ["x"]}'):
        with pytest.raises(backup.exceptions.InvalidParameterValueException):
            backup.put_backup_vault_access_policy(BackupVaultName="night", Policy=bad)
    found = backup.get_backup_vault_access_policy(BackupVaultName="night")
    assert answer(found) == {"BackupVaultName": "night", "BackupVaultArn": ARN, "Policy": policy}
    backup.delete_backup_vault_access_policy(BackupVaultName="night")
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_backup_vault_access_policy(BackupVaultName="night")


def test_governance_lock_can_be_removed(world: Any) -> None:
    """Without ChangeableForDays there is no lock date and the lock can go at any time (aws-backup.md 4.7)."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night", CreatorRequestId="once")
    backup.put_backup_vault_lock_configuration(
        BackupVaultName="night", MinRetentionDays=7, MaxRetentionDays=90
    )

    locked = described(Locked=True, MinRetentionDays=7, MaxRetentionDays=90)
    assert answer(backup.describe_backup_vault(BackupVaultName="night")) == locked
    world.traveller.move_to(START + timedelta(days=1000))
    backup.delete_backup_vault_lock_configuration(BackupVaultName="night")
    assert answer(backup.describe_backup_vault(BackupVaultName="night")) == described()


def test_compliance_lock_is_immutable_from_its_date(world: Any) -> None:
    """It can be changed until a millisecond before its lock date, and by nobody from then on."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night", CreatorRequestId="once")
    put = {"BackupVaultName": "night", "MinRetentionDays": 7, "ChangeableForDays": 3}
    backup.put_backup_vault_lock_configuration(**put)
    world.traveller.move_to(START + timedelta(days=3, milliseconds=-1))
    backup.delete_backup_vault_lock_configuration(BackupVaultName="night")
    backup.put_backup_vault_lock_configuration(**put)
    date = START + timedelta(days=6, milliseconds=-1)

    world.traveller.move_to(date)
    expected = described(Locked=True, MinRetentionDays=7, LockDate=date)
    for refused in (
        lambda: backup.put_backup_vault_lock_configuration(**put),
        lambda: backup.delete_backup_vault_lock_configuration(BackupVaultName="night"),
    ):
        with pytest.raises(backup.exceptions.InvalidRequestException):
            refused()
    assert answer(backup.describe_backup_vault(BackupVaultName="night")) == expected


@pytest.mark.parametrize(
    "lock",
    [
        {"ChangeableForDays": 2},
        {"ChangeableForDays": 36_501},
        {"MinRetentionDays": 0},
        {"MaxRetentionDays": 36_501},
        {"MinRetentionDays": 8, "MaxRetentionDays": 7},
    ],
)
def test_locks_out_of_range(world: Any, lock: dict[str, int]) -> None:
    """The bounds of PutBackupVaultLockConfiguration."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")

    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.put_backup_vault_lock_configuration(BackupVaultName="night", **lock)
    assert backup.describe_backup_vault(BackupVaultName="night")["Locked"] is False


def test_pages_are_stable(world: Any) -> None:
    """A paginator sees each vault once, also when vaults come and go between its pages."""
    backup = world.backup()
    for number in range(7):
        backup.create_backup_vault(BackupVaultName=f"vault-{number}")
    first = backup.list_backup_vaults(MaxResults=3)
    backup.delete_backup_vault(BackupVaultName="vault-1")
    backup.create_backup_vault(BackupVaultName="vault-00")
    second = backup.list_backup_vaults(MaxResults=3, NextToken=first["NextToken"])

    names = [[v["BackupVaultName"] for v in page["BackupVaultList"]] for page in (first, second)]
    assert names == [["vault-0", "vault-1", "vault-2"], ["vault-3", "vault-4", "vault-5"]]
    pages = backup.get_paginator("list_backup_vaults").paginate(PaginationConfig={"PageSize": 2})
    assert [v["BackupVaultName"] for page in pages for v in page["BackupVaultList"]] == [
        "vault-0", "vault-00", "vault-2", "vault-3", "vault-4", "vault-5", "vault-6"
    ]  # fmt: skip
