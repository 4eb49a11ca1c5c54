"""A fixed, realistic audit: eight accounts, two Regions, ten controls, every kind of verdict, two gaps.

`build()` gives the document, and all verdicts and gaps as columns of `verdicts.parquet` and `gaps.parquet`.
Nothing in it is random.
"""

from collections import Counter
from hashlib import sha256
from typing import Any

import orjson
import pyarrow as pa

from auditor.judge.classes import Classes, keys_of
from reports.document import (
    VERDICTS,
    AuditDocument,
    ControlEntry,
    Finding,
    GapEntry,
    Run,
    Summary,
)
from tests.golden.sample_causes import BY_REASON, part
from tests.golden.sample_findings import (
    ACCOUNTS,
    CONTROLS,
    DENIED,
    REGIONS,
    WAIVER,
    findings_of_every_kind,
    resource_of,
)

_REMEDIES = {
    "BKP-COV-001": "Tag the resource with a tier (backup-tier, in lower case) or assign it to a plan.",
    "BKP-FRQ-001": "Read the failed or missing jobs below, repair their cause, and back up on demand.",
    "BKP-ISO-001": "Read the copy job's message, repair the destination's policy or key, and copy again.",
}


_TIERS = (
    {"name": "gold", "required": True, "rpo_hours": 24, "retention_days": 35, "retention_max_days": 90,
     "customer_key": True, "lock": "compliance", "copy": {"retention_days": 35}},
    {"name": "<b>bronze</b>", "required": True, "rpo_hours": 192, "retention_days": 28, "customer_key": False,
     "lock": "none"},
    {"name": "exempt", "required": False},
)  # fmt: skip
_EXPIRED = {
    "control_id": "BKP-FRQ-003",
    "subject": "arn:aws:backup:*:300000000002:backup-plan:*",
    "reason": "Trial of the weekday plan.",
    "approved_by": "platform@example.com",
    "expires": "2026-01-31",
}
_GIVEN = ({**WAIVER, "expired": False, "findings": 1}, {**_EXPIRED, "expired": True, "findings": 0})


def _gaps() -> tuple[GapEntry, ...]:
    everything = ("backup_jobs", "backup_plans", "backup_vaults", "copy_jobs", "recovery_points", "resources")
    role = f"arn:aws:iam::{DENIED}:role/AuditorRead"
    refused = (
        f"User: arn:aws:iam::100000000001:user/auditor is not authorized to perform: sts:AssumeRole on {role}"
    )
    return (
        GapEntry("gap-7c1f20aa", DENIED, "", "sts", "AssumeRole", "AccessDenied", refused, everything),
        GapEntry(
            "gap-91be03d4", "400000000001", "eu-west-1", "backup", "ListRecoveryPointsByBackupVault",
            "ThrottlingException", "Rate exceeded", ("recovery_points",),
        ),
    )  # fmt: skip


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def _rows(findings: list[Finding]) -> list[tuple[str, ...]]:
    """Every verdict: those of the findings, and what was compliant or not applicable."""
    rows: list[tuple[str, ...]] = [
        (f.control_id, f.subject.type, f.subject.arn, f.subject.account_id, f.subject.region,
        f.subject.resource_type, f.subject.name, f.verdict, f.severity, f.reasons[0].code,
        f.reasons[0].message, _json(f.reasons[0].evidence), _json(f.reasons[1:]) if f.reasons[1:] else "",
        _json(f.waiver) if f.waiver else "", ACCOUNTS[f.subject.account_id][0]) for f in findings
    ]  # fmt: skip
    judged = {(row[0], row[2]) for row in rows}
    for account in ACCOUNTS:
        for region in REGIONS if account != DENIED else ():
            for number in range(12):
                subject = resource_of(account, region, number)
                for control, severity, kind, _ in CONTROLS:
                    if kind != "resource" or (control, subject.arn) in judged:
                        continue
                    verdict = "NOT_APPLICABLE" if control == "BKP-ISO-001" and number % 3 else "COMPLIANT"
                    rows.append(
                        (control, "resource", subject.arn, account, region, subject.resource_type,
                         subject.name, verdict, severity, "", "", "", "", "", ACCOUNTS[account][0])
                    )  # fmt: skip
    return rows


