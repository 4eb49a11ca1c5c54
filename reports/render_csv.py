"""The full listings as CSV: every verdict, every finding with its evidence, every gap.

All are written from the Parquet files by batches, so that memory does not grow with their number. UTF-8 with
a byte order mark (Excel reads Chinese without it as noise; pandas, DuckDB and Arrow skip it), every text
quoted, lines ended by a line feed, and no cell that a spreadsheet would calculate.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from reports.document import AuditDocument
from reports.ids import finding_id
from reports.listing import found_rows
from reports.text import spreadsheet_safe
from reports.text_columns import EMPTY, as_text, integers, text, texts

_MARK: Final = "\ufeff".encode()
_ROWS: Final = 8_192
_FOUND: Final = 2_048  # of findings, whose evidence is long
_BATCHES: Final = 8  # of them in a row group
_VERDICTS: Final = (
    *("control_id", "subject_type", "arn", "account_id", "region", "resource_type", "name"),
    *("verdict", "severity", "code", "message"),
)
_FINDINGS: Final = (
    *("finding", "finding_id", "control_id", "control_title", "verdict", "severity"),
    *("subject_type", "resource_type", "name", "arn", "account_id", "account_name", "region"),
    *("code", "message", "evidence", "waiver_reason", "waiver_approved_by", "waiver_expires", "cause"),
    *("waiver_owner", "waiver_ticket"),
)
_GAPS: Final = ("gap_id", "account_id", "region", "service", "operation", "error", "message", "provides")


_OF_FINDINGS: Final = ("evidence", "further", "waiver", "account_name")
_CAUSES: Final = "causes"  # which a table of an older release lacks
_NOTHING: Final = text("{}")
#: What a finding's id follows from.
_NAMED_BY: Final = ("control_id", "arn", "account_id", "region")
#: What may not be harmless as it is: a first character that calculates, a second cell, other than ASCII.
_SUSPECT: Final = r"(?s)^\s*[=+\-@|%]|;|[^ -~]"


def verdicts_csv(verdicts: Path, target: BinaryIO) -> None:
    """Write every verdict of `verdicts.parquet`."""
    with writer(target, _VERDICTS) as write:
        for batch in _batches(verdicts, _VERDICTS):
            write([batch.column(name) for name in _VERDICTS])


def findings_csv(document: AuditDocument, verdicts: Path, target: BinaryIO) -> None:
    """Write a row for each finding of `verdicts.parquet` and reason, by account, Region and control.

    `finding` counts the findings from 1, `evidence` is JSON, `cause` is that of the row's reason.
    """
    with writer(target, _FINDINGS) as write:
        for columns in _found(document, verdicts):
            write(columns)


def findings_parquet(document: AuditDocument, verdicts: Path, target: BinaryIO) -> None:
    """Write the same rows as Parquet, as they are: nothing is made harmless for a spreadsheet."""
    schema = pa.schema([pa.field(name, pa.string()) for name in _FINDINGS])
    held: list[pa.RecordBatch] = []
    with pq.ParquetWriter(target, schema, compression="zstd") as write:
        for columns in _found(document, verdicts):
            held.append(pa.record_batch([*map(_texts, columns)], schema=schema))
            if len(held) == _BATCHES:
                write.write_table(pa.Table.from_batches(held, schema))
                held.clear()
        write.write_table(pa.Table.from_batches(held, schema))


def _found(document: AuditDocument, verdicts: Path) -> Iterator[list[pa.Array]]:
    """Give the columns `_FINDINGS` of some findings at a time."""
    columns: tuple[str, ...] = (*_VERDICTS, *_OF_FINDINGS)
    if _CAUSES in pq.read_schema(verdicts).names:
        columns += (_CAUSES,)
    titles = {control.id: control.title for control in document.controls}
    number = 0
    for batch in _batches(verdicts, columns, _FOUND):
        found = found_rows(batch)
        if found.num_rows:
            yield _findings(found, number, titles)
            number += found.num_rows


def gaps_csv(gaps: Path, target: BinaryIO) -> None:
    """Write every gap of `gaps.parquet`; `provides` names the evidence tables, separated by blanks."""
    with writer(target, _GAPS) as write:
        for batch in _batches(gaps, _GAPS):
            write([batch.column(name) for name in _GAPS])


def table_csv(source: Path, target: BinaryIO) -> None:
    """Write every row of a table as text, in the order of its columns."""
    columns = tuple(pq.read_schema(source).names)
    with writer(target, columns) as write:
        for batch in _batches(source, columns):
            write([as_text(column) for column in batch.columns])


def _findings(found: pa.RecordBatch, before: int, titles: Mapping[str, str]) -> list[pa.Array]:
    """The columns of some findings, of which `before` came before; further reasons have rows of their own."""
    own = {name: _texts(found.column(name)) for name in (*_VERDICTS, "evidence", "waiver", "account_name")}
    has = _CAUSES in found.schema.names
    own["cause"] = _texts(found.column(_CAUSES)) if has else pa.repeat(EMPTY, found.num_rows)
    rows = np.arange(found.num_rows)
    further = _texts(found.column("further"))
    if pc.any(pc.not_equal(further, EMPTY)).as_py():
        reasons = [orjson.loads(told or "[]") for told in further.to_pylist()]
        rows = np.repeat(rows, [1 + len(more) for more in reasons])
        for name in ("code", "message", "evidence"):
            first = own[name].to_pylist()
            own[name] = texts(
                said for index, one in enumerate(first) for said in (one, *_told(reasons[index], name))
            )
        own["cause"] = texts(
            said
            for more, one in zip(reasons, own["cause"].to_pylist(), strict=True)
            for said in _of_reasons(one, 1 + len(more))
        )
    at = integers(rows)
    single = {
        **{name: column.take(at) for name, column in own.items() if len(column) == found.num_rows},
        **{name: own[name] for name in ("code", "message", "evidence", "cause")},
    }
    single["evidence"] = pc.if_else(pc.equal(single["evidence"], EMPTY), _NOTHING, single["evidence"])
    waivers = single.pop("waiver").dictionary_encode()
    named = zip(*(single[name].to_pylist() for name in _NAMED_BY), strict=True)
    single["finding_id"] = texts(finding_id(*one) for one in named)
    return [
        _made(name, single, waivers, titles)
        if name != "finding"
        else integers(rows + before + 1).cast(pa.string())
        for name in _FINDINGS
    ]


def _of_reasons(causes: str | None, count: int) -> list[str]:
    """The cause of each of so many reasons; nothing where the table does not say."""
    told = (causes or "").split()
    return told if len(told) == count else [""] * count


def _told(reasons: list[dict[str, Any]], name: str) -> Iterator[str]:
    for reason in reasons:
        value = reason[name]
        yield value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _made(
    name: str,
    own: Mapping[str, pa.Array],
    waivers: pa.DictionaryArray,
    titles: Mapping[str, str],
) -> pa.Array:
    if name in own:
        return own[name]
    if name == "control_title":
        keys = own["control_id"].dictionary_encode()
        values = [titles.get(key, "") for key in keys.dictionary.to_pylist()]
    else:
        keys, field = waivers, name.removeprefix("waiver_")
        values = [orjson.loads(told).get(field, "") if told else "" for told in keys.dictionary.to_pylist()]
    return texts(values).take(keys.indices)


def _batches(source: Path, columns: tuple[str, ...], rows: int = _ROWS) -> Iterator[pa.RecordBatch]:
    with pq.ParquetFile(source, pre_buffer=False, buffer_size=1 << 20) as file:
        yield from file.iter_batches(batch_size=rows, columns=list(columns), use_threads=False)


@contextmanager
def writer(target: BinaryIO, columns: tuple[str, ...]) -> Iterator[Any]:
    """A function that writes some columns of text, neutralised."""
    schema = pa.schema([pa.field(name, pa.string()) for name in columns])
    target.write(_MARK)
    options = pa_csv.WriteOptions(quoting_style="all_valid")
    with pa_csv.CSVWriter(target, schema, write_options=options) as writer:
        yield lambda found: writer.write_batch(pa.record_batch([*map(_safe, found)], schema=schema))


def _texts(column: pa.Array) -> pa.Array:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _safe(column: pa.Array) -> pa.Array:
    """Neutralise a column; each distinct value once, and none that is harmless as it is."""
    if pa.types.is_dictionary(column.type):
        return _safe(column.dictionary).take(column.indices)
    suspect = pc.match_substring_regex(pc.fill_null(column, EMPTY), _SUSPECT)
    if not pc.any(suspect).as_py():
        return column
    encoded = column.filter(suspect).dictionary_encode()
    values = texts(map(spreadsheet_safe, encoded.dictionary.to_pylist()))
    return pc.replace_with_mask(column, suspect, values.take(encoded.indices))
