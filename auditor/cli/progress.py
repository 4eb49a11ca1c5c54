"""Progress on stderr: bars on a terminal, seldom lines elsewhere; nothing for what takes under a second."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from auditor.cli.text import one_line
from auditor.model.settings import Progress

#: Seconds before anything is shown, and between two lines about the same thing.
PATIENCE: Final = 1.0
LINE_INTERVAL: Final = 5.0


@contextmanager
def progress(stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """Give a `Progress` that may be called from any thread while the block runs; `stream` None is stderr."""
    target = sys.stderr if stream is None else stream
    if not target.isatty():
        yield Lines(target, clock)
        return
    with _bars() as bars:
        yield BarView(bars, clock)


@dataclass(slots=True)
class _Seen:
    started: float
    shown: float | None = None
    last: tuple[int, int | None] = (-1, None)


class Lines:
    """Plain lines such as `reading accounts: 120 of 500`, at most one in five seconds for each thing."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        """Write to `stream`; `clock` gives seconds that only grow."""
        self._stream: TextIO | None = stream
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, _Seen] = {}

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Take a step; write a line when one is due."""
        now = self._clock()
        with self._lock:
            seen = self._seen.setdefault(what, _Seen(now))
            if seen.last == (done, total) or not _due(seen, now, finished=done == total):
                return
            seen.shown, seen.last = now, (done, total)
            self._write(f"{one_line(what)}: {done}" + ("" if total is None else f" of {total}"))

    def _write(self, line: str) -> None:
        try:
            if self._stream is not None:
                print(line, file=self._stream, flush=True)
        except OSError:  # nobody reads stderr any more; progress is not worth a failure
            self._stream = None


def _due(seen: _Seen, now: float, *, finished: bool) -> bool:
    if now - seen.started < PATIENCE:
        return False
    return finished or seen.shown is None or now - seen.shown >= LINE_INTERVAL


class BarView:
    """One bar for each thing; it appears when the thing takes longer than a second."""

    def __init__(self, bars: Bars, clock: Callable[[], float]) -> None:
        """Draw with rich's `bars`."""
        self._bars = bars
        self._clock = clock
        self._lock = threading.Lock()
        self._tasks: dict[str, tuple[TaskID, float]] = {}

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Take a step."""
        now = self._clock()
        with self._lock:
            if what not in self._tasks:
                self._tasks[what] = (self._bars.add_task(one_line(what), total=total, visible=False), now)
            task, started = self._tasks[what]
            self._bars.update(task, completed=done, total=total, visible=now - started >= PATIENCE)


def _bars() -> Bars:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Bars(*columns, console=Console(stderr=True))
