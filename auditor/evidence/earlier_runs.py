"""Looking at the runs of a folder: what they are now, beside what their manifests say of each other.

A run that no other has named is read for what it says of the runs before it; of the others the digest is
enough. What is read is bounded: so many runs, and so many bytes of manifests. What lies beside the runs and
is none, such as a folder of another name without a manifest, is passed over.
"""

import errno
import os
import stat
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

import orjson

from auditor import files
from auditor.evidence.as_written import differences
from auditor.evidence.chain import LINK, MOST_FILES, Chain, EarlierRun, OtherFile, is_chain, is_run_id
from auditor.evidence.layout import MANIFEST, digests_of

_DOCUMENT: Final = "document.json"
#: Earlier runs that are named, the newest: more than a year of nights.
MOST_RUNS: Final = 400
#: Bytes of manifests that are read: of all runs together that others have named, and of one.
_ALL_BYTES: Final = 4 << 30
_MANIFEST_BYTES: Final = 128 << 20
_TOO_MANY: Final = "the manifests are too many bytes"
#: Folders of other names that are looked into for runs.
_STRANGERS: Final = 20


class _Unread(Exception):  # noqa: N818 -- an answer: why something cannot be read
    """Why a manifest cannot be read, to finish a sentence."""


@dataclass(frozen=True, slots=True)
class _Manifest:
    """A manifest of whatever version: its digest, its run's id, the digests of its files, and its chain."""

    sha256: str
    run_id: str
    files: dict[str, str]
    chain: Chain | None

    @classmethod
    def read(cls, run: Path) -> Self:
        """Read that of the run in a folder; raises `_Unread`."""
        try:
            data = files.read(run / MANIFEST, _MANIFEST_BYTES)
            said = orjson.loads(data)
            chain, run_id = said["metadata"].get("chain"), said["metadata"]["run_id"]
            if not isinstance(run_id, str):
                raise _Unread(f"its {MANIFEST} is no manifest")
            return cls(
                sha256(data).hexdigest(),
                run_id,
                digests_of(said["files"]),
                Chain.of(chain) if is_chain(chain) else None,
            )
        except OSError as error:
            raise _Unread(f"its {MANIFEST} cannot be read: {files.reason(error)}") from None
        except (ValueError, TypeError, KeyError, AttributeError):
            raise _Unread(f"its {MANIFEST} is no manifest") from None


def folders(folder: Path, *, links: bool = False) -> list[Path]:
    """The folders in one that may be runs: none that is still being written, and no links, or all but `LINK`.

    Raises:
        OSError: it cannot be listed.
    """
    with os.scandir(folder) as entries:
        names = [one.name for one in entries if not one.is_symlink() or (links and one.name != LINK)]
    found = (folder / name for name in names if not name.startswith("."))
    return [one for one in found if _may_be_folder(one)]


