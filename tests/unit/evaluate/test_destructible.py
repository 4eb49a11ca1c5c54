"""Who may destroy what there is: vaults with their policies, recovery points and keys of an account."""

import json
from typing import Any

import pytest

from tests.unit.evaluate.conftest import World
from tests.unit.evaluate.test_destroyers import (
    ADMIN,
    DELETE,
    MANAGEMENT,
    MEMBER,
    named,
    organization,
    role,
    said,
)

GLOBAL, KEY = "backup:UpdateGlobalSettings", f"arn:aws:kms:eu-central-1:{MEMBER}:key/1"
OPEN = {"account.destroyers": ("Undecided", True)}


def filled(world: World, *guard: Any) -> World:
    """An organization whose member has a vault with a policy, and two recovery points in it."""
    organization(world).add("backup_vaults", arn=world.vault, name="main")
    world.add("vault_policies", vault_arn=world.vault, document=json.dumps({"Statement": guard}))
    for number in (1, 2):
        world.point(f"arn:aws:ec2:eu-central-1::snapshot/snap-{number}", world.night(number))
    return world


def guard(world: World, key: str, *statements: Any) -> None:
    """Give a key its policy."""
    world.add("key_policies", key_arn=key, document=json.dumps({"Statement": statements}))


def by(arn: str, policy: str = "own") -> str:
    """How somebody is named."""
    return f"{arn} ({DELETE} by {policy})"


def test_a_vaults_policy_names_a_destroyer(world: World) -> None:
    """A role without a policy of its own, and a service."""
    arn = f"arn:aws:iam::{MEMBER}:role/dev"
    filled(world, {**ADMIN, "Principal": {"AWS": arn, "Service": "lambda.amazonaws.com"}})
    assert role(world, "dev", {**ADMIN, "Action": "s3:*"}) == arn
    policy = f"the policy of {world.vault}"
    assert said(world) == (named(by(arn, policy), by("Service:lambda.amazonaws.com", policy)), {})


