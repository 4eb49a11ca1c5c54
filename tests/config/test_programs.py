"""The table of the options of programs: names, kinds, defaults."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from auditor.config.program_option import PROGRAMS
from auditor.config.programs import OPTIONS, SHARED
from auditor.config.table import BY_NAME, KEYS

DAY = datetime(2026, 2, 9, tzinfo=UTC)

#: For each kind that the settings do not have: what it makes of a text, on both sides of each boundary.
TAKEN: list[tuple[str, str, Any]] = [
    ("day", "2026-02-09", DAY),
    ("day", "2000-01-01", datetime(2000, 1, 1, tzinfo=UTC)),
    ("day", "9000-12-31", datetime(9000, 12, 31, tzinfo=UTC)),
    ("moment_or_now", "now", "now"),
    ("moment_or_now", "2026-02-08", DAY),
    ("mount", "fs-1=/mnt/a=b", ("fs-1", Path("/mnt/a=b"))),
    ("counts", "EBS=1, S3 = 1000000", {"EBS": 1, "S3": 1_000_000}),
    ("words", "a b", "a b"),
    ("link", "https://a", "https://a"),
]
REFUSED = [
    ("day", "1999-12-31"),
    ("day", "9001-01-01"),
    ("day", "2026-02-30"),
    ("day", "20260209"),
    ("moment_or_now", "then"),
    ("mount", "fs-1=mnt"),
    ("mount", "vol-1=/mnt"),
    ("mount", "fs-1"),
    ("counts", "EBS"),
    ("counts", "EBS=0"),
    ("counts", "EBS=1000001"),
    ("counts", "EBS=1,"),
    ("words", ""),
    ("link", "https://"),
    ("link", "https://a b"),
    ("link", "http://a"),
    ("link", "javascript:alert(1)"),
]

ROW_OF = {
    "day": "AUDITOR_EXECUTOR_SIMULATE_START",
    "moment_or_now": "AUDITOR_EXECUTOR_UNTIL",
    "mount": "AUDITOR_EXECUTOR_MOUNT",
    "counts": "AUDITOR_EXECUTOR_SIMULATE_RESOURCES",
    "words": "AUDITOR_EXECUTOR_DATABASE",
    "link": "AUDITOR_RUN_TASK_DETAILS_URL",
}
BY_VARIABLE = {row.variable: row for row in OPTIONS}


@pytest.mark.parametrize(("kind", "text", "value"), TAKEN)
def test_what_a_kind_makes_of_a_text(kind: str, text: str, value: object) -> None:
    """As the option of the table takes it."""
    found = BY_VARIABLE[ROW_OF[kind]].kind
    assert found is not None
    assert found.parse(text) == value


@pytest.mark.parametrize(("kind", "text"), REFUSED)
def test_what_a_kind_refuses(kind: str, text: str) -> None:
    """With the words that the page has."""
    found = BY_VARIABLE[ROW_OF[kind]].kind
    assert found is not None
    with pytest.raises(ValueError, match=r"^must be ") as refused:
        found.parse(text)
    assert str(refused.value) == f"must be {found.words}, not {text!r}"


def test_names_are_told_apart() -> None:
    """No variable is that of a setting or of two rows, and no former name is used again."""
    variables = [row.variable for row in OPTIONS] + [key.variable for key in KEYS]
    former = {row.former for row in OPTIONS} - {""}

    assert len(set(variables)) == len(variables)
    assert former.isdisjoint(variables)
    assert {row.program for row in OPTIONS} == set(PROGRAMS)
    assert {name for names in SHARED.values() for name in names} <= set(BY_NAME)


def test_each_default_fits_its_kind() -> None:
    """A default that the option itself would refuse cannot be."""
    for row in OPTIONS:
        if row.default is not None:
            assert row.kind is not None
            assert row.kind.parse(str(row.default)) == row.default
        assert set(row.required) <= set(row.commands)
