"""The legal holds of one account and Region, and whether its recovery points are under those they should be.

Nothing is said without a register of matters.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.derive.columns import ABSENT, Bools, Int64s
from auditor.evaluate.arrow import joined, texts
from auditor.evaluate.columns import among, flags, milliseconds, rows
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, Hole, combine, distinct, encode_array
from auditor.evaluate.hold_register import ACTIVE, OF_POINTS, doubts
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.leads import vault_arn
from auditor.evaluate.points import continuous
from auditor.evaluate.times import DAY_MS, day_ms
from auditor.evidence.asked_tables import HELD_POINTS, LEGAL_HOLDS
from auditor.model.holds import Matter

UNHELD: Final = "recovery_point.unheld_matters"
CONTINUOUS: Final = "recovery_point.continuous"
_OPERATION: Final = "ListRecoveryPointsByLegalHold"


def held_facts(inventory: Inventory, table: pa.Table) -> dict[str, Fact]:
    """Of each recovery point which matters demand that it is held, and for which of them it is not."""
    goes_on = {CONTINUOUS: lambda: encode_array(continuous(table))}
    if not inventory.scope.matters:
        nothing = Column(np.full(table.num_rows, ABSENT, np.int64), [])
        return {**goes_on, OF_POINTS: nothing, UNHELD: nothing}
    held = _Held(inventory, table)
    return {**goes_on, OF_POINTS: lambda: held.demanded, UNHELD: lambda: held.unheld}


class _Held:
    """The recovery points of one account and Region by the matters that demand them."""

    def __init__(self, inventory: Inventory, table: pa.Table) -> None:
        self._inventory, self._table = inventory, table
        scope = inventory.scope
        self._matters = [
            one
            for one in scope.matters
            if one.is_open(scope.as_of.date()) and one.demands(scope.account.account_id, scope.region)
        ]
        self._names = [one.name for one in self._matters]

    @property
    def demanded(self) -> Column:
        """The names of the matters that demand each; of one whose type is not told perhaps more do."""
        size = self._table.num_rows
        found = _named(self._names, self._masks, size)
        untold = flags(pc.is_null(self._table["resource_type"])) & any(one.resources for one in self._matters)
        if not untold.any():
            return found
        said = "The resource type of some recovery points, by which matters may demand them, is not told."
        gap = self._inventory.scope.unknown("ListRecoveryPointsByBackupVault", "Unknown", "types", said)
        return Column(found.codes, found.values, (Hole((gap,), untold, partial=True),))

    @property
    def unheld(self) -> Column:
        """Of these those for which it is under no active hold; what hides that, and what is not stated."""
        size = self._table.num_rows
        missing = [mask & ~self._under(one) for one, mask in zip(self._matters, self._masks, strict=True)]
        open_ = np.logical_or.reduce(missing) if missing else np.zeros(size, bool)
        nested = open_ & self._nested(missing)
        gaps = self._gaps if open_.any() else ()
        found = _named(self._names, missing, size)
        return Column(found.codes, found.values, (Hole(gaps, open_), Hole(self._of_nested(nested), nested)))

    @cached_property
    def _masks(self) -> list[Bools]:
        created = milliseconds(self._table["created_at"])
        return [self._demands(one, created) for one in self._matters]

    def _demands(self, matter: Matter, created: Int64s) -> Bools:
        table = self._table
        chosen = np.ones(table.num_rows, bool)
        if matter.vaults:
            chosen &= among(table["vault_arn"], [vault_arn(self._inventory, name) for name in matter.vaults])
        if matter.resources:
            chosen &= among(table["resource_arn"], matter.resources) | among(
                table["resource_type"], matter.resources
            )
        if matter.first is not None:
            chosen &= created >= day_ms(matter.first)
        if matter.last is not None:
            chosen &= created < day_ms(matter.last) + DAY_MS
        return chosen

    @cached_property
    def _holds(self) -> Sequence[Mapping[str, Any]]:
        return rows(self._inventory.read(LEGAL_HOLDS))

    def _under(self, matter: Matter) -> Bools:
        """Which are under an active hold of that matter."""
        return self._is(self._table["arn"], matter)

    @cached_property
    def _points(self) -> pa.Table:
        return self._inventory.read(HELD_POINTS)

    def _is(self, arns: pa.ChunkedArray, matter: Matter) -> Bools:
        holds = [
            one["arn"]
            for one in self._holds
            if one["status"] == ACTIVE and matter.hold in (one["hold_id"], one["title"])
        ]
        ours = pc.is_in(self._points["hold_arn"], value_set=texts(holds))
        held = joined(self._points["recovery_point_arn"].filter(ours))
        return flags(pc.is_in(arns.cast(pa.string()), value_set=held))

    def _nested(self, missing: Sequence[Bools]) -> Bools:
        """Of which the composite one that they are nested in is under a hold of a matter that misses them."""
        nested = np.zeros(self._table.num_rows, bool)
        parents = self._table["parent_arn"]
        if parents.null_count < len(parents):
            for matter, mask in zip(self._matters, missing, strict=True):
                nested |= mask & flags(pc.is_valid(parents)) & self._is(parents, matter)
        return nested

    def _of_nested(self, nested: Bools) -> tuple[str, ...]:
        if not nested.any():
            return ()
        said = "AWS does not say whether a hold of a composite recovery point holds those nested in it."
        return (self._inventory.scope.unknown(_OPERATION, "Undecided", "nested", said),)

    @property
    def _gaps(self) -> tuple[str, ...]:
        """The gaps that hide what is under which hold here."""
        scope = self._inventory.scope
        found = scope.missing(LEGAL_HOLDS, HELD_POINTS)
        return found + tuple(
            scope.unknown("ListLegalHolds", error, "legal holds", said)
            for error, said in doubts(self._holds, past=scope.past)
        )


def _named(names: Sequence[str], masks: Sequence[Bools], size: int) -> Column:
    """The names whose mask has each of `size` subjects."""
    first, codes = distinct(combine([mask.astype(np.int64) for mask in masks], size))
    values = [
        sorted({name for name, mask in zip(names, masks, strict=True) if mask[row]}) for row in first.tolist()
    ]
    return Column(codes, values)
