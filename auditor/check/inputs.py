"""The files that are checked: read within limits, recognised by their content, never by their names.

Whoever opens a pull request writes them: nothing is followed out of the folder that was named, and what is
too large, too deep, or of no known format is refused in one sentence.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from auditor import files
from auditor.check.declared import Reading
from auditor.check.terraform.reader import is_plan, read_plan
from auditor.model.errors import AuditorError
from auditor.model.plans import CopyLifecycle

Json = Any

#: The most bytes of one file, and of the files of one check; a plan of 10,000 resources has about 30 MiB.
MOST_BYTES: Final = 64 << 20
#: How deep values may lie in each other.
MOST_DEEP: Final = 100
#: The most files of a folder.
MOST_FILES: Final = 5_000
_SUFFIXES: Final = (".json",)
_KNOWN: Final = "a plan of Terraform or OpenTofu as JSON (`terraform show -json PLAN`)"


@dataclass(frozen=True, slots=True)
class Assumed:
    """What stands where an input does not say it; "" for nothing."""

    account: str = ""
    region: str = ""
    copy_lifecycle: CopyLifecycle = "inherit"


class Format(Protocol):
    """One format of inputs. `recognises` looks at a document's keys only."""

    def recognises(self, document: Json) -> bool:
        """Whether a document is of this format."""

    def read(self, document: Mapping[str, Json], file: str, assumed: Assumed) -> Reading:
        """What it declares. Raises `AuditorError`."""


class _TerraformPlans:
    """Plans of Terraform and OpenTofu."""

    def recognises(self, document: Json) -> bool:
        return is_plan(document)

    def read(self, document: Mapping[str, Json], file: str, assumed: Assumed) -> Reading:
        return read_plan(
            document,
            file,
            account=assumed.account,
            region=assumed.region,
            copy_lifecycle=assumed.copy_lifecycle,
        )


#: Every format that is read.
FORMATS: Final[tuple[Format, ...]] = (_TerraformPlans(),)


@dataclass(slots=True)
class Inputs:
    """What was read; `passed_over` are files of a folder that are of no format that is read, by name."""

    readings: list[Reading]
    passed_over: list[str]


def read_inputs(paths: tuple[Path, ...], assumed: Assumed) -> Inputs:
    """Read every path: a file must be of a known format, and a folder must hold at least one that is.

    Raises:
        AuditorError: one is not, or it cannot be read within the limits.
    """
    found, left = Inputs([], []), MOST_BYTES
    for path in paths:
        before = len(found.readings)
        for file, name in _files(path):
            data = _read(file, name, left)
            left -= len(data)
            document, format_ = _recognised(data, name, required=not path.is_dir())
            if format_ is None:
                found.passed_over.append(name)
            else:
                found.readings.append(format_.read(document, name, assumed))
        if len(found.readings) == before:
            raise AuditorError(f"{path}: nothing in it can be checked; {_KNOWN} is what is read.")
    return found


def _files(path: Path) -> Iterator[tuple[Path, str]]:
    """The file, or the files of the folder that may be inputs in the order of their names."""
    if path.is_symlink() and path.resolve().parent != path.parent.resolve():
        raise AuditorError(f"{path}: it is a symbolic link to another folder; name the file itself.")
    if not path.is_dir():
        yield path, str(path)
        return
    count = 0
    for folder, folders, names in os.walk(path, followlinks=False):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            file = Path(folder) / name
            if file.suffix not in _SUFFIXES or file.is_symlink():
                continue
            count += 1
            if count > MOST_FILES:
                raise AuditorError(f"{path}: more than {MOST_FILES} files; name the ones to check.")
            yield file, str(file)


def _read(file: Path, name: str, most: int) -> bytes:
    try:
        return files.read(file, most)
    except OSError as error:
        raise AuditorError(f"{name}: {files.reason(error)}; name a file that can be read.") from None


def _recognised(data: bytes, name: str, *, required: bool) -> tuple[Json, Format | None]:
    """The document and its format; None for a file of a folder that is of none."""
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        if required:
            raise AuditorError(
                f"{name}:{error.lineno}: it is not JSON ({error.msg}); {_KNOWN} is what is read."
            ) from None
        return None, None
    if _deeper(document, MOST_DEEP):
        raise AuditorError(
            f"{name}: values lie more than {MOST_DEEP} levels deep in each other; it is not read."
        )
    format_ = next((one for one in FORMATS if one.recognises(document)), None)
    if format_ is None and required:
        raise AuditorError(f"{name}: it is of no format that is known here; {_KNOWN} is what is read.")
    return document, format_


def _deeper(document: Json, most: int) -> bool:
    """Whether values lie deeper in each other than `most`; without recursion, whatever the depth."""
    level = [document]
    for _ in range(most):
        level = (
            [
                value
                for held in level
                for value in (held.values() if isinstance(held, dict) else held)
                if isinstance(value, dict | list)
            ]
            if level and isinstance(level[0], dict | list)
            else []
        )
        if not level:
            return False
    return True
