"""Seals: keyed digests of vaults' locks, of their list, and of recovery points."""

from typing import Final

from alembic import op
from sqlalchemy import Column

from auditor.executor.database.migrations.types import TEXT

revision: Final = "0005"
down_revision: Final = "0004"

_POINTS: Final = ("recovery_points", "gone_points")


def upgrade() -> None:
    """Nothing is sealed until a program that has the key opens the database."""
    op.create_table("seals", Column("name", TEXT, primary_key=True), Column("seal", TEXT, nullable=False))
    for name in _POINTS:
        with op.batch_alter_table(name) as table:
            table.add_column(Column("seal", TEXT))


def downgrade() -> None:
    """Nobody seals what 0004 writes: all of it is sealed anew on the way up."""
    for name in _POINTS:
        with op.batch_alter_table(name) as table:
            table.drop_column("seal")
    op.drop_table("seals")
