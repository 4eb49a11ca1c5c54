"""YAML and JSON that somebody wrote to hurt: refused with file and line, or read, in a moment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.catalogue.waivers import load_waivers
from auditor.config.load import read_file
from auditor.executor.serving.credentials import load_credentials
from auditor.executor.simulation.scenario import Scenario
from auditor.model.errors import UsageError
from auditor.sandbox.organization import SampleOrganization
from auditor.yaml_files.document import parse, read_document
from auditor.yaml_files.nodes import MOST_DEEP, MOST_VALUES

WAIVER = (
    "  - {control_id: BKP-FRQ-001, subject: 'arn:aws:ec2:*:111122223333:volume/vol-%d', "
    "reason: because, approved_by: me, expires: 2026-03-01}\n"
)

#: Each line repeats the one before it eight times.
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{letter}: &{letter} [{', '.join([f'*{chr(ord(letter) - 1)}'] * 8)}]\n" for letter in "bcdefghi"
)

#: What is written, and what is said of it: line and problem.
REFUSED = {
    "an alias bomb": (BOMB, "6: more than 200,000 values are not read"),
    "a list of itself": ("a: 1\nb: &b [*b]\n", "2: *b stands within the part that it repeats"),
    "a mapping of itself": ("b: &b\n  c:\n    d: *b\n", "3: *b stands within the part that it repeats"),
    "lists in lists": ("[" * 2000, "1: what lies more than 50 levels deep is not read"),
    "mappings in mappings": ("{a: " * 2000, "1: what lies more than 50 levels deep is not read"),
    "mappings by lines": ("".join(" " * n + "a:\n" for n in range(200)), "50: what lies more than 50"),
    "an object": ("a: !!python/name:os.system\n", "1: a tag such as !!python/name:os.system is not read"),
    "a tag of one's own": ("a: 1\nb: !Ref c\n", "2: a tag such as !Ref is not read; leave it out"),
    "a binary": ("a: !!binary aGk=\n", "1: a tag such as !!binary is not read"),
    "a list for a key": ("? [a, b]\n: c\n", "1: a key is a text, not a list or a mapping"),
    "a mapping for a key": ("a: 1\n{b: 1}: c\n", "2: a key is a text, not a list or a mapping"),
    "a key twice": ("a: 1\nb:\n  c: 1\n  c: 2\n", "4: 'c' is given twice; keep one of them"),
    "a JSON key twice": ('{"a": 1,\n "a": 2}\n', "2: 'a' is given twice; keep one of them"),
    "two documents": ("a: 1\n---\nb: 1\n", "2: this is not YAML: but found another document"),
    "a long number": ("a: " + "9" * 5000, "1: the number 99999999999999999999 is too large"),
    "a large number": ("a: 9007199254740993", "1: the number 9007199254740993 is too large"),
    "an endless number": ("a: 1e999", "1: the number 1e999 is too large"),
    "half a character": ('a: "\\ud800"\n', "1: this is not YAML: found invalid Unicode character"),
    "an alias of nothing": ("a: *b\n", "1: this is not YAML: found undefined alias 'b'"),
    "a control character": ("a: 1\nb: \x01\n", "2: this is not YAML: control characters are not allowed"),
}  # fmt: skip

READ = {
    "aliases": ("a: &a [1, 2]\nb: [*a, *a]\n", {"a": [1, 2], "b": [[1, 2], [1, 2]]}),
    "fifty levels": ("[" * MOST_DEEP + "]" * MOST_DEEP, None),
    "a merge key is a key": ("a: &a {b: 1}\nc: {<<: *a}\n", {"a": {"b": 1}, "c": {"<<": {"b": 1}}}),
    "keys are texts": ("1: a\ntrue: b\n~: c\n", {"1": "a", "true": "b", "~": "c"}),
    "numbers": ("[9007199254740992, -9007199254740992, 1e3, -0]", [2**53, -(2**53), 1000.0, 0]),
    "a smile": ('a: "\\U0001F600"\n', {"a": "\N{GRINNING FACE}"}),
    "JSON": ('{"a": [1, null, false, "2026-01-05"]}', {"a": [1, None, False, "2026-01-05"]}),
    "no document": ("# only a comment\n", None),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_read_is_refused_with_file_and_line(name: str) -> None:
    """In one sentence, and in a moment."""
    text, said = REFUSED[name]

    with pytest.raises(UsageError) as refused:
        parse(text, "f.yaml")

    assert str(refused.value).startswith(f"f.yaml:{said}")


@pytest.mark.parametrize("name", READ)
def test_what_is_near_to_it_is_read(name: str) -> None:
    """The other side of each boundary."""
    text, value = READ[name]

    found = parse(text, "f.yaml").value

    assert value is None or found == value


def test_as_many_values_as_are_read() -> None:
    """Of the most no one too many; what aliases repeat is counted."""
    text = "a: &a [" + "1," * 999 + "]\nb: [" + "*a," * 198 + "{}]\n"
    rest = MOST_VALUES - 198_000 - len(["the whole", "a", "its list", "b", "its list"]) - 999

    assert len(parse(text.format("1," * rest), "f.yaml").value["b"]) == 198 + rest
    with pytest.raises(UsageError, match="more than 200,000 values"):
        parse(text.format("1," * (rest + 1)), "f.yaml")


@pytest.mark.long
@pytest.mark.timeout(30)
def test_two_hundred_thousand_waivers_are_refused(tmp_path: Path) -> None:
    """A file of more than 1 MiB is not read further; one below it is, with all that is wrong in it."""
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers:\n" + "".join(WAIVER % number for number in range(200_000)))
    with pytest.raises(
        UsageError, match=r"waivers\.yaml: it is larger than 1 MiB, the most that is read; name"
    ):
        read_document(file)

    file.write_text("waivers:\n" + "".join(WAIVER % number for number in range(7_000)))
    assert len(read_document(file).value["waivers"]) == 7_000


@pytest.mark.long
@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("".join(f"k{number}: 1\n" for number in range(60_000)), "f.yaml:1: unknown key 'k0'"),
        ("a:\n" + "- x\n" * 90_000, "f.yaml:2: entry 1 of 'a' must be a whole number, not 'x'"),
    ],
    ids=["unknown keys", "wrong values"],
)
def test_many_faults_are_told_as_quickly_as_one(text: str, said: str) -> None:
    """The first one is told."""
    schema = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"a": {"type": "array", "items": {"type": "integer"}}},
    }

    with pytest.raises(UsageError) as refused:
        parse(text, "f.yaml").check(schema)

    assert str(refused.value).startswith(said)


def _settings(file: Path) -> object:
    return read_file(file)


def _inventory(file: Path) -> object:
    return Scenario.load((), file, {})


def _plan(file: Path) -> object:
    return Scenario.load((file,), None, {"EBS": 1})


def _organization(file: Path) -> object:
    file.rename(file.parent / "organization.yaml")
    return SampleOrganization.load(file.parent)


def _waivers(file: Path) -> object:
    return load_waivers(file, ())


def _credentials(file: Path) -> object:
    return load_credentials(file)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "name", ["an alias bomb", "a list of itself", "lists in lists", "an object", "a list for a key"]
)
@pytest.mark.parametrize("reader", [_settings, _inventory, _plan, _organization, _waivers, _credentials])
def test_every_reader_refuses_them(tmp_path: Path, reader: Callable[[Path], object], name: str) -> None:
    """Settings, inventories, plans, organizations, waivers and credentials go through the one loader."""
    text, said = REFUSED[name]
    file = tmp_path / "f.yaml"
    file.write_text(text)
    file.chmod(0o600)

    with pytest.raises(UsageError) as refused:
        reader(file)

    line = said.partition(":")[0]
    wanted = f":{line}: this is not YAML that is read;" if reader is _credentials else f".yaml:{said}"
    assert wanted in str(refused.value)
