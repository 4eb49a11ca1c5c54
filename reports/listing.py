"""Findings, passes and gaps from the tables of a run, for formats that list them: by batches, the worst kept.

Some hosts take only a limited number of findings. Then the least severe ones are cut, and counted. There may
be millions of passes: they are counted by control, account, Region and kind of subject, and never become
objects.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from reports.document import SEVERITIES, GapEntry
from reports.ids import finding_id

_ROWS: Final = 2_048
#: Findings, and bytes, from which on they are written as a row group of a table that has nothing else.
_GROUPED: Final = 8_192
_HELD: Final = 1 << 24
_BOTH: Final = ["verdict", "severity"]
#: The order in which findings are kept where not all have room: what demands an act, then what is unknown.
_KEPT: Final = ("NON_COMPLIANT", "ERROR", "INSUFFICIENT_DATA", "WAIVED")
_COLUMNS: Final = [
    *("control_id", "subject_type", "arn", "account_id", "region", "resource_type", "name"),
    *("verdict", "severity", "code", "message", "evidence", "further", "waiver", "account_name"),
]
_GROUP: Final = ["control_id", "subject_type", "account_id", "region"]
_GAPS: Final = ["gap_id", "account_id", "region", "service", "operation", "error", "message", "provides"]


@dataclass(frozen=True, slots=True)
class FoundReason:
    """A reason of a finding: its code, its sentence, and its evidence as one line of JSON."""

    code: str
    message: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding as `verdicts.parquet` has it, with the id that it has in every run. Its text is untrusted."""

    id: str
    control_id: str
    subject_type: str
    arn: str
    account_id: str
    account_name: str
    region: str
    resource_type: str
    name: str
    verdict: str
    severity: str
    reasons: tuple[FoundReason, ...]
    waiver: Mapping[str, Any] | None

    @property
    def message(self) -> str:
        """The sentences of its reasons."""
        return " ".join(reason.message for reason in self.reasons if reason.message)


@dataclass(frozen=True, slots=True)
class Passed:
    """How many subjects of a kind a control found compliant in one account and Region."""

    control_id: str
    subject_type: str
    account_id: str
    region: str
    subjects: int
    others: int  # of the same, those with a finding


class KeptFindings:
    """The findings of `verdicts.parquet`, at most `limit` of them: `shown` of `total`, the worst kept.

    Raises:
        OSError: the table cannot be read.
    """

    def __init__(self, verdicts: Path, limit: int | None = None) -> None:
        self._verdicts = verdicts
        rank = np.concatenate([np.zeros(0, np.int8), *map(_ranks, _batches(verdicts, _BOTH, 1 << 16))])
        self._rank = rank
        self._keep: NDArray[np.bool_] = rank >= 0
        self.total = int(self._keep.sum())
        if limit is not None and self.total > limit:
            rows = np.flatnonzero(self._keep)
            worst = rows[np.argsort(rank[rows], kind="stable")[:limit]]
            self._keep = np.zeros(len(rank), dtype=bool)
            self._keep[worst] = True
        self.shown = int(self._keep.sum())

    def __iter__(self) -> Iterator[Found]:
        """The findings that are kept, in the order of the table."""
        return self._read(self._keep)

    def worst_first(self) -> Iterator[Found]:
        """Those that are kept, the worst first, equals in the order of the table, which is read for each."""
        for rank in np.unique(self._rank[self._keep]):
            yield from self._read(self._keep & (self._rank == rank))

    def _read(self, keep: NDArray[np.bool_]) -> Iterator[Found]:
        at = 0
        with pq.ParquetFile(self._verdicts, pre_buffer=False, buffer_size=1 << 20) as file:
            for group in range(file.num_row_groups):
                mask = keep[at : at + file.metadata.row_group(group).num_rows]
                at += len(mask)
                if mask.any():
                    yield from _of_group(file, group, mask)


def _of_group(file: pq.ParquetFile, group: int, keep: NDArray[np.bool_]) -> Iterator[Found]:
    at = 0
    for batch in file.iter_batches(_ROWS, row_groups=[group], columns=_COLUMNS, use_threads=False):
        mask = keep[at : at + batch.num_rows]
        at += batch.num_rows
        if mask.any():
            columns = map(_values, batch.filter(pa.array(mask)).columns)
            yield from (_found(dict(zip(_COLUMNS, row, strict=True))) for row in zip(*columns, strict=True))


