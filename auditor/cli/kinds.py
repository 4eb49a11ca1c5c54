"""Kinds of the tables of options as click's types, and that of a file that a command writes."""

import tempfile
from pathlib import Path
from typing import Any

import click

from auditor.config.kinds import Kind
from auditor.files import reason


class OfKind(click.ParamType[Any]):
    """A kind as click's type."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.name = "list" if kind.many else kind.words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Make the value from text; a value that was made already stays."""
        if not isinstance(value, str):
            return value
        try:
            return self.kind.parse(value)
        except ValueError as error:
            self.fail(f"it {error}", param, ctx)


class NewFile(click.ParamType[Path]):
    """A file that can be written: mistakes are told before the work."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Take the path."""
        file = Path(value)
        problem = unwritable(file)
        if problem:
            self.fail(f"{problem}; name another file", param, ctx)
        return file


def unwritable(file: Path) -> str:
    """Why a file cannot be written, "" where it can: a link, a device or a folder is not replaced."""
    try:
        if file.is_symlink() or (file.exists() and not file.is_file()):
            return f"{file} is there, and no file of its own"
        tempfile.TemporaryFile(dir=file.parent).close()
    except (OSError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else str(error)
        return f"{file} cannot be written ({why})"
    return ""
