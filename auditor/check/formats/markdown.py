"""The format `markdown`: a comment that is kept up to date (GitHub, GitLab), short first, the details folded.

Everything that a pull request may have written stands in code spans, in which neither HTML nor a link, a
mention or a reference is read. The comment carries a mark by which a job finds it again.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from auditor.check.formats.base import CUT, CheckFormat, CheckSource
from auditor.check.formats.markdown_runs import changes_much, run_details, run_table
from auditor.check.formats.simulated import simulation_table
from auditor.check.formats.words import (
    WORDS,
    baseline_line,
    counted,
    explanation,
    harmless,
    nothing_judged,
    path,
    run_headline,
    suggested,
    summary_line,
    ways_line,
)
from auditor.model.verdicts import Verdict
from reports.text import CONTROL_ID, MAX_COMMENT, code_span, utf16_length

if TYPE_CHECKING:
    from auditor.check.result import CheckEntry, CheckResult

#: By which a job finds its comment among the others; nobody sees it.
MARK: Final = "<!-- auditor check -->"
#: Of the comment; what is left to GitHub's limit is for what a job writes around it.
MAX_LENGTH: Final = MAX_COMMENT - 1_536
#: Entries of the table, sentences that are named of the whole check, and sentences about selections.
MAX_ROWS: Final = 20
_NAMED: Final = 5
#: Backticks, and how many a fence has where fewer are in it.
_TICKS: Final = re.compile("`+")
_FENCE: Final = 8
_EXPLAINED: Final = 6
#: Characters of the table, and of an entry's reasons: a code span is up to six times as long as the text in
#: it, and there is room for the details of one entry at least.
_TABLE: Final = 16_000
_REASONS: Final = 6_000
#: Kept for what stands around the entries.
_REST: Final = 1_000


class MarkdownFormat(CheckFormat):
    """One comment."""

    name = "markdown"
    help = "One comment for a pull request, short first, within the limit of GitHub."
    warns = (CUT,)
    shows_simulations = True

    def render(self, source: CheckSource) -> bytes:
        """Make the comment: one line where nothing is new, else the worst entries and their details."""
        result = source.result
        top = list(_top(result))
        if not _something(result) and result.simulation is None:
            return f"{top[0]}\n".encode()
        table, details = _table(source), []
        behind = list(_behind(result))
        if result.against is not None:
            table += run_table(result.against)
            behind = [*run_details(result.against), *behind]
        if result.simulation is not None:
            table += simulation_table(result.simulation)
        room = MAX_LENGTH - _REST - utf16_length("\n".join([*top, *table, *behind]))
        mended: set[str] = set()
        for entry in result.entries:
            lines = list(detail(entry, source, mended))
            room -= utf16_length("\n".join(lines)) + 1
            if room < 0:
                break
            details += lines
        else:
            return _page([*top, *table, *_folded([*details, *behind])])
        shown = sum(line.startswith("**") for line in details)  # the head of each
        said = CUT.format(name=self.name, shown=shown, total=len(result.entries), host="a comment of GitHub")
        source.warn(said)
        return _page([*top, *table, *_folded([*details, said, "", *behind])])


def _page(lines: Sequence[str]) -> bytes:
    return ("\n".join(lines).rstrip("\n") + "\n").encode()


def _something(result: "CheckResult") -> bool:
    """Whether somebody must read on: what is waived alone is nothing new."""
    held = result.against is not None and changes_much(result.against)
    return held or bool(result.incomplete) or any(one.verdict is not Verdict.WAIVED for one in result.entries)


def _top(result: "CheckResult") -> Iterator[str]:
    """The headline with the mark; what is not whole, as no pass rests on it; and against what it counts."""
    from auditor.check.document import summary

    counts = summary(result)
    line = summary_line(counts)
    if not _something(result):
        head = "nothing new" if result.baseline else "nothing found"
        nothing = ", as nothing was judged" if nothing_judged(result) else ""
        told = f"; {counted(len(result.assumed), 'assumption')}" if result.assumed else ""
        told += f"; against a run: {ways_line(result.against)}" if result.against is not None else ""
        yield f"**Backup check: {head}{nothing}** ({line}{told}). {MARK}"
        return
    worst = [counted(counts["findings"], "finding")] if counts["findings"] else []
    worst += [f"{counts['unknown']} unknown"] if counts["unknown"] else []
    worst += [counted(counts["errors"], "error")] if counts["errors"] else []
    worst += [run_headline(result.against)] if result.against is not None else []
    yield f"### Backup check: {', '.join(worst)} {MARK}"
    yield ""
    yield f"- {line[:1].upper()}{line[1:]}."
    for one in result.incomplete[:_NAMED]:
        yield f"- Not whole, so something may be missing: {_code(str(one), 200)}"
    if len(result.incomplete) > _NAMED:
        yield f"- And {counted(len(result.incomplete) - _NAMED, 'more input')} not whole."
    for lock in result.lasting[:_NAMED]:
        yield f"- For good: {_code(str(lock), 300)}"
    if len(result.lasting) > _NAMED:
        yield f"- And {counted(len(result.lasting) - _NAMED, 'more lock')} for good."
    baseline = baseline_line(result)
    if baseline:
        yield f"- Baseline: {_code(baseline, 200)}"
    yield ""


def _table(source: CheckSource) -> list[str]:
    """The worst entries, a row each."""
    entries = source.result.entries
    if not entries:
        return []
    rows: list[str] = []
    room = _TABLE
    for entry in entries[:MAX_ROWS]:
        rows.append(_row(entry, source.root))
        room -= utf16_length(rows[-1])
        if room < 0:
            break
    more = len(entries) - len(rows)
    return [
        "| what | control | subject | declared in | why |",
        "|---|---|---|---|---|",
        *rows,
        "",
        *([f"And {more:,} more, below.", ""] if more > 0 else []),
    ]


def _row(entry: "CheckEntry", root: str) -> str:
    where = entry.declaration
    more = f" and {counted(len(entry.reasons) - 1, 'more reason')}" if len(entry.reasons) > 1 else ""
    cells = (
        f"{WORDS[entry.verdict]}, {entry.severity}",
        _code(entry.control_id, CONTROL_ID),
        _code(where.address, 160),
        _code(_at(entry, root), 160),
        _code(entry.reasons[0].message, 240) + more,
    )
    return f"| {' | '.join(cells)} |"


def detail(entry: "CheckEntry", source: CheckSource, mended: set[str]) -> Iterator[str]:
    """An entry's reasons, why no selection selects it, and what mends it: once for each control."""
    where = entry.declaration
    yield (
        f"**{WORDS[entry.verdict]}, {entry.severity}** {_code(entry.control_id, CONTROL_ID)} "
        f"{_code(where.address, 400)} in {_code(_at(entry, source.root), 300)}"
    )
    yield ""
    room = _REASONS
    for number, reason in enumerate(entry.reasons):
        if room < 0:
            yield f"- And {counted(len(entry.reasons) - number, 'more reason')}."
            break
        told = [f"- {_code(reason.message, 600)}"]
        told += [f"  - {_code(one, 300)}" for one in explanation(reason.evidence)[:_EXPLAINED]]
        room -= utf16_length("".join(told))
        yield from told
    if entry.waiver:
        waiver = entry.waiver
        by, why = _code(waiver.approved_by, 100), _code(waiver.reason, 300)
        yield f"- Waived until {waiver.expires} by {by}: {why}"
    if entry.verdict is Verdict.NON_COMPLIANT and entry.fix:
        fix = _code(entry.fix.replace("`", "'"), 600)
        yield "- Fix: as above." if entry.control_id in mended else f"- Fix: {fix}"
        mended.add(entry.control_id)
    yield ""
    if entry.suggestion:
        lines = suggested(entry)
        ticks = (len(found) for line in lines for found in _TICKS.findall(line))
        fence = "`" * max(_FENCE, *(1 + number for number in ticks), 0)
        yield f"{fence}{entry.suggestion.language}"
        yield from lines
        yield from (fence, "")


def _behind(result: "CheckResult") -> Iterator[str]:
    """What was taken to be so, and what was not looked at."""
    told = [*(f"Assumed: {_code(sentence, 200)}" for sentence in result.assumed)]
    told += [f"Not looked at: {_code(name, 200)}, of no format that is read" for name in result.passed_over]
    told += [
        f"Not looked at: {number:,} of {_code(kind, 200)}" for kind, number in result.not_looked_at.items()
    ]
    shown = told[:_NAMED]
    if shown:
        yield "**Of the whole check**"
        yield ""
        yield from (f"- {sentence}" for sentence in shown)
        if len(told) > len(shown):
            yield f"- And {len(told) - len(shown):,} more of these; json has all of them."
        yield ""


def _folded(lines: Sequence[str]) -> list[str]:
    """Lines that are shown when somebody asks for them; the blank lines make them Markdown again."""
    if not lines:
        return []
    return ["<details><summary>Why, and what mends it</summary>", "", *lines, "</details>"]


def _at(entry: "CheckEntry", root: str) -> str:
    where = entry.declaration
    return path(where.shown, root) + (f":{where.line}" if where.line else "")


def _code(text: str, limit: int) -> str:
    return code_span(harmless(text, limit), limit)
