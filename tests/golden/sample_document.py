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
    ReasonEntry,
    Run,
    Subject,
    Summary,
)

REGIONS = ("eu-central-1", "eu-west-1")
ACCOUNTS = {
    "100000000001": ("Management", ()),
    "200000000001": ("Payments production", ("Production",)),
    "200000000002": ("支付 生产", ("Production",)),
    "200000000003": ("Data platform", ("Production",)),
    "300000000001": ("Payments staging", ("Staging",)),
    "300000000002": ("R&D <sandbox>", ("Staging",)),
    "400000000001": ("Archive", ("Infrastructure",)),
    "400000000002": ("Acquired Ltd", ("Infrastructure",)),
}
DENIED = "400000000002"
_CONTROLS = (
    ("BKP-COV-001", "critical", "resource", "Every resource is selected by a backup plan"),
    (
        "BKP-ENC-001",
        "high",
        "recovery_point",
        "Recovery points are encrypted, by a customer key where the tier says so",
    ),
    (
        "BKP-FRQ-001",
        "high",
        "resource",
        "The longest gap between recovery points stays within the tier's RPO",
    ),
    ("BKP-FRQ-002", "high", "resource", "The newest recovery point is younger than the tier's RPO"),
    ("BKP-FRQ-003", "medium", "plan", "A plan's schedule can keep the RPO of every tier it protects"),
    ("BKP-IMM-001", "high", "vault", "A vault lock is in force in the demanded mode"),
    ("BKP-IMM-002", "high", "plan", "Every lifecycle lies inside the range of its vault's lock"),
    ("BKP-ISO-001", "high", "resource", "A copy in another Region has arrived and is retained"),
    ("BKP-RET-001", "medium", "plan", "A plan keeps recovery points as long as the tier demands"),
    ("BKP-RET-002", "medium", "recovery_point", "A recovery point is kept as long as the tier demands"),
)
_REMEDIES = {
    "BKP-COV-001": "Tag the resource with a tier (backup-tier, in lower case) or assign it to a plan.",
    "BKP-FRQ-001": "Read the failed or missing jobs below, repair their cause, and back up on demand.",
    "BKP-ISO-001": "Read the copy job's message, repair the destination's policy or key, and copy again.",
}
_KINDS = (
    ("EBS", "ec2", "volume/vol-0"),
    ("RDS", "rds", "db:ledger-"),
    ("DynamoDB", "dynamodb", "table/orders-"),
)


_TIERS = (
    {"name": "gold", "required": True, "rpo_hours": 24, "retention_days": 35, "retention_max_days": 90,
     "customer_key": True, "lock": "compliance", "copy": {"retention_days": 35}},
    {"name": "<b>bronze</b>", "required": True, "rpo_hours": 192, "retention_days": 28, "customer_key": False,
     "lock": "none"},
    {"name": "exempt", "required": False},
)  # fmt: skip


