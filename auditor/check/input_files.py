"""The files that are checked, read within limits: JSON or YAML, and nothing out of the folder that was named.

Whoever opens a pull request writes them: what is too large or too deep is refused in one sentence.
"""

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from auditor import files
from auditor.check.declared import Source
from auditor.check.lines import document_of
from auditor.check.shapes import deeper, given_twice, surely_once
from auditor.model.errors import AuditorError
from auditor.yaml_files.nodes import NotYaml
from reports.text import clip

Json = Any

#: The most bytes of one file, and of the files of one check; a plan of 10,000 resources has about 30 MiB.
MOST_BYTES: Final = 64 << 20
#: The most lists and objects of one file; each takes many times the memory that it takes in the file.
MOST_CONTAINERS: Final = 2_000_000
#: How deep values may lie in each other.
MOST_DEEP: Final = 100
#: The most files of a folder.
MOST_FILES: Final = 5_000
#: How the files of a folder are named that may be inputs.
SUFFIXES: Final = (".json", ".yaml", ".yml", ".template")
#: What may be something else in YAML 1.1: a truth value, a number of another base, null.
_OLD: Final = re.compile(rb"(?i)\b(?:yes|no|on|off|true|false|null|[-+]?[0-9][0-9a-fx_:]+)\b")
_LONGEST: Final = 100  # of a key that a sentence repeats
#: What a sentence says of the formats that are read.
KNOWN: Final = (
    "plans of Terraform or OpenTofu as JSON (`terraform show -json PLAN`), templates and "
    "change sets of CloudFormation, "
    "plans and selections of AWS Backup as JSON, backup policies and trees of AWS Organizations, and "
    "policies of your own are read"
)


def files_of(place: Path, path: Path) -> Iterator[tuple[Path, str]]:
    """The file, or the files of the folder that may be inputs, in the order of their names.

    They lie in `place`, and are named as if they lay in `path`.
    """
    if place.is_symlink() and place.resolve().parent != place.parent.resolve():
        raise AuditorError(f"{path}: it is a symbolic link to another folder; name the file itself.")
    if not place.is_dir():
        yield place, files.shown(path)
        return
    count = 0
    for folder, folders, names in os.walk(place, followlinks=False):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(names):
            file = Path(folder) / name
            if file.suffix not in SUFFIXES or file.is_symlink():
                continue
            count += 1
            if count > MOST_FILES:
                raise AuditorError(f"{path}: more than {MOST_FILES} files; name the ones to check.")
            yield file, files.shown(path / file.relative_to(place))


def read_file(file: Path, name: str, most: int) -> bytes:
    """The bytes of a file, of at most so many.

    Raises:
        AuditorError: it cannot be read, is larger, or has more lists and objects than a check takes.
    """
    try:
        data = files.read(file, most)
    except OSError as error:
        if error.errno == errno.EFBIG:
            most_mib = MOST_BYTES >> 20
            raise AuditorError(
                f"{name}: the inputs of a check have at most {most_mib} MiB together; name fewer of them."
            ) from None
        raise AuditorError(f"{name}: {files.reason(error)}; name a file that can be read.") from None
    if data.count(b"[") + data.count(b"{") > MOST_CONTAINERS:
        raise AuditorError(f"{name}: it has more than {MOST_CONTAINERS:,} lists and objects.")
    return data


def parsed(source: Source) -> Json:
    """The values of a file of JSON or YAML; raises `AuditorError` where it is neither, or too deep."""
    try:
        if source.data.lstrip()[:1] in (b"{", b"["):
            document = orjson.loads(source.data)
        else:
            document = document_of(source).value
            orjson.dumps(document)
    except orjson.JSONDecodeError as error:
        raise AuditorError(f"{source.name}:{error.lineno}: it is not JSON ({error.msg}); {KNOWN}.") from None
    except NotYaml as error:
        raise AuditorError(f"{source.name}:{error.line}: {error.problem}; {KNOWN}.") from None
    except TypeError:  # what YAML can escape, and no other program takes
        raise AuditorError(
            f"{source.name}: a text or number in it is none in JSON; it is not read."
        ) from None
    if deeper(document, MOST_DEEP):
        raise AuditorError(
            f"{source.name}: values lie more than {MOST_DEEP} levels deep in each other; it is not read."
        )
    return document


def as_meant(source: Source, document: Json, *, template: bool) -> Json:
    """A document as those read it who act by it: a template in YAML as YAML 1.1, where we read YAML 1.2.

    Source: aws-backup.md 4.17.

    Raises:
        AuditorError: JSON has a key twice, of which one reader sees the first and another one the last; of
            YAML, `parsed` refuses it.
    """
    if source.data.lstrip()[:1] not in (b"{", b"["):
        old = template and _OLD.search(source.data)
        return document_of(source).old_value if old else document
    twice = "" if surely_once(source.data, document) else given_twice(source.data)
    if twice:
        key = repr(clip(twice, _LONGEST))
        raise AuditorError(f"{source.name}: the key {key} is given twice; keep one of them.")
    return document
