"""A check's result as JSON (`auditor/check/check.schema.json`)."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from auditor import __version__
from auditor.check.difference import Difference, VerdictChange, Way
from auditor.check.result import CheckEntry, CheckResult
from auditor.check.simulated import Simulation
from auditor.model.verdicts import Reason, Verdict

Json = Any

SCHEMA_VERSION: Final = "1.0"


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
        "old": [_entry(entry) for entry in result.old],
        "baseline": asdict(result.baseline) if result.baseline else None,
        "not_looked_at": {"types": dict(result.not_looked_at), "files": list(result.passed_over)},
        "against": None if result.against is None else _against(result.against),
        "simulation": None if result.simulation is None else _simulation(result.simulation),
        "cannot_be_undone": [
            {
                "vault": one.vault,
                "address": one.declaration.address,
                "file": one.declaration.file,
                "line": one.declaration.line or None,
                "days": one.days,
                "date": None if one.date is None else f"{one.date:%Y-%m-%d}",
            }
            for one in result.lasting
        ],
        "incomplete": list(map(str, result.incomplete)),
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
        "old": len(result.old),
    }


def _entry(entry: CheckEntry) -> dict[str, Json]:
    where = entry.declaration
    return {
        "id": entry.id,
        "control_id": entry.control_id,
        "title": entry.title,
        "severity": str(entry.severity),
        "verdict": str(entry.verdict),
        "subject": {
            "type": entry.subject_type,
            "address": where.address,
            "file": where.file,
            "line": None if where.code else where.line or None,
            "code": {"file": where.code, "line": where.line} if where.code else None,
            "resource_type": entry.resource_type,
            "arn": entry.arn,
            "account_id": entry.account_id,
            "region": entry.region,
        },
        "reasons": _reasons(entry.reasons),
        "fix": entry.fix,
        "suggestion": entry.suggestion._asdict() if entry.suggestion else None,
        "waiver": to_waiver(entry),
    }


def to_waiver(entry: CheckEntry) -> dict[str, str] | None:
    """Who accepts a waived finding, why, and until which day."""
    waiver = entry.waiver
    if waiver is None:
        return None
    return {
        "reason": waiver.reason,
        "approved_by": waiver.approved_by,
        "expires": waiver.expires.isoformat(),
    }


def _reasons(reasons: Sequence[Reason]) -> list[Json]:
    return [
        {"code": reason.code, "message": reason.message, "evidence": dict(reason.evidence)}
        for reason in reasons
    ]


def _against(difference: Difference) -> dict[str, Json]:
    """What becomes of the verdicts of a run."""
    return {
        "run": difference.run,
        "as_of": difference.as_of,
        "accounts": difference.accounts,
        "policies_sha256": {"before": difference.policies_before, "after": difference.policies_after},
        "compared": difference.compared,
        "still_unknown": difference.still_unknown,
        "summary": {str(way): len(difference.of(way)) for way in Way},
        "changes": [_change(one) for one in difference.changes],
        "protection": [
            {
                "way": one.way,
                "subject": asdict(one.subject),
                "tier": one.tier,
                "aspects": [asdict(aspect) for aspect in one.aspects],
            }
            for one in difference.protection
        ],
        "only_later": list(difference.only_later),
        "matched": list(difference.matched),
        "failing": list(difference.failing),
        "unmapped": list(difference.unmapped),
    }


def _simulation(simulation: Simulation) -> dict[str, Json]:
    """What the plans will do."""
    return {
        **asdict(simulation),
        "resources": [
            {**asdict(one), "rules": [{**asdict(rule), "absorbed": rule.absorbed} for rule in one.rules]}
            for one in simulation.resources
        ],
    }


def _change(change: VerdictChange) -> dict[str, Json]:
    return {
        "way": str(change.way),
        "control_id": change.control_id,
        "title": change.title,
        "severity": str(change.severity),
        "subject": asdict(change.subject),
        "before": None if change.before is None else str(change.before),
        "after": None if change.after is None else str(change.after),
        "reasons": _reasons(change.reasons),
        "affected": [asdict(one) for one in change.affected],
        "fix": change.fix,
    }
