import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import charts
from reports.bars import parts
from reports.document import VERDICTS


def test_no_bar_shows_findings_as_nothing() -> None:
    """One finding among a hundred thousand is as wide as can be seen, and the bar no longer for it."""
    (bad, good) = parts({"NON_COMPLIANT": 1, "COMPLIANT": 99_999}, 100_000)
    assert bad == ("NON_COMPLIANT", 0.0, 0.015)
    assert good[:2] == ("COMPLIANT", 0.015)
    assert good[2] == pytest.approx(0.985)


@pytest.mark.parametrize(("count", "width"), [(14, 0.015), (15, 0.015), (16, 0.016)])
def test_what_can_be_seen_is_as_wide_as_it_is(count: int, width: float) -> None:
    """At the least width and on both sides of it."""
    assert parts({"WAIVED": count, "COMPLIANT": 1_000 - count}, 1_000)[0][2] == pytest.approx(width)


def test_nothing_is_no_part() -> None:
    """A count of 0 and a bar of nothing have no width."""
    assert parts({"ERROR": 0, "COMPLIANT": 3}, 3) == [("COMPLIANT", 0.0, 1.0)]
    assert parts({}, 7) == []


@given(st.dictionaries(st.sampled_from(VERDICTS), st.integers(0, 10**6)), st.integers(1, 9))
def test_parts_lie_side_by_side_within_the_bar(counts: dict[str, int], longer: int) -> None:
    """In the order of verdicts, each at least as wide as can be seen, none beyond the whole."""
    full = max(1, sum(counts.values())) * longer
    placed = parts(counts, full)
    assert [verdict for verdict, _, _ in placed] == [verdict for verdict in VERDICTS if counts.get(verdict)]
    end = 0.0
    for _, start, width in placed:
        assert start == pytest.approx(end)
        assert width >= 0.015 - 1e-9
        end = start + width
    assert end <= 1 + 1e-9
    if longer == 1 and placed:
        assert end == pytest.approx(1)


def _grey(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2), as a grey print or eye has it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def _bars_of(sheet: str) -> list[dict[str, str]]:
    """The colours of the bars of each scheme: light, dark, print."""
    blocks = re.split(r"@media \((?=prefers-color-scheme)|@media print", sheet)
    return [dict(re.findall(r"--bar-(\w+): (#\w{6})", block)) for block in blocks]


def test_verdicts_stay_apart_in_grey() -> None:
    """Each pair by a quarter at least, in both schemes, in print and in the charts of the PDF."""
    styles = Path(charts.__file__).parent / "styles"
    light, dark, *rest = _bars_of((styles / "report.css").read_text(encoding="utf-8"))
    chips = dict(
        re.findall(r"\.chip\.v-(\w+) { color: (#\w{6})", (styles / "pdf.css").read_text(encoding="utf-8"))
    )
    assert [one for one in rest if one] == [light]
    assert light == charts.COLOURS == chips
    for scheme in (light, dark):
        greys = sorted(_grey(scheme[verdict]) + 0.05 for verdict in VERDICTS)
        assert min(after / before for before, after in itertools.pairwise(greys)) > 1.25
