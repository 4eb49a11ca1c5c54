"""Clients that only read, one for each service and Region, shared by all accounts.

To make a client costs as much as a call, and each client has connections of its own, while a thousand
accounts need the same few clients again and again. So each call brings its own credentials: botocore signs a
request with those of its context (`request_credentials`) where it has some. The thread tells who is calling.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Lock, local
from typing import Any, Final, Protocol

from botocore import __version__ as botocore_version
from botocore import xform_name
from botocore.config import Config
from botocore.paginate import Paginator
from botocore.parsers import ResponseParserFactory

from auditor.aws.base import Client, GivenCredentials, client_config, new_session, shared_loader
from auditor.aws.bodies import bound
from auditor.aws.discovery import discovering
from auditor.aws.models import reading_loader

#: Connections that a client keeps: of seventeen Regions and seven services these are some hundred at most.
_CONNECTIONS: Final = 4


class SharedReader(Protocol):
    """Who calls: an account in a Region."""

    def credentials(self) -> Any:
        """Give botocore's credentials; may raise `RoleNotAssumed`."""

    def sending(self, service: str, operation: str) -> None:
        """Take note that an attempt is sent now; may wait, or raise to forbid it."""

    def judge(self, **event: Any) -> float | bool | None:
        """Decide on a retry, as a handler of botocore's event `needs-retry`."""


class SharedClients:
    """The clients of one set of parsers. Thread safe.

    They have the operations that read and no other.
    """

    def __init__(self, parsers: ResponseParserFactory, credentials: Any) -> None:
        """`credentials` only serve to make the clients; no request is signed with them."""
        self._session = new_session()
        self._session.register_component("credential_provider", GivenCredentials(credentials))
        self._session.register_component("response_parser_factory", parsers)
        self._session.register_component("data_loader", reading_loader(shared_loader()))
        self._lock = Lock()
        self._clients: dict[tuple[str, str], Client] = {}
        self._paginators: dict[tuple[str, str, str], Any] = {}
        self._calling = local()

    def call(
        self, reading: SharedReader, service: str, region: str, operation: str, parameters: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Call an operation once."""
        client = self.client(service, region)
        with self._called_by(reading):
            answer: Mapping[str, Any] = getattr(client, xform_name(operation))(**parameters)
            return answer

    def pages(
        self, reading: SharedReader, service: str, region: str, operation: str, parameters: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """Call an operation page by page."""
        pages = iter(self._paginator(service, region, operation).paginate(**parameters))
        while True:
            with self._called_by(reading):
                page = next(pages, None)
            if page is None:
                return
            yield page

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()

    def client(self, service: str, region: str) -> Client:
        """Give the client of a service in a Region; it sends nothing outside `call` and `pages`."""
        with self._lock:
            if (service, region) not in self._clients:
                own = Config(
                    max_pool_connections=_CONNECTIONS,
                    account_id_endpoint_mode="disabled",  # it would be that of another account
                    user_agent=f"Botocore/{botocore_version}",  # botocore's own is put together for each call
                )
                create = partial(
                    self._session.create_client, service, region_name=region, config=client_config(own)
                )
                client = bound(discovering(create, self._caller))
                events: Any = client.meta.events
                events.register("provide-client-params", self._sign)
                events.register("before-send", partial(self._send, service))
                # ahead of botocore's handler of the same name: the first answer counts
                name = client.meta.service_model.service_id.hyphenize()
                events.register_first(f"needs-retry.{name}", self._judge)
                self._clients[service, region] = client
            return self._clients[service, region]

    def _paginator(self, service: str, region: str, operation: str) -> Any:
        key = (service, region, operation)
        client = self.client(service, region)
        with self._lock:
            if key not in self._paginators:
                name = xform_name(operation)
                known = client.can_paginate(name)
                self._paginators[key] = client.get_paginator(name) if known else _by_token(client, operation)
            return self._paginators[key]

    @contextmanager
    def _called_by(self, reading: SharedReader) -> Iterator[None]:
        """Make `reading` the caller of what this thread calls in the block."""
        self._calling.reading = reading
        try:
            yield
        finally:
            del self._calling.reading

    def _caller(self) -> SharedReader:
        caller: SharedReader = self._calling.reading
        return caller

    def _sign(self, *, context: dict[str, Any], **_event: Any) -> None:
        context.setdefault("signing", {})["request_credentials"] = self._caller().credentials()

    def _send(self, service: str, event_name: str, **_event: Any) -> None:
        self._caller().sending(service, event_name.rpartition(".")[2])

    def _judge(self, **event: Any) -> float | bool | None:
        return self._caller().judge(**event)


def _by_token(client: Any, operation: str) -> Any:
    """The pages of a listing of which botocore does not say how they follow each other: by NextToken."""
    model = client.meta.service_model.operation_model(operation)
    lists = [name for name, shape in model.output_shape.members.items() if shape.type_name == "list"]
    pages = {"input_token": "NextToken", "output_token": "NextToken", "result_key": lists}
    return Paginator(getattr(client, xform_name(operation)), pages, model)
