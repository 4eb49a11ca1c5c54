"""Native backups that this database's jobs did not make: listed with a resource's own, and never touched."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Column, ColumnElement, Table, select

from auditor.executor.api.errors import ServiceError, unavailable
from auditor.executor.database.sql_tables import backup_jobs, copy_jobs, recovery_points
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.calls import chunks
from auditor.executor.seam.driver import DriverError, ListedBackup, Lister
from auditor.executor.service import BackupService
from auditor.executor.times import seconds, to_ms
from auditor.model.arn import Arn
from auditor.model.resource_types import type_of_arn

#: Before every time of a backup: that of one which has only just begun is not known yet.
_NEWEST: Final = -(2**63)

#: What the keys of `list_backups` are: when it was made, the newest first, and the ARN. Before all of them …
KEY: Final = (int, str)
#: … is this one.
BEFORE_ALL: Final = (_NEWEST, "")

#: Types of which AWS Backup lists its own recovery points only (API ListRecoveryPointsByResource).
_OWN_ONLY: Final = frozenset({"EC2", "EFS"})

#: How many values one query takes: SQLite has had a limit of 999.
_VALUES: Final = 500


def lister_of(service: BackupService, scope: AccountRegion, resource_arn: str) -> Lister | None:
    """The driver that lists the native backups of a resource here, None where there is none."""
    kind = type_of_arn(resource_arn)
    if kind is None or kind in _OWN_ONLY or kind not in service.resource_types:
        return None
    arn = Arn.parse(resource_arn)
    if (arn.partition, arn.account_id, arn.region) != (scope.partition, scope.account_id, scope.region):
        return None
    driver = service.driver(kind, managed=False)
    return driver if isinstance(driver, Lister) else None


def list_backups(
    service: BackupService, scope: AccountRegion, lister: Lister, resource_arn: str
) -> list[tuple[tuple[int, str], bytes]]:
    """The native backups of a resource that were made elsewhere: keys, in their order, and items as JSON.

    A backup under a token that this database has not given out was made elsewhere, too. Raises
    ServiceUnavailableException where the service does not tell.
    """
    try:
        found = list(lister.backups(scope.account_id, scope.region, resource_arn))
    except DriverError as error:
        raise _not_listed(resource_arn, error) from error
    own = _own(service, scope, found)  # asked afterwards, so that whatever was listed was begun before
    return sorted((_key(each), _item(each)) for each in found if not own & {each.native.arn, each.token})


def _own(service: BackupService, scope: AccountRegion, found: Sequence[ListedBackup]) -> set[str]:
    """ARNs of recovery points in the database, and ids of the jobs here that made or make one.

    A backup with the id of a job of another account or Region was copied from there by somebody else.
    """
    arns = {each.native.arn for each in found}
    tokens = {each.token for each in found if each.token is not None}
    into_here = copy_jobs.c.destination_vault_arn.startswith(scope.arn("backup-vault:"), autoescape=True)
    return (
        _known(service, recovery_points.c.arn, arns, *_in(recovery_points, scope))
        | _known(service, backup_jobs.c.id, tokens, *_in(backup_jobs, scope))
        | _known(service, copy_jobs.c.id, tokens, into_here)
    )


def _in(table: Table, scope: AccountRegion) -> tuple[ColumnElement[bool], ...]:
    return table.c.account_id == scope.account_id, table.c.region == scope.region


def _known(
    service: BackupService, column: Column[Any], values: Collection[str], *where: ColumnElement[bool]
) -> set[str]:
    """Those of `values` that the column has."""
    known: set[str] = set()
    with service.database.read() as connection:
        for chunk in chunks(sorted(values), _VALUES):
            known.update(connection.scalars(select(column).where(*where, column.in_(chunk))))
    return known


def _key(backup: ListedBackup) -> tuple[int, str]:
    made = _NEWEST if backup.created is None else -to_ms(backup.created)
    return made, backup.native.arn


def _item(backup: ListedBackup) -> bytes:
    """Such a backup as AWS Backup lists it, without a vault."""
    created = backup.created
    item = {
        "RecoveryPointArn": backup.native.arn,
        "CreationDate": None if created is None else seconds(to_ms(created)),
        "Status": backup.status,
        "StatusMessage": backup.message or None,
        "EncryptionKeyArn": backup.native.kms_key_arn,
        "BackupSizeBytes": backup.native.size_bytes,
        "ResourceName": backup.resource_name or None,
    }
    return orjson.dumps({name: value for name, value in item.items() if value is not None})


def _not_listed(resource_arn: str, error: DriverError) -> ServiceError:
    remedy = "Ask again later" if error.transient else "Let the executor's role list them"
    return unavailable(
        f"The native backups of {resource_arn} could not be listed: {error.message} {remedy}, or ask with "
        "ManagedByAWSBackupOnly for those that this service has made."
    )
