"""What AWS Backup's settings of a Region say of each resource type."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from auditor.aws.failures import MALFORMED
from auditor.aws.items import member
from auditor.aws.reader import CallFailed
from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import table_of

_SETTINGS: Final = ("region_settings",)
_OPERATION: Final = "DescribeRegionSettings"


def named_types(scope: Scope) -> frozenset[str]:
    """The types that the settings name; none where they could not be read.

    Where no control needs the settings themselves, that is no gap.
    """
    named = (_answer(scope) or {}).get("ResourceTypeOptInPreference")
    return frozenset(kind for kind, opted_in in (named or {}).items() if opted_in is not None)


def _answer(scope: Scope) -> Mapping[str, Any] | None:
    return scope.settings.answer(partial(_ask, scope))


def _ask(scope: Scope) -> Mapping[str, Any] | None:
    """Ask for the settings and write them: who reads what was listed must know what was asked for."""
    needed = _SETTINGS[0] in scope.tables
    try:
        answer = scope.reader.ask("backup", _OPERATION)
        opted_in = member(answer, "ResourceTypeOptInPreference", dict)
        managed = answer.get("ResourceTypeManagementPreference") or {}
        rows = [
            {"resource_type": kind, "opted_in": opted_in.get(kind), "managed": managed.get(kind)}
            for kind in sorted(opted_in.keys() | managed.keys())
        ]
        scope.write("region_settings", table_of("region_settings", rows))
    except CallFailed as error:
        if needed:
            scope.gap(error, _SETTINGS)
    except MALFORMED as error:
        if needed:
            scope.not_understood("backup", _OPERATION, "The answer", error, _SETTINGS)
    else:
        return answer
    return None


def _read_settings(scope: Scope) -> None:
    _answer(scope)


SETTINGS: Final = Collector(
    name="Region settings",
    provides=_SETTINGS,
    actions=("backup:DescribeRegionSettings",),
    read=_read_settings,
)
