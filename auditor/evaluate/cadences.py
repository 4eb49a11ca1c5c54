"""How often the resources that a plan selects are backed up, by all the plans that select them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from math import inf
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.cadence import Spacing, TimedRule, cadence, running, spacing
from auditor.derive.schedule import InvalidSchedule, Schedule
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.membership import Membership, unread_rules
from auditor.evaluate.times import epoch_ms, rfc3339
from auditor.model.calendar import FOREVER
from auditor.model.plans import BackupPlan, Rule
from auditor.model.resource_types import TYPES

Bools = NDArray[np.bool_]

#: How far continuous backup may lag behind, in hours, by resource type (aws-backup.md 4.5).
_CONTINUOUS_LAG_HOURS: Final = {
    row.name: row.lag_minutes / 60 for row in TYPES.values() if row.lag_minutes is not None
}
#: Types of which some ARNs have none, and what stands in these.
_NEVER_CONTINUOUS: Final = {row.name: row.never_continuous for row in TYPES.values() if row.never_continuous}

#: Whether a rule ever runs; None where that is not known.
Runs = bool | None


@dataclass(frozen=True, slots=True)
class CadenceFacts:
    """The cadence of some resources as facts say it: hours (`inf`: unbounded), and when it ends."""

    hours: float
    last_due: datetime | None = None
    never_fires: bool = False
    #: ids of the gaps without which it cannot be known
    gaps: frozenset[str] = frozenset()

    def exceeds(self, rpo_hours: float) -> bool:
        """Whether an RPO cannot be kept."""
        return self.never_fires or self.last_due is not None or self.hours > rpo_hours

    def together(self, other: "CadenceFacts") -> "CadenceFacts":
        """The cadence of both: the worse in each respect."""
        ends = [pace.last_due for pace in (self, other) if pace.last_due is not None]
        hours = max((pace.hours for pace in (self, other) if pace.hours != inf), default=inf)
        return CadenceFacts(hours, min(ends, default=None), self.never_fires or other.never_fires)

    def facts(self) -> dict[str, Any]:
        """What there is to say of it."""
        answer: dict[str, Any] = {} if self.hours == inf else {"worst_interval_hours": self.hours}
        if self.never_fires:
            answer["never_fires"] = True
        if self.last_due is not None:
            answer["last_due_at"] = rfc3339(epoch_ms(self.last_due))
        return answer


#: Nothing at all: the cadence of no resources.
_NOTHING: Final = CadenceFacts(inf)


class Cadences:
    """The cadences of the resources of one account and Region."""

    def __init__(self, inventory: Inventory, members: dict[str, Membership], as_of: datetime) -> None:
        self._inventory = inventory
        self._as_of = as_of
        self._plans = inventory.current_plans
        self._members = [members[plan.plan_id] for plan in self._plans]
        nobody = np.zeros((0, inventory.size), bool)
        self._sure = np.vstack([nobody, *(member.sure for member in self._members)])
        self._maybe = np.vstack([nobody, *(member.undecided for member in self._members)])
        self._kinds = [
            f"{kind}, never continuous"
            if kind in _NEVER_CONTINUOUS and _NEVER_CONTINUOUS[kind] in arn
            else kind
            for kind, arn in zip(inventory.resource_type, inventory.arn, strict=True)
        ]

    def of(self, chosen: Bools, rpo_hours: float, plan: int | None = None) -> CadenceFacts:
        """The worst cadence among the resources `chosen`, and the gaps without which it may be worse.

        Where further plans may select a resource, its cadence is known only if the answer to "does it keep
        `rpo_hours`?" is the same with them and without them. `plan` is the number of a plan that is taken to
        select the resources.
        """
        answer, gaps = _NOTHING, set[str]()
        for pace in self._each(chosen, rpo_hours, plan):
            if pace.gaps:
                gaps |= pace.gaps
            else:
                answer = answer.together(pace)
        return replace(answer, gaps=frozenset(gaps))

    def _each(self, chosen: Bools, rpo_hours: float, plan: int | None) -> Iterator[CadenceFacts]:
        rows = np.flatnonzero(chosen)
        sure, maybe = self._sure[:, rows].copy(), self._maybe[:, rows].copy()
        if plan is not None:
            sure[plan], maybe[plan] = True, False
        groups: dict[tuple[str, bytes, bytes], list[int]] = {}
        for row, held, undecided in zip(rows.tolist(), sure.T, maybe.T, strict=True):
            groups.setdefault((self._kinds[row], held.tobytes(), undecided.tobytes()), []).append(row)
        for (kind, *selecting), alike in groups.items():
            held, undecided = (np.frombuffer(plans, bool) for plans in selecting)
            mask = np.zeros(len(chosen), bool)
            mask[alike] = True
            yield self._pace(kind, held, undecided, rpo_hours, mask)

    def _pace(self, kind: str, held: Bools, undecided: Bools, rpo_hours: float, alike: Bools) -> CadenceFacts:
        without = self._together(np.flatnonzero(held), kind)
        if without.gaps or not undecided.any():
            return without
        with_them = self._together(np.flatnonzero(held | undecided), kind)
        if with_them.gaps:
            return with_them
        if without.exceeds(rpo_hours) != with_them.exceeds(rpo_hours):
            doubts = (self._members[number].gaps(alike) for number in np.flatnonzero(undecided).tolist())
            return CadenceFacts(inf, gaps=frozenset(gap for gaps in doubts for gap in gaps))
        if not without.exceeds(rpo_hours):
            return without.together(with_them)
        return min(without, with_them, key=lambda pace: (pace.never_fires, pace.hours))

    def _together(self, numbers: NDArray[np.int64], kind: str) -> CadenceFacts:
        """The cadence of one resource under the rules of plans."""
        plans = [self._plans[number] for number in numbers.tolist()]
        rules = [rule for plan in plans for rule in plan.rules]
        lag = _CONTINUOUS_LAG_HOURS.get(kind)
        if lag is not None and any(rule.continuous for rule in rules):
            return CadenceFacts(lag)
        gaps = {*unread_rules(self._inventory, plans), *unread_schedules(self._inventory, plans)}
        if gaps:
            return CadenceFacts(inf, gaps=frozenset(gaps))
        return _pace_of(frozenset(_timing(rule) for rule in rules), self._as_of)


def unread_schedules(inventory: Inventory, plans: Iterable[BackupPlan]) -> Iterator[str]:
    """Ids of the gaps for schedules of plans that cannot be read."""
    for plan in plans:
        for rule in plan.rules:
            try:
                _schedule(rule.schedule, rule.timezone)
            except InvalidSchedule as error:
                named = f"rule {rule.name} of plan {plan.name} ({plan.arn})"
                yield inventory.scope.unknown(
                    "GetBackupPlan",
                    "Unreadable",
                    f"{plan.arn} {plan.version_id} {rule.rule_id} {rule.name}",
                    f"The schedule of {named} cannot be read: {error}",
                )


def ever_running(inventory: Inventory, plans: Sequence[BackupPlan]) -> list[tuple[BackupPlan, Rule, Runs]]:
    """The rules of plans that protect the same resource, and whether each ever runs beside the others."""
    rules = [(plan, rule) for plan in plans for rule in plan.rules]
    unread = any(unread_schedules(inventory, plans))
    timings = tuple(_timing(rule) for _, rule in rules)
    runs = [None] * len(timings) if unread else _running(timings, inventory.scope.as_of)
    return [(plan, rule, one) for (plan, rule), one in zip(rules, runs, strict=True)]


def spacing_of(
    rules: Sequence[Rule], wanted: Sequence[bool], plans: Sequence[int], start: datetime
) -> Spacing:
    """How far apart the backups of those `wanted` of rules come that protect the same resource.

    Rules with different numbers in `plans` run beside each other, whatever overlaps.

    Raises:
        InvalidSchedule: the schedule of one cannot be read.
    """
    return _spacing(tuple(map(_timing, rules)), tuple(wanted), tuple(plans), start)


#: A rule's schedule, time zone, start window in minutes and retention in days.
_Timing = tuple[str, str, int, int]


def _timing(rule: Rule) -> _Timing:
    days = rule.lifecycle.delete_after_days
    return rule.schedule, rule.timezone, rule.start_window_minutes, FOREVER if days is None else days


@cache
def _schedule(expression: str, timezone: str) -> Schedule:
    return Schedule.parse(expression, timezone)


@cache
def _pace_of(timings: frozenset[_Timing], start: datetime) -> CadenceFacts:
    found = cadence(_timed(sorted(timings)), start)
    hours = inf if found.worst is None else found.worst / timedelta(hours=1)
    return CadenceFacts(hours, found.last_due, found.never_fires)


@cache
def _spacing(
    timings: tuple[_Timing, ...], wanted: tuple[bool, ...], plans: tuple[int, ...], start: datetime
) -> Spacing:
    return spacing(_timed(timings), wanted, plans, start)


@cache
def _running(timings: tuple[_Timing, ...], start: datetime) -> Sequence[Runs]:
    return running(_timed(timings), start)


def _timed(timings: Iterable[_Timing]) -> Iterator[TimedRule]:
    for expression, timezone, minutes, days in timings:
        yield TimedRule(_schedule(expression, timezone), timedelta(minutes=minutes), days)
