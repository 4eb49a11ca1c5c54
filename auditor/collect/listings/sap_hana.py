"""SAP HANA databases that AWS Systems Manager for SAP knows; their tags are a mapping.

Of one whose tags an answer lacks they are unknown: whether no other call tells them is not documented.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.aws.items import arn, member, optional
from auditor.collect.collector import Scope

_UNTOLD: Final = KeyError("Tags")


def rows(scope: Scope, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the database, be it the system's or a tenant's."""
    told, database = optional(item, "Tags", dict), arn(item, "Arn")
    if told is None:
        what = f"An item of Databases, {database},"
        scope.not_understood("ssm-sap", "ListDatabases", what, _UNTOLD, ("resources",))
    yield {
        "arn": database,
        "resource_type": "SAP HANA on Amazon EC2",
        "name": member(item, "DatabaseId"),
        "tags": None if told is None else [_tag(told, key) for key in sorted(told)],
    }


def _tag(told: Mapping[str, Any], key: str) -> dict[str, str]:
    return {"Key": key, "Value": member(told, key) if told[key] else ""}
