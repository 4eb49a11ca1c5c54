"""Policies of IAM: what statements cover, what opens something to strangers, and who may take on a role."""

import json
from typing import Any

import pytest

from auditor.derive.iam_policy import EVERYONE, Opened, Statement, opened, statements_of, trusts
from auditor.model.documents import UnreadableDocument

OWN, OTHER = "111122223333", "999988887777"
DELETE, COPY = "backup:DeleteRecoveryPoint", "backup:CopyIntoBackupVault"
TEAM, MFA = {"aws:PrincipalTag/team": "backup"}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
OF_OTHER, OF_OWN = (f"arn:aws:iam::{account}:role/a" for account in (OTHER, OWN))
ACTIONS = (DELETE, "backup:DeleteBackupVault")


def allow(action: Any = DELETE, principal: Any = EVERYONE, **more: Any) -> dict[str, Any]:
    """A statement that allows something on everything."""
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*", **more}


def deny(action: Any = DELETE, principal: Any = EVERYONE, **more: Any) -> dict[str, Any]:
    """A statement that denies something."""
    return {**allow(action, principal), "Effect": "Deny", **more}


def found(*statements: Any) -> list[Opened]:
    """What is open in the account `OWN`."""
    return [*opened(statements_of({"Statement": list(statements)}), ACTIONS, OWN, known=True)]


def to(who: str, *actions: str, sure: bool = True) -> list[Opened]:
    """Something that is open."""
    return [Opened(action, who, sure) for action in actions or (DELETE,)]


@pytest.mark.parametrize(
    ("action", "covered"),
    [
        (DELETE, True), ("backup:*", True), ("*", True), ("backup:Del*", True), (DELETE.upper(), True),
        ("backup:Delete?ecoveryPoint", True), ([COPY, DELETE], True), (COPY, False), ("backup:Delete", False),
        ("backup:Delete?RecoveryPoint", False), ("s3:*", False), ([], None),
    ],
)  # fmt: skip
def test_an_action_is_matched_by_stars_and_question_marks_in_any_case(
    action: Any, *, covered: bool | None
) -> None:
    """And `NotAction` is about all others."""
    if covered is None:
        with pytest.raises(UnreadableDocument, match="Action is missing"):
            Statement.of(allow(action))
        return
    assert Statement.of(allow(action)).covers(DELETE) is covered
    other = {key: value for key, value in allow().items() if key != "Action"}
    assert Statement.of({**other, "NotAction": action}).covers(DELETE) is not covered


@pytest.mark.parametrize(
    ("principal", "who"),
    [
        ("*", EVERYONE),
        ({"AWS": "*"}, EVERYONE),
        ({"AWS": [f"arn:aws:iam::{OWN}:role/a", "*"]}, EVERYONE),
        ({"AWS": f"arn:aws:iam::{OWN}:root"}, ""),
        ({"AWS": OWN}, ""),
        ({"AWS": OTHER}, OTHER),
        ({"AWS": f"arn:aws:iam::{OTHER}:role/a"}, OTHER),
        ({"Service": "backup.amazonaws.com"}, ""),
    ],
)
def test_who_a_statement_opens_something_to(principal: Any, who: str) -> None:
    """Everybody, or another account; principals of the own account are named on purpose."""
    assert found(allow(principal=principal)) == (to(who) if who else [])
    without = {key: value for key, value in allow().items() if key != "Principal"}
    assert found({**without, "NotPrincipal": principal}) == to(EVERYONE)


