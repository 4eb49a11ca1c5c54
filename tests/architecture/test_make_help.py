"""`make help` lists everything that can be made."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_target_has_its_line() -> None:
    """Each target that the Makefile declares stands in the list once, with what it does."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    declared = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert declared is not None

    alone = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}  # of `make test`
    done = subprocess.run(["make", "help"], capture_output=True, text=True, check=True, cwd=ROOT, env=alone)
    shown = "".join(
        line for line in done.stdout.splitlines(keepends=True) if not re.match(r"make\[\d+\]: ", line)
    )

    lines = re.findall(r"^make ([a-z-]+) +(\S.*)$", shown, re.MULTILINE)
    assert sorted(name for name, _ in lines) == sorted(declared[1].split())
    assert shown.count("\n") == len(lines)
