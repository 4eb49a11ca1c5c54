"""The files that are checked: read within limits, recognised by their content, never by their names.

Whoever opens a pull request writes them: nothing is followed out of the folder that was named, and what is
too large, too deep, or of no known format is refused in one sentence.
"""

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from posixpath import normpath
from typing import Any, Final

import orjson

from auditor import files
from auditor.check.backup_documents import is_backup_document, read_backup_document
from auditor.check.cloudformation.assembly import environments, is_assembly
from auditor.check.cloudformation.beside import beside_templates
from auditor.check.cloudformation.change_set import is_change_set, read_change_set
from auditor.check.cloudformation.parameters import refuse_others
from auditor.check.cloudformation.reader import is_template, read_template
from auditor.check.declared import NO_ACCOUNT, NO_REGION, Assumed, Source
from auditor.check.lines import document_of
from auditor.check.organizations.documents import is_policy, read_policy
from auditor.check.organizations.effective import settle
from auditor.check.organizations.tree import is_tree, read_tree
from auditor.check.reading import Reading
from auditor.check.shapes import deeper
from auditor.check.terraform.reader import is_plan, read_plan
from auditor.model.errors import AuditorError
from auditor.yaml_files.nodes import NotYaml

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
_KNOWN: Final = (
    "plans of Terraform or OpenTofu as JSON (`terraform show -json PLAN`), templates and "
    "change sets of CloudFormation, "
    "plans and selections of AWS Backup as JSON, and backup policies and trees of AWS Organizations are read"
)


@dataclass(frozen=True, slots=True)
class Format:
    """One format of inputs: whether a document is of it, by its keys, and what it declares.

    `follows` says that it lies where the other inputs do, as far as it names no account or Region.
    """

    recognises: Callable[[Json], bool]
    read: Callable[[Json, Source, Assumed], Reading]
    follows: bool = True


#: Every format that is read.
FORMATS: Final = (
    Format(is_plan, read_plan, follows=False),
    Format(is_change_set, read_change_set),
    Format(is_template, read_template),
    Format(is_backup_document, read_backup_document),
    Format(is_policy, read_policy, follows=False),
    Format(is_tree, read_tree, follows=False),
)


@dataclass(slots=True)
class Inputs:
    """What was read; `passed_over` are files of a folder that are of no format that is read, by name.

    `sources` are the files of the readings as they are.
    """

    readings: list[Reading]
    passed_over: list[str]
    sources: list[Source] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class InputsThen:
    """Where paths lie as they were, under the names that they have now.

    Where they `may_lack` it, a file need not have been an input, and a folder need not have held any.
    """

    places: Mapping[Path, Path]
    may_lack: bool


def read_inputs(paths: tuple[Path, ...], assumed: Assumed, earlier: InputsThen | None = None) -> Inputs:
    """Read every path: a file must be of a known format, and a folder must hold at least one that is.

    With `earlier`, each is read as it was.

    Raises:
        AuditorError: one is not, or a file, of a folder too, cannot be read within the limits.
        UsageError: a parameter, or a file of parameters, is of no template.
    """
    found: list[tuple[Json, Source, Format]] = []
    passed_over: list[str] = []
    manifests: dict[str, Json] = {}
    left = MOST_BYTES
    may_lack = earlier is not None and earlier.may_lack
    for path in dict.fromkeys(paths):
        before = len(found)
        place = earlier.places[path] if earlier else path
        for file, name in _files(place, path):
            data = _read(file, name, left)
            if data.count(b"[") + data.count(b"{") > MOST_CONTAINERS:
                raise AuditorError(f"{name}: it has more than {MOST_CONTAINERS:,} lists and objects.")
            source = Source(name, data)
            document, format_ = _recognised(source, required=not (place.is_dir() or may_lack))
            if format_ is None and is_assembly(document):
                manifests[name] = document
            elif format_ is None:
                passed_over.append(name)
            else:
                left -= len(data)
                found.append((document, source, format_))
        if len(found) == before and not may_lack:
            raise AuditorError(f"{path}: nothing in it can be checked; {_KNOWN}.")
    if not earlier:  # a parameter may be new
        templates = [(source.name, document) for document, source, one in found if one.read is read_template]
        refuse_others(assumed.stacks, templates)
    readings = _settled(found, assumed, manifests)
    beside_templates(readings)
    settle(readings, assumed)
    return Inputs(readings, passed_over, [source for _, source, _ in found])


