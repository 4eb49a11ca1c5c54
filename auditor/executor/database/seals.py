"""Keyed digests of what locks and holds protect, so that a direct edit of the database is noticed.

A seal is an HMAC-SHA256 under a key that lies beside the credentials and not in the database. Sealed are each
vault's lock, each active legal hold with the recovery points that it holds, the list of all of these, the
latest time that the database has seen, and these facts of each recovery point: where it is, its resource,
when it was made, when it may be deleted, and whether it is due to be deleted earlier. When a program opens
the database, the seals of locked vaults, of holds and of the time must fit. Two kinds of recovery points
carry no seal: continuous ones, whose end moves, and composites, which have no data of their own.

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

from auditor.executor.database import clock
from auditor.executor.database.holds import held_points, legal_holds
from auditor.executor.database.sql_tables import METADATA, gone_points, recovery_points, vaults

#: The seals of vaults and of legal holds by their ARNs; that of their list under "". Under "time" is the
#: latest time, epoch ms, and its seal.
seals = Table(
    "seals",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("seal", Text, nullable=False),
)

_ALL: Final = ""
_TIME: Final = "time"
_DAYS: Final = ("min_retention_days", "max_retention_days")
_LOCK: Final = ("arn", "created", "vault_type", "locked", *_DAYS, "lock_date")
_POINT: Final = ("account_id", "region", "arn", "vault_name", "resource_arn", "created")
_UNSEALED: Final = (":recovery-point:continuous:", ":recovery-point:composite:")
_HOLD: Final = ("arn", "account_id", "region", "created")
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

    def seal_hold(self, connection: Connection, hold_arn: str) -> None:
        """Write the seal of a legal hold as it is now; remove the seal of one that is canceled."""
        connection.execute(delete(seals).filter_by(name=hold_arn))
        for row in connection.execute(select(legal_holds).filter_by(arn=hold_arn, canceled=None)):
            connection.execute(insert(seals).values(name=hold_arn, seal=self._of_hold(connection, row)))
        self._seal_list(connection)

    def seal_time(self, connection: Connection, moment: int) -> None:
        """Write the seal of the latest time, epoch ms."""
        connection.execute(delete(seals).filter_by(name=_TIME))
        connection.execute(insert(seals).values(name=_TIME, seal=self._of_time(moment)))

    def seal_holds_and_time(self, connection: Connection) -> None:
        """Seal the holds and the time of a database whose vaults are sealed already."""
        for arn in connection.scalars(select(legal_holds.c.arn).filter_by(canceled=None)).all():
            self.seal_hold(connection, arn)
        self.seal_time(connection, clock.seen(connection))

    def seal_all(self, connection: Connection) -> None:
        """Seal every row as it is now."""
        connection.execute(delete(seals))
        for row in connection.execute(select(vaults)).all():
            connection.execute(insert(seals).values(name=row.arn, seal=self.of_vault(row)))
        self._seal_list(connection)
        self.seal_holds_and_time(connection)
        changed = update(recovery_points).where(recovery_points.c.id == bindparam("b_id"))
        for rows in _pages(connection):
            sealed = [{"b_id": row.id, "b_seal": self.of_point(row._asdict())} for row in rows]
            connection.execute(changed.values(seal=bindparam("b_seal")), sealed)

    def faults(self, connection: Connection, *, with_holds_and_time: bool) -> Iterator[str]:
        """What does not fit its seal, one sentence each.

        Databases that older programs have sealed have no seals of holds and of the time.
        """
        found = {row.name: row.seal for row in connection.execute(select(seals))}
        time = found.pop(_TIME, None)
        if found.pop(_ALL, None) != self._list_of(found):
            yield "the list of vaults and legal holds was changed"
        rows = {row.arn: row for row in connection.execute(select(vaults))}
        for arn, row in rows.items():
            if found.get(arn) != self.of_vault(row):
                yield f"the lock of {arn} was changed"
        holds: dict[str, Row[Any]] = {}
        if with_holds_and_time:
            active = connection.execute(select(legal_holds).filter_by(canceled=None)).all()
            holds = {row.arn: row for row in active}
            yield from self._faults_of_holds(connection, holds.values(), found)
            yield from self._faults_of_time(connection, time)
        yield from (f"{arn} was removed" for arn in sorted(found.keys() - rows.keys() - holds.keys()))
        locked = and_(*(vaults.c[a] == recovery_points.c[b] for a, b in _SAME_VAULT), vaults.c.locked)
        for page in _pages(connection, locked):
            for point in page:
                said = self._fault(point)
                if said is not None:
                    yield f"{point.arn} in the locked vault {point.vault_name} {said}"

    def _faults_of_holds(
        self, connection: Connection, holds: Iterable[Row[Any]], found: Mapping[str, str]
    ) -> Iterator[str]:
        for row in holds:
            if found.get(row.arn) != self._of_hold(connection, row):
                yield f"the legal hold {row.arn} was changed"

    def _faults_of_time(self, connection: Connection, sealed: str | None) -> Iterator[str]:
        text = (sealed or "").partition(":")[0]
        moment = int(text) if text.isdecimal() else 0
        if sealed != self._of_time(moment):
            yield "the seal of its time was changed"
        elif clock.seen(connection) < moment:
            yield "its time was set back"

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

    def _of_hold(self, connection: Connection, row: Row[Any]) -> str:
        """The seal of a hold: itself, and by number and ARN what it holds, its backup being gone or not."""
        mac = hmac.new(self._key, orjson.dumps([getattr(row, name) for name in _HOLD]), sha256)
        held, last = held_points.c, -1
        arn = func.coalesce(recovery_points.c.arn, gone_points.c.arn)
        query = (
            select(held.point_id, held.since, arn)
            .outerjoin(recovery_points, recovery_points.c.id == held.point_id)
            .outerjoin(gone_points, gone_points.c.id == held.point_id)
            .where(held.hold_id == row.id)
            .order_by(held.point_id)
            .limit(_AT_ONCE)
        )
        while points := connection.execute(query.where(held.point_id > last)).all():
            mac.update(orjson.dumps([list(point) for point in points]))
            last = points[-1].point_id
        return mac.hexdigest()

    def _of_time(self, moment: int) -> str:
        return f"{moment}:{self._seal([_TIME, moment])}"

    def _seal_list(self, connection: Connection) -> None:
        rows = connection.execute(select(seals).where(seals.c.name.not_in((_ALL, _TIME))))
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
