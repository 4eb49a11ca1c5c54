"""Scans of recovery points for malware."""

from typing import Final

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, LargeBinary, text

from auditor.executor.database.migrations.types import ACCOUNT, REGION, TEXT

revision: Final = "0009"
down_revision: Final = "0008"

_JOBS: Final = "scan_jobs"
_UNFINISHED: Final = text("next_at IS NOT NULL")


def upgrade() -> None:
    """Nothing was scanned yet."""
    op.create_table(
        _JOBS,
        Column("id", TEXT, primary_key=True),
        Column("account_id", ACCOUNT, nullable=False),
        Column("region", REGION, nullable=False),
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
        Column("parent_job_id", TEXT),
        Column("version", Integer, nullable=False, server_default="0"),
        Column("vault_name", TEXT, nullable=False),
        Column("recovery_point_arn", TEXT, nullable=False),
        Column("malware_scanner", TEXT, nullable=False),
        Column("result", TEXT, nullable=False),
    )
    op.create_index("scan_jobs_by_place", _JOBS, ["account_id", "region", "created", "id"])
    point = ["account_id", "region", "recovery_point_arn", "completed"]
    op.create_index("scan_jobs_by_point", _JOBS, point)
    op.create_index(
        "scan_jobs_unfinished",
        _JOBS,
        ["account_id", "region", "next_at"],
        sqlite_where=_UNFINISHED,
        postgresql_where=_UNFINISHED,
    )


def downgrade() -> None:
    """The jobs go; what they told of recovery points stays in these."""
    op.drop_table(_JOBS)
