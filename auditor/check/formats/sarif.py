"""The format `sarif`: SARIF 2.1.0, one run, within the limits of GitHub (`reports/sarif.py`)."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from auditor.check.formats.base import CUT, CheckFormat, CheckSource
from auditor.check.formats.words import (
    counted,
    harmless_json,
    message,
    not_whole,
    numbered,
    path,
    suggested,
    ways_line,
)
from reports.sarif import (
    MAX_PACKED,
    MAX_RESULTS,
    end,
    fingerprints,
    judgement,
    note,
    rule,
    suppression,
    text,
    write_results,
)
from reports.text import clip

if TYPE_CHECKING:
    from auditor.check.result import CheckEntry, CheckResult

#: In the middle of a link of a message.
_LINK: Final = "]("
#: Kept for what follows the results.
_REST: Final = 1_500_000
#: Inputs that are not whole, of which each is a notification.
MAX_NOTES: Final = 1_000
#: Locks that nobody can undo, of which each is one too.
MAX_LOCKS: Final = 100


class SarifFormat(CheckFormat):
    """The entries as results of a run."""

    name = "sarif"
    help = "For code scanning (SARIF 2.1.0), one run within the limits of GitHub."
    warns = (CUT,)

    def render(self, source: CheckSource) -> bytes:
        """Make the run: as many results as are taken, the worst first."""
        import io

        import orjson

        from auditor.check.formats.runs import entries

        result, found = source.result, entries(source.result)
        rules = {entry.control_id: entry for entry in found}
        index = {control_id: number for number, control_id in enumerate(rules)}
        lines = (
            harmless_json(orjson.dumps(_result(entry, number, index[entry.control_id], source)))
            for entry, _, number in islice(numbered(found), MAX_RESULTS)
        )
        file = io.BytesIO()
        driver = harmless_json(orjson.dumps(_driver(list(rules.values()))))
        shown = write_results(file, driver, lines, MAX_PACKED - _REST)
        said = []
        if shown < len(found):
            said = [CUT.format(name=self.name, shown=shown, total=len(found), host="GitHub")]
            source.warn(said[0])
        return file.getvalue() + end(harmless_json(orjson.dumps(_rest(result, said))))


def _driver(controls: list["CheckEntry"]) -> dict[str, Any]:
    from auditor import __version__

    return {
        "name": "auditor",
        "semanticVersion": __version__,
        "rules": [
            rule(one.control_id, one.severity, one.subject_type, one.title, "", one.fix) for one in controls
        ],
    }


def _result(entry: "CheckEntry", number: int, index: int, source: CheckSource) -> dict[str, Any]:
    from auditor.check.document import to_waiver

    waiver = to_waiver(entry)
    return {
        "ruleId": entry.control_id,
        "ruleIndex": index,
        **judgement(entry.verdict, entry.severity),
        "message": {"text": _message(entry)},
        "locations": [_location(entry, source.root)],
        "partialFingerprints": fingerprints(entry.id, number),
        "properties": {
            "auditor/verdict": entry.verdict,
            "auditor/severity": entry.severity,
            "auditor/codes": [clip(reason.code, 100) for reason in entry.reasons[:10]],
        },
        **({"suppressions": [suppression(waiver)]} if waiver else {}),
    }


def _message(entry: "CheckEntry") -> str:
    """The reasons, and below them what mends them: GitHub shows no fix that is no change of the file."""
    said = text(f"{entry.declaration.address}: {message(entry)}", 1_000)
    lines = suggested(entry)
    if any(_LINK in line for line in lines):  # else its brackets stay as they are to be copied
        lines = [text(line, 2 * len(line)) for line in lines]
    return "\n".join([said, "", *lines]) if lines else said


def _location(entry: "CheckEntry", root: str) -> dict[str, Any]:
    """Where it is. GitHub shows no result without a line, so what has none is on the first."""
    where = entry.declaration
    name = path(where.shown, root)
    uri = ("file://" if name.startswith("/") else "") + quote(clip(name, 1_000))
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": where.line or 1}},
        "logicalLocations": [{"fullyQualifiedName": clip(where.address, 2_048), "kind": "resource"}],
    }


def _rest(result: "CheckResult", said: list[str]) -> dict[str, Any]:
    """What became of the run; an input that is not whole is an error, as silence reads as a pass."""
    from auditor.check.document import summary

    counts, notes, against = summary(result), list(_notes(result)), result.against
    proven = not notes and not counts["errors"] and not (against is not None and against.proves_nothing)
    invocation = {
        "executionSuccessful": proven,
        "exitCode": int(result.exit_code),
        "endTimeUtc": result.as_of,
        "toolExecutionNotifications": [*notes, *map(note, [*said, *_lasting(result)])],
    }
    properties = {
        "auditor/summary": counts,
        "auditor/policiesSha256": result.policies_sha256,
        **({"auditor/against": ways_line(against)} if against is not None else {}),
    }
    return {
        "invocations": [invocation],
        "automationDetails": {"id": "backup-auditor/check/"},
        "properties": properties,
    }


def _lasting(result: "CheckResult") -> list[str]:
    """The locks that nobody can undo, the first ones by name."""
    more = len(result.lasting) - MAX_LOCKS
    told = [text(str(one), 500) for one in result.lasting[:MAX_LOCKS]]
    return [*told, *([f"{counted(more, 'more lock')} that nobody can undo."] if more > 0 else [])]


def _notes(result: "CheckResult") -> Iterator[dict[str, Any]]:
    sentences = [sentence for _, sentence in not_whole(result)]
    yield from (note(text(sentence, 500), "error") for sentence in sentences[:MAX_NOTES])
    if len(sentences) > MAX_NOTES:
        yield note(f"{len(sentences) - MAX_NOTES:,} more inputs are not whole.", "error")
