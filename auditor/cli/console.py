"""Printing to stdout: rich tables with colours on a terminal, plain text elsewhere."""

import io
import os
import shutil
import sys
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from auditor.cli.text import safe

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
    try:
        sys.stdout.write(buffer.getvalue())
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def width() -> int:
    """Count the columns of the terminal, or of what COLUMNS says."""
    return shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns


def cell(text: str, style: str = "") -> Text:
    """Make a table's cell from untrusted text."""
    return Text(safe(text), style=style)
