"""The format `terminal`: the result for people, worst first, with the lines of the file where they are known.

Text of a pull request never moves the cursor, and no line begins with what a runner takes for a command.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from auditor.check.backup_types import INSTEAD
from auditor.check.formats.base import CheckFormat, CheckSource
from auditor.check.formats.simulated import details, resources_line, simulation_line
from auditor.check.formats.words import (
    WORDS,
    against_line,
    baseline_line,
    counted,
    explanation,
    further_protection,
    harmless,
    held,
    protection,
    suggested,
    summary_line,
    verdict_word,
    ways_line,
)
from auditor.model.verdicts import Severity, Verdict

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from auditor.check.difference import Difference, VerdictChange
    from auditor.check.result import CheckEntry, CheckResult
    from auditor.check.simulated import Simulation

#: Entries that are shown; the JSON has them all.
MAX_ENTRIES: Final = 200
#: Characters of a line before it is broken.
_LONGEST: Final = 2_000
#: Sentences about selections that one entry shows.
_EXPLAINED: Final = 6
#: Lines of what is incomplete, assumed or not looked at.
_NAMED: Final = 10
_BOLD_RED: Final = "bold red"
_STYLES: Final = {Verdict.ERROR: "bold magenta", Verdict.INSUFFICIENT_DATA: "yellow", Verdict.WAIVED: "dim"}
_WAYS: Final = {"loses": _BOLD_RED, "unknown": "yellow", "gains": "green"}
#: Of which ways the reasons are shown.
_EXPLAINED_WAYS: Final = ("loses", "unknown", "waived")
_BEGINNING: Final = re.compile(r"^(\s*):(?=:)")


@dataclass(frozen=True, slots=True)
class _Line:
    """One line before it is broken: where it begins, its text, its style; one that is `fixed` is cut."""

    text: str = ""
    indent: str = ""
    style: str = ""
    fixed: bool = False
    hang: str = ""


class TerminalFormat(CheckFormat):
    """Lines of text."""

    name = "terminal"
    help = "For people: worst first, with the lines of the file where they are known."
    for_people = True
    shows_simulations = True

    def render(self, source: CheckSource) -> bytes:
        """Break the lines at the width, and colour them."""
        import io

        from rich.console import Console

        console = Console(
            file=io.StringIO(),
            width=source.width or _LONGEST,
            force_terminal=source.colour,
            color_system="standard" if source.colour else None,
            no_color=not source.colour,
            markup=False,
            highlight=False,
            emoji=False,
        )
        for line in _lines(source.result):
            for text in _broken(line, console, source.width):
                console.print(text, soft_wrap=True)
        text = console.file.getvalue()  # type: ignore[attr-defined]  # the file is a StringIO
        return str(text).encode()


def _broken(line: _Line, console: "Console", width: int | None) -> Iterator["Text"]:
    from rich.text import Text

    text = Text(harmless(line.text, _LONGEST), style=line.style)
    more = "::" in text.plain  # a beginning of a command becomes one column wider
    room = (width or _LONGEST) - len(line.indent + line.hang) - more
    if width is None or len(line.indent) + text.cell_len + more <= width:
        parts = [text]
    elif line.fixed:
        text.truncate(width - len(line.indent), overflow="ellipsis")
        parts = [text]
    else:
        parts = list(text.wrap(console, max(room, 20)))
    for number, part in enumerate(parts):
        part.rstrip()
        found = _BEGINNING.match(part.plain)
        shown = Text.assemble(found[1], ": ", part[found.end() :]) if found else part
        yield Text.assemble(line.indent + (line.hang if number else ""), shown)


def _lines(result: "CheckResult") -> Iterator[_Line]:
    from auditor.check.document import summary

    for entry in result.entries[:MAX_ENTRIES]:
        yield from _entry(entry, result)
        yield _Line()
    more = len(result.entries) - MAX_ENTRIES
    if more > 0:
        yield _Line(f"and {more} more; --format json has them all")
        yield _Line()
    yield from _first("incomplete", list(map(str, result.incomplete)), "input")
    yield from _first("for good", list(map(str, result.lasting)), "lock")
    yield from _first("assumed", result.assumed, "sentence")
    names = [f"{name} (of no format that is read)" for name in result.passed_over]
    yield from _first("not looked at", names, "file")
    kinds = [
        f"{count:,} {kind} ({INSTEAD[kind]})"
        for kind, count in result.not_looked_at.items()
        if kind in INSTEAD
    ]
    yield from _first("not looked at", kinds, "type")
    baseline = baseline_line(result)
    if baseline:
        yield _Line(f"baseline: {baseline}", hang="    ")
    yield _Line(summary_line(summary(result)), style="bold")
    if result.against is not None:
        yield _Line()
        yield from _against(result.against)
    if result.simulation is not None:
        yield _Line()
        yield from _simulated(result.simulation)


def _against(difference: "Difference") -> Iterator[_Line]:
    """What becomes of a run: who loses first, then what is not known, then who gains."""
    yield _Line(against_line(difference), style="bold")
    mended: set[str] = set()
    for change in difference.changes[:MAX_ENTRIES]:
        yield from _change(change)
        if change.way == "loses" and change.control_id not in mended:
            mended.add(change.control_id)
            yield _Line(f"fix: {change.fix}", "      ", "green", hang="  ")
    more = len(difference.changes) - MAX_ENTRIES
    if more > 0:
        yield _Line(f"and {more} more; --format json has them all", "  ")
    promised = [*further_protection(difference)]
    for one in promised[:MAX_ENTRIES]:
        style = _WAYS.get(one.way, "yellow" if one.way == "worse" else "")
        yield _Line(f"{one.way} {protection(one)}", "  ", style, hang="    ")
    more = len(promised) - MAX_ENTRIES
    if more > 0:
        yield _Line(f"and {counted(more, 'more resource')}; --format json has them all", "  ")
    yield from _first("matched", difference.matched, "sentence")
    yield from _first("fails", difference.failing, "sentence")
    yield from _first("not held against it", difference.unmapped, "sentence")
    if difference.only_later:
        named = ", ".join(difference.only_later)
        yield _Line(f"not asked, for only time can tell: {named}", hang="    ")
    yield _Line(ways_line(difference), style="bold")


def _simulated(simulation: "Simulation") -> Iterator[_Line]:
    """What the plans will do: first to whom they do nothing."""
    yield _Line(simulation_line(simulation), style="bold")
    for one in simulation.resources[:MAX_ENTRIES]:
        style = "yellow" if one.fault else _BOLD_RED if one.worst_gap_hours is None else ""
        yield _Line(resources_line(one), "  ", style, hang="    ")
        for sentence in details(one):
            yield _Line(sentence, "      ", hang="  ")
    more = len(simulation.resources) - MAX_ENTRIES
    if more > 0:
        yield _Line(f"and {more} more; --format json has them all", "  ")
    if not simulation.resources:
        yield _Line("nothing that is checked has a resource", "  ")


def _change(change: "VerdictChange") -> Iterator[_Line]:
    yield _Line(
        f"{change.way} {change.severity} {change.control_id} {held(change.subject)}: "
        f"{verdict_word(change.before)} -> {verdict_word(change.after)}",
        "  ",
        _WAYS.get(change.way, ""),
        hang="    ",
    )
    for reason in change.reasons if change.way in _EXPLAINED_WAYS else ():
        yield _Line(reason.message, "      ")
        for sentence in explanation(reason.evidence)[:_EXPLAINED]:
            yield _Line(f"- {sentence}", "        ", hang="  ")
    for one in change.affected[:_NAMED]:
        yield _Line(f"protects {held(one)}", "      ", hang="  ")
    more = len(change.affected) - _NAMED
    if more > 0:
        yield _Line(f"and protects {counted(more, 'more resource')}; --format json has them all", "      ")


def _first(label: str, said: Sequence[str], noun: str) -> Iterator[_Line]:
    """The first lines of a kind, and how many more there are."""
    yield from (_Line(f"{label}: {one}", hang="    ") for one in said[:_NAMED])
    more = len(said) - _NAMED
    if more > 0:
        yield _Line(f"{label}: {counted(more, f'more {noun}')}; --format json has them all")


def _entry(entry: "CheckEntry", result: "CheckResult") -> Iterator[_Line]:
    where = entry.declaration
    at = f":{where.line}" if where.line else ""
    yield _Line(
        f"{WORDS[entry.verdict]} {entry.severity} {entry.control_id} {where.address} ({where.shown}{at})",
        style=_style(entry),
        hang="    ",
    )
    yield from _frame(entry, result)
    for reason in entry.reasons:
        yield _Line(reason.message, "    ")
        for sentence in explanation(reason.evidence)[:_EXPLAINED]:
            yield _Line(f"- {sentence}", "      ", hang="  ")
    if entry.waiver:
        waiver = entry.waiver
        yield _Line(f"waived until {waiver.expires} by {waiver.approved_by}: {waiver.reason}", "    ")
    if entry.verdict is Verdict.NON_COMPLIANT:
        yield _Line(f"fix: {entry.fix}", "    ", "green", hang="  ")
        for line in suggested(entry):
            yield _Line(line.lstrip(), "      " + " " * (len(line) - len(line.lstrip())), "green", fixed=True)


def _frame(entry: "CheckEntry", result: "CheckResult") -> Iterator[_Line]:
    """The lines around what the entry is about, with a mark at its own."""
    own = entry.declaration.line
    lines = result.excerpts.get(entry.declaration.shown, {}) if own else {}
    shown = [number for number in range(own - 1, own + 3) if number in lines]
    wide = len(str(shown[-1])) if shown else 0
    for number in shown:
        mark = ">" if number == own else " "
        style = "" if number == own else "dim"
        yield _Line(f"{number:>{wide}} | {lines[number]}", f"  {mark} ", style, fixed=True)


def _style(entry: "CheckEntry") -> str:
    if entry.verdict is not Verdict.NON_COMPLIANT:
        return _STYLES[entry.verdict]
    return _BOLD_RED if entry.severity in (Severity.CRITICAL, Severity.HIGH) else "bold yellow"
