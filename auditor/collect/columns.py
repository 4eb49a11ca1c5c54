"""Pages of AWS as Arrow columns. No Python object of an item outlives its page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from auditor.aws.parsing import epoch_seconds
from auditor.evidence.tables import TABLES, TAGS, TIME

_NOTHING: Final[Mapping[str, Any]] = {}


def table_of(table: str, items: Sequence[Mapping[str, Any]], paths: Mapping[str, str]) -> pa.Table:
    """Make rows of `table`, one for each of `items`, in their order.

    `paths` names, for each column, the member of the item that it holds ("CreatedBy.BackupRuleId" reaches
    into a structure); what an item does not have is null. Times are seconds since the epoch, tags are AWS's
    lists of Key and Value.
    """
    schema = TABLES[table]
    if set(paths) != set(schema.names):
        raise ValueError(f"The columns of {table} are {schema.names}, not {list(paths)}.")
    arrays = [_array(_members(items, paths[field.name]), field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def milliseconds(seconds: float | None) -> int | None:
    """Convert a time of a raw answer (seconds since the epoch, UTC)."""
    return None if seconds is None else round(seconds * 1000)


def utc(seconds: float) -> datetime:
    """Convert a time of a raw answer to a datetime, UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _members(items: Sequence[Mapping[str, Any]], path: str) -> list[Any]:
    first, _, rest = path.partition(".")
    if not rest:
        return [item.get(first) for item in items]
    return [(item.get(first) or _NOTHING).get(rest) for item in items]


def _array(values: list[Any], kind: pa.DataType) -> pa.Array:
    if kind == TIME:
        return _times(values)
    if kind == TAGS:
        return pa.array([None if tags is None else _pairs(tags) for tags in values], TAGS)
    return pa.array(values, kind)


def _times(values: list[Any]) -> pa.Array:
    try:
        seconds = pa.array(values, pa.float64())
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # an endpoint that writes ISO 8601 where AWS writes numbers
        seconds = pa.array(
            [None if value is None else epoch_seconds(value) for value in values], pa.float64()
        )
    return pc.round(pc.multiply(seconds, 1000.0)).cast(pa.int64()).cast(TIME)


def _pairs(tags: Iterable[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Sort by key: services return tags in no order, and the same evidence gives the same bytes."""
    return sorted((tag["Key"], tag.get("Value") or "") for tag in tags)
