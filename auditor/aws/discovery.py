"""Endpoints of accounts: Timestream tells each account an endpoint, and answers everything else there only.

botocore asks once for each client, and ours serve all accounts; so each account is asked for here. Where
another endpoint than AWS's is set, all calls go to it. Source: Timestream developer guide, "The endpoint
discovery pattern".
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from botocore import xform_name

from auditor.aws.base import Client


def discovering(create: Callable[..., Client], account: Callable[[], Any]) -> Client:
    """The client that `create` makes; where its service demands it, it finds the endpoint of `account`.

    `create` takes an endpoint_url, and `account` tells who is calling.
    """
    client = create()
    model = client.meta.service_model
    if not model.endpoint_discovery_required:
        return client
    url = client.meta.endpoint_url
    client.close()
    client = create(endpoint_url=url)  # botocore leaves a client alone that is told an endpoint
    if (urlsplit(url).hostname or "").startswith(f"{model.endpoint_prefix}."):
        directed = _Directed(client, account)
        event = f"request-created.{model.service_id.hyphenize()}"
        client.meta.events.register_first(event, directed.send)  # ahead of the signature
    return client


class _Directed:
    """The endpoints that a client was told, by who asked."""

    def __init__(self, client: Client, account: Callable[[], Any]) -> None:
        self._client, self._account = client, account
        self._operation = client.meta.service_model.endpoint_discovery_operation.name
        self._told: WeakKeyDictionary[Any, str] = WeakKeyDictionary()

    def send(self, request: Any, operation_name: str, **_event: Any) -> None:
        """Send a request to the endpoint of its account."""
        if operation_name == self._operation:
            return
        account = self._account()
        if account not in self._told:
            answer = getattr(self._client, xform_name(self._operation))()
            self._told[account] = f"https://{answer['Endpoints'][0]['Address']}"
        request.url = self._told[account]
