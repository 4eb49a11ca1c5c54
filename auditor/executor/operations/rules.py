"""What CreateBackupPlan and UpdateBackupPlan accept, and the plan as GetBackupPlan gives it back.

Sources, of the messages too: aws-backup.md 1.1 rows 2-8, 1.5, 4.1-4.3.
"""

import re
from typing import Any, Final
from uuid import UUID, uuid5

from auditor.derive.schedule import InvalidSchedule, Schedule
from auditor.executor.api.errors import invalid, limit_exceeded
from auditor.executor.operations.checks import check_tags, check_vault_arn
from auditor.executor.operations.options import check_advanced
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.continuous import MAX_DAYS
from auditor.model.plans import (
    DEFAULT_COMPLETION_WINDOW_MINUTES,
    DEFAULT_SCHEDULE,
    DEFAULT_START_WINDOW_MINUTES,
    NEVER,
)

Document = dict[str, Any]

MAX_RULES: Final = 10
MAX_COPY_ACTIONS: Final = 5
MAX_POINT_TAGS: Final = 10
MAX_RETENTION_DAYS: Final = 36_500
COLD_DAYS: Final = 90
MIN_START_WINDOW: Final = 60
MAX_WINDOW: Final = 52_560_000
_NAME: Final = re.compile(r"[A-Za-z0-9\-_.]{1,50}")
_DEFAULT_TIMEZONE: Final = "Etc/UTC"

#: Members of a rule that change what a backup is and that this executor cannot do: refused, never ignored.
_UNAVAILABLE: Final = ("IndexActions", "ScanActions")


def plan_document(plan: Document, plan_id: str, scope: AccountRegion) -> Document:
    """The BackupPlan of GetBackupPlan in an account and Region: defaults filled in, a RuleId in each rule.

    A rule keeps its id through updates for as long as it keeps its name.
    """
    name, rules = plan["BackupPlanName"], plan["Rules"]
    if _NAME.fullmatch(name) is None:
        raise invalid("BackupPlanName must be 1 to 50 letters, digits, hyphens, underscores and periods.")
    if not rules:
        raise invalid("A backup plan needs at least one rule.")
    if len(rules) > MAX_RULES:
        raise limit_exceeded(f"A backup plan has at most {MAX_RULES} rules.")
    names = [rule["RuleName"] for rule in rules]
    if len(set(names)) < len(names):
        raise invalid("Each rule of a backup plan needs a name of its own.")
    if plan.get("ScanSettings"):
        raise invalid("ScanSettings are not available in this backup service.")
    document = {"BackupPlanName": name, "Rules": [_rule(rule, plan_id, scope) for rule in rules]}
    if plan.get("AdvancedBackupSettings"):
        check_advanced(plan["AdvancedBackupSettings"])
        document["AdvancedBackupSettings"] = plan["AdvancedBackupSettings"]
    return document


def _rule(rule: Document, plan_id: str, scope: AccountRegion) -> Document:
    filled = {
        "ScheduleExpression": DEFAULT_SCHEDULE,
        "ScheduleExpressionTimezone": _DEFAULT_TIMEZONE,
        "StartWindowMinutes": DEFAULT_START_WINDOW_MINUTES,
        "CompletionWindowMinutes": DEFAULT_COMPLETION_WINDOW_MINUTES,
        **rule,
        "RuleId": str(uuid5(UUID(plan_id), rule["RuleName"])),
    }
    for member in _UNAVAILABLE:
        if filled.get(member):
            raise invalid(f"{member} is not available in this backup service.")
    try:
        Schedule.parse(filled["ScheduleExpression"], filled["ScheduleExpressionTimezone"])
    except InvalidSchedule as error:
        raise invalid(f"Rule {rule['RuleName']}: {error}") from None
    check_windows(filled["StartWindowMinutes"], filled["CompletionWindowMinutes"])
    check_lifecycle(filled.get("Lifecycle"))
    if filled.get("EnableContinuousBackup"):
        _check_continuous(filled.get("Lifecycle") or {})
    check_air_gapped(filled.get("TargetLogicallyAirGappedBackupVaultArn"), scope)
    if filled.get("TargetLogicallyAirGappedBackupVaultArn") and filled.get("EnableContinuousBackup"):
        raise invalid("Continuous backups into logically air-gapped vaults are not available.")
    check_point_tags(filled.get("RecoveryPointTags", {}))
    copies = filled.get("CopyActions", [])
    if len(copies) > MAX_COPY_ACTIONS:
        raise limit_exceeded(f"A rule has at most {MAX_COPY_ACTIONS} copy actions.")
    for copy in copies:
        check_vault_arn(scope, copy["DestinationBackupVaultArn"])
        check_lifecycle(copy.get("Lifecycle"))
    return filled


def _check_continuous(lifecycle: Document) -> None:
    """Continuous backups are kept for 1 to 35 days, and never in cold storage (aws-backup.md 4.3, 4.5)."""
    if lifecycle.get("MoveToColdStorageAfterDays", NEVER) != NEVER:
        raise invalid("Invalid lifecycle. MoveToColdStorageAfterDays is unavailable")
    if not 1 <= lifecycle.get("DeleteAfterDays", NEVER) <= MAX_DAYS:
        raise invalid(
            f"Invalid lifecycle. DeleteAfterDays must be between 1 and {MAX_DAYS} days with continuous backup"
        )


def check_windows(start: int, completion: int) -> None:
    """Windows in minutes."""
    if not MIN_START_WINDOW <= start <= MAX_WINDOW:
        raise invalid(f"StartWindowMinutes must be between {MIN_START_WINDOW} and {MAX_WINDOW}.")
    if not 1 <= completion <= MAX_WINDOW:
        raise invalid(f"CompletionWindowMinutes must be between 1 and {MAX_WINDOW}.")


def check_lifecycle(lifecycle: Document | None) -> None:
    """A Lifecycle that AWS Backup would take: 1 to 36500 days or never (-1), and 90 days in cold storage."""
    lifecycle = lifecycle or {}
    delete, cold = lifecycle.get("DeleteAfterDays", NEVER), lifecycle.get("MoveToColdStorageAfterDays", NEVER)
    if delete != NEVER and not 1 <= delete <= MAX_RETENTION_DAYS:
        raise invalid("DeleteAfterDays cannot be less than 1 or more than 36500 days")
    if cold != NEVER and not 1 <= cold <= MAX_RETENTION_DAYS:
        raise invalid("MoveToColdStorageAfterDays cannot be less than 1 or more than 36500 days")
    if NEVER not in (delete, cold) and delete < cold + COLD_DAYS:
        raise invalid(
            "Invalid lifecycle. DeleteAfterDays cannot be less than 90 days apart from "
            "MoveToColdStorageAfterDays"
        )
    if "DeleteAfterEvent" in lifecycle:
        raise invalid("DeleteAfterEvent cannot be set.")


def check_point_tags(tags: dict[str, str]) -> None:
    """The tags that a rule adds to recovery points."""
    if len(tags) > MAX_POINT_TAGS:
        raise limit_exceeded(f"A rule adds at most {MAX_POINT_TAGS} tags to its recovery points.")
    check_tags(tags)


def check_air_gapped(text: str | None, scope: AccountRegion) -> None:
    """The ARN of a logically air-gapped vault of the account and Region; a job sees whether it is one."""
    if text is not None:
        arn = check_vault_arn(scope, text, "The logically air-gapped vault")
        if (arn.account_id, arn.region) != (scope.account_id, scope.region):
            raise invalid("The logically air-gapped vault must be of the same account and Region.")
