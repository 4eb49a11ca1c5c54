"""`make help` lists everything that can be made."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_target_has_its_line() -> None:
    """Each target that the Makefile declares stands in the list once, with what it does."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    declared = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert declared is not None

    shown = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=ROOT).stdout

    lines = re.findall(r"^make ([a-z-]+) +(\S.*)$", shown, re.MULTILINE)
    assert sorted(name for name, _ in lines) == sorted(declared[1].split())
    assert shown.count("\n") == len(lines)
