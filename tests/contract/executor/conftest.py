"""A backup service on loopback and boto3 clients of it; moto answers for every other service."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import time_machine
from moto import mock_aws
from moto.moto_api._internal import mock_random
from werkzeug.serving import make_server

from auditor.executor.api.protocol import Protocol
from auditor.executor.app import BackupService, make_app
from auditor.executor.database.database import Database
from auditor.executor.drivers import make_drivers
from auditor.executor.drivers.s3 import S3Driver
from auditor.executor.engine.roles import Roles
from auditor.sandbox import services as _sandbox  # noqa: F401 -- teaches moto SimulatePrincipalPolicy
from tests import quick_moto
from tests.contract.executor import on_demand, role_permissions, stacks
from tests.contract.executor.stacks import RESOURCES, Make
from tests.contract.executor.world import ACCOUNT, OTHER_REGION, REGION, START, World

# botocore's model is compiled once for all services of the process.
Protocol.load = cache(Protocol.load)  # type: ignore[method-assign]  # for the tests only


@contextmanager
def _serving(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _authenticate(environ: dict[str, Any]) -> tuple[str, str, str] | tuple[str, str, str, str]:
    """The Region of the credential scope; the key is `account+role`, or of the first account."""
    key, _, region, *_ = environ["HTTP_AUTHORIZATION"].split("Credential=")[1].split("/")
    account, _, role = key.partition("+")
    if role:
        return account, region, "aws", f"arn:aws:sts::{account}:assumed-role/{role}/session"
    return account if account.isdigit() else ACCOUNT, region, "aws"


@pytest.fixture
def hourly_looks() -> Iterator[None]:
    """Continuous backups of buckets are looked at once an hour: a day is 24 looks and not 288."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(S3Driver, "look_ms", 3_600_000)
        yield


@contextmanager
def _world(database_url: str, **native: Any) -> Iterator[World]:
    """A world; `native` says of which file systems and gateways drivers know."""
    mock_random.seed(20260105)
    clients: dict[tuple[str, str], Any] = {}

    def moto_client(service: str, region: str) -> Any:
        if (service, region) not in clients:
            clients[service, region] = quick_moto.make_client(service, region)
        return clients[service, region]

    with mock_aws(), time_machine.travel(START, tick=False) as traveller:
        drivers = make_drivers(
            lambda service, _account, region: moto_client(service, region),
            lambda: datetime.now(UTC),
            **native,
        )
        database = Database.open(database_url)
        service = BackupService(database, lambda: datetime.now(UTC), drivers)
        with _serving(make_app(service, _authenticate)) as endpoint:
            yield World(service, endpoint, traveller, moto_client)
        database.close()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, database_url: str) -> Iterator[World]:
    """An empty world at 2026-01-05T00:00Z, a Monday; the services give the same ids each time."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with _world(database_url) as made:
        yield made


@pytest.fixture
def whole_world(monkeypatch: pytest.MonkeyPatch, database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world with gateways, and with one file system of EFS, which is mounted and has a file."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    mounts: dict[str, Path] = {}
    with _world(database_url, gateways=True, mounts=mounts) as made:
        files = made.moto_client("efs", REGION).create_file_system(CreationToken="files")
        mounts[files["FileSystemId"]] = tmp_path
        (tmp_path / "file").write_bytes(b"1")
        yield made


@pytest.fixture
def volume(world: World) -> str:
    """The ARN of a volume of 8 GiB; the vault `night` is there."""
    made = world.moto_client("ec2", REGION).create_volume(AvailabilityZone=f"{REGION}a", Size=8)
    world.backup().create_backup_vault(BackupVaultName="night")
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{made['VolumeId']}"


@pytest.fixture
def copies(world: World) -> str:
    """The ARN of the vault `copies` in the other Region."""
    made = world.backup(OTHER_REGION).create_backup_vault(BackupVaultName="copies")
    return str(made["BackupVaultArn"])


@pytest.fixture
def make_stack(world: World) -> Make:
    """Make a stack of resources, and give its ARN; the vaults `night` and, elsewhere, `copies` are there."""
    world.backup().create_backup_vault(BackupVaultName="night")
    world.backup("eu-central-1").create_backup_vault(BackupVaultName="copies")

    def make(resources: dict[str, Any] = RESOURCES, name: str = "shop") -> str:
        client = world.moto_client("cloudformation", REGION)
        template = json.dumps({"Resources": resources})
        tags = [{"Key": "team", "Value": "sales"}]
        stack = client.create_stack(StackName=name, TemplateBody=template, Tags=tags)["StackId"]
        if "Files" in resources:  # which moto makes without its VersioningConfiguration
            world.moto_client("s3", REGION).put_bucket_versioning(
                Bucket="files", VersioningConfiguration={"Status": "Enabled"}
            )
        return str(stack)

    return make


@pytest.fixture
def backed_up(world: World, make_stack: Make) -> dict[str, Any]:
    """The recovery points of a stack's backup that is to be kept for 35 days."""
    job_id = on_demand.start(world, make_stack(), Lifecycle={"DeleteAfterDays": 35})
    world.run(START + timedelta(hours=1))
    assert stacks.describe(world, job_id)["State"] == "COMPLETED"
    return stacks.points(world)


@pytest.fixture
def iam(world: World) -> Any:
    """Moto's IAM with the role, which may do nothing."""
    client = world.moto_client("iam", "us-east-1")
    client.create_role(
        RoleName="Backup", AssumeRolePolicyDocument=json.dumps({"Statement": role_permissions.TRUST})
    )
    return client


@pytest.fixture
def roles(world: World, iam: Any) -> Roles:
    """The check, on moto's IAM."""
    return Roles(lambda *_: iam, world.service.clock)
