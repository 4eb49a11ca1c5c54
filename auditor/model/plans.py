"""Backup plans, their rules and selections, read from the documents that the AWS Backup API returns.

Shapes: botocore `backup` 2018-11-15 (BackupPlan, BackupRule, BackupSelection); defaults: aws-backup.md
4.1-4.3, 4.6.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, Self

from auditor.model.documents import UnreadableDocument, entries, flag, mapping, needed, text, whole

#: What a copy action without a lifecycle, or with an empty one, gives to its copies (aws-backup.md 4.3).
CopyLifecycle = Literal["inherit", "never"]

#: What a lifecycle writes for "never", beside leaving it out (aws-backup.md 4.3).
NEVER: Final = -1
_POINT_TAGS: Final = "RecoveryPointTags"
DEFAULT_SCHEDULE: Final = "cron(0 5 ? * * *)"
DEFAULT_START_WINDOW_MINUTES: Final = 480
DEFAULT_COMPLETION_WINDOW_MINUTES: Final = 7 * 24 * 60
#: The one option that AWS documents for images: all volumes are in them, whatever it is (aws-backup.md 4.15).
_WHOLE_IMAGE: Final = "WindowsVSS"
#: The operators of a selection's conditions.
OPERATORS: Final = ("StringEquals", "StringNotEquals", "StringLike", "StringNotLike")


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """Days after creation; None is never. AWS writes "never" as an absent value or -1 (aws-backup.md 4.3)."""

    delete_after_days: int | None = None
    move_to_cold_after_days: int | None = None

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> Self:
        """Read the API's `Lifecycle`; absent means never, and 0 days is refused, as AWS never says so.

        Raises:
            UnreadableDocument: it cannot be understood.
        """
        found = mapping(document, "Lifecycle")

        def days(key: str) -> int | None:
            value = whole(found.get(key), key)
            return None if value == NEVER else value

        delete = days("DeleteAfterDays")
        if delete == 0:
            raise UnreadableDocument("DeleteAfterDays is 0")
        return cls(delete, days("MoveToColdStorageAfterDays"))


@dataclass(frozen=True, slots=True)
class CopyAction:
    """A copy of each recovery point into another vault."""

    destination_vault_arn: str
    lifecycle: Lifecycle

    @classmethod
    def from_document(cls, document: object, rule: Lifecycle, empty: CopyLifecycle) -> Self:
        """Read the API's `CopyAction` of a rule with the lifecycle `rule`.

        A copy without `DeleteAfterDays`, or with -1, is kept as long as what it copies; for ever where
        `MoveToColdStorageAfterDays` is -1 as well. `empty` is what a copy without any lifecycle gets
        (aws-backup.md 4.3; API reference, Lifecycle).
        """
        found = mapping(document, "a copy action")
        given = mapping(found.get("Lifecycle"), "Lifecycle of a copy action")
        own = Lifecycle.from_document(given)
        if all(value is None for value in given.values()):
            own = rule if empty == "inherit" else Lifecycle()
        elif own.delete_after_days is None and given.get("MoveToColdStorageAfterDays") != NEVER:
            own = Lifecycle(rule.delete_after_days, own.move_to_cold_after_days)
        return cls(needed(found.get("DestinationBackupVaultArn"), "DestinationBackupVaultArn"), own)


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
    #: a logically air-gapped vault of the same account and Region that its backups go to as well; "" for none
    air_gapped_vault_arn: str = ""
    #: the keys of the tags that it adds to its recovery points, sorted
    point_tags: tuple[str, ...] = field(default=(), compare=False)

    @property
    def named_vaults(self) -> list[str]:
        """The ARNs of the vaults that it names: the air-gapped one, if any, and those of its copies."""
        gapped = [self.air_gapped_vault_arn] if self.air_gapped_vault_arn else []
        return [*gapped, *(copy.destination_vault_arn for copy in self.copy_actions)]

    @classmethod
    def from_document(cls, document: object, copy_lifecycle: CopyLifecycle = "inherit") -> Self:
        """Read the API's `BackupRule`. Raises `UnreadableDocument`."""
        found = mapping(document, "a rule")

        def minutes(key: str, default: int) -> int:
            value = whole(found.get(key), key)
            if value == -1:
                raise UnreadableDocument(f"{key} is -1")
            return value or default

        lifecycle = Lifecycle.from_document(found.get("Lifecycle"))
        copies = entries(found.get("CopyActions"), "CopyActions")
        air_gapped = "TargetLogicallyAirGappedBackupVaultArn"
        return cls(
            rule_id=text(found.get("RuleId"), "RuleId"),
            name=text(found.get("RuleName"), "RuleName"),
            target_vault=needed(found.get("TargetBackupVaultName"), "TargetBackupVaultName"),
            schedule=text(found.get("ScheduleExpression"), "ScheduleExpression") or DEFAULT_SCHEDULE,
            timezone=text(found.get("ScheduleExpressionTimezone"), "ScheduleExpressionTimezone") or "UTC",
            start_window_minutes=minutes("StartWindowMinutes", DEFAULT_START_WINDOW_MINUTES),
            completion_window_minutes=minutes("CompletionWindowMinutes", DEFAULT_COMPLETION_WINDOW_MINUTES),
            lifecycle=lifecycle,
            continuous=flag(found.get("EnableContinuousBackup"), "EnableContinuousBackup"),
            copy_actions=tuple(CopyAction.from_document(copy, lifecycle, copy_lifecycle) for copy in copies),
            air_gapped_vault_arn=text(found.get(air_gapped), air_gapped),
            point_tags=tuple(sorted(mapping(found.get(_POINT_TAGS), _POINT_TAGS))),
        )


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """One version of a plan.

    `valid_from` is the version's creation (UTC); `valid_until` None while it is in force. `fault` says what
    in its document cannot be understood, "" when nothing: its rules are not known then, and `rules` is empty.
    `image_options` are options for backups of EC2 instances of which it is not known what they leave out
    (aws-backup.md 4.15).
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
    fault: str = ""
    image_options: tuple[str, ...] = ()

    @staticmethod
    def image_options_of(document: object) -> tuple[str, ...]:
        """Read the options for EC2 of the API's `BackupPlan` document, without those that leave nothing out.

        Raises:
            UnreadableDocument: they cannot be understood.
        """
        advanced = "AdvancedBackupSettings"
        settings = entries(mapping(document, "the plan").get(advanced), advanced)
        found = [mapping(one, f"an entry of {advanced}") for one in settings]
        options = [
            mapping(one.get("BackupOptions"), "BackupOptions")
            for one in found
            if one.get("ResourceType") == "EC2"
        ]
        return tuple(sorted({name for one in options for name in one} - {_WHOLE_IMAGE}))

    @staticmethod
    def rules_of(document: object, copy_lifecycle: CopyLifecycle = "inherit") -> tuple[Rule, ...]:
        """Read the rules of the API's `BackupPlan` document, in which the list of them must be there.

        Raises:
            UnreadableDocument: it cannot be understood.
        """
        rules = mapping(document, "the plan").get("Rules")
        if rules is None:
            raise UnreadableDocument("Rules is missing")
        return tuple(Rule.from_document(rule, copy_lifecycle) for rule in entries(rules, "Rules"))


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
    #: what in its document cannot be understood, "" when nothing: what it selects is not known then
    fault: str = ""

    @classmethod
    def from_document(
        cls,
        document: object,
        *,
        plan_id: str,
        selection_id: str,
        created_at: datetime | None = None,
    ) -> Self:
        """Read the API's `BackupSelection`. Condition keys lose their `aws:ResourceTag/` prefix.

        Raises:
            UnreadableDocument: it cannot be understood.
        """
        found = mapping(document, "the selection")
        return cls(
            selection_id=selection_id,
            name=text(found.get("SelectionName"), "SelectionName"),
            plan_id=plan_id,
            iam_role_arn=text(found.get("IamRoleArn"), "IamRoleArn"),
            resources=_arns(found, "Resources"),
            not_resources=_arns(found, "NotResources"),
            list_of_tags=tuple(_tag(entry) for entry in entries(found.get("ListOfTags"), "ListOfTags")),
            conditions=tuple(_conditions(mapping(found.get("Conditions"), "Conditions"))),
            created_at=created_at,
        )


def _arns(document: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(needed(entry, f"an entry of {key}") for entry in entries(document.get(key), key))


def _tag(entry: object) -> tuple[str, str]:
    """One entry of `ListOfTags`; AWS knows no other comparison than StringEquals."""
    found = mapping(entry, "an entry of ListOfTags")
    kind = text(found.get("ConditionType"), "ConditionType")
    if kind.upper() not in ("", "STRINGEQUALS"):
        raise UnreadableDocument(f"ConditionType is {kind}")
    return _pair(found)


def _conditions(document: Mapping[str, Any]) -> Iterator[Condition]:
    for operator in document:
        if operator not in OPERATORS and document[operator]:
            raise UnreadableDocument(f"Conditions has the operator {operator}")
    for operator in OPERATORS:
        for entry in entries(document.get(operator), operator):
            key, value = _pair(mapping(entry, f"an entry of {operator}"))
            yield Condition(operator, key.removeprefix("aws:ResourceTag/"), value)


def _pair(entry: Mapping[str, Any]) -> tuple[str, str]:
    value = entry.get("ConditionValue")
    if value is None:
        raise UnreadableDocument("ConditionValue is missing")
    return needed(entry.get("ConditionKey"), "ConditionKey"), text(value, "ConditionValue")
