"""The templates that nested stacks are made of: among the inputs, or in reach of what names them.

Whoever opens a pull request writes the paths: nothing is read outside of the folder that was named, or that
the named file lies in, and nothing through a symbolic link.
Sources: AWS CLI, `aws cloudformation package` (a path is relative to its template); CDK API reference,
`cloud-assembly-schema`, AssetManifest and FileAsset.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from posixpath import abspath, basename, dirname, join, normpath
from typing import Any, Final

from auditor.check.declared import Source, Template
from auditor.check.lines import lines_of
from auditor.check.shapes import as_object
from auditor.model.errors import AuditorError
from reports.text import clip

Json = Any

#: The most nested stacks of one check, each as often as it is read, and the bytes of their templates.
MOST_STACKS: Final = 1_000
_MOST_BYTES: Final = 256 << 20


@dataclass(frozen=True, slots=True)
class InReach:
    """Where a template lies, and the folder out of which nothing is read, with the name that this has."""

    file: Path
    top: Path
    shown: str


@dataclass(slots=True)
class NestedTemplates:
    """The templates of nested stacks, by whole paths of their names.

    `given` are the inputs, `reaches` where they lie, and `assets` the files of cloud assemblies by their
    folder and key. `load` reads another file under a name, None where there is none. `used` are the templates
    that nested stacks are made of, each with the name of one that is made of it.
    """

    load: Callable[[Path, str], Template | None]
    given: dict[str, Template] = field(default_factory=dict)
    reaches: dict[str, InReach] = field(default_factory=dict)
    assets: dict[tuple[str, str], str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)
    _loaded: dict[str, Template | None] = field(default_factory=dict)
    _stacks: int = 0
    _bytes: int = 0

    def beside(self, template: str, path: str) -> Template | None:
        """The template at a path that another one names, None where there is none.

        Raises:
            AuditorError: it leads out of what was named, or through a symbolic link; or it is not read.
        """
        name = normpath(join(dirname(template), path))
        key = abspath(name)
        if key not in self.given and key not in self._loaded:
            self._loaded[key] = self._read(template, path, name)
        return self._used(template, key)

    def of_url(self, template: str, end: str) -> Template | None:
        """The template of a URL that ends so: an asset, else the one input whose file has this name."""
        path = self.assets.get((abspath(dirname(template)), end))
        if path is not None:
            return self.beside(template, path)
        alike = [key for key in self.given if basename(key) == end and key != abspath(template)]
        found = self._used(template, alike[0]) if len(alike) == 1 else None
        return replace(found, guessed=True) if found else None

    def sources(self) -> Iterator[Source]:
        """The files that were read beside the inputs."""
        yield from (found.source for found in self._loaded.values() if found is not None)

    def _used(self, template: str, key: str) -> Template | None:
        found = self.given.get(key) or self._loaded.get(key)
        if found is not None:
            if key not in self.used:  # its lines are looked for once
                found = replace(found, lines=lines_of(found.source))
                (self.given if key in self.given else self._loaded)[key] = found
            self.used.setdefault(key, template)
            self._stacks, self._bytes = self._stacks + 1, self._bytes + len(found.source.data)
        if self._stacks > MOST_STACKS or self._bytes > _MOST_BYTES:
            raise AuditorError(
                f"{template}: its nested stacks, with those of the other inputs, are more than a check reads "
                f"({MOST_STACKS:,} stacks, {_MOST_BYTES >> 20} MiB); check fewer templates at a time."
            )
        return found

    def _read(self, template: str, path: str, name: str) -> Template | None:
        reach = self.reaches.get(abspath(template))
        if reach is None or "\0" in path:
            return None
        file = Path(os.path.normpath(reach.file.parent / path))
        inside = Path(os.path.relpath(file, reach.top))
        if inside.parts[:1] == ("..",):
            raise AuditorError(
                f"{template}: the template {clip(path, 100)} of a nested stack lies outside of "
                f"{reach.shown}, so it is not read; name a folder in which both lie."
            )
        if file.resolve() != reach.top.resolve() / inside:
            raise AuditorError(
                f"{template}: a symbolic link leads to the template {clip(path, 100)} of a nested stack, so "
                "it is not read; name the file itself."
            )
        found = self.load(file, name)
        if found is not None:
            self.reaches[abspath(name)] = InReach(file, reach.top, reach.shown)
        return found


def is_asset_manifest(document: Json) -> bool:
    """Whether a document lists the assets of a stack in a cloud assembly."""
    files = as_object(as_object(document).get("files"))
    return "version" in as_object(document) and any(
        "destinations" in as_object(one) for one in files.values()
    )


def assets_of(name: str, document: Json) -> Iterator[tuple[tuple[str, str], str]]:
    """For the folder of a manifest and each key that a file is stored under, the path of the file."""
    found: Mapping[str, Json] = as_object(as_object(document).get("files"))
    for one in map(as_object, found.values()):
        path = as_object(one.get("source")).get("path")
        for destination in map(as_object, as_object(one.get("destinations")).values()):
            key = destination.get("objectKey")
            if isinstance(path, str) and isinstance(key, str):
                yield (abspath(dirname(name)), basename(key)), path