def _may_be_folder(place: Path) -> bool:
    """Whether there is a folder, or a link to one; also where that cannot be seen: it is not gone then."""
    try:
        return stat.S_ISDIR(place.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        return error.errno != errno.ELOOP  # a link to itself


def has_manifest(run: Path) -> bool:
    """Whether a folder holds a manifest, or something in its place, as far as that can be seen."""
    return os.path.lexists(run / MANIFEST)


def look(folder: Path, files_of: int | None = None) -> Chain:
    """Look at the runs of `folder`: all that are there, and all that these name.

    The evidence files of the newest `files_of` are compared with their manifests. None: those of all runs,
    however many, and every manifest is read for the runs that it names.
    """
    found = _Runs(folder, files_of)
    found.find()
    return found.chain()


def _id(run: EarlierRun) -> str:
    return run.run_id


class _Runs:
    """The runs of a folder by their ids, as they become known."""

    def __init__(self, folder: Path, files_of: int | None) -> None:
        self._folder, self._files_of = folder, files_of
        self._left = _ALL_BYTES
        self._digests: dict[Path, str] = {}
        self._places: dict[str, Path] = {}
        self._runs: dict[str, EarlierRun] = {}
        self._older = 0
        self._notes: list[str] = []

    def find(self) -> None:
        """Find the runs that are there, the newest first, and what they name."""
        try:
            there = folders(self._folder, links=True)
        except FileNotFoundError:
            return
        except OSError as error:
            self._notes.append(f"The folder of the runs cannot be listed: {files.reason(error)}.")
            return
        self._places = {one.name: one for one in there if is_run_id(one.name)}
        others = sorted(one for one in there if one.name not in self._places)
        strangers = [one for one in others if has_manifest(one)][:_STRANGERS]
        for name in sorted(self._places, reverse=True):
            known = self._runs.get(name)
            wanted = len(self._runs) < MOST_RUNS if known is None else known.manifest_sha256 is None
            if wanted or self._files_of is None:
                self._add(name, strangers)
        for place in strangers:
            self._add_stranger(place)
        self._add_linked()

    def _add(self, run_id: str, strangers: list[Path]) -> None:
        """Take a run by the name of its folder, and what it names; a run of another id is a stranger."""
        place, known = self._places[run_id], self._runs.get(run_id)
        try:
            manifest = self._manifest(place)
        except _Unread as why:
            self._runs.setdefault(run_id, EarlierRun(run_id, "unread", why=str(why)))
            return
        if known is None and manifest.run_id != run_id:
            del self._places[run_id]
            strangers.append(place)
            return
        self._take(manifest, run_id, place)

    def _add_stranger(self, place: Path) -> None:
        """A folder of another name: a run that was renamed, a copy of one that is there, or none at all."""
        with suppress(_Unread):
            manifest = self._manifest(place)
            if is_run_id(manifest.run_id) and manifest.run_id not in self._places:
                self._places[manifest.run_id] = place
                self._take(manifest, manifest.run_id, place)

    def _take(self, manifest: _Manifest, run_id: str, place: Path) -> None:
        """Take a run if it is not known yet, and what it names unless it is another than was named."""
        known = self._runs.get(run_id)
        if known is None:
            document = _digest_of(place / _DOCUMENT)
            unlinked = manifest.chain is None
            self._runs[run_id] = EarlierRun(run_id, document_sha256=document, unlinked=unlinked)
        if manifest.chain is None or (known and known.manifest_sha256 not in (None, manifest.sha256)):
            return
        if self._files_of is not None:
            self._older = max(self._older, manifest.chain.older)
        for one in manifest.chain.runs:
            before = self._runs.get(one.run_id)
            if before is None or (before.manifest_sha256 is None and one.manifest_sha256 is not None):
                self._runs[one.run_id] = EarlierRun(
                    one.run_id,
                    named_by=one.named_by or run_id,
                    manifest_sha256=one.manifest_sha256,
                    document_sha256=one.document_sha256,
                )

    def _add_linked(self) -> None:
        """The run that the link to the newest one names, where nothing else is left of it."""
        with suppress(OSError):
            name = (self._folder / LINK).readlink().name
            if is_run_id(name) and name not in self._places:
                self._runs.setdefault(name, EarlierRun(name, named_by=LINK))

    def _manifest(self, place: Path) -> _Manifest:
        manifest = _Manifest.read(place)
        self._digests[place] = manifest.sha256
        return manifest

    def chain(self) -> Chain:
        """The runs as they are now, the newest first."""
        runs, checked = sorted(self._runs.values(), key=_id, reverse=True), []
        most, left = (len(runs), len(runs)) if self._files_of is None else (MOST_RUNS, self._files_of)
        for run in runs[:most]:
            one = self._checked(run)
            if left > 0 and one.state != "gone":
                one, left = self._with_files(one), left - 1
            checked.append(one)
        older = max(self._older, len(self._places.keys() - self._runs.keys()))  # they may be the same ones
        return Chain(tuple(checked), older + len(runs[most:]), tuple(self._notes))

    def _checked(self, run: EarlierRun) -> EarlierRun:
        """A run as it is now; one that nothing named is named by its digest now."""
        place = self._place(run.run_id)
        if place is None:
            return replace(run, state="gone")
        if run.state == "unread":
            return run
        found, why = self._found(place)
        if why:
            return replace(run, state="not_read" if why == _TOO_MANY else "unread", why=why)
        if run.manifest_sha256 is None and found is not None:
            return replace(run, named_by="", manifest_sha256=found)
        if found == run.manifest_sha256:
            return run
        other = OtherFile(MANIFEST, run.manifest_sha256, found)
        return replace(run, state="changed", other=(other,), others=1)

    def _place(self, run_id: str) -> Path | None:
        """Where a run lies: a link in its place counts by what it leads to."""
        named = self._folder / run_id
        return self._places.get(run_id) or (named if _may_be_folder(named) else None)

    def _found(self, place: Path) -> tuple[str | None, str]:
        """The digest of the manifest of a run, or why it is not known; neither where there is no manifest."""
        if place in self._digests:
            return self._digests[place], ""
        try:
            size = (place / MANIFEST).stat().st_size
            if size > self._left:
                return None, _TOO_MANY
            self._left -= size
            return files.digest(place / MANIFEST), ""
        except FileNotFoundError:
            return None, ""
        except OSError as error:
            return None, f"its {MANIFEST} cannot be read: {files.reason(error)}"

    def _with_files(self, run: EarlierRun) -> EarlierRun:
        """The same run with its evidence files compared, where its manifest is as it was named."""
        place = self._place(run.run_id)
        if run.state != "as_named" or place is None:
            return run
        try:
            found = list(differences(place, _Manifest.read(place).files))
        except _Unread as why:
            return replace(run, state="unread", why=str(why))
        except OSError as error:
            return replace(run, state="unread", why=f"its evidence cannot be listed: {files.reason(error)}")
        unread = [one for one in found if one.why]
        other = [OtherFile(one.name, one.named, one.found) for one in found if not one.why]
        return replace(
            run,
            state="changed" if other else "unread" if unread else "as_named",
            looked_at=not unread,
            other=tuple(other[:MOST_FILES]),
            others=len(other),
            why=f"{unread[0].name} cannot be read: {unread[0].why}" if unread else "",
        )


def _digest_of(file: Path) -> str | None:
    """SHA-256 of a file; None where there is none that can be read."""
    with suppress(OSError):
        return files.digest(file)
    return None
