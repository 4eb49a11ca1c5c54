"""What AWS Backup says of a Region: its settings and the resources that it has ever backed up."""

from typing import Final

from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import layout, page_rows, table_of

_SETTINGS: Final = ("region_settings",)
_PROTECTED: Final = ("protected_resources",)

_PROTECTED_COLUMNS: Final = {
    "resource_arn": "ResourceArn",
    "resource_type": "ResourceType",
    "last_backup_at": "LastBackupTime",
    "last_recovery_point_arn": "LastRecoveryPointArn",
}


def _read_settings(scope: Scope) -> None:
    answer = scope.ask("backup", "DescribeRegionSettings", provides=_SETTINGS)
    if answer is None:
        return
    opted_in = answer.get("ResourceTypeOptInPreference") or {}
    managed = answer.get("ResourceTypeManagementPreference") or {}
    rows = [
        {"resource_type": kind, "opted_in": opted_in.get(kind), "managed": managed.get(kind)}
        for kind in sorted(opted_in.keys() | managed.keys())
    ]
    scope.write("region_settings", table_of("region_settings", rows))


def _read_protected(scope: Scope) -> None:
    for page in scope.pages(
        "backup", "ListProtectedResources", "Results", provides=_PROTECTED, MaxResults=1000
    ):
        scope.write("protected_resources", page_rows("protected_resources", page, _PROTECTED_COLUMNS))


SETTINGS: Final = Collector(
    name="Region settings",
    provides=_SETTINGS,
    actions=("backup:DescribeRegionSettings",),
    read=_read_settings,
)
PROTECTED: Final = Collector(
    name="protected resources",
    provides=_PROTECTED,
    actions=("backup:ListProtectedResources",),
    read=_read_protected,
    layouts={"ListProtectedResourcesOutput": layout("Results", "protected_resources", _PROTECTED_COLUMNS)},
)
