"""Where tests write: in memory, where that has room and lets programs run, unless somebody names a place."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

#: Variables by which pytest, and then Python, is told where temporary files go.
NAMED: Final = ("PYTEST_DEBUG_TEMPROOT", "TMPDIR", "TEMP", "TMP")
#: What the memory must have: tests write some hundred thousand small files, each with fsync.
ENOUGH: Final = 4 << 30

_MEMORY = Path("/dev/shm")  # noqa: S108 -- pytest makes a folder of the user's own in it


def in_memory(variables: Mapping[str, str], memory: Path = _MEMORY) -> Path | None:
    """The folder in memory; None where another is named, or where it does not suit."""
    if any(variables.get(name) for name in NAMED) or not os.access(memory, os.W_OK):
        return None
    return memory if suits(os.statvfs(memory)) else None


def suits(found: os.statvfs_result) -> bool:
    """Whether a file system has room, and runs the programs that tests write (in containers it may not)."""
    runs = sys.platform == "linux" and not found.f_flag & os.ST_NOEXEC
    return runs and found.f_bavail * found.f_frsize >= ENOUGH
