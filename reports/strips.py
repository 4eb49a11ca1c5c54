"""A resource's period as a picture: the backups that were due, by shape and colour, the worst gap, the RPO.

A strip has no words inside: they stand below it, and say all that it shows.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from reports import evidence
from reports.periods import STATES, ResourcePeriod, RulePeriod
from reports.populations import WORDS
from reports.protection import protection
from reports.text import clean, clip
from reports.words import Words

_HOUR_MS: Final = 3_600_000
#: Hours of a mark; the first of which the period has no more than `_MARKS` is taken.
_CELLS: Final = (1, 2, 3, 4, 6, 12, 24, 48, 168, 336, 672)
_MARKS: Final = 62
#: The picture's units: its width, what is free beside it, the height of a rule's row and of what is below.
_WIDE: Final = 360.0
_EDGE: Final = 5.0
_ROW: Final = 15.0
_BELOW: Final = 15.0
#: The least width of a day that has a tick.
_DAY: Final = 2.5
_RULES: Final = 4
_UNMET: Final = 6
#: Colours on paper; a page with style sheets may have its own. All are 3:1 against white.
_INK: Final = {
    "FAILED": "#b42318", "MISSED": "#b42318", "LATE": "#925400", "PENDING": "#535d6b",
    "ABSORBED": "#1a6e42", "MET": "#1a6e42",
}  # fmt: skip


def strip(
    period: ResourcePeriod, start: str, end: str, tiers: Mapping[str, float], words: Words
) -> dict[str, Any]:
    """Return the picture and what it shows in words: `svg`, `said`, `rows`, `unmet` and `more`.

    `svg` is "" where nothing is to be drawn. `start` and `end` are the audited period (RFC 3339, UTC),
    `tiers` the RPO of each tier in hours.
    """
    first, last = _ms(start), _ms(end)
    rpo = tiers.get(period.tier)
    said = [_due(period, words), *_gap(period, rpo, words), *protection(period, words)]
    unmet = [line for rule in period.rules for line in _unmet(rule)]
    unmet.sort()
    shown = period.rules[:_RULES]
    drawn = last > first and (shown or _gap_ends(period))
    return {
        "svg": _svg(period, first, last, rpo, words.text("{said} The text below has the data.", said=said[0]))
        if drawn
        else "",
        "said": [clean(line) for line in said],
        "marks": words.plural("a mark is {n} hour", "a mark is {n} hours", _hours(first, last))
        if drawn and any(_merged(rule, first, last) for rule in shown)
        else "",
        "rows": [clean(f"{clip(rule.plan, 60)} / {clip(rule.rule, 60)}") for rule in shown],
        "rows_rest": len(period.rules) - len(shown),
        "unmet": [f"{_time(due)} {words.text(WORDS[STATES[state]])}" for due, state in unmet[:_UNMET]],
        "more": max(0, len(unmet) - _UNMET),
        "from": words.day(start),
        "to": words.day(end),
    }


def key(words: Words) -> list[tuple[Markup, str]]:
    """Return the shapes and what each means, in the order of the words of slots, then gap and RPO."""
    shapes = [
        (_sample(_mark(state, 6.0, 7.5, 4.0), words.text(said)), words.text(said))
        for state, said in WORDS.items()
        if state in STATES
    ]
    gap = _path("gap", _gap_bar(2, 22, 7.5, open_=False), "#14181f", 2.4)
    rpo = _path("rpo", _rpo_bar(2, 22, 7.5, open_=False), "#14181f", 1.0)
    for drawn, said in (
        (gap, words.text("longest time without a usable recovery point")),
        (rpo, words.text("longest time that the tier allows (RPO)")),
    ):
        shapes.append((_sample(drawn, said, 24), said))
    return shapes


def _sample(drawn: str, said: str, wide: int = 12) -> Markup:
    return Markup(
        '<svg class="shape" viewBox="0 0 {} 15" width="{}" height="15" aria-hidden="true"><title>{}</title>{}'
        "</svg>"
    ).format(wide, wide, said, Markup(drawn))  # noqa: S704 - drawn here, of numbers


def _due(period: ResourcePeriod, words: Words) -> str:
    if period.counts is None:
        return words.text("How many backups were due is not known.")
    if not period.counts["expected"]:
        return words.text("No backup was due.")
    counts = {state.lower(): count for state, count in period.counts.items()}
    return words.plural(
        "{n} backup was due: {told}.", "{n} backups were due: {told}.", period.counts["expected"],
        told=evidence.became(counts, words),
    )  # fmt: skip


def _gap(period: ResourcePeriod, rpo: float | None, words: Words) -> Iterator[str]:
    """Give the sentences on the worst gap: what was proven, what it may have been, what the tier allows."""
    if period.gap_hours is None:
        yield words.text("How long it was without a usable recovery point is not known.")
        return
    said = words.text("Longest time without a usable recovery point: {n} h", n=_hour(period.gap_hours))
    if all(period.gap):
        said = words.text("{said}, {span}", said=said, span=words.span(*period.gap))
    if period.at_most is not None and period.at_most > period.gap_hours:
        said = words.text("{said}; it may have been {n} h", said=said, n=_hour(period.at_most))
    yield words.text("{said}.", said=said)
    if rpo is not None:
        yield words.text("Tier {tier} allows {n} h.", tier=clip(period.tier, 60), n=_hour(rpo))


def _unmet(rule: RulePeriod) -> list[tuple[int, int]]:
    bad = np.flatnonzero(rule.states < STATES.index("PENDING"))
    return list(zip(rule.due[bad].tolist(), rule.states[bad].tolist(), strict=True))


def _hours(first: int, last: int) -> int:
    """Return how many hours one mark stands for."""
    for hours in _CELLS:
        if (last - first) <= hours * _HOUR_MS * _MARKS:
            return hours
    return -(-(last - first) // (_HOUR_MS * _MARKS))


def _merged(rule: RulePeriod, first: int, last: int) -> bool:
    """Return whether a mark stands for several slots."""
    cells = (rule.due - first) // (_hours(first, last) * _HOUR_MS)
    return len(np.unique(cells)) < len(cells)


def _svg(period: ResourcePeriod, first: int, last: int, rpo: float | None, title: str) -> Markup:
    shown = period.rules[:_RULES]
    rows = max(1, len(shown))
    base = rows * _ROW
    gap = _gap_ends(period)
    parts = [_axis(first, last, base)]
    if gap:
        parts.append(_band(gap, first, last, base))
    for number, rule in enumerate(shown):
        parts += _row(rule, first, last, number * _ROW + _ROW / 2)
    if gap:
        left, right = (_x(end, first, last) for end in gap)
        parts.append(_path("gap", _gap_bar(left, right, base + 5, open_=gap[0] < first), "#14181f", 2.4))
    if rpo is not None:
        start = max(first, gap[0] if gap else first)
        end = start + rpo * _HOUR_MS
        bar = _rpo_bar(_x(start, first, last), _x(end, first, last), base + 11, open_=end > last)
        parts.append(_path("rpo", bar, "#14181f", 1.0))
    drawn = Markup("".join(parts))  # noqa: S704 - drawn here, of numbers
    return Markup('<svg class="strip" viewBox="0 0 {} {}" role="img"><title>{}</title>{}</svg>').format(
        _number(_WIDE), _number(base + _BELOW), clean(title), drawn
    )


def _row(rule: RulePeriod, first: int, last: int, middle: float) -> Iterator[str]:
    """Give the marks of one rule: a cell of the period has the worst of its slots."""
    cells = (rule.due - first) // (_hours(first, last) * _HOUR_MS)
    _, starts, counts = np.unique(cells, return_index=True, return_counts=True)
    if not len(starts):
        return
    worst = np.minimum.reduceat(rule.states, starts)
    places = _places(np.add.reduceat(rule.due - first, starts) / counts, last - first)
    apart = float(np.diff(places).min()) if len(places) > 1 else _WIDE
    half = min(4.0, max(1.7, 0.4 * apart))
    for number, state in enumerate(STATES):
        marks = [_shape(state, place, middle, half) for place in places[worst == number].tolist()]
        if marks:
            yield _painted(state, "".join(marks), half)


def _mark(state: str, x: float, y: float, half: float) -> str:
    return _painted(state, _shape(state, x, y, half), half)


def _shape(state: str, x: float, y: float, half: float) -> str:
    """Return a mark around a place: each state has a shape of its own, so that no colour is needed."""
    n, wide, tall = _number, _number(2 * half), 9
    if state == "MET":  # a full bar
        return f"M{n(x)} {n(y - tall / 2)}v{tall}"
    if state == "ABSORBED":  # a short bar
        return f"M{n(x)} {n(y - 2)}v4"
    if state == "LATE":  # an arrow to the right
        return f"M{n(x - half)} {n(y - 4.5)}l{wide} 4.5-{wide} 4.5z"
    if state == "MISSED":  # an empty box
        return f"M{n(x - half)} {n(y - 4.5)}h{wide}v9h-{wide}z"
    if state == "FAILED":  # a cross
        return f"M{n(x - half)} {n(y - 4.5)}l{wide} 9m0-9l-{wide} 9"
    return f"M{n(x - half)} {n(y)}h{wide}"  # not over yet: a dash


def _painted(state: str, drawn: str, half: float) -> str:
    width = {"MET": 1.3 * half, "ABSORBED": 0.8 * half, "FAILED": min(2.0, 0.6 * half)}.get(state, 1.2)
    return _path(state, drawn, _INK[state], width, fill=_INK[state] if state == "LATE" else "none")


def _path(name: str, drawn: str, ink: str, width: float, fill: str = "none") -> str:
    return (
        f'<path class="t-{name}" d="{drawn}" fill="{fill}" stroke="{ink}" stroke-width="{_number(width)}"/>'
    )


def _axis(first: int, last: int, base: float) -> str:
    """Return the line of time with a tick a day, where a day is wide enough to be seen."""
    n, end = _number, _WIDE - _EDGE
    line = _path("axis", f"M{n(_EDGE)} {n(base)}H{n(end)}", "#535d6b", 0.6)
    day = (_WIDE - 2 * _EDGE) * 24 * _HOUR_MS / (last - first)
    if day < _DAY:
        return line
    ticks = _path("axis", f"M{n(_EDGE - 0.3)} {n(base + 1)}H{n(end + 0.3)}", "#535d6b", 2)
    return line + ticks.replace("/>", f' stroke-dasharray="0.6 {day - 0.6:.3f}"/>')


def _band(gap: tuple[int, int], first: int, last: int, base: float) -> str:
    left, right = (_number(_x(end, first, last)) for end in gap)
    return f'<path class="t-band" d="M{left} 0H{right}V{_number(base)}H{left}z" fill="#e2e6eb"/>'


def _gap_bar(left: float, right: float, y: float, *, open_: bool) -> str:
    """Return a full bar with an end at each side; without the left one where it began before the period."""
    tick = "" if open_ else f"M{_number(left)} {_number(y - 3)}v6"
    return f"{tick}M{_number(left)} {_number(y)}H{_number(right)}M{_number(right)} {_number(y - 3)}v6"


def _rpo_bar(left: float, right: float, y: float, *, open_: bool) -> str:
    """Return an empty bar; open at the right where it is longer than what is left of the period."""
    n = _number
    return f"M{n(right)} {n(y - 2)}H{n(left)}v4H{n(right)}{'' if open_ else 'z'}"


def _gap_ends(period: ResourcePeriod) -> tuple[int, int] | None:
    return (_ms(period.gap[0]), _ms(period.gap[1])) if all(period.gap) and period.gap_hours else None


def _x(at: float, first: int, last: int) -> float:
    share = (min(max(at, first), last) - first) / (last - first)
    return _EDGE + share * (_WIDE - 2 * _EDGE)


def _places(since: NDArray[np.float64], span: int) -> NDArray[np.float64]:
    return _EDGE + np.clip(since / span, 0, 1) * (_WIDE - 2 * _EDGE)


def _ms(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1_000)


def _time(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1_000, UTC):%Y-%m-%d %H:%M}"


def _hour(hours: float) -> str:
    return f"{hours:,.2f}".rstrip("0").rstrip(".")


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
