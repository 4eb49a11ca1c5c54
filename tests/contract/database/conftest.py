"""Databases on each database, empty and filled."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import moto  # noqa: F401 -- hooks into botocore sessions that are made after its import
import orjson
import pytest
import time_machine
from moto import mock_aws

from auditor.executor.api.protocol import Page
from auditor.executor.database.database import Database
from auditor.executor.drivers import make_drivers
from auditor.executor.engine.scheduler import run_all
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from tests import quick_moto

HERE = AccountRegion("123456789012", "eu-west-1", "aws")
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{HERE.account_id}:role/backup"
KINDS = ("memory", "file", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database of the kind that the test asks for."""
    if request.param == "memory":
        return "sqlite://"
    if request.param == "file":
        return f"sqlite:///{request.getfixturevalue('tmp_path')}/executor.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def new_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database that nobody has opened yet, a file or on PostgreSQL."""
    if request.param == "file":
        return f"sqlite:///{request.getfixturevalue('tmp_path')}/executor.db"
    return str(request.getfixturevalue("postgres").make())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever takes a database on each database."""
    for name, kinds in (("url", KINDS), ("new_url", KINDS[1:])):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, kinds, indirect=True)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """An empty database."""
    opened = Database.open(url)
    yield opened
    opened.close()


@dataclass
class Filling:
    """Two volumes in moto, virtual time, and a service on any database."""

    volumes: list[str]
    drivers: Any
    move_to: Callable[[datetime], None]

    def service(self, database: Database) -> BackupService:
        """A service that keeps what it knows in `database`."""
        return BackupService(database, lambda: datetime.now(UTC), self.drivers)

    def fill(self, service: BackupService) -> None:
        """Three days of everything, and something of each kind that is under way."""
        made = _declare(service)
        run_all(service, START + timedelta(days=3), set_time=self.move_to)
        page = _call(service, "ListRecoveryPointsByBackupVault", BackupVaultName="night")
        points = [orjson.loads(row)["RecoveryPointArn"] for row in page.rows]
        _hold(service)
        _call(
            service,
            "UpdateRecoveryPointLifecycle",
            BackupVaultName="night",
            RecoveryPointArn=points[0],
            Lifecycle={"DeleteAfterDays": 30},
        )
        start = {"BackupVaultName": "day", "IamRoleArn": ROLE}
        for number, volume in enumerate(self.volumes):
            job = _call(
                service, "StartBackupJob", ResourceArn=volume, IdempotencyToken=f"t-{number}", **start
            )
        _call(service, "StopBackupJob", BackupJobId=job["BackupJobId"])
        copied = {"SourceBackupVaultName": "night", "RecoveryPointArn": points[1], "IamRoleArn": ROLE}
        day = HERE.arn("backup-vault:day")
        _call(service, "StartCopyJob", DestinationBackupVaultArn=day, IdempotencyToken="copy", **copied)
        metadata = {"availabilityZone": "eu-west-1a"}
        _call(service, "StartRestoreJob", RecoveryPointArn=points[0], Metadata=metadata, IamRoleArn=ROLE)
        _call(service, "TagResource", ResourceArn=points[0], Tags={"é": "✓"})
        _call(service, "DeleteBackupPlan", BackupPlanId=made)


def _call(service: BackupService, name: str, **params: Any) -> Any:
    return OPERATIONS[name](service, HERE, params)


def _declare(service: BackupService) -> str:
    """Vaults, plans, settings and declarations; gives the id of a plan without selections."""
    for vault in ("night", "day", "locked"):
        _call(service, "CreateBackupVault", BackupVaultName=vault, BackupVaultTags={"of": vault})
    lock = {"MinRetentionDays": 30, "MaxRetentionDays": 60, "ChangeableForDays": 5}
    _call(service, "PutBackupVaultLockConfiguration", BackupVaultName="locked", **lock)
    statement = {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteRecoveryPoint", "Resource": "*"}
    policy = orjson.dumps({"Version": "2012-10-17", "Statement": [statement]}).decode()
    _call(service, "PutBackupVaultAccessPolicy", BackupVaultName="day", Policy=policy)
    rule = {"ScheduleExpression": "cron(0 1 ? * * *)", "Lifecycle": {"DeleteAfterDays": 1}}
    copy = {"DestinationBackupVaultArn": HERE.arn("backup-vault:day")}
    rules = [
        rule | {"RuleName": "kept", "TargetBackupVaultName": "night", "CopyActions": [copy]},
        rule
        | {"RuleName": "forbidden", "TargetBackupVaultName": "locked"}
        | {"ScheduleExpression": "cron(0 15 ? * * *)"},
    ]
    plan = {"BackupPlanName": "gold", "Rules": rules}
    gold = _call(service, "CreateBackupPlan", BackupPlan=plan, CreatorRequestId="c")["BackupPlanId"]
    chosen = {"SelectionName": "s", "IamRoleArn": ROLE, "Resources": ["*"]}
    _call(service, "CreateBackupSelection", BackupPlanId=gold, BackupSelection=chosen)
    _call(service, "UpdateBackupPlan", BackupPlanId=gold, BackupPlan=plan)
    other = _call(service, "CreateBackupPlan", BackupPlan=plan | {"BackupPlanName": "silver"})
    control = {"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED"}
    _call(service, "CreateFramework", FrameworkName="f", FrameworkControls=[control])
    reports = {"ReportDeliveryChannel": {"S3BucketName": "reports"}}
    template = {"ReportTemplate": "COPY_JOB_REPORT"}
    _call(service, "CreateReportPlan", ReportPlanName="p", ReportSetting=template, **reports)
    points = {"Algorithm": "LATEST_WITHIN_WINDOW", "IncludeVaults": ["*"], "RecoveryPointTypes": ["SNAPSHOT"]}
    testing = {"RestoreTestingPlanName": "t", "ScheduleExpression": "cron(0 5 ? * * *)"}
    _call(
        service, "CreateRestoreTestingPlan", RestoreTestingPlan=testing | {"RecoveryPointSelection": points}
    )
    tested = {"IamRoleArn": ROLE, "ProtectedResourceType": "EBS", "ProtectedResourceArns": ["*"]}
    tested |= {"RestoreTestingSelectionName": "s"}
    _call(
        service, "CreateRestoreTestingSelection", RestoreTestingPlanName="t", RestoreTestingSelection=tested
    )
    _call(service, "UpdateRegionSettings", ResourceTypeOptInPreference={"S3": False})
    _call(service, "UpdateGlobalSettings", GlobalSettings={"isCrossAccountBackupEnabled": "true"})
    return str(other["BackupPlanId"])


def _hold(service: BackupService) -> None:
    """One hold that stands and one that is cancelled."""
    for title, vaults in (("stands", ["night"]), ("cancelled", ["day"])):
        named = {"Title": title, "Description": title, "IdempotencyToken": title, "Tags": {"a": "b"}}
        hold = _call(service, "CreateLegalHold", RecoveryPointSelection={"VaultNames": vaults}, **named)
    _call(service, "CancelLegalHold", LegalHoldId=hold["LegalHoldId"], CancelDescription="over")


@pytest.fixture
def filling(monkeypatch: pytest.MonkeyPatch) -> Iterator[Filling]:
    """What fills a database, at 2026-01-05T00:00Z."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    clients = dict[tuple[str, str], Any]()

    def client(service: str, _account: str, region: str) -> Any:
        if (service, region) not in clients:
            clients[service, region] = quick_moto.make_client(service, region)
        return clients[service, region]

    with mock_aws(), time_machine.travel(START, tick=False) as traveller:
        ec2 = client("ec2", HERE.account_id, HERE.region)
        made = [ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)["VolumeId"] for _ in range(2)]
        volumes = [f"arn:aws:ec2:{HERE.region}:{HERE.account_id}:volume/{volume}" for volume in made]
        yield Filling(volumes, make_drivers(client, lambda: datetime.now(UTC)), traveller.move_to)


