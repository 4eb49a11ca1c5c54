"""What the HTML and the PDF have in common: the document as words, numbers and bounded lists, cleaned.

The result is plain data for a template. A list is `{"shown": [...], "count": all, "rest": unshown}`: the
reader is always told what is not on the page.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Final

from reports import (
    causes,
    frameworks,
    headline,
    kept,
    populations,
    provenance,
    scope,
    tables,
    tiers,
    trend,
    waivers,
)
from reports.document import VERDICTS, AuditDocument, ClassEntry, ControlEntry, GapEntry, Summary
from reports.text import CONTROL_ID, clean_tree, clip
from reports.words import Words

#: Verdicts that state nothing of a resource that needs a backup.
_UNJUDGED: Final = ("ERROR", "INSUFFICIENT_DATA", "NOT_APPLICABLE")
#: Tiers that are shown: an organization has a handful.
_TIERS: Final = 20
#: Deleted resources that are named.
_DELETED: Final = 10
#: Vaults or accounts that a class of findings names.
_LARGEST: Final = 3
#: Regions that page one names; the scope has all of them.
_REGIONS: Final = 6


@dataclass(frozen=True, slots=True)
class ListLimits:
    """How much of each list is shown, and how many characters of each text."""

    controls: int
    accounts: int
    gaps: int
    waivers: int
    name: int
    text: int
    causes: int = 60


def front(document: AuditDocument, words: Words, limits: ListLimits) -> dict[str, Any]:
    """Return what comes before the findings: run, result, totals, controls, accounts, gaps and waivers."""
    names = account_names(document, limits.name)
    summary = document.summary
    return {
        "run": _run(document, words),
        "causes": causes.listed(document, names, words, limits.causes),
        "result": _result(document, words),
        "resources": _resources(summary, words),
        "counted": _counted(summary, words),
        "totals": _totals(summary.verdicts, words),
        "controls": _controls(document, words, limits),
        "accounts": _accounts(document, names, limits),
        "left_out": _left_out(document, names, limits),
        "gaps": {
            "said": headline.gaps(summary, words),
            **bounded((_gap(gap, names, limits) for gap in document.gaps), summary.gaps, limits.gaps),
        },
        "waivers": bounded(
            waivers.rows(document, words, name=limits.name, text=limits.text),
            len(document.waivers),
            limits.waivers,
        ),
        "frameworks": frameworks.frameworks(document, words),
        "provenance": provenance.annex(document, words),
        "completeness": scope.completeness(document, words),
        "reconciliation": scope.reconciliation(document, words),
        "populations": populations.populations(document, words),
        "trend": trend.trend(document, words),
        "kept": kept.kept(document, words),
        "tiers": tiers.table(document.tiers, words, _TIERS, limits.name),
    }


def bounded(items: Iterable[Any], count: int, limit: int) -> dict[str, Any]:
    """Return the first `limit` of `count` items, cleaned, and how many remain unshown."""
    shown = [clean_tree(item) for item in islice(items, limit)]
    return {"shown": shown, "count": count, "rest": count - len(shown)}


def account_names(document: AuditDocument, length: int) -> dict[str, str]:
    """Return the cleaned name of every account in scope."""
    return {
        str(account["account_id"]): clean_tree(clip(str(account["name"]), length))
        for account in document.run.accounts
    }


def largest(entry: ClassEntry, names: Mapping[str, str], words: Words) -> str:
    """Return where most of a class lies, in one sentence; "" where that says nothing more."""
    if entry.groups == entry.findings or (entry.groups, entry.grouped_by) == (1, "account"):
        return ""
    places = [
        (clip(str(item["group"]), 200), words.number(int(item["findings"])))
        for item in entry.largest[:_LARGEST]
    ]
    named = "; ".join(f"{names.get(place) or place}: {count}" for place, count in places)
    if entry.grouped_by == "vault":
        return words.plural("In {n} vault. {named}", "In {n} vaults. {named}", entry.groups, named=named)
    return words.plural("In {n} account. {named}", "In {n} accounts. {named}", entry.groups, named=named)


def _run(document: AuditDocument, words: Words) -> dict[str, Any]:
    run, summary = document.run, document.summary
    start = datetime.fromisoformat(run.period_start)
    resources = sorted(summary.resources.items(), key=lambda item: (-item[1], item[0]))
    shown: dict[str, Any] = clean_tree(
        {
            "id": clip(run.id, 80),
            "auditor_version": clip(run.auditor_version, 40),
            "as_of": words.time(run.as_of),
            "made_at": provenance.made_at(document),
            "period_start": words.time(run.period_start),
            "period_end": words.time(run.period_end),
            "days": round((datetime.fromisoformat(run.period_end) - start) / timedelta(days=1)),
            "partition": run.partition,
            "accounts": summary.accounts - sum(summary.accounts_left_out.values()),
            "accounts_unread": summary.accounts_unread,
            "regions": list(run.regions[:_REGIONS]),
            "regions_rest": max(0, len(run.regions) - _REGIONS),
            "engine": clip(run.engine, 80),
            "evidence_sha256": run.evidence_sha256,
            "policies_sha256": run.policies_sha256,
            "waivers_sha256": run.waivers_sha256,
            "calls": run.calls,
            "readings": [
                {"name": name, "value": clip(value, 40)} for name, value in sorted(run.readings.items())
            ],
            "deleted": {**run.deleted, "shown": [clip(arn, 200) for arn in run.deleted["shown"][:_DELETED]]},
            "accepted": [
                {
                    **entry,
                    "category": clip(entry["category"] or "", 60),
                    "message": clip(entry["message"] or "", 120),
                }
                for entry in run.accepted[:_TIERS]
            ],
            "resources": resources[:12],
            "recovery_points": summary.recovery_points,
            "jobs": summary.jobs,
            "controls": len(document.controls),
            "findings": summary.findings,
        }
    )
    return shown


def _result(document: AuditDocument, words: Words) -> dict[str, Any]:
    summary = document.summary
    first, *more = headline.sentences(summary, words)
    return {
        "overall": summary.overall,
        "word": headline.result(summary, words),
        "sentence": first,
        "more": [*scope.sentences(document, words), *more],
    }


def _resources(summary: Summary, words: Words) -> dict[str, Any]:
    """Return the resources once each: tiles, the counts of their bar, and how many they are."""
    counts = summary.resources_by_verdict
    unjudged = sum(counts.get(verdict, 0) for verdict in _UNJUDGED) + summary.resources_unknown
    tiles = (
        ("NON_COMPLIANT", words.text("With findings"), summary.resources_with_findings),
        ("INSUFFICIENT_DATA", words.text("Not judged"), unjudged),
        ("WAIVED", words.text("Waived"), counts.get("WAIVED", 0)),
        ("COMPLIANT", words.text("Compliant"), counts.get("COMPLIANT", 0)),
        ("NOT_APPLICABLE", words.text("Exempt"), summary.resources_exempt),
    )
    total = summary.resources_required + summary.resources_exempt + summary.resources_unknown
    return {
        "tiles": [{"verdict": verdict, "word": word, "count": count} for verdict, word, count in tiles],
        "counts": {verdict: count for verdict, _, count in tiles},
        "total": total,
        "required": summary.resources_required,
        "exempt": summary.resources_exempt,
        "share": headline.share(summary.resources_exempt, total) if total else "0",
        "unknown": summary.resources_unknown,
    }


def _counted(summary: Summary, words: Words) -> list[dict[str, Any]]:
    """Return what is counted apart, by verdict: resources, recovery points, then every verdict."""
    rows = (
        (words.text("Resources that need backup, each once"), summary.resources_by_verdict),
        (words.text("Recovery points, each once"), summary.recovery_points_by_verdict),
        (words.text("All verdicts"), summary.verdicts),
    )
    return [
        {"word": word, **_counts({verdict: counts.get(verdict, 0) for verdict in VERDICTS})}
        for word, counts in rows
    ]


def _totals(counted: Mapping[str, int], words: Words) -> list[dict[str, Any]]:
    return [
        {
            "verdict": name,
            "word": words.verdict(name),
            "meaning": words.meaning(name),
            "count": counted.get(name, 0),
        }
        for name in VERDICTS
    ]


def _controls(document: AuditDocument, words: Words, limits: ListLimits) -> dict[str, Any]:
    known = {control.id: control for control in document.controls}
    counted = tables.counts({**{name: {} for name in known}, **document.summary.by_control})
    rows = (_control(name, known.get(name), row, words, limits) for name, row in counted.items())
    return bounded(rows, len(counted), limits.controls)


def _control(
    name: str, entry: ControlEntry | None, counted: Mapping[str, int], words: Words, limits: ListLimits
) -> dict[str, Any]:
    found = {"id": clip(name, CONTROL_ID), **_counts(counted), "reads": [], "cites": []}
    if entry is None:  # counted, and not in the catalogue: its numbers are shown all the same
        texts = ("title", "severity", "severity_word", "description", "remediation", "asked_of")
        return {**found, **dict.fromkeys(texts, "")}
    return {
        **found,
        "title": clip(words.text(entry.title), limits.name),
        "severity": entry.severity,
        "severity_word": words.severity(entry.severity),
        "description": clip(words.text(entry.description), limits.text),
        "remediation": clip(words.text(entry.remediation), limits.text),
        "asked_of": words.subject(entry.subject),
        "reads": [clip(read, 60) for read in entry.reads[:12]],
        "cites": [clip(cite, limits.name) for cite in entry.cites[:6]],
    }


def _accounts(document: AuditDocument, names: Mapping[str, str], limits: ListLimits) -> dict[str, Any]:
    known = {
        str(account["account_id"]): account
        for account in document.run.accounts
        if not account.get("left_out")
    }
    counted = tables.counts({**{name: {} for name in known}, **document.summary.by_account})
    rows = (
        {
            "id": name,
            "name": names.get(name, ""),
            "path": clip(" / ".join(known[name]["ou_path"]), limits.name) if name in known else "",
            "unread": name in known and not known[name]["regions"],
            "required": sum(document.summary.resources_by_account.get(name, {}).values()),
            "failing": document.summary.resources_by_account.get(name, {}).get("NON_COMPLIANT", 0),
            **_counts(row),
        }
        for name, row in counted.items()
    )
    asked = document.summary.accounts - sum(document.summary.accounts_left_out.values())
    return bounded(rows, max(len(counted), asked), limits.accounts)


def _left_out(document: AuditDocument, names: Mapping[str, str], limits: ListLimits) -> dict[str, Any]:
    rows = (
        {"id": name, "name": names[name], "status": clip(account["status"], 40)}
        for account in document.run.accounts
        if account.get("left_out") and (name := account["account_id"])
    )
    return bounded(rows, sum(document.summary.accounts_left_out.values()), limits.accounts)


def _counts(counted: Mapping[str, int]) -> dict[str, Any]:
    return {"counts": counted, "total": sum(counted.values())}


def _gap(gap: GapEntry, names: Mapping[str, str], limits: ListLimits) -> dict[str, Any]:
    return {
        "id": clip(gap.gap_id, 40),
        "account_id": gap.account_id,
        "account": names.get(gap.account_id, ""),
        "region": clip(gap.region, 40),
        "call": clip(f"{gap.service}:{gap.operation}", 90),
        "error": clip(gap.error, 90),
        "message": clip(gap.message, limits.text),
        "provides": [clip(table, 40) for table in gap.provides],
    }
