"""Compare expected backups with recorded ones: the slots of one account and Region, and the facts `slots.*`.

A rule expects a backup of a resource at each due time at which its plan version was in force, its selection
existed and the resource had been created.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.schedule import InvalidSchedule, Schedule
from auditor.derive.slots import Jobs, JobState, Slots, SlotState, expand, match_slots
from auditor.evaluate.carriers import attachment_unknown
from auditor.evaluate.columns import coded, coded_rows
from auditor.evaluate.facts import Column, Hole, Lazy, encode_array, unread
from auditor.evaluate.history import UNDER_WAY, JobHistory
from auditor.evaluate.images import HOLDS
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.known import selected_since
from auditor.evaluate.membership import by_itself
from auditor.evaluate.times import HOUR_MS, MINUTE_MS, Period, epoch_ms, rfc3339
from auditor.model.calendar import FOREVER
from auditor.model.plans import BackupPlan, Rule

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: AWS Backup answers jobs of the last 30 days, counted from the call, which comes a little after `as_of`.
_MARGIN_MS: Final = HOUR_MS
_JOB_HISTORY: Final = timedelta(days=30) - timedelta(milliseconds=_MARGIN_MS)
_AT_MOST: Final = 10
#: What is told of a job that proves a slot: the fact, and the column of the evidence.
_TOLD: Final = {
    "job_state": "state",
    "job_category": "message_category",
    "recovery_point_arn": "recovery_point_arn",
    "message": "message",
}
_STATES: Final = {
    **dict.fromkeys(UNDER_WAY, JobState.RUNNING),
    "COMPLETED": JobState.COMPLETED,
    **dict.fromkeys(("FAILED", "ABORTED", "EXPIRED", "PARTIAL"), JobState.FAILED),
}
#: The tables without which nobody knows what was expected, or what came.
EXPECTED_TABLES: Final = (*SELECTION_TABLES, "backup_jobs")
_NOT_MET: Final = (SlotState.LATE, SlotState.MISSED, SlotState.FAILED)


@dataclass(frozen=True, slots=True)
class Expected:
    """Every slot of a period with its state and the row of the job that proves it in `jobs` (-1: none).

    `rules[slots.rule[i]]` is (plan name, rule name). `unreadable` marks resources with a rule whose
    schedule could not be read, or which a plan may select besides: their slots are not all known. For each
    resource `unlisted` counts the due times of the period before AWS Backup's list of jobs begins, `perhaps`
    those that it may owe besides at most, -1 where that cannot be counted.
    `perhaps_held` are the volumes whose slots stand for images that may not hold them.
    """

    slots: Slots
    state: NDArray[np.int8]
    job: NDArray[np.int64]
    rules: list[tuple[str, str]]
    jobs: pa.Table
    unreadable: NDArray[np.bool_]
    perhaps_held: NDArray[np.bool_]
    unlisted: NDArray[np.int64]
    perhaps: NDArray[np.int64]

    def begins_missed(self, size: int) -> NDArray[np.bool_]:
        """Which of `size` resources had no backup at the first due time of the period."""
        latest = np.iinfo(np.int64).max
        first, first_met = np.full((2, size), latest, np.int64)
        np.minimum.at(first, self.slots.resource, self.slots.due)
        met = ~np.isin(self.state, (SlotState.MISSED, SlotState.FAILED))
        np.minimum.at(first_met, self.slots.resource[met], self.slots.due[met])
        return first < first_met

    def rows(self, chosen: NDArray[np.int64]) -> list[dict[str, Any]]:
        """Chosen slots as documents.

        Due, state, plan, rule, and of the job its id, AWS's state and category, recovery point and message.
        """
        return [self._row(int(number)) for number in chosen]

    def _row(self, number: int) -> dict[str, Any]:
        plan, rule = self.rules[self.slots.rule[number]]
        row: dict[str, Any] = {
            "due": rfc3339(self.slots.due[number]),
            "state": SlotState(self.state[number]).name,
            "plan": plan,
            "rule": rule,
        }
        at = int(self.job[number])
        if at != ABSENT:
            job: Mapping[str, Any] = self.jobs.slice(at, 1).to_pylist()[0]
            row["job_id"] = job["job_id"]
            row |= {name: job[column] for name, column in _TOLD.items() if job[column]}
        return row


def expected_backups(inventory: Inventory, history: JobHistory, period: Period) -> Expected:
    """Match every slot of the period against the recorded jobs."""
    keys: dict[tuple[str, str], int] = {}
    names: list[tuple[str, str]] = []
    versions: list[tuple[int, Rule, NDArray[np.int64], NDArray[np.int64]]] = []
    unreadable, uncounted = np.zeros((2, inventory.size), bool)
    unlisted, besides = np.zeros((2, inventory.size), np.int64)
    listed_ms = _listed_from(period, inventory.scope.jobs_from_ms)
    bound = _expecting(inventory, period)
    perhaps = _expecting(inventory, period, undecided=True)
    for plan in inventory.plans:
        since, may = bound[plan.plan_id], perhaps[plan.plan_id]
        open_ = (may != ABSENT) & ((since == ABSENT) | (np.maximum(may, period.start_ms) < since))
        if plan.rules or plan.fault:
            unreadable |= open_ | ((may != ABSENT) & bool(plan.fault))
            uncounted |= (may != ABSENT) & bool(plan.fault)
        for rule in plan.rules:
            code = keys.setdefault((plan.plan_id, rule.rule_id), len(names))
            if code == len(names):
                names.append((plan.name, rule.name))
            try:
                due = _due(plan, rule, period.start_ms, period.end_ms)
            except InvalidSchedule:
                unreadable |= since >= 0
                uncounted |= (since >= 0) | open_
                continue
            before, due = np.split(due, [np.searchsorted(due, listed_ms)])
            versions.append((code, rule, due, since))
            besides += np.where(open_, len(before) + len(due), 0)
            early = before[before < listed_ms - _MARGIN_MS]
            unlisted += np.where(since == ABSENT, 0, len(early) - np.searchsorted(early, since))
    slots = _slots(versions)
    slots = slots.only(slots.due <= inventory.last_ms(period)[slots.resource])
    perhaps_held = _perhaps_held(inventory, history, bound)
    perhaps_held &= np.bincount(slots.resource, minlength=inventory.size) > 0
    matches = match_slots(slots, _jobs(history, keys), as_of_ms=period.end_ms)
    return Expected(
        slots,
        matches.state,
        matches.job,
        names,
        history.table.select(["job_id", *_TOLD.values()]),
        unreadable,
        perhaps_held,
        unlisted,
        np.where(uncounted, ABSENT, besides),
    )


def _perhaps_held(
    inventory: Inventory, history: JobHistory, bound: Mapping[str, NDArray[np.int64]]
) -> NDArray[np.bool_]:
    """The volumes whose only backups would be images that may not hold them; `bound` is since when owed."""
    carriers = inventory.carriers
    answer, carried = np.zeros((2, inventory.size), bool)
    if len(carriers):
        carried[carriers.volume] = True
        answer[carriers.volume[carriers.since_ms == ABSENT]] = True
        open_, told = np.zeros((2, inventory.size), bool)
        open_[history.resource[history.perhaps & history.good & (history.resource != ABSENT)]] = True
        for plan in inventory.plans:
            if plan.image_options:
                told[carriers.volume[inventory.shown[plan.plan_id] == HOLDS]] = True
                answer |= (bound[plan.plan_id] != ABSENT) & ~(told & ~open_)
        answer &= carried & ~by_itself(inventory)
    return answer


def _slots(versions: Sequence[tuple[int, Rule, NDArray[np.int64], NDArray[np.int64]]]) -> Slots:
    """The slots of each version of a rule: its code, rule, due times, and when it began to select whom."""
    rules = [rule for _, rule, _, _ in versions]
    members = [np.flatnonzero(since != ABSENT) for _, _, _, since in versions]
    slots = expand(
        [due for _, _, due, _ in versions],
        start_window=np.array([rule.start_window_minutes * MINUTE_MS for rule in rules], np.int64),
        completion_window=np.array([rule.completion_window_minutes * MINUTE_MS for rule in rules], np.int64),
        retention_days=np.array(
            [
                FOREVER if rule.lifecycle.delete_after_days is None else rule.lifecycle.delete_after_days
                for rule in rules
            ],
            np.int64,
        ),
        resource=np.concatenate([np.zeros(0, np.int64), *members]),
        rule=np.repeat(np.arange(len(versions)), [len(chosen) for chosen in members]),
        since=np.concatenate(
            [
                np.zeros(0, np.int64),
                *(since[chosen] for (*_, since), chosen in zip(versions, members, strict=True)),
            ]
        ),
    )
    codes = np.array([code for code, *_ in versions], np.int64)
    return replace(slots, rule=codes[slots.rule])


def _expecting(
    inventory: Inventory, period: Period, *, undecided: bool = False
) -> dict[str, NDArray[np.int64]]:
    """For each plan and resource, since when (ms) it owes backups by the plan; -1 where it does not.

    With `undecided`, since when it may owe them.
    A resource that left no sign of its existence owes none: its `since` lies after the period.
    """
    unseen = inventory.created_ms == ABSENT
    there = np.where(unseen, np.minimum(inventory.seen_ms, period.end_ms + 1), ABSENT)
    return {
        plan_id: np.where(since == ABSENT, ABSENT, np.maximum(since, there))
        for plan_id, since in selected_since(inventory, undecided=undecided, answering=True).items()
    }


def _listed_from(period: Period, jobs_from_ms: int) -> int:
    """From when on the jobs of the period are known, epoch milliseconds."""
    end = _EPOCH + timedelta(milliseconds=period.end_ms)
    return min(max(period.start_ms, jobs_from_ms, epoch_ms(end - _JOB_HISTORY)), period.end_ms)


def _due(plan: BackupPlan, rule: Rule, start_ms: int, end_ms: int) -> NDArray[np.int64]:
    start, end = (_EPOCH + timedelta(milliseconds=one) for one in (start_ms, end_ms))
    due = _due_ms(rule.schedule, rule.timezone, start, end)
    in_force = np.ones(len(due), bool)
    if plan.valid_from is not None:
        in_force &= due >= epoch_ms(plan.valid_from)
    if plan.valid_until is not None:
        in_force &= due < epoch_ms(plan.valid_until)
    return due[in_force]


@lru_cache(maxsize=256)
def _due_ms(schedule: str, timezone: str, start: datetime, end: datetime) -> NDArray[np.int64]:
    """Due times of one schedule, which plans in many accounts and Regions share; not to be written to.

    From when and until when each plan is in force does not matter here: that is another in each of them.
    """
    return Schedule.parse(schedule, timezone).due_ms(start, end)


def _jobs(history: JobHistory, keys: Mapping[tuple[str, str], int]) -> Jobs:
    made_by, names = coded_rows(history.table["plan_id"], history.table["rule_id"])
    rule = np.array([keys.get(name, ABSENT) for name in names], np.int64)[made_by]
    states, words = coded(history.table["state"])
    state = np.array([*(_STATES.get(word, JobState.FAILED) for word in words), JobState.FAILED], np.int8)[
        states
    ]
    return Jobs(
        resource=history.resource,
        rule=rule,
        created=history.created,
        completed=history.completed,
        state=np.where(history.ended, state, np.int8(JobState.RUNNING)),
        usable=history.good,
    )


def slot_facts(inventory: Inventory, found: Expected | None) -> dict[str, Column | Lazy]:
    """The facts `slots.*` of one account and Region; `found` is None where jobs or plans were not read."""
    words = [state.name.lower() for state in SlotState]
    if found is None:
        missing = inventory.scope.missing(*EXPECTED_TABLES)
        return {f"slots.{name}": unread(inventory.size, missing) for name in ("expected", *words, "failures")}
    cells = found.slots.resource * len(SlotState) + found.state
    counts = np.bincount(cells, minlength=inventory.size * len(SlotState)).reshape(-1, len(SlotState))
    known = ~(found.unreadable | found.perhaps_held)
    holes = [Hole((attachment_unknown(inventory),), found.perhaps_held)] if found.perhaps_held.any() else []

    @cache
    def by_resource() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        bad = np.flatnonzero(np.isin(found.state, _NOT_MET))
        bad = bad[np.lexsort((-found.slots.due[bad], found.slots.resource[bad]))]
        return bad, found.slots.resource[bad]

    def failures(index: int) -> list[dict[str, Any]]:
        bad, owner = by_resource()
        first, last = np.searchsorted(owner, [index, index + 1])
        return found.rows(bad[first : min(last, first + _AT_MOST)])

    return {
        "slots.expected": encode_array(counts.sum(axis=1), known, *holes),
        **{
            f"slots.{word}": encode_array(counts[:, SlotState[word.upper()]], known, *holes) for word in words
        },
        "slots.failures": Lazy(failures, inventory.size),
    }
