"""Resources that need no backup, with the tier that says so and why they have it.

exempt.parquet    a row for each of them
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np
import pyarrow as pa

from auditor.evaluate.arrow import texts
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.population import tier_reasons
from auditor.judge.row_groups import RowGroups

_NAMES: Final = ("account_id", "region", "resource_type", "arn", "name", "tier", "reason")
SCHEMA: Final = pa.schema([(name, pa.string()) for name in _NAMES])
_GROUPS: Final = 20
_SHOWN: Final = 5
_REASON: Final = 300


class ExemptResources:
    """The exempt resources of a run, written to `rows` place by place and counted by tier and reason."""

    def __init__(self, rows: RowGroups) -> None:
        self._rows = rows
        self._groups: dict[tuple[str, str], dict[str, Any]] = {}

    def add(self, inventories: Iterable[Inventory]) -> None:
        """Write and count those of each account and Region."""
        for inventory in inventories:
            rows = list(_rows(inventory))
            if rows:
                columns = [texts(values) for values in zip(*rows, strict=True)]
                self._rows.add(pa.Table.from_arrays(columns, schema=SCHEMA))
            for row in rows:
                group = self._groups.setdefault((row[5], row[6]), {"count": 0, "shown": []})
                group["count"] += 1
                if len(group["shown"]) < _SHOWN:
                    group["shown"].append(row[3])

    def counted(self) -> dict[str, Any]:
        """How many there are in all, and of each tier and reason with the first of them, most first."""
        ordered = sorted(self._groups.items(), key=lambda item: (-item[1]["count"], item[0]))
        return {
            "count": sum(group["count"] for _, group in ordered),
            "groups": len(ordered),
            "shown": [
                {"tier": tier, "reason": reason[:_REASON], **group}
                for (tier, reason), group in ordered[:_GROUPS]
            ],
        }


def _rows(inventory: Inventory) -> Iterator[tuple[str, ...]]:
    tiers = inventory.scope.tiers
    exempt = np.array([not tiers.tiers[name]["required"] for name in inventory.tier_names] + [False])
    reasons = list(tier_reasons(inventory))
    for index in np.flatnonzero(exempt[inventory.tier]).tolist():
        yield (
            inventory.scope.account.account_id,
            inventory.scope.region,
            str(inventory.resource_type[index]),
            str(inventory.arn[index]),
            str(inventory.name[index]),
            inventory.tier_names[inventory.tier[index]],
            reasons[index] or "",
        )
