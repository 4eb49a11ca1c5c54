"""What the user asked for: `auditor.yaml`, options and `AUDITOR_…` variables, merged and checked."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

from auditor.model.plans import CopyLifecycle
from reports.formats import registry

#: `progress(what, done, total)`: `total` None while unknown. Called from any thread; never raises.
Progress = Callable[[str, int, int | None], None]


#: What becomes of resources that were deleted within the period: judged, only listed, or left out.
DeletedResources = Literal["judge", "list", "ignore"]


def silent(what: str, done: int, total: int | None) -> None:
    """Show no progress."""


#: Settings that only say how AWS is pushed to, and which reports are written: a run does not rest on them.
_NO_PART: Final = ("push_role_name", "formats", "origins")
#: Settings that say what is collected; the others say how it is judged. Policies and tiers do both.
COLLECTING: Final = (
    *("accounts", "regions", "role_name", "external_id", "as_of", "period_days"),
    *("workers", "retry_minutes", "out"),
)
#: What the id of a framework may be, which is the name of a file and of a setting.
FRAMEWORK_ID: Final = r"[a-z0-9][a-z0-9.-]*"
#: A value that is not written down: who knows it is one condition of the roles' trust.
HIDDEN: Final = "given, not shown"


@dataclass(frozen=True, slots=True)
class Origins:
    """Where the values of settings are from: `given` has "option", "variable", "file" or "demo" by name.

    What it does not name is a default. `file` is the settings file that was read, with its SHA-256.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None
    file_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings; every field but `origins` is a key of `auditor.yaml`, an option and a variable.

    `accounts` is "organization" (every ACTIVE account of AWS Organizations), "caller" (the caller's own
    account, no role assumed) or twelve-digit account ids. `role_name` is the role that reads,
    `push_role_name` the one that pushes. `regions` None is every Region enabled in the account. `as_of`
    is UTC; the audited period is [as_of - period_days, as_of]. `fail_on` "never" makes findings exit 0.
    `framework` is the id of the framework that is audited for; None: every control is asked.
    `audit_manager` is a file with the framework of AWS Backup Audit Manager that is audited for.
    `holds` is the register of legal holds.
    `owner_tag` is the key of the tag that names who answers for a resource.
    """

    as_of: datetime
    accounts: tuple[str, ...] | Literal["organization", "caller"] = "organization"
    role_name: str = "AuditorRead"
    push_role_name: str = "AuditorPush"
    external_id: str | None = None
    regions: tuple[str, ...] | None = None
    period_days: int = 30
    policies: Path | None = None
    tiers: Path | None = None
    framework: str | None = None
    audit_manager: Path | None = None
    waivers: Path | None = None
    max_waiver_days: int = 365
    holds: Path | None = None
    attestations: Path | None = None
    max_attestation_days: int = 365
    responses: Path | None = None
    absent_tag: Literal["indeterminate", "holds", "fails"] = "indeterminate"
    arn_wildcards: Literal["anywhere", "end"] = "anywhere"
    empty_selection: Literal["all", "nothing"] = "all"
    list_of_tags_prefix: Literal["indeterminate", "accepted", "refused"] = "indeterminate"
    like_whitespace: Literal["indeterminate", "matches", "differs"] = "indeterminate"
    deleted_resources: DeletedResources = "judge"
    copy_lifecycle: CopyLifecycle = "inherit"
    engine: Literal["embedded", "opa-server"] = "embedded"
    engine_url: str = "own"
    owner_tag: str | None = None
    formats: tuple[str, ...] = registry.DEFAULT
    fail_on: Literal["critical", "high", "medium", "low", "never"] = "low"
    out: Path = Path("runs")
    workers: int = 16
    retry_minutes: int = 2
    origins: Origins = field(default_factory=Origins, compare=False)


def stated(settings: Settings) -> Iterator[dict[str, str]]:
    """Give each setting that a run rests on as {name, value, origin}, the value as YAML writes it in a line.

    "" is a setting without a value. What is secret is not written.
    """
    for one in fields(Settings):
        if one.name not in _NO_PART:
            value = _written(one.name, getattr(settings, one.name))
            yield {
                "name": one.name,
                "value": value,
                "origin": settings.origins.given.get(one.name, "default"),
            }


def _written(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "external_id":
        return HIDDEN
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, tuple):
        return f"[{', '.join(value)}]"
    if name == "engine_url" and "@" in value:
        return f"{value.partition('://')[0]}://…@{value.rpartition('@')[2]}"
    return str(value)
