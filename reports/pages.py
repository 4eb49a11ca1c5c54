"""Which findings the PDF shows: every class, its first subjects, within a budget of lines.

The PDF must not grow with the organization. What is left out is counted on the page and listed in
findings.csv.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reports import causes, evidence, panels, view
from reports.document import AuditDocument, ClassEntry, ControlEntry, Finding, ReasonEntry
from reports.text import CONTROL_ID, clean_tree, clip
from reports.words import Words

#: Subjects shown of each class: the first number that fits the budget is taken.
_STEPS: Final = (20, 12, 8, 5, 3, 2, 1)
#: Characters on a line of the evidence column and of the subject column at the PDF's type size, and lines of
#: a heading with its description and remediation. Estimates: the real length is measured after layout.
_EVIDENCE_WIDTH: Final = 66
_SUBJECT_WIDTH: Final = 40
_HEADING: Final = 11
#: A row of more lines may be split between pages: kept together it would leave half a page empty.
_TALL: Final = 26
#: Lines that a strip takes with its words.
_STRIP: Final = 9
_ITEMS: Final = 14
_VALUE: Final = 420
#: Classes that are only named, after those that are shown with their subjects.
_NAMED: Final = 60


@dataclass(frozen=True, slots=True)
class Edition:
    """How long the PDF may become: lines for the findings, controls in the annex, gaps and causes."""

    lines: int
    catalogue: int
    gaps: int
    causes: int


#: The second is the reserve for a document whose first edition is laid out on more pages than allowed.
EDITIONS: Final = (
    Edition(lines=1000, catalogue=40, gaps=30, causes=20),
    Edition(lines=600, catalogue=12, gaps=12, causes=8),
)


def strips(document: AuditDocument, tables: Path | None, words: Words) -> panels.Strips:
    """Return the strips of the resources that the PDF may show."""
    members = (finding for found in _members(document.findings).values() for finding in found)
    wanted = {key for finding in members if (key := panels.key_of(finding))}
    return panels.Strips(document, tables, wanted, words)


def findings(
    document: AuditDocument, names: Mapping[str, str], words: Words, budget: int, drawn: panels.Strips
) -> dict[str, Any]:
    """Return `classes` with their first subjects, `named` (without room) and `rest`, the number unnamed.

    A resource has its strip where it is shown first.
    """
    controls = {control.id: control for control in document.controls}
    members = _members(document.findings)
    prepared = [
        _Class(
            entry, [_subject(finding, entry.code, names, words) for finding in members.get(_key(entry), ())]
        )
        for entry in document.classes[: max(1, budget // _HEADING)]
    ]
    _first(prepared, _STEPS[0], drawn)
    shown, step = _fit(prepared, budget)
    for subject in _first(shown, step, drawn):
        subject["strip"] = drawn.get(subject["key"])
    named = document.classes[len(shown) :][:_NAMED]
    return {
        "classes": [_class(entry, step, names, controls, words) for entry in shown],
        "named": [_head(entry, controls, words) for entry in named],
        "rest": len(document.classes) - len(shown) - len(named),
    }


@dataclass(frozen=True, slots=True)
class _Class:
    entry: ClassEntry
    subjects: Sequence[dict[str, Any]]

    def lines(self, step: int) -> int:
        return _HEADING + sum(int(subject["lines"]) for subject in self.subjects[:step])


def _first(classes: Sequence[_Class], step: int, drawn: panels.Strips) -> list[dict[str, Any]]:
    """Return the subjects that have a strip, each where it is first, and count its lines there only."""
    found: dict[Any, dict[str, Any]] = {}
    for entry in classes:
        for subject in entry.subjects[:step]:
            new = subject["key"] in drawn and found.setdefault(subject["key"], subject) is subject
            subject["lines"] = subject["own"] + _STRIP * new
            subject["tall"] = subject["lines"] > _TALL
    return list(found.values())


def _key(entry: ClassEntry) -> tuple[str, str, str]:
    return entry.verdict, entry.control_id, entry.code


def _members(found: Sequence[Finding]) -> dict[tuple[str, str, str], list[Finding]]:
    """Return the first findings of each class, as many as may be shown."""
    members: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in found:
        for code in dict.fromkeys(reason.code for reason in finding.reasons) or ("",):
            held = members.setdefault((finding.verdict, finding.control_id, code), [])
            if len(held) < _STEPS[0]:
                held.append(finding)
    return members


def _fit(prepared: Sequence[_Class], budget: int) -> tuple[Sequence[_Class], int]:
    """Return the classes to show and how many subjects of each."""
    for step in _STEPS:
        if sum(entry.lines(step) for entry in prepared) <= budget:
            return prepared, step
    used = 0
    for position, entry in enumerate(prepared):
        used += entry.lines(1)
        if used > budget:
            return prepared[:position], 1
    return prepared, 1


def _head(entry: ClassEntry, controls: Mapping[str, ControlEntry], words: Words) -> dict[str, Any]:
    control = controls.get(entry.control_id)
    head: dict[str, Any] = {
        "verdict": entry.verdict,
        "verdict_word": words.verdict(entry.verdict),
        "severity": entry.severity,
        "severity_word": words.severity(entry.severity),
        "control_id": clip(entry.control_id, CONTROL_ID),
        "code": clip(entry.code, 60),
        "title": clip(words.text(control.title), 160) if control else "",
        "findings": entry.findings,
        "accounts": entry.accounts,
        "regions": entry.regions,
    }
    cleaned: dict[str, Any] = clean_tree(head)
    return cleaned


def _class(
    entry: _Class, step: int, names: Mapping[str, str], controls: Mapping[str, ControlEntry], words: Words
) -> dict[str, Any]:
    control = controls.get(entry.entry.control_id)
    subjects = list(entry.subjects[:step])
    said = words.unread() if entry.entry.code in causes.OF_GAPS else ""
    if control and not said:
        said = words.text(causes.remedy(control, entry.entry.code))
    return {
        **_head(entry.entry, controls, words),
        "remediation": clean_tree(clip(said, 500)),
        "subjects": subjects,
        "shown": len(subjects),
        "where": view.largest(entry.entry, names, words),
    }


def _subject(finding: Finding, code: str, names: Mapping[str, str], words: Words) -> dict[str, Any]:
    subject = finding.subject
    shown: dict[str, Any] = {
        "name": clip(subject.name, 100),
        "arn": clip(subject.arn, 300),
        "type": clip(subject.resource_type, 40) or words.subject(subject.type),
        "account_id": subject.account_id,
        "account": clip(names.get(subject.account_id, ""), 60),
        "region": clip(subject.region, 30),
        "reasons": [_reason(reason, words) for reason in finding.reasons if reason.code == code][:3],
        "waiver": _waiver(finding.waiver),
    }
    shown = clean_tree(shown)
    return {**shown, "own": _lines(shown), "key": panels.key_of(finding), "strip": None}


def _reason(reason: ReasonEntry, words: Words) -> dict[str, Any]:
    items, rest = evidence.lines(reason.evidence, words, count=_ITEMS, length=_VALUE)
    return {"message": clip(reason.message, 300), "evidence": items, "rest": rest}


def _waiver(waiver: Mapping[str, Any] | None) -> dict[str, str] | None:
    if waiver is None:
        return None
    return {key: clip(str(waiver[key]), 240) for key in ("reason", "approved_by", "expires")}


def _lines(subject: Mapping[str, Any]) -> int:
    """Return an estimate of the lines that a subject's row takes."""
    left = _wrapped(subject["name"], _SUBJECT_WIDTH) + _wrapped(subject["arn"], _SUBJECT_WIDTH) + 3
    right = 0
    for reason in subject["reasons"]:
        right += _wrapped(reason["message"], _EVIDENCE_WIDTH) + bool(reason["rest"])
        right += sum(_wrapped(f"{label} {value}", _EVIDENCE_WIDTH) for label, value in reason["evidence"])
    return max(left, right + 3 * bool(subject["waiver"])) + 1


def _wrapped(text: str, width: int) -> int:
    wide = sum(1 for character in text if ord(character) >= 0x1100)  # noqa: PLR2004 - two columns each, roughly
    return -(-(len(text) + wide) // width)
