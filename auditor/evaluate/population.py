"""What an outside auditor samples from: each resource and why it is protected, and each expected backup."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.selection import Decision
from auditor.derive.slots import SlotState
from auditor.derive.tiers import why_tier
from auditor.evaluate.arrow import joined, numbers, texts
from auditor.evaluate.carriers import carrier_decision, read_backups
from auditor.evaluate.expected import Expected
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.membership import memberships, protecting
from auditor.evaluate.native import lines
from auditor.evaluate.tiers import tier_bases

_TIME: Final = pa.timestamp("ms", tz="UTC")
_WORD: Final = pa.dictionary(pa.int32(), pa.string())
#: What AWS says of the job that proves a slot: the name here, and its column in the evidence.
_OF_JOB: Final = {
    "job_id": "job_id",
    "job_state": "state",
    "job_message_category": "message_category",
    "job_message": "message",
    "job_created_at": "created_at",
    "job_completed_at": "completed_at",
    "recovery_point_arn": "recovery_point_arn",
}
#: A row of `slots.parquet`. `state` is ours, `job_state` is AWS's.
SLOT_COLUMNS: Final = pa.schema(
    [
        ("account_id", _WORD), ("region", _WORD), ("resource_type", _WORD), ("arn", _WORD),
        ("plan", _WORD), ("rule", _WORD), ("due", _TIME), ("start_by", _TIME), ("complete_by", _TIME),
        ("state", _WORD), ("job_id", pa.string()), ("job_state", _WORD), ("job_message_category", _WORD),
        ("job_message", _WORD), ("job_created_at", _TIME), ("job_completed_at", _TIME),
        ("recovery_point_arn", pa.string()),
    ]
)  # fmt: skip
_SELECTED: Final = 1
_ROWS: Final = 16_384
_STATES: Final = texts(state.name for state in SlotState)


@dataclass(frozen=True, slots=True)
class Population:
    """The resources of one account and Region; `expected` is None where plans or jobs were not read."""

    inventory: Inventory
    expected: Expected | None

    def about(self) -> Mapping[str, pa.Array]:
        """By name, text with one entry a resource; null where it is not known.

        `tags` is JSON. `tier_reason` names the assignment of the tiers file. `protected_by` has a line for
        each selection that selects the resource, with the steps that led to it. `native_protection` has one
        for each kind of protection apart from AWS Backup that is told, on or off.
        """
        inventory = self.inventory
        told: dict[str, list[str | None]] = {
            "tags": [None if tags is None else _json(tags) for tags in inventory.tags],
            "tier_reason": list(tier_reasons(inventory)),
            "protected_by": list(_protected_by(inventory)),
            "native_protection": list(lines(inventory)),
        }
        return {name: optional_texts(column) for name, column in told.items()}

    def slots(self) -> Iterator[pa.Table]:
        """Every backup that was due in the period, as `SLOT_COLUMNS`, by resource, rule and due time."""
        if self.expected is None:
            return
        jobs = read_backups(self.inventory, "backup_jobs", [*_OF_JOB.values()])  # as `expected.jobs`
        for first in range(0, len(self.expected.slots), _ROWS):
            yield self._slots(self.expected, jobs, np.s_[first : first + _ROWS])

    def _slots(self, expected: Expected, jobs: pa.Table, rows: slice) -> pa.Table:
        inventory, slots = self.inventory, expected.slots.only(rows)
        size, job = len(slots), expected.job[rows]
        start_by = slots.due + slots.start_window
        at = pc.if_else(numbers(job != ABSENT), numbers(job), pa.nulls(size, pa.int64()))
        columns: dict[str, pa.Array] = {
            "account_id": _repeated(inventory.scope.account.account_id, size),
            "region": _repeated(inventory.scope.region, size),
            "resource_type": _chosen(inventory.resource_type, slots.resource),
            "arn": _chosen(inventory.arn, slots.resource),
            "plan": _chosen([plan for plan, _ in expected.rules], slots.rule),
            "rule": _chosen([rule for _, rule in expected.rules], slots.rule),
            "due": numbers(slots.due),
            "start_by": numbers(start_by),
            "complete_by": numbers(start_by + slots.completion_window),
            "state": pa.DictionaryArray.from_arrays(numbers(expected.state[rows].astype(np.int32)), _STATES),
            **{name: joined(jobs[column].take(at)) for name, column in _OF_JOB.items()},
        }
        # As text first: in which order the words of an encoded column stand is chance, and would be written.
        plain = {name: _plain(column) for name, column in columns.items()}
        return pa.table({field.name: plain[field.name].cast(field.type) for field in SLOT_COLUMNS})


def _plain(column: pa.Array) -> pa.Array:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def tier_reasons(inventory: Inventory) -> Iterator[str | None]:
    """Why each resource has its tier; None where the tier is not known."""
    bases, number = tier_bases(inventory)
    reasons = [why_tier(basis, inventory.scope.tiers) for basis in bases]
    for code, basis in zip(inventory.tier.tolist(), number.tolist(), strict=True):
        yield None if code == ABSENT else reasons[basis]


def _protected_by(inventory: Inventory) -> Iterator[str | None]:
    """A line for each selection of a plan in force that selects it or its carrier; None where unknown.

    What a plan backs up with a stack alone has a line that says so.
    """
    if inventory.scope.missing(*SELECTION_TABLES):
        yield from [None] * inventory.size
        return
    open_ = np.zeros(inventory.size, bool)
    members = memberships(inventory)
    for doubt in protecting(inventory, members):
        open_ |= doubt.where
    plans = {plan.plan_id: plan.name for plan in inventory.current_plans if plan.rules}
    rows = [row for row, selection in enumerate(inventory.selections) if selection.plan_id in plans]
    selected = inventory.outcomes[rows] == _SELECTED
    lines: list[list[str]] = [[] for _ in range(inventory.size)]

    def tell(index: int, row: int, decision: Decision) -> None:
        selection = inventory.selections[row]
        lines[index].append(f"{plans[selection.plan_id]} / {selection.name}: {' '.join(decision.steps)}")

    for number, index in np.argwhere(selected).tolist():
        tell(index, rows[number], inventory.decision(rows[number], index))
    if len(inventory.carriers):
        carried = inventory.carried[rows] == _SELECTED
        for number, attachment in np.argwhere(carried).tolist():
            decision = carrier_decision(inventory, rows[number], attachment)
            tell(int(inventory.carriers.volume[attachment]), rows[number], decision)
    untold = np.array([not found for found in lines], bool)
    for plan_id, name in plans.items():
        for index in np.flatnonzero(members[plan_id].sure & untold).tolist():
            lines[index].append(f"{name}: A job of this plan for a stack has backed it up.")
    for found, unknown in zip(lines, open_.tolist(), strict=True):
        yield None if unknown and not found else "\n".join(found)


def optional_texts(values: Sequence[str | None]) -> pa.Array:
    """A column of text; null for None."""
    known = np.array([value is not None for value in values], bool)
    return pc.if_else(
        numbers(known), texts(value or "" for value in values), pa.nulls(len(values), pa.string())
    )


def _json(tags: Mapping[str, str]) -> str:
    return orjson.dumps(tags, option=orjson.OPT_SORT_KEYS).decode()


def _repeated(word: str, size: int) -> pa.DictionaryArray:
    return _chosen([word], np.zeros(size, np.int64))


def _chosen(words: Sequence[str] | NDArray[Any], codes: NDArray[np.int64]) -> pa.DictionaryArray:
    used, indices = np.unique(codes, return_inverse=True)
    chosen = texts(words[code] for code in used.tolist())
    return pa.DictionaryArray.from_arrays(numbers(indices.reshape(-1).astype(np.int32)), chosen)
