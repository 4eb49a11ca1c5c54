"""The files that are checked, recognised by their content, never by their names, and what they declare.

What is of no known format is refused in one sentence.
"""

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from posixpath import abspath, normpath
from typing import Any, Final

from auditor import files
from auditor.check.backup_documents import is_backup_document, read_backup_document
from auditor.check.cloudformation.assembly import environments, is_assembly
from auditor.check.cloudformation.beside import beside_templates
from auditor.check.cloudformation.change_set import is_change_set, read_change_set
from auditor.check.cloudformation.made_elsewhere import may_protect, read_stacks
from auditor.check.cloudformation.parameters import refuse_others
from auditor.check.cloudformation.reader import is_template, read_template
from auditor.check.declared import NO_ACCOUNT, NO_REGION, Assumed, Source, Template
from auditor.check.input_files import KNOWN, MOST_BYTES, as_meant, files_of, parsed, read_file
from auditor.check.locks import LastingLock, lasting_locks
from auditor.check.nested_templates import InReach, NestedTemplates, assets_of, is_asset_manifest
from auditor.check.organizations.documents import is_policy, read_policy
from auditor.check.organizations.effective import settle
from auditor.check.organizations.folders import is_account_list, is_of_folders, told_by_folders
from auditor.check.organizations.tree import accounts_of_units, is_tree, read_tree
from auditor.check.own_kinds import POLICIES, kind_of_own, policies_of
from auditor.check.own_policies import OwnFile
from auditor.check.reading import Reading
from auditor.check.terraform.reader import is_plan, read_plan
from auditor.model.errors import AuditorError

