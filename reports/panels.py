"""The resources that have something to look at, the worst first: what was found of each, and its period."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from reports import periods, strips
from reports.document import SEVERITIES, AuditDocument, Finding
from reports.periods import Key
from reports.text import CONTROL_ID, clean_tree, clip
from reports.words import Words

#: Panels that a page has whatever their size: some kilobytes each. Further ones have to find room.
LEAST: Final = 100
#: What the page has around the words and the picture of a panel, bytes.
_AROUND: Final = 700
_REASONS: Final = 6
_KINDS: Final = ("resource", "deleted_resource")
#: What is proven comes before what is not known.
_WORST: Final = ("NON_COMPLIANT", "ERROR", "INSUFFICIENT_DATA", "WAIVED")


def panels(
    document: AuditDocument, tables: Path, names: Mapping[str, str], words: Words, room: int
) -> dict[str, Any]:
    """Return the resources of the document's findings, the worst first, as `view.bounded` does.

    They take about `room` bytes of a page at most. With them is the `key` of the shapes. {} where the run has
    no populations: one of an older release.
    """
    found = _resources(document.findings)
    strips_of = Strips(document, tables, found.keys(), words)
    shown: list[dict[str, Any]] = []
    for key in found:
        if strip := strips_of.get(key):
            one = {**_panel(key, found[key], names, words), "strip": strip}
            room -= len(orjson.dumps(one)) + _AROUND
            if room < 0 and len(shown) >= LEAST:
                break
            shown.append(one)
    if not shown:
        return {}
    count = periods.to_look_at(tables, {control.id for control in document.controls}) or 0
    count = max(count, len(shown))
    return {"shown": shown, "count": count, "rest": count - len(shown), "key": strips.key(words)}


class Strips:
    """The strips of some resources of a run, each made when it is asked for, and once."""

    def __init__(
        self, document: AuditDocument, tables: Path | None, wanted: Collection[Key], words: Words
    ) -> None:
        self._periods = periods.read(tables, wanted) if tables else {}
        self._audited = (document.run.period_start, document.run.period_end)
        self._tiers = {
            tier["name"]: tier["rpo_hours"] for tier in document.tiers if tier.get("rpo_hours") is not None
        }
        self._words = words
        self._made: dict[Key, dict[str, Any]] = {}

    def __contains__(self, key: object) -> bool:
        """Whether the run says something of a resource's period."""
        return key in self._periods

    def get(self, key: Key | None) -> dict[str, Any] | None:
        """Return the strip of a resource; None where the run's populations lack it."""
        if key is None or key not in self._periods:
            return None
        if key not in self._made:
            self._made[key] = strips.strip(self._periods[key], *self._audited, self._tiers, self._words)
        return self._made[key]


def key_of(finding: Finding) -> Key | None:
    """Return which resource a finding is about; None where it is about something else."""
    subject = finding.subject
    return (subject.account_id, subject.region, subject.arn) if subject.type in _KINDS else None


def _resources(findings: Sequence[Finding]) -> dict[Key, list[Finding]]:
    """Return the findings of each resource, that of the worst one first, then in the document's order."""
    ordered = sorted(findings, key=lambda one: (_WORST.index(one.verdict), SEVERITIES.index(one.severity)))
    found: dict[Key, list[Finding]] = {}
    for finding in ordered:
        if key := key_of(finding):
            found.setdefault(key, []).append(finding)
    return found


def _panel(key: Key, found: Sequence[Finding], names: Mapping[str, str], words: Words) -> dict[str, Any]:
    account, region, arn = key
    subject = found[0].subject
    reasons = [
        {
            "verdict": finding.verdict,
            "word": words.verdict(finding.verdict),
            "control_id": clip(finding.control_id, CONTROL_ID),
            "message": clip(" ".join(reason.message for reason in finding.reasons), 300),
        }
        for finding in found
    ]
    told: dict[str, Any] = clean_tree(
        {
            "arn": clip(arn, 2_048),
            "name": clip(subject.name, 200),
            "type": clip(subject.resource_type, 40) or words.subject(subject.type),
            "verdict": found[0].verdict,
            "account_id": account,
            "account": names.get(account, ""),
            "region": clip(region, 40),
            "reasons": reasons[:_REASONS],
            "reasons_rest": max(0, len(reasons) - _REASONS),
        }
    )
    return told
