"""The populations of a run: `resources.parquet` and `slots.parquet`.

An outside auditor takes a sample from them. Both are complete: also what needs no backup is a row, and a
backup that was made in time is one as well as a backup that is missing.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor import files
from auditor.derive.columns import ABSENT
from auditor.derive.slots import SlotState
from auditor.evaluate.arrow import numbers, texts
from auditor.evaluate.facts import Column, Frame, Lazy
from auditor.evaluate.population import SLOT_COLUMNS, optional_texts
from auditor.judge.row_groups import WORD, RowGroups
from auditor.judge.verdicts import ORDER
from auditor.model.organization import Account
from auditor.model.policy import Control

RESOURCES: Final = "resources.parquet"
SLOTS: Final = "slots.parquet"

_STATES: Final = tuple(state.name.lower() for state in SlotState)
_GAP_HOURS: Final = ("worst_gap_hours", "worst_gap_at_most_hours", "newest_age_hours")
_GAP_ENDS: Final = ("worst_gap_from", "worst_gap_to")
#: The columns of `resources.parquet` before those of the controls, one a control, named by its id.
_ABOUT: Final = [
    ("account_id", WORD), ("account_name", WORD), ("region", WORD), ("resource_type", WORD),
    ("arn", pa.string()), ("name", pa.string()), ("deleted", pa.bool_()), ("tags", pa.string()),
    ("tier", WORD), ("tier_reason", WORD), ("needs_backup", pa.bool_()), ("protected", pa.bool_()),
    ("protected_by", pa.string()), ("native_protection", pa.string()),
    *((f"slots_{name}", pa.int64()) for name in ("expected", *_STATES)),
    ("attainment_percent", pa.float64()),
    *((name, pa.float64()) for name in _GAP_HOURS),
    *((name, pa.string()) for name in _GAP_ENDS),
    ("newest", pa.string()), ("copies", pa.int64()), ("newest_copy", pa.string()),
]  # fmt: skip
_VERDICTS: Final = texts(str(verdict) for verdict in ORDER)


class PopulationSink:
    """Takes the frames of resources in order; a context manager that writes both files to their ends.

    `resources` counts their rows, `slots` the expected backups by state. Raises `OSError` where it cannot
    write.
    """

    def __init__(
        self,
        resources: BinaryIO,
        slots: BinaryIO,
        controls: Sequence[Control],
        accounts: Mapping[str, Account],
    ) -> None:
        self.resources = 0
        self.slots: Counter[str] = Counter()
        self._accounts = accounts
        self._controls = [control.id for control in controls if control.subject == "resource"]
        fields = [*_ABOUT, *((name, WORD) for name in self._controls)]
        self._schema = pa.schema(fields)
        self._files = (resources, slots)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Begin both files."""
        resources, slots = self._files
        self._resources = self._open.enter_context(RowGroups(resources, self._schema))
        self._slots = self._open.enter_context(RowGroups(slots, SLOT_COLUMNS))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End both files."""
        self._open.__exit__(kind, error, trace)

    def add(self, frame: Frame, verdicts: Mapping[str, NDArray[np.int8]]) -> None:
        """Record the resources of a frame; `verdicts` are the codes of each control that was asked, by id."""
        if frame.population is None or not frame.size:
            return
        columns = _facts_of(frame) | dict(frame.population.about())
        size = frame.size
        columns |= {
            "account_id": texts([frame.account_id] * size),
            "account_name": texts([self._accounts[frame.account_id].name] * size),
            "region": texts([frame.region] * size),
            "resource_type": frame.resource_type,
            "arn": frame.arn,
            "name": frame.name,
            "deleted": numbers(np.full(size, frame.deleted)),
            **{name: _VERDICTS.take(numbers(codes.astype(np.int64))) for name, codes in verdicts.items()},
        }
        nothing = pa.nulls(size, pa.string())
        table = {field.name: _cast(columns.get(field.name, nothing), field.type) for field in self._schema}
        self._resources.add(pa.table(table, schema=self._schema))
        self.resources += size
        for slots in frame.population.slots():
            for row in slots["state"].value_counts().to_pylist():
                self.slots[row["values"]] += row["counts"]
            self._slots.add(slots)


def populations(run: Path, written: PopulationSink) -> list[dict[str, Any]]:
    """What the document says of both files of `run`: name, rows, digest, and the states of the slots."""
    states = {state.name: written.slots[state.name] for state in SlotState}
    return [
        {"file": RESOURCES, "rows": written.resources, "sha256": files.digest(run / RESOURCES)},
        {"file": SLOTS, "rows": sum(states.values()), "sha256": files.digest(run / SLOTS), "states": states},
    ]


def _cast(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column if column.type == kind else column.cast(kind)


def _facts_of(frame: Frame) -> dict[str, pa.Array]:
    """What the facts say of each resource; null where one is not known."""
    tier = _column(frame, "tier")
    return {
        "tier": _taken(tier, [value["name"] for value in tier.values]),
        "needs_backup": _taken(tier, [bool(value["required"]) for value in tier.values]),
        "protected": _taken(_column(frame, "protection.selected")),
        "copies": _taken(_in_full(_column(frame, "copies.count"))),
        **{name: _told(frame, f"backups.{name}") for name in (*_GAP_ENDS, "newest")},
        "newest_copy": _told(frame, "copies.newest"),
        **{name: _taken(_column(frame, f"backups.{name}")) for name in _GAP_HOURS},
        **{f"slots_{name}": _taken(_column(frame, f"slots.{name}")) for name in ("expected", *_STATES)},
        "attainment_percent": _attainment(frame),
    }


def _attainment(frame: Frame) -> pa.Array:
    """The share of the backups whose time is over that were made in time, percent.

    A slot that another rule absorbed counts as made. Null where none is over, or what was due is not known.
    """
    counts = {name: _counts(_column(frame, f"slots.{name}")) for name in ("expected", *_STATES)}
    over = counts["expected"] - counts["pending"]
    share = 100.0 * (counts["met"] + counts["absorbed"]) / np.maximum(over, 1)
    return pc.if_else(numbers(over > 0), numbers(share), pa.nulls(frame.size, pa.float64()))


def _column(frame: Frame, path: str) -> Column:
    found = frame.facts.get(path)
    if found is None:
        return Column(np.full(frame.size, ABSENT, np.int64), [])
    return found.column() if isinstance(found, Lazy) else found


def _in_full(column: Column) -> Column:
    """The column without what is known in part only."""
    codes = column.codes.copy()
    for hole in column.holes:
        if hole.gaps:
            codes[hole.mask(len(codes))] = ABSENT
    return replace(column, codes=codes)


def _taken(column: Column, values: Sequence[Any] | None = None) -> pa.Array:
    """The value of each resource; null where it is absent. `values` stand for those of the column."""
    values = column.values if values is None else values
    words = texts(values) if values and isinstance(values[0], str) else numbers(np.array(values))
    codes = numbers(column.codes)
    return words.take(pc.if_else(numbers(column.codes != ABSENT), codes, pa.nulls(len(codes), pa.int64())))


def _counts(column: Column) -> NDArray[np.int64]:
    """The number of each resource; 0 where it is absent."""
    return np.array([*column.values, 0], np.int64)[column.codes]


def _told(frame: Frame, path: str) -> pa.Array:
    """A fact that is computed for one resource at a time, of each."""
    found = frame.facts.get(path)
    return optional_texts([None if found is None else found.at(index) for index in range(frame.size)])
