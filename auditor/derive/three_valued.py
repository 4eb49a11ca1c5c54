"""Answers of which some are not known: yes, no, or None."""

from collections.abc import Iterable


def all_hold(answers: Iterable[bool | None]) -> bool | None:
    """Whether all hold: they do not where one does not, whatever else is not known. All of none do."""
    given = {*answers}
    return False if False in given else None if None in given else True


def any_holds(answers: Iterable[bool | None]) -> bool | None:
    """Whether one holds, which it does whatever else is not known. None of none does."""
    given = {*answers}
    return True if True in given else None if None in given else False
