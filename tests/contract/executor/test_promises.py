"""Random operations and time against a simple model: no lock and no hold is ever violated, no composite lies.

The model knows, of each recovery point, when it may go at the earliest. It is asked after every step.
"""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

import orjson
import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from moto import mock_aws
from moto.moto_api._internal import mock_random

from auditor.executor.api.errors import ServiceError
from auditor.executor.app import BackupService
from auditor.executor.database.database import Database
from auditor.executor.drivers import make_drivers
from auditor.executor.engine.scheduler import run_all
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import AccountRegion
from tests import quick_moto

ACCOUNT = "123456789012"
HERE = AccountRegion(ACCOUNT, "eu-west-1", "aws")
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
VAULTS = ("one", "two")
DAY = timedelta(days=1)
ENDED = {"COMPLETED", "FAILED", "EXPIRED", "ABORTED", "PARTIAL"}
DISK = {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "eu-west-1a", "Size": 1}}


def chosen(named: Iterable[str], which: int) -> str:
    """One of some names, in a stable order."""
    found = sorted(named)
    return found[which % len(found)]


def nested_in(points: dict[str, dict[str, Any]], arn: str) -> list[dict[str, Any]]:
    """The recovery points that are nested in a composite."""
    return [point for point in points.values() if point.get("ParentRecoveryPointArn") == arn]


def ends_at(point: dict[str, Any]) -> float:
    """When a recovery point's retention ends, in seconds since 1970."""
    return float(point.get("CalculatedLifecycle", {}).get("DeleteAt", "inf"))


def snapshots(arns: Iterable[str]) -> set[str]:
    """The ids of the snapshots behind recovery points."""
    return {arn.split("/")[1] for arn in arns if ":snapshot/" in arn}


