"""Which resources each due rule backs up: versions, selections, opt-in and overlapping rules.

Sources: aws-backup.md 4.1, 4.2, 4.6.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from auditor.derive.schedule import Schedule
from auditor.derive.selection import Matcher, SelectionAnswer
from auditor.executor.scope import AccountRegion
from auditor.executor.times import DAY_MS, MINUTE_MS, to_datetime, to_ms
from auditor.model.calendar import FOREVER
from auditor.model.organization import Resource
from auditor.model.plans import Rule

_AROUND_MS: Final = 7 * DAY_MS


@dataclass(frozen=True, slots=True)
class Assigned:
    """A selection of a plan, compiled. `created` is epoch milliseconds.

    What a selection names is backed up even where its type is opted out (aws-backup.md 4.6).
    """

    matcher: Matcher
    iam_role_arn: str
    created: int
    names_resources: bool
    selection_id: str = ""


@dataclass(slots=True)
class DueRule:
    """One rule of one version of a plan, in force in [valid_from, valid_until).

    `advanced` are the plan's AdvancedBackupSettings by resource type.
    """

    scope: AccountRegion
    plan: Mapping[str, Any]
    rule: Rule
    document: Mapping[str, Any]
    valid_from: int
    valid_until: int
    selections: Sequence[Assigned]
    schedule: Schedule
    advanced: dict[str, dict[str, str]] = field(default_factory=dict)
    _known: tuple[int, int, list[int]] = field(default=(0, 0, []), repr=False)

    @property
    def start_window_ms(self) -> int:
        """How long a job may wait for its start."""
        return self.rule.start_window_minutes * MINUTE_MS

    @property
    def is_continuous(self) -> bool:
        """Whether the rule asks for continuous backups."""
        return bool(self.document.get("EnableContinuousBackup"))

    def due(self, start: int, end: int) -> list[int]:
        """The due times in [start, end) at which this version is in force."""
        start, end = max(start, self.valid_from), min(end, self.valid_until)
        if start >= end:
            return []
        low, high, times = self._known
        if start < low or end > high:
            low, high = start - _AROUND_MS, end + _AROUND_MS
            times = [to_ms(due) for due in self.schedule.due_times(to_datetime(low), to_datetime(high))]
            self._known = (low, high, times)
        return times[bisect_left(times, start) : bisect_left(times, end)]

    def created_by(self) -> dict[str, Any]:
        """The jobs' CreatedBy."""
        return {
            **self.plan,
            "BackupRuleId": self.rule.rule_id,
            "BackupRuleName": self.rule.name,
            "BackupRuleCron": self.rule.schedule,
            "BackupRuleTimezone": self.rule.timezone,
        }


class Schedules:
    """The rules of one account and Region, and the resources that they select."""

    def __init__(
        self,
        rules: Sequence[DueRule],
        resources: Mapping[str, Resource],
        continuous_types: Collection[str] = (),
    ) -> None:
        self._rules = rules
        self._continuous_types = continuous_types
        self._resources = resources
        self._selected: dict[int, list[tuple[Resource, Assigned]]] = {}

    def backed_up(self, rule: DueRule, due: int) -> dict[str, tuple[Resource, Assigned]]:
        """The resources that get a job, with the selection that selects them, by ARN.

        Of rules whose start windows overlap on a resource only the one with the longest retention runs
        (aws-backup.md 4.2); of equal ones the earlier, then the one with the smaller rule id.
        """
        chosen = {
            resource.arn: (resource, assigned)
            for resource, assigned in reversed(self._matches(rule))
            if assigned.created <= due and (resource.created_at is None or to_ms(resource.created_at) <= due)
        }
        for rival, at in self._rivals(rule, due):
            for arn, (resource, _) in self.backed_up(rival, at).items():
                if self._kind(rule, resource) == self._kind(rival, resource):
                    chosen.pop(arn, None)
        return chosen

    def _kind(self, rule: DueRule, resource: Resource) -> bool:
        """Whether the rule makes a continuous backup of it, beside which other rules make snapshots."""
        return rule.is_continuous and resource.resource_type in self._continuous_types

    def _matches(self, rule: DueRule) -> list[tuple[Resource, Assigned]]:
        """Resources with the selections of the rule's plan that select them, first selection first."""
        key = id(rule.selections)
        if key not in self._selected:
            self._selected[key] = [
                (resource, assigned)
                for assigned in rule.selections
                for resource in self._resources.values()
                if assigned.matcher.decide(resource).outcome is SelectionAnswer.SELECTED
            ]
        return self._selected[key]

    def _rivals(self, rule: DueRule, due: int) -> Iterator[tuple[DueRule, int]]:
        """The stronger occurrences of other rules whose start windows overlap this one's."""
        strength = _strength(rule, due)
        for other in self._rules:
            if other.rule.rule_id == rule.rule.rule_id:
                continue
            for at in other.due(due - other.start_window_ms + 1, due + rule.start_window_ms):
                if _strength(other, at) > strength:
                    yield other, at


def _strength(rule: DueRule, due: int) -> tuple[int, int, int]:
    """Greater runs: longer retention, then the earlier, then the smaller rule id."""
    days = rule.rule.lifecycle.delete_after_days
    return (FOREVER if days is None else days, -due, -int(rule.rule.rule_id.replace("-", ""), 16))
