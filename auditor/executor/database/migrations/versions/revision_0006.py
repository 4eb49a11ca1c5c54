"""Which recovery points lie in cold storage: their service was asked to move them."""

from typing import Final

from alembic import op
from sqlalchemy import Column

from auditor.executor.database.migrations.types import TEXT

revision: Final = "0006"
down_revision: Final = "0005"

_POINTS: Final = ("recovery_points", "gone_points")


def upgrade() -> None:
    """Nothing was moved yet."""
    for name in _POINTS:
        with op.batch_alter_table(name) as table:
            table.add_column(Column("tier", TEXT))


def downgrade() -> None:
    """What was moved stays where it is, and is asked to be moved once more on the way up."""
    for name in _POINTS:
        with op.batch_alter_table(name) as table:
            table.drop_column("tier")