def test_a_vaults_denial_to_all_but_guardians_counts(world: World) -> None:
    """Not for a vault beside it."""
    but = {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-*"}}
    filled(world, {**ADMIN, "Effect": "Deny", "Principal": "*", "Condition": but})
    dev = role(world, "dev", ADMIN)
    assert said(world) == (named(), {})
    other = world.vault.replace("main", "other")
    world.add("backup_vaults", arn=other, name="other")
    world.add("vault_policies", vault_arn=other, document=None)
    world.point(f"arn:aws:backup:eu-central-1:{MEMBER}:recovery-point:3", world.night(3), vault_arn=other)
    assert said(world) == (named(by(dev)), {})


def test_a_vaults_policy_that_was_not_read_leaves_it_open(world: World) -> None:
    """It may deny it; with the gap of the call."""
    filled(world).tables.pop(("vault_policies", world.home))
    role(world, "dev", ADMIN)
    assert said(world) == (named(), OPEN)
    world.gap("vault_policies", operation="GetBackupVaultAccessPolicy")
    assert said(world) == (named(), {"account.destroyers": ("AccessDeniedException", True)})


def test_points_that_were_not_listed_leave_open_who_may_delete_one(world: World) -> None:
    """Where the vault that is known denies it; who may do so anywhere else is not."""
    filled(world, {**ADMIN, "Effect": "Deny", "Principal": "*"})
    role(world, "dev", ADMIN)
    world.gap("recovery_points", operation="ListRecoveryPointsByBackupVault")
    assert said(world) == (named(), {"account.destroyers": ("AccessDeniedException", True)})


@pytest.mark.parametrize(("last", "named_"), [("snap-2", True), ("snap-3", False), ("snap-?", True)])
def test_a_pattern_is_held_against_the_points_that_there_are(
    world: World, last: str, *, named_: bool
) -> None:
    """One of them is enough."""
    dev = role(filled(world), "dev", {**ADMIN, "Resource": f"arn:aws:ec2:*::snapshot/{last}"})
    assert said(world) == (named(*([by(dev)] if named_ else [])), {})


def test_what_is_allowed_on_one_point_and_denied_on_it_is_nothing(world: World) -> None:
    """And something where the denial is for the other one."""
    allow, deny = ({**ADMIN, "Resource": f"arn:aws:ec2:*::snapshot/snap-{one}"} for one in (1, 2))
    dev = role(filled(world), "dev", allow, {**deny, "Effect": "Deny"})
    role(world, "ops", allow, {**allow, "Effect": "Deny"})
    assert said(world) == (named(by(dev)), {})


def test_a_condition_on_regions_is_held_against_those_that_were_read(world: World) -> None:
    """The points lie in one of two; of a hold there may be one in each."""
    filled(world)
    for region in (world.away, world.home):
        where = {"StringEquals": {"aws:RequestedRegion": region}}
        role(world, f"dev-{region}", {**ADMIN, "Condition": where})
    hold = {**ADMIN, "Action": "backup:CancelLegalHold"}
    role(world, "hold", {**hold, "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}})
    assert said(world) == (named(by(f"arn:aws:iam::{MEMBER}:role/dev-{world.home}")), {})


def test_a_key_is_one_that_somebody_can_take_away(world: World) -> None:
    """Not one of AWS, of another account, or one that is gone."""
    filled(world)
    disable = {**ADMIN, "Action": "kms:DisableKey", "Resource": KEY}
    dev = role(world, "dev", disable)
    world.add("keys", arn=KEY.replace("key/1", "key/2"), key_manager="CUSTOMER", state="Enabled")
    world.add("keys", arn=KEY, key_manager="AWS", state="Enabled")
    world.add("keys", arn=KEY.replace(MEMBER, MANAGEMENT), key_manager="CUSTOMER", state="Enabled")
    root = {**ADMIN, "Action": "kms:*", "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"}}
    for key in (KEY, KEY.replace("key/1", "key/2")):
        guard(world, key, root)
    assert said(world) == (named(), {})
    world.tables["keys", world.home][1]["key_manager"] = "CUSTOMER"
    assert said(world) == (named(f"{dev} (kms:DisableKey by own)"), {})


def test_keys_that_were_not_told_leave_open_who_may_take_one_away(world: World) -> None:
    """Their policies may leave nothing to those of IAM. Where none is used, any one is judged."""
    dev = role(filled(world), "dev", {**ADMIN, "Action": "kms:DisableKey"})
    assert said(world) == (named(f"{dev} (kms:DisableKey by own)"), {})
    world.gap("keys", operation="DescribeKey", service="kms")
    assert said(world) == (named(), {"account.destroyers": ("AccessDeniedException", True)})


def test_a_keys_policy_decides_who_may_take_it_away(world: World) -> None:
    """Without its word no policy of IAM counts; whom it names needs none; unread it leaves that open."""
    filled(world).add("keys", arn=KEY, key_manager="CUSTOMER", state="Enabled")
    role(world, "dev", {**ADMIN, "Action": "kms:*"})
    assert said(world) == (named(), OPEN)
    world.gap("key_policies", operation="GetKeyPolicy", service="kms")
    assert said(world) == (named(), {"account.destroyers": ("AccessDeniedException", True)})
    world.tables.pop(("gaps", ""))
    ops = role(world, "ops")
    guard(world, KEY, {**ADMIN, "Action": "kms:DisableKey", "Principal": {"AWS": ops}})
    assert said(world) == (named(f"{ops} (kms:DisableKey by the policy of {KEY})"), {})


def test_what_only_the_management_account_may_is_asked_there(world: World) -> None:
    """Its settings of copies, and the policies of the organization."""
    filled(world)
    for account in (MEMBER, MANAGEMENT):
        role(world, "dev", {**ADMIN, "Action": [GLOBAL, "organizations:DetachPolicy"]}, account=account)
    assert said(world) == (named(), {})
    arn = f"arn:aws:iam::{MANAGEMENT}:role/dev"
    assert said(world, MANAGEMENT) == (named(f"{arn} ({GLOBAL} by own, 1 more)"), {})
