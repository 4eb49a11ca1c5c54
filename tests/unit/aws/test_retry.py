"""The budget of one account and Region, by the clock and the luck of the test."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError

from auditor.aws.retry import ATTEMPTS, DOWN_SECONDS, QUICK_SECONDS, RetryBudget

Answered = tuple[SimpleNamespace, dict[str, Any]]

THROTTLED = (SimpleNamespace(status_code=400), {"Error": {"Code": "ThrottlingException"}})
TOO_MANY: Answered = (SimpleNamespace(status_code=429), {})
BROKEN = (SimpleNamespace(status_code=503), {"Error": {"Code": "503"}})
DENIED = (SimpleNamespace(status_code=403), {"Error": {"Code": "AccessDeniedException"}})
ANSWERED: Answered = (SimpleNamespace(status_code=200), {})
TIMED_OUT = ConnectTimeoutError(endpoint_url="http://127.0.0.1")
RESET = ConnectionClosedError(endpoint_url="http://127.0.0.1")
MINUTES = 300.0


class Region:
    """An account-Region under a budget of five minutes, whose waits are the longest (`luck` 1)."""

    def __init__(self, seconds: float = MINUTES, luck: float = 1.0) -> None:
        self.now = 100.0
        self.luck = luck
        self.budget = RetryBudget(seconds, clock=lambda: self.now, draw=lambda: self.luck)

    def attempt(self, service: str, answer: Any, number: int = 1) -> float | bool | None:
        """Make one attempt: the wait before the next, False where there is none, None without opinion."""
        failed = isinstance(answer, Exception)
        return self.budget.judge(
            operation=SimpleNamespace(service_model=SimpleNamespace(service_name=service)),
            attempts=number,
            response=None if failed else answer,
            caught_exception=answer if failed else None,
        )

    def call(self, service: str, answer: Any, takes: float = 0.0) -> list[float]:
        """Make attempts, each of which takes so long, until they are forbidden: the waits between them."""
        waits: list[float] = []
        while True:
            self.budget.begin()
            self.now += takes
            wait = self.attempt(service, answer, len(waits) + 1)
            if wait is False:
                return waits
            assert isinstance(wait, float)
            waits.append(wait)
            self.now += wait


def test_waits_double_up_to_twenty_seconds_until_the_budget_is_used_up() -> None:
    """A throttled Region is asked for five minutes and not a second more."""
    waits = Region().call("backup", THROTTLED)
    assert waits[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]
    assert MINUTES - 20 < sum(waits) <= MINUTES


@pytest.mark.parametrize(("luck", "first"), [(0.0, 0.0), (0.25, 0.25), (1.0, 1.0)])
def test_each_wait_is_drawn_between_nothing_and_the_longest(luck: float, first: float) -> None:
    """Full jitter."""
    assert Region(luck=luck).attempt("backup", TOO_MANY) == first


def test_the_budget_ends_with_the_clock() -> None:
    """A wait of a second still fits at 299 seconds after the first failure and not later."""
    region = Region()
    assert region.attempt("backup", THROTTLED) == 1.0
    region.now += MINUTES - 1
    assert region.attempt("backup", THROTTLED) == 1.0
    region.now += 0.01
    assert region.attempt("backup", THROTTLED) is False


def test_waits_count_where_the_clock_stands() -> None:
    """A call cannot be tried for ever, whatever the clock says."""
    region = Region()
    waits = 0.0
    for number in range(1, 100):
        wait = region.attempt("backup", THROTTLED, number)
        if wait is False:
            break
        waits += float(wait or 0)
    assert MINUTES - 20 < waits <= MINUTES


def test_a_service_that_used_it_up_has_one_attempt_for_each_call() -> None:
    """Until it answers again."""
    region = Region()
    region.call("backup", THROTTLED)
    assert [region.call("backup", THROTTLED) for _ in range(3)] == [[], [], []]
    region.attempt("backup", ANSWERED)
    assert region.attempt("backup", THROTTLED) == 1.0


def test_services_that_fail_one_after_another_share_the_budget() -> None:
    """Of six none has less than the quick attempts, and together they take little more than the budget."""
    region = Region()
    began = region.now
    waits = [sum(region.call(f"service-{number}", THROTTLED)) for number in range(6)]
    assert waits[0] > MINUTES - 20
    assert min(waits) == waits[-1] == QUICK_SECONDS
    assert region.now - began == sum(waits) <= MINUTES + 5 * QUICK_SECONDS


def test_services_that_fail_at_the_same_time_spend_it_once() -> None:
    """Two that were given up at the same moment leave to a third what one would have left."""
    region = Region(seconds=100.0)
    for service in ("backup", "ec2"):
        region.attempt(service, THROTTLED)
    region.now += 100
    assert [region.attempt(service, THROTTLED) for service in ("backup", "ec2")] == [False, False]
    region.now += 500
    assert sum(region.call("rds", THROTTLED)) == QUICK_SECONDS
    alone = Region(seconds=200.0)
    alone.attempt("backup", BROKEN)
    alone.now += DOWN_SECONDS
    alone.attempt("backup", BROKEN)
    assert 140 < sum(alone.call("ec2", THROTTLED)) <= 170


def test_an_answer_forgives() -> None:
    """A Region that is busy and answers in the end is read at its pace."""
    region = Region()
    for _ in range(20):
        assert region.attempt("backup", THROTTLED) == 1.0
        region.now += MINUTES / 2
        assert region.attempt("backup", ANSWERED, 2) is None


@pytest.mark.parametrize("answer", [DENIED, ANSWERED])
def test_what_asks_for_no_retry_uses_no_budget(answer: Any) -> None:
    """A denied call is not a Region that does not answer."""
    region = Region()
    region.attempt("tagging", answer)
    region.now += 600
    assert region.attempt("backup", BROKEN) == 0.05


@pytest.mark.parametrize("error", [BROKEN, RESET])
def test_a_service_that_is_down_is_waited_for_half_a_minute(error: Any) -> None:
    """It answered before: that it breaks off now may pass."""
    region = Region()
    region.attempt("backup", ANSWERED)
    assert DOWN_SECONDS / 2 < sum(region.call("backup", error)) <= DOWN_SECONDS


def test_an_endpoint_that_never_answered_has_three_attempts() -> None:
    """Nobody is there: no minutes are lost on it."""
    assert len(Region().call("backup", RESET)) == ATTEMPTS - 1


def test_a_connection_that_took_longer_than_the_quick_attempts_is_tried_once() -> None:
    """The clock starts with the attempt and not with its end."""
    assert Region().call("backup", TIMED_OUT, takes=5) == []


def test_without_minutes_a_throttled_service_has_the_quick_attempts() -> None:
    """`retry_minutes: 0`."""
    assert Region(seconds=0.0).call("backup", THROTTLED) == [1.0, 2.0]
