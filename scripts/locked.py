"""Print of requirements.lock, with its hashes, what a machine that only runs auditor installs.

    python scripts/locked.py [--extra NAME …] [--build | --only-build] > auditor.lock
    pip install --require-hashes --no-deps -r auditor.lock

That is the dependencies of pyproject.toml, those of the extras that are named, and whatever these need: the
lock says of each package through which it came. `--build` adds what makes the wheel, and `--only-build`
leaves out the rest. Needs the standard library of Python 3.11 and nothing else.
"""

import argparse
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
#: How a requirement begins: its name, and the extras that it asks for.
REQUIREMENT = re.compile(r"\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?")


def named(requirement: str) -> tuple[str, tuple[str, ...]]:
    """The name of a requirement as the lock writes it, and its extras."""
    found = REQUIREMENT.match(requirement)
    if found is None:
        raise SystemExit(f"pyproject.toml: {requirement!r} names no package; correct it.")
    extras = (found[2] or "").replace(" ", "").split(",")
    return re.sub(r"[-_.]+", "-", found[1]).lower(), tuple(filter(None, extras))


def roots(declared: Mapping[str, Any], extras: Iterable[str]) -> set[str]:
    """The names that pyproject.toml asks for by itself and for these extras."""
    project = declared["project"]
    optional = project["optional-dependencies"]
    wanted = list(project["dependencies"])
    for extra in extras:
        if extra not in optional:
            raise SystemExit(f"there is no extra {extra!r}; pyproject.toml has {', '.join(optional)}.")
        wanted += optional[extra]
    found: set[str] = set()
    for name, more in map(named, wanted):
        found |= roots(declared, more) if name == project["name"] else {name}
    return found


def entries(lock: str) -> list[tuple[str, set[str], str]]:
    """Each entry of a lock: the package, what it came through, and its lines without comments."""
    found = []
    for text in re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE):
        if not text[:1].isalnum():
            continue
        through = set(re.findall(r"^    #(?: via|  ) ([\w.-]+)", text, re.MULTILINE))
        lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
        found.append((named(text)[0], through, "\n".join(lines)))
    return found


def chosen(lock: str, wanted: set[str]) -> str:
    """The entries of what is wanted, and of whatever came through it."""
    locked = entries(lock)
    missing = wanted - {name for name, _, _ in locked}
    if missing:
        raise SystemExit(f"requirements.lock lacks {', '.join(sorted(missing))}; run make lock.")
    needed = set(wanted)
    while more := {name for name, through, _ in locked if through & needed} - needed:
        needed |= more
    return "".join(f"{text}\n" for name, _, text in locked if name in needed)


def main() -> None:
    """Print the part of the lock."""
    parser = argparse.ArgumentParser(description="What of requirements.lock runs auditor, with hashes.")
    parser.add_argument("--extra", action="append", default=[], help="an extra of pyproject.toml")
    build = parser.add_mutually_exclusive_group()
    build.add_argument("--build", action="store_true", help="with what makes the wheel")
    build.add_argument("--only-build", action="store_true", help="what makes the wheel")
    given = parser.parse_args()
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    wanted = set() if given.only_build else roots(declared, given.extra)
    if given.build or given.only_build:
        wanted |= {name for name, _ in map(named, declared["build-system"]["requires"])}
    print(chosen(lock, wanted), end="")


if __name__ == "__main__":
    main()
