"""The modules that passed the checks, and the packages that they make together."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Loaded:
    """A module that passed the checks: `package` without `data.`, the first names of its rules, its text.

    `lines` gives the line where each of these names stands first.
    `imports` are its import statements; `body` is the text without them, the package and its comment.
    """

    package: str
    rules: frozenset[str]
    text: str
    imports: tuple[str, ...]
    body: str
    lines: Mapping[str, int]


def rules_of(modules: Mapping[str, Loaded]) -> dict[str, frozenset[str]]:
    """The rules of each package."""
    packages: dict[str, frozenset[str]] = {}
    for module in modules.values():
        packages[module.package] = packages.get(module.package, frozenset()) | module.rules
    return packages


def by_package(sources: Mapping[str, Loaded]) -> dict[str, str]:
    """Join the modules of each package: OPA compiles after each module, and these need one another."""
    files: dict[str, list[str]] = {}
    for path, source in sources.items():
        files.setdefault(source.package, []).append(path)
    merged: dict[str, str] = {}
    for package, paths in files.items():
        if len(paths) == 1:
            merged[paths[0]] = sources[paths[0]].text
        else:
            imports = sorted({statement for path in paths for statement in sources[path].imports})
            parts = [f"package {package}", *imports, *(sources[path].body for path in paths)]
            merged[package.replace(".", "/") + ".rego"] = "\n".join(parts) + "\n"
    return merged