def _settled(
    found: Sequence[tuple[Json, Source, Format]], assumed: Assumed, manifests: Mapping[str, Json]
) -> list[Reading]:
    """The readings; a template or AWS Backup's JSON that names no place lies where all others do, if one.

    `manifests` of cloud assemblies say where their templates do.
    """
    told, none = environments(manifests), ("", "")
    own = [
        replace(
            assumed,
            account=told.get(normpath(source.name), none)[0] or assumed.account,
            region=told.get(normpath(source.name), none)[1] or assumed.region,
            mark=source.name if len(found) > 1 else "",
            number=number,
            stack=assumed.stacks.of(source.name),
        )
        for number, (_, source, _) in enumerate(found)
    ]
    readings = [
        format_.read(document, source, one)
        for one, (document, source, format_) in zip(own, found, strict=True)
    ]
    places = {place for reading in readings for place in reading.places()}
    accounts = {place.account_id for place in places} - {NO_ACCOUNT}
    regions = {place.region for place in places} - {NO_REGION}
    known = {text for place in places for text in (place.account_id, place.region)} - {
        text for place in places for text in place.unknown
    }
    account = accounts.pop() if len(accounts) == 1 and accounts <= known else assumed.account
    region = regions.pop() if len(regions) == 1 and regions <= known else assumed.region
    better = [replace(one, account=one.account or account, region=one.region or region) for one in own]
    return [
        format_.read(document, source, new)
        if format_.follows and new != one and any(place.unnamed for place in reading.places())
        else reading
        for reading, one, new, (document, source, format_) in zip(readings, own, better, found, strict=True)
    ]


def _files(place: Path, path: Path) -> Iterator[tuple[Path, str]]:
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


def _read(file: Path, name: str, most: int) -> bytes:
    try:
        return files.read(file, most)
    except OSError as error:
        if error.errno == errno.EFBIG:
            most_mib = MOST_BYTES >> 20
            raise AuditorError(
                f"{name}: the inputs of a check have at most {most_mib} MiB together; name fewer of them."
            ) from None
        raise AuditorError(f"{name}: {files.reason(error)}; name a file that can be read.") from None


def _recognised(source: Source, *, required: bool) -> tuple[Json, Format | None]:
    """The document and its format; None for a file of a folder that is of none, whatever else it is.

    Raises:
        AuditorError: it cannot be understood, so it may be of any format; or it is of none and `required`.
    """
    if required and not source.data.strip():
        raise AuditorError(f"{source.name}: it is empty; write it again, and look at what that says.")
    document = _parsed(source)
    format_ = next((one for one in FORMATS if one.recognises(document)), None)
    if format_ is None and required:
        raise AuditorError(f"{source.name}: it is of no format that is known here; {_KNOWN}.")
    return document, format_


def _parsed(source: Source) -> Json:
    """The values of a file of JSON or YAML; raises `AuditorError` where it is neither, or too deep."""
    try:
        if source.data.lstrip()[:1] in (b"{", b"["):
            document = orjson.loads(source.data)
        else:
            document = document_of(source).value
            orjson.dumps(document)
    except orjson.JSONDecodeError as error:
        raise AuditorError(f"{source.name}:{error.lineno}: it is not JSON ({error.msg}); {_KNOWN}.") from None
    except NotYaml as error:
        raise AuditorError(f"{source.name}:{error.line}: {error.problem}; {_KNOWN}.") from None
    except TypeError:  # what YAML can escape, and no other program takes
        raise AuditorError(
            f"{source.name}: a text or number in it is none in JSON; it is not read."
        ) from None
    if deeper(document, MOST_DEEP):
        raise AuditorError(
            f"{source.name}: values lie more than {MOST_DEEP} levels deep in each other; it is not read."
        )
    return document
