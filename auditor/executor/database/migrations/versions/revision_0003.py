"""AWS's own key in vaults without a customer's, and in the recovery points that the executor stores there."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID, uuid5

import orjson
from alembic import op
from sqlalchemy import Column, LargeBinary, String, Text, bindparam, column, select, table, update

from auditor.executor.database.migrations.types import ID, TEXT

revision: Final = "0003"
down_revision: Final = "0002"

_KEYS: Final = UUID("0c6f4d9e-2f0e-5b53-8d0c-6f2d6a2d1b77")
_AT_ONCE: Final = 1000

_VAULTS: Final = table(
    "vaults",
    column("arn", Text),
    column("account_id", String),
    column("region", String),
    column("name", Text),
    column("encryption_key_arn", Text),
    column("own_key_arn", Text),
)
_POINTS: Final = table(
    "recovery_points",
    column("id", ID),
    column("arn", Text),
    column("account_id", String),
    column("region", String),
    column("vault_name", Text),
    column("document", LargeBinary),
)


def upgrade() -> None:
    """Add the key's ARN to vaults, and to what AWS Backup would encrypt under it."""
    with op.batch_alter_table("vaults") as changed:
        changed.add_column(Column("own_key_arn", TEXT))
    connection = op.get_bind()
    without = select(_VAULTS).where(_VAULTS.c.encryption_key_arn.is_(None))
    for vault in connection.execute(without).all():
        partition = vault.arn.split(":")[1]
        name = uuid5(_KEYS, f"{partition}/{vault.account_id}/{vault.region}")
        key = f"arn:{partition}:kms:{vault.region}:{vault.account_id}:key/{name}"
        connection.execute(update(_VAULTS).where(_VAULTS.c.arn == vault.arn).values(own_key_arn=key))
        for rows in _keyless(vault):
            connection.execute(
                update(_POINTS).where(_POINTS.c.id == bindparam("b_id")).values(document=bindparam("b_new")),
                [{"b_id": row.id, "b_new": _with_key(row.document, key)} for row in rows],
            )


def _keyless(vault: Any) -> Iterator[Any]:
    """What the executor has stored in the vault, some at a time: the service keeps the others."""
    points, last = _POINTS.c, 0
    place = {name: getattr(vault, name) for name in ("account_id", "region")}
    stored = select(points.id, points.document).filter_by(**place, vault_name=vault.name)
    stored = stored.where(points.arn.like("arn:%:backup:%")).order_by(points.id).limit(_AT_ONCE)
    while rows := op.get_bind().execute(stored.where(points.id > last)).all():
        yield rows
        last = rows[-1].id


def _with_key(document: bytes, key: str) -> bytes:
    return orjson.dumps({"EncryptionKeyArn": key} | orjson.loads(document))


def downgrade() -> None:
    """Leave what 0002 has; recovery points keep the key's ARN, which it knows how to read."""
    with op.batch_alter_table("vaults") as changed:
        changed.drop_column("own_key_arn")
