"""Clients of moto, which answers as AWS does, and drivers that use them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import moto  # noqa: F401 -- hooks into botocore sessions that are made after its import
import pytest
from moto import mock_aws

from auditor.aws.session import Credentials, make_client

KEYS = Credentials("testing", "testing")


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str, str], Any]]:
    """`clients(service, account_id, region)`; every account is moto's own."""
    monkeypatch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
    made: dict[tuple[str, str], Any] = {}

    def client(service: str, _account_id: str, region: str) -> Any:
        if (service, region) not in made:
            made[service, region] = make_client(service, region, credentials=KEYS)
        return made[service, region]

    with mock_aws():
        yield client


@pytest.fixture
def now() -> datetime:
    """The time that drivers are told."""
    return datetime(2026, 1, 5, 5, 3, tzinfo=UTC)
