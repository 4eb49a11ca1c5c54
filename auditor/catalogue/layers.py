"""Which file stands for each path of the policies: a folder's own, or the shipped one below it.

A folder with tiers.yaml or parameters.yaml is a whole one. Any other adds to the shipped policies: its
controls take the place of those with the same id, its frameworks and other files of those with the same path.
No shipped control goes without one in its place: a control with another id has another folder.
"""

import re
from collections.abc import Iterator, Mapping
from os.path import lexists
from pathlib import Path, PurePosixPath
from typing import Final

from auditor.catalogue.annotations import annotated
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
#: As the shipped controls write it, below `custom`.
_ID: Final = re.compile(r"^#   id: (\S+)$", re.MULTILINE)


def files_of(folder: Path, shipped: Path) -> dict[str, Path]:
    """The files of the policies in `folder` by path below it, sorted; `shipped` are those that it may add to.

    Raises:
        UsageError: a file would not be read, is too large or missing; the folder adds nothing, or a control
            in it would take the place of one with another id.
    """
    own = dict(_files(folder))
    if is_whole(folder):
        there = [name for name in _WHOLE if lexists(folder / name)]
        for name in _WHOLE:
            if name not in there:
                raise UsageError(
                    f"{folder}: a folder with {there[0]} is a whole one and needs {name} too; add it, or "
                    "keep tiers of your own elsewhere and name them by --tiers."
                )
        return {**own, **{name: folder / name for name in _WHOLE}}
    if not own:
        raise UsageError(
            f"{folder}: there is no control in it, and nothing else that adds to the shipped policies; name "
            "a folder that has `controls` in it."
        )
    below = {**dict(_files(shipped)), **{name: shipped / name for name in _WHOLE}}
    ours = {where: (file, _id_of(file)) for where, file in _controls(own)}
    ids, gone = {id_ for _, id_ in ours.values()}, set[str]()
    for where, file in _controls(below):
        (id_,) = _ID.findall(read_text(file))[:1]
        if id_ in ids:
            gone.add(where)
        elif where in ours and ours[where][1]:
            raise UsageError(
                f"{ours[where][0]}: its folder is that of the shipped {id_}, which nobody would be asked for "
                f"any more; keep {ours[where][1]} in a folder of another name."
            )
    gone |= ours.keys()
    kept = {path: file for path, file in below.items() if str(PurePosixPath(path).parent) not in gone}
    return dict(sorted({**kept, **own}.items()))


def is_whole(folder: Path) -> bool:
    """Whether a folder has policies of its own alone, and does not add to the shipped ones."""
    return any(lexists(folder / name) for name in _WHOLE)


def _controls(files: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    """The folders that hold a control's Rego, each with the file."""
    for path, file in files.items():
        if path.startswith("controls/") and path.endswith(".rego") and not path.endswith(TEST):
            yield str(PurePosixPath(path).parent), file


def _id_of(file: Path) -> str:
    """The id that a control says in its METADATA; "" where it says none, which is refused later."""
    try:
        found = annotated(read_text(file), str(file)).metadata.value
    except UsageError:
        return ""
    custom = found.get("custom") if isinstance(found, dict) else None
    return str(custom.get("id", "")) if isinstance(custom, dict) else ""


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
