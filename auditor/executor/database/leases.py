"""Leases: which worker runs an account and Region, so that two workers never run the same one at once.

A lease ends by itself when its worker does not renew it. A worker that writes its results renews its leases
in the same transaction, so that a worker which lost one writes nothing.

Times are whole milliseconds since 1970, UTC. On PostgreSQL workers run on several machines whose clocks
differ: there the database's clock counts and the caller's `now` is not looked at.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    Text,
    and_,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from auditor.executor.database.sql_tables import METADATA
from auditor.executor.database.transactions import Transactions

#: An account's id and a Region.
PlaceKey = tuple[str, str]

_NOBODY: Final = ""
#: PostgreSQL's clock.
_CLOCK: Final = cast(extract("epoch", func.clock_timestamp()) * 1000, BigInteger)

#: `owner` is the worker that holds the place, "" when none does. `expires` is until when the lease lasts, or
#: would have: the place with the smallest one has waited longest.
leases = Table(
    "leases",
    METADATA,
    Column("account_id", String(12), primary_key=True),
    Column("region", String(32), primary_key=True),
    Column("owner", Text, nullable=False),
    Column("expires", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Lease:
    """A place, the worker that holds it, and until when (epoch ms)."""

    account_id: str
    region: str
    owner: str
    expires: int


def claim_one(
    database: Transactions, places: Collection[PlaceKey], owner: str, now: int, ttl_ms: int
) -> PlaceKey | None:
    """Lease one of `places` to `owner` until `ttl_ms` from now; None when others hold all of them.

    Of the places that are free, expired or already `owner`'s it is the one that has waited longest. `owner`
    names one worker: two threads that share a name would get the same place.
    """
    with database.claim() as connection:
        moment = _now(connection, now)
        for place in _queue(connection, places):
            if _take(connection, place, owner, moment, ttl_ms):
                return place
    return None


def renew(connection: Connection, places: Collection[PlaceKey], owner: str, now: int, ttl_ms: int) -> bool:
    """Have `owner`'s leases of `places` last until `ttl_ms` from now; False when one was lost to another.

    Call it inside the write transaction that depends on the leases, and roll back where it gives False. A
    lease that has expired and that nobody took since is not lost. Until the transaction ends nobody else can
    take the places.
    """
    moment = _now(connection, now)
    held = [
        connection.execute(
            update(leases).where(_at(place), leases.c.owner == owner).values(expires=moment + ttl_ms)
        ).rowcount
        for place in sorted(set(places))
    ]
    return all(held)


def release(database: Transactions, place: PlaceKey, owner: str) -> None:
    """Give a place back; nothing happens where `owner` has lost it. It goes to the end of the queue."""
    with database.claim() as connection:
        connection.execute(update(leases).where(_at(place), leases.c.owner == owner).values(owner=_NOBODY))


def release_all(database: Transactions) -> None:
    """Give every place back. Only for the single user of a database: ended processes left its leases."""
    with database.claim() as connection:
        connection.execute(update(leases).values(owner=_NOBODY))


def living(connection: Connection) -> list[Lease]:
    """Every lease on PostgreSQL that has not expired, the longest one first, by the clock of the database.

    Until the transaction ends nobody takes or renews one.
    """
    connection.execute(text(f"LOCK TABLE {leases.name} IN SHARE ROW EXCLUSIVE MODE"))
    query = select(leases).where(leases.c.owner != _NOBODY, leases.c.expires > _CLOCK)
    rows = connection.execute(query.order_by(leases.c.expires.desc(), *leases.primary_key))
    return [Lease(*row) for row in rows]


def _queue(connection: Connection, places: Collection[PlaceKey]) -> Iterator[PlaceKey]:
    """`places` in the order in which they are to be served; those never served come first and get a row."""
    rows = connection.execute(
        select(leases.c.account_id, leases.c.region).order_by(*leases.c["expires", "account_id", "region"])
    )
    known = [(row.account_id, row.region) for row in rows]
    new = sorted(set(places).difference(known))
    if new:
        # In one order everywhere: workers that insert the same rows then never wait in a circle.
        connection.execute(
            _insert(connection).on_conflict_do_nothing(),
            [
                {"account_id": account_id, "region": region, "owner": _NOBODY, "expires": 0}
                for account_id, region in new
            ],
        )
    yield from new
    wanted = set(places)
    yield from (place for place in known if place in wanted)


def _take(
    connection: Connection, place: PlaceKey, owner: str, moment: ColumnElement[int], ttl_ms: int
) -> bool:
    """Lease `place` unless another holds it; a row that another transaction has locked is passed over."""
    free = or_(leases.c.owner.in_([_NOBODY, owner]), leases.c.expires <= moment)
    if connection.scalar(select(1).where(_at(place), free).with_for_update(skip_locked=True)) is None:
        return False
    connection.execute(update(leases).where(_at(place)).values(owner=owner, expires=moment + ttl_ms))
    return True


def _at(place: PlaceKey) -> ColumnElement[bool]:
    account_id, region = place
    return and_(leases.c.account_id == account_id, leases.c.region == region)


def _now(connection: Connection, now: int) -> ColumnElement[int]:
    """The database's clock on PostgreSQL, else `now`."""
    return _CLOCK if connection.dialect.name == "postgresql" else literal(now, BigInteger)


def _insert(connection: Connection) -> Any:
    return (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(leases)
