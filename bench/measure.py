"""One command as a process of its own: its wall time, processor time and memory.

The memory is that of its processes together, sampled, and of the largest one, as the kernel says. A process
inherits the high-water mark of the one that starts it: so this side imports nothing large.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
_PROC: Final = Path("/proc")
_SAMPLE_SECONDS: Final = 0.2  # to look stops what is measured for milliseconds: a tenth of its time and more
_RSS_KB: Final = 1 if sys.platform != "darwin" else 1024  # macOS gives ru_maxrss in bytes


class CommandError(RuntimeError):
    """A measured command ended with an exit code that nobody expected."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took: seconds, megabytes, and what it printed.

    `peak_mb` is of all its processes together where /proc tells (Linux), else of the largest.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    largest_mb: float
    printed: str


def command(*arguments: str) -> list[str]:
    """A Python module of ours as a command line."""
    return [sys.executable, "-m", *arguments]


def measure(
    arguments: Sequence[str],
    folder: Path,
    variables: Mapping[str, str] | None = None,
    *,
    codes: Collection[int] = (0,),
    sampled: bool = True,
) -> Cost:
    """Run a command in `folder` and wait for it; not `sampled`, `peak_mb` is that of the largest process.

    Raises:
        CommandError: with its last words, where it exits with a code that is not one of `codes`.
    """
    out, err = folder / ".stdout", folder / ".stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        started = time.perf_counter()
        child = subprocess.Popen(  # noqa: S603 -- our own program
            arguments, cwd=folder, env=environment(variables), stdout=stdout, stderr=stderr
        )
        sampler = _Sampler(child.pid, sampled=sampled)
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
    together = sampler.stop()
    if child.returncode not in codes:
        said = (err.read_text(errors="replace") or out.read_text(errors="replace"))[-2000:]
        raise CommandError(f"{' '.join(arguments)} exited with {child.returncode}: {said}")
    largest = usage.ru_maxrss / _RSS_KB / 1024
    cpu = usage.ru_utime + usage.ru_stime
    return Cost(seconds, cpu, max(together, largest), largest, out.read_text(errors="replace"))


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Ours, but compiled modules are kept as on a user's machine, and modules of this checkout are found."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return kept | {"PYTHONPATH": path} | dict(variables or {})


class _Sampler:
    """The largest sum of the resident memory of a process and its descendants, in megabytes."""

    def __init__(self, pid: int, *, sampled: bool) -> None:
        self._pid = pid
        self._peak = 0.0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        if sampled and _PROC.is_dir():
            self._thread.start()

    def stop(self) -> float:
        """The peak; 0 where it is not known."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()
        return self._peak

    def _run(self) -> None:
        while not self._stopped.wait(_SAMPLE_SECONDS):
            self._peak = max(self._peak, sum(map(_resident_mb, _family(self._pid))))


def _family(pid: int) -> list[int]:
    """A process and everything below it."""
    family, new = [pid], [pid]
    while new:
        new = [child for parent in new for child in _children(parent)]
        family += new
    return family


def _children(pid: int) -> list[int]:
    try:
        tasks = list((_PROC / str(pid) / "task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # it has ended
        return []


def _resident_mb(pid: int) -> float:
    """Memory of its own: what a forked child still shares with its parent is counted once."""
    try:
        status = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("Pss:")) / 1024
