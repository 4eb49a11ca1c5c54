"""Spoil each control and library in every small way, and see whether its Rego tests notice.

    python -m scripts.mutants [NAME…]

A mutant is the policy with one comparison turned, one condition dropped, one constant a step away, one word
in place of its sister, one rule left out. With NAMEs only files whose path has one of them are tried. The
exit code is 1 when a mutant survives that `equivalent_mutants.yaml` does not name with a reason, or when
that file names one that does not survive. Nothing but the embedded engine is needed.
"""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regorus
import yaml

from scripts.mutations import Mutant, mutants_of

POLICIES = Path(__file__).resolve().parents[1] / "policies"
KNOWN = Path(__file__).with_name("equivalent_mutants.yaml")
_TEST = "_test.rego"
_KEY = ("file", "rule", "was", "becomes")


@dataclass(frozen=True)
class Suite:
    """Rego modules and the tests that judge them, by path below the policies."""

    modules: Mapping[str, str]
    tests: Mapping[str, str]

    def fails(self, path: str, rego: str) -> str:
        """The first test that does not hold when `path` is `rego`; "" when all do.

        Raises `RuntimeError` when `rego` is none: a mutant that does not load would prove nothing.
        """
        engine = regorus.Engine()
        for name, text in {**self.modules, **self.tests, path: rego}.items():
            package = engine.add_policy(name, text)
            if name in self.tests:
                for test in re.findall(r"^(test_\w+)", text, re.MULTILINE):
                    if not _holds(engine, package, test):
                        return f"{name}: {test}"
        return ""


def _holds(engine: Any, package: str, test: str) -> bool:
    try:
        return bool(engine.eval_rule_as_json(f"{package}.{test}") == "true")
    except RuntimeError:
        return False


def suite_of(path: str, folder: Path = POLICIES) -> Suite:
    """What judges a policy: the tests beside it; a library is judged by every test that there is."""
    texts = {file.relative_to(folder).as_posix(): file.read_text() for file in sorted(folder.rglob("*.rego"))}
    of_lib = path.startswith("lib/")
    wanted = {name: text for name, text in texts.items() if name.startswith(("lib/", "controls/"))}
    beside = path.rpartition("/")[0] + "/"
    modules = {
        name: text
        for name, text in wanted.items()
        if not name.endswith(_TEST) and (of_lib or name.startswith(("lib/", beside)))
    }
    tests = {
        name: text
        for name, text in wanted.items()
        if name.endswith(_TEST) and (name.startswith(beside) or of_lib)
    }
    return Suite(modules, tests)


def survivors(path: str, folder: Path = POLICIES) -> tuple[int, list[Mutant]]:
    """How many mutants a policy has, and those that no test notices.

    Raises `AssertionError` when the tests do not hold for the policy as it is.
    """
    suite = suite_of(path, folder)
    rego = suite.modules[path]
    failed = suite.fails(path, rego)
    if failed:
        raise AssertionError(f"{path} as it is: {failed}")
    found = list(mutants_of(path, rego))
    return len(found), [mutant for mutant in found if not suite.fails(path, mutant.rego)]


def policies(names: Sequence[str] = (), folder: Path = POLICIES) -> list[str]:
    """The controls and libraries whose path has one of `names`, or all."""
    files = (file for kind in ("controls", "lib") for file in sorted((folder / kind).rglob("*.rego")))
    paths = [file.relative_to(folder).as_posix() for file in files if not file.name.endswith(_TEST)]
    return [path for path in paths if not names or any(name in path for name in names)]


def _told(key: Sequence[str]) -> str:
    path, rule, was, becomes = key
    return f"{path}, {rule}\n    {was}\n  → {becomes}"


def main(names: Sequence[str]) -> int:
    """Try every mutant and tell which ones live; the exit code."""
    known = {tuple(entry[name] for name in _KEY) for entry in yaml.safe_load(KNOWN.read_text())}
    total, alive = 0, dict[tuple[str, ...], Any]()
    paths = policies(names)
    for path in paths:
        count, found = survivors(path)
        total += count
        alive |= {mutant.key: mutant for mutant in found}
    for key in sorted(alive.keys() - known):
        print(_told(key))
    stale = sorted(key for key in known - alive.keys() if key[0] in paths)
    for key in stale:
        print(f"{_told(key)}\n    is named in {KNOWN.name} and does not survive")
    unknown = len(alive.keys() - known)
    print(
        f"{total} mutants of {len(paths)} policies: {unknown} survive, {len(alive) - unknown} are equivalent"
    )
    return 1 if unknown or stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
