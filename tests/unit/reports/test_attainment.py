"""Attainment by account and day: who is worst, on which days, and what is not known."""

import dataclasses
import gettext
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reports.attainment import by_day
from reports.document import AuditDocument
from reports.pdf_job import job
from reports.render_html import html
from reports.words import Words
from tests.unit.reports.test_periods import resource, slot, write

WORDS = Words(gettext.NullTranslations(), "en")
ONE, TWO, NOBODY = "200000000001", "200000000002", "999999999999"


def of(account: str, day: int, *states: str) -> list[dict[str, Any]]:
    """Slots of an account on a day of the sample's period, the first is 10 January."""
    row = slot((account, "eu-central-1", f"arn:{account}"), "night", 10, "MET")
    return [row | {"due": row["due"] + timedelta(days=day), "state": state} for state in states]


def found(
    document: AuditDocument, folder: Path, slots: list[dict[str, Any]], limit: int = 9
) -> dict[str, Any]:
    """The rows of some slots; one resource of the first account is not known."""
    known = [
        resource((ONE, "", "arn:1")),
        resource((ONE, "", "arn:2"), slots_expected=3),
        resource((TWO, "", "arn:3"), slots_expected=0),
    ]
    return by_day(document, write(folder, known, slots), {ONE: "first"}, WORDS, limit)


def test_the_worst_account_is_first_and_names_its_worst_days(sample: AuditDocument, tmp_path: Path) -> None:
    """Absorbed counts as made, late does not, and what is not over yet does not count."""
    slots = [
        *of(TWO, 0, "MET", "ABSORBED"), *of(ONE, 0, "MET", "MISSED"), *of(ONE, 1, "MET", "MET", "LATE"),
        *of(ONE, 29, "PENDING", "FAILED"), *of(TWO, 3, "PENDING"),
    ]  # fmt: skip
    first, second = found(sample, tmp_path, slots)["shown"]
    assert (first["id"], first["name"], first["said"], first["unknown"]) == (
        ONE,
        "first",
        "50.0 % of 6 backups",
        1,
    )
    assert first["days"] == ["2026-02-08 0.0 %", "2026-01-10 50.0 %", "2026-01-11 66.6 %"]
    assert (second["id"], second["said"], second["days"], second["unknown"]) == (
        TWO,
        "100.0 % of 2 backups",
        [],
        0,
    )


def test_a_cell_is_as_full_as_its_day_was_bad(sample: AuditDocument, tmp_path: Path) -> None:
    """A shape, so that no colour is needed; a day without slots has no cell, and one of many is seen."""
    slots = [
        *of(ONE, 0, "MET"),
        *of(ONE, 1, "MISSED"),
        *of(ONE, 2, "MISSED", "MET"),
        *of(ONE, 9, *["MET"] * 99, "LATE"),
    ]
    (row,) = found(sample, tmp_path, slots)["shown"]
    frames, fills = (re.search(f't-{name}" d="([^"]+)"', row["svg"]) for name in ("day", "lost"))
    assert frames
    assert fills
    assert frames[1].count("M") == 4
    assert re.findall(r"v-([\d.]+)h", fills[1]) == ["12.0", "6.0", "1.5"]
    assert f"<title>{row['said']};" in row["svg"]


@pytest.mark.parametrize(("bad", "more"), [(3, 0), (4, 1)])
def test_three_days_are_named_and_the_rest_is_counted(
    sample: AuditDocument, tmp_path: Path, bad: int, more: int
) -> None:
    """On both sides."""
    slots = [one for day in range(bad) for one in of(ONE, day, "MISSED")]
    (row,) = found(sample, tmp_path, slots)["shown"]
    assert (len(row["days"]), row["more"]) == (3, more)


@pytest.mark.parametrize(("limit", "rest"), [(2, 0), (1, 1)])
def test_accounts_that_are_not_shown_are_counted(
    sample: AuditDocument, tmp_path: Path, limit: int, rest: int
) -> None:
    """And those that have no row, as nothing was due in them or nobody knows."""
    told = found(sample, tmp_path, [*of(ONE, 0, "MET"), *of(NOBODY, 0, "MISSED")], limit)
    left_out = sum(bool(one.get("left_out")) for one in sample.run.accounts)
    assert (told["shown"][0]["id"], told["count"], told["rest"]) == (NOBODY, 2, rest)
    assert told["without"] == len(sample.run.accounts) - left_out - 1


def test_a_long_period_has_cells_of_several_days(sample: AuditDocument, tmp_path: Path) -> None:
    """At most 62, and the page says how long one is."""
    start = datetime.fromisoformat(sample.run.period_start).astimezone(UTC)
    end = f"{start + timedelta(days=63):%Y-%m-%dT%H:%M:%SZ}"
    document = dataclasses.replace(sample, run=dataclasses.replace(sample.run, period_end=end))
    told = found(document, tmp_path, [*of(ONE, 0, "MET"), *of(ONE, 1, "MISSED"), *of(ONE, 62, "MISSED")])
    assert (told["days"], told["shown"][0]["days"]) == (2, ["2026-03-13 0.0 %", "2026-01-10 50.0 %"])
    assert "A cell is 2 days." in html(document, WORDS, tmp_path)


def test_without_slots_that_are_over_there_is_no_picture(sample: AuditDocument, tmp_path: Path) -> None:
    """An older run, one in which nothing was due, and one in which nothing is over."""
    assert by_day(sample, tmp_path, {}, WORDS, 9) == by_day(sample, None, {}, WORDS, 9) == {}
    assert found(sample, tmp_path, []) == found(sample, tmp_path, of(ONE, 0, "PENDING")) == {}


def test_page_and_pdf_have_it(sample: AuditDocument, tmp_path: Path) -> None:
    """With the words beside each row."""
    found(sample, tmp_path, of(ONE, 0, "MISSED", "MET"))
    for page in (html(sample, WORDS, tmp_path), job(sample, WORDS, tmp_path)["editions"][0]):
        assert "50.0 % of 2 backups; lowest on 2026-01-10 50.0 %" in page
