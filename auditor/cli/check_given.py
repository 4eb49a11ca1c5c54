"""What `auditor check` is given: the form of its options, and those that do not go together."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from auditor.check.formats.registry import FORMATS

if TYPE_CHECKING:
    from auditor.check.formats.base import CheckFormat

#: The most days that are simulated.
_MOST_DAYS: Final = 366


def days(context: click.Context, option: click.Parameter, value: str | None) -> int | None:
    """A number of days, with or without a d behind it."""
    if value is None:
        return None
    found = re.fullmatch(r"([1-9][0-9]{0,2})d?", value, re.ASCII)
    if not found or int(found[1]) > _MOST_DAYS:
        raise click.BadParameter(
            f"{value!r} is none; write a number of days up to {_MOST_DAYS}, such as 90d", context, option
        )
    return int(found[1])


def check_simulate(days: int | None, formats: "list[type[CheckFormat]]") -> None:
    """Refuse a simulation that nothing would show."""
    if days and not any(one.shows_simulations for one in formats):
        able = ", ".join(one.name for one in FORMATS if one.shows_simulations)
        raise click.UsageError(
            f"{formats[0].name} does not show a simulation; print or write one of {able} too."
        )


def check_base(baseline: Path | None, diff_base: str | None, paths: tuple[Path, ...]) -> None:
    """Refuse two things to compare with, and nothing to compare."""
    if baseline and diff_base is not None:
        raise click.UsageError("--baseline and --diff-base both say what is old; give one of them.")
    if diff_base is not None and not paths:
        raise click.UsageError("--diff-base compares each PATH with what it was; name one.")
