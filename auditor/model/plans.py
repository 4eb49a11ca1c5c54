"""Backup plans, their rules and selections, read from the documents that the AWS Backup API returns.

Shapes: botocore `backup` 2018-11-15 (BackupPlan, BackupRule, BackupSelection); defaults: aws-backup.md
4.1-4.3, 4.6.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

DEFAULT_SCHEDULE: Final = "cron(0 5 ? * * *)"
DEFAULT_START_WINDOW_MINUTES: Final = 480
DEFAULT_COMPLETION_WINDOW_MINUTES: Final = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Days after creation; None is never. AWS writes "never" as an absent value or -1 (aws-backup.md 4.3)."""

    delete_after_days: int | None = None
    move_to_cold_after_days: int | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> Self:
        """Read the API's `Lifecycle`; absent means never."""
        document = document or {}

        def days(key: str) -> int | None:
            value = document.get(key)
            return None if value is None or value == -1 else int(value)

        return cls(days("DeleteAfterDays"), days("MoveToColdStorageAfterDays"))


@dataclass(frozen=True, slots=True)
class CopyAction:
    """A copy of each recovery point into another vault."""

    destination_vault_arn: str
    lifecycle: Lifecycle


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a plan, with AWS's defaults filled in."""

    rule_id: str
    name: str
    target_vault: str
    schedule: str
    timezone: str
    start_window_minutes: int
    completion_window_minutes: int
    lifecycle: Lifecycle
    continuous: bool
    copy_actions: tuple[CopyAction, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read the API's `BackupRule`; a copy without a lifecycle inherits the rule's (aws-backup.md 4.3)."""
        lifecycle = Lifecycle.from_document(document.get("Lifecycle"))
        copies = tuple(
            CopyAction(
                copy["DestinationBackupVaultArn"],
                Lifecycle.from_document(copy["Lifecycle"]) if copy.get("Lifecycle") else lifecycle,
            )
            for copy in document.get("CopyActions", ())
        )
        return cls(
            rule_id=document.get("RuleId", ""),
            name=document["RuleName"],
            target_vault=document["TargetBackupVaultName"],
            schedule=document.get("ScheduleExpression") or DEFAULT_SCHEDULE,
            timezone=document.get("ScheduleExpressionTimezone") or "UTC",
            start_window_minutes=int(document.get("StartWindowMinutes") or DEFAULT_START_WINDOW_MINUTES),
            completion_window_minutes=int(
                document.get("CompletionWindowMinutes") or DEFAULT_COMPLETION_WINDOW_MINUTES
            ),
            lifecycle=lifecycle,
            continuous=bool(document.get("EnableContinuousBackup", False)),
            copy_actions=copies,
        )


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """One version of a plan.

    `valid_from` is the version's creation (UTC); `valid_until` None while it is in force.
    """

    plan_id: str
    arn: str
    name: str
    account_id: str
    region: str
    version_id: str
    rules: tuple[Rule, ...]
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    @staticmethod
    def rules_of(document: Mapping[str, Any]) -> tuple[Rule, ...]:
        """Read the rules of the API's `BackupPlan` document."""
        return tuple(Rule.from_document(rule) for rule in document.get("Rules", ()))


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of a selection's `Conditions`.

    `operator` is StringEquals, StringNotEquals, StringLike, StringNotLike.
    """

    operator: str
    tag_key: str
    value: str


@dataclass(frozen=True, slots=True)
class Selection:
    """Which resources a plan protects.

    ((resources or tags) and conditions) without not_resources (aws-backup.md 4.6).
    """

    selection_id: str
    name: str
    plan_id: str
    iam_role_arn: str
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    list_of_tags: tuple[tuple[str, str], ...] = ()
    conditions: tuple[Condition, ...] = ()
    created_at: datetime | None = None

    @classmethod
    def from_document(
        cls,
        document: Mapping[str, Any],
        *,
        plan_id: str,
        selection_id: str,
        created_at: datetime | None = None,
    ) -> Self:
        """Read the API's `BackupSelection`. Condition keys lose their `aws:ResourceTag/` prefix."""
        conditions: list[Condition] = []
        entries: Mapping[str, Sequence[Mapping[str, str]]] = document.get("Conditions") or {}
        for operator in ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike"):
            conditions += [
                Condition(
                    operator, entry["ConditionKey"].removeprefix("aws:ResourceTag/"), entry["ConditionValue"]
                )
                for entry in entries.get(operator) or ()
            ]
        return cls(
            selection_id=selection_id,
            name=document.get("SelectionName", ""),
            plan_id=plan_id,
            iam_role_arn=document.get("IamRoleArn", ""),
            resources=tuple(document.get("Resources") or ()),
            not_resources=tuple(document.get("NotResources") or ()),
            list_of_tags=tuple(
                (t["ConditionKey"], t["ConditionValue"]) for t in document.get("ListOfTags") or ()
            ),
            conditions=tuple(conditions),
            created_at=created_at,
        )
