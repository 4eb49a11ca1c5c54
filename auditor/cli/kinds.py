"""Kinds of the tables of options as click's types, and the files that a command writes."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from auditor.config.kinds import Kind
from auditor.files import reason
from auditor.model.errors import AuditorError, UsageError


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


def check_apart(outputs: Sequence[tuple[str, Path]], inputs: Sequence[Path]) -> None:
    """See that no file is written twice, or over an input; each output is what is said, and its file.

    Raises:
        UsageError: one is.
    """
    taken = {path.resolve(): "it is an input" for path in inputs}
    for said, output in outputs:
        file = output.resolve()
        if file in taken:
            raise UsageError(f"{said}: {taken[file]}; name another file.")
        taken[file] = "it is written already"


def write_file(file: Path, data: bytes) -> None:
    """Write a file that others may read, which appears whole or not at all.

    Raises:
        AuditorError: it cannot be written.
    """
    from reports.whole import whole

    try:
        with whole(file, private=False) as target:
            target.write(data)
    except OSError as error:
        raise AuditorError(f"{file} cannot be written ({reason(error)}); name another file.") from None
