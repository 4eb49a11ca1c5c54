"""A resource's period as a picture, and the words that say the same."""

import gettext
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from reports import strips
from reports.periods import STATES, ResourcePeriod, RulePeriod
from reports.words import Words

WORDS = Words(gettext.NullTranslations(), "en")
START, END = "2026-01-10T00:00:00Z", "2026-02-09T00:00:00Z"
GAP = ("2026-01-19T01:00:00Z", "2026-01-22T01:00:00Z")


def rule(states: Sequence[str], *, hours: float = 24, name: str = "night") -> RulePeriod:
    """A rule whose slots are due every so many hours from 01:00 of the first day."""
    first = datetime(2026, 1, 10, 1, tzinfo=UTC)
    due = [int((first + timedelta(hours=hours * n)).timestamp() * 1_000) for n in range(len(states))]
    codes = [STATES.index(state) for state in states]
    return RulePeriod("gold", name, np.array(due, np.int64), np.array(codes, np.int8))


def period(*rules: RulePeriod, **members: Any) -> ResourcePeriod:
    """A period of tier gold with the counts of its rules, and a gap of 72 hours."""
    every = [STATES[state] for one in rules for state in one.states]
    counts = {state: every.count(state) for state in STATES} | {"expected": len(every)}
    given: dict[str, Any] = {"tier": "gold", "counts": counts, "gap_hours": 72.0, "at_most": 72.0, "gap": GAP}
    return ResourcePeriod(**(given | {"rules": rules} | members))


def drawn(one: ResourcePeriod, tiers: dict[str, float] | None = None) -> dict[str, Any]:
    """Its strip, where tier gold allows 26 hours."""
    return strips.strip(one, START, END, {"gold": 26.0} if tiers is None else tiers, WORDS)


def marks(svg: str) -> dict[str, int]:
    """How many marks of each kind a picture has: a mark begins where the pen is set, a cross has one more."""
    found: dict[str, int] = {}
    for name, path in re.findall(r'<path class="t-(\w+)" d="([^"]+)"', svg):
        found[name] = found.get(name, 0) + path.count("M")
    return {name: count for name, count in found.items() if name in STATES}


def test_each_state_has_a_shape_of_its_own() -> None:
    """Without its colour and its place, no mark is like another."""
    shapes = {re.sub(r"<title>.*</title>|t-\w+|#\w+", "", str(shape)) for shape, _ in strips.key(WORDS)}
    assert len(shapes) == len(STATES) + 2


def test_every_expected_backup_has_a_mark_and_the_words_say_as_many() -> None:
    """One a night; what was not met is named by its time."""
    states = ["MET"] * 9 + ["MISSED", "FAILED", "LATE", "ABSORBED"] + ["MET"] * 16 + ["PENDING"]
    strip = drawn(period(rule(states)))

    assert marks(strip["svg"]) == {
        "MET": 25,
        "MISSED": 1,
        "FAILED": 1,
        "LATE": 1,
        "ABSORBED": 1,
        "PENDING": 1,
    }
    assert strip["said"] == [
        (
            "30 backups were due: 25 made in time, 1 late, 1 never started, 1 failed, "
            "1 covered by another rule, 1 not over yet."
        ),
        (
            "Longest time without a usable recovery point: 72 h, 2026-01-19 01:00:00 UTC to "
            "2026-01-22 01:00:00 UTC."
        ),
        "Tier gold allows 26 h.",
    ]
    assert strip["unmet"] == [
        "2026-01-19 01:00 missed: no job", "2026-01-20 01:00 failed", "2026-01-21 01:00 made late",
    ]  # fmt: skip
    assert (strip["more"], strip["marks"], strip["rows"]) == (0, "", ["gold / night"])
    assert "<title>30 backups were due: 25 made in time" in strip["svg"]


