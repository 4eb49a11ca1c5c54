"""Of what a statement speaks among what can be destroyed, and who may destroy it where it is."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.derive.control_policies import AccountPlace
from auditor.derive.destroyers import IamPrincipal, Permissions, Permitted
from auditor.derive.destructible import (
    DESTROYING,
    DESTROYING_FROM_MANAGEMENT,
    Thing,
    ThingKind,
    any_one,
    may_fit,
)
from auditor.derive.iam_conditions import NOBODY, pattern
from tests.unit.derive.test_destroyers import (
    ACCOUNT,
    ALLOW,
    DELETE,
    MAY,
    MAY_NOT,
    PERHAPS,
    PLACE,
    ROLE,
    document,
    statement,
)

HOME, AWAY = "eu-central-1", "eu-west-1"
ONE = Thing(f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:1", HOME)
TWO = Thing(f"arn:aws:backup:{AWAY}:{ACCOUNT}:recovery-point:2", AWAY)
DISK = Thing(f"arn:aws:ec2:{HOME}::snapshot/snap-1", HOME)
PATTERNS = st.text("ab*?", max_size=4)


def may(
    *own: Any, things: Any = (ONE, TWO), kind: ThingKind = ThingKind.POINT, action: str = DELETE
) -> Permitted:
    """What a role with one policy may do to these things."""
    permissions = Permissions(PLACE, {"d": document(*own)}, [], {kind: things})
    return permissions.of(IamPrincipal(ROLE, {"own": "d"}), [action])


def where(operator: str, *regions: str, **more: Any) -> Any:
    """A condition on the Region that is asked."""
    return {"Condition": {operator: {"aws:RequestedRegion": [*regions]}, **more}}


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([statement(Resource=ONE.arn)], MAY),
        ([statement(Resource="arn:aws:backup:*:*:recovery-point:1")], MAY),
        ([statement(Resource="arn:aws:backup:*:*:recovery-point:3")], MAY_NOT),
        ([statement(Resource="arn:aws:backup:eu-west-?:*")], MAY),
        ([statement(Resource="arn:aws-cn:backup:*:*:*")], MAY_NOT),
        ([statement(Resource="arn:aws:backup:*:${aws:PrincipalTag/team}:*")], PERHAPS),
        ([statement(Resource=DISK.arn)], MAY_NOT),
        ([{"Effect": "Allow", "Action": DELETE, "NotResource": ONE.arn}], MAY),
        ([{"Effect": "Allow", "Action": DELETE, "NotResource": "arn:aws:backup:*"}], MAY_NOT),
        ([ALLOW, statement("Deny", Resource="arn:aws:backup:*:*:recovery-point:*")], MAY_NOT),
        ([ALLOW, statement("Deny", Resource=ONE.arn)], MAY),
        ([statement(Resource=ONE.arn), statement("Deny", Resource=ONE.arn)], MAY_NOT),
        ([ALLOW, {"Effect": "Deny", "Action": DELETE, "NotResource": TWO.arn}], MAY),
        ([statement(**where("StringEquals", AWAY))], MAY),
        ([statement(**where("StringEquals", "us-east-1"))], MAY_NOT),
        ([statement(**where("StringLike", "eu-*"))], MAY),
        ([ALLOW, statement("Deny", **where("StringNotEquals", "us-east-1"))], MAY_NOT),
        ([ALLOW, statement("Deny", **where("StringNotEquals", HOME))], MAY),
        ([statement(Resource=ONE.arn, **where("StringEquals", AWAY))], MAY_NOT),
        ([statement(**where("StringEquals", HOME, Bool={"aws:MultiFactorAuthPresent": "true"}))], PERHAPS),
        ([statement(**where("StringEquals", "us-east-1", Bool={"aws:MultiFactorAuthPresent": "true"}))],
         MAY_NOT),
        ([statement(Condition={"Bool": {"aws:SecureTransport": "true"}})], MAY),
        ([ALLOW, statement("Deny", Condition={"Bool": {"aws:SecureTransport": "false"}})], MAY),
        ([ALLOW, statement("Deny", Condition={"Bool": {"aws:SecureTransport": "true"}})], MAY_NOT),
        ([statement(Condition={"StringEquals": {"aws:PrincipalTag/team": "x"}})], PERHAPS),
    ],
)  # fmt: skip
def test_what_is_for_some_is_held_against_what_there_is(own: Any, expected: Permitted) -> None:
    """One thing that somebody may destroy is enough; what cannot be decided stays open."""
    assert may(*own) == expected


def test_a_point_of_a_service_is_known_by_its_own_arn() -> None:
    """A pattern of what AWS Backup manages itself gives nothing on it."""
    assert may(statement(Resource="arn:aws:backup:*:*:*"), things=(DISK,)) == MAY_NOT
    assert may(statement(Resource="arn:aws:ec2:*::snapshot/*"), things=(DISK,)) == MAY


@pytest.mark.parametrize(
    ("resource", "expected"),
    [("*", MAY), ("arn:aws:backup:*:*:legal-hold:*", MAY), ("arn:aws:backup:*:*:legal-hold:x", PERHAPS),
     ("arn:aws:backup:*:*:backup-vault:*", MAY_NOT)],
)  # fmt: skip
def test_of_what_is_not_listed_any_one_stands_for_all(resource: str, expected: Permitted) -> None:
    """A pattern that fits some of them leaves open whether there is such a one."""
    hold = "backup:CancelLegalHold"
    found = may(
        statement(action=hold, Resource=resource),
        things=(any_one(ThingKind.HOLD, ACCOUNT, "aws", HOME),),
        kind=ThingKind.HOLD,
        action=hold,
    )
    assert [*found.sure, *found.perhaps] == [hold for _ in (*expected.sure, *expected.perhaps)]
    assert bool(found.sure) is bool(expected.sure)


@pytest.mark.parametrize(("resource", "sure"), [("*", True), ("arn:aws:backup:*", False)])
def test_settings_are_about_no_resource(resource: str, *, sure: bool) -> None:
    """A statement about ARNs gives nothing on them."""
    change = "backup:UpdateRegionSettings"
    found = may(statement(action=change, Resource=resource), things=(), action=change)
    assert found == (Permitted({change: "own"}, ()) if sure else MAY_NOT)


def test_every_action_of_each_kind_has_any_one() -> None:
    """In an account where nothing was made yet whoever may do all may do each, in any partition."""
    actions = {**DESTROYING, **DESTROYING_FROM_MANAGEMENT}
    for partition in ("aws", "aws-cn", "aws-us-gov"):
        permissions = Permissions(
            AccountPlace(ACCOUNT, partition), {"d": document(statement(action="*"))}, []
        )
        found = permissions.of(IamPrincipal(ROLE, {"own": "d"}), actions)
        assert found == Permitted(dict.fromkeys(actions, "own"), ())


@given(PATTERNS, PATTERNS)
def test_two_patterns_fit_a_text_in_common_or_none(one: str, other: str) -> None:
    """As trying all short texts says."""
    texts = ("".join(letters) for size in range(6) for letters in product("ab", repeat=size))
    both = (pattern(one), pattern(other))
    assert may_fit(one, other) is any(all(each.fullmatch(text) for each in both) for text in texts)


@pytest.mark.parametrize(
    ("one", "fits"),
    [
        ("a:*", True),
        ("*", True),
        ("a:b*c", True),
        ("a:*:c", False),
        ("b:*", False),
        ("a:?", True),
        ("a?b", True),
    ],
)
def test_an_id_has_no_colon(one: str, *, fits: bool) -> None:
    """So a pattern of vaults fits no hold."""
    assert may_fit(one, f"a:{NOBODY}") is fits
