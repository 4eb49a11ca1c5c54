"""Clients of moto, which answers as AWS does, and drivers that use them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from moto import mock_aws

from auditor.aws.session import Credentials, make_client
from auditor.executor.drivers import make_drivers
from auditor.executor.seam.driver import Driver
from tests import quick_moto
from tests.contract.drivers.bucket_world import START, BucketWorld
from tests.contract.drivers.kinds import ACCOUNT, KINDS, Clients, Kind, kind_id


@pytest.fixture(params=KINDS, ids=kind_id)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each driver's case."""
    case: Kind = request.param
    return case


@pytest.fixture(params=[kind for kind in KINDS if kind.copied], ids=kind_id)
def copied_kind(request: pytest.FixtureRequest) -> Kind:
    """The case of each driver that copies."""
    case: Kind = request.param
    return case


@pytest.fixture(params=[kind for kind in KINDS if kind.set_state is not None], ids=kind_id)
def native_kind(request: pytest.FixtureRequest) -> Kind:
    """The case of each driver whose service tells states."""
    case: Kind = request.param
    return case


@pytest.fixture
def kinds() -> dict[str, Kind]:
    """The cases by name, e.g. "DynamoDB-managed"."""
    return {kind_id(case): case for case in KINDS}


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """`clients(service, account_id, region)`; every account is moto's own."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    made: dict[tuple[str, str, str], Any] = {}

    def client(service: str, account_id: str, region: str) -> Any:
        where = service, account_id, region
        if where not in made:
            if account_id == ACCOUNT:
                made[where] = quick_moto.make_client(service, region)
            else:
                made[where] = make_client(service, region, credentials=session(account_id, region))
        return made[where]

    def session(account_id: str, region: str) -> Credentials:
        sts = client("sts", ACCOUNT, region)
        role = f"arn:{sts.meta.partition}:iam::{account_id}:role/backup"
        given = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    with mock_aws():
        yield client


@pytest.fixture
def now() -> datetime:
    """The time that drivers are told."""
    return datetime(2026, 1, 5, 5, 3, tzinfo=UTC)


@pytest.fixture
def driver_of(clients: Clients, now: datetime) -> Callable[..., Driver]:
    """`driver_of("DynamoDB", managed=True)`: a driver as a new process has it."""

    def find(resource_type: str, *, managed: bool = False) -> Driver:
        found = {(d.resource_type, d.fully_managed): d for d in make_drivers(clients, lambda: now)}
        return found[resource_type, managed]

    return find


@pytest.fixture
def bucket_world(clients: Clients) -> Iterator[BucketWorld]:
    """An empty bucket at `START`."""
    with time_machine.travel(START, tick=False) as traveller:
        yield BucketWorld(clients, traveller)
