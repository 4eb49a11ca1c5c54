"""The types of columns of the evidence, and the schema of a table of them."""

from typing import Final

import pyarrow as pa

TIME: Final = pa.timestamp("ms", tz="UTC")
TAGS: Final = pa.map_(pa.string(), pa.string())
TEXT: Final = pa.string()
TEXTS: Final = pa.list_(TEXT)
TIMES: Final = pa.map_(TEXT, TIME)


def table_schema(**columns: pa.DataType) -> pa.Schema:
    """A table of these columns, in their order."""
    return pa.schema([pa.field(name, kind) for name, kind in columns.items()])
