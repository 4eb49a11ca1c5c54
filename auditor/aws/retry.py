"""A limit on fruitless waiting, so that one throttled Region cannot hold a run for minutes.

botocore's standard retry mode decides what is retried and how long it waits (at most 3 attempts, exponential
with jitter, up to 1 s and then 2 s under throttling). That limit is for one call; a Region that throttles
everything would cost it again for each of dozens of calls. So one account and Region has a budget: the clock
runs while any of its services only fails. Once the budget is used up, or a call of a service has failed at
its last attempt, the further calls of that service have a single attempt. A service that answers again has
all this forgiven: a Region that is merely busy is read to the end at the pace that it allows.
"""

from collections.abc import Callable
from threading import Lock, local
from time import monotonic
from typing import Any, Final

from auditor.aws.failures import THROTTLING, is_unreachable

#: Seconds from the first failed attempt to the end of the last wait, for one account and Region.
BUDGET_SECONDS: Final = 3.0

#: Attempts of one call: botocore's standard retry mode.
ATTEMPTS: Final = 3

_SERVER_ERROR: Final = 500
_TOO_MANY_REQUESTS: Final = 429
#: The longest first wait, in seconds: under throttling, and after other errors (botocore, standard mode).
_THROTTLED_WAIT: Final = 1.0
_OTHER_WAIT: Final = 0.05


class RetryBudget:
    """Vetoes retries in one account and Region once its budget is used up. Thread safe.

    `seconds` is the budget; `clock` gives seconds and only serves tests.
    """

    def __init__(self, seconds: float = BUDGET_SECONDS, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._clock = clock
        self._lock = Lock()
        self._failing: set[str] = set()
        self._given_up: set[str] = set()
        self._since = 0.0
        self._attempt = local()

    def watch(self, client: Any) -> None:
        """Put `client` under this budget."""
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register("before-send", self._begin)
        # Ahead of botocore's handler, which is registered under the same name: the first answer counts.
        client.meta.events.register_first(f"needs-retry.{service}", self._judge)

    def _begin(self, **_event: Any) -> None:
        self._attempt.began = self._clock()

    def _judge(
        self, *, operation: Any, attempts: int, response: Any, caught_exception: Any, **_event: Any
    ) -> Any:
        """Answer False to veto a retry and None to leave the decision to botocore."""
        service = operation.service_model.service_name
        wait = _wait(attempts, response, caught_exception)
        with self._lock:
            if wait is None:
                self._failing.discard(service)
                self._given_up.discard(service)
                return None
            now = self._clock()
            if not self._failing:
                self._since = getattr(self._attempt, "began", now)
            self._failing.add(service)
            if attempts >= ATTEMPTS or now + wait - self._since > self._seconds:
                self._given_up.add(service)
            return False if service in self._given_up else None


def _wait(attempts: int, response: Any, error: Exception | None) -> float | None:
    """Give the longest wait before the next attempt in seconds; None when this answer asks for no retry."""
    doubled: int = 2 ** (attempts - 1)
    if error is not None:
        return _OTHER_WAIT * doubled if is_unreachable(error) else None
    http, parsed = response
    code = parsed.get("Error", {}).get("Code")
    if code in THROTTLING or http.status_code == _TOO_MANY_REQUESTS:
        return _THROTTLED_WAIT * doubled
    return _OTHER_WAIT * doubled if http.status_code >= _SERVER_ERROR else None
