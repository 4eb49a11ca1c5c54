"""SAP HANA databases that AWS Systems Manager for SAP knows; their tags are a mapping."""

from collections.abc import Iterator, Mapping
from typing import Any

from auditor.aws.items import arn, member, optional
from auditor.collect.collector import Scope


def rows(_scope: Scope, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the database, be it the system's or a tenant's."""
    told = optional(item, "Tags", dict) or {}
    yield {
        "arn": arn(item, "Arn"),
        "resource_type": "SAP HANA on Amazon EC2",
        "name": member(item, "DatabaseId"),
        "tags": [{"Key": key, "Value": member(told, key) if told[key] else ""} for key in sorted(told)],
    }
