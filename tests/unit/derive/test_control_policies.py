"""What service control policies deny along the path of an account: for certain, perhaps, or not."""

import json
from typing import Any

import pytest

from auditor.derive.control_policies import AccountPlace, ControlPolicy, Guarded, guarded

ACCOUNT, ROOT = "111122223333", frozenset({"r-root"})
PLACE = AccountPlace(ACCOUNT, "aws")
UNLOCK, LEAVE = "backup:DeleteBackupVaultLockConfiguration", "organizations:LeaveOrganization"
BREAK_GLASS, GUARDIANS = "arn:aws:iam::*:role/break-glass", ("arn:aws:iam::*:role/break-*",)
ADMIN = "arn:aws:iam::*:role/admin"
OPEN, SHUT, UNKNOWN = Guarded((UNLOCK,), ()), Guarded((), ()), Guarded((), (UNLOCK,))


def statement(effect: str = "Deny", action: Any = UNLOCK, **more: Any) -> dict[str, Any]:
    """A statement of a service control policy."""
    return {"Effect": effect, "Action": action, "Resource": "*", **more}


FULL = statement("Allow", "*")


def policy(*statements: Any, name: str = "p") -> ControlPolicy:
    """A policy of these statements."""
    return ControlPolicy(name, json.dumps({"Statement": statements}), ROOT)


def unless(arn: str, operator: str = "ArnNotLike") -> dict[str, Any]:
    """A condition that lets a principal through."""
    return {"Condition": {operator: {"aws:PrincipalArn": arn}}}


def found(*levels: list[ControlPolicy]) -> Guarded:
    """What is not denied of one action."""
    return guarded([UNLOCK], levels, PLACE, GUARDIANS)


