"""Executors that are connected to PostgreSQL: the layout stays as it is until their sessions end."""

import re
from contextlib import ExitStack
from typing import Any

import pytest
from moto import mock_aws
from sqlalchemy import event, text

from auditor.cli.executor_service import ServiceOptions, open_service
from auditor.executor import drivers
from auditor.executor.database import connecting, schema
from auditor.executor.database.database import Database
from auditor.executor.drivers import make_drivers
from auditor.model.errors import AuditorError
from tests.conftest import Postgres

LAST = schema.revisions()[-1]

pytestmark = pytest.mark.postgres
SESSION = r"session \d+ since 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
GONE = r"a session whose executor is gone ends with SELECT pg_terminate_backend\(SESSION\)"


def test_an_executor_that_waits_for_its_next_look_is_found_too(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no lease, but its session: the layout stays in either direction until the last one ends."""
    url = postgres.make()
    first, second = Database.open(url), Database.open(url)
    with first.present():
        with second.present(), pytest.raises(AuditorError) as refused:
            schema.migrate(first, "0001")
        with pytest.raises(AuditorError, match="executors are connected"):
            schema.migrate(second, "0001")
        up = schema.migrate(second, LAST)
    down = schema.migrate(second, "0001")
    with ExitStack() as older:
        with monkeypatch.context() as program:
            program.setattr(schema, "revisions", lambda: ("0001",))
            older.enter_context(second.present())
        with pytest.raises(AuditorError, match="stays at revision 0001: executors are connected"):
            Database.open(url)

    assert re.fullmatch(
        f"the database {re.escape(first.name)} stays at revision {LAST}: executors are connected "
        rf"\({SESSION}, {SESSION}\); stop every executor on it and try again; {GONE}",
        str(refused.value),
    )
    assert (up, down) == ((LAST, LAST), (LAST, "0001"))
    first.close()
    second.close()


def test_a_layout_that_changes_while_an_executor_starts_ends_it(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the database's opening and the presence nothing keeps the layout: it is looked at again."""
    url, other = postgres.make(), None

    def migrated(*arguments: Any, **options: Any) -> Any:
        nonlocal other
        other = Database(connecting.parse(url))
        schema.migrate(other, "0001")
        return make_drivers(*arguments, **options)

    monkeypatch.setattr(drivers, "make_drivers", migrated)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    options = ServiceOptions(
        database=url,
        role_name="AuditorExecutor",
        external_id=None,
        mount=(),
        storage_gateway=False,
        accept_edits=False,
        runs=None,
    )
    with (
        mock_aws(),
        pytest.raises(AuditorError) as refused,
        open_service(lambda _: None, None, **options),
    ):
        pytest.fail("the executor runs on a layout that is not its own")
    assert other is not None

    assert str(refused.value) == (
        f"the database {other.name} was brought to revision 0001 while this program, which needs {LAST}, "
        "started; start one that fits"
    )
    assert schema.migrate(other, LAST) == ("0001", LAST)  # what was refused is not present
    other.close()


def test_who_comes_while_the_layout_is_being_changed_is_told_so(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one sentence, after the time that one waits for a lock."""
    monkeypatch.setattr(connecting, "_WAIT_SECONDS", 1)
    url = postgres.make()
    database = Database.open(url)
    with database.write() as connection:
        assert connecting.present(connection) == []
        other = Database(connecting.parse(url))
        with pytest.raises(AuditorError) as refused, other.present():
            pytest.fail("present in the midst of a change")
    with other.present(), database.write() as connection:
        there = connecting.present(connection)

    assert str(refused.value) == (
        f"the database {database.name} cannot be opened: another program holds it, such as one that "
        "changes its layout; try again later"
    )
    assert len(there) == 1
    database.close()
    other.close()


def test_a_session_that_ends_while_it_is_looked_for_is_not_taken_for_none(postgres: Postgres) -> None:
    """Only who has the lock alone may say that nobody is present."""
    url = postgres.make()
    database, other = Database.open(url), Database.open(url)
    leaving, tried = ExitStack(), []
    leaving.enter_context(other.present())
    with database.read() as connection:
        session = connection.scalar(text("SELECT pid FROM pg_locks WHERE mode = 'ShareLock' AND objid > 0"))

    @event.listens_for(database._engine, "before_cursor_execute")
    def watch(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM pg_locks LEFT" in statement:
            postgres.execute(f"SELECT pg_terminate_backend({session}, 120000)")
        if "pg_try_advisory_xact_lock" in statement:
            tried.append(statement)

    with database.write() as connection:
        found = connecting.present(connection)
        held = connection.scalar(
            text(
                "SELECT count(*) FROM pg_locks WHERE mode = 'ExclusiveLock' "
                "AND locktype = 'advisory' AND pid = pg_backend_pid()"
            )
        )

    assert (found, len(tried), held) == ([], 2, 2)  # the writers' lock, and that of the present
    leaving.close()
    database.close()
    other.close()


def test_sessions_of_another_user_are_found(postgres: Postgres) -> None:
    """PostgreSQL hides their address and start from those who are neither their user nor a supervisor."""
    url = postgres.make()
    database = Database.open(url)
    with database.write() as connection:
        connection.execute(text("CREATE ROLE other_of_presence LOGIN"))
        connection.execute(text("GRANT ALL ON ALL TABLES IN SCHEMA public TO other_of_presence"))
    other = Database(connecting.parse(url.replace("//auditor@", "//other_of_presence@")))
    with database.present(), pytest.raises(AuditorError, match=r"are connected \(session \d+\); stop"):
        schema.migrate(other, "0001")
    other.close()
    database.close()


def test_a_session_ends_when_the_other_machine_was_cut_off(postgres: Postgres) -> None:
    """Both sides ask after two minutes at most, whatever the machines' own settings are."""
    database = Database.open(postgres.make())
    query = "SELECT name, reset_val FROM pg_settings WHERE name LIKE 'tcp_keepalives%'"
    with database.read() as connection:
        server = {name: int(value) for name, value in connection.execute(text(query))}
        driver: Any = connection.connection.driver_connection
        told = driver.info.get_parameters()
    client = {name: int(value) for name, value in told.items() if name.startswith("keepalives_")}

    assert client == {"keepalives_idle": 60, "keepalives_interval": 10, "keepalives_count": 6}
    assert server == {f"tcp_{name}": value for name, value in client.items()}
    database.close()


def test_a_session_that_was_ended_by_hand_keeps_nobody_off(postgres: Postgres) -> None:
    """As the message says."""
    url = postgres.make()
    database, gone = Database.open(url), Database.open(url)
    with gone.present():
        with pytest.raises(AuditorError) as refused:
            schema.migrate(database, "0001")
        session = re.findall(r"session (\d+)", str(refused.value))
        postgres.execute(f"SELECT pg_terminate_backend({session[0]}, 120000)")
        down = schema.migrate(database, "0001")

    assert down == (LAST, "0001")
    database.close()
    gone.close()
