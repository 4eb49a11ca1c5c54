"""A database's promises on any database: whole transactions, one view, writers in turn, the same ids."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from auditor.executor.database.database import Database, new_id
from auditor.executor.database.sql_tables import SEED, counters, global_settings
from auditor.executor.scope import AccountRegion

SCOPE = AccountRegion("123456789012", "eu-west-1", "aws")


def stored(connection: Connection) -> list[tuple[str, int]]:
    """What is stored."""
    rows = connection.execute(select(global_settings).order_by(global_settings.c.account_id))
    return [(row.account_id, row.updated) for row in rows]


def store(connection: Connection, account_id: str, updated: int) -> None:
    """Store a row."""
    connection.execute(insert(global_settings).values(account_id=account_id, document=b"{}", updated=updated))


@pytest.mark.parametrize("kind", ["write", "claim"])
def test_a_transaction_that_raises_leaves_nothing(database: Database, kind: str) -> None:
    """Committed whole or not at all."""

    def fail() -> None:
        with getattr(database, kind)() as connection:
            store(connection, "1", 1)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with getattr(database, kind)() as connection:
        store(connection, "2", 2)
    with database.read() as connection:
        assert stored(connection) == [("2", 2)]


@pytest.mark.long
def test_ids_are_counted_in_each_scope(database: Database) -> None:
    """No id comes twice, whoever asks at the same time; without a seed they are the same again."""

    def ask(_: int) -> str:
        with database.write() as connection:
            return new_id(connection, SCOPE, "plan")

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(ask, range(100)))
    other = Database.open()
    with other.write() as connection:
        again = {new_id(connection, SCOPE, "plan") for _ in range(100)}

    with database.read() as connection:
        seed = connection.scalar(select(counters.c.value).filter_by(name=SEED))
    assert (len(found), found == again, not found & again) == (100, seed is None, seed is not None)


def test_no_database_that_stays_gives_the_ids_of_another(tmp_path: Path) -> None:
    """Native backups are known by them."""
    given = []
    for name in ("one.db", "two.db"):
        database = Database.open(f"sqlite:///{tmp_path / name}")
        with database.write() as connection:
            given.append(new_id(connection, SCOPE, "backup-job"))
        database.close()

    assert given[0] != given[1]


@pytest.mark.long
def test_processes_of_one_database_write_in_turn(new_url: str) -> None:
    """Two databases on one database lose no update of one another's."""
    databases = [Database.open(new_url) for _ in range(2)]
    with databases[0].write() as connection:
        store(connection, "1", 0)

    def count(number: int) -> None:
        with databases[number % 2].write() as connection:
            ((_, before),) = stored(connection)
            connection.execute(update(global_settings).values(updated=before + 1))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(60)))
    with databases[0].read() as connection:
        assert stored(connection) == [("1", 60)]
    for database in databases:
        database.close()


def test_a_reader_sees_one_moment(new_url: str) -> None:
    """What is written while it reads comes with the next view; the writer does not wait."""
    database = Database.open(new_url)
    with database.read() as connection:
        before = stored(connection)
        with database.write() as other:
            store(other, "1", 1)
        again = stored(connection)
    with database.read() as connection:
        assert (before, again, stored(connection)) == ([], [], [("1", 1)])
    database.close()


def test_a_writer_sees_what_the_one_before_it_wrote(new_url: str) -> None:
    """The view of a writer begins with its turn, not with its wait for it."""
    database, other, waiting = Database.open(new_url), Database.open(new_url), Event()

    def second() -> list[tuple[str, int]]:
        waiting.set()
        with other.write() as connection:
            return stored(connection)

    with ThreadPoolExecutor(1) as pool:
        with database.write() as connection:
            store(connection, "1", 1)
            found = pool.submit(second)
            waiting.wait()
            store(connection, "2", 2)
        assert found.result() == [("1", 1), ("2", 2)]
    database.close()
    other.close()


@pytest.mark.postgres
def test_a_reader_writes_nothing(postgres_url: str) -> None:
    """PostgreSQL itself refuses to write in a view."""
    database = Database.open(postgres_url)
    with pytest.raises(DBAPIError, match="read-only transaction"), database.read() as connection:
        store(connection, "1", 1)
    with database.write() as connection:
        store(connection, "1", 1)
    database.close()


@pytest.mark.postgres
def test_a_claim_does_not_wait_for_writers(postgres_url: str) -> None:
    """What row locks keep apart goes on while a writer has its turn."""
    database = Database.open(postgres_url)
    with database.write() as writer, database.claim() as claimer:
        store(writer, "1", 1)
        store(claimer, "2", 2)
    with database.read() as connection:
        assert stored(connection) == [("1", 1), ("2", 2)]
    database.close()


@pytest.mark.postgres
def test_connections_that_the_server_ended_are_made_anew(postgres_url: str) -> None:
    """A restart of the server costs no request that comes after it."""
    database = Database.open(postgres_url)
    with database.read() as connection:
        ended = connection.scalar(text("SELECT pg_backend_pid()"))
    other = Database.open(postgres_url)
    with other.write() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": ended})
    other.close()
    with database.read() as connection:
        assert stored(connection) == []
    database.close()
