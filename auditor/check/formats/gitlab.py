"""The format `gitlab`: a report of GitLab Code Quality, which compares it with the target branch's.

Source: docs.gitlab.com, "Code Quality report format": a list; `fingerprint` says what is the same issue, and
of several with one fingerprint only the first is shown.
"""

from typing import TYPE_CHECKING, Any, Final

from auditor.check.formats.base import CheckFormat, CheckSource
from auditor.check.formats.words import harmless_json, message, not_whole, numbered, path, suggestion_below
from auditor.model.verdicts import Severity, Verdict
from reports.ids import stable_id
from reports.text import clip

if TYPE_CHECKING:
    from auditor.check.result import CheckEntry

_SEVERITIES: Final = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
}


class GitlabFormat(CheckFormat):
    """The entries as issues of code quality."""

    name = "gitlab"
    help = "A report of GitLab Code Quality, for the widget of a merge request, with what mends each issue."

    def render(self, source: CheckSource) -> bytes:
        """Make the list; what is waived is none of it, and an input that is not whole is a blocker."""
        import orjson

        from auditor.check.formats.runs import entries

        result = source.result
        issues = [
            _issue(
                clip(sentence, 1_000), "incomplete", stable_id("check", sentence), "blocker", file, 0, source
            )
            for file, sentence in not_whole(result)
        ]
        issues += [
            _of(entry, which, source)
            for entry, which, _ in numbered(entries(result))
            if entry.verdict is not Verdict.WAIVED
        ]
        options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
        return harmless_json(orjson.dumps(issues, option=options))


def _of(entry: "CheckEntry", which: str, source: CheckSource) -> dict[str, Any]:
    where = entry.declaration
    severity = {Verdict.ERROR: "critical", Verdict.INSUFFICIENT_DATA: "info"}.get(
        entry.verdict, _SEVERITIES[entry.severity]
    )
    said = "\n".join([clip(f"{where.address}: {message(entry)}", 1_000), *suggestion_below(entry)])
    return _issue(said, entry.control_id, which, severity, where.shown, where.line, source)


def _issue(
    said: str, check: str, fingerprint: str, severity: str, file: str, line: int, source: CheckSource
) -> dict[str, Any]:
    return {
        "description": said,
        "check_name": check,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": clip(path(file, source.root), 1_000), "lines": {"begin": line or 1}},
    }
