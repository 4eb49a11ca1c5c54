"""The accounts and Regions that a catalog is about."""

from sqlalchemy import Connection, select

from auditor.executor.catalog import tables
from auditor.executor.scope import Scope
from auditor.model.arn import Arn


def places(connection: Connection) -> set[Scope]:
    """Every account and Region that has, or had, vaults or plans."""
    arns = [*connection.scalars(select(tables.vaults.c.arn)), *connection.scalars(select(tables.plans.c.arn))]
    named = {Scope(arn.account_id, arn.region, arn.partition) for arn in map(Arn.parse, arns)}
    rows = connection.execute(select(tables.progress))
    return named | {Scope(row.account_id, row.region, row.partition) for row in rows}
