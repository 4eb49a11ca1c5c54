"""Keyed digests of what locks protect, so that a direct edit of the database is noticed.

A seal is an HMAC-SHA256 under a key that lies beside the credentials and not in the database. Sealed are each
vault's lock, the list of all vaults, and these facts of each recovery point: where it is, its resource, when
it was made, when it may be deleted, and whether it is due to be deleted earlier. When a program opens the
database, all seals of locked vaults must fit. Two kinds of recovery points carry no seal: continuous ones,
whose end moves, and composites, which have no data of their own.

A seal proves that whoever wrote the row had the key. It does not help against someone who has both key and
database, nor against an older copy of the whole database. A row that was removed leaves no trace here.
"""

import hmac
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

import orjson
from sqlalchemy import (
    Column,
    Connection,
    Row,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from auditor.executor.database.sql_tables import METADATA, recovery_points, vaults

#: The seals of vaults by their ARNs; that of their list under "".
seals = Table(
    "seals",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("seal", Text, nullable=False),
)

_ALL: Final = ""
_DAYS: Final = ("min_retention_days", "max_retention_days")
_LOCK: Final = ("arn", "created", "vault_type", "locked", *_DAYS, "lock_date")
_POINT: Final = ("account_id", "region", "arn", "vault_name", "resource_arn", "created")
_UNSEALED: Final = (":recovery-point:continuous:", ":recovery-point:composite:")
_AT_ONCE: Final = 1000


class Seals:
    """Makes and checks seals under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def of_point(self, row: Mapping[str, Any]) -> str | None:
        """The seal of a recovery point's row; None for a kind that carries no seal."""
        if any(mark in row["arn"] for mark in _UNSEALED):
            return None
        delete_at, expire_at = _delete_at(row), row["expire_at"]
        ends_early = expire_at is not None and (delete_at is None or expire_at < delete_at)
        return self._seal([*(row[name] for name in _POINT), delete_at, ends_early])

    def of_vault(self, row: Row[Any]) -> str:
        """The seal of a vault's row."""
        return self._seal([getattr(row, name) for name in _LOCK])

    def seal_vault(self, connection: Connection, vault_arn: str) -> None:
        """Write the seal of a vault as it is now; remove the seal of a vault that is gone."""
        row = connection.execute(select(vaults).filter_by(arn=vault_arn)).one_or_none()
        connection.execute(delete(seals).filter_by(name=vault_arn))
        if row is not None:
            connection.execute(insert(seals).values(name=vault_arn, seal=self.of_vault(row)))
        self._seal_list(connection)

    def seal_all(self, connection: Connection) -> None:
        """Seal every row as it is now."""
        connection.execute(delete(seals))
        for row in connection.execute(select(vaults)).all():
            connection.execute(insert(seals).values(name=row.arn, seal=self.of_vault(row)))
        self._seal_list(connection)
        changed = update(recovery_points).where(recovery_points.c.id == bindparam("b_id"))
        for rows in _pages(connection):
            sealed = [{"b_id": row.id, "b_seal": self.of_point(row._asdict())} for row in rows]
            connection.execute(changed.values(seal=bindparam("b_seal")), sealed)

    def faults(self, connection: Connection) -> Iterator[str]:
        """What does not fit its seal, one sentence each."""
        found = {row.name: row.seal for row in connection.execute(select(seals))}
        if found.pop(_ALL, None) != self._list_of(found):
            yield "the list of vaults was changed"
        rows = {row.arn: row for row in connection.execute(select(vaults))}
        for arn, row in rows.items():
            if found.get(arn) != self.of_vault(row):
                yield f"the lock of {arn} was changed"
        yield from (f"{arn} was removed" for arn in sorted(found.keys() - rows.keys()))
        locked = and_(*(vaults.c[a] == recovery_points.c[b] for a, b in _SAME_VAULT), vaults.c.locked)
        for page in _pages(connection, locked):
            for point in page:
                said = self._fault(point)
                if said is not None:
                    yield f"{point.arn} in the locked vault {point.vault_name} {said}"

    def fits(self, connection: Connection, row: Row[Any]) -> bool:
        """Whether a vault's row fits its seal."""
        query = select(seals.c.seal).filter_by(name=row.arn)
        return hmac.compare_digest(connection.scalar(query) or "", self.of_vault(row))

    def fault_of(self, connection: Connection, row: Row[Any]) -> str | None:
        """What does not fit the seal of a recovery point's row, where its vault is locked."""
        place = {"account_id": row.account_id, "region": row.region, "name": row.vault_name, "locked": True}
        if connection.scalar(select(vaults.c.arn).filter_by(**place)) is None:
            return None
        return self._fault(row)

    def _fault(self, row: Row[Any]) -> str | None:
        return "was changed" if row.seal != self.of_point(row._asdict()) else None

    def _seal_list(self, connection: Connection) -> None:
        rows = connection.execute(select(seals).where(seals.c.name != _ALL))
        mac = self._list_of({row.name: row.seal for row in rows})
        connection.execute(delete(seals).filter_by(name=_ALL))
        connection.execute(insert(seals).values(name=_ALL, seal=mac))

    def _list_of(self, found: Mapping[str, str]) -> str:
        return self._seal([list(pair) for pair in sorted(found.items())])

    def _seal(self, value: Any) -> str:
        return hmac.new(self._key, orjson.dumps(value), sha256).hexdigest()


#: Columns of vaults and of recovery points that say which vault it is.
_SAME_VAULT: Final = (("account_id", "account_id"), ("region", "region"), ("name", "vault_name"))


def are_made(connection: Connection) -> bool:
    """Whether somebody has sealed the database."""
    return bool(connection.scalar(select(func.count()).select_from(seals)))


def _delete_at(row: Mapping[str, Any]) -> int | None:
    """When the recovery point may go, epoch ms, as its document has it."""
    seconds = orjson.loads(row["document"]).get("CalculatedLifecycle", {}).get("DeleteAt")
    return None if seconds is None else round(seconds * 1000)


def _pages(connection: Connection, vault: Any = None) -> Iterable[list[Row[Any]]]:
    """Recovery points, some at a time: all, or those of vaults that the condition names."""
    points, last = recovery_points.c, 0
    query = select(recovery_points).order_by(points.id).limit(_AT_ONCE)
    if vault is not None:
        query = query.join(vaults, vault)
    while rows := list(connection.execute(query.where(points.id > last))):
        yield rows
        last = rows[-1].id
