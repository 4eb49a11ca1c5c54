"""Kinds of options that say in words what they take; those of the settings are in `auditor.config.kinds`."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import click

#: From and to which days can be reckoned for a hundred years.
_YEARS: Final = (2000, 9000)


class Whole(click.ParamType[int]):
    """A whole number from `least` to `most`."""

    def __init__(self, least: int, most: int) -> None:
        """Take both ends."""
        self.least, self.most = least, most
        self.name = f"{least}-{most}"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number."""
        text = str(value)
        number = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else -1
        if not self.least <= number <= self.most:
            self.fail(f"it must be a whole number from {self.least} to {self.most}, not {text!r}", param, ctx)
        return number


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