@pytest.mark.parametrize(
    ("denial", "expected"),
    [
        (statement(), SHUT),
        (statement(action="backup:*"), SHUT),
        (statement(action=LEAVE), OPEN),
        (statement(**unless(BREAK_GLASS)), SHUT),
        (statement(**unless(BREAK_GLASS, "StringNotLike")), SHUT),
        (statement(**unless(ADMIN)), Guarded((UNLOCK,), (), (ADMIN,))),
        (statement(**unless("*")), OPEN),
        (statement(**unless("arn:aws:iam::*:role/*")), Guarded((UNLOCK,), (), ("arn:aws:iam::*:role/*",))),
        (statement(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/dev"}}), OPEN),
        (statement(Condition={"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}), SHUT),
        (statement(Resource="arn:aws:backup:*:*:backup-vault:*"), SHUT),
        (statement(Resource="arn:*:backup:*:*:backup-vault:*"), SHUT),
        (statement(**unless("arn:aws:iam::*:role/other-*", "StringNotEquals")), SHUT),
        (statement(**unless(ADMIN.replace("*", ACCOUNT), "StringNotEquals")),
         Guarded((UNLOCK,), (), (ADMIN.replace("*", ACCOUNT),))),
    ],
    ids=[
        "denied", "by-wildcard", "another-action", "but-guardians", "but-guardians-as-text", "but-others",
        "but-everybody", "but-roles", "only-some", "but-services", "all-vaults",
        "all-vaults-of-any-partition",
        "but-a-name-with-a-star-that-nobody-has", "but-one-that-somebody-has",
    ],
)  # fmt: skip
def test_a_denial_for_all_but_guardians_guards(denial: Any, expected: Guarded) -> None:
    """Wherever it is on the path; one that lets others through names them."""
    assert found([policy(FULL), policy(denial)], [policy(FULL)]) == expected
    assert found([policy(FULL)], [policy(FULL, denial)]) == expected


@pytest.mark.parametrize(
    ("denial", "why"),
    [
        (
            statement(Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
            f"what a condition on aws:requestedregion makes of a denial of {UNLOCK} is not known",
        ),
        (
            statement(Condition={"StringEquals": {"aws:ResourceTag/a": "b"}}),
            f"what a condition on aws:resourcetag/a makes of a denial of {UNLOCK} is not known",
        ),
        (
            statement(Condition={"StringNotEquals": {"aws:PrincipalTag/team": "backup"}}),
            "whom a condition on aws:principaltag/team lets through is not known",
        ),
        (
            statement(Resource="arn:aws:backup:*:*:backup-vault:gold"),
            f"a denial of {UNLOCK} is for some resources",
        ),
        (statement(Effect="Forbid"), "the policy p cannot be understood: Effect is neither Allow nor Deny"),
    ],
    ids=["a-region", "a-tag", "a-tag-of-principals", "one-vault", "no-effect"],
)
def test_what_a_denial_leaves_open_neither_guards_nor_fails(denial: Any, why: str) -> None:
    """And says what hides it; another level that denies settles it."""
    assert found([policy(FULL, name="f"), policy(denial)]) == Guarded((), (UNLOCK,), why=why)
    assert found([policy(FULL, name="f"), policy(denial)], [policy(FULL), policy(statement())]) == SHUT


def test_what_a_level_does_not_allow_is_denied() -> None:
    """Nothing that is below can be allowed; without any policy in force all is open."""
    some = policy(statement("Allow", "ec2:*"))
    assert found([policy(FULL)], [some]) == SHUT
    assert found([policy(FULL)], [policy(FULL), some]) == OPEN
    assert found() == OPEN


@pytest.mark.parametrize(
    "narrow",
    [
        statement("Allow", "*", **unless(BREAK_GLASS, "ArnLike")),
        statement("Allow", "*", Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        statement("Allow", "*", Resource="arn:aws:s3:::*"),
        {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:backup:*"},
    ],
    ids=["some-principals", "a-region", "other-resources", "all-but-backups"],
)
def test_a_level_that_allows_only_some_of_it_leaves_it_open(narrow: Any) -> None:
    """What it does not allow is denied; a further policy that allows all of it ends that."""
    why = f"what allows {UNLOCK} is for some only, or under a condition"
    assert found([policy(FULL)], [policy(narrow)]) == Guarded((), (UNLOCK,), why=why)
    assert found([policy(FULL)], [policy(narrow), policy(FULL)]) == OPEN
    assert found([policy(statement())], [policy(narrow)]) == SHUT


@pytest.mark.parametrize(
    ("spared", "guarding"),
    [("role/break-?", True), ("role/break-1", True), ("role/break-*", False), ("role/break-1?", False)],
)
def test_one_letter_of_a_guardian_is_no_star_of_a_denial(spared: str, *, guarding: bool) -> None:
    """A denial that spares all whose names begin so spares others too."""
    arn = f"arn:aws:iam::*:{spared}"
    denial = policy(FULL, statement(**unless(arn)))
    said = guarded([UNLOCK], [[denial]], PLACE, ("arn:aws:iam::*:role/break-?",))
    assert said == (SHUT if guarding else Guarded((UNLOCK,), (), (arn,)))


ROLES, USERS, ROOTS = (f"arn:aws:iam::*:{kind}" for kind in ("role/*", "user/*", "root"))


@pytest.mark.parametrize(
    ("arns", "expected"),
    [
        ([ROLES], UNKNOWN),
        ([USERS], UNKNOWN),
        (["arn:aws:sts::*:assumed-role/*"], UNKNOWN),
        ([ROLES, USERS], UNKNOWN),
        ([ROLES, USERS, ROOTS], SHUT),
        (["arn:aws:iam::*"], SHUT),
        (["*"], SHUT),
        ([ROOTS], OPEN),
    ],
)
def test_a_denial_for_all_of_a_kind_is_not_for_the_others(arns: list[str], expected: Guarded) -> None:
    """Users and the root user of an account are denied nothing by what denies its roles."""
    said = found([policy(FULL, statement(Condition={"ArnLike": {"aws:PrincipalArn": arns}}))])
    assert (said.open_, said.unknown) == (expected.open_, expected.unknown)


@pytest.mark.parametrize(
    ("arn", "spared"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/admin", True),
        ("arn:aws:iam::1*:role/admin", True),
        ("*:role/admin", True),
        ("arn:aws:iam::444455556666:role/admin", False),
        ("arn:aws:iam::4*:role/*", False),
        ("arn:aws-cn:iam::*:role/admin", False),
    ],
)
def test_a_denial_spares_nobody_here_for_roles_of_another_account(arn: str, *, spared: bool) -> None:
    """One policy for a whole organization may name what few accounts have."""
    denial = policy(FULL, statement(**unless(arn)))
    assert found([denial]) == (Guarded((UNLOCK,), (), (arn,)) if spared else SHUT)


def test_each_action_is_answered_by_itself() -> None:
    """In the order in which they are asked."""
    denial = policy(FULL, statement(action=LEAVE))
    assert guarded([UNLOCK, LEAVE], [[denial]], PLACE, ()) == OPEN
    region = guarded(["backup:UpdateRegionSettings"], [[policy(FULL, statement(
        action="backup:*", Resource="arn:aws:backup:*:*:backup-vault:*"))]], PLACE, ())  # fmt: skip
    assert region.unknown == ("backup:UpdateRegionSettings",)


@pytest.mark.parametrize(
    ("partition", "expected"), [("aws-us-gov", SHUT), ("aws", UNKNOWN), ("aws-cn", UNKNOWN)]
)
def test_a_denial_is_for_the_resources_of_its_partition(partition: str, expected: Guarded) -> None:
    """Such as one that was copied from an organization of another partition: it denies nothing here."""
    denial = statement(Resource="arn:aws-us-gov:backup:*:*:backup-vault:*")
    said = guarded([UNLOCK], [[policy(FULL, denial)]], AccountPlace(ACCOUNT, partition), GUARDIANS)
    assert (said.open_, said.unknown) == (expected.open_, expected.unknown)


DESTROY = "kms:ScheduleKeyDeletion"


@pytest.mark.parametrize(
    ("action", "bounding", "expected"),
    [
        (DESTROY, [FULL, statement(action=DESTROY, Principal="*")], SHUT),
        (DESTROY, [statement(action="kms:*", Principal="*", **unless(BREAK_GLASS))], SHUT),
        (DESTROY, [FULL], Guarded((DESTROY,), ())),
        (DESTROY, [statement(action=LEAVE)], Guarded((DESTROY,), ())),
        (UNLOCK, [FULL, statement(action="*", Principal="*")], OPEN),
    ],
    ids=["denied", "but-guardians", "not-denied", "no-allow-is-no-denial", "no-action-of-keys"],
)
def test_resource_control_policies_deny_what_is_done_to_keys(
    action: str, bounding: list[Any], expected: Guarded
) -> None:
    """For AWS Backup they do not count, and what they do not allow is not denied by that."""
    levels = [[policy(FULL)]]
    assert guarded([action], levels, PLACE, GUARDIANS, [policy(*bounding)]) == expected
    assert guarded([action], [], PLACE, GUARDIANS, [policy(*bounding)]) == expected


def test_a_resource_control_policy_that_cannot_be_understood_leaves_keys_open() -> None:
    """And nothing else."""
    odd = ControlPolicy("odd", "{", ROOT)
    found_ = guarded([DESTROY, UNLOCK], [[policy(FULL)]], PLACE, GUARDIANS, [odd])
    assert (found_.open_, found_.unknown) == ((UNLOCK,), (DESTROY,))
    assert found_.why.startswith("the policy odd cannot be understood: ")