def _uuid(text: str) -> str:
    digest = sha256(text.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def _point(region: str, text: str) -> str:
    return f"arn:aws:ec2:{region}::snapshot/snap-0{sha256(text.encode()).hexdigest()[:16]}"


def _resource(account: str, region: str, number: int) -> Subject:
    kind, service, path = _KINDS[number % 3]
    name = f"{kind.lower()}-{number:02d}"
    return Subject(
        "resource", f"arn:aws:{service}:{region}:{account}:{path}{number:03d}", account, region, kind, name
    )


def _finding(control: str, subject: Subject, verdict: str, *reasons: ReasonEntry, **more: Any) -> Finding:
    severity = next(entry[1] for entry in _CONTROLS if entry[0] == control)
    return Finding(control, subject, verdict, severity, reasons, **more)


WAIVER = {
    "control_id": "BKP-IMM-001",
    "subject": "arn:aws:backup:eu-west-1:300000000001:backup-vault:*",
    "reason": "Staging is rebuilt weekly from production; accepted until the migration ends.",
    "approved_by": "ciso@example.com",
    "expires": "2026-02-28",
}
_EXPIRED = {
    "control_id": "BKP-FRQ-003",
    "subject": "arn:aws:backup:*:300000000002:backup-plan:*",
    "reason": "Trial of the weekday plan.",
    "approved_by": "platform@example.com",
    "expires": "2026-01-31",
}
_GIVEN = ({**WAIVER, "expired": False, "findings": 1}, {**_EXPIRED, "expired": True, "findings": 0})


def _coverage() -> list[Finding]:
    unselected = _resource("300000000002", "eu-central-1", 3)
    lookalike = _resource("300000000001", "eu-central-1", 7)
    hostile = Subject(
        "resource", "arn:aws:s3:::assets-\u202egpj.exe", "200000000002", "eu-central-1", "S3",
        '=HYPERLINK("http://evil.example") <script>alert(1)</script> \u202egnp.\x1b[31m',
    )  # fmt: skip
    steps = [
        "Selection gold-by-tag does not select it: tag Backup-Tier differs from backup-tier by case only.",
        "Selection silver-by-tag of plan silver does not select it: no tag backup-tier=silver.",
    ]
    return [
        _finding(
            "BKP-COV-001", subject, "NON_COMPLIANT",
            ReasonEntry("not_selected", message, {"tier": "bronze", "plans": [], "explanation": why}),
        )
        for subject, message, why in (
            (unselected, "No plan selects this EBS volume; tier bronze demands a backup.", steps[1:]),
            (lookalike, "No plan selects this RDS instance; it only looks selected.", steps),
            (hostile, "No plan selects this S3 bucket; tier silver demands a backup.", steps[1:]),
        )
    ]  # fmt: skip


def _gap_in_backups() -> list[Finding]:
    found = []
    for number in (1, 4, 10):
        subject = _resource("200000000001", "eu-central-1", number)
        nights = ("2026-01-19T05:00:00Z", "2026-01-20T05:00:00Z", "2026-01-21T05:00:00Z")
        failures = [
            {
                "due": night,
                "state": "MISSED",
                "plan": "gold",
                "rule": "night",
                "message": "no job was started",
            }
            for night in nights[: 3 if number == 1 else 2]
        ]
        if number == 10:
            failures.append(
                {
                    "due": "2026-01-25T05:00:00Z", "state": "FAILED", "plan": "gold", "rule": "night",
                    "job_id": _uuid(f"job {number}"),
                    "message": "COMPLETED with category FAILURE: no volume shadow copy (卷影副本)",
                }
            )  # fmt: skip
        gap = 96.0 if number == 1 else 72.5
        reason = ReasonEntry(
            "gap_exceeds_rpo",
            f"{gap:g} h without a recovery point; tier gold allows 24 h.",
            {
                "tier": "gold", "rpo_hours": 24, "worst_gap_hours": gap,
                "worst_gap_from": "2026-01-18T05:41:07Z", "worst_gap_to": "2026-01-22T05:41:07Z",
                "worst_gap_after": _point("eu-central-1", f"a{number}"),
                "worst_gap_before": _point("eu-central-1", f"b{number}"),
                "slots": {"expected": 60, "met": 57 - number}, "failures": failures,
            },
        )  # fmt: skip
        found.append(_finding("BKP-FRQ-001", subject, "NON_COMPLIANT", reason))
    return found


def _copies() -> list[Finding]:
    subject = _resource("200000000003", "eu-central-1", 12)
    reason = ReasonEntry(
        "copy_missing",
        "No usable copy in another Region; tier gold demands one that is kept 35 days.",
        {
            "count": 0,
            "failures": [
                {
                    "job_id": _uuid("copy"), "state": "FAILED", "created_at": "2026-02-08T05:44:10Z",
                    "destination": "arn:aws:backup:eu-west-1:200000000003:backup-vault:gold-copy",
                    "message": "Access denied to the destination vault.",
                }
            ],
        },
    )  # fmt: skip
    return [_finding("BKP-ISO-001", subject, "NON_COMPLIANT", reason)]


def _plans_and_vaults() -> list[Finding]:
    plan = Subject(
        "plan", f"arn:aws:backup:eu-central-1:300000000002:backup-plan:{_uuid('plan')}", "300000000002",
        "eu-central-1", "", "weekdays",
    )  # fmt: skip
    vaults = [
        Subject("vault", f"arn:aws:backup:{region}:{account}:backup-vault:gold", account, region, "", "gold")
        for account, region in (("200000000002", "eu-central-1"), ("300000000001", "eu-west-1"))
    ]
    lock = {"mode": "governance", "demanded": "compliance", "lock_date": None, "min_retention_days": 7}
    mode = ReasonEntry("wrong_mode", "The lock is in governance mode; tier gold demands compliance.", lock)
    schedule = ReasonEntry(
        "interval_exceeds_rpo",
        "Rule daily (cron(0 5 ? * MON-FRI *), Europe/Berlin) leaves 72 h; tier silver allows 26 h.",
        {"rule": "daily", "schedule": "cron(0 5 ? * MON-FRI *)", "worst_interval_hours": 72, "rpo_hours": 26},
    )
    short = ReasonEntry(
        "below_floor",
        "Rule daily keeps recovery points 13 days; tier silver demands 14.",
        {"rule": "daily", "retention_days": 13, "floor_days": 14},
    )
    outside = ReasonEntry(
        "below_minimum",
        "Rule daily keeps 13 days; the lock of vault silver allows no less than 14.",
        {"rule": "daily", "vault": "silver", "retention_days": 13, "min_retention_days": 14},
    )
    return [
        _finding("BKP-FRQ-003", plan, "NON_COMPLIANT", schedule),
        _finding("BKP-RET-001", plan, "NON_COMPLIANT", short),
        _finding("BKP-IMM-002", plan, "NON_COMPLIANT", outside),
        _finding("BKP-IMM-001", vaults[0], "NON_COMPLIANT", mode),
        _finding("BKP-IMM-001", vaults[1], "WAIVED", mode, waiver=WAIVER),
    ]


def _points() -> list[Finding]:
    found = []
    for number in range(14):
        arn = _point("eu-west-1", f"unencrypted {number}")
        subject = Subject("recovery_point", arn, "200000000003", "eu-west-1", "EBS", "")
        reason = ReasonEntry(
            "aws_key",
            "It is encrypted with an AWS managed key; tier gold demands a customer key.",
            {"encrypted": True, "key_type": "AWS_OWNED_KMS_KEY",
             "resource": _resource("200000000003", "eu-west-1", 6).arn,
             "job_id": _uuid(f"enc {number}"), "created_at": f"2026-01-{number + 12:02d}T05:40:00Z"},
        )  # fmt: skip
        found.append(_finding("BKP-ENC-001", subject, "NON_COMPLIANT", reason))
    return found


def _unknown() -> list[Finding]:
    account = Subject(
        "account", "arn:aws:organizations::100000000001:account/o-1/400000000002", DENIED, "", ""
    )
    reason = ReasonEntry(
        "evidence_gap",
        "sts:AssumeRole was refused in this account, so nothing in it could be judged.",
        {"gaps": ["gap-7c1f20aa"], "tables": ["backup_plans", "recovery_points", "resources"]},
    )
    found = [_finding(control[0], account, "INSUFFICIENT_DATA", reason) for control in _CONTROLS]
    throttled = ReasonEntry(
        "evidence_gap",
        "backup:ListRecoveryPointsByBackupVault was throttled, so its recovery points are unknown.",
        {"gaps": ["gap-91be03d4"], "tables": ["recovery_points"]},
    )
    for number in range(9):
        subject = _resource("400000000001", "eu-west-1", number)
        found.append(_finding("BKP-FRQ-001", subject, "INSUFFICIENT_DATA", throttled))
    broken = ReasonEntry(
        "control_error",
        "The control could not be evaluated: it states both compliant and non_compliant.",
        {},
    )
    found.append(_finding("BKP-RET-002", _resource("300000000002", "eu-west-1", 5), "ERROR", broken))
    return found


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
    rows = [
        (f.control_id, f.subject.type, f.subject.arn, f.subject.account_id, f.subject.region,
        f.subject.resource_type, f.subject.name, f.verdict, f.severity, f.reasons[0].code,
        f.reasons[0].message, _json(f.reasons[0].evidence), _json(f.reasons[1:]) if f.reasons[1:] else "",
        _json(f.waiver) if f.waiver else "", ACCOUNTS[f.subject.account_id][0]) for f in findings
    ]  # fmt: skip
    judged = {(row[0], row[2]) for row in rows}
    for account in ACCOUNTS:
        for region in REGIONS if account != DENIED else ():
            for number in range(12):
                subject = _resource(account, region, number)
                for control, severity, kind, _ in _CONTROLS:
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
        by_control=_count(rows, 0, [entry[0] for entry in _CONTROLS]),
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
        )
        for name, severity, subject, title in _CONTROLS
    )


def build() -> tuple[AuditDocument, pa.Table, pa.Table]:
    """Return the document and the tables of `verdicts.parquet` and `gaps.parquet`."""
    every = [*_coverage(), *_gap_in_backups(), *_copies(), *_plans_and_vaults(), *_points(), *_unknown()]
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
