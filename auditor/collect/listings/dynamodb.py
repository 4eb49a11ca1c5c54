"""DynamoDB tables. ListTables gives names alone; DescribeTable tells the creation of one."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.collect.collector import Scope
from auditor.collect.listings.ages import AgeCall, dated_by_call
from auditor.collect.native import point_in_time_recovery

_ONE: Final = AgeCall(
    "dynamodb", "DescribeTable", "Table", "CreationDateTime", "TableStatus", frozenset({"DELETING"})
)


def rows(scope: Scope, name: Any) -> Iterator[dict[str, Any]]:
    """Give the table of that name."""
    if not isinstance(name, str) or not name:
        raise TypeError("a table's name is not a text")
    row = {"arn": scope.arn("dynamodb", f"table/{name}"), "resource_type": "DynamoDB", "name": name}
    yield row | point_in_time_recovery(scope, row["arn"], name)


def dated(scope: Scope, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give the row with the table's creation, unchanged if the call fails, None if the table is gone."""
    return dated_by_call(scope, row, _ONE, TableName=row["name"])
