"""Backups that were deleted in their own service: the database says so at the next run."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from auditor.executor.database.holds import held_points
from auditor.executor.database.notifications import outbox
from auditor.executor.database.sql_tables import recovery_points
from auditor.executor.engine import reconcile
from auditor.executor.engine.scheduler import run_until
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError, Present
from auditor.executor.serving.metrics import Metrics
from auditor.executor.serving.worker import ExecutorWorker
from auditor.executor.times import to_ms
from tests.contract.executor.native_backups import (
    ACCOUNT,
    KINDS,
    LATER,
    REGION,
    START,
    Native,
    back_up,
    described,
    gone,
    in_vault,
    only_what_was_deleted_is_gone,
    stack,
    volume,
)
from tests.contract.executor.world import World


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_that_was_deleted_in_its_service_is_gone(
    world: World, kind: Callable[[Any], Native]
) -> None:
    """It is not in its vault, and it is said why; the others stay as they are."""
    only_what_was_deleted_is_gone(world, kind)


def test_a_nested_backup_that_is_gone_makes_its_composite_partial(world: World) -> None:
    """The composite has nothing of its own to be looked for."""
    world.backup().create_backup_vault(BackupVaultName="night")
    resource, delete = stack(world)
    composite = back_up(world, resource)
    points = world.backup().list_recovery_points_by_backup_vault(
        BackupVaultName="night", ByParentRecoveryPointArn=composite
    )["RecoveryPoints"]
    (template,) = [point["RecoveryPointArn"] for point in points]
    delete(template)
    world.run(LATER)

    assert described(world, template) == gone(template, START + timedelta(hours=2))
    assert described(world, composite) == "PARTIAL"


def locked(world: World, **lock: int) -> None:
    """Make the vault `night` and lock it."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    backup.put_backup_vault_lock_configuration(BackupVaultName="night", MinRetentionDays=7, **lock)


def test_under_a_compliance_lock_the_deletion_is_seen(world: World) -> None:
    """What nobody could delete through AWS Backup is gone all the same; that is known until its end."""
    locked(world, ChangeableForDays=3)
    resource, delete = volume(world)
    point = back_up(world, resource)
    world.run(START + timedelta(days=4))
    assert in_vault(world) == [point]
    delete(point)
    world.run(START + timedelta(days=4, hours=1))

    assert (in_vault(world), described(world, point)) == ([], gone(point, START + timedelta(days=4)))
    world.run(START + timedelta(days=29, hours=23))
    world.run(START + timedelta(days=30))
    assert described(world, point) == gone(point, START + timedelta(days=4))
    world.run(START + timedelta(days=31))
    world.run(START + timedelta(days=32))
    assert described(world, point) == f"Recovery point {point} does not exist in backup vault night."


def test_a_backup_that_is_back_is_what_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """As out of the Recycle Bin of EC2."""
    world.backup().create_backup_vault(BackupVaultName="night")
    resource, _ = volume(world)
    point = back_up(world, resource)
    before = world.backup().describe_recovery_point(BackupVaultName="night", RecoveryPointArn=point)
    driver = world.service.driver("EBS")
    with monkeypatch.context() as away:

        def not_there(arn: str, *_: str) -> bool:
            raise DriverError(f"{arn} does not exist.", "RESOURCE_NOT_FOUND")

        away.setattr(driver, "present", lambda *_: set())
        away.setattr(driver, "settled", not_there)
        world.run(LATER)
        assert in_vault(world) == []
    world.run(LATER + timedelta(hours=1))
    assert (in_vault(world), described(world, point)) == ([point], "COMPLETED")
    after = world.backup().describe_recovery_point(BackupVaultName="night", RecoveryPointArn=point)
    assert {**after, "ResponseMetadata": None} == {**before, "ResponseMetadata": None}
    world.run(START + timedelta(days=31))
    assert in_vault(world) == []


