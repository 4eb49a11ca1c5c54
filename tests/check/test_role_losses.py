"""What a change takes off roles that backups need, in change sets and plans of Terraform."""

from typing import Any

import pytest

from tests.check.change_sets import LATER, ROLE, SELECTION, Json, change, change_set, selection
from tests.check.conftest import Check, said_of
from tests.check.terraform import ACCOUNT, Later, Plan

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


def taking(after: Json) -> Json:
    """The role, which gets policies of its own."""
    return change("Y", ROLE, before={}, after=after, PhysicalResourceId="backup")


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
        ([own(inline("a"), {}), policy("Add", "Y")], set()),
        ([own(inline("a"), {}), policy("Add", "Y", to="other")], {FOUND}),
        ([own(inline("a"), {}), policy("Add", "Y", {"Statement": []})], {FOUND}),
        ([policy(), taking(inline("a"))], set()),
        ([policy(), taking(inline())], {FOUND}),
    ],
    ids=[
        "managed", "inline", "inline-kept", "policy", "of-another-role", "the-same", "to-another",
        "otherwise", "role-policy", "no-values", "out-of-the-role", "out-to-another", "out-otherwise",
        "into-the-role", "not-into-it",
    ],
)  # fmt: skip
def test_a_role_that_a_selection_uses_loses_any_policy(
    check: Check, changes: list[Json], expected: set[tuple[str, str]]
) -> None:
    """Where the change set has the selection."""
    assert of_the_change(check, USING, *changes) == expected


ATTACHMENT, SHARED = "aws_iam_role_policy_attachment.y", "aws_iam_policy_attachment.x"
ONLY, ITSELF = "aws_iam_role_policy_attachments_exclusive.x", "aws_iam_role.x"
TO_BOTH: Json = {"roles": ["backup", "other"], "policy_arn": BACKUP}
NAMED: Json = {"role_name": "backup", "policy_arns": [BACKUP, OTHER]}
OWN: Json = {"name": "backup", "managed_policy_arns": [BACKUP, OTHER]}
NO_INLINE = "aws_iam_role_policies_exclusive.x"
INLINE: Json = {"role_name": "backup", "policy_names": ["a", "b"]}
BLOCKS: Json = {"name": "backup", "inline_policy": [{"name": name, "policy": "{}"} for name in ("a", "b")]}


def less(address: str, before: Json, after: Json | None, *, used: bool = False) -> Plan:
    """A plan that changes what attaches policies to the role `backup`, or deletes it."""
    made = Plan().add("aws_backup_vault.any", name="any", id="any")
    if used:
        arn: Json = {"iam_role_arn": f"arn:aws:iam::{ACCOUNT}:role/backup", "plan_id": "p"}
        made.add("aws_backup_selection.s", ["no-op"], before=arn, name="s", **arn)
    return made.add(address, ["delete"] if after is None else ["update"], before=before, **(after or {}))


def of_the_plan(check: Check, made: Plan) -> set[tuple[str, str]]:
    """The verdict and reason of what the control on changes says."""
    return {(verdict, code) for name, _, verdict, code in said_of(check(made.first())) if name == STAYS}


@pytest.mark.parametrize(
    ("address", "before", "after", "used", "expected"),
    [
        (SHARED, TO_BOTH, None, False, {FOUND}),
        (SHARED, TO_BOTH, {**TO_BOTH, "roles": ["other"]}, False, {FOUND}),
        (SHARED, TO_BOTH, {**TO_BOTH, "roles": ["backup", "other", "more"]}, False, set()),
        (SHARED, TO_BOTH, {**TO_BOTH, "roles": Later([], ["var.roles"])}, False, {OPEN}),
        (SHARED, {**TO_BOTH, "policy_arn": OTHER}, None, False, set()),
        (SHARED, {**TO_BOTH, "policy_arn": OTHER}, None, True, {FOUND}),
        (ONLY, NAMED, {**NAMED, "policy_arns": [OTHER]}, False, {FOUND}),
        (ONLY, NAMED, {**NAMED, "policy_arns": [BACKUP]}, False, set()),
        (ONLY, NAMED, {**NAMED, "policy_arns": [BACKUP]}, True, {FOUND}),
        (ONLY, NAMED, None, False, set()),
        (ITSELF, OWN, {**OWN, "managed_policy_arns": [OTHER]}, False, {FOUND}),
        (ITSELF, OWN, {**OWN, "managed_policy_arns": [BACKUP]}, False, set()),
        (ITSELF, OWN, {**OWN, "managed_policy_arns": Later([])}, False, set()),
        (NO_INLINE, INLINE, {**INLINE, "policy_names": ["b"]}, True, {FOUND}),
        (NO_INLINE, INLINE, {**INLINE, "policy_names": ["b"]}, False, set()),
        (NO_INLINE, INLINE, None, True, set()),
        (ITSELF, BLOCKS, {**BLOCKS, "inline_policy": [{"name": "b", "policy": "{}"}]}, True, {FOUND}),
        (ITSELF, BLOCKS, {**BLOCKS, "inline_policy": Later([])}, True, set()),
    ],
    ids=[
        "shared-deleted", "shared-dropped", "shared-more", "shared-unknown", "shared-another",
        "shared-another-used", "only-less", "only-another", "only-another-used", "only-forgotten",
        "role-less", "role-another", "role-read-later", "inline-less", "inline-not-used", "inline-forgotten",
        "blocks-less", "blocks-read-later",
    ],
)  # fmt: skip
def test_a_plan_takes_a_policy_off_a_role(
    check: Check,
    address: str,
    before: Json,
    after: Json | None,
    *,
    used: bool,
    expected: set[tuple[str, str]],
) -> None:
    """By each type that does; where another one attaches it afterwards, nothing is lost."""
    assert of_the_plan(check, less(address, before, after, used=used)) == expected
    kept = less(address, before, after, used=used)
    for number, arn in enumerate((BACKUP, OTHER)):
        for role_ in ("backup", "other"):
            kept.add(f"{ATTACHMENT}{number}_{role_}", role=role_, policy_arn=arn)
    kept.add("aws_iam_role_policy.a", role="backup", name="a", policy="{}")
    assert of_the_plan(check, kept) == set()


