"""`AuditDocument`: what an audit found, the public and versioned input of every report.

Its JSON schema is `document.schema.json` beside this file; `schema_version` changes with it.
Times are RFC 3339 in UTC. Text that came from AWS (names, tags, messages) is untrusted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SCHEMA_VERSION: Final = "1.0"

#: Worst first: the order of every table.
VERDICTS: Final = ("ERROR", "NON_COMPLIANT", "INSUFFICIENT_DATA", "WAIVED", "COMPLIANT", "NOT_APPLICABLE")
SEVERITIES: Final = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Run:
    """Where, when and over what. `evidence_sha256` is the digest of the evidence's manifest."""

    id: str
    auditor_version: str
    as_of: str
    period_start: str
    period_end: str
    partition: str
    accounts: tuple[Mapping[str, Any], ...]  # {account_id, name, ou_path[], regions[]}
    regions: tuple[str, ...]
    engine: str
    evidence_sha256: str
    policies_sha256: str
    calls: int  # AWS API calls that the collection sent


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of verdicts: {verdict: n}, over all, by control id, by account id and by severity of the control.

    `overall` is NON_COMPLIANT, INSUFFICIENT_DATA or COMPLIANT (ERROR counts as INSUFFICIENT_DATA).
    `resources` counts the inventory by resource type; `recovery_points` and `jobs` count what was read.
    """

    overall: str
    verdicts: Mapping[str, int]
    by_control: Mapping[str, Mapping[str, int]]
    by_account: Mapping[str, Mapping[str, int]]
    by_severity: Mapping[str, Mapping[str, int]]
    resources: Mapping[str, int]
    recovery_points: int
    jobs: int


@dataclass(frozen=True, slots=True)
class ControlEntry:
    """A control as the catalogue declares it."""

    id: str
    title: str
    description: str
    severity: str
    subject: str
    reads: tuple[str, ...]
    cites: tuple[str, ...]
    remediation: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What a verdict is about. `type` is resource, plan, vault, recovery_point or account; `region` "" is all."""

    type: str
    arn: str
    account_id: str
    region: str
    resource_type: str  # AWS Backup's word; "" for a plan, vault or account
    name: str = ""


@dataclass(frozen=True, slots=True)
class ReasonEntry:
    """Why: a stable code, the sentence, and the facts with the ids that prove it."""

    code: str
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict other than COMPLIANT and NOT_APPLICABLE. Every verdict of the run is in `verdicts.parquet` beside it."""

    control_id: str
    subject: Subject
    verdict: str
    severity: str
    reasons: tuple[ReasonEntry, ...]
    waiver: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class GapEntry:
    """A call that was not answered, and what is unknown because of it."""

    gap_id: str
    account_id: str
    region: str
    service: str
    operation: str
    error: str
    message: str
    provides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditDocument:
    """The whole of it. Lists are sorted: findings by severity, control, account, Region, ARN."""

    run: Run
    summary: Summary
    controls: tuple[ControlEntry, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[GapEntry, ...]
    waivers: tuple[Mapping[str, Any], ...] = ()
    schema_version: str = SCHEMA_VERSION