def test_gap_and_rpo_are_drawn_on_one_scale() -> None:
    """A day is as wide for both: 72 hours and 26 hours from the same place."""
    svg = drawn(period(rule(["MET"] * 30)))["svg"]
    day = 350 / 30
    gap = re.search(r't-gap" d="M([\d.]+) 17v6M[\d.]+ 20H([\d.]+)M', svg)
    rpo = re.search(r't-rpo" d="M([\d.]+) 24H([\d.]+)v4H[\d.]+z"', svg)
    assert gap
    assert rpo
    assert float(gap[2]) - float(gap[1]) == pytest.approx(3 * day, abs=0.15)
    assert float(rpo[1]) - float(rpo[2]) == pytest.approx(26 / 24 * day, abs=0.15)
    assert gap[1] == rpo[2]


def test_what_is_longer_than_the_period_is_open_at_its_end() -> None:
    """A gap that began before it has no mark there, and a longer RPO does not end."""
    before = "2026-01-01T00:00:00Z"
    svg = drawn(period(gap=(before, GAP[1])), {"gold": 1_000.0})["svg"]
    assert re.search(r't-gap" d="M5 20H[\d.]+M[\d.]+ 17v6"', svg)
    assert re.search(r't-rpo" d="M355 24H5v4H355"', svg)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"counts": None}, "How many backups were due is not known."),
        ({"counts": {"expected": 0}}, "No backup was due."),
        ({"gap_hours": None}, "How long it was without a usable recovery point is not known."),
        ({"gap": ("", "")}, "Longest time without a usable recovery point: 72 h."),
    ],
)
def test_what_is_not_known_is_said(members: dict[str, Any], said: str) -> None:
    """Never as nothing, nor as a pass."""
    assert said in drawn(period(rule(["MET"]), **members))["said"]


def test_what_the_gap_may_have_been_is_said_beside_what_was_proven() -> None:
    """Where recovery points are gone whose time nobody knows."""
    said = drawn(period(at_most=96.5, gap=("", "")))["said"][1]
    assert said == "Longest time without a usable recovery point: 72 h; it may have been 96.5 h."


def test_without_slots_and_gap_there_is_no_picture() -> None:
    """Its words stand alone; a tier without an RPO has none in them."""
    strip = drawn(period(counts=None, gap_hours=None, gap=("", "")), {})
    assert (strip["svg"], len(strip["said"])) == ("", 2)


@pytest.mark.parametrize(
    ("hours", "number", "said"), [(24, 30, ""), (12, 60, ""), (6, 120, "a mark is 12 hours")]
)
def test_a_mark_has_the_worst_of_its_slots(hours: int, number: int, said: str) -> None:
    """Where there are more than 62, and the words say so; nothing is left out of them."""
    states = ["MET"] * number
    states[number // 2] = "FAILED"
    strip = drawn(period(rule(states, hours=hours)))
    assert marks(strip["svg"]) == {"MET": min(number, 60) - 1, "FAILED": 1}
    assert strip["marks"] == said
    assert strip["said"][0] == f"{number} backups were due: {number - 1} made in time, 1 failed."


@pytest.mark.parametrize(("count", "rest"), [(4, 0), (5, 1)])
def test_four_rules_have_a_row_and_the_rest_is_counted(count: int, rest: int) -> None:
    """Names come from AWS: what is hidden in them is shown."""
    strip = drawn(period(*(rule(["MET"], name=f"{n}\u202e") for n in range(count))))
    assert strip["rows"] == [f"gold / {n}\\u202E" for n in range(4)]
    assert (strip["rows_rest"], marks(strip["svg"])) == (rest, {"MET": 4})
    assert 'viewBox="0 0 360 75"' in strip["svg"]


@pytest.mark.parametrize(("missed", "more"), [(6, 0), (7, 1)])
def test_six_times_are_named_and_the_rest_is_counted(missed: int, more: int) -> None:
    """Of all rules together, the first in time."""
    strip = drawn(period(rule(["MISSED"] * missed)))
    assert (len(strip["unmet"]), strip["more"]) == (6, more)


def test_a_strip_stays_small() -> None:
    """Sixty marks of the widest shape in each of four rows."""
    states = ["MISSED", "LATE", "FAILED"] * 20
    strip = drawn(period(*(rule(states, hours=12, name=str(n)) for n in range(4))))
    assert len(strip["svg"]) < 8_000
