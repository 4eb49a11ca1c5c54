"""Recovery points that were copied from a bad backup, directly or through other copies, in any place."""

from collections.abc import Sequence

import pyarrow as pa

from auditor.evaluate.arrow import numbers, texts
from auditor.evaluate.history import ends
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.records import named


def spoilt_copies(inventories: Sequence[Inventory]) -> pa.ChunkedArray:
    """ARNs of the copies of recovery points whose job ended badly; each account lists its own copy jobs."""
    edges = []
    for inventory in inventories:
        table = inventory.read("copy_jobs", ["source_recovery_point_arn", "destination_recovery_point_arn"])
        if table.num_rows:
            edges.append((table[0], table[1]))
    found: set[str] = set()
    fresh = {arn for inventory in inventories for arn in _spoilt(inventory)} if edges else set()
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


def _spoilt(inventory: Inventory) -> set[str]:
    """ARNs of the recovery points of bad jobs."""
    jobs = inventory.read(
        "backup_jobs",
        ["resource_type", "recovery_point_arn", "state", "message", "message_category", "completed_at"],
    )
    _, _, bad = ends(jobs, inventory)
    return {arn for arn in jobs["recovery_point_arn"].filter(numbers(bad)).to_pylist() if arn is not None}