class Promises(RuleBasedStateMachine):
    """Two vaults and a stack of two volumes; backups, copies, locks, holds, deletions, time."""

    holds_made = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.time = time_machine.travel(START, tick=False)
        self.traveller = self.time.start()
        self.aws = mock_aws()
        self.aws.start()
        mock_random.seed(7)
        clients: dict[tuple[str, str], Any] = {}

        def client(service: str, _account: str, region: str) -> Any:
            if (service, region) not in clients:
                clients[service, region] = quick_moto.make_client(service, region)
            return clients[service, region]

        drivers = make_drivers(client, lambda: datetime.now(UTC))
        self.service = BackupService(self.open_database(), lambda: datetime.now(UTC), drivers)
        self.ec2 = client("ec2", ACCOUNT, "eu-west-1")
        stack = client("cloudformation", ACCOUNT, "eu-west-1").create_stack(
            StackName="stack", TemplateBody=json.dumps({"Resources": {"One": DISK, "Two": DISK}})
        )
        volumes = sorted(volume["VolumeId"] for volume in self.ec2.describe_volumes()["Volumes"])
        self.resources = [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{volume}" for volume in volumes]
        self.resources.append(stack["StackId"])
        for vault in VAULTS:
            self.call("CreateBackupVault", BackupVaultName=vault)
        self.known: dict[str, dict[str, Any]] = {}
        self.locks: dict[str, dict[str, Any]] = {}
        self.holds: dict[str, set[str]] = {}
        self.may_go: set[str] = set()

    @initialize(days=st.lists(st.sampled_from([None, 1, 2, 5]), min_size=4, max_size=4))
    def begin(self, days: list[int | None]) -> None:
        """Recovery points of a volume and of the stack in both vaults."""
        for number, vault in ((0, "one"), (2, "two"), (2, "one"), (0, "two")):
            self.back_up(number, vault, days.pop(), wait=True)

    def teardown(self) -> None:
        """Give the process its clock back."""
        self.service.database.close()
        self.aws.stop()
        self.time.stop()

    def open_database(self) -> Database:
        """An empty database."""
        return Database.open()

    def call(self, name: str, **params: Any) -> Any:
        """An operation as the API calls it."""
        return OPERATIONS[name](self.service, HERE, params)

    def tried(self, name: str, **params: Any) -> bool:
        """Whether an operation is let through."""
        try:
            self.call(name, **params)
        except ServiceError:
            return False
        return True

    def listed(self, name: str, member: str, **params: Any) -> list[dict[str, Any]]:
        """Every item of a listing."""
        page = self.call(name, **params)
        assert page.member == member
        return [orjson.loads(row) for row in page.rows]

    def points(self) -> dict[str, dict[str, Any]]:
        """The recovery points by ARN."""
        found = [
            point
            for vault in VAULTS
            for point in self.listed(
                "ListRecoveryPointsByBackupVault", "RecoveryPoints", BackupVaultName=vault
            )
        ]
        return {point["RecoveryPointArn"]: point for point in found}

    def held(self, arn: str) -> bool:
        """Whether the model has a hold on the recovery point, or on the composite that has it."""
        parent = self.points()[arn].get("ParentRecoveryPointArn")
        return any({arn, parent} & points for points in self.holds.values())

    @rule(
        which=st.integers(0, 2),
        vault=st.sampled_from(VAULTS),
        days=st.sampled_from([None, 1, 2, 5]),
        wait=st.booleans(),
    )
    def back_up(self, which: int, vault: str, days: int | None, *, wait: bool) -> None:
        """Start a backup, and perhaps let it end."""
        lifecycle = {} if days is None else {"Lifecycle": {"DeleteAfterDays": days}}
        named = {"BackupVaultName": vault, "ResourceArn": self.resources[which], "IamRoleArn": ROLE}
        self.call("StartBackupJob", **named, **lifecycle)
        if wait:
            self.pass_time(1)

    @rule(which=st.integers(0, 9), vault=st.sampled_from(VAULTS), wait=st.booleans())
    def copy(self, which: int, vault: str, *, wait: bool) -> None:
        """Copy a recovery point into a vault, and perhaps let it arrive: not when its retention is over."""
        points = self.points()
        if points:
            arn = chosen(points, which)
            days = points[arn].get("Lifecycle", {}).get("DeleteAfterDays")
            ends = points[arn]["CreationDate"] + (days or inf) * DAY.total_seconds()
            done = self.tried(
                "StartCopyJob",
                RecoveryPointArn=arn,
                SourceBackupVaultName=points[arn]["BackupVaultName"],
                DestinationBackupVaultArn=HERE.arn(f"backup-vault:{vault}"),
                IamRoleArn=ROLE,
            )
            assert done is (ends > datetime.now(UTC).timestamp())  # under a hold it is still there
            if wait:
                self.pass_time(1)

    @rule(which=st.integers(0, 9))
    def stop(self, which: int) -> None:
        """Stop a job: only one that has not ended can be."""
        jobs = {job["BackupJobId"]: job["State"] for job in self.listed("ListBackupJobs", "BackupJobs")}
        if jobs:
            job = chosen(jobs, which)
            assert self.tried("StopBackupJob", BackupJobId=job) is (jobs[job] not in ENDED)

    @rule(
        vault=st.sampled_from(VAULTS),
        low=st.sampled_from([None, 1, 2]),
        high=st.sampled_from([None, 2, 9]),
        grace=st.sampled_from([None, 3]),
    )
    def lock(self, vault: str, low: int | None, high: int | None, grace: int | None) -> None:
        """Lock a vault or change its lock: not after its date."""
        days = {"MinRetentionDays": low, "MaxRetentionDays": high, "ChangeableForDays": grace}
        given = {key: value for key, value in days.items() if value is not None}
        done = self.tried("PutBackupVaultLockConfiguration", BackupVaultName=vault, **given)
        assert done is not self.immutable(vault)
        if done:
            date = None if grace is None else datetime.now(UTC) + grace * DAY
            self.locks[vault] = {"low": low, "high": high, "date": date}

    @rule(vault=st.sampled_from(VAULTS))
    def unlock(self, vault: str) -> None:
        """Remove a lock: not after its date."""
        done = self.tried("DeleteBackupVaultLockConfiguration", BackupVaultName=vault)
        assert done is not self.immutable(vault)
        if done:
            self.locks.pop(vault, None)

    def immutable(self, vault: str) -> bool:
        """Whether the vault's lock date has come."""
        date = self.locks.get(vault, {}).get("date")
        return date is not None and date <= datetime.now(UTC)

    @rule(target=holds_made, vaults=st.sampled_from([("one",), ("two",), VAULTS]))
    def hold(self, vaults: tuple[str, ...]) -> Any:
        """Hold everything in some vaults."""
        if len(self.holds) >= 50:
            return multiple()
        request = {"Title": "t", "Description": "d", "RecoveryPointSelection": {"VaultNames": list(vaults)}}
        hold = self.call("CreateLegalHold", **request)["LegalHoldId"]
        self.holds[hold] = {
            arn
            for arn, point in self.points().items()
            if point["BackupVaultName"] in vaults and point["Status"] in {"COMPLETED", "PARTIAL"}
        }
        return hold

    @rule(hold=holds_made)
    def release(self, hold: str) -> None:
        """Cancel a hold, once."""
        done = self.tried("CancelLegalHold", LegalHoldId=hold, CancelDescription="d")
        assert done is (hold in self.holds)
        self.holds.pop(hold, None)

    @rule(which=st.integers(0, 9))
    def delete(self, which: int) -> None:
        """Delete a recovery point: not under a lock or a hold, and not while others are nested in it."""
        points = self.points()
        if points:
            arn = chosen(points, which)
            vault = points[arn]["BackupVaultName"]
            kept = vault in self.locks or self.held(arn) or bool(nested_in(points, arn))
            done = self.tried("DeleteRecoveryPoint", BackupVaultName=vault, RecoveryPointArn=arn)
            assert done is not kept
            if done:
                self.may_go.add(arn)

    @rule(which=st.integers(0, 9), days=st.sampled_from([1, 3, 9]))
    def change_lifecycle(self, which: int, days: int) -> None:
        """Change when a recovery point goes: not under a lock, and not when a composite does."""
        points = self.points()
        if points:
            arn = chosen(points, which)
            named = {"BackupVaultName": points[arn]["BackupVaultName"], "RecoveryPointArn": arn}
            done = self.tried("UpdateRecoveryPointLifecycle", **named, Lifecycle={"DeleteAfterDays": days})
            assert done is (named["BackupVaultName"] not in self.locks and not points[arn]["IsParent"])

    @rule(which=st.integers(0, 9))
    def take_out(self, which: int) -> None:
        """Take a recovery point out of its composite: not under a hold."""
        points = self.points()
        if points:
            arn = chosen(points, which)
            named = {"BackupVaultName": points[arn]["BackupVaultName"], "RecoveryPointArn": arn}
            nested = "ParentRecoveryPointArn" in points[arn] and not self.held(arn)
            assert self.tried("DisassociateRecoveryPointFromParent", **named) is nested

    @rule(vault=st.sampled_from(VAULTS))
    def empty_only(self, vault: str) -> None:
        """A vault that has recovery points is not deleted."""
        if any(point["BackupVaultName"] == vault for point in self.points().values()):
            assert not self.tried("DeleteBackupVault", BackupVaultName=vault)

    @rule(hours=st.sampled_from([0.01, 0.2, 1, 8, 24, 48, 96]))
    def pass_time(self, hours: float) -> None:
        """Let the engine run; what it deletes was due and under no hold, what it makes obeys the locks."""
        before = self.points()
        held = {arn for arn in before if self.held(arn)}
        run_all(self.service, datetime.now(UTC) + timedelta(hours=hours), set_time=self.traveller.move_to)
        now, after = datetime.now(UTC), self.points()
        for arn, point in before.items():
            if arn not in after:
                assert arn not in held
                assert point["CalculatedLifecycle"]["DeleteAt"] <= now.timestamp()
                self.may_go.add(arn)
        for arn in after.keys() - before.keys():
            self.check_lock(after[arn])

    def check_lock(self, point: dict[str, Any]) -> None:
        """A new recovery point's retention is within its vault's lock."""
        lock, days = (
            self.locks.get(point["BackupVaultName"], {}),
            point.get("Lifecycle", {}).get("DeleteAfterDays"),
        )
        if lock.get("low") is not None:
            assert days is None or days >= lock["low"]
        if lock.get("high") is not None:
            assert days is not None
            assert days <= lock["high"]

    @invariant()
    def nothing_is_lost(self) -> None:
        """Every recovery point ever seen is there with its snapshot, or had its reason to go."""
        points = self.points()
        native = {s["SnapshotId"] for s in self.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
        assert self.known.keys() - points.keys() <= self.may_go
        assert snapshots(points) <= native
        for held in self.holds.values():
            assert held <= points.keys()
        self.known |= points

    @invariant()
    def no_orphans(self) -> None:
        """A snapshot without a recovery point belongs to a job that has not ended."""
        native = {s["SnapshotId"] for s in self.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]}
        running = [
            job.get("RecoveryPointArn") or job.get("DestinationRecoveryPointArn")
            for name, member in (("ListBackupJobs", "BackupJobs"), ("ListCopyJobs", "CopyJobs"))
            for job in self.listed(name, member)
            if job["State"] not in ENDED
        ]
        assert native <= snapshots([*self.points(), *filter(None, running)])

    @invariant()
    def composites_are_what_they_say(self) -> None:
        """One that is COMPLETED has all that belongs to it, and none ends before what is nested in it."""
        points = self.points()
        for arn, point in points.items():
            ends = [ends_at(one) for one in nested_in(points, arn)]
            if point["IsParent"]:
                assert point["Status"] == "PARTIAL" or len(ends) == len(self.resources)
                assert not ends or ends_at(point) >= max(ends)

    @invariant()
    def one_running_job_a_resource(self) -> None:
        """Backup and copy jobs of one resource follow one another (aws-backup.md 1.5)."""
        jobs = self.listed("ListBackupJobs", "BackupJobs", ByState="RUNNING")
        jobs += self.listed("ListCopyJobs", "CopyJobs", ByState="RUNNING")
        busy = [(job["ResourceArn"], job["IsParent"]) for job in jobs]
        assert len(busy) == len(set(busy))


@pytest.fixture(autouse=True)
def _few_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")


STEPS = settings(
    max_examples=2,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
TestPromises: Callable[[], Any] = Promises.TestCase
TestPromises.settings = STEPS  # type: ignore[attr-defined]  # Hypothesis's way


@pytest.mark.long
def test_promises_of_many_histories() -> None:
    """They hold for more and longer ones."""
    run_state_machine_as_test(Promises, settings=settings(STEPS, max_examples=40, stateful_step_count=50))


@pytest.mark.long
@pytest.mark.postgres
def test_promises_on_postgresql(postgres_database: tuple[str, Callable[[], object]]) -> None:
    """They hold on PostgreSQL as well."""
    url, empty = postgres_database

    class OnPostgres(Promises):
        def open_database(self) -> Database:
            empty()
            return Database.open(url)

    run_state_machine_as_test(OnPostgres, settings=settings(STEPS, max_examples=2))
    empty()
