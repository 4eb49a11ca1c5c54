"""The format `run-task`: what HCP Terraform takes as the result of a run task, with detailed outcomes.

Source: developer.hashicorp.com, "Run tasks integration API" (callback, outcomes, tags of status and severity;
a body of Markdown is to be below 1 MB).
"""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from auditor.check.formats.base import CheckFormat, CheckSource
from auditor.check.formats.markdown import detail
from auditor.check.formats.markdown_runs import changes_much, run_details, run_table
from auditor.check.formats.words import (
    WORDS,
    harmless,
    harmless_json,
    not_whole,
    numbered,
    run_headline,
    summary_line,
    ways_line,
)
from auditor.model.errors import ExitCode
from auditor.model.verdicts import Severity, Verdict
from reports.text import code_span

if TYPE_CHECKING:
    from auditor.check.difference import Difference
    from auditor.check.result import CheckEntry, CheckResult

#: Outcomes of entries, and bytes of all of them: what people still read, and less than one body may have.
MAX_OUTCOMES: Final = 200
MAX_BYTES: Final = 900_000
MAX_INCOMPLETE: Final = 20
_CUT: Final = "{name} shows the worst {shown:,} of {total:,} entries; json has all of them."
_LINE: Final = 300
_MESSAGE: Final = 500

_LEVELS: Final = {
    Verdict.ERROR: "error",
    Verdict.NON_COMPLIANT: "error",
    Verdict.INSUFFICIENT_DATA: "warning",
    Verdict.WAIVED: "info",
}
_SEVERITIES: Final = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
}


class RunTaskFormat(CheckFormat):
    """The document of the callback."""

    name = "run-task"
    help = "The result of a run task of HCP Terraform, with an outcome for each entry."
    warns = (_CUT,)

    def render(self, source: CheckSource) -> bytes:
        """Make it: the status is that of the exit code, and nothing but 0 has passed."""
        import orjson

        result = source.result
        outcomes = [*_incomplete(result)]
        if result.against is not None and changes_much(result.against):
            outcomes.append(_run(result.against))
        room = MAX_BYTES - len(orjson.dumps(outcomes))
        shown = 0
        for entry, which, _ in islice(numbered(result.entries), MAX_OUTCOMES):
            outcome = _outcome(entry, which, source)
            room -= len(orjson.dumps(outcome))
            if room < 0:
                break
            outcomes.append(outcome)
            shown += 1
        message = _message(result)
        if shown < len(result.entries):
            cut = _CUT.format(name=self.name, shown=shown, total=len(result.entries))
            source.warn(cut)
            message = f"{message}; {cut}"
        passed = result.exit_code is ExitCode.COMPLIANT
        document = {
            "data": {
                "type": "task-results",
                "attributes": {"status": "passed" if passed else "failed", "message": message},
                "relationships": {"outcomes": {"data": outcomes}},
            }
        }
        return harmless_json(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))


def _message(result: "CheckResult") -> str:
    """The counts, before them what leaves nothing proven, and behind them what becomes of a run."""
    from auditor.check.document import summary

    said = [sentence for _, sentence in not_whole(result)][:1]
    said.append(summary_line(summary(result)))
    if result.against is not None:
        said.append(f"against a run: {ways_line(result.against)}")
    return harmless("; ".join(said), _MESSAGE)


def _incomplete(result: "CheckResult") -> Iterator[dict[str, Any]]:
    """An outcome for each input that proves nothing."""
    for number, (_, sentence) in enumerate(islice(not_whole(result), MAX_INCOMPLETE), 1):
        tags = {"Status": [_tag("unknown", "error")]}
        yield _made(f"not-whole-{number}", sentence, tags, code_span(harmless(sentence, _LINE), _LINE))


def _run(difference: "Difference") -> dict[str, Any]:
    """What the change makes of a run, in one outcome."""
    tags = {"Status": [_tag("organization", "error")]}
    body = "\n".join([*run_table(difference), *run_details(difference)])
    return _made("against-run", run_headline(difference), tags, body)


def _outcome(entry: "CheckEntry", which: str, source: CheckSource) -> dict[str, Any]:
    word = WORDS[entry.verdict]
    said = f"{entry.control_id} {entry.declaration.address}: {entry.reasons[0].message}"
    tags = {
        "Status": [_tag(word, _LEVELS[entry.verdict])],
        "Severity": [_tag(entry.severity, _SEVERITIES[entry.severity])],
    }
    return _made(which, said, tags, "\n".join(detail(entry, source, set())).rstrip())


def _tag(label: str, level: str) -> dict[str, str]:
    return {"label": label.capitalize(), "level": level}


def _made(which: str, said: str, tags: dict[str, Any], body: str) -> dict[str, Any]:
    attributes = {"outcome-id": which, "description": harmless(said, _LINE), "tags": tags, "body": body}
    return {"type": "task-result-outcomes", "attributes": attributes}
