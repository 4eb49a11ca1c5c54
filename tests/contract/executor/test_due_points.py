"""Recovery points that are due are read page by page, and all happens as if they were read at once."""

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from auditor.executor.database.database import Database
from auditor.executor.database.holds import held_points
from auditor.executor.database.sql_tables import backup_jobs, recovery_points
from auditor.executor.engine import expiry, unfinished
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.engine.points import recovery_point_row
from auditor.executor.engine.scheduler import run_all, run_until
from auditor.executor.operations import plans, selections
from auditor.executor.operations.vaults import create_backup_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import NativeBackup
from auditor.executor.service import BackupService
from auditor.executor.simulation.drivers import NullDriver, real_drivers
from auditor.executor.times import DAY_MS, MINUTE_MS, to_ms
from auditor.model.organization import Resource

if TYPE_CHECKING:
    from collections.abc import Callable

ACCOUNT, REGION = "111122223333", "eu-west-1"
SCOPES = [AccountRegion(ACCOUNT, region, "aws") for region in ("eu-central-1", REGION)]
START = datetime(2026, 1, 5, tzinfo=UTC)
END = START + timedelta(days=1)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
#: When the plan's rule is due, jobs are looked at and points expire: at once, and beside it.
HOUR = to_ms(START) + 60 * MINUTE_MS
MOMENTS = [HOUR - 1, HOUR, HOUR, HOUR, HOUR + 1, HOUR + 30 * MINUTE_MS, to_ms(END) - 1, to_ms(END)]


class Recorder(NullDriver):
    """Says what it is asked, and has something else happen in between."""

    def __init__(self) -> None:
        real = next(one for one in real_drivers() if one.resource_type == "EBS")
        resources = {(ACCOUNT, scope.region): [volume(scope, 0)] for scope in SCOPES}
        super().__init__(real, resources, {}, "aws")
        self.calls: list[tuple[str, str, str]] = []
        self.meanwhile: Callable[[str], None] = lambda _: None

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """The rule is due."""
        self.calls.append(("discover", region, ""))
        return super().discover(account_id, region)

    def back_up(self, resource: Resource, **asked: Any) -> NativeBackup:
        """A job runs."""
        self.calls.append(("back up", resource.region, resource.name))
        return super().back_up(resource, **asked)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """A recovery point ends."""
        del account_id
        self.calls.append(("delete", region, arn))
        self.meanwhile(arn)

    @property
    def deleted(self) -> list[str]:
        """The recovery points in the order of their deletion."""
        return [arn for what, _, arn in self.calls if what == "delete"]


def volume(scope: AccountRegion, number: int) -> Resource:
    """A volume."""
    arn = f"arn:aws:ec2:{scope.region}:{ACCOUNT}:volume/vol-{number}"
    return Resource(arn, ACCOUNT, scope.region, "EBS", f"vol-{number}")


def point(scope: AccountRegion, number: int, created: int, expire_at: int) -> dict[str, Any]:
    """The row of a recovery point."""
    row = recovery_point_row(
        scope,
        NativeBackup(f"arn:aws:ec2:{scope.region}::snapshot/snap-{number}", 1, encrypted=False),
        vault={"name": "v", "arn": scope.arn("backup-vault:v"), "encryption_key_arn": None},
        resource={"arn": volume(scope, number).arn, "type": "EBS", "name": f"vol-{number}"},
        created=created,
        initiated=created,
        completed=created,
        lifecycle={"DeleteAfterDays": 1},
        iam_role_arn=ROLE,
        created_by=None,
        tags={},
        fully_managed=False,
    )
    return row | {"expire_at": expire_at}


def job(scope: AccountRegion, number: int) -> dict[str, Any]:
    """The row of a job that is looked at when the rule is due."""
    resource = volume(scope, 0)
    return BackupJob(
        id=f"{scope.region.upper()}-{number}",
        scope=scope,
        created=HOUR - DAY_MS,
        resource={"arn": resource.arn, "type": "EBS", "name": resource.name},
        vault_name="v",
        iam_role_arn=ROLE,
        start_by=HOUR + DAY_MS,
        completion_window=DAY_MS,
        next_at=HOUR,
    ).row()


def filled(url: str, seed: int = 0, count: int = 40) -> tuple[BackupService, Recorder]:
    """Two Regions with points that expire at few moments, some of them held, with jobs and a rule."""
    draw, driver = random.Random(seed), Recorder()  # noqa: S311 -- the same points each time
    service = BackupService(Database.open(url), lambda: START, [driver])
    for scope in SCOPES:
        create_backup_vault(service, scope, {"BackupVaultName": "v"})
        rule = {"RuleName": "r", "TargetBackupVaultName": "v", "ScheduleExpression": "cron(0 1 ? * * *)"}
        made = plans.create_backup_plan(
            service, scope, {"BackupPlan": {"BackupPlanName": "p", "Rules": [rule]}}
        )
        chosen = {"SelectionName": "s", "IamRoleArn": ROLE, "Resources": ["*"]}
        selections.create_backup_selection(
            service, scope, {"BackupPlanId": made["BackupPlanId"], "BackupSelection": chosen}
        )
        rows = [
            point(scope, number, HOUR - DAY_MS * draw.randrange(3), draw.choice(MOMENTS))
            for number in range(count)
        ]
        with service.database.write() as connection:
            connection.execute(insert(recovery_points), rows)
            connection.execute(insert(backup_jobs), [job(scope, number) for number in range(2)])
    with service.database.write() as connection:
        ids = connection.scalars(select(recovery_points.c.id).order_by(recovery_points.c.id)).all()
        held = [{"hold_id": "h", "point_id": one, "since": 1} for one in ids if draw.random() < 0.1]
        connection.execute(insert(held_points), held)
    return service, driver


