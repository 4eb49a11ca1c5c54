"""Files as they were at a revision of the git checkout that they lie in; its working tree is not touched.

They are copied, as git keeps them and without any filter of the repository, into a folder of our own. Git is
told to fetch nothing, and to open no repository that lies within the tree as if it were a folder of it.
"""

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from auditor import files
from auditor.children import variables
from auditor.model.errors import AuditorError, UsageError
from reports.text import clip

#: The most bytes, and the most files, that are copied of one path.
MOST_BYTES: Final = 64 << 20
MOST_FILES: Final = 5_000
#: The most bytes of a list of files; one of 100,000 files has about 10 MiB.
MOST_LISTED: Final = 32 << 20
#: The most bytes that are read of what git complains of.
_COMPLAINT: Final = 1 << 16
#: Seconds that git gets for each answer.
_PATIENCE: Final = 60
_FILE: Final = "100"
_LINK: Final = "120"
#: What says where git looks and what it asks; the settings of git itself (`GIT_CONFIG_…`) stay.
_KEPT: Final = "GIT_CONFIG"
_OURS: Final = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
_SETTINGS: Final = ("-c", "safe.bareRepository=explicit", "-c", "core.warnAmbiguousRefs=true")
_OPTIONS: Final = (*_SETTINGS, "--literal-pathspecs", "--no-pager")
#: What git complains of where a name is several things; it takes a tag before a branch of a remote.
_SEVERAL: Final = " is ambiguous"
#: A whole name of a reference, before what git may be told to do from there, such as ~2 or @{1}.
_REFERENCE: Final = re.compile(r"(refs/.+?)(?:[~^:].*|@\{.*)?", re.DOTALL)


class _SeveralError(UsageError):
    """A name that is several things to git."""


class _Answer(NamedTuple):
    """What git said and complained of; `failed` is its exit code."""

    said: bytes
    complaint: str
    failed: int


