"""Backup options, by resource type; an option without an effect is refused.

Sources: API BackupPlan, AdvancedBackupSetting, StartBackupJob; aws-backup.md 1.1 row 15.
"""

from collections.abc import Mapping
from typing import Any, Final

from auditor.executor.api.errors import invalid

#: The options that AWS Backup has, by resource type; what is not named here is an invalid parameter.
OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "EC2": ("WindowsVSS",),
    "S3": ("BackupACLs", "BackupObjectTags"),
}
_VALUES: Final = ("enabled", "disabled")


def check_advanced(settings: list[dict[str, Any]]) -> None:
    """AdvancedBackupSettings of a plan: each type once, with options of its own."""
    seen = set[str]()
    for number, setting in enumerate(settings):
        kind, options = setting.get("ResourceType", ""), setting.get("BackupOptions", {})
        where = f"AdvancedBackupSettings[{number}]"
        if kind not in OPTIONS:
            raise invalid(f"{where}: ResourceType must be one of {', '.join(OPTIONS)}.")
        if kind in seen:
            raise invalid(f"{where}: the resource type {kind} comes twice.")
        if not options:
            raise invalid(f"{where}: BackupOptions must have an option of {kind}.")
        seen.add(kind)
        check_options(kind, options)


def check_options(kind: str, options: Mapping[str, str]) -> None:
    """BackupOptions for resources of a type."""
    known = OPTIONS.get(kind, ())
    for name, value in options.items():
        if name not in known:
            there = f"it has {', '.join(known)}" if known else "it has none"
            raise invalid(f"Invalid backup option {name[:60]!r} for the resource type {kind}: {there}.")
        if value not in _VALUES:
            raise invalid(f"The backup option {name} is enabled or disabled, not {value[:60]!r}.")
