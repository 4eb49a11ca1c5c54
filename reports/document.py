"""`AuditDocument`: what an audit found, the public and versioned input of every report.

Its JSON schema is `document.schema.json` beside this file; `schema_version` changes with it.
Times are RFC 3339 in UTC. Text that came from AWS (names, tags, messages) is untrusted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import orjson

from reports.ids import finding_id

SCHEMA_VERSION: Final = "2.0"
#: Findings that are listed when there are more: this many in all, and of each class.
MAX_FINDINGS: Final = 2_000
MAX_OF_CLASS: Final = 50
MAX_ACCOUNTS: Final = 1_000  # that are listed, those with the most findings; `summary` counts all
MAX_GAPS: Final = 1_000  # that are listed; `gaps.parquet` beside the document has all of them
MAX_CAUSES: Final = 300  # that are listed, the worst; `causes.parquet` has all of them
MAX_TREND: Final = 12  # earlier runs that are listed, the newest
MAX_BYTES: Final = 2_000_000  # of the findings that are listed, each as JSON by itself
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
    accounts: tuple[Mapping[str, Any], ...]  # {account_id, name, ou_path[], status, regions[], left_out}
    regions: tuple[str, ...]
    engine: str
    evidence_sha256: str
    policies_sha256: str
    calls: int  # AWS API calls that the collection sent
    readings: Mapping[str, str] = field(default_factory=dict)  # settings where AWS's documents disagree
    waivers_sha256: str | None = None  # of the file of waivers; None when none was given
    deleted: Mapping[str, Any] = field(default_factory=lambda: {"count": 0, "shown": []})  # in the period
    accepted: tuple[Mapping[str, Any], ...] = ()  # ends of jobs that count as a success by parameter


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What page one says, worked out once: whoever prints it repeats it.

    `overall` is NON_COMPLIANT, INSUFFICIENT_DATA (ERROR counts as it), WAIVED, NOT_APPLICABLE or COMPLIANT;
    `headline` says the same more closely (`headline.py` has its words) and `exit_code` is what the command
    answered, by `fail_on`. Counts of verdicts are {verdict: n}: `verdicts` over all, then by control id,
    account id and the control's severity. `findings` and `gaps` count also those that the lists leave out.

    Resources and recovery points are counted once each, whatever the number of controls, under the worst of
    their verdicts: in `resources_by_verdict` the resources that need a backup, `resources_required` of them.
    Something has findings when it has a NON_COMPLIANT. The tier of `resources_unknown` is not known. Closed
    accounts that were not asked are in `accounts_left_out`, {status: n}. `deleted_resources` were deleted in
    the period and are judged apart. `resources` counts the inventory; `recovery_points` and `jobs` were read.
    """

    overall: str
    headline: str
    exit_code: int
    fail_on: str
    verdicts: Mapping[str, int]
    by_control: Mapping[str, Mapping[str, int]]
    by_account: Mapping[str, Mapping[str, int]]
    by_severity: Mapping[str, Mapping[str, int]]
    findings: int
    gaps: int
    accounts: int
    accounts_with_findings: int
    accounts_unread: int
    resources: Mapping[str, int]
    resources_required: int
    resources_with_findings: int
    resources_exempt: int
    resources_unknown: int
    resources_by_verdict: Mapping[str, int]
    resources_by_account: Mapping[str, Mapping[str, int]]
    deleted_resources: int
    deleted_resources_with_findings: int
    recovery_points: int
    recovery_points_with_findings: int
    recovery_points_by_verdict: Mapping[str, int]
    jobs: int
    accounts_left_out: Mapping[str, int] = field(default_factory=dict)


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
    by_reason: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # {code: {problem, remediation}}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a verdict is about. `type`: resource, plan, vault, recovery_point, account; `region` "" is all."""

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
class ClassEntry:
    """Findings that share verdict, severity, control and reason code: so many `findings`, `shown` of them.

    `accounts` and `regions` count the distinct ones. Many findings are often one fact: `groups` counts the
    places in which they lie, `grouped_by` "vault" (its ARN) or "account" (its id), and `largest` names the
    first of them, {group, findings}, most findings first.
    """

    verdict: str
    severity: str
    control_id: str
    code: str
    findings: int
    accounts: int
    regions: int
    shown: int
    grouped_by: str
    groups: int
    largest: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict other than COMPLIANT and NOT_APPLICABLE.

    `id` follows from control and subject (`finding_id`), so that nobody need give it.
    """

    control_id: str
    subject: Subject
    verdict: str
    severity: str
    reasons: tuple[ReasonEntry, ...]
    waiver: Mapping[str, Any] | None = None
    id: str = ""

    def __post_init__(self) -> None:
        """Work out the id."""
        subject = self.subject
        made = finding_id(self.control_id, subject.arn, subject.account_id, subject.region)
        object.__setattr__(self, "id", made)


@dataclass(frozen=True, slots=True)
class GapEntry:
    """A call that failed, or something else that is not known, and what is unknown because of it."""

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
    """The whole of it, bounded whatever the organization; all verdicts are in `verdicts.parquet` beside it.

    Lists are sorted: findings by severity, control, account, Region, ARN. Where there are more than
    `MAX_FINDINGS`, the first of each class are listed. `classes` counts all of them, worst first: by
    verdict, severity, number, control and code; a finding with several codes is in the class of each.
    """

    run: Run
    summary: Summary
    controls: tuple[ControlEntry, ...]
    classes: tuple[ClassEntry, ...]
    findings: tuple[Finding, ...]
    gaps: tuple[GapEntry, ...]
    waivers: tuple[Mapping[str, Any], ...] = ()  # each with {expired, findings}: how many it covers
    tiers: tuple[Mapping[str, Any], ...] = ()  # what each tier demands: {name, required, rpo_hours, …}
    provenance: Mapping[str, Any] = field(default_factory=dict)  # how, when, by whom; "" of older releases
    scope: Mapping[str, Any] = field(default_factory=dict)  # what was looked at, and what was not
    reconciliation: tuple[Mapping[str, Any], ...] = ()  # counts of others beside those of what was read
    populations: tuple[Mapping[str, Any], ...] = ()  # {file, rows, sha256}, of slots {states} too
    causes: Mapping[str, Any] = field(default_factory=dict)  # what explains the findings, the worst first
    trend: Mapping[str, Any] = field(default_factory=dict)  # what earlier runs in the same folder came to
    kept: Mapping[str, Any] = field(default_factory=dict)  # retention and locks beside the demand
    frameworks: tuple[Mapping[str, Any], ...] = ()  # how the run stands to each: what evidence there is
    attestations: tuple[Mapping[str, Any], ...] = ()  # what persons attest, each with {in_force, verdicts}
    schema_version: str = SCHEMA_VERSION


class DocumentError(ValueError):
    """Bytes that are not an audit document of this version; the message is one sentence."""


def to_json(document: AuditDocument) -> bytes:
    """Return the canonical JSON of a document: keys sorted, indented, UTF-8, one newline at the end.

    Equal documents give equal bytes.
    """
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(document, default=_plain, option=options | orjson.OPT_PASSTHROUGH_DATACLASS)


def from_json(data: bytes) -> AuditDocument:
    """Return the document that `to_json` wrote.

    Raises:
        DocumentError: not JSON, of another `schema_version`, or against the schema.
    """
    try:
        raw = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        message = f"The audit document is not JSON ({error}); write it again with `auditor evaluate`."
        raise DocumentError(message) from error
    version = raw.get("schema_version") if isinstance(raw, dict) else None
    if isinstance(version, str) and version != SCHEMA_VERSION:
        raise DocumentError(
            f"The audit document has schema_version {version!r} and this program reads {SCHEMA_VERSION!r}; "
            "write it again with `auditor evaluate`."
        )
    _check(raw)
    names = ("frameworks", "reconciliation", "populations", "attestations")
    lists: Any = {name: tuple(raw.get(name, ())) for name in names}
    return AuditDocument(
        run=Run(**_tuples(raw["run"], "accounts", "regions", "accepted")),
        summary=Summary(**raw["summary"]),
        controls=tuple(ControlEntry(**_tuples(entry, "reads", "cites")) for entry in raw["controls"]),
        classes=tuple(ClassEntry(**_tuples(entry, "largest")) for entry in raw["classes"]),
        findings=tuple(map(_finding, raw["findings"])),
        gaps=tuple(GapEntry(**_tuples(entry, "provides")) for entry in raw["gaps"]),
        waivers=tuple(raw["waivers"]),
        tiers=tuple(raw["tiers"]),
        **lists,
        **{name: raw.get(name, {}) for name in ("provenance", "scope", "causes", "trend", "kept")},
    )


def _tuples(entry: dict[str, Any], *names: str) -> dict[str, Any]:
    """The members of an entry, with tuples in the place of the lists `names`."""
    return {**entry, **{name: tuple(entry[name]) for name in names}}


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {item.name: getattr(value, item.name) for item in fields(value)}
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in an audit document")


def _finding(raw: dict[str, Any]) -> Finding:
    reasons = tuple(ReasonEntry(**reason) for reason in raw["reasons"])
    return Finding(**{**raw, "subject": Subject(**raw["subject"]), "reasons": reasons})


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    schema = orjson.loads(Path(__file__).with_name("document.schema.json").read_bytes())
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _check(raw: Any) -> None:
    error = min(_validator().iter_errors(raw), key=lambda fault: len(fault.instance_path), default=None)
    if error is None:
        return
    place = "/".join(map(str, error.instance_path)) or "its top"
    reason = error.message if len(error.message) <= 200 else error.message[:199] + "…"  # noqa: PLR2004 -- letters
    again = "write it again with `auditor evaluate`."
    raise DocumentError(f"The audit document is wrong at {place}: {reason}; {again}")
