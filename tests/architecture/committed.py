"""The text files of the repository, for tests that look at all of them."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def committed() -> dict[str, str]:
    """Each committed text file: path below the root, and content; the test is skipped in a source archive."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True, cwd=ROOT)
    found = {}
    for name in filter(None, done.stdout.split("\0")):
        if (ROOT / name).is_file():
            try:
                found[name] = (ROOT / name).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue
    return found
