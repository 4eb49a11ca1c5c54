"""Reading one account and Region, call by call, page by page, with every HTTP attempt counted."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from threading import Event, Lock
from typing import Any

from botocore import xform_name

from auditor.aws.base import Client
from auditor.aws.failures import CALL_ERRORS, Failure, failure_of, is_unreachable
from auditor.aws.pace import Pace
from auditor.aws.parsing import RawParserFactory
from auditor.aws.retry import RetryBudget
from auditor.aws.session import RoleNotAssumed, Sessions
from auditor.model.errors import Interrupted


class CallFailed(Exception):  # noqa: N818 -- it says what happened, like AWS's own
    """A call that was not answered with what was asked; `failure` has AWS's code and message."""

    def __init__(self, service: str, operation: str, failure: Failure) -> None:
        super().__init__(f"{service}:{operation}: {failure.code}: {failure.message}")
        self.service = service
        self.operation = operation
        self.failure = failure


class Reader:
    """Answers of one account and Region, read by `parsers`. Thread safe.

    `calls` counts HTTP attempts by (service, operation). A service whose endpoint did not answer is not
    asked again: its later calls fail at once with the same failure. When `stop` is set no further request
    goes out and calls raise `Interrupted`.
    """

    def __init__(
        self, sessions: Sessions, account_id: str, region: str, *, parsers: RawParserFactory, stop: Event
    ) -> None:
        self.account_id = account_id
        self.region = region
        self.calls: Counter[tuple[str, str]] = Counter()
        self._sessions = sessions
        self._parsers = parsers
        self._stop = stop
        self._budget = RetryBudget(sessions.retry_seconds)
        self._pace = Pace()
        self._lock = Lock()
        self._clients: dict[str, Client] = {}
        self._unreachable: dict[str, Failure] = {}

    def ask(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Call `operation` (as AWS writes it, e.g. DescribeRegionSettings) once; raises `CallFailed`."""
        try:
            method = getattr(self._client(service, operation), xform_name(operation))
            return method(**parameters)  # type: ignore[no-any-return]
        except (*CALL_ERRORS, RoleNotAssumed) as error:
            raise self._failed(service, operation, error) from error

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[Mapping[str, Any]]:
        """Call `operation` page by page; raises `CallFailed` at the page that fails."""
        try:
            paginator = self._client(service, operation).get_paginator(xform_name(operation))
            yield from paginator.paginate(**parameters)
        except (*CALL_ERRORS, RoleNotAssumed) as error:
            raise self._failed(service, operation, error) from error

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()

    def _client(self, service: str, operation: str) -> Client:
        with self._lock:
            if service in self._unreachable:
                raise CallFailed(service, operation, self._unreachable[service])
            if service not in self._clients:
                client = self._sessions.client(service, self.account_id, self.region, parsers=self._parsers)
                client.meta.events.register("before-send", partial(self._count, service))
                self._budget.watch(client)
                self._clients[service] = client
            return self._clients[service]

    def _count(self, service: str, event_name: str, **_event: Any) -> None:
        operation = event_name.rpartition(".")[2]
        self._pace.keep(service, operation, self._stop)
        if self._stop.is_set():
            raise Interrupted("The run was interrupted.")
        with self._lock:
            self.calls[service, operation] += 1

    def _failed(self, service: str, operation: str, error: Exception) -> CallFailed:
        failure = error.failure if isinstance(error, RoleNotAssumed) else failure_of(error)
        if is_unreachable(error):
            with self._lock:
                self._unreachable.setdefault(service, failure)
        return CallFailed(service, operation, failure)
