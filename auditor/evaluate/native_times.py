"""What can be restored of protection apart from AWS Backup that a tier accepts for frequency.

Proven is what a service tells: that any time from the earliest to the newest can be restored. How it was
before the earliest is not known, however long the protection may have been switched on.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.deferred import Fact
from auditor.evaluate.doubts import rpo_ms
from auditor.evaluate.facts import Hole, encode_array
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.native import WORDS, Native, Row
from auditor.evaluate.times import HOUR_MS, Period
from auditor.evidence.table_schemas import EARLIEST, NATIVE

_FREQUENCY: Final = "frequency"
_NEVER: Final = np.inf
Floats = NDArray[np.float64]


def restorable_facts(inventory: Inventory, period: Period) -> Mapping[str, Fact]:
    """The age of the newest time that can be restored, and the longest time that may be without one.

    Both of what the tier of a resource accepts for frequency and is switched on; absent where that is nothing
    or is not told.
    """
    native = inventory.native
    end = inventory.last_ms(period)
    begin = np.where(inventory.created_ms == ABSENT, period.start_ms, inventory.created_ms)
    begin = np.maximum(begin, period.start_ms)
    newest, gap = np.full((2, inventory.size), _NEVER)
    on: dict[str, list[int]] = {}
    for index, row in _accepted(inventory, native):
        on.setdefault(row["kind"], []).append(index)
        begun = row["earliest_at"] is None or row["earliest_at"] <= end[index]
        if begun and row["newest_at"] is not None:
            since = max(0, int(end[index]) - row["newest_at"])
            newest[index] = min(newest[index], since)
            if row["earliest_at"] is not None:
                gap[index] = min(gap[index], max(since, row["earliest_at"] - int(begin[index])))
    rpo = rpo_ms(inventory)
    untold = [*native.holes(_FREQUENCY)]
    late, open_ = (
        [*_beyond(inventory, on, least, rpo)] for least in (np.where(newest < _NEVER, 0, newest), gap)
    )
    return {
        "backups.native_newest_age_hours": encode_array(newest / HOUR_MS, newest < _NEVER, *untold, *late),
        "backups.native_gap_at_most_hours": encode_array(gap / HOUR_MS, gap < _NEVER, *untold, *open_),
    }


def _accepted(inventory: Inventory, native: Native) -> Iterator[tuple[int, Row]]:
    """What is switched on and accepted, by the number of the resource."""
    kinds = native.accepted(_FREQUENCY)
    for index, rows in native.told.items():
        code = int(inventory.tier[index])
        for row in rows:
            if row["enabled"] and code != ABSENT and row["kind"] in kinds[code]:
                yield index, row


def _beyond(inventory: Inventory, on: Mapping[str, list[int]], times: Floats, rpo: Floats) -> Iterator[Hole]:
    """The resources that have something, of which it is not proven that it keeps the RPO."""
    scope = inventory.scope
    for kind, chosen in on.items():
        where = np.zeros(inventory.size, bool)
        where[chosen] = True
        where &= times > rpo
        if where.any():
            said = (
                f"What {WORDS[kind]} of account {scope.account.account_id} in {scope.region} can "
                "restore is known of a part of the period only, or not at all."
            )
            gaps = scope.missing(EARLIEST) or (scope.unknown(NATIVE, "PartlyTold", kind, said),)
            yield Hole(gaps, where, partial=True, passes=True)
