"""The format `github`: annotations of a workflow run of GitHub Actions, which its runner reads in the log.

Sources: docs.github.com, "Workflow commands for GitHub Actions"; actions/toolkit, `command.ts` (what is
escaped) and `problem-matchers.md`: of one step, 10 errors, 10 warnings and 10 notices are shown. So no more
are made, the worst first, and a notice says how many there are.
"""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from auditor.check.formats.base import CheckFormat, CheckSource
from auditor.check.formats.words import (
    WORDS,
    counted,
    harmless,
    not_whole,
    path,
    suggestion_below,
    summary_line,
    ways_line,
)
from auditor.model.verdicts import Severity, Verdict

if TYPE_CHECKING:
    from auditor.check.result import CheckEntry

#: Annotations of one kind that are shown; of the notices, one is kept for what is left out.
MAX_SHOWN: Final = 10
_REST: Final = "GitHub shows no more: {left} left out; --format terminal and json have them."
_LEVELS: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
}


class GithubFormat(CheckFormat):
    """A workflow command a line."""

    name = "github"
    help = (
        "Annotations of GitHub Actions with what mends them, at most ten errors, warnings and notices each."
    )

    def render(self, source: CheckSource) -> bytes:
        """Make the commands, and a last line with the counts."""
        from auditor.check.document import summary

        lines, left = [], Counter[str]()
        room = Counter(error=MAX_SHOWN, warning=MAX_SHOWN, notice=MAX_SHOWN - 1)
        for level, line in _annotations(source):
            if room[level]:
                room[level] -= 1
                lines.append(line)
            else:
                left[level] += 1
        if left:
            said = ", ".join(counted(number, level) for level, number in left.items())
            lines.append(f"::notice title=auditor check::{_data(_REST.format(left=said))}")
        against = source.result.against
        told = f"; against a run: {ways_line(against)}" if against is not None else ""
        lines.append(summary_line(summary(source.result)) + told)
        return ("\n".join(lines) + "\n").encode()


def _annotations(source: CheckSource) -> Iterator[tuple[str, str]]:
    """Each command with its level: what is not whole first, then the entries; what is waived has none."""
    from auditor.check.formats.runs import entries

    for file, sentence in not_whole(source.result):
        properties = f"file={_property(path(file, source.root))},title=auditor check"
        yield "error", f"::error {properties}::{_data(harmless(f'incomplete: {sentence}', 1_000))}"
    for entry in entries(source.result):
        if entry.verdict is not Verdict.WAIVED:
            yield _annotation(entry, source.root)


def _annotation(entry: "CheckEntry", root: str) -> tuple[str, str]:
    where = entry.declaration
    level = {Verdict.ERROR: "error", Verdict.INSUFFICIENT_DATA: "warning"}.get(
        entry.verdict, _LEVELS[entry.severity]
    )
    title = f"{entry.control_id} {WORDS[entry.verdict]} {entry.severity}"
    line = f",line={where.line}" if where.line else ""
    properties = f"file={_property(path(where.shown, root))}{line},title={_property(title)}"
    said = [harmless(f"{where.address}: {entry.reasons[0].message}", 1_000)]
    said += [harmless(reason.message, 1_000) for reason in entry.reasons[1:10]]
    said += [harmless(f"fix: {entry.fix}", 1_000)] if entry.verdict is Verdict.NON_COMPLIANT else []
    said += suggestion_below(entry)
    return level, f"::{level} {properties}::{_data(chr(10).join(said))}"


def _data(text: str) -> str:
    """The text of a command, whose lines the runner puts together again."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The value of a property, which ends at a comma or a colon."""
    return _data(harmless(text, 500)).replace(":", "%3A").replace(",", "%2C")
