"""A check's result as JSON (`auditor/check/check.schema.json`) and as lines of text."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from auditor import __version__
from auditor.check.result import CheckEntry, CheckResult
from auditor.model.verdicts import Verdict

Json = Any

SCHEMA_VERSION: Final = "1.0"
_SHOWN: Final = 200  # entries that the terminal shows; the JSON has them all
_LONGEST: Final = 2_000  # characters of a line
_EXPLAINED: Final = 6  # sentences about selections that one entry shows
_NAMED: Final = 10  # lines of what is incomplete, assumed or not looked at
_WORDS: Final = {
    Verdict.ERROR: "error",
    Verdict.NON_COMPLIANT: "finding",
    Verdict.INSUFFICIENT_DATA: "unknown",
    Verdict.WAIVED: "waived",
}


def to_document(result: CheckResult) -> dict[str, Json]:
    """The whole result; equal inputs, policies and times give equal documents."""
    return {
        "schema_version": SCHEMA_VERSION,
        "auditor_version": __version__,
        "as_of": result.as_of,
        "policies_sha256": result.policies_sha256,
        "inputs": list(result.inputs),
        "controls": list(result.controls),
        "summary": {**summary(result), "resources": result.resources, "exit_code": int(result.exit_code)},
        "entries": [_entry(entry) for entry in result.entries],
        "not_looked_at": {"types": dict(result.not_looked_at), "files": list(result.passed_over)},
        "incomplete": list(result.incomplete),
        "assumed": list(result.assumed),
    }


def summary(result: CheckResult) -> dict[str, int]:
    """The counts of the summary line."""
    counts = result.counts
    return {
        "compliant": counts.get(Verdict.COMPLIANT, 0),
        "findings": counts.get(Verdict.NON_COMPLIANT, 0),
        "unknown": counts.get(Verdict.INSUFFICIENT_DATA, 0) + len(result.incomplete),
        "errors": counts.get(Verdict.ERROR, 0),
        "not_looked_at": sum(result.not_looked_at.values()) + len(result.passed_over),
        "waived": counts.get(Verdict.WAIVED, 0),
    }


def to_lines(result: CheckResult) -> Iterator[str]:
    """The result for people, worst first; untrusted text is made safe by whoever prints it.

    A runner takes "##[" for a command of its own, wherever it stands, and "::" at the start of a line.
    """
    return (_short(line).replace("##[", "## [") for line in _all_lines(result))


def _all_lines(result: CheckResult) -> Iterator[str]:
    for entry in result.entries[:_SHOWN]:
        yield from _lines(entry)
    more = len(result.entries) - _SHOWN
    if more > 0:
        yield f"and {more} more; --format json has them all"
        yield ""
    yield from _first("incomplete", result.incomplete, "input")
    yield from _first("assumed", result.assumed, "sentence")
    names = [f"{name} (of no format that is read)" for name in result.passed_over]
    yield from _first("not looked at", names, "file")
    counts = summary(result)
    parts = [
        f"{counts['compliant']} compliant",
        _counted(counts["findings"], "finding"),
        f"{counts['unknown']} unknown",
    ]
    parts += [_counted(counts["errors"], "error")] if counts["errors"] else []
    parts += [f"{counts['not_looked_at']} not looked at", f"{counts['waived']} waived"]
    yield ", ".join(parts)


def _first(label: str, said: Sequence[str], noun: str) -> Iterator[str]:
    """The first lines of a kind, and how many more there are."""
    yield from (f"{label}: {one}" for one in said[:_NAMED])
    more = len(said) - _NAMED
    if more > 0:
        yield f"{label}: {_counted(more, f'more {noun}')}; --format json has them all"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _short(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"


def _lines(entry: CheckEntry) -> Iterator[str]:
    where = entry.declaration
    line = f":{where.line}" if where.line else ""
    yield f"{_WORDS[entry.verdict]} {entry.severity} {entry.control_id} {where.address} ({where.file}{line})"
    for reason in entry.reasons:
        yield f"    {reason.message}"
        for sentence in _explanation(reason.evidence)[:_EXPLAINED]:
            yield f"      - {sentence}"
    if entry.verdict is Verdict.NON_COMPLIANT:
        yield f"    fix: {' '.join(entry.fix.split())}"
    yield ""


def _explanation(evidence: Any) -> list[str]:
    """Why selections do not select a resource: near misses first."""
    protection = evidence.get("protection")
    told = list(protection.get("explanation", ())) if isinstance(protection, dict) else []
    return sorted(told, key=lambda sentence: "Near miss" not in sentence)


def _entry(entry: CheckEntry) -> dict[str, Json]:
    return {
        "control_id": entry.control_id,
        "title": entry.title,
        "severity": str(entry.severity),
        "verdict": str(entry.verdict),
        "subject": {
            "type": entry.subject_type,
            "address": entry.declaration.address,
            "file": entry.declaration.file,
            "line": entry.declaration.line or None,
            "resource_type": entry.resource_type,
            "arn": entry.arn,
            "account_id": entry.account_id,
            "region": entry.region,
        },
        "reasons": [
            {"code": reason.code, "message": reason.message, "evidence": dict(reason.evidence)}
            for reason in entry.reasons
        ],
        "fix": entry.fix,
    }
