"""One self-contained HTML file: no request leaves it, and its policy forbids the browser to make one.

Findings are embedded as data and drawn by `scripts/report.js` as text nodes; everything else is escaped by
Jinja2. The file is bounded: after `MAX_FINDINGS` findings or `MAX_BYTES` of them it says where the rest is.
"""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import orjson
from markupsafe import Markup

from reports import attainment, causes, evidence, panels, view
from reports.document import SEVERITIES, VERDICTS, AuditDocument, Finding
from reports.templating import environment
from reports.text import CONTROL_ID, clean_tree, clip
from reports.words import SUBJECTS, Words

MAX_FINDINGS: Final = 5_000
MAX_BYTES: Final = 8_000_000
#: What findings and panels may take together, and by that the page: at most 3 MB but for what no bound cuts.
_ROOM: Final = 2_400_000
_CLASSES: Final = 100
_HEATED: Final = 40
_LIMITS: Final = view.ListLimits(controls=300, accounts=100, gaps=500, waivers=300, name=200, text=1_500)
_ITEMS: Final = 40
_VALUE: Final = 1_000
_HERE: Final = Path(__file__).parent
#: What could end a script element or a line of JavaScript inside a JSON text.
_SCRIPT: Final = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"),
                  ("\u2028".encode(), b"\\u2028"), ("\u2029".encode(), b"\\u2029"))  # fmt: skip


def html(document: AuditDocument, words: Words, tables: Path | None = None) -> str:
    """Return the whole page. Equal documents give equal pages.

    `tables` is the folder with the populations of the run; without it no resource has its period.
    """
    style = (_HERE / "styles" / "report.css").read_text(encoding="utf-8")
    script = (_HERE / "scripts" / "report.js").read_text(encoding="utf-8")
    rows, embedded = _findings(document, words)
    names = view.account_names(document, _LIMITS.name)
    data = {
        "accounts": names,
        "controls": _controls(document, words),
        "orders": {"severity": SEVERITIES, "verdict": VERDICTS},
        "words": _words(words, whole=embedded == document.summary.findings),
    }
    embedded_data = _script_safe(orjson.dumps(clean_tree(data), option=orjson.OPT_SORT_KEYS))
    room = _ROOM - len(rows) - len(embedded_data)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return environment(words).get_template("report.html.j2").render(
        **view.front(document, words, _LIMITS),
        words=words,
        style=Markup(style),  # noqa: S704 - a file of this package
        script=Markup(script),  # noqa: S704 - a file of this package
        policy=policy,
        data=embedded_data,
        rows=rows,
        embedded=embedded,
        classes=_classes(document, words),
        panels=panels.panels(document, tables, names, words, room) if tables else {},
        by_day=attainment.by_day(document, tables, names, words, _HEATED),
        verdicts=VERDICTS,
    )  # fmt: skip


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _script_safe(data: bytes) -> Markup:
    for character, escape in _SCRIPT:
        data = data.replace(character, escape)
    return Markup(data.decode())  # noqa: S704 - nothing in it can end the script element


def _findings(document: AuditDocument, words: Words) -> tuple[Markup, int]:
    """Return the embedded findings as a JSON array, and how many they are."""
    parts: list[bytes] = []
    size = 0
    for finding in document.findings[:MAX_FINDINGS]:
        part = orjson.dumps(clean_tree(_finding(finding, words)))
        size += len(part)
        if size > MAX_BYTES:
            break
        parts.append(part)
    return _script_safe(b"[" + b",\n".join(parts) + b"]"), len(parts)


def _finding(finding: Finding, words: Words) -> list[Any]:
    """Return one finding as `scripts/report.js` reads it: a list, as keys would be most of the file."""
    subject = finding.subject
    reasons = []
    for reason in finding.reasons:
        items, rest = evidence.lines(reason.evidence, words, count=_ITEMS, length=_VALUE)
        reasons.append([clip(reason.code, 80), clip(reason.message, _LIMITS.text), items, rest])
    waiver = finding.waiver and [
        clip(str(finding.waiver[key]), _LIMITS.text) for key in ("reason", "approved_by", "expires")
    ]
    return [
        *(
            finding.control_id,
            finding.verdict,
            finding.severity,
            subject.type,
            clip(subject.resource_type, 40),
        ),
        *(clip(subject.name, 300), clip(subject.arn, 2_048), subject.account_id, clip(subject.region, 40)),
        *(reasons, waiver),
    ]


def _classes(document: AuditDocument, words: Words) -> dict[str, Any]:
    names = view.account_names(document, _LIMITS.name)
    rows = (
        {
            "verdict": entry.verdict,
            "word": words.verdict(entry.verdict),
            "control_id": clip(entry.control_id, CONTROL_ID),
            "code": clip(entry.code, 80),
            "findings": entry.findings,
            "accounts": entry.accounts,
            "regions": entry.regions,
            "listed": entry.shown,
            "where": view.largest(entry, names, words),
        }
        for entry in document.classes
    )
    return view.bounded(rows, len(document.classes), _CLASSES)


def _controls(document: AuditDocument, words: Words) -> dict[str, list[Any]]:
    """Return of each control its title, and what to do about each of its reasons ("" is any other)."""
    return {
        control.id: [
            clip(words.text(control.title), 300),
            {
                clip(code, 80): clip(words.text(causes.remedy(control, code)), _LIMITS.text)
                for code in ("", *control.by_reason)
            },
        ]
        for control in document.controls
    }


def _words(words: Words, *, whole: bool) -> dict[str, Any]:
    """Return the words that the script draws with."""
    return {
        "verdict": {name: words.verdict(name) for name in VERDICTS},
        "severity": {name: words.severity(name) for name in SEVERITIES},
        "subject": {name: words.subject(name) for name in SUBJECTS},
        "any": words.text("Any"),
        "allRegions": words.text("all Regions"),
        "shown": words.text("{from} to {to} of {n} verdicts"),
        "found": words.text("{n} of {all} verdicts match")
        if whole
        else words.text("{n} of {all} shown verdicts match"),
        "none": words.text("No verdict matches. Change or clear the filters."),
        "printed": words.text("Printed: the first {n} of {all} matching verdicts. All are in findings.csv."),
        "evidence": words.text("Evidence"),
        "todo": words.text("What to do"),
        "todoGap": words.unread(),
        "period": words.text("The period of this resource"),
        "waiver": words.text("Waived until {expires} by {approvedBy}: {reason}"),
        "more": words.text("and {n} more, in findings.csv"),
        "sort": words.text("Sort by {column}"),
        "details": words.text("Evidence of {subject}"),
    }
