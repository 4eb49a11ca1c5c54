"""DynamoDB tables. ListTables gives names alone; DescribeTable tells the creation of one."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import SECONDS, member
from auditor.collect.collector import Scope
from auditor.evidence.table_schemas import AGES

_AGES: Final = (AGES,)


def rows(scope: Scope, name: Any) -> Iterator[dict[str, Any]]:
    """Give the table of that name."""
    if not isinstance(name, str) or not name:
        raise TypeError("a table's name is not a text")
    yield {"arn": scope.arn("dynamodb", f"table/{name}"), "resource_type": "DynamoDB", "name": name}


def dated(scope: Scope, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give the row with the table's creation, unchanged if the call fails, None if the table is gone."""
    operation = "DescribeTable"
    answer = scope.ask(
        "dynamodb", operation, provides=_AGES, absent=("ResourceNotFoundException",), TableName=row["name"]
    )
    if answer is None:
        return row
    if not answer:
        return None
    try:
        table = member(answer, "Table", dict)
        if table.get("TableStatus") == "DELETING":
            return None
        return {**row, "created_at": member(table, "CreationDateTime", SECONDS)}
    except MALFORMED as error:
        scope.not_understood("dynamodb", operation, f"The table {row['arn']}", error, _AGES)
        return row
