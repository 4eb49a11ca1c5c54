"""Killed at any moment and started again, the executor loses nothing, doubles nothing and leaves nothing."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from auditor.aws.session import Credentials, make_client
from auditor.executor.database import sql_tables
from auditor.executor.database.database import Database
from auditor.executor.engine.points import EXPIRY_SPREAD_MS
from auditor.executor.operations import plans, selections, vaults
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.serving.worker import LEASE_MS
from auditor.executor.simulation.drivers import null_drivers
from auditor.executor.store.objects import bucket_name
from auditor.executor.times import to_ms

ACCOUNT = "123456789012"
REGION, OTHER = "eu-west-1", "eu-central-1"
WORKER = Path(__file__).with_name("worker_that_is_killed.py")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
#: Two days on, also for a test that runs over midnight: what moto made just now is older than any backup.
START = datetime.combine(datetime.now(UTC).date(), clock_time(), UTC) + timedelta(days=2)
#: How many hours go by, and how many kills that takes at least: in many, recovery points expire.
LENGTHS = pytest.mark.parametrize(
    ("hours", "enough"),
    [pytest.param(4, 10, id="some"), pytest.param(34, 200, id="many", marks=pytest.mark.long)],
)
#: Likewise, with how many half hours at least one of two was killed in.
LENGTHS_OF_TWO = pytest.mark.parametrize(
    ("hours", "enough", "often"),
    [pytest.param(2, 5, 1, id="some"), pytest.param(8, 40, 5, id="many", marks=pytest.mark.long)],
)
ATTEMPTS = 8
RESOURCES = 4
OBJECTS = 3
LEASED_MS = 400


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
    """A database, the services' own APIs behind a socket, and a plan that makes backups and copies."""

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
        """Every row of a table of the database."""
        database = Database.open(self.url)
        with database.read() as connection:
            found = list(connection.execute(select(table)))
        database.close()
        return found

    def natives(self) -> Counter[tuple[str, str]]:
        """Region and name of each native backup that there is, however it came about."""
        found: Counter[tuple[str, str]] = Counter()
        for region in (REGION, OTHER):
            snapshots = self.client("ec2", region).describe_snapshots(OwnerIds=["self"])["Snapshots"]
            found.update((region, snapshot["SnapshotId"]) for snapshot in snapshots)
            tables_of = self.client("dynamodb", region).list_backups()["BackupSummaries"]
            found.update((region, row["BackupArn"].rsplit("/", 1)[1]) for row in tables_of)
            names = {key.split("/")[0] for key in self.stored(region)}
            found.update((region, name) for name in names - {"groups"})
        return found

    def stored(self, region: str) -> set[str]:
        """The keys of the executor's own bucket."""
        s3 = self.client("s3", region)
        if bucket_name(ACCOUNT, region) not in {row["Name"] for row in s3.list_buckets()["Buckets"]}:
            return set()
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket_name(ACCOUNT, region))
        return {item["Key"] for page in pages for item in page.get("Contents", ())}

    def points(self) -> Counter[tuple[str, str]]:
        """Region and native name of each recovery point and of each backup that a job still makes."""
        found = Counter((row.region, _name(row.arn)) for row in self.rows(sql_tables.recovery_points))
        for table in (sql_tables.backup_jobs, sql_tables.copy_jobs):
            for row in self.rows(table):
                native = orjson.loads(row.work)["native"]
                if row.next_at is not None and row.state != "COMPLETED" and native is not None:
                    region = row.region
                    if table is sql_tables.copy_jobs:
                        region = row.destination_vault_arn.split(":")[3]
                    found[region, _name(native["arn"])] += 1
        return found


def _name(arn: str) -> str:
    """What a native backup is called in its service; what lies in the bucket ends with the job's id."""
    name = arn.replace("/", ":").rsplit(":", 1)[1]
    return name[-36:] if ":recovery-point:" in arn else name


def _plans(url: str, regions: Iterable[str]) -> None:
    """A vault in either Region; in `regions` a plan: every two hours, kept for a day, copied to the other."""
    database = Database.open(url)
    service = BackupService(database, lambda: START, null_drivers({}, {}, "aws"))
    for region in (REGION, OTHER):
        vaults.create_backup_vault(
            service, AccountRegion(ACCOUNT, region, "aws"), {"BackupVaultName": "vault"}
        )
    for region in regions:
        scope, other = AccountRegion(ACCOUNT, region, "aws"), ({REGION, OTHER} - {region}).pop()
        rule = {
            "RuleName": "often",
            "TargetBackupVaultName": "vault",
            "ScheduleExpression": "cron(0 0/2 ? * * *)",
            "StartWindowMinutes": 120,
            "Lifecycle": {"DeleteAfterDays": 1},
            "CopyActions": [
                {"DestinationBackupVaultArn": AccountRegion(ACCOUNT, other, "aws").arn("backup-vault:vault")}
            ],
        }
        plan = {"BackupPlanName": "often", "Rules": [rule]}
        made = plans.create_backup_plan(service, scope, {"BackupPlan": plan})
        everything = {"SelectionName": "all", "IamRoleArn": ROLE, "Resources": ["*"]}
        selections.create_backup_selection(
            service, scope, {"BackupPlanId": made["BackupPlanId"], "BackupSelection": everything}
        )
    database.close()