def _count(rows: list[tuple[str, ...]], column: int, keys: list[str]) -> dict[str, dict[str, int]]:
    counted = {key: Counter[str]() for key in keys}
    for row in rows:
        counted[row[column]][row[7]] += 1
    return {
        key: {verdict: value[verdict] for verdict in VERDICTS if value[verdict]}
        for key, value in counted.items()
    }


def _once(rows: list[tuple[str, ...]], account: str = "") -> dict[str, int]:
    """Each resource under the worst of its verdicts."""
    order = ("NON_COMPLIANT", "ERROR", "INSUFFICIENT_DATA", "WAIVED", "COMPLIANT", "NOT_APPLICABLE")
    worst: dict[str, str] = {}
    for row in rows:
        if row[1] == "resource" and account in ("", row[3]):
            worst[row[2]] = min(worst.get(row[2], "NOT_APPLICABLE"), row[7], key=order.index)
    counted = Counter(worst.values())
    return {verdict: counted[verdict] for verdict in VERDICTS}


def _summary(rows: list[tuple[str, ...]], findings: int) -> Summary:
    totals = Counter(row[7] for row in rows)
    once = _once(rows)
    by_account = _count(rows, 3, list(ACCOUNTS))
    return Summary(
        overall="NON_COMPLIANT",
        headline="non_compliant",
        exit_code=3,
        fail_on="low",
        verdicts={verdict: totals[verdict] for verdict in VERDICTS},
        by_control=_count(rows, 0, [entry[0] for entry in CONTROLS]),
        by_account=by_account,
        by_severity=_count(rows, 8, ["critical", "high", "medium", "low"]),
        findings=findings,
        gaps=len(_gaps()),
        accounts=len(ACCOUNTS),
        accounts_with_findings=sum("NON_COMPLIANT" in counts for counts in by_account.values()),
        accounts_unread=1,
        resources={"DynamoDB": 66, "EBS": 67, "RDS": 65, "S3": 1},
        resources_required=sum(once.values()),
        resources_with_findings=once["NON_COMPLIANT"],
        resources_exempt=28,
        resources_unknown=2,
        resources_by_verdict=once,
        resources_by_account={account: _once(rows, account) for account in ACCOUNTS if account != DENIED},
        deleted_resources=0,
        deleted_resources_with_findings=0,
        recovery_points=4218,
        recovery_points_with_findings=14,
        recovery_points_by_verdict={"NON_COMPLIANT": 14, "COMPLIANT": 4204},
        jobs=5034,
    )


def classes_of(findings: list[Finding]) -> Classes:
    """Their classes; those of recovery points are grouped by a vault of their account and Region."""
    found = Classes()
    for finding in findings:
        account, region = finding.subject.account_id, finding.subject.region
        vault = f"arn:aws:backup:{region}:{account}:backup-vault:gold"
        grouped_by = "vault" if finding.subject.type == "recovery_point" else "account"
        found.findings += 1
        for key in keys_of(finding):
            found.add(
                key, account_id=account, region=region, grouped_by=grouped_by,
                groups={vault if grouped_by == "vault" else account: 1}, findings=[finding],
            )  # fmt: skip
    return found


def _controls() -> tuple[ControlEntry, ...]:
    return tuple(
        ControlEntry(
            id=name,
            title=title,
            description=f"{title}. It is judged from recorded evidence, never from a setting alone.",
            severity=severity,
            subject=subject,
            reads=("tier", f"{subject}.facts"),
            cites=("AWS Backup Developer Guide",),
            remediation=_REMEDIES.get(name, "Change the declaration under policies/ and push it again."),
            by_reason=BY_REASON.get(name, {}),
        )
        for name, severity, subject, title in CONTROLS
    )


