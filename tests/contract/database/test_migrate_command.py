"""`auditor executor migrate`: what it changes, and what it leaves alone."""

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from auditor.cli.executor_migrate import command
from auditor.cli.executor_service import alone, database_url
from auditor.executor.database import connecting, schema
from auditor.executor.database.database import Database
from auditor.executor.database.leases import claim_one, leases, release
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.serving.worker import ExecutorWorker
from auditor.executor.times import to_ms
from auditor.model.errors import AuditorError, UsageError
from tests.conftest import Postgres

LAST = schema.revisions()[-1]

ONE, TWO = [("111122223333", region) for region in ("eu-central-1", "eu-west-1")]
MINUTE = 60_000


@pytest.fixture
def migrate(new_url: str) -> Callable[..., str]:
    """Runs the command on the database: what it prints."""

    def run(*options: str) -> str:
        result = CliRunner().invoke(
            command, ["--database", new_url, *options], standalone_mode=False, catch_exceptions=False
        )
        return result.output.strip()

    return run


@pytest.mark.long
def test_it_says_from_where_to_where(new_url: str, migrate: Callable[..., str]) -> None:
    """Up to the program's own revision unless another is named."""
    Database.open(new_url).close()

    assert migrate("--to", "0001") == f"{LAST} → 0001"
    assert migrate("--to", "0001") == "0001 → 0001"
    assert migrate() == f"0001 → {LAST}"


def test_it_makes_no_database(new_url: str, migrate: Callable[..., str], tmp_path: Path) -> None:
    """A mistyped name is told, and nothing is made there; `serve` and `run` may make one."""
    for options in ((), ("--to", "0001")):
        with pytest.raises(
            UsageError, match=r"there is no database at .*; name one that is there: `executor"
        ):
            migrate(*options)

    assert list(tmp_path.iterdir()) == []
    assert not schema.is_made(connecting.parse(new_url))


def test_what_is_there_but_holds_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    """An empty file, another program's database, a folder."""
    empty, other = tmp_path / "empty.db", tmp_path / "ö #%?.db"
    empty.touch()
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()
    before = other.read_bytes()
    absent, there = "there is no database at {};", "--database {}: is a directory; name a file"
    missing = tmp_path / "no" / "folder.db"
    for path, said in ((empty, absent), (other, absent), (tmp_path, there), (missing, absent)):
        with pytest.raises(UsageError, match=re.escape(said.format(path))):
            CliRunner().invoke(
                command, ["--database", str(path)], standalone_mode=False, catch_exceptions=False
            )

    assert (empty.read_bytes(), other.read_bytes()) == (b"", before)
    assert sorted(tmp_path.iterdir()) == [empty, other]


@pytest.mark.postgres
def test_a_living_executor_is_not_deprived_of_its_layout(postgres: Postgres) -> None:
    """Who has a lease, of what and until when is told; once it is given back, the way is free."""
    database, now = Database.open(postgres.make()), to_ms(datetime.now(UTC))
    claim_one(database, [ONE], "first", now, 2 * MINUTE)
    claim_one(database, [TWO], "second", now, MINUTE)
    with database.read() as connection:
        ends = connection.scalar(select(leases.c.expires).filter_by(owner="first"))
    until = f"{datetime.fromtimestamp((ends or 0) // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    with pytest.raises(AuditorError) as refused:
        schema.migrate(database, "0001")
    same = schema.migrate(database, LAST)
    release(database, ONE, "first")
    with pytest.raises(
        AuditorError, match=f"executor second works on {TWO[0]} in {TWO[1]} until [^(]*; stop"
    ):
        schema.migrate(database, "0001")
    release(database, TWO, "second")

    assert str(refused.value) == (
        f"the database {database.name} stays at revision {LAST}: executor first works on {ONE[0]} in "
        f"{ONE[1]} until {until} (1 more leases); stop every executor on it and try again, after "
        "that time if one was killed"
    )
    assert same == (LAST, LAST)
    assert schema.migrate(database, "0001") == (LAST, "0001")
    database.close()


