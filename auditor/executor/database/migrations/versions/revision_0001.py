"""The layout that databases had before there were revisions, frozen."""

from typing import Any, Final

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table

from auditor.executor.database.migrations.types import ACCOUNT, ID, REGION, TEXT

revision: Final = "0001"
down_revision: Final = None

_TABLES: Final = MetaData()


def _place() -> tuple[Column[str], Column[str]]:
    """The columns of an account and a Region."""
    return Column("account_id", ACCOUNT, nullable=False), Column("region", REGION, nullable=False)


def _job_columns() -> tuple[Column[Any], ...]:
    """What all jobs have in common."""
    return (
        Column("id", TEXT, primary_key=True),
        *_place(),
        Column("created", BigInteger, nullable=False),
        Column("completed", BigInteger),
        Column("state", TEXT, nullable=False),
        Column("message_category", TEXT, nullable=False),
        Column("resource_arn", TEXT, nullable=False),
        Column("resource_type", TEXT, nullable=False),
        Column("token", TEXT),
        Column("next_at", BigInteger),
        Column("work", LargeBinary, nullable=False),
        Column("document", LargeBinary, nullable=False),
    )


Table(
    "vaults",
    _TABLES,
    Column("arn", TEXT, primary_key=True),
    *_place(),
    Column("name", TEXT, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("creator_request_id", TEXT),
    Column("encryption_key_arn", TEXT),
    Column("locked", Boolean, nullable=False),
    Column("min_retention_days", BigInteger),
    Column("max_retention_days", BigInteger),
    Column("lock_date", BigInteger),
    Column("access_policy", TEXT),
    Column("tags", LargeBinary, nullable=False),
    Index("vaults_by_name", "account_id", "region", "name"),
)

Table(
    "plans",
    _TABLES,
    Column("id", TEXT, primary_key=True),
    *_place(),
    Column("arn", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("deleted", BigInteger),
    Column("creator_request_id", TEXT),
    Column("sequence", Integer, nullable=False),
    Column("last_execution", BigInteger),
    Column("tags", LargeBinary, nullable=False),
    Index("plans_by_place", "account_id", "region", "created", "id"),
)

Table(
    "plan_versions",
    _TABLES,
    Column("plan_id", TEXT, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("version_id", TEXT, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
)

Table(
    "selections",
    _TABLES,
    Column("id", TEXT, primary_key=True),
    Column("plan_id", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("creator_request_id", TEXT),
    Column("iam_role_arn", TEXT, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("selections_by_plan", "plan_id", "created", "id"),
)

Table(
    "backup_jobs",
    _TABLES,
    *_job_columns(),
    Column("vault_name", TEXT, nullable=False),
    Index("backup_jobs_by_place", "account_id", "region", "created", "id"),
    Index("backup_jobs_unfinished", "next_at"),
)

Table(
    "copy_jobs",
    _TABLES,
    *_job_columns(),
    Column("destination_vault_arn", TEXT, nullable=False),
    Column("source_recovery_point_arn", TEXT, nullable=False),
    Index("copy_jobs_by_place", "account_id", "region", "created", "id"),
    Index("copy_jobs_unfinished", "next_at"),
)

Table(
    "restore_jobs",
    _TABLES,
    *_job_columns(),
    Column("point_created", BigInteger, nullable=False),
    Column("testing_plan_arn", TEXT),
    Index("restore_jobs_by_place", "account_id", "region", "created", "id"),
    Index("restore_jobs_by_resource", "account_id", "region", "resource_arn", "completed"),
    Index("restore_jobs_unfinished", "next_at"),
)

Table(
    "recovery_points",
    _TABLES,
    Column("id", ID, primary_key=True, autoincrement=True),
    *_place(),
    Column("arn", TEXT, nullable=False),
    Column("vault_name", TEXT, nullable=False),
    Column("resource_arn", TEXT, nullable=False),
    Column("resource_type", TEXT, nullable=False),
    Column("plan_id", TEXT),
    Column("created", BigInteger, nullable=False),
    Column("cold_at", BigInteger),
    Column("expire_at", BigInteger),
    Column("status", TEXT, nullable=False),
    Column("tags", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("recovery_points_by_arn", "account_id", "region", "arn", unique=True),
    Index("recovery_points_by_vault", "account_id", "region", "vault_name", "created", "id"),
    Index("recovery_points_by_resource", "account_id", "region", "resource_arn", "created", "id"),
    Index("recovery_points_by_expiry", "expire_at"),
)

Table(
    "protected_resources",
    _TABLES,
    Column("account_id", ACCOUNT, primary_key=True),
    Column("region", REGION, primary_key=True),
    Column("arn", TEXT, primary_key=True),
    Column("document", LargeBinary, nullable=False),
)

Table(
    "region_settings",
    _TABLES,
    Column("account_id", ACCOUNT, primary_key=True),
    Column("region", REGION, primary_key=True),
    Column("opt_in", LargeBinary, nullable=False),
    Column("management", LargeBinary, nullable=False),
)

Table(
    "global_settings",
    _TABLES,
    Column("account_id", ACCOUNT, primary_key=True),
    Column("document", LargeBinary, nullable=False),
    Column("updated", BigInteger, nullable=False),
)

Table(
    "progress",
    _TABLES,
    Column("account_id", ACCOUNT, primary_key=True),
    Column("region", REGION, primary_key=True),
    Column("partition", TEXT, nullable=False),
    Column("ran_until", BigInteger, nullable=False),
)

Table(
    "counters", _TABLES, Column("name", TEXT, primary_key=True), Column("value", BigInteger, nullable=False)
)

Table(
    "legal_holds",
    _TABLES,
    Column("id", TEXT, primary_key=True),
    *_place(),
    Column("arn", TEXT, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("canceled", BigInteger),
    Column("retain_until", BigInteger),
    Column("token", TEXT),
    Column("tags", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("legal_holds_by_place", "account_id", "region", "created", "id"),
)

Table(
    "held_points",
    _TABLES,
    Column("hold_id", TEXT, primary_key=True),
    Column("point_id", ID, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Index("held_points_by_point", "point_id"),
)


Table(
    "declarations",
    _TABLES,
    Column("arn", TEXT, primary_key=True),
    *_place(),
    Column("kind", TEXT, nullable=False),
    Column("parent", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger),
    Column("last_run", BigInteger),
    Column("token", TEXT),
    Column("tags", LargeBinary, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Index("declarations_by_name", "account_id", "region", "kind", "parent", "name", unique=True),
)


def upgrade() -> None:
    """Make the tables of an empty database."""
    _TABLES.create_all(op.get_bind())
