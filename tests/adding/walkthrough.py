"""What a page of docs/contributing says to do, done in a copy of the project.

A fenced block whose first line names a file after the language (`python reports/formats/x.py`) is that file.
A block in the language `diff` changes a file that is there: a line with a blank before it is looked for
from where the last one was found, and the lines with `+` are put after it.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(r"^```(?P<language>\w+) (?P<path>\S+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def copied(target: Path, *names: str) -> Path:
    """Copy folders and files of the project, with their compiled modules, into `target`."""
    for name in names:
        source, place = ROOT / name, target / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, place)
        else:
            shutil.copy2(source, place)
    return target


def follow(page: str, copy: Path) -> list[str]:
    """Do in `copy` what docs/contributing/`page` says; return the paths of the files that it touched."""
    touched = []
    for block in _BLOCK.finditer((ROOT / "docs" / "contributing" / page).read_text(encoding="utf-8")):
        file = copy / block["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        text = block["text"]
        if block["language"] == "diff":
            text = _changed(file.read_text(encoding="utf-8"), text)
        else:
            assert not file.exists(), f"{block['path']} is there already"
        file.write_text(text, encoding="utf-8")
        touched.append(block["path"])
    return touched


def undo(page: str, copy: Path) -> None:
    """Take out of `copy` what docs/contributing/`page` says to add, where the project has it already."""
    for block in _BLOCK.finditer((ROOT / "docs" / "contributing" / page).read_text(encoding="utf-8")):
        assert block["language"] == "diff", block["path"]
        file = copy / block["path"]
        file.write_text(_undone(file.read_text(encoding="utf-8"), block["text"]), encoding="utf-8")


def run(copy: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python in `copy`, whose modules come before those of the project, without the user's settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AUDITOR_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=copy,
        env=kept | {"PYTHONPATH": str(copy)},
    )


def _changed(text: str, change: str) -> str:
    lines, at = text.splitlines(), 0
    for line in change.splitlines():
        if line.startswith("+"):
            lines.insert(at, line[1:])
        else:
            at = lines.index(line[1:], at)
        at += 1
    return "\n".join([*lines, ""])


def _undone(text: str, change: str) -> str:
    lines, at = text.splitlines(), 0
    for line in change.splitlines():
        at = lines.index(line[1:], at)
        if line.startswith("+"):
            del lines[at]
        else:
            at += 1
    return "\n".join([*lines, ""])
