"""The published rates of APIs, kept from the first call on, so that we are rarely throttled.

AWS publishes calls a second for each operation and for a service as a whole. It does not say whether the
rates hold for an account or for an account and Region; we keep them for each account and Region. As in a
token bucket, the calls of an unused second may be sent at once.
"""

from collections.abc import Callable, Iterator
from threading import Event, Lock
from time import monotonic
from typing import Final

#: Calls a second by service: of an operation, by the longest beginning of its name that fits, and ("") of all
#: together (aws-backup.md 1.5; quotas of AWS Organizations and of Security Hub).
RATES: Final = {
    "backup": {"": 50, "Describe": 15, "DescribeBackupVault": 5, "Get": 15, "List": 20},
    "organizations": {"ListAccountsForParent": 5},
    "securityhub": {"GetFindings": 3},
}


class Pace:
    """Holds calls of one account and Region back to the published rates. Thread safe.

    `clock` gives seconds and only serves tests.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._due: dict[tuple[str, str], float] = {}

    def keep(self, service: str, operation: str, stop: Event) -> None:
        """Wait until `operation` may be sent, or `stop` is set."""
        delay = self.delay(service, operation)
        if delay > 0:
            stop.wait(delay)

    def delay(self, service: str, operation: str) -> float:
        """Take the next place for `operation` and give the seconds until it comes."""
        now = self._clock()
        longest = 0.0
        with self._lock:
            for name, rate in _rates(service, operation):
                due = max(self._due.get((service, name), now), now)
                self._due[service, name] = due + 1 / rate
                longest = max(longest, due - now - (rate - 1) / rate)
        return longest


def _rates(service: str, operation: str) -> Iterator[tuple[str, int]]:
    """The rates that `operation` falls under, each with what it is counted for."""
    rates = RATES.get(service, {})
    if "" in rates:
        yield "", rates[""]
    own = max((name for name in rates if name and operation.startswith(name)), key=len, default=None)
    if own is not None:
        yield operation, rates[own]
