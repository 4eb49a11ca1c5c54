"""DynamoDB tables: the service's own backups.

Those have the table's key, and neither cold storage nor copies (aws-backup.md 1.1 row 21, 1.2).
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from auditor.executor.drivers.listing import of_resource, status_of, token_of
from auditor.executor.drivers.native import UncopiedDriver
from auditor.executor.drivers.restores import UntaggedRestorer
from auditor.executor.seam.calls import (
    JOB_TAG,
    call,
    check_settled,
    delete_once,
    error_code,
    make_once,
    name_of,
    pages,
    send_once,
    stream,
    tag_list,
    tag_map,
    tags_by_arn,
    test_name,
)
from auditor.executor.seam.driver import Clients, DriverError, ListedBackup, NativeBackup, Place
from auditor.model.organization import Resource

_COMPLETE: Final = frozenset({"AVAILABLE"})
_MAKING: Final = frozenset({"CREATING"})
_DELETED: Final = frozenset({"DELETED"})
_GONE: Final = frozenset({"BackupNotFoundException"})

#: What DynamoDB gives together: backups on demand and its own of deleted tables, and those of AWS Backup.
_KINDS: Final = ("ALL", "AWS_BACKUP")


def discover_tables(clients: Clients, account_id: str, region: str) -> list[Resource]:
    """Tables with their tags; their creation time would take a call a table."""
    client = clients("dynamodb", account_id, region)
    names = pages(client, "list_tables", "TableNames")
    tags = tags_by_arn(clients, account_id, region, "dynamodb:table") if names else {}
    head = f"arn:{client.meta.partition}:dynamodb:{region}:{account_id}:table/"
    return [
        Resource(head + name, account_id, region, "DynamoDB", name, None, tags.get(head + name, {}))
        for name in names
    ]


class DynamoDbDriver(UntaggedRestorer, UncopiedDriver):
    """Backs up tables with CreateBackup, under the table's key. Such backups cannot be copied."""

    resource_type = "DynamoDB"
    required_metadata = ("targetTableName",)

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """List every table."""
        return discover_tables(self._clients, account_id, region)

    def _back_up(self, resource: Resource, token: str, _tags: Mapping[str, str], /) -> NativeBackup:
        """CreateBackup. DynamoDB encrypts every table, with a key of its own unless one is set."""
        client = self._clients("dynamodb", resource.account_id, resource.region)
        table = name_of(resource.arn)
        encryption = call(client, "describe_table", TableName=table)["Table"].get("SSEDescription", {})
        send_once(client, "create_backup")

        def make() -> NativeBackup:
            made = call(client, "create_backup", TableName=table, BackupName=_name(token))
            return _native(made["BackupDetails"], encryption)

        return make_once(make, partial(self.find, token, resource.account_id, resource.region))

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the backup (DeleteBackup)."""
        _delete(self._clients("dynamodb", account_id, region), arn)

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """The oldest of the backups that are named after `token`; DynamoDB's names need not be unique."""
        client = self._clients("dynamodb", account_id, region)
        made = [backup for backup in _named(client, token) if backup["BackupStatus"] in _COMPLETE | _MAKING]
        if not made:
            return None
        arn = min(made, key=lambda backup: backup["BackupCreationDateTime"])["BackupArn"]
        found = call(client, "describe_backup", BackupArn=arn)["BackupDescription"]
        encryption = found.get("SourceTableFeatureDetails", {}).get("SSEDescription", {})
        return _native(found["BackupDetails"], encryption)

    def backups(
        self, account_id: str, region: str, resource_arn: str | None = None
    ) -> Iterator[ListedBackup]:
        """Backups on demand, of tables that are gone too. Their keys would take a call each."""
        client, seen = self._clients("dynamodb", account_id, region), set[str]()
        table = {} if resource_arn is None else {"TableName": name_of(resource_arn)}
        for kind in _KINDS:
            found = stream(client, "list_backups", "BackupSummaries", BackupType=kind, **table)
            listed = (_listed(backup) for backup in found if backup["BackupStatus"] not in _DELETED)
            for backup in of_resource(listed, resource_arn):
                if backup.native.arn not in seen:
                    seen.add(backup.native.arn)
                    yield backup

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Whether the backup's state is `AVAILABLE`."""
        client = self._clients("dynamodb", account_id, region)
        try:
            found = call(client, "describe_backup", BackupArn=arn)["BackupDescription"]["BackupDetails"]
        except DriverError as error:
            if error_code(error.__cause__) not in _GONE:
                raise
            found = {}
        return check_settled(arn, found.get("BackupStatus"), complete=_COMPLETE, making=_MAKING)

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Delete every backup that is named after `token`."""
        client = self._clients("dynamodb", account_id, region)
        for backup in _named(client, token):
            _delete(client, backup["BackupArn"])

    def delete_duplicates(self, token: str, arn: str, account_id: str, region: str) -> None:
        """Delete the other backups that are named after `token`."""
        client = self._clients("dynamodb", account_id, region)
        for backup in _named(client, token):
            if backup["BackupArn"] != arn:
                _delete(client, backup["BackupArn"])

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """Tell the name of the table."""
        client = self._clients("dynamodb", account_id, region)
        source = call(client, "describe_backup", BackupArn=arn)["BackupDescription"]["SourceTableDetails"]
        return {"originalTableName": source["TableName"]}

    def _restore(self, arn: str, place: Place, metadata: Mapping[str, str], token: str, /) -> str:
        """RestoreTableFromBackup, which takes no tags: the table is marked as made under `token` after it.

        DynamoDB may refuse the mark while the table is being restored. Asked again, a table that is still
        being restored from this backup is therefore `token`'s too, unless it is marked otherwise.
        """
        client, name = self._clients("dynamodb", *place), metadata["targetTableName"]
        try:
            answer = call(client, "restore_table_from_backup", TargetTableName=name, BackupArn=arn)
            table = answer["TableDescription"]
        except DriverError as error:
            if error_code(error.__cause__) != "TableAlreadyExistsException":
                raise
            table = call(client, "describe_table", TableName=name)["Table"]
            if not _restored_under(client, table, arn, token):
                raise
        _mark(client, table["TableArn"], token)
        return str(table["TableArn"])

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """Give a new name for the table."""
        del arn, place
        return {"targetTableName": test_name(token)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """Delete the restored table (DeleteTable)."""
        discard_table(self._clients("dynamodb", account_id, region), arn)


def discard_table(client: Any, table_arn: str) -> None:
    """DeleteTable; a table that is gone is a success."""
    delete_once(client, "delete_table", {"ResourceNotFoundException"}, TableName=name_of(table_arn))


def table_mark(client: Any, table_arn: str) -> str | None:
    """The token under which the executor restored a table."""
    tags = tag_map(pages(client, "list_tags_of_resource", "Tags", ResourceArn=table_arn))
    return tags.get(JOB_TAG)


def _mark(client: Any, table_arn: str, token: str) -> None:
    try:
        call(client, "tag_resource", ResourceArn=table_arn, Tags=tag_list({JOB_TAG: token}))
    except DriverError as error:
        if not error.transient:
            raise


def _restored_under(client: Any, table: Mapping[str, Any], backup_arn: str, token: str) -> bool:
    mark, summary = table_mark(client, table["TableArn"]), table.get("RestoreSummary", {})
    restoring = summary.get("RestoreInProgress") and summary.get("SourceBackupArn") == backup_arn
    return mark == token or bool(mark is None and restoring)


def _name(token: str) -> str:
    return f"awsbackup-{token}"


def _named(client: Any, token: str) -> list[dict[str, Any]]:
    found = pages(client, "list_backups", "BackupSummaries", BackupType="USER")
    return [backup for backup in found if backup["BackupName"] == _name(token)]


def _delete(client: Any, backup_arn: str) -> None:
    delete_once(client, "delete_backup", _GONE, BackupArn=backup_arn)


def _native(backup: Mapping[str, Any], encryption: Mapping[str, Any]) -> NativeBackup:
    size, key = int(backup.get("BackupSizeBytes") or 0), encryption.get("KMSMasterKeyArn")
    return NativeBackup(backup["BackupArn"], size, encrypted=True, kms_key_arn=key)


def _listed(backup: Mapping[str, Any]) -> ListedBackup:
    status, message = status_of(backup["BackupStatus"], complete=_COMPLETE, making=_MAKING)
    return ListedBackup(
        _native(backup, {}),
        backup["TableArn"],
        backup["BackupCreationDateTime"],
        status,
        message,
        backup["TableName"],
        token_of(backup["BackupName"], _name),
    )
