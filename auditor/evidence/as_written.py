"""The evidence files of a run beside what its manifest says of them."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from auditor import files
from auditor.evidence.layout import EVIDENCE
from auditor.threads import in_parallel

#: Threads that hash the files of a run.
_HASHING: Final = 8


@dataclass(frozen=True, slots=True)
class WrongFile:
    """A file that is not as the manifest says: the SHA-256 that it names, and the one that was found.

    `named` is None of a file that is not in the manifest, which is not read. `found` is None of one that is
    not there, and of one that cannot be read, for the reason `why`.
    """

    name: str
    named: str | None
    found: str | None = None
    why: str = ""


def differences(run: Path, named: Mapping[str, str]) -> Iterator[WrongFile]:
    """Yield the files of a run that are not as `named`, by name: added and missing ones, then all others.

    Files are read when those were told. A name that a manifest makes up leads nowhere: only what lies in the
    run's folder of evidence is opened.

    Raises:
        OSError: a folder of the evidence cannot be listed.
    """
    found = set(_below(run))
    for name in sorted(found.symmetric_difference(named)):
        yield WrongFile(files.shown(Path(name)) if name in found else name, named.get(name))
    both = sorted(found.intersection(named))
    for name, (digest, why) in zip(both, _digests(run, both), strict=True):
        if digest != named[name]:
            yield WrongFile(name, named[name], digest, why)


def _below(run: Path) -> Iterator[str]:
    """The names of the files in the folder of the evidence, relative to the run; none where it is gone."""

    def unlisted(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            raise error

    for folder, folders, names in os.walk(run / EVIDENCE, onerror=unlisted):
        at = Path(folder)
        links = [name for name in folders if (at / name).is_symlink()]
        yield from ((at / name).relative_to(run).as_posix() for name in (*names, *links))


def _digests(run: Path, names: Collection[str]) -> Collection[tuple[str | None, str]]:
    return in_parallel(lambda name: _digest(run / name), names, workers=_HASHING)


def _digest(file: Path) -> tuple[str | None, str]:
    """SHA-256 of a file; None and why where it cannot be read."""
    try:
        return files.digest(file), ""
    except OSError as error:
        return None, files.reason(error)
