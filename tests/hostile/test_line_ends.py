"""A text with a line feed at its end is another text; and what is no UTF-8 is told by its line."""

from pathlib import Path
from typing import Any

import pytest

from auditor.catalogue.load import shipped_schemas
from auditor.check.declared import Assumed
from auditor.check.inputs import read_inputs
from auditor.config.load import read_file
from auditor.model.errors import AuditorError, UsageError
from auditor.yaml_files.document import parse, read_document
from auditor.yaml_files.faults import first_fault
from auditor.yaml_files.patterns import SchemaValidator

WAIVER = (
    'waivers:\n- {control_id: "BKP-COV-001%s", account: "111122223333%s", reason: because, approved_by: me, '
    'expires: "2026-03-01%s", subject: "arn:aws:ec2:*:111122223333:volume/vol-1"}\n'
)
ENDS = [("", "", ""), (r"\n", "", ""), ("", r"\n", ""), ("", "", r"\n")]


@pytest.mark.parametrize("ends", ENDS, ids=["plain", "control", "account", "day"])
def test_a_line_feed_at_the_end_is_no_part_of_a_name(ends: tuple[str, str, str]) -> None:
    """Of a waiver: Python's `$` would let it pass."""
    document = parse(WAIVER % ends, "w.yaml")
    schema = shipped_schemas()[0]["waivers"]
    if not any(ends):
        document.check(schema)
        return

    with pytest.raises(UsageError, match=r"^w\.yaml:2: "):
        document.check(schema)


@pytest.mark.parametrize(
    ("pattern", "admitted", "refused"),
    [
        ("^[0-9]{12}$", ["111122223333"], ["111122223333\n", "\n111122223333", "11112222333\u0663", ""]),
        (r"^\w$", ["a", "_"], ["a\n", "\u00e4", "\u0663"]),
        (r"^(?:own|https?://[^\s]+)$", ["own", "http://a"], ["own\n", "http://a b", "http://\u00a0"]),
        (r"^a\$$", ["a$"], ["a", "a$\n"]),
        ("^([0-9]{12})?$", ["", "111122223333"], ["\n"]),
    ],
)
def test_a_pattern_means_what_the_specification_says(
    pattern: str, admitted: list[str], refused: list[str]
) -> None:
    """Of a value and of a key."""
    for schema in ({"pattern": pattern}, {"propertyNames": {"pattern": pattern}}):
        validator = SchemaValidator(schema)
        shown: dict[bool, list[Any]] = {True: [], False: []}
        for text in (*admitted, *refused):
            shown[validator.is_valid({text: 1} if "propertyNames" in schema else text)].append(text)
        assert (shown[True], shown[False]) == (admitted, refused)
    assert first_fault(refused[0], {"pattern": pattern}, lambda _: 1, secret=False) is not None


def test_settings_take_no_account_with_a_line_feed(tmp_path: Path) -> None:
    """Nor a Region; without it they do."""
    file = tmp_path / "auditor.yaml"
    for text, good in [('"111122223333"', True), ('"111122223333\\n"', False)]:
        file.write_text(f"accounts: [{text}]\n")
        if good:
            read_file(file)
            continue
        with pytest.raises(UsageError, match=r"auditor\.yaml:1: "):
            read_file(file)


@pytest.mark.parametrize(
    ("data", "line", "byte"),
    [
        (b"a: 1\nb: \xe9\n", 2, 8),
        (b"\xff\xfea", 1, 0),
        (b"a: 1\r\nb: 1\rc: \xe9\n", 3, 14),
        (b"a: 1\n\xe9", 2, 5),
    ],
)
def test_what_is_no_utf_8_is_told_by_its_line(tmp_path: Path, data: bytes, line: int, byte: int) -> None:
    """In a file of ours, and in an input of a check."""
    file = tmp_path / "f.yaml"
    file.write_bytes(data)

    with pytest.raises(UsageError) as ours:
        read_document(file)
    with pytest.raises(AuditorError) as theirs:
        read_inputs((file,), Assumed())

    assert str(ours.value) == f"{file}:{line}: byte {byte} is not UTF-8; save the file as UTF-8."
    assert str(theirs.value).startswith(f"{file}:{line}: byte {byte} is not UTF-8; ")
