"""Recovery points whose backups are gone, and when an account and Region were last looked at for them."""

from typing import Final

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary

from auditor.executor.database.migrations.types import ACCOUNT, ID, REGION, TEXT

revision: Final = "0004"
down_revision: Final = "0003"


def upgrade() -> None:
    """Nothing was looked at yet."""
    with op.batch_alter_table("progress") as table:
        table.add_column(Column("reconciled", BigInteger))
    op.create_table(
        "gone_points",
        Column("id", ID, primary_key=True, autoincrement=False),
        Column("account_id", ACCOUNT, nullable=False),
        Column("region", REGION, nullable=False),
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
        Column("parent_arn", TEXT),
        Column("found", BigInteger, nullable=False),
    )
    op.create_index("gone_points_by_arn", "gone_points", ["account_id", "region", "arn"], unique=True)


def downgrade() -> None:
    """Forget what is gone: 0003 has nothing to say of it."""
    op.drop_table("gone_points")
    with op.batch_alter_table("progress") as table:
        table.drop_column("reconciled")
