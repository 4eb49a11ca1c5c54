"""Waivers as rows of a report: what each covers, who answers for it, and until when."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from reports.document import AuditDocument
from reports.text import CONTROL_ID, clip
from reports.words import Words

_SOON: Final = timedelta(days=30)
#: Characters of what a waiver covers.
_SCOPE: Final = 300


def covers(waiver: Mapping[str, Any], words: Words) -> str:
    """Return what a waiver of the document covers: all of it has to be so of a subject."""
    said = [str(waiver["subject"])] if "subject" in waiver else []
    if "tag" in waiver:
        said.append(words.text("tag {key}={value}", **waiver["tag"]))
    if "account" in waiver:
        said.append(words.text("account {id}", id=waiver["account"]))
    if "organizational_unit" in waiver:
        said.append(words.text("organizational unit {name}", name=waiver["organizational_unit"]))
    return ", ".join(said)


def rows(document: AuditDocument, words: Words, *, name: int, text: int) -> Iterator[dict[str, Any]]:
    """Give the waivers, that which ends first before the others.

    `name` and `text` are how many characters are shown of a person, and of a reason.
    """
    today = date.fromisoformat(document.run.as_of[:10])
    ordered: Sequence[Mapping[str, Any]] = sorted(
        document.waivers, key=lambda one: (str(one["expires"]), str(one["control_id"]), covers(one, words))
    )
    for waiver in ordered:
        expires = date.fromisoformat(str(waiver["expires"]))
        yield {
            "control_id": clip(str(waiver["control_id"]), CONTROL_ID),
            "subject": clip(covers(waiver, words), _SCOPE),
            "reason": clip(str(waiver["reason"]), text),
            "approved_by": clip(str(waiver["approved_by"]), name),
            "owner": clip(str(waiver.get("owner", "")), name),
            "ticket": clip(str(waiver.get("ticket", "")), name),
            "expires": str(waiver["expires"]),
            "expired": waiver["expired"],
            "soon": today <= expires <= today + _SOON,
            "findings": int(waiver["findings"]),
            "unused": "unused" in waiver,
            "undecided": int(waiver.get("undecided", 0)),
        }
