"""Which users and roles their policies let destroy backups: for certain, perhaps, or not."""

import json
from typing import Any

import pytest

from auditor.derive.control_policies import AccountPlace
from auditor.derive.destroyers import IamPrincipal, Permissions, Permitted, acts_for_itself

ACCOUNT, ROLE = "111122223333", "arn:aws:iam::111122223333:role/dev"
PLACE = AccountPlace(ACCOUNT, "aws")
DELETE, KEY = "backup:DeleteRecoveryPoint", "kms:ScheduleKeyDeletion"
VAULT = "backup:DeleteBackupVault"
MAY, PERHAPS, MAY_NOT = Permitted({DELETE: "own"}, ()), Permitted({}, (DELETE,)), Permitted({}, ())
REGION = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
NOT_THE_ROLE = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/d*"}}
BUT_GUARDIAN = {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}}


def statement(effect: str = "Allow", action: Any = DELETE, **more: Any) -> dict[str, Any]:
    """A statement about everything."""
    return {"Effect": effect, "Action": action, "Resource": "*", **more}


ALLOW, DENY = statement(), statement("Deny")


def document(*statements: Any) -> str:
    """A policy of these statements."""
    return json.dumps({"Statement": statements})


def may(
    *own: Any, boundary: Any = None, levels: Any = (), arn: str = ROLE, action: str = DELETE
) -> Permitted:
    """What a principal with one policy may do of one action."""
    documents = {"d": document(*own), "b": document(*boundary or ())}
    path = None if levels is None else [[document(*one) for one in level] for level in levels]
    principal = IamPrincipal(arn, {"own": "d"}, None if boundary is None else "b")
    return Permissions(PLACE, documents, path).of(principal, [action])


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ([ALLOW], MAY),
        ([statement(action=["backup:Delete*"])], MAY),
        ([statement(action="*")], MAY),
        ([{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}], MAY),
        ([{"Effect": "Allow", "NotAction": "backup:*", "Resource": "*"}], MAY_NOT),
        ([statement(action="backup:List*")], MAY_NOT),
        ([], MAY_NOT),
        ([ALLOW, DENY], MAY_NOT),
        ([ALLOW, statement("Deny", KEY)], MAY),
        ([statement(Resource=f"arn:aws:backup:*:{ACCOUNT}:recovery-point:*")], MAY),
        ([statement(Resource="arn:aws*:backup:*:*:*")], MAY),
        ([statement(Resource="arn:aws-cn:backup:*:*:*")], PERHAPS),
        ([statement(Resource="arn:aws:backup:*:*:recovery-point:1")], PERHAPS),
        ([{"Effect": "Allow", "Action": DELETE, "NotResource": "arn:aws:backup:*:*:x"}], PERHAPS),
        ([ALLOW, statement("Deny", Resource="arn:aws:backup:*:*:recovery-point:*")], PERHAPS),
        ([statement(Condition=REGION)], PERHAPS),
        ([ALLOW, statement("Deny", Condition=REGION)], PERHAPS),
        ([ALLOW, statement(Condition=REGION)], MAY),
        ([DENY, statement(Condition=REGION)], MAY_NOT),
        ([statement("Forbid")], PERHAPS),
    ],
)  # fmt: skip
def test_a_policy_allows_surely_perhaps_or_not(own: Any, expected: Permitted) -> None:
    """A denial of all takes back, a denial of some or under a condition leaves open."""
    assert may(*own) == expected


@pytest.mark.parametrize(
    ("condition", "lets", "denies"),
    [
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/d*"}}, MAY, MAY_NOT),
        ({"StringEquals": {"aws:PrincipalArn": ROLE}}, MAY, MAY_NOT),
        (BUT_GUARDIAN, MAY, MAY_NOT),
        (NOT_THE_ROLE, MAY_NOT, MAY),
        ({"StringNotEquals": {"aws:PrincipalAccount": ACCOUNT}}, MAY_NOT, MAY),
        ({"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}, MAY, MAY_NOT),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, MAY_NOT, MAY),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::${aws:PrincipalAccount}:role/d*"}}, PERHAPS, PERHAPS),
        ({"StringEqualsIgnoreCase": {"aws:PrincipalArn": ROLE}}, PERHAPS, PERHAPS),
        ({"Bool": {"aws:PrincipalIsAWSService": "False"}}, PERHAPS, PERHAPS),
        ({"Bool": {"aws:PrincipalIsAWSService": ["true", "false"]}}, PERHAPS, PERHAPS),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}, PERHAPS, PERHAPS),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:*:role/d*"}}, PERHAPS, PERHAPS),
        ({"StringLike": {"aws:PrincipalArn": "arn:*:role/d*"}}, MAY, MAY_NOT),
        ({**BUT_GUARDIAN, **REGION}, PERHAPS, PERHAPS),
        ({**NOT_THE_ROLE, **REGION}, MAY_NOT, MAY),
    ],
)  # fmt: skip
def test_who_meets_a_condition_on_principals_is_known(
    condition: Any, lets: Permitted, denies: Permitted
) -> None:
    """It lets this role through or not, in an identity's policy and in that of an organization."""
    assert may(statement(Condition=condition)) == lets
    assert may(ALLOW, statement("Deny", Condition=condition)) == denies
    assert may(ALLOW, levels=[[[statement(action="*")], [statement("Deny", Condition=condition)]]]) == denies


