"""Clusters of Aurora DSQL. ListClusters gives ARNs and ids; GetCluster tells the creation of one."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from auditor.aws.items import arn, member
from auditor.collect.collector import Scope
from auditor.collect.listings.ages import AgeCall, dated_by_call

_GONE: Final = frozenset({"DELETED", "DELETING", "PENDING_DELETE"})
_ONE: Final = AgeCall("dsql", "GetCluster", "", "creationTime", "status", _GONE)


def rows(_scope: Scope, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Give the cluster; it has no name but its id."""
    yield {"arn": arn(item, "arn"), "resource_type": "DSQL", "name": member(item, "identifier")}


def dated(scope: Scope, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give the row with the cluster's creation, unchanged if the call fails, None if it is gone."""
    return dated_by_call(scope, row, _ONE, identifier=row["name"])
