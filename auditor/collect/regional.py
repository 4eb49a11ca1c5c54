"""What AWS Backup says of a Region: its settings and the resources that it has ever backed up."""

from typing import Final

from auditor.collect.collector import Collector, Scope

_SETTINGS: Final = ("region_settings",)
_PROTECTED: Final = ("protected_resources",)


def _read_settings(scope: Scope) -> None:
    answer = scope.ask("backup", "DescribeRegionSettings", provides=_SETTINGS)
    if answer is None:
        return
    opted_in = answer.get("ResourceTypeOptInPreference") or {}
    managed = answer.get("ResourceTypeManagementPreference") or {}
    rows = [
        {"ResourceType": kind, "OptedIn": opted_in.get(kind), "Managed": managed.get(kind)}
        for kind in sorted(opted_in.keys() | managed.keys())
    ]
    columns = {"resource_type": "ResourceType", "opted_in": "OptedIn", "managed": "Managed"}
    scope.write("region_settings", rows, columns)


def _read_protected(scope: Scope) -> None:
    columns = {
        "resource_arn": "ResourceArn",
        "resource_type": "ResourceType",
        "last_backup_at": "LastBackupTime",
        "last_recovery_point_arn": "LastRecoveryPointArn",
    }
    for page in scope.pages(
        "backup", "ListProtectedResources", "Results", provides=_PROTECTED, MaxResults=1000
    ):
        scope.write("protected_resources", page, columns)


SETTINGS: Final = Collector("Region settings", _SETTINGS, ("backup:DescribeRegionSettings",), _read_settings)
PROTECTED: Final = Collector(
    "protected resources", _PROTECTED, ("backup:ListProtectedResources",), _read_protected
)
