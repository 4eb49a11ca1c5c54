"""What a run came to, as a trend has it: of an earlier run, and of the own one."""

from typing import Any

from reports.document import AuditDocument


def point(document: AuditDocument) -> dict[str, Any]:
    """Return the numbers of one run; `due` and `in_time` are absent where it does not say them.

    `due` counts the backups that were due and whose time was over.
    """
    summary = document.summary
    unknown = summary.verdicts.get("INSUFFICIENT_DATA", 0) + summary.verdicts.get("ERROR", 0)
    found: dict[str, Any] = {
        "run_id": document.run.id,
        "as_of": document.run.as_of,
        "overall": summary.overall,
        "findings": summary.verdicts.get("NON_COMPLIANT", 0),
        "unknown": unknown,
        "resources": summary.resources_required,
        "resources_with_findings": summary.resources_with_findings,
    }
    for one in document.populations:
        if (states := one.get("states")) is not None:
            found["due"] = sum(count for state, count in states.items() if state != "PENDING")
            found["in_time"] = states.get("MET", 0) + states.get("ABSORBED", 0)
    return found
