import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier, Event
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from auditor.executor.database import leases, sql_tables
from auditor.executor.database.database import Database
from auditor.executor.operations import plans, selections, vaults
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import BackupService
from auditor.executor.serving.metrics import Metrics
from auditor.executor.serving.worker import ExecutorWorker
from auditor.executor.simulation.drivers import NullDriver, real_drivers
from auditor.executor.times import to_ms
from auditor.model.organization import Resource
from auditor.serving import logs

REGION = "eu-west-1"
DENIED, OPEN = "111122223333", "444455556666"
START = datetime(2026, 1, 5, tzinfo=UTC)


class Denying(NullDriver):
    """A driver whose role cannot be assumed in one account, as `NativeClients` tells it."""

    allowed = False

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """List, unless the account denies."""
        if account_id == DENIED and not self.allowed:
            raise DriverError("The role could not be assumed.", "ACCESS_DENIED")
        return super().discover(account_id, region)


@pytest.fixture
def driver() -> Denying:
    """Volumes of two accounts."""
    resources = {
        (account, REGION): [
            Resource(f"arn:aws:ec2:{REGION}:{account}:volume/vol-1", account, REGION, "EBS", "vol-1")
        ]
        for account in (DENIED, OPEN)
    }
    real = next(one for one in real_drivers() if one.resource_type == "EBS")
    return Denying(real, resources, {}, "aws")


@pytest.fixture
def service(driver: Denying, database_url: str) -> BackupService:
    """Both accounts have a daily plan of everything."""
    service = BackupService(Database.open(database_url), lambda: START, [driver])
    for account in (DENIED, OPEN):
        scope = AccountRegion(account, REGION, "aws")
        vaults.create_backup_vault(service, scope, {"BackupVaultName": "nightly"})
        rule = {
            "RuleName": "night",
            "TargetBackupVaultName": "nightly",
            "ScheduleExpression": "cron(0 1 ? * * *)",
        }
        made = plans.create_backup_plan(
            service, scope, {"BackupPlan": {"BackupPlanName": "p", "Rules": [rule]}}
        )
        everything = {
            "SelectionName": "all",
            "IamRoleArn": f"arn:aws:iam::{account}:role/backup",
            "Resources": ["*"],
        }
        selections.create_backup_selection(
            service, scope, {"BackupPlanId": made["BackupPlanId"], "BackupSelection": everything}
        )
    return service


