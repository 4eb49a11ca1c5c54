"""Printing to stdout: rich tables with colours on a terminal, plain text elsewhere."""

import io
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from auditor.cli.text import safe

if TYPE_CHECKING:
    from rich.text import Text

#: Columns where stdout is not a terminal and nothing says how wide it is.
PLAIN_WIDTH: Final = 120


class _Buffer(io.StringIO):
    """Takes what rich prints; boxes are of ASCII where stdout is not UTF-8."""

    @property
    def encoding(self) -> str:  # type: ignore[override]  # an attribute there
        """The encoding of stdout."""
        return sys.stdout.encoding or "utf-8"


def show(*things: Any) -> None:
    """Print text (made safe) and rich renderables, each on a line of its own.

    A reader that has left, such as `| head`, is not an error: the rest goes nowhere and the exit code stays.
    """
    from rich.console import Console
    from rich.text import Text

    terminal = sys.stdout.isatty()
    buffer = _Buffer()
    console = Console(
        file=buffer,
        force_terminal=terminal,
        no_color=not terminal or "NO_COLOR" in os.environ,
        width=width(),
        markup=False,
        highlight=False,
        emoji=False,
    )
    for thing in things:
        line = Text(safe(thing)) if isinstance(thing, str) else thing
        console.print(line, soft_wrap=isinstance(line, Text))
    with _reader_may_leave():
        sys.stdout.write(buffer.getvalue())
        sys.stdout.flush()


def emit(data: bytes, *, exact: bool) -> None:
    """Print UTF-8 that was made elsewhere; letters that stdout lacks are codes where it is not `exact`."""
    with _reader_may_leave():
        if exact:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
        else:
            sys.stdout.write(data.decode())
        sys.stdout.flush()


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def coloured() -> bool:
    """Whether stdout shows colours."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ


def stated_width() -> int | None:
    """The columns to break lines at: of a terminal, or as COLUMNS says; None where nothing says it."""
    return width() if sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdigit() else None


def width() -> int:
    """Count the columns of the terminal, or of what COLUMNS says."""
    return shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns


def cell(text: str, style: str = "") -> "Text":
    """Make a table's cell from untrusted text."""
    from rich.text import Text

    return Text(safe(text), style=style)
