"""Read a page of JSON into columns, in the process that is there for that (`auditor.aws.page_worker`).

Arrow's reader is native code that meets whatever an endpoint sends: a page that ends it must not end the
audit. Here are the reading itself and what the two processes say to each other:

    a request   two sizes (`REQUEST`), the layout as Arrow serializes schemas, the body of the answer
    a reply     what it is and its size (`REPLY`), then a record batch of one row, or why the page is refused

The worker says that it is there by an empty reply `READY` before the first request.
"""

from struct import Struct
from typing import Final

import pyarrow as pa
import pyarrow.ipc
import pyarrow.json

REQUEST: Final = Struct("<II")
REPLY: Final = Struct("<cI")
READY: Final = b"!"
PAGE: Final = b"="
REFUSED: Final = b"-"

#: The most bytes of what is made of a page.
MOST_BYTES: Final = 64 << 20


def read_json(data: bytes, schema: pa.Schema) -> pa.Table:
    """Read JSON objects, one after the other, into a table; what `schema` does not name is left out."""
    return pyarrow.json.read_json(
        pa.BufferReader(data),
        read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(data) + 1),
        parse_options=pyarrow.json.ParseOptions(
            explicit_schema=schema, newlines_in_values=True, unexpected_field_behavior="ignore"
        ),
    )


def read_layout(serialized: bytes) -> pa.Schema:
    """Read the layout of a request."""
    return pa.ipc.read_schema(pa.py_buffer(serialized))


def read_page(body: bytes, layout: pa.Schema) -> pa.RecordBatch:
    """Read a page by its layout: one row. Raises `ValueError` with a sentence where it is no such page."""
    if not body.lstrip().startswith(b"{"):  # on a bare null Arrow's reader ends the process
        raise ValueError("The answer is not a JSON object.")
    try:
        body.decode()  # Arrow's reader takes any bytes for text
        page = read_json(body, layout).combine_chunks()
    except UnicodeDecodeError as error:
        raise ValueError(f"The answer is not UTF-8: {error.reason}.") from None
    except pa.ArrowInvalid as error:
        raise ValueError(f"The answer is not the JSON that its model says: {error}") from None
    except MemoryError:
        raise ValueError("The answer needs too much memory to be read.") from None
    if page.num_rows != 1:
        raise ValueError("The answer is not one JSON object.")
    if page.nbytes > MOST_BYTES:
        raise ValueError(f"The answer has more than {MOST_BYTES} bytes.")
    return page.to_batches()[0]
