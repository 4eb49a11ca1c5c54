"""The executor behind its own server and signatures; moto answers for the other services."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from unittest.mock import patch

import moto  # noqa: F401 -- hooks into botocore sessions that are made after its import
import pytest
import time_machine
from botocore.exceptions import ClientError
from moto import mock_aws

from auditor.aws.session import Credentials, make_client
from auditor.executor.app import BackupService
from auditor.executor.database.database import Database
from auditor.executor.drivers import make_drivers
from auditor.executor.engine.scheduler import run_all
from auditor.executor.serving.application import ExecutorApplication
from auditor.executor.serving.credentials import Credential
from auditor.executor.serving.metrics import Metrics
from auditor.executor.serving.sigv4 import Verifier
from auditor.serving import server as serving_server
from auditor.serving.server import Server

ACCOUNT, REGION = "123456789012", "eu-west-1"
START = datetime(2026, 1, 5, tzinfo=UTC)
KEY = Credential(
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00",
    ACCOUNT,
    "aws",
    f"arn:aws:iam::{ACCOUNT}:user/client",
)
_KEYS = Credentials(KEY.access_key, KEY.secret_key)


@dataclass
class Executor:
    """A served executor, boto3's client of it, and virtual time."""

    service: BackupService
    endpoint: str
    traveller: Any
    key: Credential = KEY
    account: str = ACCOUNT
    region: str = REGION
    role: str = f"arn:aws:iam::{ACCOUNT}:role/service-role/AWSBackupDefaultServiceRole"
    _clients: dict[str, Any] = field(default_factory=dict)

    @property
    def backup(self) -> Any:
        """boto3's client of `backup`, as anyone makes it."""
        return self.client("backup")

    def client(self, service: str) -> Any:
        """A client of the executor (`backup`), or of moto."""
        if service not in self._clients:
            endpoint = self.endpoint if service == "backup" else None
            self._clients[service] = make_client(
                service, self.region, credentials=_KEYS, endpoint_url=endpoint
            )
        return self._clients[service]

    def run(self, time: timedelta = timedelta(hours=1)) -> None:
        """Let time pass, and the engine do what is due."""
        run_all(self.service, datetime.now(UTC) + time, set_time=self.traveller.move_to)

    def volumes(self, number: int) -> list[str]:
        """The ARNs of new volumes."""
        made = [
            self.client("ec2").create_volume(AvailabilityZone=f"{self.region}a", Size=1)
            for _ in range(number)
        ]
        return [f"arn:aws:ec2:{self.region}:{self.account}:volume/{one['VolumeId']}" for one in made]

    def back_up(self, vault: str, resources: list[str]) -> list[str]:
        """Back each up, a minute after the other; gives the recovery points' ARNs."""
        jobs = []
        for arn in resources:
            jobs.append(
                self.backup.start_backup_job(BackupVaultName=vault, ResourceArn=arn, IamRoleArn=self.role)
            )
            self.traveller.shift(timedelta(minutes=1))
        self.run()
        found = [self.backup.describe_backup_job(BackupJobId=job["BackupJobId"]) for job in jobs]
        return [job["RecoveryPointArn"] for job in found]


@contextmanager
def _serving(service: BackupService) -> Iterator[str]:
    verifier = Verifier({KEY.access_key: KEY}, lambda: datetime.now(UTC))
    server = Server(ExecutorApplication(service, verifier, Metrics(service.database)), "127.0.0.1", 0)
    thread = Thread(target=server.serve)
    with patch.object(serving_server, "_TURN", 0.02):  # else each test waits for the end of a turn
        thread.start()
        try:
            yield server.endpoint
        finally:
            server.stop.set()
            thread.join()


@pytest.fixture(scope="module")
def executor() -> Iterator[Executor]:
    """A served executor at 2026-01-05T00:00Z, shared by a module's tests."""
    with pytest.MonkeyPatch.context() as variables, mock_aws():
        variables.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        with time_machine.travel(START, tick=False) as traveller:
            clients: dict[tuple[str, str], Any] = {}

            def native(name: str, _account: str, region: str) -> Any:
                if (name, region) not in clients:
                    clients[name, region] = make_client(name, region, credentials=_KEYS)
                return clients[name, region]

            drivers = make_drivers(native, lambda: datetime.now(UTC))
            service = BackupService(Database.open(), lambda: datetime.now(UTC), drivers)
            with _serving(service) as endpoint:
                yield Executor(service, endpoint, traveller)
            service.database.close()


@pytest.fixture
def live() -> Iterator[Executor]:
    """A served executor whose time is the real one, for clients in other processes."""
    service = BackupService(Database.open(), lambda: datetime.now(UTC), [])
    with _serving(service) as endpoint:
        yield Executor(service, endpoint, None)
    service.database.close()


@pytest.fixture(scope="session")
def answer() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A response without its metadata."""
    return lambda response: {key: value for key, value in response.items() if key != "ResponseMetadata"}


@pytest.fixture(scope="session")
def refused() -> Callable[[Callable[[], Any]], str]:
    """The code of the error of a call."""

    def code(call: Callable[[], Any]) -> str:
        with pytest.raises(ClientError) as caught:
            call()
        return str(caught.value.response["Error"]["Code"])

    return code
