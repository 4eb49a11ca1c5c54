"""Region and account settings (aws-backup.md 1.1 rows 1 and 21)."""

import orjson
from sqlalchemy import delete, insert

from auditor.executor.api.errors import invalid, refused
from auditor.executor.database.settings import (
    GLOBAL,
    MANAGED_TYPES,
    TYPES,
    global_row,
    management,
    opt_in,
    stored,
)
from auditor.executor.database.sql_tables import global_settings, region_settings
from auditor.executor.operations.vaults import Params, without_none
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import optional_seconds


def get_supported_resource_types(service: BackupService, _scope: AccountRegion, _params: Params) -> Params:
    """GetSupportedResourceTypes: the types that this executor has drivers for."""
    return {"ResourceTypes": list(service.resource_types)}


def describe_region_settings(service: BackupService, scope: AccountRegion, _params: Params) -> Params:
    """DescribeRegionSettings: the types that are backed up here, and what was written of others."""
    chosen = {"EFS"}.intersection(service.resource_types).union(service.optional_management())
    with service.database.read() as connection:
        opted, managed = stored(connection, scope)
        return {
            "ResourceTypeOptInPreference": opted | opt_in(connection, scope, service.resource_types),
            "ResourceTypeManagementPreference": managed | management(connection, scope, sorted(chosen)),
        }


def update_region_settings(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """UpdateRegionSettings: the types named change, the others stay."""
    wanted = params.get("ResourceTypeOptInPreference", {})
    managed = params.get("ResourceTypeManagementPreference", {})
    _check_types(wanted, TYPES)
    _check_types(managed, MANAGED_TYPES)
    place = {"account_id": scope.account_id, "region": scope.region}
    with service.database.write() as connection:
        before = stored(connection, scope)
        wanted, managed = before[0] | wanted, before[1] | managed
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


def describe_global_settings(service: BackupService, scope: AccountRegion, _params: Params) -> Params:
    """DescribeGlobalSettings: those of the organization's management account."""
    with service.database.read() as connection:
        settings, updated = global_row(connection, _manager(service, scope))
    return without_none({"GlobalSettings": settings, "LastUpdateTime": optional_seconds(updated)})


def _manager(service: BackupService, scope: AccountRegion) -> str:
    """The account that has the global settings."""
    membership = service.membership(scope.account_id)
    return scope.account_id if membership is None else membership.management_account_id


def update_global_settings(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """UpdateGlobalSettings: "true" or "false" by name; settings not named stay.

    Only the management account of an organization may (aws-backup.md 1.1 row 1).
    """
    settings = params.get("GlobalSettings", {})
    for name, value in settings.items():
        if name not in GLOBAL or value not in {"true", "false"}:
            raise invalid(f"GlobalSettings takes true or false for {', '.join(GLOBAL)}.")
    if _manager(service, scope) != scope.account_id:
        raise refused("Only the organization's management account can change global settings.")
    with service.database.write() as connection:
        before, _ = global_row(connection, scope.account_id)
        connection.execute(delete(global_settings).filter_by(account_id=scope.account_id))
        connection.execute(
            insert(global_settings).values(
                account_id=scope.account_id,
                document=orjson.dumps(before | settings),
                updated=service.now_ms(),
            )
        )
