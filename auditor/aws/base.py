"""What every client of ours is made of: a botocore session and its settings.

What is shared between sessions is botocore's loader, which caches the service models (read-only data files)
and holds neither credentials nor configuration.
"""

import gzip
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader, create_loader
from botocore.session import Session
from botocore.utils import parse_timestamp

from auditor import __version__
from auditor.aws.hooks import hooked_session
from auditor.aws.retry import ATTEMPTS

#: A botocore client. Its methods come from the service model, so no type can name them.
Client = Any

#: Seconds: an endpoint that does not answer in this time counts as unreachable; a page may take longer.
CONNECT_TIMEOUT: Final = 5
READ_TIMEOUT: Final = 60


def new_session() -> Session:
    """Make a botocore session of its own: shared service models, nothing else shared."""
    session = hooked_session()
    session.register_component("data_loader", shared_loader())
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=read_time)
    return session


def read_time(value: Any) -> datetime:
    """Read a time of an answer; ISO 8601 in UTC without botocore's reader, which takes any form and long.

    Raises `ValueError`.
    """
    if isinstance(value, str) and value.endswith("Z"):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    return parse_timestamp(value)


def client_config(config: Config | None = None) -> Config:
    """Merge `config` over the settings of every client of ours."""
    ours = Config(
        connect_timeout=CONNECT_TIMEOUT,
        read_timeout=READ_TIMEOUT,
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        user_agent_extra=f"backup-auditor/{__version__}",
    )
    return ours.merge(config) if config is not None else ours


class _DataFiles(JSONFileLoader):
    """Botocore's data files, read in half of the time."""

    def load_file(self, file_path: str) -> Any:
        """Load `file_path`, which is without its ending; None where there is none."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return orjson.loads(plain.read_bytes())
        return orjson.loads(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


def new_loader() -> Loader:
    """Make a loader of botocore's data files, which remembers what it has loaded as long as it lives."""
    loader = create_loader()
    loader.file_loader = _DataFiles()
    return loader


@cache
def shared_loader() -> Loader:
    """The one of the process."""
    return new_loader()


class GivenCredentials:
    """A botocore credential provider of credentials that we already have."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Any:
        """Give them."""
        return self._credentials