_STATED = (
    ("accounts", "organization", "default", "collect"),
    ("regions", "[eu-central-1, eu-west-1]", "file", "collect"),
    ("external_id", "given, not shown", "variable", "collect"),
    ("as_of", "2026-02-09T00:00:00Z", "option", "collect"),
    ("fail_on", "low", "default", "judge"),
    ("waivers", "<b>waivers</b>.yaml", "file", "judge"),
)
PROVENANCE = {
    "collected": {
        "started_at": "2026-02-09T00:03:07.120Z",
        "ended_at": "2026-02-09T00:09:41.730Z",
        "endpoint_started_at": "2026-02-09T00:03:07.000Z",
        "endpoint_ended_at": "2026-02-09T00:09:41.000Z",
        "caller": {"arn": "arn:aws:iam::100000000001:user/<auditor>", "account_id": "100000000001"},
        "organization": {
            "id": "o-1", "name": "Management", "management_account_id": "100000000001", "accounts": 8,
            "notes": [],
        },
    },
    "requests": {
        "file": "evidence/requests.parquet", "sha256": sha256(b"requests").hexdigest(), "count": 412,
        "errors": [{"error": "AccessDenied", "count": 1}, {"error": "SlowDown", "count": 5}],
    },
    "settings": [dict(zip(("name", "value", "origin", "step"), one, strict=True)) for one in _STATED],
    "settings_files": {
        "collected": {"name": "auditor.yaml", "sha256": sha256(b"settings").hexdigest()}, "judged": None,
    },
    "parameters": [{"name": "controls.copy_max_age_rpos", "value": "2", "origin": "default"}],
    "versions": {
        "collected": {"auditor": "0.1.0", "Python": "3.12.4", "botocore": "1.44.5"},
        "judged": {"auditor": "0.1.0", "Python": "3.12.4", "Rego engine": "regorus 0.13.0"},
    },
    "digests": {
        **{name: sha256(name.encode()).hexdigest() for name in ("policies", "tiers", "parameters")},
        "evidence": sha256(b"evidence").hexdigest(),
        "waivers": None,
    },
}  # fmt: skip


POPULATIONS = (
    {"file": "resources.parquet", "rows": 52, "sha256": sha256(b"resources").hexdigest()},
    {
        "file": "slots.parquet",
        "rows": 1_512,
        "sha256": sha256(b"slots").hexdigest(),
        "states": {"MET": 1_460, "LATE": 9, "MISSED": 12, "FAILED": 21, "ABSORBED": 0, "PENDING": 10},
    },
)

_KINDS = ("EBS", "RDS", "S3", "plans", "recovery points", "backup jobs")


def _places(accounts: list[str], regions: list[str], *states: str) -> dict[str, Any]:
    return {
        "accounts": [{"account_id": one, "name": ACCOUNTS.get(one, ("",))[0]} for one in accounts],
        "account_count": len(accounts),
        "regions": regions,
        "region_count": len(regions),
        "states": list(states if len(states) > 1 else states * len(_KINDS)),
    }


