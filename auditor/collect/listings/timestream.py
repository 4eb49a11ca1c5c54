"""Tables of Timestream, asked for by database, which has their key. ListTables tells no tags."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from auditor.aws.items import arn, member, optional
from auditor.collect.collector import Scope


def rows(scope: Scope, database: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the tables of a database that are not being deleted; its key encrypts them."""
    tables = scope.pages(
        "timestream-write",
        "ListTables",
        "Tables",
        provides=("resources",),
        DatabaseName=member(database, "DatabaseName"),
        MaxResults=20,
    )
    for found in tables.made(partial(_table, optional(database, "KmsKeyId"))):
        yield from found


def _table(key: str | None, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if item.get("TableStatus") != "DELETING":
        yield {
            "arn": arn(item, "Arn"),
            "resource_type": "Timestream",
            "name": member(item, "TableName"),
            "created_at": item.get("CreationTime"),
            "encrypted": True,
            "kms_key_arn": key if key and key.startswith("arn:") else None,
        }
