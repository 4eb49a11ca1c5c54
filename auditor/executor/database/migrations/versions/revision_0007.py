"""The type of a vault: standard, or logically air-gapped."""

from typing import Final

from alembic import op
from sqlalchemy import Column

from auditor.executor.database.migrations.types import TEXT

revision: Final = "0007"
down_revision: Final = "0006"

_STANDARD: Final = "BACKUP_VAULT"


def upgrade() -> None:
    """Every vault was a standard one."""
    with op.batch_alter_table("vaults") as table:
        table.add_column(Column("vault_type", TEXT, nullable=False, server_default=_STANDARD))


def downgrade() -> None:
    """0006 takes air-gapped vaults for standard ones, locked as they are."""
    with op.batch_alter_table("vaults") as table:
        table.drop_column("vault_type")
