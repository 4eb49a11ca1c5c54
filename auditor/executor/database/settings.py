"""A Region's settings as they stand, AWS's defaults filled in (aws-backup.md 1.1 rows 1 and 21)."""

from collections.abc import Iterable
from typing import Final

import orjson
from sqlalchemy import Connection, select

from auditor.executor.database.sql_tables import global_settings, region_settings
from auditor.executor.scope import AccountRegion

#: The types that AWS Backup has, as its settings name them (aws-backup.md 1.1 row 16). This executor backs up
#: some of them; a setting of any other is kept and told, and nothing of that type is there to be backed up.
TYPES: Final = (
    "Aurora",
    "CloudFormation",
    "DSQL",
    "DocumentDB",
    "DynamoDB",
    "EBS",
    "EC2",
    "EFS",
    "EKS",
    "FSx",
    "Neptune",
    "RDS",
    "Redshift",
    "Redshift Serverless",
    "S3",
    "SAP HANA on Amazon EC2",
    "Storage Gateway",
    "Timestream",
    "VirtualMachine",
)


#: The types whose full management AWS's settings name. It is a choice for DynamoDB; the others have no other.
MANAGED_TYPES: Final = ("CloudFormation", "DSQL", "DynamoDB", "EFS")


def opt_in(connection: Connection, scope: AccountRegion, resource_types: Iterable[str]) -> dict[str, bool]:
    """ResourceTypeOptInPreference of these types. Every type is opted in until it is opted out."""
    written = stored(connection, scope)[0]
    return {kind: written.get(kind, True) for kind in resource_types}


def management(
    connection: Connection, scope: AccountRegion, resource_types: Iterable[str]
) -> dict[str, bool]:
    """ResourceTypeManagementPreference of these types. Full management is the default."""
    written = stored(connection, scope)[1]
    return {kind: written.get(kind, True) for kind in resource_types}


#: The global settings; all are off until they are turned on.
GLOBAL: Final = ("isCrossAccountBackupEnabled", "isDelegatedAdministratorEnabled", "isMpaEnabled")


def global_row(connection: Connection, account_id: str) -> tuple[dict[str, str], int | None]:
    """An account's global settings and when they were last changed (epoch milliseconds)."""
    row = connection.execute(select(global_settings).filter_by(account_id=account_id)).one_or_none()
    settings = dict.fromkeys(GLOBAL, "false")
    return (settings, None) if row is None else (settings | orjson.loads(row.document), row.updated)


def stored(connection: Connection, scope: AccountRegion) -> tuple[dict[str, bool], dict[str, bool]]:
    """Opt-in and management as they were written, whatever this executor backs up."""
    columns = region_settings.c
    row = connection.execute(
        select(region_settings).where(columns.account_id == scope.account_id, columns.region == scope.region)
    ).one_or_none()
    return ({}, {}) if row is None else (orjson.loads(row.opt_in), orjson.loads(row.management))
