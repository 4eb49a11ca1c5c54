"""Where in the files of Terraform the resources of a plan are written, as far as these lie at hand.

A plan names modules and where each comes from; one that is a local path is a folder here. Only files of the
checkout that the root module lies in are read; without one, those below the current folder, or below its own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from auditor import files
from auditor.check.declared import Source
from auditor.check.terraform.blocks import Header, headers
from auditor.check.terraform.instances import plain

#: The most files and bytes that are read for the lines of one plan.
MOST_FILES: Final = 500
MOST_BYTES: Final = 4 << 20
_SUFFIXES: Final = (".tf", ".tofu", ".tf.json", ".tofu.json")
_JSON: Final = ".json"
#: Files of these names change what other files declare, and are none of their own.
_OVERRIDES: Final = re.compile(r"(?:^|_)override\.(?:tf|tofu)(?:\.json)?$")
_ADDRESS: Final = re.compile(r"((?:module\.[\w-]+\.)*)(\w+)\.([\w-]+)")
_DYNAMIC: Final = re.compile(rb"\bdynamic\b")


class WrittenAt(NamedTuple):
    """A file, and a line of it."""

    source: Source
    line: int


@dataclass(slots=True)
class WrittenResources:
    """The files of a root module in `root` and of the modules that it calls, each read when it is asked for.

    `modules` has the source of each module by its path without keys (`module.a.module.b`).
    """

    root: Path
    modules: Mapping[str, str]
    _found: dict[Path, dict[Header, WrittenAt]] = field(default_factory=dict)
    _folders: dict[str, Path | None] = field(default_factory=dict)
    _left: tuple[int, int] = (MOST_FILES, MOST_BYTES)
    _read_of: dict[Path, list[Source]] = field(default_factory=dict)
    _dynamic: dict[tuple[Path, str], bool] = field(default_factory=dict)

    def at(self, address: str) -> WrittenAt | None:
        """Where the resource of an address is written; None where no file at hand has it."""
        parts = _ADDRESS.match(plain(address))
        if parts is None:
            return None
        module = parts[1].rstrip(".")
        if module not in self._folders:
            self._folders[module] = self._folder(module)
        folder = self._folders[module]
        if folder is None:
            return None
        if folder not in self._found:
            self._found[folder] = dict(self._read(folder))
        return self._found[folder].get((parts[2], parts[3]))

    def dynamic(self, address: str, key: str) -> bool | None:
        """Whether the module of a resource may have dynamic blocks of a kind; None where it is not at hand.

        A plan has the same of one that is not known yet as of a block that is left out.
        """
        if self.at(address) is None:
            return None
        parts = _ADDRESS.match(plain(address))
        folder = (self._folders[parts[1].rstrip(".")] if parts else None) or self.root
        if (folder, key) not in self._dynamic:
            self._dynamic[folder, key] = any(_may_have(one, key) for one in self._read_of.get(folder, ()))
        return self._dynamic[folder, key]

    def _folder(self, module: str) -> Path | None:
        """The folder of a module, None where it is not one of ours."""
        folder, path = self.root, ""
        for step in module.replace("module.", " ").split():
            name = step.rstrip(".")
            path = f"{path}.module.{name}".lstrip(".")
            source = self.modules.get(path, "")
            if not source.startswith(("./", "../")):
                return None
            folder /= source
        try:
            return folder if folder.resolve().is_relative_to(_outermost(self.root.resolve())) else None
        except (OSError, RuntimeError, ValueError):
            return None

    def _read(self, folder: Path) -> Iterator[tuple[Header, WrittenAt]]:
        try:
            names = sorted(one.name for one in folder.iterdir() if one.name.endswith(_SUFFIXES))
        except OSError:
            return
        for name in sorted(names, key=lambda one: bool(_OVERRIDES.search(one)), reverse=True):
            file, (count, size) = folder / name, self._left
            if file.is_symlink() or not count:
                continue
            try:
                data = files.read(file, min(size, files.WRITTEN))
            except OSError:
                continue
            self._left = (count - 1, size - len(data))
            source = Source(files.shown(_short(file)), data)
            self._read_of.setdefault(folder, []).append(source)
            for header, line in headers(source).items():
                yield header, WrittenAt(source, line)


def _may_have(source: Source, key: str) -> bool:
    """Whether a file may have a dynamic block of a kind; whatever is in it is looked at once."""
    if source.name.endswith(_JSON):
        return b'"dynamic"' in source.data
    label = re.compile(rb"\b" + key.encode() + rb"\b")
    heads = ((head, _DYNAMIC.search(head)) for head in source.data.split(b"{"))
    return any(found and label.search(head, found.end()) for head, found in heads)


def _outermost(root: Path) -> Path:
    """The folder that everything that is read lies in."""
    checkouts = (one for one in (root, *root.parents) if (one / ".git").exists())
    here = Path.cwd()
    return next(checkouts, here if root.is_relative_to(here) else root)


def _short(file: Path) -> Path:
    """A path without `..`, relative to the current folder where it lies in it."""
    real = file.resolve()
    return real.relative_to(Path.cwd()) if real.is_relative_to(Path.cwd()) else real