@pytest.mark.parametrize(
    ("condition", "open_"),
    [
        ({"StringEqualsIfExists": {"aws:PrincipalTag/team": "backup"}}, True),
        ({"ForAllValues:StringEquals": {"saml:aud": ["team"]}}, True),
        ({"StringLike": {"aws:PrincipalArn": "arn:*"}}, True),
        ({"StringLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::????????????:role/?*"}}, True),
        ({"ArnNotLike": {"aws:PrincipalArn": "*"}}, False),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}, True),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/a"}}, True),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}, True),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "::/0"]}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
        ({"Null": {"aws:PrincipalTag/team": "true"}}, True),
        ({"Null": {"aws:PrincipalArn": "false"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": ["o-1/r/*"]}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": OWN}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:*"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": ["arn:aws:iam::1:role/a", "arn:aws:iam::*:role/*"]}}, True),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/backup-*"}}, False),
        ({"ArnLikeIfExists": {"aws:PrincipalArn": "arn:aws:iam::1:role/a"}}, False),
        ({"StringLike": {"aws:PrincipalArn": "*"}}, True),
        ({"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"Bool": {"aws:SecureTransport": True}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}, "StringEquals": {"aws:userid": "AIDA1"}}, False),
    ],
)
def test_a_condition_that_leaves_only_some_through(condition: Any, *, open_: bool) -> None:
    """Not one that everybody meets, or everybody of the own account, nor one that shuts out a few."""
    assert found(allow(Condition=condition)) == (to(EVERYONE) if open_ else [])


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:ResourceAccount": OWN}},
        {"StringEquals": {"aws:ResourceOrgID": "o-1"}},
        {"StringEquals": {"aws:ResourceTag/env": "prod"}},
        {"StringEquals": {"aws:PrincipalType": "User"}},
        {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}},
        {"NumericGreaterThan": {"backup:MinRetentionDays": "7"}},
    ],
)
def test_a_condition_that_is_not_looked_at_leaves_it_open(condition: Any) -> None:
    """A key that tells no principals apart; one that does beside it leaves only some through."""
    assert found(allow(Condition=condition)) == to(EVERYONE, sure=False)
    assert found(allow(principal={"AWS": OTHER}, Condition=condition)) == to(OTHER, sure=False)
    assert found(allow(Condition=condition), allow()) == to(EVERYONE)
    assert found(allow(Condition={**condition, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})) == []


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ({"StringEquals": {"aws:PrincipalArn": "*"}}, to(EVERYONE, sure=False)),
        ({"StringEqualsIgnoreCase": {"aws:PrincipalArn": "(not known)"}}, to(EVERYONE, sure=False)),
        ({"StringEquals": {"aws:PrincipalArn": [OF_OWN, "(not known)"]}}, to(EVERYONE, sure=False)),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a"}}, to(EVERYONE, sure=False)),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/service-role/*"}}, to(EVERYONE, sure=False)),
        ({"StringEquals": {"aws:PrincipalArn": OF_OWN}}, []),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/a*"}}, []),
        ({"StringEquals": {"aws:PrincipalArn": "*"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, []),
        ({"StringEquals": {"aws:PrincipalArn": "*", "aws:PrincipalAccount": OWN}}, []),
        ({"StringEquals": TEAM}, to(EVERYONE, sure=False)),
        ({"StringEquals": TEAM, **MFA}, to(EVERYONE, sure=False)),
        ({"StringEquals": TEAM | {"aws:PrincipalArn": OF_OWN}}, []),
        ({"StringEquals": TEAM | {"aws:PrincipalAccount": OWN}}, []),
        ({"Null": {"aws:PrincipalTag/team": "false"}}, to(EVERYONE, sure=False)),
        (MFA, to(EVERYONE, sure=False)),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}, to(EVERYONE, sure=False)),
        ({"StringEquals": {"aws:username": "alice"}}, to(EVERYONE, sure=False)),
        ({"ForAnyValue:StringEquals": {"saml:aud": ["team"]}}, to(EVERYONE, sure=False)),
        ({"StringEquals": {"sts:ExternalId": "1"}}, to(EVERYONE, sure=False)),
        ({"IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}}, to(EVERYONE, sure=False)),
        ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, []),
        ({"StringLike": {"aws:userid": "*:alice"}}, to(EVERYONE, sure=False)),
        ({"StringLike": {"aws:userid": "AROA1:*"}}, []),
        ({"StringEquals": {"aws:userid": "AIDA1"}}, []),
    ],
)
def test_a_condition_that_names_principals_of_no_known_account(condition: Any, left: list[Opened]) -> None:
    """Whose they are is not known, and a role of that name, or with that tag, anybody can make."""
    assert found(allow(Condition=condition)) == left


@pytest.mark.parametrize(
    ("denial", "left"),
    [
        (deny(), []),
        (deny("backup:*"), []),
        (deny(COPY), to(EVERYONE)),
        (deny(Condition={"StringNotLike": {"aws:PrincipalArn": "arn:aws:iam::1:role/a"}}), []),
        (deny(Condition={"StringNotEqualsIgnoreCase": TEAM}), to(EVERYONE, sure=False)),
        (
            deny(Condition={"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a"}}),
            to(EVERYONE, sure=False),
        ),
        (deny(Condition={"StringNotEquals": {"aws:PrincipalArn": OF_OWN}}), []),
        (deny(Condition={"StringNotEquals": TEAM | {"aws:PrincipalArn": OF_OWN}}), to(EVERYONE, sure=False)),
        (deny(Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}), to(EVERYONE)),
        (deny(Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}}), to(EVERYONE, sure=False)),
        (deny(Condition={"StringEquals": {"aws:PrincipalArn": "arn:aws:iam::1:role/a"}}), to(EVERYONE)),
        (deny(Condition={"Bool": {"aws:SecureTransport": "false"}}), to(EVERYONE)),
        (deny(Condition={"StringNotEquals": {"aws:ResourceTag/env": "a"}}), to(EVERYONE, sure=False)),
        (deny(Condition={"Null": {"backup:MinRetentionDays": "true"}}), to(EVERYONE, sure=False)),
        (deny(Condition={"StringNotLike": {"aws:PrincipalArn": "*"}}), to(EVERYONE)),
        (deny(Condition={"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{OWN}:role/*"}}), to(EVERYONE)),
        (deny(Condition={"NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}}), to(EVERYONE)),
        (deny(Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}), []),
        (deny(Condition={"StringNotLike": {"aws:PrincipalTag/team": "*"}}), to(EVERYONE, sure=False)),
        (deny(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}), to(EVERYONE)),
        (deny(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*"}}), []),
        (deny(principal={"AWS": f"arn:aws:iam::{OWN}:role/a"}), to(EVERYONE)),
        (deny(Resource="arn:aws:backup:eu-west-1:1:recovery-point:*"), to(EVERYONE, sure=False)),
        (deny(COPY, NotAction=COPY), []),
    ],
)
def test_a_denial_takes_it_back(denial: Any, left: list[Opened]) -> None:
    """One for everybody, or for all but some; of one on some resources it is not known."""
    assert found(allow(), denial) == left


def test_a_denial_for_all_but_some() -> None:
    """`NotPrincipal` in a denial shuts everybody else out."""
    without = {key: value for key, value in deny().items() if key != "Principal"}
    assert found(allow(), {**without, "NotPrincipal": {"AWS": OWN}}) == []


def test_several_actions_are_told_one_by_one() -> None:
    """A wildcard opens each."""
    assert found(allow("backup:*"), deny(DELETE)) == to(EVERYONE, "backup:DeleteBackupVault")


def test_a_document_is_a_text_or_an_object_with_one_statement_or_several() -> None:
    """What is no policy is said in a clause."""
    assert statements_of(json.dumps({"Statement": allow()})) == statements_of({"Statement": [allow()]})
    for given, said in (
        ("{", "it is no JSON"),
        ([], "the policy is not an object"),
        ({}, "Effect is missing"),
        ({"Statement": [1]}, "a statement is not an object"),
        ({"Statement": {**allow(), "Effect": "Maybe"}}, "Effect is neither Allow nor Deny"),
        ({"Statement": allow(principal="me")}, "Principal is neither \\* nor an object"),
        ({"Statement": allow(principal={"AWS": [{}]})}, "Principal holds what is no text"),
        ({"Statement": allow(Condition=[])}, "Condition is not an object"),
    ):
        with pytest.raises(UnreadableDocument, match=said):
            statements_of(given)


NAMED: dict[str, Any] = {"AWS": f"arn:aws:iam::{OTHER}:root"}
ALL_OF_OTHER = f"arn:aws:iam::{OTHER}:*"


@pytest.mark.parametrize(
    ("condition", "open_"),
    [
        ({"ArnLike": {"aws:PrincipalArn": OF_OTHER}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/a"}}, True),
        ({"StringEquals": {"aws:PrincipalArn": [OF_OWN, OF_OTHER]}}, True),
        ({"ArnLike": {"aws:PrincipalArn": OF_OWN}}, False),
        ({"StringEquals": {"aws:PrincipalArn": OF_OWN}}, False),
        ({"ArnNotLike": {"aws:PrincipalArn": OF_OTHER}}, True),
        ({"ArnNotLike": {"aws:PrincipalArn": ALL_OF_OTHER}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": OTHER}}, True),
        ({"StringEquals": {"aws:PrincipalAccount": OWN}}, False),
        ({"StringNotEquals": {"aws:PrincipalAccount": OTHER}}, False),
        ({"StringEquals": {"aws:PrincipalTag/team": "backup"}}, True),
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True),
        ({"StringEquals": {"aws:SourceAccount": OWN}}, False),
        ({"Bool": {"aws:PrincipalIsAWSService": "true"}}, False),
    ],
)
def test_a_condition_that_chooses_among_the_principals_of_another_account(
    condition: Any, *, open_: bool
) -> None:
    """Leaves it open to that account, unless none of its principals can meet it."""
    assert found(allow(principal=NAMED, Condition=condition)) == (to(OTHER) if open_ else [])


@pytest.mark.parametrize(
    ("condition", "left"),
    [
        ({"ArnLike": {"aws:PrincipalArn": OF_OTHER}}, to(OTHER)),
        ({"StringEquals": {"aws:PrincipalArn": [OF_OWN, OF_OTHER]}}, to(OTHER)),
        ({"ArnLike": {"aws:PrincipalArn": ALL_OF_OTHER}}, to(OTHER)),
        ({"StringEquals": {"aws:PrincipalAccount": OTHER}}, to(OTHER)),
        ({"ArnNotLike": {"aws:PrincipalArn": ALL_OF_OTHER}}, to(EVERYONE)),
        ({"StringNotEquals": {"aws:PrincipalAccount": OWN}}, to(EVERYONE)),
        ({"Null": {"aws:SourceIp": "false"}}, to(EVERYONE)),
        ({"Null": {"aws:SourceIp": "true"}}, []),
        ({"Null": {"aws:MultiFactorAuthPresent": "false"}}, to(EVERYONE)),
        ({"Null": {"aws:PrincipalIsAWSService": "false"}}, to(EVERYONE)),
    ],
)
def test_a_condition_on_a_statement_for_everybody(condition: Any, left: list[Opened]) -> None:
    """It may name another account, and a key that almost every request has chooses nobody."""
    assert found(allow(Condition=condition)) == left


@pytest.mark.parametrize(
    ("denial", "left"),
    [
        (deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": OWN}}), []),
        (deny(Condition={"ArnLike": {"aws:PrincipalArn": ALL_OF_OTHER}}), []),
        (deny(Condition={"ArnNotEquals": {"aws:PrincipalArn": OF_OWN}}), []),
        (deny(Condition={"StringNotEquals": TEAM}), to(OTHER, sure=False)),
        (deny(Condition={"ArnNotEquals": {"aws:PrincipalArn": OF_OTHER}}), to(OTHER)),
        (deny(Condition={"StringNotEquals": {"aws:PrincipalAccount": OTHER}}), to(OTHER)),
        (deny(Condition={"Null": {"aws:SourceIp": "true"}}), to(OTHER)),
        (deny(Condition={"Null": {"aws:SourceIp": "false"}}), to(OTHER)),
        (deny(Condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{OTHER}:user/*"}}), to(OTHER)),
        (deny(principal={"AWS": OTHER}), []),
        (deny(principal={"AWS": f"arn:aws:iam::{OTHER}:root"}), []),
        (deny(principal={"AWS": OF_OTHER}), to(OTHER)),
        (deny(principal={"AWS": OWN}), to(OTHER)),
        ({**deny(), "NotPrincipal": NAMED}, to(OTHER)),
        ({**deny(), "NotPrincipal": {"AWS": OF_OWN}}, []),
    ],
)
def test_a_denial_takes_it_back_from_another_account(denial: dict[str, Any], left: list[Opened]) -> None:
    """But for one that spares that account, or some of it."""
    if "NotPrincipal" in denial:
        del denial["Principal"]
    assert found(allow(principal=NAMED), denial) == left


@pytest.mark.parametrize(
    ("principal", "condition", "left"),
    [
        (NAMED, {"StringEquals": {"aws:PrincipalArn": "(not known)"}}, to(OTHER, sure=False)),
        (NAMED, {"StringEquals": {"aws:PrincipalArn": [OF_OWN, "(not known)"]}}, to(OTHER, sure=False)),
        (NAMED, {"StringEquals": {"aws:PrincipalAccount": "(not known)"}}, to(OTHER, sure=False)),
        ("*", {"StringEquals": {"aws:PrincipalAccount": "(not known)"}}, to(EVERYONE, sure=False)),
        ("*", {"StringEquals": {"aws:PrincipalAccount": ["(not known)", OWN]}}, to(EVERYONE)),
        ("*", {"StringNotEquals": {"aws:PrincipalAccount": "(not known)"}}, to(EVERYONE, sure=False)),
        ("*", {"StringLike": {"aws:PrincipalAccount": "*"}}, to(EVERYONE)),
        ("*", {"StringEquals": {"aws:PrincipalArn": "(not known)"}}, to(EVERYONE, sure=False)),
    ],
)
def test_whoever_is_not_known_may_be_of_any_account(
    principal: Any, condition: Any, left: list[Opened]
) -> None:
    """So it is not sure whether that opens something."""
    assert found(allow(principal=principal, Condition=condition)) == left


def test_what_a_denial_for_everybody_spares_is_open_to_its_account() -> None:
    """Whoever else may not."""
    spared = {key: value for key, value in deny().items() if key != "Principal"}
    assert found(allow(), {**spared, "NotPrincipal": NAMED}) == to(OTHER)
    but = {"ArnNotEquals": {"aws:PrincipalArn": OF_OTHER}}
    assert found(allow(), deny(Condition=but)) == to(OTHER)


BY_BACKUP = allow("sts:AssumeRole", {"Service": "backup.amazonaws.com"})
FROM = "arn:aws:backup:*"


@pytest.mark.parametrize(
    ("statements", "trusted"),
    [
        ([BY_BACKUP], True),
        ([allow("sts:AssumeRole", {"Service": ["ec2.amazonaws.com", "backup.amazonaws.com"]})], True),
        ([allow("sts:AssumeRole", {"Service": "ec2.amazonaws.com"})], False),
        ([allow("sts:AssumeRole", {"AWS": OWN})], False),
        ([allow("sts:TagSession", {"Service": "backup.amazonaws.com"})], False),
        ([BY_BACKUP, deny("sts:*")], False),
        ([BY_BACKUP, deny("sts:*", {"AWS": OWN})], True),
        ([BY_BACKUP, deny("sts:*", Condition={"StringNotEquals": {"aws:SourceAccount": OWN}})], True),
        ([BY_BACKUP, deny("sts:*", Condition={"StringNotEquals": {"aws:SourceAccount": OTHER}})], False),
        ([BY_BACKUP, deny("sts:*", Condition={"Bool": {"aws:SecureTransport": "false"}})], True),
        ([BY_BACKUP, deny("sts:*", Condition={"StringEquals": {"sts:ExternalId": "a"}})], None),
    ],
)
def test_who_may_take_on_a_role(statements: list[Any], *, trusted: bool | None) -> None:
    """The service by its name; a denial takes it back, and of some it is not known."""
    document = statements_of({"Statement": statements})
    assert trusts(document, "backup.amazonaws.com", OWN, known=True) is trusted


@pytest.mark.parametrize(
    ("condition", "trusted", "elsewhere"),
    [
        ({"StringEquals": {"aws:SourceAccount": OWN}}, True, True),
        ({"StringLike": {"aws:SourceAccount": "*"}}, True, True),
        ({"StringEquals": {"aws:SourceAccount": OTHER}}, False, None),
        ({"StringEquals": {"aws:SourceAccount": [OTHER, OWN]}}, True, True),
        ({"StringEquals": {"aws:SourceAccount": "(not known)"}}, None, None),
        ({"StringNotEquals": {"aws:SourceAccount": OTHER}}, True, None),
        ({"ArnLike": {"aws:SourceArn": f"{FROM}:{OWN}:*"}}, True, True),
        ({"ArnLike": {"aws:SourceArn": f"{FROM}:{OTHER}:*"}}, False, None),
        ({"ArnLike": {"aws:SourceArn": f"{FROM}:{OWN}:backup-plan:*"}}, None, None),
        ({"ArnLike": {"aws:SourceArn": "(not known)"}}, None, None),
        ({"Null": {"aws:SourceAccount": "false"}}, None, None),
        ({"StringEquals": {"sts:ExternalId": "a"}}, None, None),
    ],
)
def test_conditions_of_a_trust(condition: Any, *, trusted: bool | None, elsewhere: bool | None) -> None:
    """For the backups of which account it is; where that account has only a placeholder, less is known."""
    document = statements_of({"Statement": {**BY_BACKUP, "Condition": condition}})
    found = [trusts(document, "backup.amazonaws.com", OWN, known=known) for known in (True, False)]
    assert found == [trusted, elsewhere]
