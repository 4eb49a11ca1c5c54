"""Recovery points: listed by vault and by resource, described, their lifecycle changed, deleted."""

from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, delete, select, update

from auditor.executor.api.errors import ServiceError, invalid, not_found, refused
from auditor.executor.api.protocol import Page
from auditor.executor.database.holds import held_since
from auditor.executor.database.sql_tables import gone_points, recovery_points
from auditor.executor.engine.cold import is_cold
from auditor.executor.engine.continuous import stopped
from auditor.executor.engine.expiry import claim, delete_by_role, expired, is_held, is_managed, make_partial
from auditor.executor.engine.outbox import tell_of_point
from auditor.executor.engine.points import CONTINUOUS, is_composite, with_lifecycle, with_what_is_ignored
from auditor.executor.engine.reconcile import GONE
from auditor.executor.engine.scans import results_of
from auditor.executor.operations import elsewhere
from auditor.executor.operations.composites import follow_nested, has_nested, leave_parent
from auditor.executor.operations.paging import fetch, fetch_sorted, is_token_of, limit_of, token_after
from auditor.executor.operations.rules import check_lifecycle
from auditor.executor.operations.vaults import Params, find_vault, vault_arn
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.continuous import ContinuousDriver, is_continuous
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import BackupService
from auditor.executor.times import DAY_MS, to_datetime, to_ms
from auditor.model.plans import NEVER

#: What AWS Backup says of a deletion under a legal hold (aws-backup.md 4.8).
HELD: Final = "The recovery point cannot be deleted because it has active legal hold(s)"

#: The members of a recovery point that ListRecoveryPointsByResource gives under the same name.
_BY_RESOURCE: Final = (
    "RecoveryPointArn",
    "CreationDate",
    "Status",
    "StatusMessage",
    "EncryptionKeyArn",
    "BackupVaultName",
    "IsParent",
    "ParentRecoveryPointArn",
    "ResourceName",
    "VaultType",
    "EncryptionKeyType",
    "AggregatedScanResult",
)


