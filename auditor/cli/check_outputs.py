"""`--output FORMAT=FILE` of `auditor check`: what is written, where to, and that it can be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from auditor.check.formats.base import CheckFormat, CheckSource
from auditor.check.formats.registry import BY_NAME, NAMES
from auditor.cli.kinds import unwritable, write_file


@dataclass(frozen=True, slots=True)
class Output:
    """A format and the file that it goes to."""

    format: type[CheckFormat]
    file: Path

    @property
    def said(self) -> tuple[str, Path]:
        """What is said on the command line, and the file."""
        return f"--output {self.format.name}={self.file}", self.file


class OutputType(click.ParamType[Output]):
    """FORMAT=FILE, of which FORMAT is known and FILE can be written: mistakes are told before the work."""

    name = "output"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Output:
        """Take both apart."""
        name, equals, file = str(value).partition("=")
        if not equals or not file or name not in BY_NAME:
            known = ", ".join(NAMES)
            self.fail(
                f"{value!r} is none; write one such as sarif=check.sarif, with {known} before the =",
                param,
                ctx,
            )
        problem = unwritable(Path(file))
        if problem:
            self.fail(f"{problem}; name another file", param, ctx)
        return Output(BY_NAME[name], Path(file))


def write(outputs: Sequence[Output], source: CheckSource) -> None:
    """Write each file, which appears whole or not at all; lines are not broken, and nothing is coloured.

    Raises:
        AuditorError: one cannot be written.
    """
    plain = replace(source, width=None, colour=False)
    for output in outputs:
        write_file(output.file, output.format().render(plain))
