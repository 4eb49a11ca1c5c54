"""The findings of the fixed audit, and the accounts, controls and waivers that they are about."""

from hashlib import sha256
from typing import Any

from reports.document import (
    Finding,
    ReasonEntry,
    Subject,
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
CONTROLS = (
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
_KINDS = (
    ("EBS", "ec2", "volume/vol-0"),
    ("RDS", "rds", "db:ledger-"),
    ("DynamoDB", "dynamodb", "table/orders-"),
)


def _uuid(text: str) -> str:
    digest = sha256(text.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def _point(region: str, text: str) -> str:
    return f"arn:aws:ec2:{region}::snapshot/snap-0{sha256(text.encode()).hexdigest()[:16]}"


def resource_of(account: str, region: str, number: int) -> Subject:
    """The n-th resource of an account and Region."""
    kind, service, path = _KINDS[number % 3]
    name = f"{kind.lower()}-{number:02d}"
    return Subject(
        "resource", f"arn:aws:{service}:{region}:{account}:{path}{number:03d}", account, region, kind, name
    )


def _finding(control: str, subject: Subject, verdict: str, *reasons: ReasonEntry, **more: Any) -> Finding:
    severity = next(entry[1] for entry in CONTROLS if entry[0] == control)
    return Finding(control, subject, verdict, severity, reasons, **more)


WAIVER = {
    "control_id": "BKP-IMM-001",
    "subject": "arn:aws:backup:eu-west-1:300000000001:backup-vault:*",
    "reason": "Staging is rebuilt weekly from production; accepted until the migration ends.",
    "approved_by": "ciso@example.com",
    "expires": "2026-02-28",
}


def _coverage() -> list[Finding]:
    unselected = resource_of("300000000002", "eu-central-1", 3)
    lookalike = resource_of("300000000001", "eu-central-1", 7)
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
        subject = resource_of("200000000001", "eu-central-1", number)
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
    subject = resource_of("200000000003", "eu-central-1", 12)
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
             "resource": resource_of("200000000003", "eu-west-1", 6).arn,
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
    found = [_finding(control[0], account, "INSUFFICIENT_DATA", reason) for control in CONTROLS]
    throttled = ReasonEntry(
        "evidence_gap",
        "backup:ListRecoveryPointsByBackupVault was throttled, so its recovery points are unknown.",
        {"gaps": ["gap-91be03d4"], "tables": ["recovery_points"]},
    )
    for number in range(9):
        subject = resource_of("400000000001", "eu-west-1", number)
        found.append(_finding("BKP-FRQ-001", subject, "INSUFFICIENT_DATA", throttled))
    broken = ReasonEntry(
        "control_error",
        "The control could not be evaluated: it states both compliant and non_compliant.",
        {},
    )
    found.append(_finding("BKP-RET-002", resource_of("300000000002", "eu-west-1", 5), "ERROR", broken))
    return found


def findings_of_every_kind() -> list[Finding]:
    """Each finding of the audit, one control after the other."""
    return [*_coverage(), *_gap_in_backups(), *_copies(), *_plans_and_vaults(), *_points(), *_unknown()]
