"""Reading one account and Region, call by call, page by page, with every HTTP attempt counted."""

from collections import Counter
from collections.abc import Iterator, Mapping
from threading import Event, Lock
from typing import Any, Final

from auditor.aws.endless import Listing
from auditor.aws.failures import CALL_ERRORS, MALFORMED, Failure, failure_of, is_unreachable, unreadable
from auditor.aws.pace import Pace
from auditor.aws.parsing import RawParserFactory
from auditor.aws.requests import Attempts
from auditor.aws.retry import RetryBudget
from auditor.aws.session import RoleNotAssumed, Sessions
from auditor.model.errors import Interrupted

#: What a call may raise. botocore's own handlers stumble over answers that no AWS gives: over a redirection
#: of S3, for example.
_FAILED: Final = (*CALL_ERRORS, *MALFORMED, RoleNotAssumed)


class CallFailed(Exception):  # noqa: N818 -- it says what happened, like AWS's own
    """A call that failed, or whose answer cannot be understood; `failure` has AWS's code and message."""

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
        self._clients = sessions.reading(parsers)
        self._stop = stop
        self._budget = RetryBudget(sessions.retry_seconds)
        self._pace = Pace()
        self._attempts = Attempts(sessions.requests, account_id, region)
        self._lock = Lock()
        self._unreachable: dict[str, Failure] = {}
        self._parsers = parsers

    def aside(self) -> "Reader":
        """Make a reader of the same place for calls on which nothing rests: it waits for a short time only.

        What it waits and how often it is refused takes nothing from this one, and it asks no service again
        that did not answer this one.
        """
        other = Reader(self._sessions, self.account_id, self.region, parsers=self._parsers, stop=self._stop)
        other._budget = RetryBudget()
        with self._lock:
            other._unreachable = dict(self._unreachable)
        return other

    def ask(self, service: str, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Call `operation` (as AWS writes it, e.g. DescribeRegionSettings) once; raises `CallFailed`."""
        self._check_reachable(service, operation)
        try:
            return self._clients.call(self, service, self.region, operation, parameters)
        except _FAILED as error:
            raise self._failed(service, operation, error) from error

    def pages(self, service: str, operation: str, **parameters: Any) -> Iterator[Mapping[str, Any]]:
        """Call `operation` page by page; raises `CallFailed` at the page that fails, or is one too many."""
        self._check_reachable(service, operation)
        end = Listing()
        try:
            for page in self._clients.pages(self, service, self.region, operation, parameters):
                endless = end.why(page)
                if endless:
                    raise CallFailed(service, operation, unreadable(endless))
                yield page
        except _FAILED as error:
            raise self._failed(service, operation, error) from error

    def credentials(self) -> Any:
        """Give those of the account; raises `RoleNotAssumed`."""
        return self._sessions.credentials(self.account_id)

    def sending(self, service: str, operation: str) -> None:
        """Count an attempt, when its place has come; raises `Interrupted` once the run has ended."""
        self._pace.keep(service, operation, self._stop)
        if self._stop.is_set():
            raise Interrupted("The run was interrupted.")
        with self._lock:
            self.calls[service, operation] += 1
        self._budget.begin()
        self._attempts.begin(service, operation)

    def judge(self, **event: Any) -> float | bool | None:
        """Decide on a retry within the budget of the account and Region."""
        self._attempts.end(event["response"], event["caught_exception"])
        return self._budget.judge(**event)

    def _check_reachable(self, service: str, operation: str) -> None:
        with self._lock:
            failure = self._unreachable.get(service)
        if failure is not None:
            raise CallFailed(service, operation, failure)

    def _failed(self, service: str, operation: str, error: Exception) -> CallFailed:
        failure = error.failure if isinstance(error, RoleNotAssumed) else failure_of(error)
        self._attempts.end(None, error)  # of an answer that could not be read botocore tells nobody
        if is_unreachable(error):
            with self._lock:
                self._unreachable.setdefault(service, failure)
        return CallFailed(service, operation, failure)
