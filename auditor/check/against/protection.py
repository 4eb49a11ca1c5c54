"""What plans promise each resource before and after a change: pace, retention, lock and copies."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import numpy as np

from auditor.check.against.changed import PlaceChange
from auditor.check.difference import Aspect, HeldSubject, ProtectionChange
from auditor.derive.columns import ABSENT
from auditor.derive.lock import lock_mode
from auditor.evaluate.cadences import CadenceFacts, Cadences
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.leads import vault_arn
from auditor.evaluate.membership import memberships
from auditor.evaluate.organization import OrganizationSums
from auditor.evaluate.subjects import Subjects
from auditor.model.arn import place_of
from auditor.model.calendar import FOREVER
from auditor.model.plans import BackupPlan, Lifecycle

_NONE: Final = "none"
_UNKNOWN: Final = "unknown"
_STRICTNESS: Final = ("none", "governance", "compliance")


@dataclass(frozen=True, slots=True)
class Promise:
    """What the plans that select a resource promise it; None is not known.

    `hours` are the longest between two backups (`inf`: they end, or never come), `days` the retention of the
    rule that keeps the shortest, `lock` the mode of the weakest vault that its backups enter, and `copies`
    the retention in days by account and Region.
    """

    plans: tuple[str, ...] = ()
    hours: float | None = inf
    days: int | None = 0
    lock: str | None = _NONE
    copies: Mapping[tuple[str, str], int] | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal promises."""
        copies = None if self.copies is None else tuple(sorted(self.copies.items()))
        return self.plans, self.hours, self.days, self.lock, copies


class Promises:
    """The promises to the resources of one account and Region: equal ones are made once."""

    def __init__(self, inventory: Inventory, subjects: Subjects) -> None:
        self._inventory, self._whole = inventory, subjects.whole
        members = memberships(inventory)
        plans = inventory.current_plans
        cadences = Cadences(inventory, members, subjects.as_of)
        held = np.vstack(
            [np.zeros((0, inventory.size), bool), *(members[plan.plan_id].sure for plan in plans)]
        )
        groups: dict[tuple[str, bytes], list[int]] = {}
        for row, selecting in enumerate(held.T):
            groups.setdefault((str(inventory.resource_type[row]), selecting.tobytes()), []).append(row)
        self._found: list[Promise] = []
        self._number = np.zeros(inventory.size, np.int64)
        for (_, selecting_plans), rows in groups.items():
            chosen = [
                plan for plan, sure in zip(plans, np.frombuffer(selecting_plans, bool), strict=True) if sure
            ]
            mask = np.zeros(inventory.size, bool)
            mask[rows] = True
            self._number[rows] = len(self._found)
            self._found.append(self._promise(chosen, cadences.of(mask, inf)))

    def of(self, row: int) -> Promise:
        """The promise to one resource."""
        return self._found[int(self._number[row])]

    def _promise(self, plans: Sequence[BackupPlan], pace: CadenceFacts) -> Promise:
        plans = [plan for plan in plans if plan.rules or plan.fault]
        if not plans:
            return Promise()
        names = tuple(sorted(plan.name for plan in plans))
        if any(plan.fault for plan in plans):
            return Promise(names, None, None, None, None)
        rules = [rule for plan in plans for rule in plan.rules]
        ends = pace.never_fires or pace.last_due is not None
        copies: dict[tuple[str, str], int] = {}
        vaults = set()
        for rule in rules:
            vaults.add(vault_arn(self._inventory, rule.target_vault))
            for copy in rule.copy_actions:
                place = place_of(copy.destination_vault_arn)
                copies[place] = max(copies.get(place, 0), _days(copy.lifecycle))
        return Promise(
            names,
            None if pace.gaps else inf if ends else pace.hours,
            min(_days(rule.lifecycle) for rule in rules),
            _weakest(vaults, self._whole),
            copies,
        )


