"""A client of a served organization, for each service."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from botocore.config import Config

from auditor.aws.session import Credentials, make_client
from tests.loopback.endpoint import Connect, serving
from tests.loopback.standing import ACCOUNT, HOME
from tests.loopback.world import Organization


@pytest.fixture
def connect() -> Iterator[Connect]:
    """`connect(organization, service)`: a client, of the caller in `HOME` unless told."""
    with ExitStack() as stack:
        served: dict[int, str] = {}

        def made(
            organization: Organization, service: str, region: str = HOME, key: str = f"AKIA{ACCOUNT}"
        ) -> Any:
            if id(organization) not in served:
                served[id(organization)] = stack.enter_context(serving(organization)).url
            return make_client(
                service,
                region,
                credentials=Credentials(key, "secret"),
                endpoint_url=served[id(organization)],
                config=Config(retries={"total_max_attempts": 1}, proxies={}),
            )

        yield made
