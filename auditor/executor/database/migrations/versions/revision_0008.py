"""Seals of legal holds and of the time: programs of 0007 take these for edits, so the layout is another."""

from typing import Final

from alembic import op

revision: Final = "0008"
down_revision: Final = "0007"


def upgrade() -> None:
    """Nothing changes until a program that has the key opens the database."""


def downgrade() -> None:
    """All seals go: that of the list, which is of holds too, cannot be made here, where the key is not."""
    op.execute("DELETE FROM seals")
