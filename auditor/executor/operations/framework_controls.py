"""The controls of AWS Backup Audit Manager with their parameters and scopes (aws-backup.md 2.2, 2.3)."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.executor.api.errors import invalid
from auditor.executor.database.settings import TYPES

Check = Callable[[str], bool]

_MOST_NAMES: Final = 5


def _number(low: int, high: int) -> Check:
    return lambda text: re.fullmatch(r"[0-9]{1,6}", text) is not None and low <= int(text) <= high


def _one_of(*choices: str) -> Check:
    return lambda text: text in choices


def _names(pattern: str, most: int | None = None) -> Check:
    """Names with commas between."""

    def check(text: str) -> bool:
        names = [name.strip() for name in text.split(",")]
        return all(re.fullmatch(pattern, name) for name in names) and (most is None or len(names) <= most)

    return check


_UNIT: Final = _one_of("hours", "days")
_RETENTION: Final = _number(1, 36_500)

#: Each control's parameters: what a value must be.
CONTROLS: Final[Mapping[str, Mapping[str, Check]]] = {
    "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN": {},
    "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK": {
        "requiredFrequencyUnit": _UNIT,
        "requiredFrequencyValue": _number(1, 31),
        "requiredRetentionDays": _RETENTION,
    },
    "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED": {
        "principalArnList": _names(r"arn:[a-z-]+:iam::[0-9]{12}:.+", _MOST_NAMES)
    },
    "BACKUP_RECOVERY_POINT_ENCRYPTED": {},
    "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK": {"requiredRetentionDays": _RETENTION},
    "BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION": {"crossRegionList": _names(r"[a-z]{2}(-[a-z]+)+-[0-9]+")},
    "BACKUP_RESOURCES_PROTECTED_BY_CROSS_ACCOUNT": {"crossAccountList": _names("[0-9]{12}", _MOST_NAMES)},
    "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_VAULT_LOCK": {
        "minRetentionDays": _RETENTION,
        "maxRetentionDays": _RETENTION,
    },
    "BACKUP_LAST_RECOVERY_POINT_CREATED": {
        "recoveryPointAgeUnit": _UNIT,
        "recoveryPointAgeValue": _number(1, 744),
    },
    "RESTORE_TIME_FOR_RESOURCES_MEET_TARGET": {"maxRestoreTime": _number(1, 999_999)},
    "RESOURCES_IN_LOGICALLY_AIR_GAPPED_VAULT": {
        "recoveryPointAgeUnit": _UNIT,
        "recoveryPointAgeValue": _number(1, 2184),
    },
}


def check_controls(controls: list[dict[str, Any]]) -> None:
    """Check that each control, its parameters and its scope are some that AWS Backup Audit Manager has."""
    if not controls:
        raise invalid("A framework needs at least one control.")
    for control in controls:
        name = control["ControlName"]
        if name not in CONTROLS:
            raise invalid(f"{name[:100]!r} is not a control of AWS Backup Audit Manager.")
        _check_parameters(name, control.get("ControlInputParameters", []))
        _check_scope(name, control.get("ControlScope", {}))


def _check_parameters(control: str, given: list[dict[str, str]]) -> None:
    known, seen = CONTROLS[control], set[str]()
    for parameter in given:
        name, value = parameter.get("ParameterName", ""), parameter.get("ParameterValue", "")
        if name not in known:
            takes = ", ".join(known) or "none"
            raise invalid(f"{control} has no parameter {name[:100]!r}; its parameters: {takes}.")
        if name in seen:
            raise invalid(f"The parameter {name} of {control} comes twice.")
        if not known[name](value):
            raise invalid(f"{value[:100]!r} is not a value of the parameter {name} of {control}.")
        seen.add(name)


def _check_scope(control: str, scope: dict[str, Any]) -> None:
    """One resource, types of resources, or one tag."""
    if len(scope.get("Tags", {})) > 1:
        raise invalid("A control's scope has at most one tag.")
    if len(scope.get("ComplianceResourceIds", [])) > 1:
        raise invalid("A control's scope has at most one resource.")
    for kind in scope.get("ComplianceResourceTypes", []):
        if kind not in TYPES:
            raise invalid(f"{kind[:100]!r} in the scope of {control} is not a resource type of AWS Backup.")
