"""Columns of any type as text, as the lists for people have them."""

import pyarrow as pa
import pyarrow.compute as pc


def as_text(column: pa.Array) -> pa.Array:
    """The column as text: times as RFC 3339 in UTC to the second, yes and no as `true` and `false`.

    What is null stays so; a dictionary of texts is left as it is.
    """
    kind = column.type
    if pa.types.is_timestamp(kind):
        seconds = column.cast(pa.timestamp("s", kind.tz), safe=False)
        return pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ")
    if pa.types.is_dictionary(kind) or pa.types.is_string(kind):
        return column
    return column.cast(pa.string())
