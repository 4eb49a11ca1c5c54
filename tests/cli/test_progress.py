"""Progress on stderr."""

import io

import pytest
from rich.console import Console
from rich.progress import Progress as Bars

from auditor.cli.progress import BarView, Lines, progress


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Seconds since the start."""
    return Clock()


def test_lines_are_seldom_and_the_end_is_told(clock: Clock) -> None:
    """Nothing within a second; then a line, the next after five seconds, and the end at once."""
    stream = io.StringIO()
    show = Lines(stream, clock)
    for second, done in ((0.0, 0), (0.9, 1), (1.0, 2), (5.9, 3), (6.0, 4), (6.1, 5), (6.2, 6)):
        clock.now = second
        show("accounts", done, 6)
    show("accounts", 6, 6)

    assert stream.getvalue() == "accounts: 2 of 6\naccounts: 4 of 6\naccounts: 6 of 6\n"


def test_what_is_quick_shows_nothing(clock: Clock) -> None:
    """A thing that is done within a second is not worth a line."""
    stream = io.StringIO()
    show = Lines(stream, clock)
    show("accounts", 0, 1)
    clock.now = 0.99
    show("accounts", 1, 1)

    assert stream.getvalue() == ""


def test_things_are_told_apart_and_made_safe(clock: Clock) -> None:
    """Each has its own five seconds; a total may be unknown; a name from AWS cannot move the cursor."""
    stream = io.StringIO()
    show = Lines(stream, clock)
    show("a\x1b[2J", 0, None)
    show("b", 0, 2)
    clock.now = 1.0
    show("a\x1b[2J", 7, None)
    show("b", 1, 2)

    assert stream.getvalue() == "a\\x1b[2J: 7\nb: 1 of 2\n"


def test_a_reader_that_left_does_not_stop_the_work(clock: Clock) -> None:
    """A closed stderr is not worth a failure: a Progress never raises."""

    class Gone(io.StringIO):
        def write(self, _text: str) -> int:
            raise BrokenPipeError

    show = Lines(Gone(), clock)
    clock.now = 0.0
    show("a", 0, 2)
    clock.now = 2.0
    show("a", 1, 2)
    show("a", 2, 2)


def test_a_bar_appears_after_a_second(clock: Clock) -> None:
    """Before that the thing is followed but not shown."""
    bars = Bars(console=Console(file=io.StringIO()))
    view = BarView(bars, clock)
    view("accounts", 0, 6)
    clock.now = 0.9
    view("accounts", 1, 6)
    before = [(task.visible, task.completed, task.total) for task in bars.tasks]
    clock.now = 1.0
    view("accounts", 2, 6)

    assert before == [(False, 1, 6)]
    assert [(task.visible, task.completed, task.total) for task in bars.tasks] == [(True, 2, 6)]


def test_without_a_terminal_there_are_lines() -> None:
    """A log has no bars."""
    with progress(io.StringIO()) as show:
        assert isinstance(show, Lines)
