"""Vault notifications: declared through boto3's client, published to a real topic, read from a real queue."""

from typing import Any

import pytest

ACCOUNT, REGION = "123456789012", "eu-west-1"
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:night"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:backups"
EVENTS = ["BACKUP_JOB_COMPLETED", "BACKUP_PLAN_CREATED"]


def put(world: Any, *events: str, topic: str = TOPIC) -> None:
    """Have the vault tell `topic` of `events`."""
    world.backup().put_backup_vault_notifications(
        BackupVaultName="night", SNSTopicArn=topic, BackupVaultEvents=list(events)
    )


def answer(response: dict[str, Any]) -> dict[str, Any]:
    """A response without its metadata."""
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def test_put_get_delete(world: Any) -> None:
    """A configuration is given back as it was put, replaced by another, and gone with the vault."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    missing = backup.exceptions.ResourceNotFoundException
    with pytest.raises(missing):
        backup.get_backup_vault_notifications(BackupVaultName="night")
    put(world, "RESTORE_JOB_COMPLETED", topic=f"{TOPIC}2")
    put(world, *EVENTS, EVENTS[0])

    found = answer(backup.get_backup_vault_notifications(BackupVaultName="night"))
    assert found == {
        "BackupVaultName": "night",
        "BackupVaultArn": VAULT,
        "SNSTopicArn": TOPIC,
        "BackupVaultEvents": EVENTS,
    }
    for _ in range(2):
        backup.delete_backup_vault_notifications(BackupVaultName="night")
    with pytest.raises(missing):
        backup.get_backup_vault_notifications(BackupVaultName="night")
    put(world, *EVENTS)
    backup.delete_backup_vault(BackupVaultName="night")
    backup.create_backup_vault(BackupVaultName="night")
    with pytest.raises(missing):
        backup.get_backup_vault_notifications(BackupVaultName="night")


@pytest.mark.parametrize(
    ("topic", "events"),
    [
        (f"arn:aws:sns:{REGION}:210987654321:backups", EVENTS),
        (f"arn:aws-cn:sns:cn-north-1:{ACCOUNT}:backups", EVENTS),
        (f"{TOPIC}.fifo", EVENTS),
        (f"{TOPIC}:subscription", EVENTS),
        (TOPIC.replace("sns", "sqs"), EVENTS),
        ("backups", EVENTS),
        (TOPIC, []),
        (TOPIC, ["BACKUP_JOB_PAUSED"]),
    ],
)
def test_refused_configurations(world: Any, topic: str, events: list[str]) -> None:
    """A standard topic of the own account, and events that the API has (aws-backup.md 1.1 row 27)."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        put(world, *events, topic=topic)


def test_vaults_that_do_not_exist(world: Any) -> None:
    """Each operation needs the vault."""
    backup = world.backup()
    for call in (
        lambda: put(world, *EVENTS),
        lambda: backup.get_backup_vault_notifications(BackupVaultName="night"),
        lambda: backup.delete_backup_vault_notifications(BackupVaultName="night"),
    ):
        with pytest.raises(backup.exceptions.ResourceNotFoundException):
            call()
