"""Every request that was sent: when, for which account, and what came back.

Times are epoch milliseconds, UTC: ours by the clock of this machine, the endpoint's by its header `Date`,
which has whole seconds. An organization is read with millions of requests, so they are handed on in parts.
"""

from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from threading import Lock, local
from time import time_ns
from typing import Any, Final, NamedTuple

from auditor.aws.failures import failure_of
from auditor.model.calendar import END_MS, FIRST_MS

#: Requests that are held before they are handed on.
PART: Final = 4096
_LONGEST: Final = 200
_REDIRECTED: Final = 300
_IDS: Final = ("x-amzn-requestid", "x-amz-request-id")


class SentRequest(NamedTuple):
    """One HTTP attempt (of STS: one call, with its `attempts`). What no answer told is None."""

    account_id: str
    region: str
    service: str
    operation: str
    attempts: int
    started_at: int
    ended_at: int
    endpoint_at: int | None
    request_id: str | None
    status: int | None
    error: str | None


class RequestLog:
    """The requests of a run, from many threads.

    `started` and `ended` are the first and the last moment by our clock, `endpoint_started` and
    `endpoint_ended` by the endpoint's; None while there is none.
    """

    def __init__(self, clock: Callable[[], int] = lambda: time_ns() // 1_000_000) -> None:
        self.now = clock
        self.started: int | None = None
        self.ended: int | None = None
        self.endpoint_started: int | None = None
        self.endpoint_ended: int | None = None
        self._lock = Lock()
        self._held: list[SentRequest] = []
        self._take: Callable[[list[SentRequest]], None] | None = None

    def hand_to(self, take: Callable[[list[SentRequest]], None]) -> None:
        """Give what is held, and from now on each part, to `take`; before, only the first part is kept."""
        self._take = take
        self.flush()

    def add(self, request: SentRequest) -> None:
        """Note a request that has ended."""
        with self._lock:
            self.started = min(self.started or request.started_at, request.started_at)
            self.ended = max(self.ended or request.ended_at, request.ended_at)
            if request.endpoint_at is not None:
                self.endpoint_started = min(self.endpoint_started or request.endpoint_at, request.endpoint_at)
                self.endpoint_ended = max(self.endpoint_ended or request.endpoint_at, request.endpoint_at)
            if self._take or len(self._held) < PART:
                self._held.append(request)
            part = self._taken() if len(self._held) >= PART and self._take else []
        self._give(part)

    def flush(self) -> None:
        """Hand on what is held."""
        with self._lock:
            part = self._taken()
        self._give(part)

    def _taken(self) -> list[SentRequest]:
        part, self._held = self._held, []
        return part

    def _give(self, part: list[SentRequest]) -> None:
        if part and self._take:
            self._take(part)


class Attempts:
    """The attempts of the calls of one account and Region, each begun and ended on the thread of its call."""

    def __init__(self, log: RequestLog, account_id: str, region: str) -> None:
        self._log = log
        self._place = (account_id, region)
        self._sent = local()

    def begin(self, service: str, operation: str) -> None:
        """Note that an attempt is sent now."""
        self._sent.begun = (service, operation, self._log.now())

    def end(self, response: Any, error: Exception | None) -> None:
        """Note its end: botocore's pair of HTTP and parsed answer, or the exception in its place."""
        begun = getattr(self._sent, "begun", None)
        if begun is None:
            return
        self._sent.begun = None
        service, operation, started = begun
        self._log.add(
            answered(
                (*self._place, service, operation),
                started,
                self._log.now(),
                response[1] if response is not None else {},
                error=error,
            )
        )


def answered(
    what: tuple[str, str, str, str],
    started: int,
    ended: int,
    parsed: Mapping[str, Any],
    *,
    attempts: int = 1,
    error: Exception | None = None,
) -> SentRequest:
    """Make it of `what` (account, Region, service, operation) and a parsed answer, which may be {}."""
    about = parsed.get("ResponseMetadata", {})
    headers = about.get("HTTPHeaders", {})
    status = about.get("HTTPStatusCode")
    said = parsed.get("Error") if status is None or status >= _REDIRECTED else None
    code = said.get("Code") if isinstance(said, Mapping) else None
    if error is not None:
        code = failure_of(error).code
    named = about.get("RequestId") or next((headers[name] for name in _IDS if name in headers), None)
    return SentRequest(
        *what,
        attempts,
        started,
        ended,
        _date(headers),
        str(named)[:_LONGEST] if named else None,
        status,
        str(code)[:_LONGEST] if code else None,
    )


def _date(headers: Mapping[str, str]) -> int | None:
    """The endpoint's clock, where its answer tells it and it can be."""
    try:
        moment = parsedate_to_datetime(headers["date"])
        told = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return None
    return told if FIRST_MS <= told < END_MS else None
