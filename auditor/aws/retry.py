"""How long a run waits for an account and Region: a busy one is read to the end, a dead one soon given up.

A run at night has time: a throttled call is sent again, with exponential waits and full jitter (each wait is
drawn between nothing and the longest), until a budget of minutes is used up. Each account and Region has one
budget. A service spends it while it only fails: counted is the time since its first failed attempt, or the
sum of the waits, whichever is more. A service that has used up the budget gets a single attempt for each
further call. The others get what is left, though never less than `QUICK_SECONDS`. When a service answers
again, what it spent is forgiven: a Region that is merely busy is read to the end at the pace that it allows.

A service that is down (errors of its own, connections that break) is waited for at most `DOWN_SECONDS`, and
an endpoint that never answered `QUICK_SECONDS` and `ATTEMPTS`: nobody is there.
"""

from collections.abc import Callable
from random import SystemRandom
from threading import Lock, local
from time import monotonic
from typing import Any, Final

from auditor.aws.failures import THROTTLING, is_unreachable

#: Seconds: the least that any service has, and the most that an endpoint has that never answered.
QUICK_SECONDS: Final = 3.0
#: Seconds: the most that a service has that answers with errors of its own or breaks connections.
DOWN_SECONDS: Final = 30.0

#: Attempts of a call to an endpoint that never answered; botocore's standard retry mode.
ATTEMPTS: Final = 3

_SERVER_ERROR: Final = 500
_TOO_MANY_REQUESTS: Final = 429
#: Seconds: the longest first wait under throttling and after other errors (doubled each time), and of all.
_THROTTLED_WAIT: Final = 1.0
_OTHER_WAIT: Final = 0.05
_LONGEST_WAIT: Final = 20.0
_MOST_DOUBLINGS: Final = 16
_RANDOM: Final = SystemRandom()


class RetryBudget:
    """Decides over retries in one account and Region. Thread safe.

    `seconds` is the budget. `clock` gives seconds and `draw` a number from 0 to 1; they only serve tests.
    """

    def __init__(
        self,
        seconds: float = QUICK_SECONDS,
        clock: Callable[[], float] = monotonic,
        draw: Callable[[], float] = _RANDOM.random,
    ) -> None:
        self._seconds = seconds
        self._clock = clock
        self._draw = draw
        self._lock = Lock()
        self._answered: set[str] = set()
        self._since: dict[str, float] = {}
        self._given_up: set[str] = set()
        self._spent = 0.0
        self._spent_until = clock()
        self._call = local()

    def watch(self, client: Any) -> None:
        """Put `client` under this budget."""
        service = client.meta.service_model.service_id.hyphenize()
        client.meta.events.register("before-send", self.begin)
        # Ahead of botocore's handler, which is registered under the same name: the first answer counts.
        client.meta.events.register_first(f"needs-retry.{service}", self.judge)

    def begin(self, **_event: Any) -> None:
        """Note that an attempt is sent now, on this thread."""
        self._call.began = self._clock()

    def judge(
        self, *, operation: Any, attempts: int, response: Any, caught_exception: Any, **_event: Any
    ) -> float | bool | None:
        """Give the wait before the next attempt in seconds, False to forbid it, None to leave it to botocore.

        `attempts` counts those of the call that were made.
        """
        service = operation.service_model.service_name
        longest = _longest_wait(attempts, response, caught_exception)
        with self._lock:
            if caught_exception is None:
                self._answered.add(service)
            if longest is None:
                self._since.pop(service, None)
                self._given_up.discard(service)
                return None
            throttled = caught_exception is None and longest >= _THROTTLED_WAIT and _throttled(response)
            wait = self._draw() * longest
            if attempts == 1:
                self._call.waited = 0.0
            return wait if self._may_wait(service, attempts, wait, throttled=throttled) else False

    def _may_wait(self, service: str, attempts: int, wait: float, *, throttled: bool) -> bool:
        now = self._clock()
        since = self._since.setdefault(service, getattr(self._call, "began", now))
        waited = getattr(self._call, "waited", 0.0) + wait
        self._call.waited = waited
        left = max(QUICK_SECONDS, self._seconds - self._spent)
        if not throttled:
            left = min(left, DOWN_SECONDS)
        if service not in self._answered:
            left = min(left, QUICK_SECONDS)
            if attempts >= ATTEMPTS:
                self._give_up(service, since, now)
        if max(now + wait - since, waited) > left:
            self._give_up(service, since, now)
        return service not in self._given_up

    def _give_up(self, service: str, since: float, now: float) -> None:
        """What several services wait for at the same time is spent once."""
        if service not in self._given_up:
            self._given_up.add(service)
            self._spent += max(0.0, now - max(since, self._spent_until))
            self._spent_until = max(now, self._spent_until)


def _throttled(response: Any) -> bool:
    http, parsed = response
    return parsed.get("Error", {}).get("Code") in THROTTLING or http.status_code == _TOO_MANY_REQUESTS


def _longest_wait(attempts: int, response: Any, error: Exception | None) -> float | None:
    """Give the longest wait before the next attempt in seconds; None when this answer asks for no retry."""
    if error is not None:
        first = _OTHER_WAIT if is_unreachable(error) else None
    elif _throttled(response):
        first = _THROTTLED_WAIT
    else:
        first = _OTHER_WAIT if response[0].status_code >= _SERVER_ERROR else None
    if first is None:
        return None
    doubled: int = 2 ** min(attempts - 1, _MOST_DOUBLINGS)
    return min(_LONGEST_WAIT, first * doubled)
