"""Time in a database never goes back, whatever clocks do."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from auditor.executor.api.errors import ServiceError
from auditor.executor.database.database import Database
from auditor.executor.database.seals import Seals, seals
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.serving.worker import ExecutorWorker
from auditor.executor.times import to_ms
from auditor.model.errors import AuditorError
from tests.conftest import Postgres

HERE = AccountRegion("123456789012", "eu-west-1", "aws")
START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
LOCK = {"MinRetentionDays": 7, "ChangeableForDays": 3}


class Clock:
    """A clock that anybody may set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        """Tell the time."""
        return self.now


@contextmanager
def serving(url: str, clock: Clock) -> Iterator[BackupService]:
    """A service without drivers, from its start to its end."""
    database = Database.open(url)
    yield BackupService(database, clock, ())
    database.close()


def ask(service: BackupService, name: str, **params: Any) -> Any:
    """Call an operation on the vault `night`."""
    return OPERATIONS[name](service, HERE, {"BackupVaultName": "night", **params})


def unlocked(service: BackupService) -> bool:
    """Whether the lock could be taken away."""
    try:
        ask(service, "DeleteBackupVaultLockConfiguration")
    except ServiceError as error:
        assert error.code == "InvalidRequestException"  # noqa: PT017 -- the other way is a success
        return False
    return True


def lock(service: BackupService) -> None:
    """Make the vault and lock it in compliance mode."""
    ask(service, "CreateBackupVault")
    ask(service, "PutBackupVaultLockConfiguration", **LOCK)


@pytest.mark.parametrize("reached", [3 * DAY, 3 * DAY - timedelta(milliseconds=1)])
def test_a_clock_that_is_set_back_undoes_no_lock(url: str, reached: timedelta) -> None:
    """Once the lock date has come it stays; a millisecond before, the lock can still be taken away."""
    clock = Clock()
    with serving(url, clock) as service:
        lock(service)
        clock.now = START + reached
        ask(service, "DescribeBackupVault")
        service.now_ms()
        clock.now = START
        assert unlocked(service) == (reached < 3 * DAY)


@pytest.mark.long
@pytest.mark.parametrize("reached", [3 * DAY, 3 * DAY - timedelta(milliseconds=1)])
def test_a_restart_forgets_no_time(new_url: str, reached: timedelta) -> None:
    """What was written last, by a run of the engine or by a request, is the least that now can be."""
    clock = Clock()
    with serving(new_url, clock) as service:
        lock(service)
        clock.now = START + reached
        ask(service, "CreateBackupVault", BackupVaultName="other")
    clock.now = START - 1000 * DAY
    with serving(new_url, clock) as service:
        assert unlocked(service) == (reached < 3 * DAY)


def test_a_run_of_the_engine_is_remembered(new_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """And it is said that the clock is behind."""
    clock = Clock()
    caplog.set_level("INFO", "auditor.serving")
    with serving(new_url, clock) as service:
        lock(service)
        clock.now = START + 4 * DAY
        ExecutorWorker(service).run(clock.now)
    clock.now = START
    with serving(new_url, clock) as service:
        ExecutorWorker(service).run(clock.now)
        assert not unlocked(service)
        assert service.behind_ms() == 4 * 86_400_000
    said = [vars(line)["fields"] for line in caplog.records if line.getMessage() == "clock set back"]
    assert said == [{"behind_seconds": 4 * 86_400.0}]


def test_the_time_is_sealed_once_a_minute(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And again where the transaction that sealed it was not committed."""
    clock, keep = Clock(), Database._keep

    def not_committed(*arguments: Any) -> None:
        keep(*arguments)
        raise AuditorError("the disk is full")

    sealed = []
    with serving(url, clock) as service:
        service.database.seals = Seals(b"k" * 32)
        for seconds, kept in ((60, not_committed), (61, keep), (119, keep), (120, keep)):
            clock.now = START + timedelta(seconds=seconds)
            monkeypatch.setattr(Database, "_keep", kept)
            with suppress(AuditorError), service.database.write():
                service.now_ms()
            with service.database.read() as connection:
                found = connection.scalar(select(seals.c.seal).filter_by(name="time"))
            sealed.append(found and (int(found.split(":")[0]) - to_ms(START)) // 1000)
    assert sealed == [None, 61, 61, 120]


def test_what_is_made_meanwhile_has_the_latest_time(url: str) -> None:
    """Nothing is dated back."""
    clock = Clock()
    with serving(url, clock) as service:
        ask(service, "CreateBackupVault")
        clock.now = START - 10 * DAY
        ask(service, "CreateBackupVault", BackupVaultName="second")
        second = ask(service, "DescribeBackupVault", BackupVaultName="second")
        clock.now = START + DAY
        ask(service, "CreateBackupVault", BackupVaultName="third")
        third = ask(service, "DescribeBackupVault", BackupVaultName="third")
    made = [datetime.fromtimestamp(vault["CreationDate"], UTC) for vault in (second, third)]
    assert made == [START, START + DAY]


def test_an_old_database_is_as_far_as_its_engine_has_come(new_url: str) -> None:
    """Before it remembered the time, it remembered how far each place was run."""
    clock = Clock()
    with serving(new_url, clock) as service:
        lock(service)
        clock.now = START + 4 * DAY
        ExecutorWorker(service).run(clock.now)
        with service.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM counters WHERE name = 'time'")
    clock.now = START
    with serving(new_url, clock) as service:
        assert not unlocked(service)


@pytest.mark.postgres
def test_a_server_learns_the_time_of_the_others(postgres: Postgres) -> None:
    """One whose clock is behind writes nothing by it."""
    url, right, behind = postgres.make(), Clock(), Clock()
    with serving(url, behind) as late, serving(url, right) as other:
        lock(late)
        right.now = START + 4 * DAY
        ask(other, "CreateBackupVault", BackupVaultName="other")
        ask(late, "TagResource", ResourceArn=HERE.arn("backup-vault:night"), Tags={"a": "b"})
        assert not unlocked(late)
