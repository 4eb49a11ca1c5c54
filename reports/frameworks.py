"""Frameworks as rows of a report: what each requirement asks, and what the evidence of it comes to."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

from reports.document import AuditDocument
from reports.text import clip
from reports.words import N_, Words

#: What evidence there is of a requirement, in words, the worst first.
STATES: Final = {
    "findings": N_("with findings"),
    "unknown": N_("unknown"),
    "waived": N_("waived"),
    "evidenced": N_("evidenced"),
    "not_evidenced": N_("not evidenced"),
}
_COUNTS: Final = ("NON_COMPLIANT", "ERROR", "INSUFFICIENT_DATA", "WAIVED", "COMPLIANT", "NOT_APPLICABLE")
_COLUMNS: Final = (
    *("framework", "title", "audited_for", "requirement", "asks", "status", "controls"),
    *(name.lower() for name in _COUNTS),
    *("without_evidence", "not_asked", "allows_more", "why", "source"),
)


def audited_for(document: AuditDocument) -> str | None:
    """Return the id of the framework whose controls alone were asked; None where all were."""
    return next((str(one["id"]) for one in document.frameworks if one["audited_for"]), None)


def only_asked(document: AuditDocument, words: Words) -> Iterator[str]:
    """Give a sentence where the controls of one framework alone were asked, with what evidence there is."""
    for one in document.frameworks:
        if one["audited_for"]:
            yield words.text(
                "Only the controls of the framework {id} were asked, and those over waivers; of its "
                "requirements are {counts}.",
                id=clip(str(one["id"]), 60),
                counts=_counts(one, words),
            )


def frameworks(document: AuditDocument, words: Words) -> Sequence[Mapping[str, Any]]:
    """The frameworks of the run, each with its requirements and how many have which evidence."""
    return [
        {
            "id": one["id"],
            "title": one["title"],
            "audited_for": one["audited_for"],
            "counts": _counts(one, words),
            "requirements": [
                {
                    "id": entry["id"],
                    "asks": entry["asks"],
                    "status": entry["status"],
                    "status_word": words.text(STATES[entry["status"]]),
                    "controls": " ".join(entry["controls"]),
                    "said": _said(entry, words),
                }
                for entry in one["requirements"]
            ],
        }
        for one in document.frameworks
    ]


def frameworks_csv(document: AuditDocument, target: BinaryIO) -> None:
    """Write a row for each requirement."""
    from reports.render_csv import writer  # noqa: PLC0415 -- Arrow: the HTML needs none
    from reports.text_columns import texts  # noqa: PLC0415 -- likewise

    rows = [_row(one, entry) for one in document.frameworks for entry in one["requirements"]]
    with writer(target, _COLUMNS) as write:
        if rows:
            write([texts(row[name] for row in rows) for name in _COLUMNS])


def _counts(framework: Mapping[str, Any], words: Words) -> str:
    found = Counter(entry["status"] for entry in framework["requirements"])
    return ", ".join(f"{found[state]} {words.text(word)}" for state, word in STATES.items() if found[state])


def _said(entry: Mapping[str, Any], words: Words) -> str:
    """What the controls came to, which of them say nothing, or why none is there."""
    if entry["why"]:
        return str(entry["why"])
    counts = ", ".join(
        f"{words.number(entry['verdicts'][name])} {words.verdict(name).lower()}"
        for name in _COUNTS
        if name != "NOT_APPLICABLE" and name in entry["verdicts"]
    )
    silent = " ".join(entry["silent"])
    more = ", ".join(entry["allows_more"])
    said = [
        words.text("the policies allow more than it does: {names}", names=more) if more else "",
        counts,
        words.text("no evidence from {controls}", controls=silent) if silent else "",
    ]
    return "; ".join(filter(None, said)) or words.text("an audit asks none of its controls")


def _row(one: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, str]:
    return {
        "framework": one["id"],
        "title": one["title"],
        "audited_for": "true" if one["audited_for"] else "false",
        "requirement": entry["id"],
        "controls": " ".join(entry["controls"]),
        "without_evidence": " ".join(entry["silent"]),
        "not_asked": " ".join(entry["not_asked"]),
        "allows_more": " ".join(entry["allows_more"]),
        **{name: entry[name] for name in ("asks", "status", "why", "source")},
        **{name.lower(): str(entry["verdicts"].get(name, 0)) for name in _COUNTS},
    }
