"""Whether a policy that is changed denies less than it did before.

Sources: IAM user guide, "IAM JSON policy elements reference", "Policy evaluation logic".
"""

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from auditor.derive.iam_conditions import PolicyCondition
from auditor.derive.iam_policy import EVERYONE, Statement

_ALL: Final = (EVERYONE,)
#: Names, and whether all but those are meant.
_Names = tuple[Collection[str], bool]
#: Of other operators two conditions are alike only where they are the same.
_OF_SETS: Final = ("String", "Arn", "IpAddress", "NotIpAddress")


class LessDenied(NamedTuple):
    """Actions that are surely denied to fewer, or for less, than before, and those that perhaps are."""

    sure: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def less_denied(
    before: Sequence[Statement], after: Sequence[Statement], actions: Sequence[str]
) -> LessDenied:
    """Which of `actions` the statements `after` deny less than those `before`."""
    sure, unsure = [], []
    for action in actions:
        earlier, later = (
            [one for one in statements if not one.allows and one.covers(action)]
            for statements in (before, after)
        )
        kept = {_kept(one, later) for one in earlier}
        if False in kept:
            sure.append(action)
        elif None in kept:
            unsure.append(action)
    return LessDenied(tuple(sure), tuple(unsure))


def _kept(one: Statement, later: Sequence[Statement]) -> bool | None:
    """Whether one of the later denials denies as much as a denial; None where that is not known."""
    if any(_as_strong(other, one) for other in later):
        return True
    weaker = len(later) == 1 and _as_strong(one, later[0])
    return False if weaker or not later else None


def _as_strong(one: Statement, other: Statement) -> bool:
    """Whether a denial surely denies all that another one does, of an action that both are about."""
    return (
        _holds((one.principals, one.but_principals), (other.principals, other.but_principals))
        and _holds((one.resources or _ALL, one.but_resources), (other.resources or _ALL, other.but_resources))
        and all(any(_implies(held, asked) for held in other.conditions) for asked in one.conditions)
    )


def _holds(one: _Names, other: _Names) -> bool:
    """Whether some names, or all but those, surely hold others."""
    (names, all_but), (other_names, other_all_but) = one, other
    if all_but:
        return other_all_but and set(names) <= set(other_names)
    return EVERYONE in names or (not other_all_but and set(other_names) <= set(names))


def _implies(held: PolicyCondition, asked: PolicyCondition) -> bool:
    """Whether whatever meets the first condition meets the second one too."""
    if (held.operator, held.key, held.lenient) != (asked.operator, asked.key, asked.lenient):
        return False
    if not held.operator.startswith(_OF_SETS):
        return held.values == asked.values
    fewer, more = (asked, held) if held.negative else (held, asked)
    return set(fewer.values) <= set(more.values)
