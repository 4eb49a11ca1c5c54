"""What plans promise each resource before and after a change: pace, retention, lock and copies."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.check.against.changed import PlaceChange
from auditor.check.against.subjects import resource_of
from auditor.check.difference import Aspect, ProtectionChange
from auditor.derive.columns import ABSENT
from auditor.derive.lock import STRICTNESS, lock_mode
from auditor.evaluate.cadences import CadenceFacts, Cadences, ever_running
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.leads import vault_arn
from auditor.evaluate.membership import Membership, answering
from auditor.evaluate.organization import OrganizationSums
from auditor.evaluate.subjects import Subjects
from auditor.model.arn import place_of
from auditor.model.calendar import FOREVER
from auditor.model.plans import Lifecycle

_NONE: Final = "none"
_UNKNOWN: Final = "unknown"
_Copies = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Promise:
    """What the plans that select a resource promise it; None is not known.

    `plans` are the names of those that surely select it, and `perhaps` of those that may besides; where it is
    `open`, there may be others that were not read, and what is said is said of these alone. `hours` are
    the longest between two backups (`inf`: they end, or never come), `days` the retention of the rule that
    keeps the shortest, `lock` the mode of the weakest vault that its backups enter, and `copies` the
    retention in days by account and Region; a rule that never runs makes none.
    """

    plans: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()
    hours: float | None = inf
    days: int | None = 0
    lock: str | None = _NONE
    copies: _Copies | None = field(default_factory=dict)
    open: bool = False

    @property
    def nothing(self) -> bool:
        """Whether no plan selects the resource, nor may."""
        return not (self.plans or self.perhaps or self.open)

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal promises."""
        copies = None if self.copies is None else tuple(sorted(self.copies.items()))
        return self.plans, self.perhaps, self.hours, self.days, self.lock, copies, self.open

    def or_with(self, other: "Promise") -> "Promise":
        """What is known where it may also be the other one, in which further plans select the resource.

        Further plans make the pace quicker, the shortest retention shorter, the weakest lock weaker and the
        copies more, or fewer where a rule of theirs runs in the place of one that copies: what is the same
        without any of them and with all, is taken to be so with some.
        """
        further = tuple(sorted((Counter(other.plans) - Counter(self.plans)).elements()))
        return Promise(
            self.plans,
            further,
            self.hours if self.hours == other.hours else None,
            self.days if self.days == other.days else None,
            self.lock if self.lock == other.lock else None,
            self.copies if self.copies == other.copies else None,
        )


class Promises:
    """The promises to the resources of one account and Region: equal ones are made once."""

    def __init__(self, inventory: Inventory, subjects: Subjects) -> None:
        self._inventory, self._whole = inventory, subjects.whole
        members = answering(inventory)
        sure = {plan_id: Membership(one.sure) for plan_id, one in members.items()}
        wide = {plan_id: Membership(one.sure | one.undecided) for plan_id, one in members.items()}
        layers = [
            (_columns(some, inventory), Cadences(inventory, some, subjects.as_of)) for some in (sure, wide)
        ]
        groups: dict[tuple[str, bytes, bytes], list[int]] = {}
        for row, kind in enumerate(inventory.resource_type):
            surely, perhaps = (held[:, row].tobytes() for held, _ in layers)
            groups.setdefault((str(kind), surely, perhaps), []).append(row)
        unread = bool(inventory.scope.missing("backup_plans", "backup_selections"))
        self._found: list[Promise] = []
        self._number = np.zeros(inventory.size, np.int64)
        for rows in groups.values():
            mask = np.zeros(inventory.size, bool)
            mask[rows] = True
            self._number[rows] = len(self._found)
            least, most = (self._promise(held[:, rows[0]], pace.of(mask, inf)) for held, pace in layers)
            self._found.append(replace(least.or_with(most), open=unread))

    def of(self, row: int) -> Promise:
        """The promise to one resource."""
        return self._found[int(self._number[row])]

    def _promise(self, chosen: NDArray[np.bool_], pace: CadenceFacts) -> Promise:
        held = (plan for plan, one in zip(self._inventory.current_plans, chosen, strict=True) if one)
        plans = [plan for plan in held if plan.rules or plan.fault]
        if not plans:
            return Promise()
        names = tuple(sorted(plan.name for plan in plans))
        if any(plan.fault for plan in plans):
            return Promise(names, (), None, None, None, None)
        rules = ever_running(self._inventory, plans)
        ends = pace.never_fires or pace.last_due is not None
        copies: dict[tuple[str, str], int] = {}
        vaults = set()
        for _, rule, runs in rules:
            vaults.add(vault_arn(self._inventory, rule.target_vault))
            for copy in rule.copy_actions if runs is not False else ():
                place = place_of(copy.destination_vault_arn)
                copies[place] = max(copies.get(place, 0), _days(copy.lifecycle))
        return Promise(
            names,
            (),
            None if pace.gaps else inf if ends else pace.hours,
            min(_days(rule.lifecycle) for _, rule, _ in rules),
            _weakest(vaults, self._whole),
            copies,
        )


