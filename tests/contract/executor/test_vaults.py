"""Vaults, their access policies and locks, through boto3's client."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.database.keys import derived
from auditor.executor.scope import AccountRegion
from auditor.executor.serving.own_keys import OwnKeys
from tests.contract.executor.world import World

START = datetime(2026, 1, 5, tzinfo=UTC)
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-4333-8444-555555555555"
ARN = "arn:aws:backup:eu-west-1:123456789012:backup-vault:night"
HERE = AccountRegion("123456789012", "eu-west-1", "aws")
#: AWS's own key, where KMS does not tell it.
OWN = derived(HERE)


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
        "EncryptionKeyArn": OWN,
        "EncryptionKeyType": "AWS_OWNED_KMS_KEY",
        "CreationDate": START,
        "CreatorRequestId": "once",
        "NumberOfRecoveryPoints": 0,
        "Locked": False,
    } | more


def test_create_describe_list_delete(world: World) -> None:
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


def test_the_same_name_again(world: World) -> None:
    """The same CreatorRequestId is the same request; another one finds the name taken."""
    backup = world.backup()
    first = backup.create_backup_vault(BackupVaultName="night", CreatorRequestId="once")

    assert answer(backup.create_backup_vault(BackupVaultName="night", CreatorRequestId="once")) == answer(
        first
    )
    with pytest.raises(backup.exceptions.AlreadyExistsException) as caught:
        backup.create_backup_vault(BackupVaultName="night", CreatorRequestId="twice")
    assert (caught.value.response["Arn"], caught.value.response["CreatorRequestId"]) == (ARN, "once")


def keys_of(world: World, region: str = "eu-west-1", account: str = "123456789012") -> dict[str, str]:
    """The keys of the vaults, by their names."""
    listed = world.backup(region, account).list_backup_vaults()["BackupVaultList"]
    return {vault["BackupVaultName"]: vault["EncryptionKeyArn"] for vault in listed}


def test_a_vault_without_a_key_has_aws_own(world: World) -> None:
    """Always, and one for all vaults of an account and Region; a customer's key stays the vault's."""
    backup = world.backup()
    for name in ("one", "two"):
        backup.create_backup_vault(BackupVaultName=name)
    backup.create_backup_vault(BackupVaultName="customer", EncryptionKeyArn=KEY)
    for region, account in (("eu-central-1", HERE.account_id), ("eu-west-1", "210987654321")):
        world.backup(region, account).create_backup_vault(BackupVaultName="there")

    there = keys_of(world, "eu-central-1")["there"]
    other = keys_of(world, account="210987654321")["there"]
    assert keys_of(world) == {"one": OWN, "two": OWN, "customer": KEY}
    assert re.fullmatch(
        r"arn:aws:kms:eu-west-1:123456789012:key/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", OWN
    )
    assert there.startswith("arn:aws:kms:eu-central-1:123456789012:key/")
    assert other.startswith("arn:aws:kms:eu-west-1:210987654321:key/")
    assert len({key.rpartition("/")[2] for key in (OWN, there, other)}) == 3
    backup.delete_backup_vault(BackupVaultName="one")
    backup.create_backup_vault(BackupVaultName="one")
    assert keys_of(world)["one"] == OWN


def test_the_key_is_the_one_that_kms_knows(world: World) -> None:
    """A vault that comes later has the key of those that were there, whatever KMS has learnt since."""
    kms = world.moto_client("kms", "eu-west-1")
    world.service.own_key = OwnKeys(lambda service, _account, region: world.moto_client(service, region))
    world.backup().create_backup_vault(BackupVaultName="before")
    own = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/aws/backup", TargetKeyId=own["KeyId"])  # moto lets anyone give it
    world.backup().create_backup_vault(BackupVaultName="after")
    other = world.backup("eu-west-1", "210987654321")
    other.create_backup_vault(BackupVaultName="first")

    assert keys_of(world) == {"before": OWN, "after": OWN}
    assert keys_of(world, account="210987654321") == {"first": own["Arn"]}


def test_key_must_be_a_kms_key(world: World) -> None:
    """An alias is no key ARN."""
    backup = world.backup()
    for key in ("alias/backup", "arn:aws:kms:eu-west-1:123456789012:alias/backup"):
        with pytest.raises(backup.exceptions.InvalidParameterValueException):
            backup.create_backup_vault(BackupVaultName="night", EncryptionKeyArn=key)


def test_access_policy(world: World) -> None:
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


def test_governance_lock_can_be_removed(world: World) -> None:
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


def test_compliance_lock_is_immutable_from_its_date(world: World) -> None:
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
def test_locks_out_of_range(world: World, lock: dict[str, int]) -> None:
    """The bounds of PutBackupVaultLockConfiguration."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")

    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.put_backup_vault_lock_configuration(BackupVaultName="night", **lock)
    assert backup.describe_backup_vault(BackupVaultName="night")["Locked"] is False


def test_pages_are_stable(world: World) -> None:
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
