"""Which file stands for each path of the policies: a folder's own, or the shipped one below it.

A folder with tiers.yaml or parameters.yaml is a whole one. Any other adds to the shipped policies: its
controls take the place of those with the same id, its frameworks and other files of those with the same path.
"""

import re
from collections.abc import Iterator, Mapping
from os.path import lexists
from pathlib import Path, PurePosixPath
from typing import Final

from auditor.catalogue.controls import TEST
from auditor.catalogue.suggestions import SUGGESTIONS
from auditor.model.errors import UsageError
from auditor.yaml_files.document import read_text

#: The most bytes of a Rego file; what is larger is not even read.
MAX_REGO: Final = 1 << 20
#: The folders of policies that hold Rego.
REGO_FOLDERS: Final = ("controls", "lib", "organization")
#: What an audit for AWS Backup Audit Manager asks, where the policies have it.
ASKED: Final = "audit-manager.yaml"
#: The register of legal holds, where the policies have it.
HOLDS: Final = "holds.yaml"
#: The folder of the policies that has frameworks, a file each.
FRAMEWORKS: Final = "frameworks"
_WHOLE: Final = ("tiers.yaml", "parameters.yaml")
_ID: Final = re.compile(r"^#\s+id:\s*(BKP-[A-Z]{3}-[0-9]{3})\s*$", re.MULTILINE)


def files_of(folder: Path, shipped: Path) -> dict[str, Path]:
    """The files of the policies in `folder` by path below it, sorted; `shipped` are those that it may add to.

    Raises:
        UsageError: a file would not be read, is too large, or the folder adds nothing.
    """
    own = dict(_files(folder))
    if any(lexists(folder / name) for name in _WHOLE):
        return {**own, **{name: folder / name for name in _WHOLE}}
    if not own:
        raise UsageError(
            f"{folder}: there is no control in it, and nothing else that adds to the shipped policies; name "
            "a folder that has `controls` in it."
        )
    below = {**dict(_files(shipped)), **{name: shipped / name for name in _WHOLE}}
    ids, folders = _controls(own)
    gone = {where for id_, where in _controls(below)[0].items() if id_ in ids} | folders
    kept = {path: file for path, file in below.items() if str(PurePosixPath(path).parent) not in gone}
    return dict(sorted({**kept, **own}.items()))


def _controls(files: Mapping[str, Path]) -> tuple[dict[str, str], set[str]]:
    """The folders that hold a control's Rego: by the id that its METADATA says, and all of them."""
    ids: dict[str, str] = {}
    folders = set()
    for path, file in files.items():
        if path.startswith("controls/") and path.endswith(".rego") and not path.endswith(TEST):
            where = str(PurePosixPath(path).parent)
            folders.add(where)
            ids.update(dict.fromkeys(_ID.findall(read_text(file)), where))
    return ids, folders


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for name in REGO_FOLDERS:
        for file in sorted((folder / name).rglob("*.rego")):
            if file.exists() and file.stat().st_size > MAX_REGO:
                raise UsageError(
                    f"{file}: it has more than {MAX_REGO} bytes; write several files, or remove it."
                )
            yield file.relative_to(folder).as_posix(), file
    for file in sorted(folder.glob(f"controls/*/*/{SUGGESTIONS}")):
        yield file.relative_to(folder).as_posix(), file
    for name in (ASKED, HOLDS):
        if lexists(folder / name):
            yield name, folder / name
    place = folder / FRAMEWORKS
    found = sorted(place.glob("*.yaml"))
    for file in sorted(place.rglob("*")):
        if file.suffix.lower() in {".yaml", ".yml"} and file not in found:
            raise UsageError(
                f"{file}: a framework is kept in {FRAMEWORKS}/<id>.yaml; rename it, or move it there."
            )
    yield from ((f"{FRAMEWORKS}/{file.name}", file) for file in found)