@pytest.mark.parametrize(("written", "expected"), [({}, {FOUND}), ({"managed_policy_arns": {}}, set())])
def test_a_role_that_the_provider_has_read_attaches_nothing(
    check: Check, written: Json, expected: set[tuple[str, str]]
) -> None:
    """It says what an attachment that goes has given it; what it says itself stays."""
    made = less(ATTACHMENT, {"role": "backup", "policy_arn": BACKUP}, None)
    made.add(ITSELF, ["no-op"], before=OWN, expressions=written, **OWN)

    assert of_the_plan(check, made) == expected


@pytest.mark.parametrize(
    ("written", "others", "expected"),
    [({}, False, {OPEN}), ({"inline_policy": [{}]}, False, set()), ({}, True, set())],
    ids=["read, or of a dynamic block", "written", "of another resource"],
)
def test_whether_a_role_keeps_what_its_inline_policy_lists_is_open(
    check: Check, written: Json, *, others: bool, expected: set[tuple[str, str]]
) -> None:
    """Where it does not write the block: a plan does not tell dynamic ones from what the provider read."""
    made = less("aws_iam_role_policy.gone", {"role": "backup", "name": "a"}, None, used=True)
    made.add(ITSELF, ["no-op"], before=BLOCKS, expressions=written, **BLOCKS)
    if others:
        made.add("aws_iam_role_policy.a", role="backup", name="a", policy="{}")

    assert of_the_plan(check, made) == expected


NEW = Later(BACKUP, ["aws_iam_policy.new.arn"])


@pytest.mark.parametrize(
    ("name", "arn", "expected"),
    [("backup", NEW, {OPEN}), ("other", NEW, {FOUND}), ("backup", OTHER, {FOUND}), ("backup", BACKUP, set())],
    ids=["may-be", "of-another-role", "another", "the-same"],
)
def test_an_attachment_that_is_not_known_may_attach_what_is_taken_off(
    check: Check, name: str, arn: Any, expected: set[tuple[str, str]]
) -> None:
    """To the role that it names, and to no other."""
    made = less(ITSELF, OWN, {**OWN, "managed_policy_arns": [OTHER]})
    made.add(ATTACHMENT, role=name, policy_arn=arn)
    assert of_the_plan(check, made) == expected


@pytest.mark.parametrize(
    ("address", "values", "expected"),
    [
        (ITSELF, BLOCKS, set()),
        (ITSELF, {**BLOCKS, "inline_policy": []}, {FOUND}),
        (NO_INLINE, INLINE, {FOUND}),
    ],
    ids=["block", "no-block", "only-not-taken-off"],
)
def test_an_inline_policy_that_moves_into_the_role_loses_nothing(
    check: Check, address: str, values: Json, expected: set[tuple[str, str]]
) -> None:
    """What only keeps others off attaches none."""
    made = less("aws_iam_role_policy.gone", {"role": "backup", "name": "a", "policy": "{}"}, None, used=True)
    assert of_the_plan(check, made.add(address, **values)) == expected


@pytest.mark.parametrize(
    ("address", "values", "expected"),
    [
        (SHARED, TO_BOTH, set()),
        (ONLY, NAMED, set()),
        (ITSELF, OWN, set()),
        (SHARED, {**TO_BOTH, "roles": ["other"]}, {FOUND}),
    ],
    ids=["shared", "only", "role", "of-another"],
)
def test_an_attachment_whose_policy_another_type_attaches_loses_nothing(
    check: Check, address: str, values: Json, expected: set[tuple[str, str]]
) -> None:
    """As where a plan moves from one type to another."""
    made = Plan().add("aws_backup_vault.any", name="any", id="any").add(address, **values)
    made.add(ATTACHMENT, ["delete"], before={"role": "backup", "policy_arn": BACKUP})
    assert of_the_plan(check, made) == expected
