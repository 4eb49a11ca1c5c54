"""The accounts and Regions that a database is about."""

from sqlalchemy import Connection, select

from auditor.executor.database import sql_tables
from auditor.executor.database.declarations import REPORT_PLAN, declarations
from auditor.executor.scope import AccountRegion
from auditor.model.arn import Arn


def places(connection: Connection) -> set[AccountRegion]:
    """Every account and Region that has, or had, vaults or plans, those of reports among them."""
    arns = [
        *connection.scalars(select(sql_tables.vaults.c.arn)),
        *connection.scalars(select(sql_tables.plans.c.arn)),
        *connection.scalars(select(declarations.c.arn).filter_by(kind=REPORT_PLAN)),
    ]
    named = {AccountRegion(arn.account_id, arn.region, arn.partition) for arn in map(Arn.parse, arns)}
    rows = connection.execute(select(sql_tables.progress))
    return named | {AccountRegion(row.account_id, row.region, row.partition) for row in rows}