_REST = sorted({*ACCOUNTS} - {DENIED, "200000000003"}, key=lambda one: (not ACCOUNTS[one][0].isascii(), one))
SCOPE = {
    "kinds": list(_KINDS),
    "accounts": {"listed": 10, "DENIED": 1, "PARTLY": 1, "LEFT_OUT": 1, "CLOSED": 1, "READ": 6},
    "places": 17,
    "rows": [
        _places([DENIED], [], "DENIED"),
        _places(["200000000003"], ["eu-west-1"], "READ", "FAILED", "READ", "READ", "PARTLY", "NOT_NEEDED"),
        _places(["500000000001"], [], "LEFT_OUT"),
        _places(["500000000002"], [], "CLOSED"),
        _places(_REST, list(REGIONS), "READ"),
        _places(["200000000003"], ["eu-central-1"], "READ"),
    ],
    "row_count": 6,
    "by_kind": [
        {"kind": kind, "states": {"DENIED": 1, "LEFT_OUT": 1, "CLOSED": 1, "READ": 14}, "found": found}
        for kind, found in zip(_KINDS, (24, 12, None, 3, 1_200, 900), strict=True)
    ],
    "regions_left_out": [f"ap-south-{number}" for number in range(1, 12)],
    "exempt": {
        "count": 4,
        "groups": 1,
        "shown": [
            {"tier": "<i>no</i>", "reason": "tag backup=no", "count": 4, "shown": ["arn:aws:s3:::scratch"]}
        ],
    },
    "unexamined": {
        "types": [{"name": "EFS", "tagged": 3}, {"name": "EKS", "tagged": None}],
        "properties": ["Restore tests and restore jobs: that a backup can be restored is not shown."],
    },
    "limits": ["Resources that were deleted in the period are known from jobs and recovery points only."],
}
RECONCILIATION = (
    {"what": "accounts", "source": "ListAccounts", "ours": 9, "theirs": 10, "compared": 1, "unknown": 0,
     "differing": 1, "explained": 1, "notes": [],
     "shown": [{"account_id": "", "region": "", "about": "", "ours": 9, "theirs": 10,
                "why": "the setting accounts is [<b>9</b> of them]", "gaps": []}]},
    {"what": "backup jobs", "source": "ListBackupJobSummaries", "ours": 900, "theirs": 900, "compared": 13,
     "unknown": 1, "differing": 0, "explained": 0, "notes": ["ListBackupJobSummaries: AccessDenied: no"],
     "shown": []},
    {"what": "recovery points", "source": "NumberOfRecoveryPoints", "ours": 1_200, "theirs": 1_207,
     "compared": 20, "unknown": 0, "differing": 2, "explained": 1, "notes": [],
     "shown": [{"account_id": "200000000001", "region": "eu-west-1", "about": "vault", "ours": 1,
                "theirs": 3, "why": "no recorded reason", "gaps": []},
               {"account_id": "200000000003", "region": "eu-west-1", "about": "vault", "ours": 1,
                "theirs": 6, "why": "", "gaps": ["gap-91be03d4"]}]},
    {"what": "resources with tags", "source": "GetResources", "ours": None, "theirs": None, "compared": 0,
     "unknown": 14, "differing": 0, "explained": 0, "notes": ["GetResources: AccessDenied: no"], "shown": []},
)  # fmt: skip


def build() -> tuple[AuditDocument, pa.Table, pa.Table]:
    """Return the document and the tables of `verdicts.parquet` and `gaps.parquet`."""
    every = findings_of_every_kind()
    classes, findings = classes_of(every).published()
    rows = _rows(list(findings))
    run = Run(
        id="20260209T000000Z",
        auditor_version="0.1.0",
        as_of="2026-02-09T00:00:00Z",
        period_start="2026-01-10T00:00:00Z",
        period_end="2026-02-09T00:00:00Z",
        partition="aws",
        accounts=tuple(
            {
                "account_id": key,
                "name": name,
                "ou_path": list(path),
                "regions": list(REGIONS if key != DENIED else ()),
            }
            for key, (name, path) in ACCOUNTS.items()
        ),
        regions=REGIONS,
        engine="embedded (regorus 0.13.0)",
        evidence_sha256=sha256(b"evidence").hexdigest(),
        policies_sha256=sha256(b"policies").hexdigest(),
        calls=412,
        readings={"absent_tag": "indeterminate", "arn_wildcards": "anywhere"},
        deleted={
            "count": 2,
            "shown": [
                "arn:aws-cn:ec2:cn-north-1:111122223333:volume/vol-gone-1",
                "arn:aws-cn:ec2:cn-north-1:111122223333:volume/vol-gone-<2>",
            ],
        },
        accepted=({"resource_type": "S3", "category": None, "message": "*Glacier <b>*", "jobs": 62},),
    )
    document = AuditDocument(
        run,
        _summary(rows, len(findings)),
        _controls(),
        classes,
        findings,
        _gaps(),
        _GIVEN,
        _TIERS,
        PROVENANCE,
        SCOPE,
        RECONCILIATION,
        POPULATIONS,
        part(every),
    )
    names = ("control_id", "subject_type", "arn", "account_id", "region", "resource_type", "name", "verdict",
             "severity", "code", "message", "evidence", "further", "waiver", "account_name")  # fmt: skip
    called = ("gap_id", "account_id", "region", "service", "operation", "error", "message")
    gaps = {name: [getattr(gap, name) for gap in _gaps()] for name in called}
    gaps["provides"] = [" ".join(gap.provides) for gap in _gaps()]
    return (
        document,
        pa.table({name: [row[i] for row in rows] for i, name in enumerate(names)}),
        pa.table(gaps),
    )
