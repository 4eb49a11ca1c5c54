"""Copies that prove nothing, in any place: of a bad backup, by a bad copy job, or of such a copy in turn.

A copy job is bad as a backup job is: COMPLETED with a message category other than SUCCESS
(aws-backup.md 1.4).
"""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from auditor.evaluate.arrow import numbers, texts
from auditor.evaluate.columns import among, named
from auditor.evaluate.history import accepted_by_tiers, ends
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.success import succeeded

_COPIES: Final = (
    "resource_arn", "resource_type", "state", "message", "message_category", "source_recovery_point_arn",
    "destination_recovery_point_arn",
)  # fmt: skip


def spoilt_copies(inventories: Sequence[Inventory]) -> pa.ChunkedArray:
    """ARNs of such copies; each account lists its own copy jobs."""
    edges = []
    found: set[str] = set()
    for inventory in inventories:
        table = inventory.read("copy_jobs", _COPIES)
        if table.num_rows:
            edges.append((table["source_recovery_point_arn"], table["destination_recovery_point_arn"]))
            found |= _badly_copied(table, inventory)
    fresh = found | {arn for inventory in inventories for arn in _spoilt(inventory)} if edges else set()
    while fresh:
        sources = pa.chunked_array([texts(sorted(fresh))])
        made = (
            arn
            for source, copy in edges
            for arn in copy.filter(numbers(named(source, sources))).to_pylist()
            if arn is not None
        )
        fresh = set(made) - found
        found |= fresh
    return pa.chunked_array([texts(sorted(found))])


def _badly_copied(copies: pa.Table, inventory: Inventory) -> set[str]:
    """ARNs of what copy jobs completed with issues that nobody accepts."""
    good = succeeded(copies, inventory.scope.accepted, accepted_by_tiers(copies, inventory))
    bad = among(copies["state"], ("COMPLETED",)) & ~good
    made = copies["destination_recovery_point_arn"].filter(numbers(bad))
    return {arn for arn in made.to_pylist() if arn is not None}


def _spoilt(inventory: Inventory) -> set[str]:
    """ARNs of the recovery points of bad jobs."""
    jobs = inventory.read(
        "backup_jobs",
        [
            "resource_arn",
            "resource_type",
            "recovery_point_arn",
            "state",
            "message",
            "message_category",
            "completed_at",
        ],
    )
    _, _, bad = ends(jobs, inventory)
    return {arn for arn in jobs["recovery_point_arn"].filter(numbers(bad)).to_pylist() if arn is not None}
