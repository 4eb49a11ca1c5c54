"""Conditions on the organization of whoever asks, where it is known which accounts are its members.

The keys are in a request only where whoever asks is of a member of an organization (aws-backup.md 3.8).
Source: IAM user guide, "AWS global condition context keys", "IAM JSON policy elements: Condition operators",
"Set operators for multivalued context keys".
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from auditor.derive.three_valued import any_holds

if TYPE_CHECKING:
    from auditor.derive.iam_conditions import PolicyCondition

_ID, _PATHS = "aws:principalorgid", "aws:principalorgpaths"
#: The keys of the organization of whoever asks, and of where in it their account is.
OF_ORGANIZATIONS: Final = (_ID, _PATHS)
_ANY, _NULL = "ForAnyValue", "Null"
_TEXTS: Final = ("StringEquals", "StringLike", "StringEqualsIgnoreCase",
                 "StringNotEquals", "StringNotLike", "StringNotEqualsIgnoreCase")  # fmt: skip
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_WILD: Final = re.compile(r"[*?]")
_ALL: Final = re.compile(r"\*+")

Sure = bool | None


class Members(NamedTuple):
    """The organization that was read, by its id ("" where that is not known), and its accounts.

    `paths` has each account that is known to be a member, with the path of AWS Organizations, such as
    "o-1/r-1/ou-1/"; "" where it is not known where in the organization it is. `whole` says that no other
    account is a member. `management` is the management account, `alone` one that is in no organization; ""
    where none is known.
    """

    organization_id: str = ""
    paths: Mapping[str, str] = MappingProxyType({})
    whole: bool = False
    management: str = ""
    alone: str = ""


NOT_KNOWN: Final = Members()


def meets(condition: "PolicyCondition", account: str, members: Members) -> Sure:
    """Whether principals of an account meet a condition on one of `OF_ORGANIZATIONS`.

    None where that is not known: so it is of a condition without a set operator on the paths, which are a
    list, and of an account that may be a member or not. One of no organization has none of the keys.
    """
    known = condition.operator in (*_TEXTS, _NULL) and (condition.key == _ID or condition.quantity)
    if known and account and account == members.alone:
        return _of_none(condition)
    if not known or not members.organization_id:
        return None
    if account not in members.paths:
        outside = members.whole and _ACCOUNT.fullmatch(account)
        return _of_another(condition, members.organization_id) if outside else None
    if condition.operator == _NULL:
        return _absent(condition, of_member=True)
    own = members.organization_id
    text = own if condition.key == _ID else members.paths[account]
    fits = (
        _fits(condition, value, text) if text else _in(condition, value, own) for value in condition.values
    )
    return _holds(condition, any_holds(fits))


def _holds(condition: "PolicyCondition", fits: Sure) -> Sure:
    return None if fits is None else fits is not condition.negative


def _absent(condition: "PolicyCondition", *, of_member: bool) -> Sure:
    """What the operator Null says of a key that only members have."""
    if condition.values not in (("true",), ("false",)):
        return None
    return (condition.values == ("true",)) is not of_member


def _fits(condition: "PolicyCondition", value: str, text: str) -> Sure:
    """Whether one value is, or as a pattern matches, what a member has; a variable may stand for anything."""
    if "${" in value:
        return None
    if condition.operator.endswith("IgnoreCase"):
        return value.lower() == text.lower()
    return condition.fits(value, text)


def _in(condition: "PolicyCondition", value: str, own: str) -> Sure:
    """Whether one value fits the path of a member, wherever in the organization that is."""
    return True if condition.takes_patterns and value in ("*", f"{own}/*") else None


def _of_none(condition: "PolicyCondition") -> Sure:
    """Whether an account meets it that is in no organization."""
    if condition.operator == _NULL:
        return _absent(condition, of_member=False)
    return None if any("${" in value for value in condition.values) else _without(condition)


def _of_another(condition: "PolicyCondition", own: str) -> Sure:
    """Whether an account meets it that is in no organization or in another one: where that is the same."""
    if condition.operator == _NULL:
        answers = {_absent(condition, of_member=member) for member in (True, False)}
    else:
        fits = any_holds(_fits_another(condition, value, own) for value in condition.values)
        answers = {_holds(condition, fits), _without(condition)}
    return answers.pop() if len(answers) == 1 else None


def _without(condition: "PolicyCondition") -> Sure:
    """Whether it holds where the key is missing."""
    if condition.quantity == _ANY:
        return None if condition.lenient else False
    return condition.lenient or condition.negative


def _fits_another(condition: "PolicyCondition", value: str, own: str) -> Sure:
    """Whether a value fits another organization's id, or a path in it, whichever that is."""
    if condition.takes_patterns and _ALL.fullmatch(value):
        return True
    named = value.partition("/")[0]
    whole = condition.key == _ID or "/" in value
    if "${" in value or not whole:
        return None
    if _WILD.search(named):
        return None if condition.takes_patterns else False
    alike = named.lower() if condition.operator.endswith("IgnoreCase") else named
    return False if alike == own else None
