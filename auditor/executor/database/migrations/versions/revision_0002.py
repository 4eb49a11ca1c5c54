"""Leases, notifications, nested jobs and recovery points, versions of jobs, indexes of what is looked for."""

from typing import Final

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, text

from auditor.executor.database.migrations.types import ACCOUNT, ID, REGION, TEXT

revision: Final = "0002"
down_revision: Final = "0001"

_JOBS: Final = ("backup_jobs", "copy_jobs", "restore_jobs")
#: Indexes with their table and column.
_BY_PARENT: Final = {
    "backup_jobs_by_parent": ("backup_jobs", "parent_job_id"),
    "copy_jobs_by_parent": ("copy_jobs", "parent_job_id"),
    "recovery_points_by_parent": ("recovery_points", "parent_arn"),
}
_UNFINISHED: Final = text("next_at IS NOT NULL")
_BY_EXPIRY: Final = "recovery_points_by_expiry"
_BY_STATUS: Final = "recovery_points_by_status"
_BY_RESOURCE: Final = "recovery_points_by_vault_and_resource"
_BY_RESOURCE_COLUMNS: Final = ["account_id", "region", "vault_name", "resource_arn", "created", "id"]


def upgrade() -> None:
    """Add what 0001 lacks."""
    op.create_table(
        "leases",
        Column("account_id", ACCOUNT, primary_key=True),
        Column("region", REGION, primary_key=True),
        Column("owner", TEXT, nullable=False),
        Column("expires", BigInteger, nullable=False),
    )
    op.create_table(
        "vault_notifications",
        Column("vault_arn", TEXT, primary_key=True),
        Column("topic_arn", TEXT, nullable=False),
        Column("events", LargeBinary, nullable=False),
    )
    op.create_table(
        "outbox",
        Column("id", ID, primary_key=True, autoincrement=True),
        Column("account_id", ACCOUNT, nullable=False),
        Column("region", REGION, nullable=False),
        Column("topic_arn", TEXT, nullable=False),
        Column("created", BigInteger, nullable=False),
        Column("next_at", BigInteger, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("message", LargeBinary, nullable=False),
    )
    op.create_index("outbox_by_time", "outbox", ["next_at", "id"])
    for jobs in _JOBS:
        with op.batch_alter_table(jobs) as table:
            table.add_column(Column("parent_job_id", TEXT))
            table.add_column(Column("version", Integer, nullable=False, server_default="0"))
    with op.batch_alter_table("recovery_points") as table:
        table.add_column(Column("parent_arn", TEXT))
    for name, (table_name, column) in _BY_PARENT.items():
        op.create_index(name, table_name, [column])
    op.create_index(_BY_RESOURCE, "recovery_points", _BY_RESOURCE_COLUMNS)
    op.drop_index(_BY_EXPIRY, "recovery_points")
    op.create_index(_BY_EXPIRY, "recovery_points", ["account_id", "region", "expire_at"])
    op.create_index(_BY_STATUS, "recovery_points", ["account_id", "region", "status", "id"])
    for jobs in _JOBS:
        op.drop_index(f"{jobs}_unfinished", jobs)
        op.create_index(
            f"{jobs}_unfinished",
            jobs,
            ["account_id", "region", "next_at"],
            sqlite_where=_UNFINISHED,
            postgresql_where=_UNFINISHED,
        )


def downgrade() -> None:
    """Leave what 0001 has."""
    for jobs in _JOBS:
        op.drop_index(f"{jobs}_unfinished", jobs)
        op.create_index(f"{jobs}_unfinished", jobs, ["next_at"])
    op.drop_index(_BY_STATUS, "recovery_points")
    op.drop_index(_BY_EXPIRY, "recovery_points")
    op.create_index(_BY_EXPIRY, "recovery_points", ["expire_at"])
    for name, (table_name, _) in _BY_PARENT.items():
        op.drop_index(name, table_name)
    op.drop_index(_BY_RESOURCE, "recovery_points")
    with op.batch_alter_table("recovery_points") as table:
        table.drop_column("parent_arn")
    for jobs in _JOBS:
        with op.batch_alter_table(jobs) as table:
            table.drop_column("version")
            table.drop_column("parent_job_id")
    for name in ("outbox", "vault_notifications", "leases"):
        op.drop_table(name)
