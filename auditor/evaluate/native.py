"""What protects resources apart from AWS Backup, and whether a tier accepts it (docs/what-protects-what.md).

Nothing follows from what is not told: it is neither protection nor a lack of it. That is a gap where the tier
of a resource accepts that kind of protection for a resource of its type, and nowhere else.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Hole, Lazy, encode
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.times import HOUR_MS, epoch_ms, rfc3339
from auditor.evidence.table_schemas import NATIVE
from auditor.model.resource_types import TYPES

Bools = NDArray[np.bool_]
Row = Mapping[str, Any]

#: Each kind in words; a number of days follows.
WORDS: Final = {"automated_backups": "automated backups"}
_COVERAGE: Final = "coverage"


class Native:
    """What is told of the resources of one account and Region.

    Evidence that was read long after `as_of` does not say what was switched on then: nothing is told by it.
    """

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory

    @cached_property
    def told(self) -> Mapping[int, Sequence[Row]]:
        """The rows of `native_protection` by the number of their resource."""
        inventory = self._inventory
        found: dict[int, list[Row]] = {}
        for row in () if inventory.scope.past else _rows(inventory.read(NATIVE)):
            if row["arn"] in inventory.index:
                found.setdefault(inventory.index[row["arn"]], []).append(row)
        return found

    def on(self, index: int) -> list[dict[str, str]] | None:
        """What is switched on for a resource, by kind and in words; None where nothing is told of it."""
        rows = self.told.get(index)
        return [{"kind": row["kind"], "said": said(row)} for row in rows if row["enabled"]] if rows else None

    def accepted(self, satisfies: str) -> list[Sequence[str]]:
        """The kinds that each tier, by its code, accepts for something."""
        tiers = self._inventory.scope.tiers.tiers
        return [tiers[name].get("native", {}).get(satisfies, ()) for name in self._inventory.tier_names]

    def holes(self, satisfies: str) -> Iterator[Hole]:
        """The resources of which it is not told whether that is on which their tier accepts for something."""
        accepted = self.accepted(satisfies)
        for kind in sorted({kind for kinds in accepted for kind in kinds}):
            codes = [code for code, kinds in enumerate(accepted) if kind in kinds]
            where = np.isin(self._inventory.tier, codes) & self._untold(kind)
            if where.any():
                yield Hole(self._gaps(kind), where, partial=True, passes=True)

    def _untold(self, kind: str) -> Bools:
        """The resources that can have a kind of protection, and of which that is not told."""
        possible = [name in TYPES and kind in TYPES[name].native for name in self._inventory.resource_type]
        untold = np.array(possible, bool)
        untold[[index for index, rows in self.told.items() if any(row["kind"] == kind for row in rows)]] = (
            False
        )
        return untold

    def _gaps(self, kind: str) -> tuple[str, ...]:
        scope = self._inventory.scope
        where = f"account {scope.account.account_id} in {scope.region}"
        if scope.past:
            hours = (scope.read_ms - epoch_ms(scope.as_of)) / HOUR_MS
            said = (
                f"The settings of resources of {where} were read {hours:.0f} h after as_of: which had "
                f"{WORDS[kind]} then is not known."
            )
            return (scope.unknown(NATIVE, "ReadLater", kind, said),)
        said = f"Whether resources of {where} have {WORDS[kind]} is not told of all of them."
        return scope.missing(NATIVE) or (scope.unknown(NATIVE, "Untold", kind, said),)


def native_facts(inventory: Inventory) -> Mapping[str, Fact]:
    """What is switched on for each resource apart from AWS Backup."""
    native = Native(inventory)
    return {
        "protection.native_on": lambda: encode(
            [native.on(index) for index in range(inventory.size)], *native.holes(_COVERAGE)
        ),
        "protection.native_told": Lazy(
            lambda index: _told(native.told.get(index, ())) or None, inventory.size
        ),
    }


def said(row: Row) -> str:
    """One row in words, such as "automated backups (7 days)"."""
    days = row["retention_days"]
    return WORDS[row["kind"]] if days is None else f"{WORDS[row['kind']]} ({_days(days)})"


def lines(inventory: Inventory) -> Iterator[str | None]:
    """For each resource a line for each kind of protection that is told, on or off; None where none is."""
    told = Native(inventory).told
    for index in range(inventory.size):
        yield "\n".join(map(_line, told[index])) if index in told else None


def _line(row: Row) -> str:
    if not row["enabled"]:
        return f"{WORDS[row['kind']]}: off"
    newest = f", up to {rfc3339(row['newest_at'])}" if row["newest_at"] is not None else ""
    return f"{said(row)}: on{newest}"


def _told(rows: Sequence[Row]) -> list[dict[str, Any]]:
    kept = ("kind", "enabled", "retention_days", "schedule", "source")
    times = {"earliest_at": "earliest", "newest_at": "newest"}
    return [
        {name: row[name] for name in kept if row[name] is not None}
        | {name: rfc3339(row[column]) for column, name in times.items() if row[column] is not None}
        for row in rows
    ]


def _days(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"


def _rows(table: pa.Table) -> list[Row]:
    """The rows by ARN and kind, times in milliseconds since the epoch."""
    whole = pa.table(
        {
            name: table[name].cast(pa.int64()) if name.endswith("_at") else table[name]
            for name in table.column_names
        }
    )
    return sorted(whole.to_pylist(), key=lambda row: (row["arn"], row["kind"]))
