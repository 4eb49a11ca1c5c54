"""The causes of the fixed audit: each reason's findings have one."""

from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from auditor.judge.causes import Cause, CauseKey, Causes
from auditor.judge.classes import keys_of
from reports.document import Finding
from reports.ids import cause_id

AS_OF = "2026-02-09T00:00:00Z"
#: Kind, name, plan, why and detail, by code.
_NAMED: dict[str, tuple[str, str, str, str, str]] = {
    "not_selected": ("selection", "<b>hand-made</b>", "silver", "excluded", ""),
    "gap_exceeds_rpo": ("rule", "night", "gold", "missed", ""),
    "copy_missing": ("vault", "gold-copy", "", "copy_failed", "FAILED"),
    "interval_exceeds_rpo": ("plan", "weekdays", "", "", ""),
    "below_floor": ("plan", "weekdays", "", "", ""),
    "below_minimum": ("plan", "weekdays", "", "", ""),
    "wrong_mode": ("vault", "gold", "", "", ""),
    "aws_key": ("vault", "gold", "", "", ""),
    "evidence_gap": ("call", "sts:AssumeRole", "", "unread", "AccessDenied"),
    "control_error": ("control", "BKP-RET-002", "", "control_error", ""),
}
#: What the controls say of a reason; of the others nothing is said.
BY_REASON = {
    "BKP-COV-001": {
        "not_selected": {
            "problem": "have no backup plan",
            "remediation": "Take it out of `NotResources` (Terraform: `not_resources`), or tag it <right>.",
        }
    },
    "BKP-IMM-001": {
        "wrong_mode": {
            "problem": "have a lock in governance mode where compliance mode is demanded",
            "remediation": "Put one: `aws backup put-backup-vault-lock-configuration`.",
        }
    },
}


def entries(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Every cause of the findings, the worst first; one is known for five weeks."""
    found = Causes("team")
    for finding in findings:
        for verdict, severity, control, code in keys_of(finding):
            key: CauseKey = (control, code, *_NAMED[code])
            cause = found.by_key.setdefault(key, Cause(severity))
            subject = finding.subject
            kind = subject.resource_type if subject.type == "resource" else subject.type
            cause.verdicts[verdict] += 1
            cause.accounts[subject.account_id] += 1
            cause.regions.add(subject.region)
            cause.kinds[kind] += 1
            cause.owners.update(Counter(["<b>team</b>" if code == "not_selected" and kind == "EBS" else ""]))
            cause.example = min(cause.example, (subject.account_id, subject.region, subject.arn))
    known = cause_id("BKP-COV-001", "not_selected", *_NAMED["not_selected"])
    return found.entries({known: "2026-01-05T00:00:00Z"}, AS_OF)


def part(findings: Iterable[Finding]) -> dict[str, Any]:
    """What the document says of them."""
    found = entries(findings)
    return {
        "file": "causes.parquet",
        "rows": len(found),
        "sha256": sha256(b"causes").hexdigest(),
        "earlier": {
            "run_id": "20260202T000000Z",
            "as_of": "2026-02-02T00:00:00Z",
            "notes": ["The run <20260203T000000Z> does not count: it was not judged."],
        },
        "shown": found,
        "responses": [
            {
                "cause": found[0]["id"],
                "response": "The plan is <changed>; ticket 4711.",
                "owner": "Head of <Storage>",
                "due": "2026-02-08",
                "found": True,
            }
        ],
    }
