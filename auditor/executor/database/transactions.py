"""Transactions on the executor's database: who may write when, and the time that the database remembers."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import RLock

from sqlalchemy import URL, Connection

from auditor.executor.database import clock, connecting
from auditor.executor.database.connecting import CLAIM, READ, WRITE


class Transactions:
    """One database, whatever its layout. Writers take turns; in memory readers take turns with them."""

    def __init__(self, url: URL) -> None:
        #: What messages call it.
        self.name = connecting.shown(url)
        #: Whether it ends with this process.
        self.in_memory = connecting.in_memory(url)
        self._engine = connecting.connect(url)
        self._lock = RLock()
        self._seen = self._kept = 0
        self._is_open = False

    @property
    def is_shared(self) -> bool:
        """Whether several processes may work on it at a time."""
        return self._engine.dialect.name == "postgresql"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A consistent view."""
        with self._lock if self.in_memory else nullcontext(), self._transaction(READ) as connection:
            yield connection

    def not_before(self, moment: int) -> int:
        """`moment` (epoch ms), or the latest time that this database has seen: its time never goes back."""
        self._seen = max(self._seen, moment)
        return self._seen

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed whole, or rolled back when the block raises. Writers take turns.

        It also stores the latest time; where several processes write, each learns the others' latest time
        here.
        """
        with self._lock, self._transaction(WRITE) as connection:
            if self.is_shared and self._is_open:
                self._kept = clock.kept(connection)
                self._seen = max(self._seen, self._kept)
            yield connection
            seen = self._seen
            if seen > self._kept and self._is_open:
                self._keep(connection, seen)
        self._kept = max(self._kept, seen)

    def _keep(self, connection: Connection, moment: int) -> None:
        """Have the database remember the latest time."""
        clock.keep(connection, moment)

    @contextmanager
    def claim(self) -> Iterator[Connection]:
        """As `write`, but on PostgreSQL outside the writers' turns: for changes that row locks keep apart."""
        one_writer = self._engine.dialect.name == "sqlite"
        with self._lock if one_writer else nullcontext(), self._transaction(CLAIM) as connection:
            yield connection

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            prepared = connection.execution_options(**connecting.options(self._engine, kind))
            with prepared.begin():
                yield prepared

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
