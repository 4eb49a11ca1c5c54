"""Sandboxes as child processes on loopback, as `auditor demo` starts them."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from auditor.aws.session import Credentials, make_client


@dataclass(frozen=True)
class Running:
    """A sandbox that answers, and what it said when it started."""

    facts: dict[str, Any]

    @property
    def caller(self) -> Credentials:
        """The keys that it printed."""
        return Credentials(self.facts["access_key"], self.facts["secret_key"])

    def region(self, place: str) -> str:
        """The Region that is primary or secondary."""
        return str(self.facts["regions"][("primary", "secondary").index(place)])

    def client(self, service: str, credentials: Credentials | None = None, place: str = "primary") -> Any:
        """A client on its endpoint."""
        return make_client(
            service,
            self.region(place),
            credentials=credentials or self.caller,
            endpoint_url=self.facts["endpoint_url"],
        )

    def role_arn(self, account: str, role: str) -> str:
        """The ARN of a role, by path and name, in an account by its name."""
        return f"arn:{self.facts['partition']}:iam::{self.facts['accounts'][account]}:role/{role}"

    def assume(self, account: str, role: str) -> Credentials:
        """A session of a role."""
        given = self.client("sts").assume_role(RoleArn=self.role_arn(account, role), RoleSessionName="test")
        keys = given["Credentials"]
        return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def status(self) -> dict[str, Any]:
        """What GET /_sandbox tells."""
        with urllib.request.urlopen(f"{self.facts['endpoint_url']}/_sandbox") as answer:
            return dict(json.load(answer))

    def advance(self, until: str) -> list[dict[str, Any]]:
        """Let time go by; the lines of its progress."""
        request = urllib.request.Request(
            f"{self.facts['endpoint_url']}/_sandbox/advance", json.dumps({"until": until}).encode()
        )
        with urllib.request.urlopen(request) as answer:
            return [json.loads(line) for line in answer]


@contextmanager
def started(partition: str) -> Iterator[Running]:
    """A sandbox that stops with this process, and cleanly."""
    command = [sys.executable, "-m", "auditor.sandbox", "--partition", partition, "--with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield Running(json.loads(process.stdout.readline()))
        process.stdin.close()
        assert process.wait() == 0


@pytest.fixture(scope="session")
def still() -> Iterator[Running]:
    """A sandbox in Beijing and Ningxia where nothing is changed that another test reads."""
    with started("aws-cn") as running:
        yield running


@pytest.fixture(scope="session")
def moving() -> Iterator[Running]:
    """Another one like `still`, for the one test that lets time go by."""
    with started("aws-cn") as running:
        yield running


@pytest.fixture(scope="session")
def roles_change() -> Iterator[Running]:
    """One for the test that changes what the roles of backups may do in one account."""
    with started("aws-cn") as running:
        yield running
