"""One pool of threads for all that is done at once."""

from threading import Event

import pytest

from auditor.threads import Beside, in_parallel


@pytest.mark.parametrize(("count", "workers"), [(0, 2), (1, 2), (5, 2), (2, 0)])
def test_results_come_in_the_order_of_the_items(count: int, workers: int) -> None:
    """Of none there are none; there is always a thread."""
    seen: list[int] = []

    found = in_parallel(lambda number: number * 10, range(count), workers=workers, ended=seen.append)

    assert (found, seen) == ([number * 10 for number in range(count)], list(range(1, count + 1)))


def test_an_error_ends_the_run_when_what_has_begun_has_ended() -> None:
    """What has not begun is not run; the second item waits for the error, the third never comes."""
    stop = Event()
    run: list[int] = []

    def work(number: int) -> None:
        if number == 0:
            raise KeyError(number)
        assert stop.wait(timeout=120)
        run.append(number)

    with pytest.raises(KeyError):
        in_parallel(work, [0, 1, 2], workers=2, stop=stop)

    assert set(run) <= {1}


def test_something_beside_gives_its_result_or_its_error() -> None:
    """Where it is waited for; what it gave can be asked for without the error."""
    done, failed = Beside(lambda: 7), Beside(lambda: int("seven"))

    assert (done.result(), done.results(), failed.results()) == (7, [7], [])
    with pytest.raises(ValueError, match="seven"):
        failed.result()
