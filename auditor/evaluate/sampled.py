"""How many resources of a tier and type a sample of restores has to have, and has: `restores.sample.*`.

Counted are resources, not jobs. One that is younger than its restore may be old, and was not restored, is not
in the population. What is not known of others (their tier, age, or whether there are more) is counted both
ways: it leaves the sample open only where one way it is enough, and the other way not.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from auditor.derive.columns import ABSENT, Bools, Int64s
from auditor.evaluate.existence import NO_SIGN
from auditor.evaluate.facts import Column, Hole, encode_array
from auditor.evaluate.hiding import hides
from auditor.evaluate.restored import Hidden, Restores
from auditor.evaluate.times import DAY_MS

#: More resources than there are anywhere.
_NO_END: Final = 1 << 40


@dataclass(frozen=True)
class RestoreSample:
    """The samples of one account and Region; arrays have for each resource what is of its tier and type."""

    seen: Restores

    @cached_property
    def asked(self) -> Bools:
        """Whose tier says how large the sample has to be."""
        asked: Bools = (self._number > 0) | (self._percent > 0)
        return asked

    @cached_property
    def _number(self) -> Int64s:
        return self.seen.demanded("sample_resources")

    @cached_property
    def _percent(self) -> Int64s:
        return self.seen.demanded("sample_percent")

    def needed(self, population: Int64s) -> Int64s:
        """How many of so many have to be restored: the share rounded up, and never more than there are."""
        share = -(-self._percent * population // 100)
        needed: Int64s = np.minimum(np.maximum(self._number, share), population)
        return needed

    @cached_property
    def _restored(self) -> Bools:
        """Of which a restore that counts is young enough, of an unknown tier any that completed."""
        seen = self.seen
        unknown = np.append(seen.inventory.tier == ABSENT, False)[seen.owner]
        found = np.zeros(seen.inventory.size + 1, bool)
        found[seen.owner[seen.counting & (seen.young | unknown)]] = True
        return found[:-1]

    @cached_property
    def _old(self) -> tuple[Bools, Bools]:
        """Which are older than their restore may be, and which perhaps are."""
        seen, inventory = self.seen, self.seen.inventory
        allowed = seen.demanded("max_age_days") * DAY_MS
        told: Bools = inventory.created_ms != ABSENT
        signs = inventory.seen_ms
        since = np.where(told, inventory.created_ms, np.where(signs == NO_SIGN, seen.period.end_ms, signs))
        surely = seen.period.end_ms - since > np.where(told, allowed, allowed - DAY_MS)
        return surely, ~surely & ~told

    def _of_group(self, rows: Bools) -> Int64s:
        """How many of the resources `rows` are of the tier and type of each."""
        group = self.seen.group
        return np.bincount(group[rows], minlength=self.seen.inventory.size)[group]

    def _of_type(self, rows: Bools) -> Int64s:
        """How many of the resources `rows` are of the type of each."""
        kinds = self.seen.kinds
        return np.bincount(kinds[rows], minlength=self.seen.inventory.size)[kinds]

    @cached_property
    def restored(self) -> Int64s:
        """How many were restored, of those whose tier is known."""
        return self._of_group(self._restored)

    @cached_property
    def population(self) -> Int64s:
        """How many there are for certain."""
        return self._of_group(self._restored | self._old[0])

    @cached_property
    def _untold(self) -> Bools:
        """Whose tier is not known."""
        untold: Bools = self.seen.inventory.tier == ABSENT
        return untold

    @cached_property
    def enough(self) -> Bools:
        """Whose sample is enough, whatever is not known."""
        more = self._of_group(self._old[1] & ~self._restored) + self._of_type(self._untold & ~self._restored)
        most = np.where(self._unlisted[1], _NO_END, self.population + more)
        return self.restored >= self.needed(most)

    @cached_property
    def perhaps(self) -> Bools:
        """Whose sample is enough if what is not known of resources is as good as can be."""
        more = self._of_type(self._untold & self._restored)
        enough: Bools = self.restored + more >= self.needed(self.population + more)
        return enough | self._unlisted[1]

    @cached_property
    def _unlisted(self) -> tuple[tuple[str, ...], Bools]:
        """The gaps that may hide resources, and of whose type."""
        scope, types = self.seen.inventory.scope, self.seen.inventory.resource_type.astype(str)
        where, found = np.zeros(len(types), bool), []
        for gap in scope.gaps.of(("resources",), scope.account.account_id, scope.region):
            kinds = [kind for kind in np.unique(types).tolist() if hides(gap, kind)]
            if kinds:
                found.append(gap.gap_id)
                where |= np.isin(types, kinds)
        return tuple(found), where

    def facts(self, hidden: Sequence[Hidden]) -> dict[str, Column]:
        """The facts; `hidden` are the gaps that may hide restores, and from whom."""
        holes = [Hole(ids, where & self.asked & ~self.enough, partial=True, passes=True)
                 for ids, where in (*hidden, *self._unknown())]  # fmt: skip
        return {
            "sample.restored": encode_array(self.restored, self.asked, *holes),
            "sample.population": encode_array(self.population, self.asked),
            "sample.needed": encode_array(self.needed(self.population), self.asked),
        }

    def _unknown(self) -> Iterator[Hidden]:
        """What is not known of resources, where the sample is enough or not by it."""
        scope, open_ = self.seen.inventory.scope, self.perhaps & ~self.enough
        if not (open_ & self.asked).any():
            return
        ids, where = self._unlisted
        yield ids, open_ & where
        yield self.seen.inventory.tier_gaps(), open_ & (self._of_type(self._untold) > 0)
        undated = open_ & (self._of_group(self._old[1] & ~self._restored) > 0)
        if (undated & self.asked).any():
            said = "How old some resources are is not known: whether the sample has to be taken of them too."
            yield (scope.unknown("resources", "Unknown", "age", said),), undated
