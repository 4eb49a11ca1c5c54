"""An error that nobody expected in one account and Region: a bug of a driver."""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from auditor.cli import executor_run
from auditor.executor.database.database import Database
from auditor.executor.database.leases import leases
from auditor.executor.database.sql_tables import recovery_points
from auditor.executor.operations import plans, selections, vaults
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import NativeBackup
from auditor.executor.service import BackupService
from auditor.executor.serving.metrics import Metrics
from auditor.executor.serving.worker import ExecutorWorker
from auditor.executor.simulation.drivers import NullDriver, real_drivers
from auditor.model.organization import Resource
from auditor.serving import logs

ACCOUNT = "111122223333"
BROKEN, SOUND = (AccountRegion(ACCOUNT, region, "aws") for region in ("eu-central-1", "eu-west-1"))
START = datetime(2026, 1, 5, tzinfo=UTC)
REASON = "unexpected error, KeyError: 'SnapshotId'; report it"


class Stumbling(NullDriver):
    """A driver with a bug in one Region: it makes the backup, and stumbles over the service's answer."""

    def __init__(self, resources: Mapping[tuple[str, str], list[Resource]]) -> None:
        real = next(one for one in real_drivers() if one.resource_type == "EBS")
        super().__init__(real, resources, {}, "aws")
        self.made: dict[str, NativeBackup] = {}
        self.calls = Counter[str]()
        self.stumbles = True

    def back_up(self, resource: Resource, **asked: Any) -> NativeBackup:
        """Make a backup each time, whatever there is."""
        self.calls[resource.region] += 1
        made = self.made[asked["token"]] = super().back_up(resource, **asked)
        if resource.region == BROKEN.region and self.stumbles:
            raise KeyError("SnapshotId")
        return made

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """What was made."""
        del account_id, region
        return self.made.get(token)


@pytest.fixture
def driver() -> Stumbling:
    """A volume in each Region."""
    return Stumbling(
        {
            (ACCOUNT, one.region): [
                Resource(
                    f"arn:aws:ec2:{one.region}:{ACCOUNT}:volume/vol-1", ACCOUNT, one.region, "EBS", "vol-1"
                )
            ]
            for one in (BROKEN, SOUND)
        }
    )


@pytest.fixture
def service(driver: Stumbling, database_url: str) -> Iterator[BackupService]:
    """Both Regions have a daily plan of everything."""
    service = BackupService(Database.open(database_url), lambda: START, [driver])
    for scope in (BROKEN, SOUND):
        vaults.create_backup_vault(service, scope, {"BackupVaultName": "nightly"})
        rule = {"RuleName": "night", "TargetBackupVaultName": "nightly"}
        plan = {
            "BackupPlanName": "p",
            "Rules": [rule | {"ScheduleExpression": "cron(0 1 ? * * *)"}],
        }
        made = plans.create_backup_plan(service, scope, {"BackupPlan": plan})
        role = f"arn:aws:iam::{ACCOUNT}:role/backup"
        chosen = {"SelectionName": "all", "IamRoleArn": role, "Resources": ["*"]}
        selections.create_backup_selection(
            service, scope, {"BackupPlanId": made["BackupPlanId"], "BackupSelection": chosen}
        )
    yield service
    service.database.close()


def points(service: BackupService) -> list[tuple[str, str]]:
    """Region and ARN of every recovery point."""
    with service.database.read() as connection:
        rows = connection.execute(select(recovery_points).order_by(recovery_points.c.region))
        return [(row.region, row.arn) for row in rows]


@pytest.mark.parametrize("workers", [1, 2])
def test_it_is_the_failure_of_one_place_and_its_backup_is_made_once(
    service: BackupService, driver: Stumbling, capsys: pytest.CaptureFixture[str], workers: int
) -> None:
    """The other Region is run, the lease is given back, and the next look takes up what was made."""
    logs.write_to(sys.stderr)
    metrics = Metrics(service.database)
    engine = ExecutorWorker(service, metrics, workers=workers)

    first = engine.run(START + timedelta(hours=2))
    with service.database.read() as connection:
        owners = set(connection.scalars(select(leases.c.owner)))
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    second = engine.run(START + timedelta(hours=3))

    assert first == ({("backup", "COMPLETED"): 1, ("backup", "CREATED"): 1}, {BROKEN: REASON})
    assert owners == {""}
    assert second == ({("backup", "COMPLETED"): 1}, {})
    assert driver.calls == {BROKEN.region: 1, SOUND.region: 1}
    assert {arn for _, arn in points(service)} == {made.arn for made in driver.made.values()}
    failure = next(line for line in told if line["event"] == "engine run failed")
    assert (failure["region"], failure["level"], failure["reason"]) == (BROKEN.region, "error", REASON)
    assert 'raise KeyError("SnapshotId")' in failure["trace"]
    assert 'auditor_executor_engine_runs_total{result="failed"} 1.0' in metrics.page().decode()


def test_the_service_lives_on(service: BackupService, driver: Stumbling) -> None:
    """It looks again, and what can be run is run."""
    stop = Event()
    looks: list[datetime] = []

    def clock() -> datetime:
        looks.append(START + timedelta(hours=2 + len(looks)))
        driver.stumbles = len(looks) < 2
        if len(looks) == 3:
            stop.set()
        return looks[-1]

    ExecutorWorker(service).repeat(clock, 0, stop)

    assert [region for region, _ in points(service)] == [BROKEN.region, SOUND.region]


def test_the_command_says_so_with_its_exit_code(
    service: BackupService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could be run is printed, and the code is 1."""

    @contextmanager
    def opened(*_: Any, **__: Any) -> Iterator[tuple[BackupService, Any]]:
        yield service, None

    monkeypatch.setattr(executor_run, "open_service", opened)
    monkeypatch.setattr(executor_run, "now", lambda: START + timedelta(hours=2))
    done = CliRunner().invoke(executor_run.command, ["--database", "unopened"], standalone_mode=False)

    assert (done.return_value, done.stdout) == (1, "backup COMPLETED 1\nbackup CREATED 1\n")
