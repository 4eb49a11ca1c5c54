"""What a change makes of a run, as parts of the format `markdown`."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from auditor.check.difference import Way
from auditor.check.formats.words import (
    against_line,
    counted,
    explanation,
    further_protection,
    harmless,
    held,
    verdict_word,
    ways_line,
)
from reports.text import CONTROL_ID, code_span, utf16_length

if TYPE_CHECKING:
    from auditor.check.difference import Difference, ProtectionChange, VerdictChange

#: Rows of the table and their characters, sentences that are named, and characters of what is folded.
_ROWS: Final = 20
_TABLE: Final = 12_000
_NAMED: Final = 5
_FOLDED: Final = 12_000
_EXPLAINED: Final = 3


def changes_much(difference: "Difference") -> bool:
    """Whether somebody must read on: who only gains, or is asked and meets it, is no trouble."""
    quiet = {Way.GAINS, Way.ASKED, Way.WAIVED}
    loud = any(change.way not in quiet for change in difference.changes)
    return (
        loud
        or bool(difference.failing or difference.unmapped)
        or any(one.way != "other" for one in difference.protection)
    )


def run_table(difference: "Difference") -> list[str]:
    """The worst changes, a row each, below a line of what was compared."""
    rows = [*map(_row, difference.changes), *map(_promised, further_protection(difference))]
    shown, room = [], _TABLE
    for row in rows[:_ROWS]:
        room -= utf16_length(row)
        if room < 0:
            break
        shown.append(row)
    more = len(rows) - len(shown)
    head = ["| what | control | subject | before | after |", "|---|---|---|---|---|"]
    return [
        f"**{_code(against_line(difference).rstrip(':'), 300)}**: {ways_line(difference)}.",
        "",
        *_sentences("Fails", difference.failing),
        *_sentences("Not held against it", difference.unmapped),
        *([""] if difference.failing or difference.unmapped else []),
        *([*head, *shown, ""] if shown else []),
        *([f"And {more:,} more; json has all of them.", ""] if more else []),
    ]


def run_details(difference: "Difference") -> list[str]:
    """Why the worst ones change, and how what is declared was found."""
    lines = [f"**Of {_code(difference.run, 200)}**", ""]
    room, mended = _FOLDED, set[str]()
    for change in difference.changes[:_ROWS]:
        told = [*_reasons(change, mended)] if change.way in (Way.LOSES, Way.UNKNOWN) else []
        room -= utf16_length("".join(told))
        if room < 0:
            lines.append("- And more; json has all of them.")
            break
        lines += told
    lines += _sentences("Matched", difference.matched)
    if difference.only_later:
        lines.append(f"- Not asked, for only time can tell: {_code(', '.join(difference.only_later), 400)}")
    return [*lines, ""]


def _sentences(label: str, said: Sequence[str]) -> list[str]:
    """The first ones, and how many more there are."""
    lines = [f"- {label}: {_code(one, 300)}" for one in said[:_NAMED]]
    more = len(said) - _NAMED
    return [*lines, *([f"- {label}: {counted(more, 'more sentence')}."] if more > 0 else [])]


def _row(change: "VerdictChange") -> str:
    return _cells(
        (
            f"{change.way}, {change.severity}",
            _code(change.control_id, CONTROL_ID),
            _code(held(change.subject), 200),
            verdict_word(change.before),
            verdict_word(change.after),
        )
    )


def _promised(change: "ProtectionChange") -> str:
    befores, afters = (
        _code("; ".join(f"{one.name} {text}" for one, text in zip(change.aspects, texts, strict=True)), 160)
        for texts in ([one.before for one in change.aspects], [one.after for one in change.aspects])
    )
    return _cells((change.way, "plans", _code(held(change.subject), 200), befores, afters))


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _reasons(change: "VerdictChange", mended: set[str]) -> Iterator[str]:
    yield f"- {_code(change.control_id, CONTROL_ID)} {_code(held(change.subject), 200)}"
    if change.way is Way.LOSES and change.control_id not in mended:
        fix = _code(change.fix.replace("`", "'"), 600)
        yield f"  - Fix: {fix}"
        mended.add(change.control_id)
    for reason in change.reasons[:_NAMED]:
        yield f"  - {_code(reason.message, 400)}"
        yield from (f"    - {_code(one, 300)}" for one in explanation(reason.evidence)[:_EXPLAINED])
    for one in change.affected[:_NAMED]:
        yield f"  - Protects {_code(held(one), 200)}"
    more = len(change.affected) - _NAMED
    if more > 0:
        yield f"  - And protects {counted(more, 'more resource')}."


def _code(text: str, limit: int) -> str:
    return code_span(harmless(text, limit), limit)
