"""DynamoDB tables: the service's own backups, or copies in the store under full management.

Only the latter have the vault's key, cold storage and copies (aws-backup.md 1.1 row 21, 1.2).
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from auditor.executor.services.aws import call, delete_once, name_of, pages, tags_by_arn, test_name
from auditor.executor.services.base import Clients, DriverError, NativeBackup, Place
from auditor.executor.services.store import Store, prefix_of, recovery_point_arn, stored_backup
from auditor.model.organization import Resource

#: BatchWriteItem's own limit.
_WRITTEN_AT_ONCE: Final = 25


def _discover(clients: Clients, account_id: str, region: str) -> list[Resource]:
    """Tables with their tags; their creation time would take a call a table."""
    client = clients("dynamodb", account_id, region)
    names = pages(client, "list_tables", "TableNames")
    tags = tags_by_arn(clients, account_id, region, "dynamodb:table") if names else {}
    head = f"arn:{client.meta.partition}:dynamodb:{region}:{account_id}:table/"
    return [
        Resource(head + name, account_id, region, "DynamoDB", name, None, tags.get(head + name, {}))
        for name in names
    ]


class DynamoDbDriver:
    """Backs up tables with CreateBackup, under the table's key. Such backups cannot be copied."""

    resource_type = "DynamoDB"
    fully_managed = False
    can_copy = False
    can_copy_tags = False
    required_metadata = ("targetTableName",)

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Every table."""
        return _discover(self._clients, account_id, region)

    def back_up(
        self,
        resource: Resource,
        *,
        vault_key_arn: str | None,  # noqa: ARG002 -- the backup has its table's key
        token: str,
        tags: Mapping[str, str],  # noqa: ARG002 -- DynamoDB's own backups have no tags (aws-backup.md 4.9)
    ) -> NativeBackup:
        """CreateBackup. DynamoDB encrypts every table, with a key of its own unless one is set."""
        client = self._clients("dynamodb", resource.account_id, resource.region)
        table = name_of(resource.arn)
        encryption = call(client, "describe_table", TableName=table)["Table"].get("SSEDescription", {})
        backup = call(client, "create_backup", TableName=table, BackupName=f"awsbackup-{token}")[
            "BackupDetails"
        ]
        size = int(backup.get("BackupSizeBytes") or 0)
        return NativeBackup(
            backup["BackupArn"], size, encrypted=True, kms_key_arn=encryption.get("KMSMasterKeyArn")
        )

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,  # noqa: ARG002 -- the seam's parameters
        destination: Place,  # noqa: ARG002
        key: str | None,  # noqa: ARG002
        token: str,  # noqa: ARG002
        tags: Mapping[str, str],  # noqa: ARG002
    ) -> NativeBackup:
        """Refuse: DynamoDB has no copy of its own backups."""
        raise DriverError(f"{backup.arn} cannot be copied without full management.", "RESOURCE_NOT_SUPPORTED")

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """DeleteBackup."""
        client = self._clients("dynamodb", account_id, region)
        delete_once(client, "delete_backup", {"BackupNotFoundException"}, BackupArn=arn)

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """The name of the table."""
        client = self._clients("dynamodb", account_id, region)
        source = call(client, "describe_backup", BackupArn=arn)["BackupDescription"]["SourceTableDetails"]
        return {"originalTableName": source["TableName"]}

    def restore(
        self,
        arn: str,
        *,
        place: Place,
        metadata: Mapping[str, str],
        token: str,  # noqa: ARG002 -- the table's name is asked for
        tags: Mapping[str, str],  # noqa: ARG002 -- tags are not copied (aws-backup.md 1.1 row 23)
    ) -> str:
        """RestoreTableFromBackup."""
        client = self._clients("dynamodb", *place)
        name = metadata["targetTableName"]
        answer = call(client, "restore_table_from_backup", TargetTableName=name, BackupArn=arn)
        return str(answer["TableDescription"]["TableArn"])

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """A new name."""
        del arn, place
        return {"targetTableName": test_name(token)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """DeleteTable."""
        _discard(self._clients("dynamodb", account_id, region), arn)


class ManagedDynamoDbDriver:
    """Backs up tables into the store under the vault's key: the table's definition and its items."""

    resource_type = "DynamoDB"
    fully_managed = True
    can_copy = True
    can_copy_tags = False
    required_metadata = ("targetTableName",)

    def __init__(self, clients: Clients, store: Store) -> None:
        self._clients = clients
        self._store = store

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Every table."""
        return _discover(self._clients, account_id, region)

    def back_up(
        self,
        resource: Resource,
        *,
        vault_key_arn: str | None,
        token: str,
        tags: Mapping[str, str],  # noqa: ARG002 -- the catalog keeps a stored recovery point's tags
    ) -> NativeBackup:
        """Scan the table consistently.

        The definition comes last, with the first page of items: what has none is no backup, and a small table
        is one object.
        """
        place, table = (resource.account_id, resource.region), name_of(resource.arn)
        client = self._clients("dynamodb", *place)
        definition = call(client, "describe_table", TableName=table)["Table"]
        name = token.lower()
        first = page = call(client, "scan", TableName=table, ConsistentRead=True)
        size = number = 0
        while page.get("LastEvaluatedKey"):
            start = page["LastEvaluatedKey"]
            page = call(client, "scan", TableName=table, ConsistentRead=True, ExclusiveStartKey=start)
            number += 1
            key = f"{name}/items-{number:06d}.json"
            size += self._store.put_json(place, key, page["Items"], kms_key=vault_key_arn)
        document = {"table": definition, "items": first["Items"], "further_pages": number}
        size += self._store.put_json(place, f"{name}/table.json", document, kms_key=vault_key_arn)
        return stored_backup(recovery_point_arn(client, place, name), size, vault_key_arn)

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,
        destination: Place,
        key: str | None,
        token: str,
        tags: Mapping[str, str],  # noqa: ARG002 -- the catalog keeps a stored recovery point's tags
    ) -> NativeBackup:
        """Copy the stored objects."""
        prefix, name = prefix_of(backup.arn), token.lower()
        self._store.copy(prefix, source=source, to_prefix=name, destination=destination, kms_key=key)
        arn = recovery_point_arn(self._clients("dynamodb", *destination), destination, name)
        return stored_backup(arn, backup.size_bytes, key)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the stored objects."""
        self._store.delete((account_id, region), prefix_of(arn))

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """The name of the table."""
        stored = self._store.get_json((account_id, region), f"{prefix_of(arn)}/table.json")
        return {"originalTableName": stored["table"]["TableName"]}

    def restore(
        self,
        arn: str,
        *,
        place: Place,
        metadata: Mapping[str, str],
        token: str,  # noqa: ARG002 -- the table's name is asked for
        tags: Mapping[str, str],  # noqa: ARG002 -- tags are not copied (aws-backup.md 1.1 row 23)
    ) -> str:
        """Create the table anew with its indexes and put every item back."""
        client, prefix = self._clients("dynamodb", *place), prefix_of(arn)
        stored = self._store.get_json(place, f"{prefix}/table.json")
        name = metadata["targetTableName"]
        made = call(client, "create_table", TableName=name, **_definition(stored["table"]))
        client.get_waiter("table_exists").wait(TableName=name)
        _put(client, name, stored["items"])
        for number in range(1, stored["further_pages"] + 1):
            _put(client, name, self._store.get_json(place, f"{prefix}/items-{number:06d}.json"))
        return str(made["TableDescription"]["TableArn"])

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """A new name."""
        del arn, place
        return {"targetTableName": test_name(token)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """DeleteTable."""
        _discard(self._clients("dynamodb", account_id, region), arn)


def _discard(client: Any, table_arn: str) -> None:
    delete_once(client, "delete_table", {"ResourceNotFoundException"}, TableName=name_of(table_arn))


def _definition(table: dict[str, Any]) -> dict[str, Any]:
    """What CreateTable needs of what DescribeTable gave."""
    on_demand = table.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
    definition = {key: table[key] for key in ("AttributeDefinitions", "KeySchema")}
    definition |= {"BillingMode": "PAY_PER_REQUEST"} if on_demand else _throughput(table)
    if table.get("LocalSecondaryIndexes"):
        definition["LocalSecondaryIndexes"] = [_index(index) for index in table["LocalSecondaryIndexes"]]
    if table.get("GlobalSecondaryIndexes"):
        definition["GlobalSecondaryIndexes"] = [
            _index(index) | ({} if on_demand else _throughput(index))
            for index in table["GlobalSecondaryIndexes"]
        ]
    return definition


def _index(index: dict[str, Any]) -> dict[str, Any]:
    return {key: index[key] for key in ("IndexName", "KeySchema", "Projection")}


def _throughput(described: dict[str, Any]) -> dict[str, Any]:
    units = ("ReadCapacityUnits", "WriteCapacityUnits")
    return {"ProvisionedThroughput": {unit: described["ProvisionedThroughput"][unit] for unit in units}}


def _put(client: Any, table: str, items: list[dict[str, Any]]) -> None:
    """Write items, as often as DynamoDB leaves some over."""
    waiting = [
        {"PutRequest": {"Item": {key: _value(value) for key, value in item.items()}}} for item in items
    ]
    while waiting:
        batch, waiting = waiting[:_WRITTEN_AT_ONCE], waiting[_WRITTEN_AT_ONCE:]
        answer = call(client, "batch_write_item", RequestItems={table: batch})
        waiting += answer.get("UnprocessedItems", {}).get(table, [])


def _value(stored: dict[str, Any]) -> dict[str, Any]:
    """An attribute's value with its binary parts as bytes again."""
    ((kind, value),) = stored.items()
    if kind == "B":
        return {kind: b64decode(value)}
    if kind == "BS":
        return {kind: [b64decode(part) for part in value]}
    if kind == "L":
        return {kind: [_value(part) for part in value]}
    if kind == "M":
        return {kind: {key: _value(part) for key, part in value.items()}}
    return stored
