"""What the user asked for: `auditor.yaml`, options and `AUDITOR_…` variables, merged and checked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from auditor.model.plans import CopyLifecycle
from reports.formats import registry

#: `progress(what, done, total)`: `total` None while unknown. Called from any thread; never raises.
Progress = Callable[[str, int, int | None], None]


#: What becomes of resources that were deleted within the period: judged, only listed, or left out.
DeletedResources = Literal["judge", "list", "ignore"]


def silent(what: str, done: int, total: int | None) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings; every field is a key of `auditor.yaml`, an option and a variable.

    `accounts` is "organization" (every ACTIVE account of AWS Organizations), "caller" (the caller's own
    account, no role assumed) or twelve-digit account ids. `role_name` is the role that reads,
    `push_role_name` the one that pushes. `regions` None is every Region enabled in the account. `as_of`
    is UTC; the audited period is [as_of - period_days, as_of]. `fail_on` "never" makes findings exit 0.
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
    waivers: Path | None = None
    max_waiver_days: int = 365
    absent_tag: Literal["indeterminate", "holds", "fails"] = "indeterminate"
    arn_wildcards: Literal["anywhere", "end"] = "anywhere"
    empty_selection: Literal["all", "nothing"] = "all"
    list_of_tags_prefix: Literal["indeterminate", "accepted", "refused"] = "indeterminate"
    like_whitespace: Literal["indeterminate", "matches", "differs"] = "indeterminate"
    deleted_resources: DeletedResources = "judge"
    copy_lifecycle: CopyLifecycle = "inherit"
    engine: Literal["embedded", "opa-server"] = "embedded"
    engine_url: str = "own"
    formats: tuple[str, ...] = registry.DEFAULT
    fail_on: Literal["critical", "high", "medium", "low", "never"] = "low"
    out: Path = Path("runs")
    workers: int = 16
    retry_minutes: int = 2
