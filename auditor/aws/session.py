"""Clients of AWS, made here and nowhere else.

No client is made at import time and there is no global session; what is shared between sessions is botocore's loader,
which caches the service models (read-only data files) and holds neither credentials nor configuration.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from botocore.config import Config
from botocore.loaders import Loader, create_loader
from botocore.session import Session

#: A botocore client. Its methods come from the service model, so no type can name them.
Client = Any

#: Seconds: an endpoint that does not answer in this time counts as unreachable; a page may take longer.
CONNECT_TIMEOUT: Final = 5
READ_TIMEOUT: Final = 60


@dataclass(frozen=True, slots=True)
class Credentials:
    """Keys of one principal. Secrets are left out of `repr`."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


def make_client(
    service: str,
    region: str,
    *,
    credentials: Credentials | None,
    endpoint_url: str | None = None,
    before_send: Callable[..., Any] | None = None,
    config: Config | None = None,
) -> Client:
    """Make a client of `service` in `region`.

    `credentials` None takes the standard chain (environment, profile, instance role); `endpoint_url` None takes
    AWS_ENDPOINT_URL and its like where they are set. `before_send(request, **event)` is called before each HTTP
    attempt; an `AWSResponse` that it returns is the answer and nothing is sent. `config` is merged over ours.
    Clients are thread safe; making one is cheap (about 5 ms) after the first of its service.
    """
    session = new_session()
    if credentials is not None:
        session.set_credentials(credentials.access_key, credentials.secret_key, credentials.token)
    client = session.create_client(
        service, region_name=region, endpoint_url=endpoint_url, config=client_config(config)
    )
    if before_send is not None:
        client.meta.events.register("before-send", before_send)
    return client


def new_session() -> Session:
    """Make a botocore session of its own: shared service models, nothing else shared."""
    session = Session()
    session.register_component("data_loader", _loader())
    return session


def client_config(config: Config | None = None) -> Config:
    """Merge `config` over the settings of every client of ours."""
    ours = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": 3},
        user_agent_extra=f"backup-auditor/{_version()}",
    )
    return ours.merge(config) if config is not None else ours


@cache
def _loader() -> Loader:
    return create_loader()


@cache
def _version() -> str:
    try:
        return version("backup-auditor")
    except PackageNotFoundError:  # a source tree that was never installed
        return "0"
