"""The controls of AWS Backup Audit Manager: their parameters, and what they evaluate (aws-backup.md 2.2)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

_MOST_NAMES: Final = 5
#: Hours of each unit.
HOURS: Final = {"hours": 1, "days": 24}

Check = Callable[[str], str | None]


def _number(low: int, high: int) -> Check:
    def check(text: str) -> str | None:
        fits = re.fullmatch(r"[0-9]{1,6}", text) is not None and low <= int(text) <= high
        return None if fits else f"a whole number from {low} to {high}"

    return check


def _unit(text: str) -> str | None:
    return None if text in HOURS else "hours or days"


def _names(pattern: str, what: str, most: int | None = None) -> Check:
    """Names with commas between."""

    def check(text: str) -> str | None:
        names = [name.strip() for name in text.split(",")]
        if all(re.fullmatch(pattern, name) for name in names) and (most is None or len(names) <= most):
            return None
        return f"{what} with commas between" + ("" if most is None else f", {most} at most")

    return check


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: what is wrong with a value, and AWS's default; None where there is none."""

    check: Check
    default: str | None = None


@dataclass(frozen=True, slots=True)
class AuditedKind:
    """A control of Audit Manager.

    `fact` is the fact that has what is asked. `types` are the types that its rules of AWS Config evaluate;
    none: it is about what AWS Config calls `config_type`. Its scope may be `by_tag` and `by_type`. The
    parameter `value` counts in the unit that the parameter `unit` says, from `least` to `most` of that unit.
    A `daily` control is evaluated once a day, another one when what it looks at changes. Of one over `copies`
    AWS's documents disagree whether it evaluates every file system.
    """

    fact: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    types: tuple[str, ...] = ()
    by_tag: bool = True
    by_type: bool = True
    unit: str = ""
    value: str = ""
    least: Mapping[str, int] = field(default_factory=dict)
    most: Mapping[str, int] = field(default_factory=dict)
    daily: bool = True
    config_type: str = ""
    copies: bool = False

    @property
    def tags_told(self) -> bool:
        """Whether it is about plans or vaults, of which there are so few that each is asked for its tags."""
        return self.config_type in ("AWS::Backup::BackupPlan", "AWS::Backup::BackupVault")

    @property
    def tags_listed(self) -> bool:
        """Whether it is about recovery points, of which a list tells the tags, so far as any does."""
        return self.config_type == "AWS::Backup::RecoveryPoint"


#: The file systems of FSx that none of them evaluates, and those of which AWS's documents disagree whether
#: the controls over copies do.
FILE_SYSTEMS_LEFT_OUT: Final = "OPENZFS"
FILE_SYSTEMS_DISPUTED: Final = "ONTAP"

_COVERED: Final = (
    *("Aurora", "DynamoDB", "EBS", "EC2", "EFS", "FSx", "RDS", "S3"),
    *("Storage Gateway", "VirtualMachine"),
)
_RESTORED: Final = ("Aurora", "DynamoDB", "EBS", "EC2", "EFS", "FSx", "RDS", "S3")
_GAPPED: Final = ("Aurora", "EBS", "EC2", "EFS", "S3", "Storage Gateway", "VirtualMachine")
_DAYS: Final = _number(1, 36_500)
_AGE: Final = ("recoveryPointAgeUnit", "recoveryPointAgeValue")

CONTROLS: Final[Mapping[str, AuditedKind]] = {
    "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN": AuditedKind("protected", types=_COVERED),
    "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK": AuditedKind(
        "frequency",
        {
            "requiredFrequencyUnit": Parameter(_unit, "days"),
            "requiredFrequencyValue": Parameter(_number(1, 31), "1"),
            "requiredRetentionDays": Parameter(_DAYS, "35"),
        },
        unit="requiredFrequencyUnit",
        value="requiredFrequencyValue",
        most={"hours": 24, "days": 31},
        by_type=False,
        daily=False,
        config_type="AWS::Backup::BackupPlan",
    ),
    "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED": AuditedKind(
        "manual_deletion",
        {
            "principalArnList": Parameter(
                _names(r"arn:[a-z-]+:iam::[0-9]{12}:.+", "ARNs of roles", _MOST_NAMES)
            )
        },
        by_type=False,
        daily=False,
        config_type="AWS::Backup::BackupVault",
    ),
    "BACKUP_RECOVERY_POINT_ENCRYPTED": AuditedKind(
        "encrypted", daily=False, config_type="AWS::Backup::RecoveryPoint"
    ),
    "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK": AuditedKind(
        "retention",
        {"requiredRetentionDays": Parameter(_DAYS, "35")},
        daily=False,
        config_type="AWS::Backup::RecoveryPoint",
    ),
    "BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION": AuditedKind(
        "cross_region",
        {"crossRegionList": Parameter(_names(r"[a-z]{2,4}(-[a-z]+)+-[0-9]+", "Regions"))},
        _COVERED,
        copies=True,
    ),
    "BACKUP_RESOURCES_PROTECTED_BY_CROSS_ACCOUNT": AuditedKind(
        "cross_account",
        {"crossAccountList": Parameter(_names("[0-9]{12}", "ids of accounts", _MOST_NAMES))},
        _COVERED,
        copies=True,
    ),
    "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_VAULT_LOCK": AuditedKind(
        "vault_lock", {"minRetentionDays": Parameter(_DAYS), "maxRetentionDays": Parameter(_DAYS)}, _COVERED
    ),
    "BACKUP_LAST_RECOVERY_POINT_CREATED": AuditedKind(
        "last_point",
        {
            "recoveryPointAgeUnit": Parameter(_unit, "days"),
            "recoveryPointAgeValue": Parameter(_number(1, 744), "1"),
        },
        _COVERED,
        most={"hours": 744, "days": 31},
        unit=_AGE[0],
        value=_AGE[1],
    ),
    "RESTORE_TIME_FOR_RESOURCES_MEET_TARGET": AuditedKind(
        "restore_time", {"maxRestoreTime": Parameter(_number(1, 999_999))}, _RESTORED
    ),
    "RESOURCES_IN_LOGICALLY_AIR_GAPPED_VAULT": AuditedKind(
        "air_gapped",
        {
            "recoveryPointAgeUnit": Parameter(_unit, "days"),
            "recoveryPointAgeValue": Parameter(_number(1, 2184), "1"),
        },
        _GAPPED,
        by_tag=False,
        least={"hours": 24},
        most={"hours": 2184, "days": 91},
        unit=_AGE[0],
        value=_AGE[1],
    ),
}
