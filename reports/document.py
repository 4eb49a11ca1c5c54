"""`AuditDocument`: what an audit found, the public and versioned input of every report.

Its JSON schema is `document.schema.json` beside this file; `schema_version` changes with it.
Times are RFC 3339 in UTC. Text that came from AWS (names, tags, messages) is untrusted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from reports.ids import finding_id

SCHEMA_VERSION: Final = "1.0"

#: Worst first: the order of every table.
VERDICTS: Final = ("ERROR", "NON_COMPLIANT", "INSUFFICIENT_DATA", "WAIVED", "COMPLIANT", "NOT_APPLICABLE")
SEVERITIES: Final = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Run:
    """Where, when and over what. `evidence_sha256` is the digest of the evidence's manifest.

    `waivers_sha256` is that of the file of waivers; None when none was given.
    """

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
    readings: Mapping[str, str] = field(default_factory=dict)  # settings where AWS's documents disagree
    waivers_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts of verdicts: {verdict: n}, over all, by control id, account id and the control's severity.

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
class Finding:
    """A verdict other than COMPLIANT and NOT_APPLICABLE. All are in `verdicts.parquet` beside it.

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
    waivers: tuple[Mapping[str, Any], ...] = ()  # each with {expired, findings}: how many it covers
    tiers: tuple[Mapping[str, Any], ...] = ()  # what each tier demands: {name, required, rpo_hours, …}
    schema_version: str = SCHEMA_VERSION


class DocumentError(ValueError):
    """Bytes that are no audit document of this version; the message is one sentence."""


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
        message = (
            f"The audit document has schema_version {version!r} and this program reads {SCHEMA_VERSION!r}."
        )
        raise DocumentError(message)
    _check(raw)
    return AuditDocument(
        run=Run(
            **{
                **raw["run"],
                "accounts": tuple(raw["run"]["accounts"]),
                "regions": tuple(raw["run"]["regions"]),
            }
        ),
        summary=Summary(**raw["summary"]),
        controls=tuple(
            ControlEntry(**{**entry, "reads": tuple(entry["reads"]), "cites": tuple(entry["cites"])})
            for entry in raw["controls"]
        ),
        findings=tuple(map(_finding, raw["findings"])),
        gaps=tuple(GapEntry(**{**entry, "provides": tuple(entry["provides"])}) for entry in raw["gaps"]),
        waivers=tuple(raw["waivers"]),
        tiers=tuple(raw["tiers"]),
        schema_version=raw["schema_version"],
    )


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
def _validator() -> Draft202012Validator:
    schema = orjson.loads(Path(__file__).with_name("document.schema.json").read_bytes())
    return Draft202012Validator(schema)


def _check(raw: Any) -> None:
    validator = _validator()
    if validator.is_valid(raw):
        return
    error = best_match(validator.iter_errors(raw))
    place = "/".join(map(str, error.absolute_path)) or "its top"
    reason = error.message if len(error.message) <= 200 else error.message[:199] + "…"  # noqa: PLR2004
    raise DocumentError(
        f"The audit document is wrong at {place}: {reason}; write it again with `auditor evaluate`."
    )
