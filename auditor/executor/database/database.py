"""The executor's database: transactions on it, and the identifiers that it gives out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from threading import RLock
from typing import TYPE_CHECKING, Self
from uuid import UUID, uuid5

from sqlalchemy import URL, Connection, insert, select, update

from auditor.executor.database import clock, connecting, schema, sql_tables
from auditor.executor.database.connecting import CLAIM, READ, WRITE
from auditor.executor.scope import AccountRegion

if TYPE_CHECKING:
    from auditor.executor.database.seals import Seals

_IDS = UUID("a3f0c9c4-5d0e-5f43-9a71-9c1d8f1f9f10")


class Database:
    """One database. Writers take turns; in memory readers take turns with them."""

    def __init__(self, url: URL) -> None:
        #: What messages call it.
        self.name = connecting.shown(url)
        #: Whether it ends with this process.
        self.in_memory = connecting.in_memory(url)
        self._engine = connecting.connect(url)
        self._lock = RLock()
        self._seen = self._kept = 0
        self._is_open = False
        #: Makes and checks the seals of its rows; None where nobody has given it a key.
        self.seals: Seals | None = None

    @classmethod
    def open(cls, url: str | URL = "sqlite://") -> Self:
        """Open or make the database at `url`, its tables as this program needs them.

        A URL in text is `sqlite://` (memory), `sqlite:////path/to/file`, `postgresql://user:password@host/database`.

        Raises:
            AuditorError: the database does not answer, psycopg is not installed, or the database was made by
            a
                newer program. No message repeats a password.
        """
        database = cls(connecting.parse(url) if isinstance(url, str) else url)
        schema.prepare(database)
        with database.read() as connection:
            database._seen = database._kept = clock.seen(connection)
        database._is_open = True
        return database

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

        With it the database remembers the time. Where several processes write, each learns the others' here.
        """
        with self._lock, self._transaction(WRITE) as connection:
            if self.is_shared and self._is_open:
                self._kept = clock.kept(connection)
                self._seen = max(self._seen, self._kept)
            yield connection
            seen = self._seen
            if seen > self._kept and self._is_open:
                clock.keep(connection, seen)
        self._kept = max(self._kept, seen)

    def seal_vault(self, connection: Connection, vault_arn: str) -> None:
        """Seal a vault as the transaction has written it."""
        if self.seals is not None:
            self.seals.seal_vault(connection, vault_arn)

    @contextmanager
    def claim(self) -> Iterator[Connection]:
        """As `write`, but on PostgreSQL outside the writers' turns: for what row locks keep apart."""
        one_writer = self._engine.dialect.name == "sqlite"
        with self._lock if one_writer else nullcontext(), self._transaction(CLAIM) as connection:
            yield connection

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            prepared = connection.execution_options(**connecting.options(self._engine, kind))
            with prepared.begin():
                yield prepared

    @contextmanager
    def present(self) -> Iterator[None]:
        """Keep the layout from being changed while an executor runs, also between its looks.

        On PostgreSQL by a lock of one session, which ends with it; SQLite's files are kept by one process.

        Raises:
            AuditorError: the layout was changed since the database was opened, or is being changed, or the
                database does not answer.
        """
        if not self.is_shared:
            yield
            return
        with ExitStack() as until_the_end:
            with schema.reached(self.name):
                session = until_the_end.enter_context(self._engine.connect())
                prepared = session.execution_options(**connecting.options(self._engine, READ))
                with prepared.begin():
                    connecting.be_present(prepared)
            session.detach()  # it ends, and is not used again
            schema.check(self)
            yield

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def new_id(connection: Connection, scope: AccountRegion, kind: str) -> str:
    """The next identifier of `kind` in `scope`.

    In memory it is the same UUID for the same calls in the same order. A database that stays has a seed of
    its own: native backups are known by the ids of their jobs, and no database may take another's for its
    own.
    """
    name = f"{scope.account_id}/{scope.region}/{kind}"
    table = sql_tables.counters
    seed = connection.scalar(select(table.c.value).where(table.c.name == sql_tables.SEED))
    value = connection.scalar(select(table.c.value).where(table.c.name == name))
    if value is None:
        connection.execute(insert(table).values(name=name, value=1))
    else:
        connection.execute(update(table).where(table.c.name == name).values(value=value + 1))
    return str(uuid5(_IDS, f"{seed or ''}{name}/{(value or 0) + 1}"))
