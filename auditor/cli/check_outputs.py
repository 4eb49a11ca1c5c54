"""`--output FORMAT=FILE` of `auditor check`: what is written, where to, and that it can be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from auditor.check.formats.base import CheckFormat, CheckSource
from auditor.check.formats.registry import BY_NAME, NAMES
from auditor.cli.kinds import unwritable
from auditor.files import reason
from auditor.model.errors import AuditorError, UsageError
from reports.whole import whole


@dataclass(frozen=True, slots=True)
class Output:
    """A format and the file that it goes to."""

    format: type[CheckFormat]
    file: Path


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


def check_apart(outputs: Sequence[Output], inputs: Sequence[Path]) -> None:
    """See that no file is written twice, or in the place of an input.

    Raises:
        UsageError: one is.
    """
    taken = {path.resolve(): "it is an input" for path in inputs}
    for output in outputs:
        file = output.file.resolve()
        if file in taken:
            raise UsageError(
                f"--output {output.format.name}={output.file}: {taken[file]}; name another file."
            )
        taken[file] = "it is written already"


def write(outputs: Sequence[Output], source: CheckSource) -> None:
    """Write each file, which appears whole or not at all; lines are not broken, and nothing is coloured.

    Raises:
        AuditorError: one cannot be written.
    """
    plain = replace(source, width=None, colour=False)
    for output in outputs:
        data = output.format().render(plain)
        try:
            with whole(output.file, private=False) as target:
                target.write(data)
        except OSError as error:
            raise AuditorError(
                f"{output.file} cannot be written ({reason(error)}); name another file."
            ) from None