def test_each_distinct_document_is_one_answer_but_for_conditions_on_who() -> None:
    """Two roles with the same policies, one of which a condition lets through."""
    documents = {"d": document(ALLOW, statement("Deny", Condition=BUT_GUARDIAN))}
    permissions = Permissions(PLACE, documents, [])
    roles = [
        IamPrincipal(f"arn:aws:iam::{ACCOUNT}:role/{name}", {"own": "d"}) for name in ("dev", "break-glass")
    ]
    assert [permissions.of(one, [DELETE]) for one in roles] == [MAY_NOT, MAY]


@pytest.mark.parametrize(
    ("boundary", "expected"),
    [
        ([statement(action="backup:*")], MAY), ([statement(action="s3:*")], MAY_NOT),
        ([statement(action="*"), DENY], MAY_NOT), ([statement(Condition=REGION)], PERHAPS),
    ],
)  # fmt: skip
def test_a_boundary_has_to_allow_too(boundary: Any, expected: Permitted) -> None:
    """It gives nobody anything."""
    assert may(ALLOW, boundary=boundary) == expected
    assert may(statement(action="s3:*"), boundary=boundary) == MAY_NOT


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ([], MAY), (None, PERHAPS), ([[[statement(action="*")]], [[statement(action="s3:*")]]], MAY_NOT),
        ([[[statement(action="*")], [DENY]]], MAY_NOT), ([[[statement(action="*")]]], MAY),
        ([[[statement(action="*")]], [[statement("Forbid")]]], PERHAPS),
    ],
)  # fmt: skip
def test_each_level_of_the_path_has_to_allow(levels: Any, expected: Permitted) -> None:
    """Where the path is not known, what identities do not allow is denied all the same."""
    assert may(ALLOW, levels=levels) == expected
    assert may(DENY, levels=levels) == MAY_NOT


def test_a_document_that_was_not_told_is_not_known() -> None:
    """But what another policy denies is denied, and what a boundary does not allow."""
    documents = {"deny": document(DENY), "small": document(statement(action="s3:*"))}
    permissions = Permissions(PLACE, documents, [])
    untold, denied = {"own": ""}, {"own": "", "deny": "deny"}
    asked = [IamPrincipal(ROLE, untold), IamPrincipal(ROLE, denied), IamPrincipal(ROLE, untold, "small"),
             IamPrincipal(ROLE, {"own": "deny"}, "")]  # fmt: skip
    assert [permissions.of(one, [DELETE]) for one in asked] == [PERHAPS, MAY_NOT, MAY_NOT, MAY_NOT]


def test_the_policy_is_named_that_surely_allows() -> None:
    """Not one that allows under a condition, and the first of several by name."""
    documents = {"c": document(statement(Condition=REGION)), "d": document(statement(action=[DELETE, VAULT]))}
    principal = IamPrincipal(ROLE, {"a": "c", "b": "d", "z": "d"})
    found = Permissions(PLACE, documents, []).of(principal, [DELETE, VAULT, KEY])
    assert found == Permitted({DELETE: "b", VAULT: "b"}, ())


def trust(*principals: Any) -> str:
    """A trust policy that lets these take a role on."""
    return json.dumps(
        {
            "Statement": [
                {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": one} for one in principals
            ]
        }
    )


@pytest.mark.parametrize(
    ("arn", "trusted", "expected"),
    [
        (ROLE, trust({"Service": "backup.amazonaws.com"}), False),
        (ROLE, trust({"Service": ["backup.amazonaws.com", "lambda.amazonaws.com"]}), True),
        (ROLE, trust({"Service": "backup.amazonaws.com"}, {"AWS": ACCOUNT}), True),
        (ROLE, trust({"Service": "lambda.amazonaws.com"}), True),
        (ROLE, trust(), True),
        (ROLE, "{", True),
        (f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/backup.amazonaws.com/Linked", "{", False),
        (f"arn:aws:iam::{ACCOUNT}:user/aws-service-role/x", None, True),
    ],
)  # fmt: skip
def test_what_only_services_take_on_is_nobodys(arn: str, trusted: str | None, *, expected: bool) -> None:
    """A role of AWS Backup alone, or one that is linked to a service."""
    assert acts_for_itself(IamPrincipal(arn, {}, trust=trusted)) is expected


@pytest.mark.parametrize(
    ("action", "bounding", "expected"),
    [
        (KEY, [statement("Deny", "kms:*", Principal="*")], False),
        (KEY, [statement("Deny", KEY, Principal="*", Condition=BUT_GUARDIAN)], False),
        (KEY, [statement("Deny", KEY, Principal="*", Condition=NOT_THE_ROLE)], True),
        (KEY, [statement("Deny", "s3:*", Principal="*")], True),
        (KEY, [statement("Deny", KEY, Condition={"StringEquals": {"aws:PrincipalTag/a": "b"}})], None),
        (DELETE, [statement("Deny", "*", Principal="*")], True),
    ],
    ids=["denied", "but-another", "but-itself", "another-service", "perhaps", "no-action-of-keys"],
)
def test_a_resource_control_policy_keeps_keys_from_everybody(
    action: str, bounding: list[Any], *, expected: bool | None
) -> None:
    """What is no key is not bounded by it."""
    documents = {"d": document(statement(action="*"))}
    permissions = Permissions(PLACE, documents, [], of_resources=[document(*bounding)])
    found = permissions.of(IamPrincipal(ROLE, {"own": "d"}), [action])
    assert (action in found.sure, action in found.perhaps) == (expected is True, expected is None)
