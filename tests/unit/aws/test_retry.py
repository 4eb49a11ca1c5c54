"""The budget of one account and Region, by the clock of the test."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from auditor.aws.retry import RetryBudget

THROTTLED = (SimpleNamespace(status_code=400), {"Error": {"Code": "ThrottlingException"}})
BROKEN = (SimpleNamespace(status_code=503), {"Error": {"Code": "503"}})
DENIED = (SimpleNamespace(status_code=403), {"Error": {"Code": "AccessDeniedException"}})
ANSWERED = (SimpleNamespace(status_code=200), {})


class Region:
    """An account-Region under a budget of three seconds."""

    def __init__(self) -> None:
        self.now = 100.0
        self.budget = RetryBudget(seconds=3.0, clock=lambda: self.now)

    def attempt(self, service: str, response: Any, number: int = 1, error: Exception | None = None) -> Any:
        """Make one attempt; None leaves the retry to botocore, False forbids it."""
        return self.budget._judge(
            operation=SimpleNamespace(service_model=SimpleNamespace(service_name=service)),
            attempts=number,
            response=response,
            caught_exception=error,
        )


def test_the_budget_ends_with_the_clock() -> None:
    """A wait of up to a second still fits two seconds after the first failure and not later."""
    region = Region()
    assert region.attempt("backup", THROTTLED) is None
    region.now += 2.0
    assert region.attempt("backup", THROTTLED) is None
    region.now += 0.01
    assert region.attempt("backup", THROTTLED) is False


def test_a_call_that_used_its_attempts_leaves_one_to_the_others() -> None:
    """The third failure of one call, then the first of another."""
    region = Region()
    assert [region.attempt("backup", THROTTLED, number) for number in (1, 2, 3)] == [None, None, False]
    assert region.attempt("backup", THROTTLED) is False


def test_another_service_has_its_attempts_within_the_same_budget() -> None:
    """The clock belongs to the Region: a service that begins late has less of it."""
    region = Region()
    region.attempt("backup", THROTTLED, 3)
    assert region.attempt("ec2", THROTTLED) is None
    region.now += 2.5
    assert region.attempt("rds", THROTTLED) is False


def test_an_answer_forgives() -> None:
    """A Region that is busy and answers in the end is read at its pace."""
    region = Region()
    for _ in range(20):
        assert region.attempt("backup", THROTTLED) is None
        region.now += 1.0
        assert region.attempt("backup", ANSWERED, 2) is None


@pytest.mark.parametrize("denied", [DENIED, ANSWERED])
def test_what_asks_for_no_retry_uses_no_budget(denied: Any) -> None:
    """A denied call is not a Region that does not answer."""
    region = Region()
    region.attempt("tagging", denied)
    region.now += 60
    assert region.attempt("backup", BROKEN) is None


def test_a_connection_that_took_longer_than_the_budget_is_tried_once() -> None:
    """The clock starts with the attempt and not with its end."""
    region = Region()
    region.budget._begin()
    region.now += 5
    error = ConnectTimeoutError(endpoint_url="http://127.0.0.1")
    assert region.attempt("backup", None, error=error) is False
