"""Killed at any moment and started again, the executor loses nothing, doubles nothing and leaves nothing."""

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import select

from auditor.aws.session import Credentials, make_client
from auditor.executor.catalog import tables
from auditor.executor.catalog.catalog import Catalog
from auditor.executor.engine.points import EXPIRY_SPREAD_MS
from auditor.executor.operations import plans, selections, vaults
from auditor.executor.scope import Scope
from auditor.executor.service import BackupService
from auditor.executor.services.store import bucket_name
from auditor.executor.serving.engine import LEASE_MS
from auditor.executor.simulation.drivers import null_drivers
from auditor.executor.times import to_ms

ACCOUNT = "123456789012"
REGION, OTHER = "eu-west-1", "eu-central-1"
WORKER = Path(__file__).with_name("worker_that_is_killed.py")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
#: The hour to come: what moto made just now is older than any backup.
START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
#: Long enough for the first recovery points to expire.
HOURS = 34
ATTEMPTS = 5
RESOURCES = 4
KILLS = 200


class Worker:
    """A process that runs the engine in forks of its own, each of which may be killed."""

    def __init__(self, url: str, endpoint: str, *, lease_ms: int = LEASE_MS) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(WORKER), url, endpoint, str(lease_ms)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def send(self, until: datetime, kill_at: int = 0) -> None:
        """Start a run."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"until": until.timestamp(), "kill_at": kill_at}) + "\n")
        self._process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """Wait for the run's end."""
        assert self._process.stdout is not None
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def run(self, until: datetime, kill_at: int = 0) -> dict[str, Any]:
        """Run the engine up to `until`, or up to its `kill_at`-th call."""
        self.send(until, kill_at)
        return self.answer()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


@dataclass
class Killable:
    """A catalog, the services' own APIs behind a socket, and a plan that makes backups and copies."""

    url: str
    endpoint: str
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def client(self, service: str, region: str = REGION) -> Any:
        """A client of a service's own API."""
        if (service, region) not in self._clients:
            self._clients[service, region] = make_client(
                service, region, credentials=Credentials("testing", "testing"), endpoint_url=self.endpoint
            )
        return self._clients[service, region]

    def rows(self, table: Any) -> list[Any]:
        """Every row of a table of the catalog."""
        catalog = Catalog.open(self.url)
        with catalog.read() as connection:
            found = list(connection.execute(select(table)))
        catalog.close()
        return found

    def natives(self) -> Counter[tuple[str, str]]:
        """Region and name of each native backup that there is, however it came about."""
        found: Counter[tuple[str, str]] = Counter()
        for region in (REGION, OTHER):
            snapshots = self.client("ec2", region).describe_snapshots(OwnerIds=["self"])["Snapshots"]
            found.update((region, snapshot["SnapshotId"]) for snapshot in snapshots)
            tables_of = self.client("dynamodb", region).list_backups()["BackupSummaries"]
            found.update((region, row["BackupArn"].rsplit("/", 1)[1]) for row in tables_of)
            found.update((region, name) for name in self._stored(region))
        return found

    def _stored(self, region: str) -> set[str]:
        s3 = self.client("s3", region)
        if bucket_name(ACCOUNT, region) not in {row["Name"] for row in s3.list_buckets()["Buckets"]}:
            return set()
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket_name(ACCOUNT, region))
        names = {item["Key"].split("/")[0] for page in pages for item in page.get("Contents", ())}
        return names - {"jobs"}

    def points(self) -> Counter[tuple[str, str]]:
        """Region and native name of each recovery point and of each backup that a job still makes."""
        found = Counter((row.region, _name(row.arn)) for row in self.rows(tables.recovery_points))
        for table in (tables.backup_jobs, tables.copy_jobs):
            for row in self.rows(table):
                native = orjson.loads(row.work)["native"]
                if row.next_at is not None and native is not None:
                    region = row.region if table is tables.backup_jobs else OTHER
                    found[region, _name(native["arn"])] += 1
        return found


def _name(arn: str) -> str:
    return arn.replace("/", ":").rsplit(":", 1)[1]


def _plan(url: str) -> None:
    """A vault in either Region and a plan: backups and copies every hour, kept for a day."""
    catalog = Catalog.open(url)
    service = BackupService(catalog, lambda: START, null_drivers({}, {}, "aws"))
    here, there = Scope(ACCOUNT, REGION, "aws"), Scope(ACCOUNT, OTHER, "aws")
    vaults.create_backup_vault(service, here, {"BackupVaultName": "night"})
    vaults.create_backup_vault(service, there, {"BackupVaultName": "copies"})
    hourly = {
        "RuleName": "hourly",
        "TargetBackupVaultName": "night",
        "ScheduleExpression": "cron(0 * ? * * *)",
        "StartWindowMinutes": 60,
        "Lifecycle": {"DeleteAfterDays": 1},
        "CopyActions": [{"DestinationBackupVaultArn": there.arn("backup-vault:copies")}],
    }
    plan = {"BackupPlanName": "hourly", "Rules": [hourly]}
    made = plans.create_backup_plan(service, here, {"BackupPlan": plan})
    everything = {"SelectionName": "all", "IamRoleArn": ROLE, "Resources": ["*"]}
    selections.create_backup_selection(
        service, here, {"BackupPlanId": made["BackupPlanId"], "BackupSelection": everything}
    )
    catalog.close()


def _resources(world: Killable) -> None:
    """Two volumes, a table and a bucket with versions, older than the plan."""
    for _ in range(2):
        world.client("ec2").create_volume(AvailabilityZone=f"{REGION}a", Size=1)
    world.client("dynamodb").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    s3 = world.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    for number in range(3):
        s3.put_object(Bucket="bucket", Key=f"object-{number}", Body=b"content")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Killable]:
    """A catalog file at the coming hour, and moto behind a socket."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    made = Killable(f"sqlite:///{tmp_path / 'catalog.db'}", f"http://{host}:{port}")
    made.client("ec2")
    _resources(made)
    _plan(made.url)
    yield made
    server.stop()


def test_no_moment_is_a_bad_one_to_be_killed_at(world: Killable) -> None:
    """Hundreds of kills at any call of the engine: backups, copies and deletions come out as without them."""
    drawn = random.Random(20_260_105)  # noqa: S311 -- the same kills in every run
    kills, now, whole = 0, START, 20_000
    end = START + timedelta(hours=HOURS)
    worker = Worker(world.url, world.endpoint)
    while now < end:
        now += timedelta(minutes=30)
        for _ in range(ATTEMPTS):
            answer = worker.run(now, drawn.randrange(1, whole))
            if not answer["killed"]:
                break
            kills += 1
        else:
            answer = worker.run(now)
        whole = answer["calls"]
        assert answer["failed"] == {}
        assert world.natives() == world.points()
    worker.close()

    assert kills >= KILLS
    due = {to_ms(START + timedelta(hours=hour)) for hour in range(HOURS)}
    backups, copied = world.rows(tables.backup_jobs), world.rows(tables.copy_jobs)
    made = Counter((row.created, row.resource_arn) for row in backups)
    assert made == Counter({(hour, arn): 1 for hour in due for arn in {row.resource_arn for row in backups}})
    assert len(made) == HOURS * RESOURCES
    assert len({row.source_recovery_point_arn for row in copied}) == len(copied)
    assert {row.state for row in copied} <= {"CREATED", "RUNNING", "COMPLETED"}
    kept = {row.created for row in world.rows(tables.recovery_points)}
    longest = timedelta(days=1, milliseconds=EXPIRY_SPREAD_MS)
    assert min(kept) > min(due)
    assert min(kept) >= to_ms(end - longest)