def _values(column: pa.Array) -> list[Any]:
    """The values of a column; each word of a dictionary is made once."""
    if not pa.types.is_dictionary(column.type):
        values: list[Any] = column.to_pylist()
        return values
    words = [*column.dictionary.to_pylist(), None]
    return [words[code] for code in pc.fill_null(column.indices, -1).to_numpy().tolist()]


def passed(verdicts: Path) -> list[Passed]:
    """Count what is compliant, by control, account, Region and kind of subject, sorted by them."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    others: Counter[tuple[str, str, str, str]] = Counter()
    for batch in _batches(verdicts, [*_GROUP, "verdict"], 1 << 16):
        table = pa.table({name: _texts(batch.column(name)) for name in (*_GROUP, "verdict")})
        for row in table.group_by([*_GROUP, "verdict"]).aggregate([([], "count_all")]).to_pylist():
            key = (row["control_id"], row["subject_type"], row["account_id"], row["region"])
            if row["verdict"] == "COMPLIANT":
                counts[key] += row["count_all"]
            elif row["verdict"] in _KEPT:
                others[key] += row["count_all"]
    return [Passed(*key, n, others[key]) for key, n in sorted(counts.items())]


def only_found(verdicts: Path, target: Path) -> None:
    """Write the findings of `verdicts.parquet` as a table of the same columns, in the same order.

    Raises:
        OSError: the table cannot be read, or the target cannot be written.
    """
    held: list[pa.RecordBatch] = []
    rows, size = 0, 0
    with pq.ParquetFile(verdicts, pre_buffer=False, buffer_size=1 << 20) as file:
        schema = file.schema_arrow
        with pq.ParquetWriter(target, schema, compression="lz4") as write:
            for batch in file.iter_batches(batch_size=_ROWS, use_threads=False):
                found = found_rows(batch)
                if not found.num_rows:
                    continue
                held.append(found)
                rows, size = rows + found.num_rows, size + found.nbytes
                if rows >= _GROUPED or size >= _HELD:
                    write.write_table(pa.Table.from_batches(held, schema))
                    held.clear()
                    rows, size = 0, 0
            if held:
                write.write_table(pa.Table.from_batches(held, schema))


def found_rows(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows of a batch of `verdicts.parquet` that are findings."""
    return batch.filter(pc.is_in(_texts(batch.column("verdict")), value_set=pa.array(_KEPT)))


def gaps(table: Path) -> Iterator[GapEntry]:
    """Yield every gap of `gaps.parquet`, in its order."""
    for batch in _batches(table, _GAPS, _ROWS):
        for row in batch.to_pylist():
            provides = row.pop("provides")
            yield GapEntry(**row, provides=tuple(provides.split()))


def json_line(value: Any) -> bytes:
    """Return one line of JSON with its end, the keys in the order in which they are given."""
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)


def _found(row: Mapping[str, Any]) -> Found:
    reasons = [FoundReason(row["code"] or "", row["message"] or "", row["evidence"] or "{}")]
    for more in orjson.loads(row["further"] or "[]"):
        evidence = orjson.dumps(more["evidence"], option=orjson.OPT_SORT_KEYS).decode()
        reasons.append(FoundReason(more["code"], more["message"], evidence))
    return Found(
        id=finding_id(row["control_id"], row["arn"], row["account_id"], row["region"]),
        **{name: row[name] or "" for name in (*_COLUMNS[:9], "account_name")},
        reasons=tuple(reasons),
        waiver=orjson.loads(row["waiver"]) if row["waiver"] else None,
    )


def _ranks(batch: pa.RecordBatch) -> NDArray[np.int8]:
    """How bad each row is, 0 the worst; -1 is no finding. An unknown severity comes after the known ones."""
    last = len(SEVERITIES)
    verdict, severity = (
        pc.fill_null(pc.index_in(_texts(batch.column(name)), value_set=pa.array(words)), other).to_numpy()
        for name, words, other in (("verdict", _KEPT, -1), ("severity", SEVERITIES, last))
    )
    ranked: NDArray[np.int8] = np.where(verdict < 0, -1, verdict * (last + 1) + severity).astype(np.int8)
    return ranked


def _texts(column: pa.Array) -> pa.Array:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _batches(source: Path, columns: list[str], rows: int) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20) as file:
        yield from file.iter_batches(batch_size=rows, columns=columns, use_threads=False)