class _Blob(NamedTuple):
    """A file of a revision: its path in the checkout, its object, and its size in bytes."""

    path: str
    object_id: str
    size: int


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit of the checkout in `root`; `folder` takes the files as they were."""

    name: str
    commit: str
    root: Path
    folder: Path
    _copied: dict[str, Path | None] = field(default_factory=dict)

    def __str__(self) -> str:
        """As a sentence names it."""
        short = self.commit[:12]
        return short if self.commit.startswith(self.name) else f"{clip(self.name, 100)} ({short})"

    def has(self, path: Path) -> bool:
        """Whether a path, which need not be there now, lies in the checkout, or leads out of it."""
        return files.below(path, self.root) is not None or path.resolve().is_relative_to(self.root)

    def at(self, path: Path, suffixes: Sequence[str]) -> Path | None:
        """Where the file or folder lies as it was, None where there was none.

        Of a folder, the files of these suffixes are copied, and nothing of folders that begin with a dot.

        Raises:
            UsageError: it lies outside the checkout, is a symbolic link in it, or was one.
            AuditorError: there is too much of it, or git cannot read it.
        """
        if not self.has(path):
            raise UsageError(
                f"{files.shown(path)}: it lies outside {self.root}; name only what lies in that checkout."
            )
        files.check_no_link(path, self.root)
        inside = path.resolve().relative_to(self.root).as_posix()
        if inside not in self._copied:
            self._copied[inside] = self._copy(inside, files.shown(path), suffixes)
        return self._copied[inside]

    def _copy(self, inside: str, name: str, suffixes: Sequence[str]) -> Path | None:
        found = [*self._listed(inside, name, suffixes)]
        target = self.folder / inside
        if not found:
            return target if target.is_dir() else None
        if len(found) > MOST_FILES or sum(one.size for one in found) > MOST_BYTES:
            raise AuditorError(
                f"{name}: it has more than {MOST_FILES:,} files or {MOST_BYTES >> 20} MiB there; "
                "name the ones to check."
            )
        asked = "".join(f"{one.object_id}\n" for one in found).encode()
        most = sum(one.size for one in found) + 100 * len(found)
        data, at = _git(self.root, "cat-file", "--batch", given=asked, most=most), 0
        for one in found:
            head, _, _ = data[at : at + 200].partition(b"\n")
            if head.split()[1:] != [b"blob", str(one.size).encode()]:
                raise AuditorError(f"{one.path}: this clone does not have it; fetch all of it.")
            at += len(head) + 1
            self._write(one, data[at : at + one.size])
            at += one.size + 1
        return target

    def _write(self, blob: _Blob, data: bytes) -> None:
        """Write one file; raises `AuditorError` where its path is none that a file can have."""
        file = self.folder.joinpath(*blob.path.split("/"))
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(data)
        except (OSError, ValueError):
            raise AuditorError(f"{blob.path}: it cannot be copied as it was.") from None

    def _listed(self, inside: str, name: str, suffixes: Sequence[str]) -> Iterator[_Blob]:
        """The files at a path of the revision; of a folder only those that may be inputs."""
        arguments = ["-r", "-z", "-l", "--full-tree", self.commit]
        where = [] if inside == "." else ["--", inside]
        told = _git(self.root, "ls-tree", *arguments, *where, most=MOST_LISTED)
        for row in filter(None, told.split(b"\0")):
            head, _, raw = row.partition(b"\t")
            mode, _, object_id, size = head.decode().split()
            path = os.fsdecode(raw)
            if path == inside and mode.startswith(_LINK):
                raise UsageError(f"{name}: it was a symbolic link then; name the file itself.")
            if not mode.startswith(_FILE) or (path != inside and not _may_be_read(path, inside, suffixes)):
                continue
            yield _Blob(path, object_id, int(size))


def _may_be_read(path: str, inside: str, suffixes: Sequence[str]) -> bool:
    """Whether a file of a folder may be an input; none is below `..`, which a tree made by hand may have."""
    below = path if inside == "." else path[len(inside) + 1 :]
    *folders, name = below.split("/")
    return name.endswith(tuple(suffixes)) and not any(one.startswith(".") for one in folders)


@contextmanager
def opened(name: str, beside: Path) -> Iterator[Revision]:
    """The revision `name` of the checkout that `beside` lies in.

    Raises:
        UsageError: there is no such checkout or revision.
        AuditorError: git is missing, or cannot read the checkout.
    """
    root = _root(beside, name)
    commit = _commit(root, name)
    if not commit:
        shallow = _git(root, "rev-parse", "--is-shallow-repository").strip() == b"true"
        advice = (
            "this clone is shallow, so fetch it first (actions/checkout: fetch-depth: 0)"
            if shallow
            else "name a branch, tag or commit that is fetched, or a file that is there"
        )
        raise UsageError(f"there is no revision {_quoted(name)} in {root}; {advice}.")
    with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
        yield Revision(name, commit, root, Path(folder).resolve())


def is_revision(name: str, beside: Path) -> bool:
    """Whether the checkout that `beside` lies in, if any, has a revision of this name, or several."""
    try:
        return bool(_commit(_root(beside, name), name))
    except _SeveralError:
        return True
    except AuditorError:
        return False


def _root(beside: Path, name: str) -> Path:
    """The folder of the checkout that a path lies in, which may have the revision `name`."""
    place = beside.resolve()
    folder = place if place.is_dir() else place.parent

    def wrong(told: str) -> AuditorError:
        why = "it lies in no checkout of git" if "not a git repository" in told else f"git says: {told}"
        return UsageError(
            f"{files.shown(beside)}: {why}, and {_quoted(name)} is no file to compare with; name one."
        )

    told = _git(folder, "rev-parse", "--show-toplevel", wrong=wrong)
    return Path(os.fsdecode(told.removesuffix(b"\n"))).resolve()


def _commit(root: Path, name: str) -> str:
    """The commit that a revision is, "" where there is none.

    A whole commit id is what it says, and a name that begins with refs/ is the reference of that name alone.

    Raises:
        UsageError: it is no name of a revision, or that of several things.
    """
    if not name or name.startswith("-") or "\0" in name:
        raise UsageError(f"{_quoted(name)} is no revision; write a branch, a tag or a commit.")
    whole = _REFERENCE.fullmatch(name)
    if whole and _asked(root, "show-ref", "--verify", "--", whole[1]).failed:
        return ""
    # not --quiet, which hides that a name is several things
    answer = _asked(root, "rev-parse", "--verify", f"{name}^{{commit}}")
    found = "" if answer.failed else answer.said.decode().strip()
    if _SEVERAL in answer.complaint and not whole and found != name.lower():
        raise _SeveralError(
            f"git has several things of the name {_quoted(name)}; write refs/remotes/…, refs/heads/… or "
            "refs/tags/…, or the whole commit id."
        )
    return found


def _git(
    folder: Path,
    *arguments: str,
    given: bytes = b"",
    most: int = 1 << 20,
    wrong: Callable[[str], AuditorError] | None = None,
) -> bytes:
    """What git says; `wrong` makes the error of what it complains of where it fails.

    Raises:
        AuditorError: as `_asked` does, or it fails.
    """
    answer = _asked(folder, *arguments, given=given, most=most)
    if answer.failed:
        told = clip(answer.complaint, 300)
        raise wrong(told) if wrong else AuditorError(f"git cannot read {folder}: {told}.")
    return answer.said


def _asked(folder: Path, *arguments: str, given: bytes = b"", most: int = 1 << 20) -> _Answer:
    """The answer of git.

    Raises:
        AuditorError: it is missing, says too much, or cannot be run.
    """
    kept = {name: one for name, one in variables().items() if not name.startswith("GIT_") or _KEPT in name}
    try:
        with tempfile.TemporaryFile() as question, tempfile.TemporaryFile() as complaint:
            question.write(given)
            question.seek(0)
            child = subprocess.Popen(  # noqa: S603 -- git, with arguments that are no options
                ["git", *_OPTIONS, "-C", str(folder), *arguments],  # noqa: S607 -- the user's git
                stdin=question,
                stdout=subprocess.PIPE,
                stderr=complaint,
                env={**kept, **_OURS},
            )
            said = _said(child, most)
            complaint.seek(0)
            told = " ".join(complaint.read(_COMPLAINT).decode(errors="replace").split())
    except FileNotFoundError:
        raise AuditorError("git is not installed; install it, or compare with a file.") from None
    except (OSError, ValueError) as error:
        raise AuditorError(f"git does not answer ({clip(str(error), 200)}); compare with a file.") from None
    if len(said) > most:
        raise AuditorError(f"git tells of more files than can be compared in {folder}; name fewer of them.")
    return _Answer(said, told, child.returncode)


def _said(child: "subprocess.Popen[bytes]", most: int) -> bytes:
    """What a process prints, of more than `most` bytes only that; then, and out of time, it is ended."""
    timer = threading.Timer(_PATIENCE, child.kill)
    timer.start()
    try:
        with child:
            said = child.stdout.read(most + 1) if child.stdout else b""
            if len(said) > most:
                child.kill()
    finally:
        timer.cancel()
    return said


def _quoted(name: str) -> str:
    return repr(clip(name, 100))
