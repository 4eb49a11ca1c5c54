"""Kinds of the tables of options as click's types."""

from typing import Any

import click

from auditor.config.kinds import Kind


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
