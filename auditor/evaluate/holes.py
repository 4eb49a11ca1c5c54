"""Holes of a fact of which the gaps of each subject are known: one for each different set of them."""

from collections.abc import Sequence

import numpy as np

from auditor.derive.columns import Bools, Int64s
from auditor.evaluate.facts import Hole


def holes_of(
    gaps: Sequence[tuple[str, ...]],
    rows: Int64s | None = None,
    where: Bools | None = None,
    *,
    partial: bool = False,
    passes: bool = False,
) -> tuple[Hole, ...]:
    """Subject i has `gaps[rows[i]]` (without rows `gaps[i]`), if it is one of `where` (None: all are)."""
    number_of = {ids: number for number, ids in enumerate(dict.fromkeys(gaps))}
    sets = np.array([number_of[ids] for ids in gaps], np.int64)
    sets = sets if rows is None else sets[rows]
    chosen = np.ones(len(sets), bool) if where is None else where
    return tuple(
        Hole(ids, (sets == number) & chosen, partial, passes) for ids, number in number_of.items() if ids
    )
