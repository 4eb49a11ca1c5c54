"""DynamoDB tables under full management: their definitions and items in the store.

Only these backups have the vault's key, cold storage and copies (aws-backup.md 1.1 row 21, 1.2).
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from auditor.executor.services.aws import JOB_TAG, call, error_code, name_of, tag_list, test_name
from auditor.executor.services.base import Clients, DriverError, NativeBackup, Place
from auditor.executor.services.dynamodb import discard_table, discover_tables, table_mark
from auditor.executor.services.store import Store, bucket_name, prefix_of, recovery_point_arn, stored_backup
from auditor.model.organization import Resource

#: BatchWriteItem's own limit.
_WRITTEN_AT_ONCE: Final = 25
#: What is stored last: a recovery point without it is not whole.
_LAST: Final = "table.json"


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
        return discover_tables(self._clients, account_id, region)

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
        size += self._store.put_json(place, f"{name}/{_LAST}", document, kms_key=vault_key_arn)
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

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """What is stored under `token` when its definition, which comes last, is there."""
        place, name = (account_id, region), token.lower()
        sizes = self._stored(place, name)
        if _LAST not in sizes:
            return None
        client = self._clients("s3", *place)
        head = call(client, "head_object", Bucket=bucket_name(*place), Key=f"{name}/{_LAST}")
        arn = recovery_point_arn(client, place, name)
        return stored_backup(arn, sum(sizes.values()), head.get("SSEKMSKeyId"))

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Whether the definition, which comes last, is stored."""
        if _LAST not in self._stored((account_id, region), prefix_of(arn)):
            raise DriverError(f"{arn} is not stored whole.", "RESOURCE_NOT_FOUND")
        return True

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Delete what is stored under `token`."""
        place, name = (account_id, region), token.lower()
        if self._stored(place, name):
            self._store.delete(place, name)

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """The name of the table."""
        stored = self._store.get_json((account_id, region), f"{prefix_of(arn)}/{_LAST}")
        return {"originalTableName": stored["table"]["TableName"]}

    def restore(
        self,
        arn: str,
        *,
        place: Place,
        metadata: Mapping[str, str],
        token: str,
        tags: Mapping[str, str],  # noqa: ARG002 -- tags are not copied (aws-backup.md 1.1 row 23)
    ) -> str:
        """Create the table anew with its indexes, marked as made under `token`; put every item back."""
        client, prefix = self._clients("dynamodb", *place), prefix_of(arn)
        stored = self._store.get_json(place, f"{prefix}/{_LAST}")
        name = metadata["targetTableName"]
        table_arn = _create(client, name, stored["table"], token)
        client.get_waiter("table_exists").wait(TableName=name)
        _put(client, name, stored["items"])
        for number in range(1, stored["further_pages"] + 1):
            _put(client, name, self._store.get_json(place, f"{prefix}/items-{number:06d}.json"))
        return table_arn

    def _stored(self, place: Place, name: str) -> dict[str, int]:
        """Sizes of what is stored under a name; nothing where there is no store yet."""
        try:
            return {item.name: item.size for item in self._store.below(place, name)}
        except DriverError as error:
            if error_code(error.__cause__) == "NoSuchBucket":
                return {}
            raise

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """A new name."""
        del arn, place
        return {"targetTableName": test_name(token)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """DeleteTable."""
        discard_table(self._clients("dynamodb", account_id, region), arn)


def _create(client: Any, name: str, table: dict[str, Any], token: str) -> str:
    """CreateTable, once for `token`; gives the ARN."""
    mark = tag_list({JOB_TAG: token})
    try:
        made = call(client, "create_table", TableName=name, Tags=mark, **_definition(table))
    except DriverError as error:
        if error_code(error.__cause__) != "ResourceInUseException":
            raise
        arn = str(call(client, "describe_table", TableName=name)["Table"]["TableArn"])
        if table_mark(client, arn) != token:
            raise DriverError(error.message, error.category) from error  # somebody else has the name
        return arn
    return str(made["TableDescription"]["TableArn"])


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
