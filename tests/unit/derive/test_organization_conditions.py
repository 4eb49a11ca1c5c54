"""Conditions on the organization of whoever asks: of members, of others, and where that is not known."""

from itertools import product
from typing import Any

import pytest

from auditor.derive.iam_conditions import PolicyCondition, Reach
from auditor.derive.iam_policy import Statement
from auditor.derive.organization_conditions import NOT_KNOWN, Members, meets

OWN, LOST, OTHER = "111122223333", "222233334444", "999988887777"
PATH = "o-1/r-1/ou-1/"
MEMBERS = Members("o-1", {OWN: PATH, LOST: ""}, whole=True)
ID, PATHS = "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"


def condition(operator: str, key: str, *values: str) -> PolicyCondition:
    """As a policy has it."""
    given = {"Effect": "Deny", "Action": "*", "Condition": {operator: {key: [*values]}}}
    (found,) = Statement.of(given).conditions
    return found


@pytest.mark.parametrize(
    ("operator", "key", "values", "member", "other"),
    [
        ("StringEquals", ID, ["o-1"], True, False),
        ("StringEquals", ID, ["o-2"], False, None),
        ("StringEquals", ID, ["o-2", "o-1"], True, None),
        ("StringEquals", ID, ["O-1"], False, None),
        ("StringEquals", ID, ["o-*"], False, False),
        ("StringEquals", ID, ["${aws:ResourceOrgID}"], None, None),
        ("StringEqualsIfExists", ID, ["o-1"], True, None),
        ("StringEqualsIgnoreCase", ID, ["O-1"], True, False),
        ("StringLike", ID, ["o-?"], True, None),
        ("StringLike", ID, ["*"], True, None),
        ("StringLikeIfExists", ID, ["*"], True, True),
        ("StringNotEquals", ID, ["o-1"], False, True),
        ("StringNotEquals", ID, ["o-2"], True, None),
        ("StringNotEqualsIfExists", ID, ["o-1"], False, True),
        ("StringNotEqualsIfExists", ID, ["o-1", "o-2"], False, None),
        ("StringNotEqualsIgnoreCase", ID, ["O-1"], False, True),
        ("StringNotLike", ID, ["o-1"], False, True),
        ("ForAnyValue:StringEquals", ID, ["o-1"], True, False),
        ("ForAllValues:StringEquals", ID, ["o-1"], True, None),
        ("ForAnyValue:StringNotEquals", ID, ["o-1"], False, None),
        ("Null", ID, ["true"], False, None),
        ("Null", ID, ["false"], True, None),
        ("Null", ID, ["true", "false"], None, None),
        ("NumericEquals", ID, ["o-1"], None, None),
        ("ForAnyValue:StringLike", PATHS, ["o-1/*"], True, False),
        ("ForAnyValue:StringLike", PATHS, ["o-1/r-1/ou-1/*"], True, False),
        ("ForAnyValue:StringLike", PATHS, ["o-1/r-1/ou-2/*"], False, False),
        ("ForAnyValue:StringEquals", PATHS, ["o-1/r-1/"], False, False),
        ("ForAnyValue:StringEquals", PATHS, [PATH], True, False),
        ("ForAnyValue:StringNotLike", PATHS, ["o-1/*"], False, None),
        ("ForAllValues:StringNotLike", PATHS, ["o-1/*"], False, True),
        ("ForAnyValue:StringLike", PATHS, ["o-1*"], True, None),
        ("StringLike", PATHS, ["o-1/*"], None, None),
    ],
)
def test_a_member_has_the_id_and_another_account_has_none_or_another(
    operator: str, key: str, values: list[str], member: Any, other: Any
) -> None:
    """None where it depends on which organization another account is in, or on a variable."""
    asked = condition(operator, key, *values)
    assert (meets(asked, OWN, MEMBERS), meets(asked, OTHER, MEMBERS)) == (member, other)
    reached = {True: Reach.ALL, False: Reach.NONE, None: Reach.MOST}
    assert (asked.reach(OWN, MEMBERS), asked.met_by(f"arn:aws:iam::{OWN}:role/a", OWN, "", MEMBERS)) == (
        reached[member],
        member,
    )


