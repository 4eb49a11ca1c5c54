"""An organization of its own on loopback, and push as its management account."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.aws.reader import Reader
from auditor.aws.session import Sessions
from auditor.catalogue.load import Catalogue
from auditor.model.settings import Settings
from auditor.push import run
from auditor.push.changes import Action, Change, ChangeStatus
from auditor.rego.load import open_engine

FOLDER = Path(__file__).parent / "organization"


@dataclass(frozen=True)
class World:
    """A sandbox that answers, and what push needs to reach it."""

    facts: Mapping[str, Any]
    sessions: Sessions
    catalogue: Catalogue = field(default_factory=Catalogue.load)

    @property
    def regions(self) -> tuple[str, str]:
        """The primary and the secondary Region."""
        primary, secondary = self.facts["regions"]
        return primary, secondary

    def account_id(self, name: str) -> str:
        """An account's id."""
        return str(self.facts["accounts"][name])

    def backup(self, account: str, place: int = 0) -> Any:
        """A client of AWS Backup in an account, with the role of push."""
        return self.sessions.client("backup", self.account_id(account), self.regions[place])

    def now(self) -> datetime:
        """The virtual time."""
        with urllib.request.urlopen(f"{self.facts['endpoint_url']}/_sandbox") as answer:
            return datetime.fromisoformat(json.load(answer)["now"])

    def plan(
        self,
        *accounts: str,
        tiers: Mapping[str, Any] | None = None,
        organization: Mapping[str, Any] | None = None,
        later: timedelta = timedelta(0),
    ) -> list[Change]:
        """Plan for accounts by name (all without one), with changed tiers or parameters, `later` than now."""
        shipped = self.catalogue.data
        parameters = shipped["parameters"]
        data = {
            "tiers": {**shipped["tiers"], "tiers": {**shipped["tiers"]["tiers"], **(tiers or {})}},
            "parameters": {
                **parameters,
                "organization": {**parameters["organization"], **(organization or {})},
            },
        }
        settings = Settings(
            as_of=self.now() + later,
            accounts=tuple(self.account_id(name) for name in accounts) or "organization",
            regions=self.regions,
            workers=4,
        )
        engine = open_engine("embedded", self.catalogue.modules, data)
        try:
            return run.plan(settings, self.sessions, replace(self.catalogue, data=data), engine)
        finally:
            engine.close()

    def push(self, *accounts: str, **changed: Any) -> list[Change]:
        """Plan and apply."""
        return run.apply(self.plan(*accounts, **changed), self.sessions, workers=4)

    @staticmethod
    def outcomes(changes: list[Change]) -> set[tuple[Action, ChangeStatus]]:
        """Which actions came to what."""
        return {(change.action, change.outcome) for change in changes}


@contextmanager
def opened(partition: str) -> Iterator[World]:
    """An organization in a partition."""
    command = [sys.executable, "-m", "auditor.sandbox", "--with-parent", "--partition", partition]
    command += ["--organization", str(FOLDER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        facts = json.loads(process.stdout.readline())
        with pytest.MonkeyPatch.context() as patch:
            enter(facts, patch)
            sessions = Sessions.from_environment(role_name="AuditorPush")
        yield World(facts, sessions)
        process.stdin.close()
        assert process.wait() == 0


def enter(facts: Mapping[str, Any], patch: pytest.MonkeyPatch) -> None:
    """Let the environment name an organization, as a user's would."""
    patch.setenv("AWS_ENDPOINT_URL", facts["endpoint_url"])
    patch.setenv("AWS_ACCESS_KEY_ID", facts["access_key"])
    patch.setenv("AWS_SECRET_ACCESS_KEY", facts["secret_key"])
    patch.setenv("AWS_REGION", facts["regions"][0])


@pytest.fixture(scope="session")
def shared_world() -> Iterator[World]:
    """The organization in the partition aws, for every test."""
    with opened("aws") as one:
        yield one


@pytest.fixture
def world(shared_world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The organization in the partition aws; the environment names it during the test only."""
    enter(shared_world.facts, monkeypatch)
    return shared_world


@pytest.fixture
def china(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The organization in Beijing and Ningxia, for one test."""
    with opened("aws-cn") as one:
        enter(one.facts, monkeypatch)
        yield one


@pytest.fixture
def watch(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[], set[str]]:
    """Begin to watch the calls in member accounts; the answer fills with their IAM actions."""
    make, send = world.sessions.client, Reader.sending

    def begin() -> set[str]:
        seen: set[str] = set()

        def sending(reader: Reader, service: str, operation: str) -> None:
            if reader.account_id != world.sessions.caller.account_id:
                seen.add(f"{service}:{operation}")
            send(reader, service, operation)

        monkeypatch.setattr(Reader, "sending", sending)

        def watched(service: str, account_id: str, region: str, **more: Any) -> Any:
            client = make(service, account_id, region, **more)
            if account_id != world.sessions.caller.account_id:
                client.meta.events.register(
                    "before-call", lambda model, **_: seen.add(f"{service}:{model.name}")
                )
            return client

        monkeypatch.setattr(world.sessions, "client", watched)
        return seen

    return begin
