"""Ctrl-C and errors end a push between two changes."""

from threading import Event
from typing import Any, NoReturn

import pytest

from auditor.model.errors import AuditorError
from auditor.model.settings import silent
from auditor.push.access import Access
from auditor.push.apply import AccountChanges
from auditor.push.changes import Action, Change, ChangeKind


def unused(*_: Any) -> NoReturn:
    """A client that nobody may ask for."""
    raise AssertionError


def test_what_is_not_applied_when_the_run_is_stopped_stays_planned() -> None:
    """No call is made any more, and no client."""
    stop = Event()
    stop.set()
    change = Change("1" * 12, "shop", "eu", ChangeKind.PLAN, "p", Action.CREATE, after={"Rules": []})
    assert AccountChanges(unused, stop).apply([change]) == [change]


@pytest.mark.parametrize("error", [AuditorError("No."), KeyboardInterrupt()])
def test_an_error_on_a_thread_stops_the_others_and_is_raised(error: BaseException) -> None:
    """The signal is set before the threads are waited for, so that those that wait for it end."""
    access = Access(sessions=None)  # type: ignore[arg-type]  # none is asked for

    def work(number: int) -> None:
        if number == 0:
            raise error
        assert access.stop.wait(timeout=120)

    with pytest.raises(type(error)):
        access.in_parallel("work", work, [0, 1], workers=2, progress=silent)


def test_results_come_in_the_order_of_the_items_and_progress_is_counted() -> None:
    """Whatever order the threads end in."""
    seen: list[tuple[str, int, int | None]] = []
    second = Event()

    def work(number: int) -> int:
        if number == 1:
            assert second.wait(timeout=120)
        else:
            second.set()
        return number * 10

    access = Access(sessions=None)  # type: ignore[arg-type]  # none is asked for
    found = access.in_parallel("work", work, [1, 2], workers=2, progress=lambda *step: seen.append(step))
    assert (found, seen) == ([10, 20], [("work", 1, 2), ("work", 2, 2)])