@pytest.mark.parametrize("members", [NOT_KNOWN, Members("", {OWN: ""}, whole=True)])
def test_without_the_id_nothing_is_known(members: Members) -> None:
    """Of no account; nor of others where not all members are known, nor of no account in particular."""
    asked = condition("StringEquals", ID, "o-1")
    assert [meets(asked, one, members) for one in (OWN, OTHER)] == [None, None]
    some = MEMBERS._replace(whole=False)
    assert [meets(asked, one, some) for one in (OWN, OTHER, "")] == [True, None, None]
    assert [meets(asked, one, MEMBERS) for one in ("", "somebody")] == [None, None]


@pytest.mark.parametrize(
    ("operator", "value", "met"),
    [
        ("ForAnyValue:StringLike", "o-1/*", True),
        ("ForAllValues:StringNotLike", "o-1/*", False),
        ("ForAnyValue:StringLike", "o-1/r-1/*", None),
        ("ForAnyValue:StringEquals", PATH, None),
    ],
)
def test_a_member_whose_unit_is_not_known_is_somewhere_in_it(operator: str, value: str, *, met: Any) -> None:
    """Its id is known all the same."""
    assert meets(condition(operator, PATHS, value), LOST, MEMBERS) is met
    assert meets(condition("StringEquals", ID, "o-1"), LOST, MEMBERS) is True


def test_a_service_and_a_federated_principal_are_in_no_organization_that_is_known() -> None:
    """Whichever account the policy is in."""
    asked = condition("StringEquals", ID, "o-1")
    names = ("Service:logs.amazonaws.com", "Federated:cognito-identity.amazonaws.com")
    assert [asked.met_by(one, OWN, "", MEMBERS) for one in names] == [None, None]


def _by_hand(operator: str, values: tuple[str, ...], has: str | None) -> bool:
    """What IAM makes of a condition in one request; `has` is the key's value, None where it is missing."""
    quantity, _, rest = operator.rpartition(":")
    name = rest.removesuffix("IfExists")
    if name == "Null":
        return (values == ("true",)) is (has is None)
    if has is None:
        lenient = rest != name or quantity == "ForAllValues"
        return lenient or ("Not" in name and quantity != "ForAnyValue")
    stars = name.endswith("Like")
    alike = any(has.startswith(one[:-1]) if stars and one.endswith("*") else has == one for one in values)
    return alike is not ("Not" in name)


OPERATORS = [
    f"{quantity}{name}{end}"
    for quantity, name, end in product(
        ("", "ForAnyValue:", "ForAllValues:"),
        ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike"),
        ("", "IfExists"),
    )
    if not (quantity and end)
]


@pytest.mark.parametrize("operator", [*OPERATORS, "Null"])
def test_what_is_said_is_so_in_each_request_that_there_may_be(operator: str) -> None:
    """Held against every request of a member, of another organization's account, and of one in none."""
    given = [("true",), ("false",)] if operator == "Null" else [
        *((one,) for one in ("o-1", "o-2", "o-*", "*")), ("o-1", "o-2"), ("o-2", "*"), ("o-1", "o-*")
    ]  # fmt: skip
    for values in given:
        asked = condition(operator, ID, *values)
        assert meets(asked, OWN, MEMBERS) is _by_hand(operator, values, "o-1")
        possible = {_by_hand(operator, values, has) for has in (None, "o-2", "o-3", "p-4")}
        assert meets(asked, OTHER, MEMBERS) is (possible.pop() if len(possible) == 1 else None)


@pytest.mark.parametrize(
    ("operator", "key", "values", "alone"),
    [
        ("StringEquals", ID, ["o-1"], False),
        ("StringLike", ID, ["*"], False),
        ("StringEqualsIfExists", ID, ["o-1"], True),
        ("StringNotEquals", ID, ["o-1"], True),
        ("StringNotEquals", ID, ["${aws:ResourceOrgID}"], None),
        ("Null", ID, ["true"], True),
        ("Null", ID, ["false"], False),
        ("ForAnyValue:StringLike", PATHS, ["o-1/*"], False),
        ("ForAllValues:StringLike", PATHS, ["o-1/*"], True),
        ("StringLike", PATHS, ["o-1/*"], None),
        ("NumericEquals", ID, ["o-1"], None),
    ],
)
def test_an_account_of_no_organization_has_none_of_the_keys(
    operator: str, key: str, values: list[str], alone: Any
) -> None:
    """Another account may be of any organization, or of none."""
    asked = condition(operator, key, *values)
    members = Members(alone=OWN)
    assert [meets(asked, one, members) for one in (OWN, OTHER, "")] == [alone, None, None]
