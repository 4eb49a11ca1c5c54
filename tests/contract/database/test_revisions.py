"""Revisions: a filled database goes up and down and loses nothing that both layouts have."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import MetaData, func, inspect, select, table, text, update

from auditor.executor.database import schema
from auditor.executor.database.connecting import parse
from auditor.executor.database.database import Database
from auditor.executor.database.leases import claim_one, leases
from auditor.executor.database.sql_tables import (
    backup_jobs,
    copy_jobs,
    protected_resources,
    recovery_points,
    restore_jobs,
)
from auditor.executor.engine.scheduler import run_all
from auditor.executor.service import BackupService
from auditor.executor.simulation.drivers import null_drivers
from auditor.executor.times import to_ms
from auditor.model.errors import AuditorError, UsageError
from auditor.model.organization import Resource

LAST = schema.revisions()[-1]

FIRST = Path(__file__).with_name("first_database.sql")
Ask = Callable[[BackupService], dict[str, Any]]
Rows = dict[str, list[tuple[Any, ...]]]


def layout(database: Database) -> MetaData:
    """The tables as the database has them, but for that of the revision."""
    found = MetaData()
    with database.read() as connection:
        found.reflect(connection, only=lambda name, _: name != "alembic_version")
    return found


def rows(database: Database, tables: MetaData) -> Rows:
    """Every row of `tables`, of the columns that they have."""
    with database.read() as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(one).order_by(*one.primary_key))]
            for name, one in tables.tables.items()
        }


@pytest.mark.long
def test_a_filled_database_goes_down_and_up_again(new_url: str, filling: Any, answers: Ask) -> None:
    """Every row of the first layout's tables is the same, and so is every answer."""
    database = Database.open(new_url)
    service = filling.service(database)
    filling.fill(service)
    claim_one(database, [("123456789012", "eu-west-1")], "worker", 0, 0)
    said, full = answers(service), rows(database, layout(database))
    down = schema.migrate(database, "0001")
    first = layout(database)
    below = rows(database, first)
    up = schema.migrate(database, LAST)
    after = rows(database, first)

    assert (down, up) == ((LAST, "0001"), ("0001", LAST))
    assert {name for name, found in below.items() if not found} == set()
    assert {name: len(found) for name, found in below.items()} == {
        name: len(full[name]) for name in first.tables
    }
    assert after == below
    assert answers(service) == said
    database.close()


@pytest.mark.long
def test_a_filled_database_has_jobs_of_every_kind(new_url: str, filling: Any) -> None:
    """What the tests of this module carry up and down is not the happy path only."""
    database = Database.open(new_url)
    filling.fill(filling.service(database))
    with database.read() as connection:
        states = {
            one.name: set(connection.scalars(select(one.c.state)))
            for one in (backup_jobs, copy_jobs, restore_jobs)
        }
        kinds = set(connection.scalars(select(recovery_points.c.resource_type)))

    assert states == {
        "backup_jobs": {"COMPLETED", "FAILED", "CREATED", "ABORTING"},
        "copy_jobs": {"COMPLETED", "CREATED"},
        "restore_jobs": {"COMPLETED", "PENDING"},
    }
    assert kinds == {"EBS"}
    database.close()


def test_a_database_from_before_there_were_revisions_is_taken_over(
    tmp_path: Path, filling: Any, answers: Ask
) -> None:
    """A file that the program made and filled when it had no revisions: its rows and answers are there."""
    url = f"sqlite:///{tmp_path}/executor.db"
    with sqlite3.connect(tmp_path / "executor.db") as old:
        old.executescript(FIRST.read_text(encoding="utf-8"))
    old.close()
    unopened = Database(parse(url))
    first = layout(unopened)
    before = rows(unopened, first)
    unopened.close()
    database = Database.open(url)
    said = answers(filling.service(database))

    assert schema.current(database) == schema.revisions()[-1]
    assert rows(database, first) == before
    assert {name for name, found in before.items() if not found} == set()
    assert {row["State"] for row in said["ListBackupJobs"]} == {"COMPLETED", "FAILED", "CREATED", "ABORTING"}
    assert {row["Title"]: row["Status"] for row in said["ListLegalHolds"]} == {
        "stands": "ACTIVE",
        "cancelled": "CANCELED",
    }
    database.close()


