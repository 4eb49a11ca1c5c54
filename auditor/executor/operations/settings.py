"""Region and account settings (aws-backup.md 1.1 rows 1 and 21)."""

from typing import Final

import orjson
from sqlalchemy import delete, insert, select

from auditor.executor.api.errors import invalid
from auditor.executor.catalog.settings import management, opt_in
from auditor.executor.catalog.tables import global_settings, region_settings
from auditor.executor.operations.vaults import Params
from auditor.executor.scope import Scope
from auditor.executor.service import BackupService
from auditor.executor.times import seconds

_GLOBAL: Final = ("isCrossAccountBackupEnabled", "isDelegatedAdministratorEnabled", "isMpaEnabled")


def get_supported_resource_types(service: BackupService, _scope: Scope, _params: Params) -> Params:
    """GetSupportedResourceTypes: the types that this executor has drivers for."""
    return {"ResourceTypes": list(service.resource_types)}


def describe_region_settings(service: BackupService, scope: Scope, _params: Params) -> Params:
    """DescribeRegionSettings."""
    with service.catalog.read() as connection:
        return {
            "ResourceTypeOptInPreference": opt_in(connection, scope, service.resource_types),
            "ResourceTypeManagementPreference": management(connection, scope, service.optional_management()),
        }


def update_region_settings(service: BackupService, scope: Scope, params: Params) -> None:
    """UpdateRegionSettings: the types named change, the others stay."""
    wanted = params.get("ResourceTypeOptInPreference", {})
    managed = params.get("ResourceTypeManagementPreference", {})
    _check_types(wanted, service.resource_types)
    _check_types(managed, service.optional_management())
    place = {"account_id": scope.account_id, "region": scope.region}
    with service.catalog.write() as connection:
        wanted = opt_in(connection, scope, ()) | wanted
        managed = management(connection, scope, ()) | managed
        connection.execute(delete(region_settings).filter_by(**place))
        connection.execute(
            insert(region_settings).values(
                **place, opt_in=orjson.dumps(wanted), management=orjson.dumps(managed)
            )
        )


def _check_types(preference: Params, known: tuple[str, ...]) -> None:
    for resource_type in preference:
        if resource_type not in known:
            raise invalid(f"{resource_type!r} is not one of the resource types {', '.join(known)}.")


def describe_global_settings(service: BackupService, scope: Scope, _params: Params) -> Params:
    """DescribeGlobalSettings."""
    with service.catalog.read() as connection:
        row = connection.execute(select(global_settings).filter_by(account_id=scope.account_id)).one_or_none()
    settings = dict.fromkeys(_GLOBAL, "false")
    if row is None:
        return {"GlobalSettings": settings}
    return {"GlobalSettings": settings | orjson.loads(row.document), "LastUpdateTime": seconds(row.updated)}


def update_global_settings(service: BackupService, scope: Scope, params: Params) -> None:
    """UpdateGlobalSettings: "true" or "false" by name; settings not named stay."""
    settings = params.get("GlobalSettings", {})
    for name, value in settings.items():
        if name not in _GLOBAL or value not in {"true", "false"}:
            raise invalid(f"GlobalSettings takes true or false for {', '.join(_GLOBAL)}.")
    with service.catalog.write() as connection:
        same = {"account_id": scope.account_id}
        before = connection.scalar(select(global_settings.c.document).filter_by(**same))
        document = ({} if before is None else orjson.loads(before)) | settings
        connection.execute(delete(global_settings).filter_by(**same))
        connection.execute(
            insert(global_settings).values(**same, document=orjson.dumps(document), updated=service.now_ms())
        )
