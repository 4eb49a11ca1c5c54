"""Options of the commands of programs, such as the executor, made from their table."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from auditor.cli.kinds import OfKind
from auditor.cli.options import setting_option
from auditor.config.program_option import ProgramOption
from auditor.config.programs import OPTIONS, SHARED
from auditor.config.table import BY_NAME

if TYPE_CHECKING:
    from click.parser import _OptionParser

Command = Callable[..., Any]


class _Option(click.Option):
    """An option with an older spelling, which is taken and not shown, and a variable that is refused."""

    def __init__(self, *declarations: Any, row: ProgramOption, **more: Any) -> None:
        super().__init__(*declarations, **more)
        self._row = row

    def add_to_parser(self, parser: "_OptionParser", ctx: click.Context) -> None:
        """Let the parser know the older spelling, too."""
        super().add_to_parser(parser, ctx)
        if self._row.older:
            parser.add_option(obj=self, opts=[self._row.older], dest=self.name, nargs=self.nargs)

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """Take the variable, or say that it was set under its former name; an option wins over both."""
        found = super().resolve_envvar_value(ctx)
        former = self._row.former
        if found is None and former and os.environ.get(former):
            raise click.UsageError(f"{former} is called {self._row.variable} now; set that one instead", ctx)
        return found


def program_options(name: str) -> Callable[[Command], Command]:
    """Give the command of `name`, such as "executor serve", every option that the table has for it."""

    def decorate(command: Command) -> Command:
        for row in reversed([row for row in OPTIONS if name in row.commands]):
            command = _option(row, name)(command)
        for setting in reversed(SHARED.get(name, ())):
            command = setting_option(BY_NAME[setting])(command)
        return command

    return decorate


def _option(row: ProgramOption, command: str) -> Callable[[Command], Command]:
    of_kind: dict[str, Any] = {"is_flag": True}
    if row.kind is not None:
        of_kind = {"type": OfKind(row.kind), "metavar": row.kind.metavar}
    if row.default is not None:
        of_kind |= {"default": (row.default,) if row.several else row.default, "show_default": True}
    return click.option(
        row.option,
        row.name,
        cls=_Option,
        row=row,
        required=command in row.required,
        multiple=row.several,
        envvar=row.variable,
        show_envvar=True,
        help=row.help + (f"  [default: {row.otherwise}]" if row.otherwise else ""),
        **of_kind,
    )