def test_what_is_gone_keeps_its_number(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later recovery point gets another one: no hold passes to it, and the first one can come back."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    resource, _ = volume(world)
    first = back_up(world, resource)
    chosen = {"VaultNames": ["night"]}
    hold = backup.create_legal_hold(Title="t", Description="d", RecoveryPointSelection=chosen)["LegalHoldId"]

    def held() -> list[str]:
        found = backup.list_recovery_points_by_legal_hold(LegalHoldId=hold)["RecoveryPoints"]
        return [point["RecoveryPointArn"] for point in found]

    driver = world.service.driver("EBS")
    with monkeypatch.context() as away:

        def not_there(arn: str, *_: str) -> bool:
            raise DriverError(f"{arn} does not exist.", "RESOURCE_NOT_FOUND")

        away.setattr(driver, "present", lambda arns, *_: set(arns) - {first})
        away.setattr(driver, "settled", not_there)
        world.run(LATER)
        assert (in_vault(world), held()) == ([], [])
        away.undo()
        away.setattr(driver, "present", lambda arns, *_: set(arns) - {first})
        second = back_up(world, resource)
        assert held() == []
        world.run(START + timedelta(days=32))  # its time is over, and the hold is on it
    world.run(START + timedelta(days=33))
    assert (in_vault(world), held()) == (sorted([first, second]), [first])


@pytest.mark.parametrize("held", [True, False])
def test_what_is_gone_is_kept_for_a_hold_on_its_composite(world: World, *, held: bool) -> None:
    """The hold names the stack's composite alone; without one it is forgotten at its end."""
    world.backup().create_backup_vault(BackupVaultName="night")
    resource, delete = stack(world)
    composite = back_up(world, resource)
    points = world.backup().list_recovery_points_by_backup_vault(
        BackupVaultName="night", ByParentRecoveryPointArn=composite
    )["RecoveryPoints"]
    (template,) = [point["RecoveryPointArn"] for point in points]
    if held:
        with world.service.database.write() as connection:
            number = connection.scalar(select(recovery_points.c.id).filter_by(arn=composite))
            connection.execute(held_points.insert().values(hold_id="h", point_id=number, since=1))
    delete(template)
    world.run(LATER)
    world.run(START + timedelta(days=32))
    world.run(START + timedelta(days=33))
    assert (reconcile.GONE in described(world, template)) is held


@pytest.mark.parametrize("transient", [True, False])
def test_a_list_that_is_wrong_or_fails_changes_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, *, transient: bool
) -> None:
    """What a list lacks is asked about by itself; a list that cannot be read is told as a failure."""
    world.backup().create_backup_vault(BackupVaultName="night")
    resource, _ = volume(world)
    point = back_up(world, resource)
    driver = world.service.driver("EBS")
    monkeypatch.setattr(driver, "present", lambda *_: set())
    world.run(LATER)
    assert described(world, point) == "COMPLETED"

    def denied(*_: Any) -> set[str]:
        raise DriverError("Not authorized.", "ACCESS_DENIED", transient=transient)

    monkeypatch.setattr(driver, "present", denied)
    with pytest.raises(
        DriverError, match=r"Recovery points of EBS could not be looked for: Not authorized\."
    ):
        world.run(LATER + timedelta(hours=1))
    assert described(world, point) == "COMPLETED"


@pytest.mark.parametrize("count", [999, 1000, 1001, 2000, 6000])
def test_what_a_list_lacks_is_asked_about_in_turn(count: int) -> None:
    """All of it where that is few, else each of it in some run, however often the executor runs."""
    arns = [f"arn:{number}" for number in range(count)]
    for minutes in (10, 60, 1440):
        times = [to_ms(START + number * timedelta(minutes=minutes)) for number in range(60)]
        asked = [reconcile.some_of(arns, moment) for moment in times]
        assert {len(set(some)) for some in asked} == {min(count, reconcile.ASKED)}
        assert set().union(*asked) == set(arns)


