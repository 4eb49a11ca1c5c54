"""The process that reads pages with native code: `python -m auditor.aws.page_worker`.

What it reads and writes is in `auditor.aws.pages`; it ends with its standard input. A page that ends it is a
gap of the audit that started it (`auditor.aws.page_process`).
"""

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO, Final

from auditor import children

if TYPE_CHECKING:
    import pyarrow as pa

#: Bytes of addresses: several times what the largest page takes that is allowed.
_ADDRESSES: Final = 2 << 30


def serve(requests: BinaryIO, replies: int) -> None:
    """Answer requests until there are no more."""
    # without numpy, of which nothing is used, pyarrow is there in a third of the time
    sys.modules["numpy"] = None  # type: ignore[assignment]  # so Python says that it is not there
    from auditor.aws import pages  # noqa: PLC0415 -- after the line above

    layouts: dict[bytes, pa.Schema] = {}
    _say(replies, pages.REPLY.pack(pages.READY, 0))
    while header := requests.read(pages.REQUEST.size):
        layout_size, body_size = pages.REQUEST.unpack(header)
        layout, body = requests.read(layout_size), requests.read(body_size)
        if layout not in layouts:
            layouts[layout] = pages.read_layout(layout)
        try:
            kind, said = pages.PAGE, memoryview(pages.read_page(body, layouts[layout]).serialize())
        except ValueError as error:
            kind, said = pages.REFUSED, memoryview(str(error).encode(errors="replace"))
        _say(replies, pages.REPLY.pack(kind, len(said)))
        _say(replies, said)


def _say(replies: int, what: bytes | memoryview) -> None:
    view = memoryview(what)
    while view:
        view = view[os.write(replies, view) :]


def main() -> None:
    """Take the limits, keep standard output for replies alone, and answer."""
    replies = children.begin(_ADDRESSES)
    with suppress(BrokenPipeError):  # who started this has ended
        serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
