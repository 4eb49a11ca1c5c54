"""Answers of AWS as Arrow columns.

Long listings never become Python objects: a `layout` tells the parser of the answers (`auditor.aws.parsing`)
which members the columns of a table need, and `page_rows` takes them from the parsed page. What is counted
in hundreds is made from mappings by `table_of`.

Both go through Arrow's JSON reader. `pyarrow.array` and `pyarrow.scalar` would import pandas (50 MB, half a
second) only to see whether they were given something of it; the constants below are read as JSON for that
reason.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from auditor.aws.items import EARLIEST, LATEST, MOST_DAYS
from auditor.aws.parsing import read_json
from auditor.evidence.tables import TABLES, TAGS, TEXT, TIME, in_calendar, no_rows

#: A column of seconds since the epoch becomes TIME, a list of keys and values becomes TAGS.
_WIRE: Final = {
    TIME: pa.float64(),
    TAGS: pa.list_(pa.struct([pa.field("key", TEXT, nullable=False), pa.field("value", TEXT)])),
}

_FLOATS: Final = read_json(
    orjson.dumps({"thousand": 1000.0, "null": None, "earliest": EARLIEST, "latest": LATEST}),
    pa.schema([(name, pa.float64()) for name in ("thousand", "null", "earliest", "latest")]),
)
_INTEGERS: Final = read_json(
    orjson.dumps({"never": -1, "null": None, "least": -MOST_DAYS, "most": MOST_DAYS}),
    pa.schema([(name, pa.int64()) for name in ("never", "null", "least", "most")]),
)
#: A time as it is compared with columns of times: milliseconds since the epoch.
_UNTIL: Final = pa.schema([("until", pa.int64())])
_THOUSAND: Final = _FLOATS["thousand"][0]
_NULL: Final = _INTEGERS["null"][0]
#: AWS Backup's "never" where it writes one (aws-backup.md 4.3).
_NEVER: Final = _INTEGERS["never"][0]
#: The least and the most of a column as it is on the wire, and what stands for anything else.
_BOUNDS: Final = {
    TIME: (_FLOATS["earliest"][0], _FLOATS["latest"][0], _FLOATS["null"][0]),
    "delete_after_days": (_INTEGERS["least"][0], _INTEGERS["most"][0], _NULL),
}


def layout(member: str, table: str, paths: Mapping[str, str]) -> pa.Schema:
    """Say what of a page is read: of each item of its list `member` what `paths` names, and the next token.

    `paths` gives for each column of `table` the member of the item that it holds; "CreatedBy.BackupRuleId"
    reaches into a structure. What an item does not have is null.
    """
    tree: dict[str, Any] = {}
    for field in TABLES[table]:
        *parents, last = paths[field.name].split(".")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = _WIRE.get(field.type, field.type)
    return pa.schema([(member, pa.list_(_struct(tree))), ("NextToken", TEXT)])


def page_rows(table: str, items: pa.StructArray, paths: Mapping[str, str]) -> tuple[pa.Table, bool]:
    """Make rows of `table` from the `items` of a page that was read by its `layout`, in their order.

    Times and numbers of days that are none are null; the second value says whether there was no such.
    """
    schema = TABLES[table]
    columns = []
    whole = True
    for field in schema:
        values = pc.struct_field(items, paths[field.name].split("."))
        bounds = _BOUNDS.get(field.type) or _BOUNDS.get(field.name)
        if bounds is not None:
            least, most, nothing = bounds
            lawful = pc.and_(pc.greater_equal(values, least), pc.less_equal(values, most))
            if pc.all(lawful).as_py() is False:  # what is null already is passed over
                whole, values = False, pc.if_else(lawful, values, nothing)
        columns.append(_column(values, field.type))
    return pa.Table.from_arrays(columns, schema=schema), whole


def table_of(table: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Make rows of `table` from mappings of its columns; one that is missing is null.

    Times are seconds since the epoch, tags are AWS's lists of Key and Value (sorted by key here: services
    return them in no order, and the same evidence gives the same bytes).
    """
    schema = TABLES[table]
    if not rows:
        return no_rows(table)
    tags = [field.name for field in schema if field.type == TAGS]
    lines = [orjson.dumps({**row, **{name: _pairs(row.get(name)) for name in tags}}) for row in rows]
    wire = pa.schema([(field.name, _WIRE.get(field.type, field.type)) for field in schema])
    read = read_json(b"\n".join(lines), wire)
    columns = [_column(read[field.name].combine_chunks(), field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def dynamodb_tables(rows: pa.Table, until: datetime) -> list[str]:
    """Give the DynamoDB tables of which `rows`, jobs or recovery points, name one of `until` or before."""
    found = rows.filter(pc.match_substring(rows["resource_arn"], ":dynamodb:"))
    if not found.num_rows:
        return []
    limit = read_json(orjson.dumps({"until": round(until.timestamp() * 1000)}), _UNTIL)["until"][0]
    early = pc.less_equal(found["created_at"].cast(pa.int64()), limit)
    arns: list[str] = pc.unique(found["resource_arn"].filter(early)).to_pylist()
    return arns


def without_never(days: pa.Array) -> pa.Array:
    """Replace AWS's -1 by null, as AWS itself also writes "never" by leaving the value out."""
    return pc.if_else(pc.equal(days, _NEVER), _NULL, days)


def _struct(tree: Mapping[str, Any]) -> pa.StructType:
    return pa.struct(
        [(name, _struct(kind) if isinstance(kind, dict) else kind) for name, kind in tree.items()]
    )


def _column(values: pa.Array, kind: pa.DataType) -> pa.Array:
    if kind == TIME:
        times = pc.round(pc.multiply(values, _THOUSAND)).cast(pa.int64())
        if not in_calendar(times):
            raise ValueError("a time is of no year that can be reckoned with")
        return times.cast(TIME)
    if kind == TAGS:
        pairs = values.values
        keys, texts = pc.struct_field(pairs, "key"), pc.struct_field(pairs, "value")
        return pa.MapArray.from_arrays(values.offsets, keys, texts, TAGS, mask=values.is_null())
    return values


def _pairs(tags: Sequence[Mapping[str, str]] | None) -> list[dict[str, str]] | None:
    if tags is None:
        return None
    pairs = ({"key": tag["Key"], "value": tag.get("Value") or ""} for tag in tags)
    return sorted(pairs, key=lambda pair: pair["key"])