def test_it_is_looked_every_ten_minutes_at_most(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One list for all recovery points of a type; none for types without any."""
    world.backup().create_backup_vault(BackupVaultName="night")
    resource, _ = volume(world)
    back_up(world, resource)
    looked: list[datetime] = []
    driver = world.service.driver("EBS")
    assert isinstance(driver, Present)
    present = driver.present

    def counted(*arguments: Any) -> set[str]:
        looked.append(datetime.now(UTC))
        return set(present(*arguments))

    def unwanted(*_: Any) -> set[str]:
        raise AssertionError("there is no recovery point of this type")

    monkeypatch.setattr(driver, "present", counted)
    monkeypatch.setattr(world.service.driver("EC2"), "present", unwanted)
    world.run(LATER)
    for minutes in (9, 10, 11):
        world.run(LATER + timedelta(minutes=minutes))
        world.traveller.move_to(LATER + timedelta(minutes=minutes))
    world.run(LATER + timedelta(minutes=20))

    assert looked == [START + timedelta(hours=2), LATER, LATER + timedelta(minutes=10)]


def test_it_is_told_to_topics_and_reported(world: World) -> None:
    """Which recovery point it is, in which vault, and whether that is locked."""
    locked(world, ChangeableForDays=3)
    resource, delete = volume(world)
    point = back_up(world, resource)
    topic = world.moto_client("sns", REGION).create_topic(Name="told")["TopicArn"]
    world.backup().put_backup_vault_notifications(
        BackupVaultName="night", SNSTopicArn=topic, BackupVaultEvents=["RECOVERY_POINT_MODIFIED"]
    )
    delete(point)
    told: list[dict[str, Any]] = []
    scope = AccountRegion(ACCOUNT, REGION, "aws")
    world.traveller.move_to(LATER)
    run_until(
        world.service, scope, LATER, report=lambda event, **fields: told.append({"event": event, **fields})
    )
    with world.service.database.read() as connection:
        messages = [orjson.loads(row.message) for row in connection.execute(select(outbox))]

    assert [each for each in told if each["event"] == reconcile.LOST] == [
        {
            "event": "recovery point gone",
            "account_id": ACCOUNT,
            "region": REGION,
            "recovery_point_arn": point,
            "resource_type": "EBS",
            "vault_name": "night",
            "locked": True,
        }
    ]
    (message,) = messages
    assert message["Message"] == (
        f"An AWS Backup recovery point was modified. Recovery point ARN: {point} "
        f"{reconcile.GONE}, found at {LATER:%Y-%m-%dT%H:%M:%SZ}."
    )


class Locking:
    """What EBS is asked to lock; it refuses the recovery points in `refused`."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.asked: list[dict[str, datetime | None]] = []

    def __call__(self, until: dict[str, datetime | None], *_: str) -> dict[str, str]:
        """Take them."""
        self.asked.append(until)
        return dict.fromkeys(self.refused, "You may not.")


def test_a_compliance_lock_in_force_has_the_service_lock(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its lock date on, until the recovery point's end, and only what has a day or more to go."""
    locked(world, ChangeableForDays=3)
    resource, _ = volume(world)
    locking = Locking()
    monkeypatch.setattr(world.service.driver("EBS"), "lock", locking)
    point = back_up(world, resource)
    world.run(START + timedelta(days=2, hours=23))
    world.run(START + timedelta(days=3, minutes=-1))
    assert locking.asked == []
    for days in (3, 28, 29):
        world.traveller.move_to(START + timedelta(days=days))
        world.run(START + timedelta(days=days))

    assert locking.asked == [{point: START + timedelta(days=30)}] * 2


@pytest.mark.parametrize("lock", [None, {}])
def test_no_other_lock_has(
    world: World, monkeypatch: pytest.MonkeyPatch, lock: dict[str, int] | None
) -> None:
    """A governance lock can be lifted, and no lock is no lock."""
    if lock is None:
        world.backup().create_backup_vault(BackupVaultName="night")
    else:
        locked(world, **lock)
    locking = Locking()
    monkeypatch.setattr(world.service.driver("EBS"), "lock", locking)
    back_up(world, volume(world)[0])
    world.run(LATER)
    world.run(LATER + timedelta(days=1))
    assert locking.asked == []


def test_a_lock_that_the_service_refuses_is_reported(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run does not fail for it, and asks again."""
    locked(world, ChangeableForDays=3)
    point = back_up(world, volume(world)[0])
    monkeypatch.setattr(world.service.driver("EBS"), "lock", Locking(point))
    told: list[tuple[str, str]] = []
    world.traveller.move_to(LATER)
    scope = AccountRegion(ACCOUNT, REGION, "aws")
    run_until(
        world.service, scope, LATER, report=lambda event, **fields: told.append((event, fields["reason"]))
    )

    assert told == [("native lock refused", "You may not.")]


def test_locks_that_are_not_finished_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """In one line of the log, which is no error; nothing is said where all is locked."""
    locked(world, ChangeableForDays=3)
    resource, _ = volume(world)
    left: dict[str, str | None] = {back_up(world, resource): None, back_up(world, resource): None}
    monkeypatch.setattr(world.service.driver("EBS"), "lock", lambda *_: left)
    caplog.set_level("INFO", "auditor.serving")
    for later in (LATER, LATER + timedelta(hours=1)):
        world.traveller.move_to(later)
        assert ExecutorWorker(world.service).run(later)[1] == {}
        left.clear()
    (line,) = [record for record in caplog.records if record.getMessage() == reconcile.UNFINISHED]

    assert (line.levelname, vars(line)["fields"]["recovery_points"]) == ("INFO", 2)


def test_the_engine_counts_and_logs_what_is_gone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """No label names an account or a resource; the line of the log does."""
    locked(world, ChangeableForDays=3)
    resource, delete = volume(world)
    point = back_up(world, resource)
    delete(point)
    world.traveller.move_to(LATER)
    metrics = Metrics(world.service.database)
    caplog.set_level("INFO", "auditor.serving")
    _, failed = ExecutorWorker(world.service, metrics).run(LATER)
    sample = 'reconciled_total{event="recovery point gone",locked="true",resource_type="EBS"} 1.0'

    assert failed == {}
    assert sample in metrics.page().decode()
    (line,) = [record for record in caplog.records if record.getMessage() == reconcile.LOST]
    assert vars(line)["fields"]["recovery_point_arn"] == point
    assert line.levelname == "ERROR"
