"""Kinds of values that only options of programs have, and `auditor.yaml` never."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from auditor.config import kinds
from auditor.config.kinds import Kind

#: From and to which year a simulation of a hundred years may begin.
_YEARS: Final = (2000, 9000)
_MOST: Final = 1_000_000


def words(what: str, metavar: str = "TEXT") -> Kind:
    """Any text but none."""
    return replace(kinds.text(what, r"(?s).+"), metavar=metavar)


def moment_or_now() -> Kind:
    """A time as in the settings, or the word `now`, which stays a word: the command has the clock."""
    found = kinds.moment()
    return replace(found, words=f"now, {found.words}", alone=("now",))


def day() -> Kind:
    """A day, as its beginning in UTC."""
    return Kind("a day such as 2026-02-09", _day, {}, metavar="YYYY-MM-DD")


def link() -> Kind:
    """An address that a browser opens."""
    return replace(kinds.text("a link that begins with https://", r"https://[!-~]+"), metavar="URL")


def mount() -> Kind:
    """A file system of EFS and the path where it is mounted."""
    what = "a file system and an absolute path, as in fs-0123=/mnt/data"
    return Kind(what, _mount, {}, metavar="ID=PATH")


def counts() -> Kind:
    """Numbers of resources by type."""
    what = f"types with numbers from 1 to {_MOST}, as in EBS=500,S3=20"
    return Kind(what, _counts, {}, metavar="TYPE=COUNT,…")


def _day(written: str) -> datetime:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", written, re.ASCII):
        raise ValueError(written)
    found = datetime.fromisoformat(written).replace(tzinfo=UTC)
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        raise ValueError(written)
    return found


def _mount(written: str) -> tuple[str, Path]:
    file_system, _, path = written.partition("=")
    if not file_system.startswith("fs-") or not Path(path).is_absolute():
        raise ValueError(written)
    return file_system, Path(path)


def _counts(written: str) -> dict[str, int]:
    found = {}
    for part in written.split(","):
        kind, _, number = part.partition("=")
        if not kind.strip() or not number.strip().isdecimal() or not 0 < int(number) <= _MOST:
            raise ValueError(written)
        found[kind.strip()] = int(number)
    return found