Json = Any


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

    `sources` are the files of the readings as they are. `own` are policies of ours.
    """

    readings: list[Reading]
    passed_over: list[str]
    sources: list[Source] = field(default_factory=list)
    own: list[OwnFile] = field(default_factory=list)

    def not_looked_at(self) -> dict[str, int]:
        """How much of each type is declared and not judged."""
        found: Counter[str] = Counter()
        for reading in self.readings:
            found.update(reading.not_looked_at)
        return dict(sorted((+found).items()))

    def lasting_locks(self, as_of: datetime) -> list[LastingLock]:
        """The locks that nobody can undo, of vaults that are made or changed, or are described."""
        return [lock for one in self.readings for lock in lasting_locks(one.vaults, as_of)]

    def kinds(self) -> list[tuple[str, str]]:
        """Each file once, with what it is; a template may be that of several nested stacks."""
        return [*dict.fromkeys((one.file, one.kind) for one in self.readings)]


@dataclass(frozen=True, slots=True)
class InputsThen:
    """Where paths lie as they were, under the names that they have now.

    Where they `may_lack` it, a file need not have been an input, and a folder need not have held any.
    `copy` has what else lies beside them, by the name that it has now, copied to where it was.
    """

    places: Mapping[Path, Path]
    may_lack: bool
    copy: Callable[[Path], object] = lambda _: None


def read_inputs(paths: tuple[Path, ...], assumed: Assumed, earlier: InputsThen | None = None) -> Inputs:
    """Read every path: a file must be of a known format, and a folder must hold at least one that is.

    With `earlier`, each is read as it was.

    Raises:
        AuditorError: one is not, or a file, of a folder too, cannot be read within the limits.
        UsageError: a parameter, or a file of parameters, is of no template.
    """
    read = _Read(earlier)
    for path in dict.fromkeys(paths):
        read.add(path)
    read.found = [(read.tree(document, source), source, one) for document, source, one in read.found]
    nested = read.nested
    units = accounts_of_units((document, source) for document, source, _ in read.found)
    following = replace(assumed, nested=nested, units=units, earlier=earlier is not None)
    readings = _settled(read.found, following, read.manifests)
    for reading in readings:
        reading.apart += read_stacks(reading.stacks, following)
        reading.anywhere = reading.anywhere or may_protect(reading.open_sets)
    templates = [(source.name, document) for document, source, one in read.found if one.read is read_template]
    if not earlier:  # a parameter may be new
        refuse_others(assumed.stacks, templates, nested.used)
    readings = [
        one
        for reading in readings
        if abspath(reading.file) not in nested.used
        for one in (reading, *reading.nested, *reading.apart)
    ]
    beside_templates(readings)
    _may_be_protected(readings)
    settle(readings, assumed)
    sources = [*(source for _, source, _ in read.found), *read.sources, *nested.sources()]
    return Inputs(readings, read.passed_over, sources, read.own)


def _may_be_protected(readings: Sequence[Reading]) -> None:
    """Let each resource say what an input makes in accounts and Regions that nobody knows."""
    said = next((one.anywhere for one in readings if one.anywhere), "")
    for one in readings if said else ():
        one.resources = [replace(held, elsewhere=held.elsewhere or said) for held in one.resources]


class _Read:
    """The files of all paths, as they are now, or as they were."""

    def __init__(self, earlier: InputsThen | None) -> None:
        self._earlier, self._left = earlier, MOST_BYTES
        self.found: list[tuple[Json, Source, Format]] = []
        self.passed_over: list[str] = []
        self.own: list[OwnFile] = []
        self.sources: list[Source] = []
        self.manifests: dict[str, Json] = {}
        self._lists: dict[str, Json] = {}
        self.nested = NestedTemplates(self._template)

    def add(self, path: Path) -> None:
        """Read a path. Raises `AuditorError` as `read_inputs` does."""
        before, earlier = len(self.found) + len(self.own), self._earlier
        may_lack = earlier is not None and earlier.may_lack
        place = earlier.places[path] if earlier else path
        if self._own_folder(path, place):
            return
        top, shown = (place, path) if place.is_dir() else (place.parent, path.parent)
        for file, name in files_of(place, path):
            source = Source(name, read_file(file, name, self._left))
            document, format_ = _recognised(source, required=not (place.is_dir() or may_lack))
            if format_ is None and is_assembly(document):
                self.manifests[name] = document
            elif format_ is None and is_asset_manifest(document):
                self.nested.assets |= dict(assets_of(name, document))
            elif format_ is None and kind_of_own(document):
                self._left -= len(source.data)
                self.own.append(OwnFile(kind_of_own(document), name, file))
                self.sources.append(source)
            elif format_ is None:
                self.passed_over.append(name)
                self._lists |= {name: document} if is_account_list(document) else {}
            else:
                self._left -= len(source.data)
                self.found.append((document, source, format_))
                self.nested.reaches[abspath(name)] = InReach(file, top, str(shown))
                if format_.read is read_template:
                    self.nested.given[abspath(name)] = Template(document, source)
        if len(self.found) + len(self.own) == before and not may_lack:
            raise AuditorError(f"{path}: nothing in it can be checked; {KNOWN}.")

    def tree(self, document: Json, source: Source) -> Json:
        """A document; of a tree that folders tell, what they tell. Raises `AuditorError`."""
        if not (is_tree(document) and is_of_folders(document)):
            return document
        policies = [one.name for _, one, format_ in self.found if format_.read is read_policy]
        document, used = told_by_folders(document, source.name, policies, self._lists)
        self.passed_over = [one for one in self.passed_over if one not in used]
        return document

    def _own_folder(self, path: Path, place: Path) -> bool:
        """Take a folder of policies, or what lies in one; whether a path is such."""
        policies = policies_of(path if self._earlier else place)
        if policies is None:
            return False
        if self._earlier:
            self._earlier.copy(policies)
        then = policies_of(place) if self._earlier else policies
        if then:
            self.own.append(OwnFile(POLICIES, files.shown(path), then))
        return True

    def _template(self, file: Path, name: str) -> Template | None:
        """The template of a nested stack that is no input, None where there is no such file.

        Raises:
            AuditorError: it cannot be read within the limits, or is of another format.
        """
        if self._earlier:
            self._earlier.copy(Path(name))
        try:
            if not file.exists():
                return None
        except OSError:  # of a name that no file can have
            return None
        source = Source(name, read_file(file, name, self._left))
        self._left -= len(source.data)
        document = parsed(source)
        if not is_template(document):
            raise AuditorError(
                f"{name}: it is no template of CloudFormation, though a nested stack is made of it; name the "
                "template there."
            )
        return Template(as_meant(source, document, template=True), source)


def _settled(
    found: Sequence[tuple[Json, Source, Format]], assumed: Assumed, manifests: Mapping[str, Json]
) -> list[Reading]:
    """The readings; a template or AWS Backup's JSON that names no place lies where all others do, if one.

    `manifests` of cloud assemblies say where their templates do; that of several stacks is read for each.
    """
    told, nowhere = environments(manifests), [("", "")]
    placed = [(one, at) for one in found for at in told.get(normpath(one[1].name), nowhere)]
    several = {name for name, at in told.items() if len(at) > 1}
    own = [
        replace(
            assumed,
            account=account or assumed.account,
            region=region or assumed.region,
            mark=_mark(source.name, several, account, region) if len(placed) > 1 else "",
            number=number,
            stack=assumed.stacks.of(source.name),
        )
        for number, ((_, source, _), (account, region)) in enumerate(placed)
    ]
    found = [one for one, _ in placed]
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


def _mark(name: str, several: Container[str], account: str, region: str) -> str:
    """What stands in whatever is made up for an input: its name, and the place where it is one of several."""
    return " ".join(filter(None, (name, account, region))) if normpath(name) in several else name


def _recognised(source: Source, *, required: bool) -> tuple[Json, Format | None]:
    """The document and its format; None for a file of a folder that is of none, whatever else it is.

    Raises:
        AuditorError: it cannot be understood, so it may be of any format, or it has a key twice; or it is of
            none and `required`.
    """
    if required and not source.data.strip():
        raise AuditorError(f"{source.name}: it is empty; write it again, and look at what that says.")
    document = parsed(source)
    format_ = next((one for one in FORMATS if one.recognises(document)), None)
    if format_ is None and required and not kind_of_own(document):
        raise AuditorError(f"{source.name}: it is of no format that is known here; {KNOWN}.")
    if format_ is None:
        return document, format_
    return as_meant(source, document, template=format_.read is read_template), format_
