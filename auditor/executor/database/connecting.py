"""Connect to the executor's database: SQLite in memory, SQLite in a file (WAL), or PostgreSQL.

Here is what differs between them: how a transaction begins, what keeps writers apart, how long one waits.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool, StaticPool

from auditor.model.errors import AuditorError, UsageError

#: The lock that PostgreSQL's writers take in turn; advisory locks are those of one database.
_WRITERS: Final = 4_578_201_801
#: The lock that executors share for as long as they run, and that a change of the layout must have alone.
_PRESENT: Final = 4_578_201_802
#: More than the threads of a server (64) and of its engine, so that none waits for a connection.
_CONNECTIONS: Final = 80
#: How long one waits for a lock; a writer that stands still, such as on a machine that was cut off, is ended
#: before those who wait for it give up.
_WAIT_SECONDS: Final = 30
_IDLE_SECONDS: Final = 20
#: Two minutes after the other machine was cut off a connection ends, and with it what its session holds: by
#: libpq's names for this side of it, by PostgreSQL's (`tcp_keepalives_idle`) for the server's. In seconds.
_KEEPALIVES: Final = {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 6}

_SESSIONS: Final = f"""
    SELECT pid, host(client_addr) AS address, backend_start AT TIME ZONE 'UTC' AS since
    FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory'
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (classid::bigint << 32) | objid::bigint = {_PRESENT}
    ORDER BY pid"""  # noqa: S608 -- our own number

#: A consistent view; a writer in its turn; row locks of leases, which wait for no other's turn.
READ: Final = "read"
WRITE: Final = "write"
CLAIM: Final = "claim"


def parse(text: str) -> URL:
    """The SQLAlchemy URL of a database; `postgresql://` means psycopg.

    Raises:
        UsageError: it is no URL, or of a kind that the executor cannot use. No message repeats a password.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise UsageError(
            "the database's URL cannot be read; it is like postgresql://user@host/name"
        ) from None
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise UsageError(f"the executor's database is an SQLite file or on PostgreSQL, not {url.drivername}")
    if url.drivername == "sqlite" and "uri" in url.query:  # the lock lies beside the path
        raise UsageError("a database file is named by its path: sqlite:////path/to/file, without uri")
    return url


def shown(url: URL) -> str:
    """What messages call the database: never a password, wherever in the URL it stands."""
    if url.drivername == "sqlite":
        return url.database or "memory"
    return URL.create("postgresql", host=url.host, port=url.port, database=url.database).render_as_string()


def in_memory(url: URL) -> bool:
    """Whether the database ends with its process."""
    return url.drivername == "sqlite" and url.database in {None, "", ":memory:"}


def options(engine: Engine, transaction: str) -> dict[str, Any]:
    """The execution options of a connection for one transaction: READ, WRITE or CLAIM."""
    found: dict[str, Any] = {"transaction": transaction}
    if transaction == READ and engine.dialect.name == "postgresql":
        found |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return found


def connect(url: URL) -> Engine:
    """The engine of `url`; nothing is asked of the database yet.

    Raises:
        AuditorError: psycopg is not installed.
    """
    if url.drivername != "sqlite":
        return _postgresql(url)
    if in_memory(url):
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = create_engine(url, max_overflow=_CONNECTIONS, connect_args={"timeout": _WAIT_SECONDS})
        event.listen(engine, "do_connect", lambda *_: _make_private(Path(url.database or "")))
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def be_present(connection: Connection) -> None:
    """Have the layout of a PostgreSQL database stay as it is until the connection ends."""
    connection.exec_driver_sql(f"SELECT pg_advisory_lock_shared({_PRESENT})")


def present(connection: Connection) -> list[str]:
    """The sessions that are present on PostgreSQL: each one's number, address and start.

    PostgreSQL shows address and start only to the sessions' own user and to superusers. When no session is
    present, this transaction holds the lock, so no executor can connect until the transaction ends.
    """
    sessions: list[str] = []
    while not sessions:
        if connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({_PRESENT})").scalar():
            break
        for row in connection.exec_driver_sql(_SESSIONS):  # none: it has ended since
            address = f" from {row.address}" if row.address else ""
            since = f" since {row.since:%Y-%m-%dT%H:%M:%SZ}" if row.since else ""
            sessions.append(f"session {row.pid}{address}{since}")
    return sessions


def read_only(url: URL) -> Engine:
    """An engine that only reads: it makes no missing file, and changes none of another program."""
    if url.drivername == "sqlite":
        file = f"file:{quote(url.database or '')}"
        url = url.set(database=file, query={**url.query, "mode": "ro", "uri": "true"})
    return create_engine(url, poolclass=NullPool)


def _make_private(file: Path) -> None:
    """Make a new file readable by its owner alone; SQLite gives its journals the mode of the file."""
    with suppress(OSError):  # there is one, or SQLite says why there can be none
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))


def _configure(connection: Any, _: Any) -> None:
    """Hand transactions to `_begin_sqlite`; what is committed outlives a crash of the machine."""
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: Connection) -> None:
    """Writers take the database's lock at once, so that no writer fails half-way because of another."""
    reads = connection.get_execution_options()["transaction"] == READ
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    """Writers take turns, as on SQLite: both databases then keep the same promises.

    A transaction takes about a millisecond, what it waits for (services of AWS) seconds: turns cost nothing.
    """
    kind = connection.get_execution_options()["transaction"]
    if kind != READ:
        turn = f", pg_advisory_xact_lock({_WRITERS})" if kind == WRITE else ""
        idle = f"set_config('idle_in_transaction_session_timeout', '{_IDLE_SECONDS}s', true)"
        connection.exec_driver_sql(f"SELECT {idle}{turn}")


def _postgresql(url: URL) -> Engine:
    alive = "".join(f" -c tcp_{name}={value}" for name, value in _KEEPALIVES.items())
    arguments = {
        "options": f"-c lock_timeout={_WAIT_SECONDS}s{alive}",
        "connect_timeout": _WAIT_SECONDS,
        "application_name": "auditor",
        **_KEEPALIVES,
    }
    try:
        engine = create_engine(
            url,
            max_overflow=_CONNECTIONS,
            pool_pre_ping=True,
            isolation_level="READ COMMITTED",
            connect_args=arguments,
        )
    except ImportError:
        raise AuditorError(
            "a database on PostgreSQL needs psycopg; run: pip install 'backup-auditor[postgres]'"
        ) from None
    event.listen(engine, "begin", _begin_postgresql)
    return engine
