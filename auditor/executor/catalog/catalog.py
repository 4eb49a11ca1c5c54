"""The catalog's database: SQLite in memory or in a file (WAL)."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, Self
from uuid import UUID, uuid5

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.pool import StaticPool

from auditor.executor.catalog import declarations, holds, leases, tables
from auditor.executor.scope import Scope

_IDS = UUID("a3f0c9c4-5d0e-5f43-9a71-9c1d8f1f9f10")


class Catalog:
    """One database. Writers take turns; in memory readers take turns with them."""

    def __init__(self, engine: Engine, *, shared_connection: bool) -> None:
        self._engine = engine
        self._lock = RLock()
        self._shared_connection = shared_connection
        for part in (tables, holds, declarations, leases):
            part.METADATA.create_all(engine)

    @classmethod
    def open(cls, url: str = "sqlite://") -> Self:
        """Open or create the catalog at an SQLAlchemy URL: "sqlite://" (memory) or "sqlite:////path/to/file"."""
        in_memory = url in {"sqlite://", "sqlite:///:memory:"}
        if in_memory:
            engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
        else:
            engine = create_engine(url, connect_args={"timeout": 30})
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
        return cls(engine, shared_connection=in_memory)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view."""
        if self._shared_connection:
            with self._lock, self._engine.connect() as connection:
                yield connection
        else:
            with self._engine.connect() as connection:
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed whole, or rolled back when the block raises."""
        with self._lock, self._engine.connect() as connection:
            writer = connection.execution_options(writes=True)
            with writer.begin():
                yield writer

    @contextmanager
    def claim(self) -> Iterator[Connection]:
        """One transaction that does not wait for the writers of other processes: for row locks of leases."""
        with self.write() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def _configure(connection: Any, _: Any) -> None:
    """Hand transactions to `_begin`, and make commits cheap and safe: WAL, NORMAL."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _begin(connection: Connection) -> None:
    """Writers take the database's lock at once, so that none fails half-way for another's sake."""
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def new_id(connection: Connection, scope: Scope, kind: str) -> str:
    """The next identifier of `kind` in `scope`: the same UUID for the same calls in the same order."""
    name = f"{scope.account_id}/{scope.region}/{kind}"
    table = tables.counters
    value = connection.scalar(select(table.c.value).where(table.c.name == name))
    if value is None:
        connection.execute(insert(table).values(name=name, value=1))
    else:
        connection.execute(update(table).where(table.c.name == name).values(value=value + 1))
    return str(uuid5(_IDS, f"{name}/{(value or 0) + 1}"))
