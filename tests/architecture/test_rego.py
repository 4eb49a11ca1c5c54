"""The Rego that is shipped: what Regal, its linter, asks most, held also where Regal cannot be had.

`make lint` runs Regal itself where it is found, with `.regal/config.yaml`.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from auditor.rego.builtins import ALLOWED

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / ".regal" / "config.yaml"
POLICIES = ROOT / "policies"
FILES = sorted(POLICIES.rglob("*.rego"))

#: Names of functions, and of the groups of functions: `floor`, `numbers`.
BUILT_IN = {name.partition(".")[0] for name in ALLOWED}

#: The one file whose helpers ask with `with`: `.regal/config.yaml` says why.
WITH_IN_HELPERS = {"organization/desired_test.rego"}

_RULE = re.compile(r"^(default )?([a-z_]+)(\(([^()]*)\))?")
_IMPORT = re.compile(r"^import (\S+?)(?: as (\w+))?$")


def rules(text: str) -> Iterator[tuple[str, str, str]]:
    """Each rule's name, its arguments in one text, and its own text, in the file's order."""
    for block in re.split(r"\n(?=\S)", text):
        found = _RULE.match(block)
        if found and found[2] not in {"package", "import"}:
            yield found[2], found[4] or "", block


def faults(text: str, path: str) -> list[str]:
    """What is wrong with one file."""
    lines = text.splitlines()
    found = [f"line {n} has {len(line)} characters" for n, line in enumerate(lines, 1) if len(line) > 120]
    for name in (m[2] or m[1].rpartition(".")[2] for m in map(_IMPORT.match, lines) if m):
        found += [f"the import {name} hides a built-in function"] if name in BUILT_IN else []
    names: list[str] = []
    for name, arguments, block in rules(text):
        if names and name in names and names[-1] != name:
            found.append(f"{name} stands apart from its sisters")
        names.append(name)
        found += [f"the argument {arg} hides a function" for arg in arguments.split(", ") if arg in BUILT_IN]
        if re.search(r"if (\w+) == null$", block.splitlines()[0]):
            found.append(f"{name} compares with null: write null among its arguments")
        in_test = name.startswith("test_") or path in WITH_IN_HELPERS
        if not in_test and re.search(r"\bwith (input|data)\b", re.sub(r"#.*", "", block)):
            found.append(f"{name} uses `with` and is no test")
    for block in re.findall(r"^# METADATA\n(?:#.*\n)+(?=[a-z])", text, re.MULTILINE):
        following = text.partition(block)[2]
        name = (_RULE.match(following) or [""] * 3)[2]
        if names.count(name) > 1 and "# scope: " not in block:
            found.append(f"METADATA of {name} does not say whether it speaks of one rule or of all")
    return found


def test_the_shipped_rego_is_as_its_linter_likes_it() -> None:
    """No fault in any file."""
    texts = {file.relative_to(POLICIES).as_posix(): file.read_text(encoding="utf-8") for file in FILES}

    assert {path: found for path, text in texts.items() if (found := faults(text, path))} == {}


SPOILT = """package a

import data.lib.numbers

# METADATA
# title: A long one
x if numbers.above(1, 2)

least(floor) if floor == null

x if x with input as 1
"""


def test_each_fault_is_found() -> None:
    """One of each kind."""
    assert faults(SPOILT + "#" * 121, "a.rego") == [
        "line 12 has 121 characters",
        "the import numbers hides a built-in function",
        "the argument floor hides a function",
        "least compares with null: write null among its arguments",
        "x stands apart from its sisters",
        "x uses `with` and is no test",
        "METADATA of x does not say whether it speaks of one rule or of all",
    ]


def test_each_exception_has_its_reason() -> None:
    """A comment stands beside what each excepted rule leaves out; the files that it names are there."""
    lines = CONFIGURATION.read_text(encoding="utf-8").splitlines()
    configured = yaml.safe_load("\n".join(lines))["rules"]
    heads = [n for n, line in enumerate(lines) if re.match(r"\s+(except-paths|files|max-allowed):", line)]

    for head in heads:
        assert "#" in lines[head - 1] + lines[head + 1], lines[head]
    for named in [one for group in configured.values() for one in group.values()]:
        assert all((ROOT / path).is_file() for path in named.get("ignore", {}).get("files", ()))