def register_all(self: Any, connection: Connection, after: Any = None) -> None:
    """Watch every point at once, in the order of their creation."""
    del after
    points = recovery_points.c
    query = self._query.order_by(None).order_by(points.created, points.id)
    for row in connection.execute(query):
        expiry.watch(self._run, row._asdict())


def run(service: BackupService, how: str = "durable") -> None:
    """Run a day, each change written at once (as `serve`) or gathered (as a simulation)."""
    if how == "durable":
        for scope in SCOPES:
            run_until(service, scope, END)
    else:
        run_all(service, END, batch=7)
    service.database.close()


@pytest.mark.long
@pytest.mark.parametrize("how", ["durable", "gathered"])
@pytest.mark.parametrize("seed", range(4))
def test_everything_happens_in_the_order_of_reading_all_at_once(
    monkeypatch: pytest.MonkeyPatch, seed: int, how: str
) -> None:
    """Deletions, backups and listings, at the same moments too, whatever the size of a page."""
    found = []
    for page in (None, 1, 2, 7, 40, 1000):
        with monkeypatch.context() as patch:
            if page is None:
                patch.setattr(unfinished._DuePoints, "register_page", register_all)
            else:
                patch.setattr(unfinished, "PAGE", page)
            service, driver = filled("sqlite://", seed)
            run(service, how)
            found.append(driver.calls)

    assert found[1:] == [found[0]] * 5
    assert {what for what, _, _ in found[0]} == {"discover", "back up", "delete"}
    assert len({arn for what, _, arn in found[0] if what == "delete"}) > 20


@pytest.mark.long
@pytest.mark.sql
def test_pages_on_each_database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The points whose end comes before the run's, without those under a hold, by their end and creation."""
    monkeypatch.setattr(unfinished, "PAGE", 3)
    service, driver = filled(database_url)
    points = recovery_points.c
    with service.database.read() as connection:
        held = set(connection.scalars(select(held_points.c.point_id)))
        order = (points.region, points.expire_at, points.created, points.id)
        rows = connection.execute(select(recovery_points).order_by(*order)).all()
    run(service)

    due = [row.arn for row in rows if row.expire_at < to_ms(END) and row.id not in held]
    assert driver.deleted == due
    assert 0 < len(due) < len(rows)


def test_only_a_page_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is read when the last of the former has ended."""
    monkeypatch.setattr(unfinished, "PAGE", 5)
    watched, really = list[str](), expiry.watch

    def watch(run: Any, row: dict[str, Any]) -> None:
        watched.append(row["arn"])
        really(run, row)

    monkeypatch.setattr(unfinished, "watch", watch)
    service, driver = filled("sqlite://")
    ahead = set()
    driver.meanwhile = lambda _: ahead.add(len(watched) - len(driver.deleted))
    run(service)

    assert ahead == {0, 1, 2, 3, 4}


@pytest.mark.long
@pytest.mark.sql
def test_what_others_do_between_two_pages(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A point that is deleted, held or kept for longer meanwhile is left alone; no other is passed over."""
    monkeypatch.setattr(unfinished, "PAGE", 2)
    service, driver = filled(database_url)
    points = recovery_points.c
    with service.database.write() as connection:
        connection.execute(delete(held_points))
        order = (points.region, points.expire_at, points.created, points.id)
        due = select(recovery_points).where(points.expire_at < to_ms(END)).order_by(*order)
        rows = connection.execute(due).all()
    gone, held, kept = rows[5], rows[8], rows[13]

    def meanwhile(arn: str) -> None:
        if arn != rows[1].arn:
            return
        with service.database.write() as connection:
            connection.execute(delete(recovery_points).where(points.id == gone.id))
            connection.execute(insert(held_points).values(hold_id="h", point_id=held.id, since=1))
            longer = update(recovery_points).where(points.id == kept.id)
            connection.execute(longer.values(expire_at=to_ms(END)))

    driver.meanwhile = meanwhile
    run(service)

    assert driver.deleted == [row.arn for row in rows if row.id not in {gone.id, held.id, kept.id}]


@pytest.mark.long
def test_a_page_that_another_change_overtakes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an event that lost against a request has registered is taken back, what was read before is not."""
    monkeypatch.setattr(unfinished, "PAGE", 2)
    service, driver = filled("sqlite://")
    points = recovery_points.c
    with service.database.write() as connection:
        connection.execute(delete(held_points))
        due = connection.scalars(select(points.arn).where(points.expire_at < to_ms(END))).all()

    def back_up(resource: Resource, **asked: Any) -> NativeBackup:
        with service.database.write() as connection:  # as StopBackupJob while the service is asked
            stopped = update(backup_jobs).where(backup_jobs.c.state == "CREATED")
            connection.execute(stopped.values(state="ABORTING", version=backup_jobs.c.version + 1))
        return NullDriver.back_up(driver, resource, **asked)

    monkeypatch.setattr(driver, "back_up", back_up)
    run(service)

    assert set(due) <= set(driver.deleted)
    assert len(set(driver.deleted)) == len(driver.deleted)
