"""YAML with the lines of its faults."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.model.errors import UsageError
from auditor.yaml_files.admission import admits
from auditor.yaml_files.document import Document, parse

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "kind": {"enum": ["small", "large"]},
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "pattern": "^[0-9]{12}$"},
                    "days": {"type": "integer"},
                },
            },
        },
        "either": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
    },
}


def fault(text: str, first_line: int = 1) -> str:
    """What is wrong with `text`."""
    with pytest.raises(UsageError) as refused:
        parse(text, "f.yaml", first_line).check(SCHEMA)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("012345678901", "012345678901"),
        ("0o17", "0o17"),
        ("12:30:45", "12:30:45"),
        ("2026-01-05", "2026-01-05"),
        ("yes", "yes"),
        ("on", "on"),
        ("NO", "NO"),
        ("1_000", "1_000"),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-7", -7),
        ("35", 35),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("- a\n-", ["a", None]),
        ("'35'", "35"),
    ],
)
def test_scalars_are_yaml_1_2(text: str, value: object) -> None:
    """No surprise for account ids, times of day, dates and country codes."""
    found = parse(text, "f").value

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: a\nnme: b\n", "f.yaml:2: unknown key 'nme'; the keys are either, items, kind, name."),
        ("\nkind: small\n", "f.yaml:2: the document lacks the key 'name'."),
        ("name: 12\n", "f.yaml:1: 'name' must be a text, not 12; put it in quotes."),
        ("name: [a]\n", "f.yaml:1: 'name' must be a text, not ['a']."),
        ("name: a\nkind: huge\n", "f.yaml:2: 'kind' must be one of small, large, not 'huge'."),
        (
            "name: a\nitems:\n  - id: '123456789012'\n    day: 3\n",
            "f.yaml:4: unknown key 'day'; the keys are days, id.",
        ),
        (
            "name: a\nitems:\n  - id: '123456789012'\n  - days: 3\n",
            "f.yaml:4: entry 2 of 'items' lacks the key 'id'.",
        ),
        ("name: a\nitems:\n- id: 12a\n", "f.yaml:3: 'id' is wrong: '12a' does not match '^[0-9]{12}$'."),
        ("name: a\neither: x\n", "f.yaml:2: 'either' is wrong: 'x' is not of type 'integer'."),
        ("- a\n", "f.yaml:1: the document must be a mapping of keys, not ['a']."),
        ("", "f.yaml:1: the document must be a mapping of keys, not nothing."),
        ("name: a\nname: b\n", "f.yaml:2: 'name' is given twice; keep one of them."),
        ("items:\n- {id: a, id: b}\n", "f.yaml:2: 'id' is given twice; keep one of them."),
        ("name: [a\n", "f.yaml:2: this is not YAML: did not find expected ',' or ']'."),
        ("name: a\n\nx\0: 1\n", "f.yaml:3: this is not YAML: control characters are not allowed."),
    ],
)
def test_faults_name_file_and_line(text: str, expected: str) -> None:
    """The first fault, in the order of lines."""
    assert fault(text) == expected


def test_lines_count_from_where_the_document_begins() -> None:
    """A comment block in the middle of a Rego file."""
    assert fault("name: a\nnme: b\n", first_line=41).startswith("f.yaml:42: unknown key 'nme'")


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.lists(st.integers(0, 9), max_size=3), min_size=1))
def test_every_part_is_found_on_its_line(value: dict[str, list[int]]) -> None:
    """One item a line: the line of each is where it was written."""
    lines: list[str] = []
    where: dict[tuple[str | int, ...], int] = {}
    for key, items in value.items():
        lines.append(f"{key}:")
        where[(key,)] = len(lines)
        for number, item in enumerate(items):
            lines.append(f"  - {item}")
            where[(key, number)] = len(lines)
    document: Document = parse("\n".join(lines) + "\n", "f")

    assert {path: document.line(path) for path in where} == where


@pytest.mark.parametrize(
    ("value", "schema", "said"),
    [
        ({"name": "a"}, SCHEMA, True),
        ({"name": 1}, SCHEMA, False),
        ({1: "a"}, {"type": "object"}, False),  # no JSON: whether it is admitted is for `first_fault` to say
        ("2026-01-01", {"type": "string", "format": "date"}, False),
    ],
)
def test_what_is_surely_admitted_is_not_looked_at_again(value: object, schema: Any, *, said: bool) -> None:
    """What is no JSON, and what has a format, may be admitted all the same."""
    assert admits(value, schema) is said
