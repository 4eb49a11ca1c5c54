"""What a change takes off roles that backups need, in change sets and plans of Terraform."""

from typing import Any

import pytest

from tests.check.change_sets import LATER, ROLE, SELECTION, Json, change, change_set, selection
from tests.check.conftest import Check, said_of

STAYS = "BKP-GOV-001"
AWS = "arn:aws:iam::aws:policy"
BACKUP, RESTORES = (
    f"{AWS}/service-role/AWSBackupServiceRolePolicyFor{name}" for name in ("Backup", "Restores")
)
S3, OTHER = f"{AWS}/AWSBackupServiceRolePolicyForS3Backup", f"{AWS}/ReadOnlyAccess"
POLICY, OF_ROLE = "AWS::IAM::Policy", "AWS::IAM::RolePolicy"
FOUND, OPEN = ("NON_COMPLIANT", "deleted"), ("INSUFFICIENT_DATA", "change_known_after_apply")
ALLOWS: Json = {"Statement": [{"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}]}
#: Something that names the role `backup`.
USING = change("Using", SELECTION, before=selection(), after=selection())


def own(before: Json | None, after: Json | None, **more: Any) -> Json:
    """A role that changes."""
    return change("X", ROLE, before=before, after=after, PhysicalResourceId="backup", **more)


def role(before: Any, after: Any, **more: Any) -> Json:
    """A role that changes its managed policies."""
    held = [None if arns is None else {"ManagedPolicyArns": arns} for arns in (before, after)]
    return own(*held, **more)


def inline(*names: str) -> Json:
    """The properties of a role with policies of its own."""
    return {"Policies": [{"PolicyName": name, "PolicyDocument": ALLOWS} for name in names]}


def policy(action: str = "Remove", name: str = "X", document: Json = ALLOWS, to: str = "backup") -> Json:
    """A policy that is attached to a role, and deleted or made."""
    key = "before" if action == "Remove" else "after"
    given: Json = {key: {"PolicyDocument": document, "Roles": [to]}}
    return change(name, POLICY, action, **given)


def of_the_change(check: Check, *changes: Json) -> set[tuple[str, str]]:
    """The verdict and reason of what the control on changes says of `X`."""
    found = said_of(check(change_set(*changes)))
    return {(verdict, code) for control, name, verdict, code in found if (control, name) == (STAYS, "X")}


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (role([BACKUP, RESTORES], [RESTORES]), {FOUND}),
        (role([BACKUP, RESTORES], [RESTORES, BACKUP]), set()),
        (role([S3], []), {FOUND}),
        (role([BACKUP], [BACKUP, S3]), set()),
        (role([BACKUP, OTHER], [BACKUP]), set()),
        (role([BACKUP], [LATER]), {OPEN}),
        (role([BACKUP], LATER), {OPEN}),
        (role([BACKUP], None), {OPEN}),
        (role([OTHER], None), set()),
        (role(None, None), {OPEN}),
        (role(None, [BACKUP], Action="Add"), set()),
        (policy(), set()),
    ],
    ids=[
        "one-of-two", "other-order", "buckets", "one-more", "another", "later", "all-later", "no-after",
        "no-after-of-another", "no-values", "new", "policy-of-some-role",
    ],
)  # fmt: skip
def test_a_role_of_a_stack_loses_a_policy(check: Check, entry: Json, expected: set[tuple[str, str]]) -> None:
    """One of AWS Backup's, whatever others it keeps; where it may have it afterwards, that is not known."""
    assert of_the_change(check, entry) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([role([BACKUP, OTHER], [BACKUP])], {FOUND}),
        ([own(inline("a", "b"), inline("b"))], {FOUND}),
        ([own(inline("a"), inline("a"))], set()),
        ([policy()], {FOUND}),
        ([policy(to="other")], set()),
        ([policy(), policy("Add", "Y")], set()),
        ([policy(), policy("Add", "Y", to="other")], {FOUND}),
        ([policy(), policy("Add", "Y", {"Statement": []})], {FOUND}),
        ([change("X", OF_ROLE, "Remove", before={"RoleName": "backup", "PolicyDocument": ALLOWS})], {FOUND}),
        ([change("X", OF_ROLE, "Remove")], {OPEN}),
    ],
    ids=[
        "managed", "inline", "inline-kept", "policy", "of-another-role", "the-same", "to-another",
        "otherwise", "role-policy", "no-values",
    ],
)  # fmt: skip
def test_a_role_that_a_selection_uses_loses_any_policy(
    check: Check, changes: list[Json], expected: set[tuple[str, str]]
) -> None:
    """Where the change set has the selection."""
    assert of_the_change(check, USING, *changes) == expected