def test_what_was_under_way_before_there_were_revisions_is_carried_on(tmp_path: Path) -> None:
    """Jobs and plans that the old program left end as they would have, on drivers that make nothing."""
    with sqlite3.connect(tmp_path / "executor.db") as old:
        old.executescript(FIRST.read_text(encoding="utf-8"))
    old.close()
    database = Database.open(f"sqlite:///{tmp_path}/executor.db")
    begin = datetime(2026, 1, 8, tzinfo=UTC)
    with database.read() as connection:
        arns = connection.scalars(select(protected_resources.c.arn)).all()
        waiting = select(backup_jobs.c.id).where(backup_jobs.c.next_at.is_not(None))
        left = connection.scalars(waiting.where(backup_jobs.c.created <= to_ms(begin))).all()
    place = ("123456789012", "eu-west-1")
    volumes = [Resource(arn, *place, "EBS", arn.rpartition("/")[2]) for arn in arns]
    drivers = null_drivers({place: volumes}, {}, "aws")
    run_all(BackupService(database, lambda: begin, drivers), begin + timedelta(days=2))
    with database.read() as connection:
        ended = connection.execute(
            select(backup_jobs.c.state, func.count())
            .where(backup_jobs.c.id.in_(left))
            .group_by(backup_jobs.c.state)
        ).all()
        done = select(func.count()).where(backup_jobs.c.created > to_ms(begin))
        new = connection.scalar(done.where(backup_jobs.c.state == "COMPLETED"))

    assert dict(ended) == {"COMPLETED": 1, "ABORTED": 1}
    assert new == 4
    database.close()


def test_the_first_revision_is_the_layout_from_before(tmp_path: Path) -> None:
    """Revision 0001 makes the very tables and indexes that the old program made."""

    def made(file: Path) -> list[tuple[str, str]]:
        with sqlite3.connect(file) as connection:
            found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
        connection.close()
        return sorted((name, " ".join(sql.split())) for name, sql in found if name != "alembic_version")

    with sqlite3.connect(tmp_path / "old.db") as old:
        old.executescript(FIRST.read_text(encoding="utf-8"))
    old.close()
    new = Database(parse(f"sqlite:///{tmp_path}/new.db"))
    schema.migrate(new, "0001")
    new.close()

    assert made(tmp_path / "new.db") == made(tmp_path / "old.db")


@pytest.mark.long
def test_an_unknown_revision_is_refused_and_nothing_changed(new_url: str) -> None:
    """There is no way below the first revision: it would drop every row."""
    database = Database.open(new_url)
    known = ", ".join(schema.revisions())
    for name in ("base", "0000", "-1", "9999"):
        with pytest.raises(UsageError, match=f"the database has no revision {name}; there are {known}"):
            schema.migrate(database, name)

    assert schema.current(database) == LAST
    database.close()


def test_a_database_of_a_newer_program_is_refused(new_url: str) -> None:
    """In one sentence, and without a change."""
    database = Database.open(new_url)
    versions = table("alembic_version")
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for _ in range(2):
        with pytest.raises(
            AuditorError, match=r"was made by a newer auditor \(revision 9999\); upgrade this"
        ):
            Database.open(new_url)
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(versions)) == 1
    database.close()


def test_a_revision_that_fails_leaves_nothing(new_url: str) -> None:
    """Up and down are one transaction: a table in the way leaves the database as it was."""
    database = Database.open(new_url)
    schema.migrate(database, "0001")
    with database.write() as connection:
        connection.execute(text("CREATE TABLE outbox (id INTEGER)"))
    with pytest.raises(AuditorError, match=r"outbox.* already exists"):
        schema.migrate(database, LAST)
    with database.read() as connection:
        assert not inspect(connection).has_table("leases")

    assert schema.current(database) == "0001"
    database.close()


@pytest.mark.long
def test_processes_that_open_a_new_database_at_once_find_one_layout(new_url: str) -> None:
    """One of them makes it, the others wait for it."""
    program = (
        "import sys; from auditor.executor.database.database import Database; Database.open(sys.argv[1])"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, new_url], stderr=subprocess.PIPE) for _ in range(3)
    ]
    ended = [(process.communicate()[1].decode(), process.returncode) for process in started]
    database = Database.open(new_url)

    assert ended == [("", 0)] * 3
    assert schema.current(database) == LAST
    database.close()


def test_threads_that_open_an_old_database_at_once_change_it_once(new_url: str) -> None:
    """Whoever comes second finds the work done."""
    first = Database(parse(new_url))
    schema.migrate(first, "0001")
    start = Barrier(4)

    def opened(_: int) -> str | None:
        start.wait()
        database = Database.open(new_url)
        found = schema.current(database)
        database.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(opened, range(4))) == [LAST] * 4
    first.close()


@pytest.mark.long
def test_leases_of_no_owner_survive_no_way_down(new_url: str) -> None:
    """What only the later layout keeps is gone after the way down, and begins anew."""
    database = Database.open(new_url)
    claim_one(database, [("123456789012", "eu-west-1")], "worker", 0, 1000)
    with database.write() as connection:
        connection.execute(update(leases).values(expires=1))
    schema.migrate(database, "0001")
    schema.migrate(database, LAST)
    with database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(leases)) == 0
    database.close()
