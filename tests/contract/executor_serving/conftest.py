"""The server on loopback with two accounts, and requests signed by botocore's own signer."""

import http.client
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest
import time_machine
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Keys
from moto.server import ThreadedMotoServer

from auditor.aws.session import Credentials, make_client
from auditor.executor.database.database import Database
from auditor.executor.service import BackupService
from auditor.executor.serving.application import ExecutorApplication
from auditor.executor.serving.credentials import Credential
from auditor.executor.serving.metrics import Metrics
from auditor.executor.serving.sigv4 import Verifier
from auditor.executor.simulation.drivers import null_drivers
from auditor.model.organization import Resource
from auditor.sandbox import services as _sandbox  # noqa: F401 -- teaches moto SimulatePrincipalPolicy
from auditor.serving import server as serving_server
from auditor.serving.server import Server

REGION = "eu-west-1"


def _key(name: str, account: str) -> Credential:
    principal = f"arn:aws:iam::{account}:user/{name}"
    return Credential(f"AKIA{name.upper():0<16}", f"{name}-secret-{'x' * 32}", account, "aws", principal)


ALICE = _key("alice", "111122223333")
BOB = _key("bob", "444455556666")


VOLUME = Resource(
    f"arn:aws:ec2:{REGION}:{ALICE.account_id}:volume/vol-1", ALICE.account_id, REGION, "EBS", "vol-1"
)


@dataclass
class Clock:
    """The server's clock: the real one, or one that stands."""

    fixed: datetime | None = None

    def __call__(self) -> datetime:
        """Tell the time, UTC."""
        return self.fixed or datetime.now(UTC)


@dataclass
class Served:
    """A running server."""

    endpoint: str
    clock: Clock
    server: Server
    thread: Thread
    volume: str = VOLUME.arn
    accounts: Mapping[str, Credential] = field(default_factory=lambda: {"alice": ALICE, "bob": BOB})

    def client(self, name: str = "alice", region: str = REGION, **changed: str) -> Any:
        """A boto3 client with the keys of `name`."""
        key = self.accounts[name]
        keys = Credentials(key.access_key, changed.get("secret_key", key.secret_key))
        return make_client("backup", region, credentials=keys, endpoint_url=self.endpoint)

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, str, bytes]:
        """Send a request as it is: status, error code and body."""
        connection = http.client.HTTPConnection(urlsplit(self.endpoint).netloc, timeout=120)
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.headers.get("x-amzn-errortype", ""), content

    def sign(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        at: datetime | None = None,
        name: str = "alice",
        region: str = REGION,
        service: str = "backup",
        **headers: str,
    ) -> dict[str, str]:
        """The headers of a request that botocore signs at `at`, by default now."""
        key = self.accounts[name]
        given = {"Host": urlsplit(self.endpoint).netloc}
        given |= {header.replace("_", "-"): value for header, value in headers.items()}
        request = AWSRequest(method, f"{self.endpoint}{target}", given, body)
        with time_machine.travel(at or datetime.now(UTC), tick=False):
            SigV4Auth(Keys(key.access_key, key.secret_key), service, region).add_auth(request)
        return dict(request.headers.items())


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    """A server that started an hour ago by its own clock, over an empty database."""
    clock = Clock(datetime.now(UTC) - timedelta(hours=1))
    verifier = Verifier({key.access_key: key for key in (ALICE, BOB)}, clock)
    clock.fixed = None
    database = Database.open(database_url)
    service = BackupService(database, clock, null_drivers({(ALICE.account_id, REGION): [VOLUME]}, {}, "aws"))
    server = Server(ExecutorApplication(service, verifier, Metrics(database)), "127.0.0.1", 0)
    thread = Thread(target=server.serve)
    with patch.object(serving_server, "_TURN", 0.02):  # else each test waits for the end of a turn
        thread.start()
        yield Served(server.endpoint, clock, server, thread)
        server.stop.set()
        thread.join()
    database.close()


@pytest.fixture
def refused() -> Callable[[Callable[[], Any]], tuple[int, str]]:
    """Status and code of the error of a call."""
    from botocore.exceptions import ClientError  # noqa: PLC0415 -- beside its one use

    def code(call: Callable[[], Any]) -> tuple[int, str]:
        with pytest.raises(ClientError) as caught:
            call()
        response: Any = caught.value.response
        return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]

    return code


@contextmanager
def _moto() -> Iterator[str]:
    """Moto behind a socket; what earlier tests of the process have left in it is gone."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    urlopen(Request(f"http://{host}:{port}/moto-api/reset", method="POST")).close()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def empty_moto(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The endpoint of a moto with nothing in it."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    with _moto() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def native() -> Iterator[str]:
    """The endpoint of a moto with the role `backup`, for AWS Backup, which may do everything."""
    with _moto() as endpoint:
        service = {"Service": "backup.amazonaws.com"}
        trust = {"Statement": {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}}
        iam = make_client(
            "iam", "us-east-1", credentials=Credentials("testing", "testing"), endpoint_url=endpoint
        )
        iam.create_role(RoleName="backup", AssumeRolePolicyDocument=json.dumps(trust))
        every = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": every})
        iam.put_role_policy(RoleName="backup", PolicyName="everything", PolicyDocument=policy)
        yield endpoint
