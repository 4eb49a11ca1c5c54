"""A reader of pages that ends, or never answers, over a page that says so: `{"die": how}`."""

import os
import signal
import time
from collections.abc import Callable

import orjson

from auditor.aws import page_worker, pages

#: The fault that native code would have, by name.
WAYS: dict[str, Callable[[], object]] = {
    "abort": os.abort,
    "segmentation fault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "exit": lambda: os._exit(3),
    "no memory": lambda: bytearray(1 << 40),
    "no end": lambda: time.sleep(3600),
}


def page(way: str) -> bytes:
    """The page over which the reader dies."""
    return orjson.dumps({"die": way})


def main() -> None:
    """Serve as ever, but for such pages."""
    read = pages.read_page

    def read_or_die(body: bytes, *more: object) -> object:
        for way, fault in WAYS.items():
            if body == page(way):
                fault()
        return read(body, *more)

    pages.read_page = read_or_die  # type: ignore[assignment] # in the place of ours
    page_worker.main()


if __name__ == "__main__":
    main()
