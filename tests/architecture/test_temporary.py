"""Tests write in memory only where that suits (`tests/temporary.py`)."""

import os
import sys
from pathlib import Path

import pytest

from tests import temporary
from tests.temporary import ENOUGH, NAMED, in_memory, suits

BLOCK = 4096


def file_system(blocks: int, flags: int = 0) -> os.statvfs_result:
    """A file system with so many free blocks."""
    return os.statvfs_result((BLOCK, BLOCK, blocks, blocks, blocks, 0, 0, 0, flags, 255))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the folder")
def test_what_suits() -> None:
    """Room for all that is written, on both sides; and no mount that runs no program, as in containers."""
    enough = ENOUGH // BLOCK
    others = os.ST_NOSUID | os.ST_NODEV

    assert suits(file_system(enough, others))
    assert not suits(file_system(enough - 1))
    assert not suits(file_system(enough, others | os.ST_NOEXEC))


def test_a_place_that_is_named_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By any variable; a folder that is not there is none."""
    monkeypatch.setattr(temporary, "suits", lambda _: True)

    assert in_memory({"TMPDIR": ""}, tmp_path) == tmp_path
    assert [in_memory({name: "/elsewhere"}, tmp_path) for name in NAMED] == [None] * len(NAMED)
    assert in_memory({}, tmp_path / "none") is None
