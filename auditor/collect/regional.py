"""What AWS Backup's settings of a Region say of each resource type."""

from typing import Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import member
from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import table_of

_SETTINGS: Final = ("region_settings",)
_OPERATION: Final = "DescribeRegionSettings"


def _read_settings(scope: Scope) -> None:
    answer = scope.ask("backup", _OPERATION, provides=_SETTINGS)
    if answer is None:
        return
    try:
        opted_in = member(answer, "ResourceTypeOptInPreference", dict)
        managed = answer.get("ResourceTypeManagementPreference") or {}
        rows = [
            {"resource_type": kind, "opted_in": opted_in.get(kind), "managed": managed.get(kind)}
            for kind in sorted(opted_in.keys() | managed.keys())
        ]
        scope.write("region_settings", table_of("region_settings", rows))
    except MALFORMED as error:
        scope.not_understood("backup", _OPERATION, "The answer", error, _SETTINGS)


SETTINGS: Final = Collector(
    name="Region settings",
    provides=_SETTINGS,
    actions=("backup:DescribeRegionSettings",),
    read=_read_settings,
)
