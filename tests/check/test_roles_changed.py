"""What a change of Terraform takes off a role that selections back up with, and in which account."""

import json
from typing import Any

import pytest

from tests.check.conftest import Check
from tests.check.terraform import ACCOUNT, Json, Later, Plan
from tests.check.test_roles import ARN, BACKUP, LACKS, OPEN, RESTORES, S3, allows, plan, said

ATTACHED, SHARED = "aws_iam_role_policy_attachment.a", "aws_iam_policy_attachment.a"
ONLY, INLINE = "aws_iam_role_policy_attachments_exclusive.a", "aws_iam_role_policy.own"
REPLACED, CHANGED, KEPT = ("delete", "create"), ("update",), ("no-op",)
HELD: Json = {"role": "backup", "policy_arn": BACKUP}
TO_ALL = {"roles": ["backup", "other"], "policy_arn": BACKUP}
OWN, LESS = json.dumps(allows("ec2:CreateSnapshot")), json.dumps(allows("ec2:Describe*"))
OF_OWN = {"role": "backup", "name": "own", "policy": OWN}
NAMED = {"role_name": "backup", "policy_arns": [BACKUP]}


@pytest.mark.parametrize(
    ("address", "actions", "before", "after", "expected"),
    [
        (ATTACHED, KEPT, HELD, HELD, set()),
        (ATTACHED, REPLACED, HELD, {**HELD, "policy_arn": RESTORES}, LACKS),
        (ATTACHED, REPLACED, HELD, {**HELD, "role": "other"}, LACKS),
        (ATTACHED, REPLACED, {**HELD, "policy_arn": RESTORES}, HELD, set()),
        (SHARED, CHANGED, TO_ALL, {**TO_ALL, "roles": ["other"]}, LACKS),
        (SHARED, CHANGED, TO_ALL, {**TO_ALL, "roles": ["backup"]}, set()),
        (INLINE, CHANGED, OF_OWN, {**OF_OWN, "policy": LESS}, LACKS),
        (INLINE, CHANGED, {**OF_OWN, "policy": LESS}, OF_OWN, set()),
        (ONLY, CHANGED, NAMED, {**NAMED, "policy_arns": []}, LACKS),
        (ONLY, CHANGED, NAMED, {**NAMED, "policy_arns": [BACKUP, RESTORES]}, set()),
    ],
    ids=[
        "kept", "another-policy", "another-role", "back-again", "role-dropped", "other-dropped",
        "inline-less", "inline-more", "only-none", "only-more",
    ],
)  # fmt: skip
def test_what_the_change_takes_off_no_longer_counts(
    check: Check, address: str, actions: tuple[str, ...], before: Json, after: Json, expected: Any
) -> None:
    """Though the role, as the provider has read it before, still says to have it."""
    held: Json = (
        {"inline_policy": [{"name": "own", "policy": before["policy"]}]}
        if address == INLINE
        else {"managed_policy_arns": [before.get("policy_arn", BACKUP)]}
    )
    made = plan(**held).add(address, actions, before=before, **after)
    assert said(check, made.first()) == expected


def test_what_an_exclusive_resource_takes_off_is_not_known_to_stay(check: Check) -> None:
    """Beside what another resource attaches, and it does not name; one that it names stays."""
    for named, expected in (([BACKUP], set()), ([S3], OPEN)):
        made = plan().add(ATTACHED, **HELD)
        made.add(ONLY, role_name="backup", policy_arns=named)
        assert said(check, made.first()) == expected


def of_another_account(made: Plan, address: str, account: Json) -> None:
    """Let a provider of its own make something."""
    made.more["configuration"] = configuration = made.first()["configuration"]
    configuration["provider_config"]["aws.b"] = {"name": "aws", "alias": "b", "expressions": account}
    for one in configuration["root_module"]["resources"]:
        if one["address"] == address:
            one["provider_config_key"] = "aws.b"


OTHER = {"assume_role": [{"role_arn": {"constant_value": "arn:aws:iam::444455556666:role/deploy"}}]}
HIDDEN = {"assume_role": [{"role_arn": {"references": ["var.role"]}}]}


@pytest.mark.parametrize(
    ("account", "expected"), [(None, set()), (OTHER, LACKS), (HIDDEN, OPEN)], ids=["own", "other", "hidden"]
)
def test_what_is_attached_in_another_account_is_not_attached(
    check: Check, account: Json | None, expected: Any
) -> None:
    """To a role of the same name; where the account is not known, neither is that."""
    made = plan().add(ATTACHED, **HELD)
    # two providers with something of their own: one whose account is hidden has a place of its own
    made.add("aws_backup_vault.b", name="b", id=Later("b"))
    if account is not None:
        of_another_account(made, "aws_backup_vault.b", account)
        for one in made.more["configuration"]["root_module"]["resources"]:
            if one["address"] == ATTACHED:
                one["provider_config_key"] = "aws.b"
    assert said(check, made.first(), account=ACCOUNT) == expected


@pytest.mark.parametrize("roles", [1, 2])
def test_what_is_gone_from_the_configuration_is_gone_of_any_account(check: Check, roles: int) -> None:
    """No provider says where it was: with a role of the same name elsewhere, it may be of that."""
    made = plan(managed_policy_arns=[BACKUP])
    if roles > 1:
        other = ARN.replace(ACCOUNT, "444455556666")
        made.add("aws_iam_role.other", name="backup", arn=other, assume_role_policy="{}")
        of_another_account(made, "aws_iam_role.other", OTHER)
    made.more.setdefault("configuration", made.first()["configuration"])
    made.add(ATTACHED, ["delete"], before=HELD)
    resources = made.more["configuration"]["root_module"]["resources"]
    made.more["configuration"]["root_module"]["resources"] = [
        one for one in resources if one["address"] != ATTACHED
    ]
    assert said(check, made.first(), account=ACCOUNT) == (OPEN if roles > 1 else LACKS)
