"""Which events of a vault go to which topic of SNS (aws-backup.md 1.1 row 27)."""

import re
from typing import Final

import orjson
from sqlalchemy import delete, insert, select

from auditor.executor.api.errors import invalid, not_found
from auditor.executor.database.notifications import vault_notifications
from auditor.executor.operations.checks import check_region
from auditor.executor.operations.vaults import Params, find_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.model.arn import Arn

#: The ARN of a topic; FIFO topics end in .fifo and cannot be used.
_TOPIC: Final = re.compile(
    r"arn:(?P<partition>[^:]+):sns:[a-z0-9-]+:(?P<account>\d{12}):[A-Za-z0-9_-]{1,256}(?P<fifo>\.fifo)?"
)


def put_backup_vault_notifications(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """PutBackupVaultNotifications, in place of what was put before.

    Deprecated events are taken, and nothing is told of them, as the API says.
    """
    topic, events = params["SNSTopicArn"], list(dict.fromkeys(params["BackupVaultEvents"]))
    _check_topic(topic, scope)
    if not events:
        raise invalid("BackupVaultEvents must name at least one event.")
    with service.database.write() as connection:
        arn = find_vault(connection, scope, params["BackupVaultName"]).arn
        connection.execute(delete(vault_notifications).filter_by(vault_arn=arn))
        connection.execute(
            insert(vault_notifications).values(vault_arn=arn, topic_arn=topic, events=orjson.dumps(events))
        )


def _check_topic(topic: str, scope: AccountRegion) -> None:
    """A standard topic of the vault's own account, in any Region."""
    found = _TOPIC.fullmatch(topic)
    if found is None:
        raise invalid("SNSTopicArn must be the ARN of an Amazon SNS topic.")
    if (found["partition"], found["account"]) != (scope.partition, scope.account_id):
        raise invalid("SNSTopicArn must be a topic of the backup vault's own account.")
    check_region(scope, Arn.parse(topic), "SNSTopicArn")
    if found["fifo"]:
        raise invalid("SNSTopicArn: FIFO topics are not supported.")


def get_backup_vault_notifications(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """GetBackupVaultNotifications."""
    with service.database.read() as connection:
        vault = find_vault(connection, scope, params["BackupVaultName"])
        query = select(vault_notifications).filter_by(vault_arn=vault.arn)
        row = connection.execute(query).one_or_none()
    if row is None:
        raise not_found(f"Backup vault {vault.name} has no notifications.")
    return {
        "BackupVaultName": vault.name,
        "BackupVaultArn": vault.arn,
        "SNSTopicArn": row.topic_arn,
        "BackupVaultEvents": orjson.loads(row.events),
    }


def delete_backup_vault_notifications(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """DeleteBackupVaultNotifications, where there are none too; what happened before is still told."""
    with service.database.write() as connection:
        arn = find_vault(connection, scope, params["BackupVaultName"]).arn
        connection.execute(delete(vault_notifications).filter_by(vault_arn=arn))
