"""The executor's database in the layout of this program, and the identifiers that it gives out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Self
from uuid import UUID, uuid5

from sqlalchemy import URL, Connection, insert, select, update

from auditor.executor.database import clock, connecting, schema, sql_tables
from auditor.executor.database.connecting import READ
from auditor.executor.database.transactions import Transactions
from auditor.executor.scope import AccountRegion
from auditor.executor.times import MINUTE_MS

if TYPE_CHECKING:
    from auditor.executor.database.seals import Seals

_IDS = UUID("a3f0c9c4-5d0e-5f43-9a71-9c1d8f1f9f10")


class Database(Transactions):
    """A database that has, or will have, this program's tables."""

    def __init__(self, url: URL) -> None:
        super().__init__(url)
        #: Makes and checks the seals of its rows; None where nobody has given it a key.
        self.seals: Seals | None = None

    @classmethod
    def open(cls, url: str | URL = "sqlite://") -> Self:
        """Open or make the database at `url`, its tables as this program needs them.

        A URL in text is `sqlite://` (memory), `sqlite:////path/to/file`, `postgresql://user:password@host/database`.

        Raises:
            AuditorError: the database does not answer, psycopg is not installed, or a newer program made it.
                No message repeats a password.
        """
        database = cls(connecting.parse(url) if isinstance(url, str) else url)
        schema.prepare(database)
        with database.read() as connection:
            database._seen = database._kept = clock.seen(connection)
        database._is_open = True
        return database

    def seal_vault(self, connection: Connection, vault_arn: str) -> None:
        """Seal a vault as the transaction has written it."""
        if self.seals is not None:
            self.seals.seal_vault(connection, vault_arn)

    def seal_hold(self, connection: Connection, hold_arn: str) -> None:
        """Seal a legal hold as the transaction has written it."""
        if self.seals is not None:
            self.seals.seal_hold(connection, hold_arn)

    def _keep(self, connection: Connection, moment: int) -> None:
        super()._keep(connection, moment)
        if self.seals is not None and moment // MINUTE_MS > self._kept // MINUTE_MS:
            self.seals.seal_time(connection, moment)

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