def _volumes(world: Killable, region: str, count: int) -> None:
    for _ in range(count):
        world.client("ec2", region).create_volume(AvailabilityZone=f"{region}a", Size=1)


def _table_and_bucket(world: Killable) -> None:
    """A table, and a bucket with versions."""
    world.client("dynamodb").create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    s3 = world.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    for number in range(OBJECTS):
        s3.put_object(Bucket="bucket", Key=f"object-{number}", Body=b"content")


@pytest.mark.long
@LENGTHS
def test_no_moment_is_a_bad_one_to_be_killed_at(
    empty_moto: str, tmp_path: Path, hours: int, enough: int
) -> None:
    """Kills at any call of the engine: backups, copies and deletions come out as without them."""
    world = Killable(f"sqlite:///{tmp_path / 'executor.db'}", empty_moto)
    _volumes(world, REGION, RESOURCES - 2)
    _table_and_bucket(world)
    _plans(world.url, [REGION])
    drawn = random.Random(20_260_105)  # noqa: S311 -- the same kills in every run
    kills, now, whole = 0, START, 20_000
    end = START + timedelta(hours=hours)
    worker = Worker(world.url, world.endpoint)
    while now < end:
        now += timedelta(hours=1)
        for _ in range(ATTEMPTS):
            answer = worker.run(now, drawn.randrange(1, whole * 2 // 3))
            if not answer["killed"]:
                break
            kills += 1
        else:
            answer = worker.run(now)
        whole = answer["calls"]
        assert answer["failed"] == {}
        assert world.natives() == world.points()
    worker.close()
    content = [key for region in (REGION, OTHER) for key in world.stored(region) if "/content/" in key]
    assert len(content) == 2 * OBJECTS

    assert kills >= enough
    due = {to_ms(START + timedelta(hours=hour)) for hour in range(0, hours, 2)}
    backups, copied = world.rows(sql_tables.backup_jobs), world.rows(sql_tables.copy_jobs)
    made = Counter((row.created, row.resource_arn) for row in backups)
    assert made == Counter({(hour, arn): 1 for hour in due for arn in {row.resource_arn for row in backups}})
    assert len(made) == len(due) * RESOURCES
    assert len({row.source_recovery_point_arn for row in copied}) == len(copied)
    assert {row.state for row in copied} <= {"CREATED", "RUNNING", "COMPLETED"}
    kept = {row.created for row in world.rows(sql_tables.recovery_points)}
    longest = timedelta(days=1, milliseconds=EXPIRY_SPREAD_MS)
    assert (min(kept) > min(due)) == (end - longest > START)
    assert min(kept) >= to_ms(end - longest)


@pytest.mark.long
@pytest.mark.postgres
@LENGTHS_OF_TWO
def test_two_executors_share_the_work_and_take_over_from_each_other(
    empty_moto: str, postgres_url: str, hours: int, enough: int, often: int
) -> None:
    """On one PostgreSQL, both killed time and again: each place has one at a time, and no job runs twice."""
    world = Killable(postgres_url, empty_moto)
    for region in (REGION, OTHER):
        _volumes(world, region, 2)
    _plans(world.url, (REGION, OTHER))
    drawn = random.Random(20_260_106)  # noqa: S311 -- the same kills in every run
    workers = [Worker(world.url, empty_moto, lease_ms=LEASED_MS) for _ in range(2)]
    kills, taken_over, now, whole, changed = 0, 0, START, 20_000, Counter[int]()
    while now < START + timedelta(hours=hours):
        now += timedelta(minutes=30)
        died = False
        for _ in range(ATTEMPTS // 2):
            for worker in workers:
                worker.send(now, drawn.randrange(1, whole * 4 // 3))
            answers = [worker.answer() for worker in workers]
            assert [answer.get("failed", {}) for answer in answers] == [{}, {}]
            for number, answer in enumerate(answers):
                kills += answer["killed"]
                died = died or answer["killed"]
                changed[number] += answer.get("changed", 0)
        whole = _left_to_one(world, workers[0], now)
        taken_over += died
        assert world.natives() == world.points()
    for worker in workers:
        worker.close()

    backups = world.rows(sql_tables.backup_jobs)
    assert (kills >= enough, taken_over >= often, len(+changed)) == (True, True, 2)
    made = Counter((row.created, row.resource_arn) for row in backups)
    assert set(made.values()) == {1}
    assert len(made) == hours // 2 * 4
    assert {row.state for row in backups} <= {"CREATED", "RUNNING", "COMPLETED"}


def _left_to_one(world: Killable, worker: Worker, until: datetime) -> int:
    """Have one worker run all that is due, as soon as dead ones' leases have ended; gives its calls."""
    calls = 0
    while {row.ran_until for row in world.rows(sql_tables.progress)} != {to_ms(until)}:
        time.sleep(LEASED_MS / 1000)
        answer = worker.run(until)
        assert answer["failed"] == {}
        calls = max(calls, answer["calls"])
    return max(calls, 5_000)
