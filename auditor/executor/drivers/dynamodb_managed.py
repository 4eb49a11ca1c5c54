"""DynamoDB tables under full management: their definitions and items in the store.

Only these backups have the vault's key, cold storage and copies (aws-backup.md 1.1 row 21, 1.2). The document
of a table has its definition and the first page of items, so a small table is one object; each further page
is one of its own.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import BotoCoreError, WaiterError

from auditor.executor.drivers.dynamodb import discard_table, discover_tables, table_mark
from auditor.executor.drivers.restores import UntaggedRestorer
from auditor.executor.drivers.stored import ReadAtOnce, StoredDriver
from auditor.executor.seam.calls import (
    JOB_TAG,
    call,
    driver_error,
    error_code,
    name_of,
    tag_list,
    test_name,
)
from auditor.executor.seam.driver import Clients, DriverError, NativeBackup, Place
from auditor.executor.store.attempts import Claim
from auditor.executor.store.documents import Documents, folder
from auditor.executor.store.objects import (
    Store,
    json_bytes,
    recovery_point_arn,
    stored_backup,
    token_of_point,
)
from auditor.model.organization import Resource

#: BatchWriteItem's own limit.
_WRITTEN_AT_ONCE: Final = 25


class ManagedDynamoDbDriver(StoredDriver, UntaggedRestorer, ReadAtOnce):
    """Backs up tables into the store under the vault's key: the table's definition and its items."""

    resource_type = "DynamoDB"
    required_metadata = ("targetTableName",)

    def __init__(self, clients: Clients, store: Store) -> None:
        self._documents = Documents(store)
        super().__init__(clients, store, self._documents)

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """List every table."""
        return discover_tables(self._clients, account_id, region)

    def _take_in(self, place: Place, resource: Resource, key: str | None, token: str, /) -> NativeBackup:
        """Scan the table consistently."""
        table = name_of(resource.arn)
        client = self._clients("dynamodb", *place)
        definition = call(client, "describe_table", TableName=table)["Table"]
        name = token.lower()
        with self._documents.attempting(place, name, key) as claim:
            first = page = call(client, "scan", TableName=table, ConsistentRead=True)
            size = number = 0
            while page.get("LastEvaluatedKey"):
                start = page["LastEvaluatedKey"]
                page = call(client, "scan", TableName=table, ConsistentRead=True, ExclusiveStartKey=start)
                number += 1
                size += self._store.put_json(place, _page(claim, number), page["Items"], kms_key=key)
            document = {"table": definition, "items": first["Items"], "further_pages": number}
            size += len(json_bytes(document))
            backup = stored_backup(recovery_point_arn(client, place, name), size, key)
            return self._documents.publish(place, claim, backup, document)

    def _copy(
        self, backup: NativeBackup, source: Place, destination: Place, key: str | None, token: str, /
    ) -> NativeBackup:
        """Copy the stored objects."""
        original, name = self._documents.get(source, token_of_point(backup.arn)), token.lower()
        arn = recovery_point_arn(self._clients("dynamodb", *destination), destination, name)
        document = {part: original.about[part] for part in ("table", "items", "further_pages")}
        with self._documents.attempting(destination, name, key) as claim:
            if document["further_pages"]:
                pages, there = folder(original), folder(claim)
                self._store.copy(pages, source=source, to_prefix=there, destination=destination, kms_key=key)
            copied = stored_backup(arn, backup.size_bytes, key)
            return self._documents.publish(destination, claim, copied, document)

    def archive(self, arn: str, account_id: str, region: str) -> None:
        """Move the pages of items; the first one lies in the document itself, which stays."""
        place = (account_id, region)
        claim = self._documents.get(place, token_of_point(arn))
        self._store.archive(place, folder(claim), kms_key=claim.kms_key)

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """Tell the name of the table."""
        stored = self._documents.get((account_id, region), token_of_point(arn)).about
        return {"originalTableName": stored["table"]["TableName"]}

    def _restore(self, arn: str, place: Place, metadata: Mapping[str, str], token: str, /) -> str:
        """Create the table anew with its indexes, marked as made under `token`; put every item back."""
        client, claim = self._clients("dynamodb", *place), self._documents.get(place, token_of_point(arn))
        stored = claim.about
        name = metadata["targetTableName"]
        table_arn = _create(client, name, stored["table"], token)
        _await(client, name)
        _put(client, name, stored["items"])
        for number in range(1, stored["further_pages"] + 1):
            _put(client, name, self._store.get_json(place, _page(claim, number)))
        return table_arn

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """Give a new name for the table."""
        del arn, place
        return {"targetTableName": test_name(token)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """Delete the restored table (DeleteTable)."""
        discard_table(self._clients("dynamodb", account_id, region), arn)


def _page(claim: Claim, number: int) -> str:
    """Where a further page of items lies."""
    return f"{folder(claim)}/items-{number:06d}.json"


def _create(client: Any, name: str, table: dict[str, Any], token: str) -> str:
    """Create the table (CreateTable), once for `token`; gives the ARN."""
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


def _await(client: Any, name: str) -> None:
    """Wait until the table can be written; raises `DriverError`, one that passes where it takes longer."""
    try:
        client.get_waiter("table_exists").wait(TableName=name)
    except WaiterError as error:
        raise DriverError(f"Table {name} is not there yet: {error}", transient=True) from error
    except BotoCoreError as error:
        raise driver_error(error, repeatable=True) from error


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