@pytest.mark.postgres
def test_a_newer_program_does_not_open_under_a_living_older_one(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way up, which opening takes by itself, changes the layout too."""
    url, now = postgres.make(), to_ms(datetime.now(UTC))
    database = Database.open(url)
    claim_one(database, [ONE], "old", now, MINUTE)
    monkeypatch.setattr(schema, "revisions", lambda: ("0001", LAST, "9999"))

    with pytest.raises(AuditorError, match=f"stays at revision {LAST}: executor old works on"):
        Database.open(url)
    database.close()


@pytest.mark.postgres
@pytest.mark.parametrize("ttl", [-1, 0])
def test_the_lease_of_a_dead_executor_ends(postgres: Postgres, ttl: int) -> None:
    """What has run out keeps nobody off."""
    database, now = Database.open(postgres.make()), to_ms(datetime.now(UTC))
    claim_one(database, [ONE], "dead", now, ttl)

    assert schema.migrate(database, "0001") == (LAST, "0001")
    database.close()


def test_a_lease_in_a_file_keeps_nobody_off(tmp_path: Path) -> None:
    """Who has the file's lock is alone: a lease, even of a clock that was ahead, is a dead executor's."""
    file = tmp_path / "executor.db"
    database, now = Database.open(f"sqlite:///{file}"), to_ms(datetime.now(UTC))
    claim_one(database, [ONE], "killed", now, 1440 * MINUTE)
    database.close()
    result = CliRunner().invoke(
        command, ["--database", str(file), "--to", "0001"], standalone_mode=False, catch_exceptions=False
    )

    assert result.output == f"{LAST} → 0001\n"


def test_an_executor_on_a_file_keeps_it_between_its_leases(tmp_path: Path) -> None:
    """Programs of the first layout had no leases, but the lock beside the file: the way up is barred too."""
    file = tmp_path / "executor.db"
    database = Database.open(f"sqlite:///{file}")
    schema.migrate(database, "0001")
    with (
        alone(connecting.parse(f"sqlite:///{file}")),
        pytest.raises(AuditorError, match=f"another executor runs on {file}"),
    ):
        CliRunner().invoke(command, ["--database", str(file)], standalone_mode=False, catch_exceptions=False)

    assert schema.current(database) == "0001"
    database.close()


def test_a_file_has_one_lock_whatever_it_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a link to it or to its folder, by a relative path; a URL that hides the path is refused."""
    monkeypatch.chdir(tmp_path)
    file, link, folder = tmp_path / "executor.db", tmp_path / "link.db", tmp_path / "folder"
    Database.open(f"sqlite:///{file}").close()
    link.symlink_to(file)
    folder.symlink_to(tmp_path)
    names = [str(file), str(link), str(folder / "link.db"), "executor.db", "sqlite:///link.db"]
    for holder in names:
        with alone(database_url(holder)):
            for name in names:
                with pytest.raises(AuditorError, match="another executor runs on"), alone(database_url(name)):
                    pytest.fail(f"{name} has another lock than {holder}")

    assert sorted(path.name for path in tmp_path.glob("*.lock")) == ["executor.db.lock"]
    with pytest.raises(UsageError, match="named by its path"):
        database_url("sqlite:///file:executor.db?uri=true")


def test_an_engine_is_known_by_its_machine_and_process(new_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has to stop it finds it."""
    monkeypatch.setattr("auditor.executor.serving.worker.gethostname", lambda: "executor-1")
    monkeypatch.setattr("auditor.executor.serving.worker.getpid", lambda: 4711)
    database, seen = Database.open(new_url), []
    service = BackupService(database, lambda: datetime.now(UTC), [])
    monkeypatch.setattr(
        "auditor.executor.serving.worker.places", lambda _: {AccountRegion(*ONE, partition="aws")}
    )

    def look(*_: object, **__: object) -> None:
        with database.read() as connection:
            seen.append(str(connection.scalar(select(leases.c.owner))))

    monkeypatch.setattr("auditor.executor.serving.worker.run_until", look)
    ExecutorWorker(service).run(datetime.now(UTC))

    assert [re.sub("[0-9a-f-]{36}", "ID", owner) for owner in seen] == ["executor-1:4711:ID/0"]
    database.close()