def _columns(members: Mapping[str, Membership], inventory: Inventory) -> NDArray[np.bool_]:
    """Which plan (row) selects which resource (column)."""
    nobody = np.zeros((0, inventory.size), bool)
    return np.vstack([nobody, *(members[plan.plan_id].sure for plan in inventory.current_plans)])


def protection_changes(
    before: Subjects, after: Subjects, places: Mapping[tuple[str, str], PlaceChange]
) -> Iterator[ProtectionChange]:
    """Each resource, there before and after a change, whose plans promise it something else."""
    for earlier, later in zip(before.inventories, after.inventories, strict=True):
        scope = (later.scope.account.account_id, later.scope.region)
        renamed = places.get(scope, PlaceChange()).renamed
        was, will_be = Promises(earlier, before), Promises(later, after)
        for other, arn in enumerate(later.arn):
            row = earlier.index.get(arn, earlier.index.get(renamed.get(arn, ""), ABSENT))
            if row != ABSENT and was.of(row).key != will_be.of(other).key:
                aspects = tuple(_aspects(was.of(row), will_be.of(other)))
                if aspects:
                    yield ProtectionChange(resource_of(later, other), _tier(later, other), aspects)


def _aspects(before: Promise, after: Promise) -> Iterator[Aspect]:
    """What is another. Where there may be other plans, nobody knows whether it is worse."""
    for one in _compared(before, after):
        if before.open or after.open:
            yield replace(one, worse=False, unknown=one.unknown or one.worse)
        else:
            yield one


def _compared(before: Promise, after: Promise) -> Iterator[Aspect]:
    """What is another; where no plan is left, or was there, that says everything."""
    if (before.plans, before.perhaps, before.open) != (after.plans, after.perhaps, after.open):
        lost = bool(before.plans) and not after.plans
        maybe = bool(before.perhaps) and not before.plans and after.nothing
        unknown = maybe or (lost and bool(after.perhaps)) or (after.open and not before.open)
        yield Aspect("plans", _listed(before), _listed(after), worse=lost and not unknown, unknown=unknown)
    if before.nothing or after.nothing:
        return
    if before.hours != after.hours:
        worse = _above(after.hours, before.hours)
        yield _aspect("rpo", _hours(before.hours), _hours(after.hours), worse=worse)
    if before.days != after.days:
        worse = _above(before.days, after.days)
        yield _aspect("retention", _kept(before.days), _kept(after.days), worse=worse)
    if before.lock != after.lock:
        ranks = [None if lock is None else STRICTNESS.index(lock) for lock in (before.lock, after.lock)]
        yield _aspect("lock", before.lock or _UNKNOWN, after.lock or _UNKNOWN, worse=_above(*ranks))
    if before.copies != after.copies:
        yield _aspect(
            "copy", _copied(before.copies), _copied(after.copies), worse=_fewer(before.copies, after.copies)
        )


def _aspect(name: str, before: str, after: str, *, worse: bool) -> Aspect:
    return Aspect(name, before, after, worse, unknown=after == _UNKNOWN)


def _weakest(vaults: set[str], whole: OrganizationSums) -> str | None:
    """The mode of the weakest lock, None where one is not known."""
    locks = [whole.locks.get(arn) for arn in vaults]
    modes = [lock_mode(lock) for lock in locks if lock is not None and lock.locked is not None]
    return min(modes, key=STRICTNESS.index) if len(modes) == len(locks) else None


def _days(lifecycle: Lifecycle) -> int:
    return FOREVER if lifecycle.delete_after_days is None else lifecycle.delete_after_days


def _above(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one > other


def _listed(promise: Promise) -> str:
    perhaps = [*promise.perhaps, *(["others"] if promise.open else [])]
    return ", ".join([*promise.plans, *(f"perhaps {name}" for name in perhaps)]) or _NONE


def _kept(days: int | None) -> str:
    """A retention in words."""
    if days is None:
        return _UNKNOWN
    return "for ever" if days >= FOREVER else f"{days} days"


def _copied(copies: _Copies | None) -> str:
    if copies is None:
        return _UNKNOWN
    found = (f"{account} {region} {_kept(days)}" for (account, region), days in sorted(copies.items()))
    return ", ".join(found) or _NONE


def _fewer(before: _Copies | None, after: _Copies | None) -> bool:
    """Whether a copy is gone, or kept for less."""
    if before is None or after is None:
        return False
    return any(after.get(place, 0) < days for place, days in before.items())


def _hours(hours: float | None) -> str:
    if hours is None:
        return _UNKNOWN
    return "no more backups" if hours == inf else f"{hours:g} h"


def _tier(inventory: Inventory, row: int) -> str:
    code = int(inventory.tier[row])
    return "" if code == ABSENT else inventory.tier_names[code]