@pytest.fixture
def answers() -> Callable[[BackupService], dict[str, Any]]:
    """What the API says of everything, as `function(service)`: the answer by operation and name."""
    return _ask


def _ask(service: BackupService) -> dict[str, Any]:
    def told(name: str, **params: Any) -> Any:
        found = _call(service, name, **params)
        return [orjson.loads(row) for row in found.rows] if isinstance(found, Page) else found

    alone = [
        name
        for name in sorted(OPERATIONS)
        if name.startswith("List") and "By" not in name and name not in _OF_SOMETHING
    ]
    said = {name: told(name) for name in [*alone, "DescribeRegionSettings", "DescribeGlobalSettings"]}
    for listing, key, members in _MEMBERS:
        for row in said[listing]:
            said |= {f"{name} {row[key]}": told(name, **{key: row[key]}) for name in members}
    return said


#: Listings, the member that names a thing of them, and the operations that take that name.
_MEMBERS = (
    ("ListBackupVaults", "BackupVaultName", ("DescribeBackupVault", "ListRecoveryPointsByBackupVault")),
    ("ListBackupPlans", "BackupPlanId", ("GetBackupPlan", "ListBackupPlanVersions", "ListBackupSelections")),
    ("ListLegalHolds", "LegalHoldId", ("GetLegalHold", "ListRecoveryPointsByLegalHold")),
    ("ListProtectedResources", "ResourceArn", ("DescribeProtectedResource", "ListRecoveryPointsByResource")),
)
#: Listings of what belongs to one thing, which has to be named.
_OF_SOMETHING = {
    "ListBackupPlanVersions",
    "ListBackupSelections",
    "ListRestoreAccessBackupVaults",
    "ListRestoreTestingSelections",
    "ListTags",
}
