"""The project speaks of itself alone: no path of a machine, no host of a package registry."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: Pieces, so that this file does not hold what it looks for.
FORBIDDEN = re.compile(
    "|".join(
        [
            r"(?<![\w.])/" + r"(?:root|work|home/[a-z]+|Users/[A-Za-z]+)/",
            "pypi" + r"\.org",
            "files" + r"\.pythonhosted",
            "proxy" + r"\.golang\.org",
            "registry" + r"\.npmjs",
            "crates" + r"\.io",
        ]
    )
)


def committed() -> list[str]:
    """Paths of the committed files; the test is skipped where there is no repository (a source archive)."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True, cwd=ROOT)
    return [path for path in done.stdout.split("\0") if path and (ROOT / path).is_file()]


def test_no_committed_file_names_a_machine_or_a_registry() -> None:
    """Each line of each text file is looked at."""
    found = []
    for path in committed():
        try:
            lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        found += [
            f"{path}:{number}: {line}" for number, line in enumerate(lines, 1) if FORBIDDEN.search(line)
        ]

    assert found == []