def protection_changes(
    before: Subjects, after: Subjects, places: Mapping[tuple[str, str], PlaceChange]
) -> Iterator[ProtectionChange]:
    """Each resource, there before and after a change, whose plans promise it something else after it."""
    for earlier, later in zip(before.inventories, after.inventories, strict=True):
        scope = (later.scope.account.account_id, later.scope.region)
        renamed = places.get(scope, PlaceChange()).renamed
        was, will_be = Promises(earlier, before), Promises(later, after)
        for other, arn in enumerate(later.arn):
            row = earlier.index.get(arn, earlier.index.get(renamed.get(arn, ""), ABSENT))
            if row != ABSENT and was.of(row).key != will_be.of(other).key:
                aspects = tuple(_aspects(was.of(row), will_be.of(other), later, other))
                yield ProtectionChange(_held(later, other), _tier(later, other), aspects)


def _aspects(before: Promise, after: Promise, inventory: Inventory, row: int) -> Iterator[Aspect]:
    """What is another; where no plan is left, or was there, that says everything."""
    if before.plans != after.plans:
        yield Aspect("plans", _listed(before.plans), _listed(after.plans), worse=not after.plans)
    if not before.plans or not after.plans:
        return
    if before.hours != after.hours:
        yield Aspect(
            "rpo", _hours(before.hours), _hours(after.hours), worse=_above(after.hours, before.hours)
        )
    if before.days != after.days:
        worse = _above(before.days, after.days)
        yield Aspect("retention", _kept(before.days), _kept(after.days), worse=worse)
    if before.lock != after.lock:
        rank = [-1 if lock is None else _STRICTNESS.index(lock) for lock in (before.lock, after.lock)]
        yield Aspect("lock", before.lock or _UNKNOWN, after.lock or _UNKNOWN, worse=rank[1] < rank[0])
    if before.copies != after.copies:
        yield Aspect(
            "copy",
            _copied(before.copies),
            _copied(after.copies),
            worse=any(
                (after.copies or {}).get(place, 0) < days for place, days in (before.copies or {}).items()
            ),
            demanded=_lost(before, after, inventory, row),
        )


def _lost(before: Promise, after: Promise, inventory: Inventory, row: int) -> bool:
    """Whether the tier demands a copy in another Region, and the plans promised one and do no more."""
    code = int(inventory.tier[row])
    tier: Mapping[str, Any] = (
        {} if code == ABSENT else inventory.scope.tiers.tiers[inventory.tier_names[code]]
    )
    demand = tier.get("copy") if tier.get("required") else None
    if demand is None or after.copies is None:
        return False

    def met(promise: Promise) -> bool:
        elsewhere = (
            days for (_, region), days in (promise.copies or {}).items() if region != inventory.scope.region
        )
        return any(days >= demand["retention_days"] for days in elsewhere)

    return met(before) and not met(after)


def _weakest(vaults: set[str], whole: OrganizationSums) -> str | None:
    """The mode of the weakest lock, None where one is not known."""
    locks = [whole.locks.get(arn) for arn in vaults]
    modes = [lock_mode(lock) for lock in locks if lock is not None]
    return min(modes, key=_STRICTNESS.index) if len(modes) == len(locks) else None


def _days(lifecycle: Lifecycle) -> int:
    return FOREVER if lifecycle.delete_after_days is None else lifecycle.delete_after_days


def _above(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one > other


def _listed(plans: Sequence[str]) -> str:
    return ", ".join(plans) or _NONE


def _hours(hours: float | None) -> str:
    if hours is None:
        return _UNKNOWN
    return "no more backups" if hours == inf else f"{hours:g} h"


def _kept(days: int | None) -> str:
    if days is None:
        return _UNKNOWN
    return "for ever" if days >= FOREVER else f"{days} days"


def _copied(copies: Mapping[tuple[str, str], int] | None) -> str:
    if copies is None:
        return _UNKNOWN
    found = (f"{account} {region} {_kept(days)}" for (account, region), days in sorted(copies.items()))
    return ", ".join(found) or _NONE


def _tier(inventory: Inventory, row: int) -> str:
    code = int(inventory.tier[row])
    return "" if code == ABSENT else inventory.tier_names[code]


def _held(inventory: Inventory, row: int) -> HeldSubject:
    account = inventory.scope.account
    return HeldSubject(
        "resource",
        str(inventory.resource_type[row]),
        str(inventory.arn[row]),
        str(inventory.name[row]),
        account.account_id,
        account.name,
        inventory.scope.region,
    )
