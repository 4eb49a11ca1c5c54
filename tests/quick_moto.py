"""moto and its clients with what is alike for each test made once in a process.

moto makes its tables of URLs, and loads S3's module anew, for each request; they would be others only with
`MOTO_S3_CUSTOM_ENDPOINTS` or the ISO partitions, which no test sets. botocore makes a class for each client,
and a model of its service.
"""

from functools import cache
from typing import Any

from botocore.client import ClientCreator
from botocore.config import Config
from botocore.session import Session
from moto.core import models
from moto.core.base_backend import BaseBackend

from auditor.aws.base import client_config, new_session
from auditor.aws.session import Credentials
from auditor.sandbox.entrance import named
from tests.client_classes import client_class, service_model

_made: dict[type[BaseBackend], Any] = {}
_make: Any = vars(BaseBackend)["urls"].fget


def _urls(backend: BaseBackend) -> Any:
    if type(backend) not in _made:
        _made[type(backend)] = _make(backend)
    return _made[type(backend)]


_KEYS = Credentials("testing", "testing")
_CONFIG = client_config(Config(user_agent="tests"))  # botocore's own is put together for each call


@cache
def _session() -> Session:
    session = new_session()
    session.set_credentials(_KEYS.access_key, _KEYS.secret_key)
    return session


def make_client(service: str, region: str) -> Any:
    """A new client of moto, with hooks of its own; moto verifies no signature."""
    return named(_session().create_client(service, region_name=region, config=_CONFIG), _KEYS)


BaseBackend.urls = property(_urls)  # type: ignore[assignment, method-assign]  # another property in its place
ClientCreator._create_client_class = client_class  # type: ignore[attr-defined]  # the stubs leave it out
ClientCreator._load_service_model = service_model  # type: ignore[attr-defined]  # the stubs leave it out
vars(models)["CallbackResponse"] = cache(vars(models)["CallbackResponse"])
