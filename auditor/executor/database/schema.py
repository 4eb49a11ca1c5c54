"""The database's layout: what this program needs, and how a database comes to it.

A database in memory is made of `METADATA` at once. One that stays is made and changed by the revisions in
`migrations/versions`, the same on SQLite and PostgreSQL; a test holds both to one layout.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import randbits
from typing import TYPE_CHECKING, Final

from sqlalchemy import URL, Connection, insert, inspect, text
from sqlalchemy.exc import DatabaseError

from auditor.executor.database import (
    connecting,
    declarations,
    holds,
    leases,
    notifications,
    seals,
    sql_tables,
)
from auditor.executor.database.transactions import Transactions
from auditor.executor.times import to_datetime
from auditor.model.errors import AuditorError, UsageError

if TYPE_CHECKING:
    from alembic.config import Config

#: What every module with tables adds its own to.
METADATA: Final = sql_tables.METADATA
PARTS: Final = (sql_tables, holds, declarations, leases, notifications, seals)

#: The layout of databases that say nothing of their revision: they were made before there were revisions.
_FIRST: Final = "0001"
#: PostgreSQL's code for what waited longer than `lock_timeout`.
_LOCK_NOT_AVAILABLE: Final = "55P03"


def prepare(database: Transactions) -> None:
    """Bring the database to the layout of this program.

    Raises:
        AuditorError: it does not answer, was made by a newer program, is not encoded as UTF-8, or has another
            layout and an executor at work on it.
    """
    if database.in_memory:
        with database.write() as connection:
            METADATA.create_all(connection)
    elif current(database) != revisions()[-1]:
        migrate(database, revisions()[-1])


def check(database: Transactions) -> None:
    """See that the layout is still the one that `prepare` brought the database to.

    Raises:
        AuditorError: it is not, or the database does not answer.
    """
    found, own = current(database), revisions()[-1]
    if found != own:
        raise AuditorError(
            f"the database {database.name} was brought to revision {found} while this program, which needs "
            f"{own}, started; start one that fits"
        )


def current(database: Transactions) -> str | None:
    """The revision that the database says it has.

    Raises:
        AuditorError: the database does not answer.
    """
    from alembic.migration import MigrationContext  # noqa: PLC0415 -- databases in memory need none of it

    with reached(database.name), database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_made(url: URL) -> bool:
    """Whether there is a database, of any revision or from before there were some. Nothing is changed.

    Raises:
        AuditorError: the database does not answer.
    """
    if url.drivername == "sqlite" and not Path(url.database or "").is_file():
        return False
    with reached(connecting.shown(url)), connecting.read_only(url).connect() as connection:
        return inspect(connection).has_table(sql_tables.vaults.name)


def migrate(database: Transactions, to: str) -> tuple[str, str]:
    """Bring the database to the revision `to`, up or down; gives the revisions before ("": none) and after.

    This is one transaction: a process that opens the database meanwhile waits. Going down drops what only
    later revisions keep. The caller has a file for itself: leases in it were left by processes that have
    ended.

    Raises:
        UsageError: there is no such revision.
        AuditorError: as `prepare`, or an executor is at work on the database in its present layout.
    """
    from alembic import command  # noqa: PLC0415 -- as in `current`
    from alembic.migration import MigrationContext  # noqa: PLC0415 -- as in `current`

    name, scripts = database.name, revisions()
    if to not in scripts:
        raise UsageError(f"the database has no revision {to}; there are {', '.join(scripts)}")
    with reached(database.name), database.write() as connection:
        _check_encoding(connection, name)
        config = _config(connection)
        found = MigrationContext.configure(connection).get_current_revision()
        if found is None and inspect(connection).has_table(sql_tables.vaults.name):
            command.stamp(config, _FIRST)
            found = _FIRST
        if found is not None and found not in scripts:
            raise AuditorError(
                f"the database {name} was made by a newer auditor (revision {found}); upgrade this one"
            )
        if database.is_shared and found not in {None, to}:
            _check_nobody_works(connection, name, found)
        if found is not None and scripts.index(to) < scripts.index(found):
            command.downgrade(config, to)
        else:
            command.upgrade(config, to)
        if found is None:
            connection.execute(insert(sql_tables.counters).values(name=sql_tables.SEED, value=randbits(62)))
    return found or "", to


def _check_nobody_works(connection: Connection, name: str, revision: str | None) -> None:
    """Raise `AuditorError` when an executor uses the database: it can only write the layout of `revision`."""
    living = leases.living(connection) if inspect(connection).has_table(leases.leases.name) else []
    if living:
        last, others = living[0], len(living) - 1
        more = f" ({others} more leases)" if others else ""
        raise AuditorError(
            f"the database {name} stays at revision {revision}: executor {last.owner} works on "
            f"{last.account_id} in {last.region} until {to_datetime(last.expires):%Y-%m-%dT%H:%M:%SZ}{more}; "
            "stop every executor on it and try again, after that time if one was killed"
        )
    present = connecting.present(connection)
    if present:
        raise AuditorError(
            f"the database {name} stays at revision {revision}: executors are connected "
            f"({', '.join(present)}); stop every executor on it and try again; a session whose executor is "
            "gone ends with SELECT pg_terminate_backend(SESSION)"
        )


@contextmanager
def reached(name: str) -> Iterator[None]:
    """Turn a failure of the database into an `AuditorError` of one sentence."""
    try:
        yield
    except DatabaseError as error:
        reason = " ".join(str(error.orig).split())
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            reason = "another program holds it, such as one that changes its layout; try again later"
        raise AuditorError(f"the database {name} cannot be opened: {reason}") from None


def revisions() -> tuple[str, ...]:
    """The revisions that this program knows, the first one first."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415 -- as in `current`

    walk = ScriptDirectory.from_config(_config(None)).walk_revisions()
    return tuple(script.revision for script in walk)[::-1]


def _config(connection: Connection | None) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 -- as in `current`

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "auditor.executor.database:migrations")
    return config


def _check_encoding(connection: Connection, name: str) -> None:
    if connection.dialect.name == "postgresql":
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise AuditorError(f"the database {name} is encoded as {encoding}; make one with ENCODING 'UTF8'")
