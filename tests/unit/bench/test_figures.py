"""Figures, their limits, and what a command costs."""

import json
import sys
from pathlib import Path

import pytest

from bench.figures import Figure, save, table
from bench.measure import CommandError, measure


def test_a_figure_is_the_median_and_keeps_its_limit_or_not() -> None:
    """A limit is kept up to and including itself."""
    kept, missed = (Figure.of("s", "time", "s", repeats, 2.0) for repeats in ([9, 2, 1], [9, 2.5, 1]))
    assert (kept.value, kept.kept, missed.value, missed.kept) == (2, True, 2.5, False)
    assert Figure("s", "free", "", 1e9).kept
    assert [line.split() for line in table([kept, missed]).splitlines()] == [
        ["s", "time", "2", "s", "at", "most", "2", "kept", "1.00", "…", "9.00"],
        ["s", "time", "2.50", "s", "at", "most", "2", "MISSED", "1.00", "…", "9.00"],
    ]


def test_figures_are_kept_as_json(tmp_path: Path) -> None:
    """With every repeat and the conditions of the machine."""
    save([Figure.of("s", "time", "s", [3, 1, 2])], tmp_path / "build" / "bench.json", quick=True)
    found = json.loads((tmp_path / "build" / "bench.json").read_text())
    assert found["figures"] == [
        {
            "section": "s",
            "name": "time",
            "unit": "s",
            "value": 2,
            "limit": None,
            "kept": True,
            "repeats": [3, 1, 2],
        }
    ]
    assert (found["quick"], found["machine"]["processors"] >= 1) == (True, True)


@pytest.mark.long
def test_the_memory_of_a_command_includes_its_children(tmp_path: Path) -> None:
    """100 MB in a child for a while: more than what a Python process has by itself."""
    child = "import time; held = bytearray(b'x') * 100_000_000; time.sleep(3); print(held[0])"
    program = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    cost = measure([sys.executable, "-c", program], tmp_path)
    assert (cost.largest_mb > 95, cost.peak_mb >= cost.largest_mb) == (True, True)
    assert (cost.seconds > 3, cost.printed) == (True, "120\n")


def test_a_command_that_fails_is_no_figure(tmp_path: Path) -> None:
    """Its last words are in the error; an exit code that is expected is none."""
    fail = [sys.executable, "-c", "import sys; sys.exit('no such thing')"]
    with pytest.raises(CommandError, match="exited with 1: no such thing"):
        measure(fail, tmp_path)
    assert measure(fail, tmp_path, codes={1}).printed == ""