def test_an_account_that_denies_does_not_stop_the_others_and_is_made_up_for(
    service: BackupService, driver: Denying, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told each time; once it lets in, what was due meanwhile runs within its start window."""
    logs.write_to(sys.stderr)
    metrics = Metrics(service.database)
    engine = ExecutorWorker(service, metrics)

    first = engine.run(START + timedelta(hours=2))
    driver.allowed = True
    second = engine.run(START + timedelta(hours=4))

    assert first == (
        {("backup", "COMPLETED"): 1},
        {AccountRegion(DENIED, REGION, "aws"): "The role could not be assumed."},
    )
    assert second == ({("backup", "COMPLETED"): 1}, {})
    text = metrics.page().decode()
    for line in (
        'auditor_executor_engine_runs_total{result="failed"} 1.0',
        'auditor_executor_engine_runs_total{result="done"} 3.0',
        'auditor_executor_jobs_ended_total{kind="backup",state="COMPLETED"} 2.0',
    ):
        assert line in text.splitlines()
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    shown = [(line["event"], line["account_id"], line["level"]) for line in told]
    assert shown == [
        ("engine run failed", DENIED, "error"),
        ("backup job", OPEN, "info"),
        ("backup job", DENIED, "info"),
    ]
    assert all(line["job_id"] for line in told[1:])


class Killed(BaseException):
    """The end of a process, which nothing in it gets to see."""


def test_an_ended_job_that_is_looked_back_at_is_not_open(
    service: BackupService, driver: Denying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The job of a killed engine, carried on by another: it is open until it ends, then waits an hour."""
    metrics, back_up = Metrics(service.database), driver.back_up

    def killed(*_: Any, **__: Any) -> Any:
        raise Killed

    def shown() -> tuple[list[str], list[tuple[str, bool]]]:
        page = metrics.page().decode().splitlines()
        with service.database.read() as connection:
            jobs = connection.execute(
                select(sql_tables.backup_jobs.c.state, sql_tables.backup_jobs.c.next_at)
            )
            looked_at = [(job.state, job.next_at is not None) for job in jobs]
        return [line for line in page if 'jobs_open{kind="backup"}' in line], looked_at

    monkeypatch.setattr(driver, "back_up", killed)
    with pytest.raises(Killed):
        ExecutorWorker(service, lease_ms=0).run(START + timedelta(hours=2))
    before = shown()
    monkeypatch.setattr(driver, "back_up", back_up)
    ExecutorWorker(service).run(START + timedelta(hours=2))

    assert before == (['auditor_executor_jobs_open{kind="backup"} 1.0'], [("CREATED", True)])
    assert shown() == (['auditor_executor_jobs_open{kind="backup"} 0.0'], [("COMPLETED", True)])


def test_an_unexpected_error_stops_the_service(
    service: BackupService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service whose engine has died must not look alive."""
    stop = Event()

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError

    engine = ExecutorWorker(service)
    monkeypatch.setattr(engine, "_run_leased", broken)

    with pytest.raises(ZeroDivisionError):
        engine.repeat(lambda: START, 60, stop)
    assert stop.is_set()


@pytest.mark.sql
def test_workers_share_accounts_and_regions(
    service: BackupService, driver: Denying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads are at two accounts at once, and every place is run once."""
    driver.allowed = True
    both = Barrier(2, timeout=120)
    listed, really = Counter[str](), driver.discover

    def discover(account_id: str, region: str) -> list[Resource]:
        listed[account_id] += 1
        both.wait()
        return really(account_id, region)

    monkeypatch.setattr(driver, "discover", discover)
    done = ExecutorWorker(service, workers=2).run(START + timedelta(hours=2))

    assert (done, listed) == (({("backup", "COMPLETED"): 2}, {}), {DENIED: 1, OPEN: 1})


@pytest.mark.sql
def test_what_a_dead_engine_had_leased(service: BackupService, driver: Denying) -> None:
    """Only where processes share a database must its lease end first."""
    driver.allowed = True
    places = [(DENIED, REGION), (OPEN, REGION)]
    for _ in places:
        leases.claim_one(service.database, places, "dead", service.now_ms(), 60_000)

    changes, failed = ExecutorWorker(service).run(START + timedelta(hours=2))

    assert (changes.total(), failed) == (0 if service.database.is_shared else 2, {})


def test_a_type_that_cannot_be_listed_is_not_made_up_for_beyond_its_start_window(
    service: BackupService,
) -> None:
    """A type that never comes back does not make each run longer than the one before."""
    clock = [START + timedelta(days=day) for day in range(1, 4)]
    reached = []
    for now in clock:
        service.clock = partial(datetime.astimezone, now, UTC)
        ExecutorWorker(service).run(now)
        with service.database.read() as connection:
            rows = connection.execute(select(sql_tables.progress).filter_by(account_id=DENIED))
            reached += [row.ran_until for row in rows]

    assert reached == [to_ms(now) for now in clock]


@pytest.mark.sql
def test_a_database_that_is_away_does_not_end_the_engine(
    service: BackupService, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is told, and the next look is made."""
    logs.write_to(sys.stderr)
    engine, stop, calls = ExecutorWorker(service), Event(), list[int]()

    def run(*_: Any) -> None:
        calls.append(len(calls))
        if len(calls) == 1:
            raise OperationalError("SELECT 1", {}, Exception("the database is away"))
        stop.set()

    monkeypatch.setattr(engine, "run", run)
    engine.repeat(lambda: START, 0.01, stop)

    assert calls == [0, 1]
    assert "the database is away" in json.loads(capsys.readouterr().err.splitlines()[0])["reason"]