def find_point(connection: Connection, scope: AccountRegion, vault_name: str, arn: str) -> Row[Any]:
    """The recovery point's row; raises ResourceNotFoundException when it, or the vault, does not exist."""
    find_vault(connection, scope, vault_name)
    query = select(recovery_points).filter_by(
        account_id=scope.account_id, region=scope.region, arn=arn, vault_name=vault_name
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        message = f"Recovery point {arn} does not exist in backup vault {vault_name}."
        gone = select(gone_points.c.found).filter_by(
            account_id=scope.account_id, region=scope.region, arn=arn, vault_name=vault_name
        )
        found = connection.scalar(gone)
        if found is not None:
            message = f"{message} {GONE}, found at {to_datetime(found):%Y-%m-%dT%H:%M:%SZ}."
        raise not_found(message)
    return row


def list_recovery_points_by_backup_vault(
    service: BackupService, scope: AccountRegion, params: Params
) -> Page:
    """ListRecoveryPointsByBackupVault, the newest first."""
    points, name = recovery_points.c, params["BackupVaultName"]
    refuse_other_account(scope, params)
    query = select(points.document, points.created, points.id).filter_by(
        account_id=scope.account_id, region=scope.region, vault_name=name
    )
    equal = {
        "ByResourceArn": points.resource_arn,
        "ByResourceType": points.resource_type,
        "ByBackupPlanId": points.plan_id,
        "ByParentRecoveryPointArn": points.parent_arn,
    }
    for key, column in equal.items():
        if key in params:
            query = query.where(column == params[key])
    if "ByCreatedAfter" in params:
        query = query.where(points.created > to_ms(params["ByCreatedAfter"]))
    if "ByCreatedBefore" in params:
        query = query.where(points.created < to_ms(params["ByCreatedBefore"]))
    with service.database.read() as connection:
        find_vault(connection, scope, name)
        rows, token = fetch(connection, query, [points.created, points.id], params, descending=True)
    return Page("RecoveryPoints", [row.document for row in rows], token)


def refuse_other_account(scope: AccountRegion, params: Params) -> None:
    """No vault is shared between accounts."""
    if params.get("BackupVaultAccountId", scope.account_id) != scope.account_id:
        raise not_found(
            f"Backup vault {params['BackupVaultName']} of another account is not shared with this one."
        )


def list_recovery_points_by_resource(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListRecoveryPointsByResource, the newest first; native backups made elsewhere come after them."""
    points, arn = recovery_points.c, params["ResourceArn"]
    lister = None if params.get("ManagedByAWSBackupOnly") else elsewhere.lister_of(service, scope, arn)
    items, token, rest = list[bytes](), None, params
    if lister is None or not is_token_of(params, *elsewhere.KEY):
        query = select(points.document, points.created, points.id).filter_by(
            account_id=scope.account_id, region=scope.region, resource_arn=arn
        )
        with service.database.read() as connection:
            rows, token = fetch(connection, query, [points.created, points.id], params, descending=True)
        items = [_by_resource(row.document) for row in rows]
        rest = {"MaxResults": limit_of(params) - len(items)}
    if lister is not None and token is None:
        others = elsewhere.list_backups(service, scope, lister, arn)
        if len(items) < limit_of(params):
            found, token = fetch_sorted(others, rest)
            items += [item for _, item in found]
        elif others:
            token = token_after([*elsewhere.BEFORE_ALL])
    return Page("RecoveryPoints", items, token)


def _by_resource(document: bytes) -> bytes:
    point = orjson.loads(document)
    item = {name: point[name] for name in _BY_RESOURCE if name in point}
    return orjson.dumps(item | {"BackupSizeBytes": point["BackupSizeInBytes"]})


def describe_recovery_point(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DescribeRecoveryPoint."""
    refuse_other_account(scope, params)
    with service.database.read() as connection:
        row = find_point(connection, scope, params["BackupVaultName"], params["RecoveryPointArn"])
        held = held_since(connection, row.id)
        point: Params = orjson.loads(row.document)
        if point.pop("AggregatedScanResult", None) is not None:  # which lists have in place of the results
            point["ScanResults"] = results_of(connection, scope, row.arn)
    cold = is_cold(row, held, service.now_ms())
    return point | {"StorageClass": "COLD" if cold else "WARM"}


def update_recovery_point_lifecycle(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """UpdateRecoveryPointLifecycle; refused under a lock, shorter or longer (aws-backup.md 4.3, 4.7)."""
    lifecycle = params.get("Lifecycle") or {}
    check_lifecycle(lifecycle)
    now = service.now_ms()
    with service.database.write() as connection:
        vault = find_vault(connection, scope, params["BackupVaultName"])
        row = find_point(connection, scope, params["BackupVaultName"], params["RecoveryPointArn"])
        if row.status == "DELETING":
            raise refused(f"Recovery point {row.arn} is being deleted.")
        if is_continuous(row.arn):
            raise refused(f"{row.arn} is a continuous backup: its backup plan has its retention.")
        if vault.locked:
            raise refused(
                f"Backup vault {vault.name} is locked: the lifecycle of its recovery points cannot change."
            )
        if is_composite(row.arn):
            raise refused(f"The lifecycle of {row.arn} is the longest of those nested in it.")
        _check_cold(row, lifecycle, now, held_since(connection, row.id))
        changed = with_lifecycle(
            orjson.loads(row.document), row._asdict(), lifecycle, fully_managed=is_managed(row.arn)
        )
        changed = with_what_is_ignored(changed, row.resource_type)
        if changed["expire_at"] is not None:
            changed["expire_at"] = max(changed["expire_at"], now)
        if service.database.seals is not None:
            changed["seal"] = service.database.seals.of_point(row._asdict() | changed)
        connection.execute(update(recovery_points).where(recovery_points.c.id == row.id).values(changed))
        follow_nested(connection, row)
        point = orjson.loads(changed["document"])
        tell_of_point(connection, point, now)
    answer = {"BackupVaultArn": vault_arn(scope, row.vault_name), "RecoveryPointArn": row.arn}
    return answer | {name: point[name] for name in ("Lifecycle", "CalculatedLifecycle") if name in point}


def _check_cold(row: Row[Any], lifecycle: Params, now: int, held: int | None) -> None:
    """A transition that has happened stays; a new one lies at least a day ahead (aws-backup.md 4.3)."""
    before = orjson.loads(row.document).get("Lifecycle", {}).get("MoveToColdStorageAfterDays")
    after = lifecycle.get("MoveToColdStorageAfterDays")
    if before == after:
        return
    if is_cold(row, held, now):
        raise invalid("MoveToColdStorageAfterDays cannot change: the recovery point is in cold storage.")
    age_days = (now - row.created) / DAY_MS
    if after is not None and after != NEVER and after < age_days + 1:
        raise invalid("MoveToColdStorageAfterDays must be at least the recovery point's age plus one day.")


def disassociate_recovery_point(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """DisassociateRecoveryPoint: a continuous backup goes back to its service (aws-backup.md 4.5; API).

    A bucket's is STOPPED and stays until its end, an RDS database's goes out of the vault while the service
    keeps it. Refused for snapshots, under a lock and under a legal hold, as a deletion is.
    """
    with service.database.write() as connection:
        vault = find_vault(connection, scope, params["BackupVaultName"])
        row = find_point(connection, scope, params["BackupVaultName"], params["RecoveryPointArn"])
        driver = service.driver(row.resource_type, managed=is_managed(row.arn))
        if not is_continuous(row.arn) or not isinstance(driver, ContinuousDriver):
            raise refused(f"{row.arn} is a snapshot: only continuous backups can be disassociated.")
        if vault.locked:
            raise refused(
                f"Backup vault {vault.name} is locked: its recovery points cannot be disassociated."
            )
        if held_since(connection, row.id) is not None:
            raise refused(HELD)
        if row.status not in CONTINUOUS:
            message = f"Recovery point {row.arn} is {row.status}."
            raise ServiceError("InvalidResourceStateException", message)
        same = recovery_points.c.id == row.id
        if driver.keeps_released:
            changed = stopped(row._asdict(), "The recovery point was disassociated on request.")
            connection.execute(update(recovery_points).where(same).values(changed))
        else:
            connection.execute(delete(recovery_points).where(same))


def disassociate_recovery_point_from_parent(
    service: BackupService, scope: AccountRegion, params: Params
) -> None:
    """DisassociateRecoveryPointFromParent: both stay, the parent is PARTIAL. Refused under a legal hold."""
    with service.database.write() as connection:
        row = find_point(connection, scope, params["BackupVaultName"], params["RecoveryPointArn"])
        if row.parent_arn is None:
            raise refused(f"{row.arn} has no parent recovery point.")
        if is_held(connection, row):
            raise refused(HELD)
        make_partial(connection, row)
        leave_parent(connection, row)


def delete_recovery_point(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """DeleteRecoveryPoint; refused under a lock, in its grace time too, and under a legal hold.

    When the service refuses to delete the native backup, the answer is success and the recovery point
    EXPIRED, as AWS Backup does (aws-backup.md 4.7, 4.8); so it is when its role may not. Where that could not
    be found out or done now, it stays DELETING and the engine goes on. A composite goes after those nested.
    """
    with service.database.write() as connection:
        vault = find_vault(connection, scope, params["BackupVaultName"])
        row = find_point(connection, scope, params["BackupVaultName"], params["RecoveryPointArn"])
        if vault.locked:
            raise refused(f"Backup vault {vault.name} is locked: its recovery points cannot be deleted.")
        if has_nested(connection, row):
            raise refused(f"{row.arn} contains nested recovery points: delete or disassociate them first.")
        if not claim(connection, row, service.now_ms()):
            raise refused(HELD)
    same = recovery_points.c.id == row.id
    try:
        delete_by_role(service, row._asdict())
    except DriverError as error:
        if error.transient:
            told = orjson.loads(row.document) | {"Status": "DELETING", "StatusMessage": error.message}
            with service.database.write() as connection:
                connection.execute(update(recovery_points).where(same).values(document=orjson.dumps(told)))
            return
        changed = {
            "status": "EXPIRED",
            "expire_at": None,
            "document": orjson.dumps(orjson.loads(row.document) | expired(error)),
        }
        with service.database.write() as connection:
            connection.execute(update(recovery_points).where(same).values(changed))
        return
    with service.database.write() as connection:
        connection.execute(delete(recovery_points).where(same))
