"""Backups of resources that consist of parts: stacks of CloudFormation, clusters of EKS (aws-backup.md 4.13).

Their backup is a composite, with a recovery point of each part nested in it. One of the nested ones, and the
job that made it, names the resource itself: the template of the stack, the state of the cluster. It is no
backup of the resource, however well it went: the composite may lack the rest.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from auditor.derive.columns import Bools
from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import among, flags
from auditor.model.resource_types import TYPES

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

_TYPES: Final = tuple(row.name for row in TYPES.values() if row.composite)


def read_whole(inventory: "Inventory", table: str, columns: Sequence[str]) -> pa.Table:
    """Rows of jobs or recovery points, without those of a part that name the resource it is a part of.

    What does not say whether it is a composite stays.
    """
    read = inventory.read(table, list(dict.fromkeys((*columns, "resource_type"))))
    parts = of_parts(inventory, table, read["resource_type"])
    return (read.filter(numbers(~parts)) if parts.any() else read).select(columns)


def of_parts(inventory: "Inventory", table: str, types: pa.ChunkedArray) -> Bools:
    """Which rows of jobs or recovery points are of a part; `types` are their resource types."""
    parts = among(types, _TYPES)
    if parts.any():
        parts &= flags(pc.invert(inventory.read(table, ["is_parent"])["is_parent"]))
    return parts
