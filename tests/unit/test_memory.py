"""Memory is given back where the C library can."""

import platform
import subprocess
import sys

import pytest

_PROGRAM = """
import sys
from pathlib import Path
from auditor.memory import return_free_memory, return_large_blocks
import numpy as np

def held():
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024

if sys.argv[1] == "yes":
    return_large_blocks()
    return_free_memory()
base = held()
# each block that is freed teaches glibc to keep blocks of its size
for size in (1, 2, 4, 8, 16):
    np.ones(size << 17)
blocks = [np.ones(1 << 17) for _ in range(60)]
last = bytearray(100)
kept = np.ones(1 << 17)
blocks.clear()
print(held() - base)
"""


@pytest.mark.long
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a setting of glibc")
def test_freed_blocks_are_returned() -> None:
    """60 blocks of 1 MB that were freed below one that is in use: only the last is still held."""
    kept, returned = (
        float(
            subprocess.run(
                [sys.executable, "-c", _PROGRAM, asked], capture_output=True, text=True, check=True
            ).stdout
        )
        for asked in ("no", "yes")
    )
    assert (returned < 10, kept > 50) == (True, True)
