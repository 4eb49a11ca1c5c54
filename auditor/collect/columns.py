"""Answers of AWS as Arrow columns.

Long listings never become Python objects: a `layout` tells the parser of the answers (`auditor.aws.parsing`)
which members the columns of a table need, and `page_rows` takes them from the parsed page. What is counted
in hundreds is made from mappings by `table_of`.

Both go through Arrow's JSON reader. `pyarrow.array` and `pyarrow.scalar` would import pandas (50 MB, half a
second) only to see whether their argument is a pandas object; the constants below are read as JSON for that
reason.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from auditor.aws.pages import read_json
from auditor.evidence.calendar import in_calendar
from auditor.evidence.column_types import TAGS, TEXT, TIME, TIMES
from auditor.evidence.table_schemas import TABLES, no_rows
from auditor.model.calendar import END_MS, FIRST_MS, MOST_DAYS
from auditor.model.plans import NEVER
from auditor.model.resource_types import READ


def _pairs_of(kind: pa.DataType) -> pa.ListType:
    return pa.list_(pa.struct([pa.field("key", TEXT, nullable=False), pa.field("value", kind)]))


#: A column of seconds since the epoch becomes TIME, a list of keys and values becomes TAGS or TIMES.
_WIRE: Final = {TIME: pa.float64(), TAGS: _pairs_of(TEXT), TIMES: _pairs_of(pa.float64())}

_FLOATS: Final = read_json(
    orjson.dumps({"thousand": 1000.0, "null": None, "first": FIRST_MS / 1000, "last": END_MS / 1000 - 1}),
    pa.schema([(name, pa.float64()) for name in ("thousand", "null", "first", "last")]),
)
_INTEGERS: Final = read_json(
    orjson.dumps({"never": NEVER, "null": None, "least": -MOST_DAYS, "most": MOST_DAYS}),
    pa.schema([(name, pa.int64()) for name in ("never", "null", "least", "most")]),
)
#: A time as it is compared with columns of times: milliseconds since the epoch.
_UNTIL: Final = pa.schema([("until", pa.int64())])
#: What is in an ARN of a type whose creation is asked one by one.
_ASKED: Final = "|".join(
    f":{form.partition(':')[0]}:" for row in READ if row.creation == "asked" for form in row.arns
)
_THOUSAND: Final = _FLOATS["thousand"][0]
_NULL: Final = _INTEGERS["null"][0]
_NEVER: Final = _INTEGERS["never"][0]
_DAYS: Final = "delete_after_days"


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

    Invalid times and numbers of days become null; the second value says whether all were valid.
    """
    schema = TABLES[table]
    found = [pc.struct_field(items, paths[field.name].split(".")) for field in schema]
    try:
        return _table(found, schema), True
    except ValueError:  # Arrow's own errors are among these
        return _table([_lawful(*one) for one in zip(found, schema, strict=True)], schema), False


def table_of(table: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Make rows of `table` from mappings of its columns; one that is missing is null.

    Times are seconds since the epoch, tags are AWS's lists of Key and Value, and TIMES such lists with times
    (sorted by key here: services return them in no order, and the same evidence gives the same bytes).
    """
    schema = TABLES[table]
    if not rows:
        return no_rows(table)
    texts = [field.name for field in schema if field.type == TAGS]
    times = [field.name for field in schema if field.type == TIMES]
    lines = [
        orjson.dumps(
            {
                **row,
                **{name: _pairs(row.get(name), "") for name in texts},
                **{name: _pairs(row.get(name), None) for name in times},
            }
        )
        for row in rows
    ]
    wire = pa.schema([(field.name, _WIRE.get(field.type, field.type)) for field in schema])
    read = read_json(b"\n".join(lines), wire)
    return _table([read[field.name].combine_chunks() for field in schema], schema)


def known_old(rows: pa.Table, until: datetime) -> list[str]:
    """Give the ARNs, in `rows` of `until` or before, of types whose creation is asked one by one.

    `rows` are jobs or recovery points: what they name was there by then, and need not be asked for.
    """
    found = rows.filter(pc.match_substring_regex(rows["resource_arn"], _ASKED))
    if not found.num_rows:
        return []
    limit = read_json(orjson.dumps({"until": round(until.timestamp() * 1000)}), _UNTIL)["until"][0]
    early = pc.less_equal(found["created_at"].cast(pa.int64()), limit)
    arns: list[str] = pc.unique(found["resource_arn"].filter(early)).to_pylist()
    return arns


def names_image(arns: pa.Array) -> bool:
    """Whether any of these recovery points is an image of an EC2 instance."""
    return bool(pc.any(pc.match_substring(arns.cast(pa.string()), ":image/")).as_py())


def without_never(days: pa.Array) -> pa.Array:
    """Replace AWS's -1 by null, as AWS itself also writes "never" by leaving the value out."""
    return pc.if_else(pc.equal(days, _NEVER), _NULL, days)


def _struct(tree: Mapping[str, Any]) -> pa.StructType:
    return pa.struct(
        [(name, _struct(kind) if isinstance(kind, dict) else kind) for name, kind in tree.items()]
    )


def _table(wire: Sequence[pa.Array], schema: pa.Schema) -> pa.Table:
    columns = [_column(values, field) for values, field in zip(wire, schema, strict=True)]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(values: pa.Array, field: pa.Field) -> pa.Array:
    """Make a column of what is on the wire; `ValueError` for an invalid time or number of days."""
    if field.type == TIME:
        return _times(values)
    if field.type in (TAGS, TIMES):
        pairs = values.values
        keys, held = pc.struct_field(pairs, "key"), pc.struct_field(pairs, "value")
        held = _times(held) if field.type == TIMES else held
        return pa.MapArray.from_arrays(values.offsets, keys, held, field.type, mask=values.is_null())
    if field.name == _DAYS:
        ends = pc.min_max(values)
        if max(-(ends["min"].as_py() or 0), ends["max"].as_py() or 0) > MOST_DAYS:
            raise ValueError("a number of days is out of range")
    return values


def _times(values: pa.Array) -> pa.Array:
    """Make TIME of seconds since the epoch; `ValueError` where one is no time."""
    times = pc.round(pc.multiply(values, _THOUSAND)).cast(pa.int64())
    if not in_calendar(times):
        raise ValueError("the year of a time is out of range")
    return times.cast(TIME)


def _lawful(values: pa.Array, field: pa.Field) -> pa.Array:
    """What is on the wire, with null for invalid times and numbers of days."""
    if field.type == TIME:
        least, most, nothing = _FLOATS["first"][0], _FLOATS["last"][0], _FLOATS["null"][0]
    elif field.name == _DAYS:
        least, most, nothing = _INTEGERS["least"][0], _INTEGERS["most"][0], _NULL
    else:
        return values
    return pc.if_else(pc.and_(pc.greater_equal(values, least), pc.less_equal(values, most)), values, nothing)


def _pairs(held: Sequence[Mapping[str, Any]] | None, absent: str | None) -> list[dict[str, Any]] | None:
    """A list of Key and Value by key; `absent` stands for a value that is missing."""
    if held is None:
        return None
    pairs = ({"key": one["Key"], "value": one.get("Value") or absent} for one in held)
    return sorted(pairs, key=lambda pair: pair["key"])
