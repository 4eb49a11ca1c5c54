"""Kinds of options, which say in words what they take: those of the settings as click's types, and others."""

from datetime import UTC, datetime
from typing import Any, Final

import click

from auditor.config.kinds import Kind, number

#: From and to which days can be reckoned for a hundred years.
_YEARS: Final = (2000, 9000)


class OfKind(click.ParamType[Any]):
    """A kind of the settings as click's type."""

    def __init__(self, kind: Kind, name: str = "") -> None:
        """Take the kind; `name` stands for the value in a command's help."""
        self.kind = kind
        self.name = name or ("list" if kind.many else kind.words)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Make the value from text; a value that was made already stays."""
        if not isinstance(value, str):
            return value
        try:
            return self.kind.parse(value)
        except ValueError as error:
            self.fail(f"it {error}", param, ctx)


def whole(least: int, most: int) -> OfKind:
    """A whole number from `least` to `most`."""
    return OfKind(number(least, most), f"{least}-{most}")


class Day(click.ParamType[datetime]):
    """A day, as its beginning in UTC."""

    name = "yyyy-mm-dd"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the day."""
        try:
            day = datetime.strptime(str(value), "%Y-%m-%d").replace(tzinfo=UTC)
        except ValueError:
            day = None
        if day is None or not _YEARS[0] <= day.year <= _YEARS[1]:
            self.fail(f"it must be a day such as 2026-02-09, not {str(value)!r}", param, ctx)
        return day
