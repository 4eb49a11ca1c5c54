"""Clusters of EKS. ListClusters gives names alone; DescribeCluster tells the creation of one."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.collect.collector import Scope
from auditor.collect.listings.ages import AgeCall, dated_by_call

_ONE: Final = AgeCall("eks", "DescribeCluster", "cluster", "createdAt", "status", frozenset({"DELETING"}))


def rows(scope: Scope, name: Any) -> Iterator[dict[str, Any]]:
    """Give the cluster of that name."""
    if not isinstance(name, str) or not name:
        raise TypeError("a cluster's name is not a text")
    yield {"arn": scope.arn("eks", f"cluster/{name}"), "resource_type": "EKS", "name": name}


def dated(scope: Scope, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give the row with the cluster's creation, unchanged if the call fails, None if it is gone."""
    return dated_by_call(scope, row, _ONE, name=row["name"])
