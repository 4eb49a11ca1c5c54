"""Which accounts a run knows to be members of its organization, and what verdicts rest on that."""

import json
from typing import Any

import pytest

from auditor.derive.organization_conditions import NOT_KNOWN, Members
from auditor.evaluate.accounts import Asked
from auditor.evaluate.destroyers import Destroyers
from auditor.evaluate.guard_rails import GuardRails
from tests.unit.evaluate.conftest import World

MANAGEMENT, OTHER = "999988887777", "444455556666"
KEY = f"arn:aws:kms:{World.home}:{World.account}:key/own"
ALICE = f"arn:aws:iam::{World.account}:user/alice"
UNLOCK, KEYS = "backup:DeleteBackupVaultLockConfiguration", "kms:ScheduleKeyDeletion"
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def seen(world: World, organization_id: str = "o-1", management: str = MANAGEMENT) -> World:
    """An organization that was read as a whole, of one account; its own has asked."""
    world.management = management
    world.tables["accounts", ""][0] |= {"parents": ["r-root", "ou-prod"]}
    world.provenance = {
        "caller": {"arn": "", "account_id": MANAGEMENT},
        "organization": {"id": organization_id, "management_account_id": MANAGEMENT},
    }
    return world


def perimeter(organization_id: str = "o-1") -> dict[str, Any]:
    """A denial for whoever is of no account of an organization."""
    condition = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": organization_id},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    return {**FULL, "Effect": "Deny", "Principal": "*", "Condition": condition}


def document(*statements: Any) -> str:
    """A policy of these statements."""
    return json.dumps({"Statement": statements})


def members(world: World) -> Members:
    """What the scopes of a run are told."""
    return world.subjects().inventories[0].scope.members


def test_the_accounts_that_are_listed_are_members(world: World) -> None:
    """With the path of each, and no others are, where nothing was hidden."""
    paths = {MANAGEMENT: "", world.account: "o-1/r-root/ou-prod/"}
    assert members(seen(world)) == Members("o-1", paths, whole=True, management=MANAGEMENT)


def test_a_unit_that_was_not_read_may_have_more_of_them(world: World) -> None:
    """As an audit of named accounts leaves others out."""
    hidden = ("accounts", "backup_vaults")
    seen(world).gap(*hidden, region="", service="organizations", account_id=MANAGEMENT)
    assert members(world).whole is False
    world.tables["gaps", ""].clear()
    world.folder /= "named"
    assert members(seen(world, management="")).whole is False


def test_an_account_whose_path_was_not_told_is_no_known_member(world: World) -> None:
    """The one that asked is."""
    seen(world, management="").tables["accounts", ""][0]["parents"] = None
    assert members(world).paths == {MANAGEMENT: ""}


@pytest.mark.parametrize("provenance", [{}, {"organization": {"id": ""}}])
def test_without_the_id_of_the_organization_nothing_is_known(world: World, provenance: Any) -> None:
    """As of an earlier release, or where AWS Organizations was not asked."""
    seen(world).provenance = provenance
    assert members(world) == NOT_KNOWN


@pytest.mark.parametrize(("alone", "found"), [(True, Members(alone=World.account)), (None, NOT_KNOWN)])
def test_an_account_of_no_organization_is_told_apart(world: World, *, alone: Any, found: Members) -> None:
    """From one of which that was not told."""
    world.tables["accounts", ""][0]["alone"] = alone
    assert members(world) == found


@pytest.mark.parametrize(
    ("read", "denies", "named", "open_"),
    [("o-1", "o-1", True, False), ("o-1", "o-2", False, False), ("", "o-1", False, True)],
)
def test_a_perimeter_is_decided_for_keys_and_accounts(
    world: World, read: str, denies: str, *, named: bool, open_: bool
) -> None:
    """It takes nothing back from a member, all from others, and is open where neither is known."""
    seen(world, read).of_accounts = Asked(
        GuardRails((UNLOCK, KEYS)), Destroyers(("arn:aws:iam::*:role/break-glass",))
    )
    world.add("backup_vaults", arn=world.vault, name="main", locked=False, encryption_key_arn=KEY)
    world.add("keys", arn=KEY, key_manager="CUSTOMER", state="Enabled")
    world.add("key_policies", key_arn=KEY, document=document({**FULL, "Principal": {"AWS": ALICE}}))
    world.add("control_policies", policy_id="p-1", name="one", kind="RESOURCE_CONTROL_POLICY",
              targets=["r-root"], document=document(perimeter(denies)))  # fmt: skip
    world.add("principals", account_id=world.account, arn=ALICE, kind="user", policies=[])
    (facts,) = world.facts("key")
    assert facts["key"]["custodians"] == ([f"{ALICE} ({KEYS})"] if named else [])
    assert bool(world.unknown("key", "key.custodians")) is open_
    assert world.opened is not None
    (frame,) = world.opened.account_frames()
    unguarded = frame.cite(["account.unguarded"], 0)["account"]["unguarded"]
    assert unguarded == ([UNLOCK, KEYS] if named else [UNLOCK])
    column: Any = frame.facts["account.unguarded"]
    assert bool(column.holes) is open_


@pytest.mark.parametrize(
    ("read", "account", "accounts", "open_"),
    [("o-1", MANAGEMENT, [MANAGEMENT], False), ("o-1", OTHER, [], False), ("", OTHER, [OTHER], True)],
)
def test_a_perimeter_is_decided_for_vaults(
    world: World, read: str, account: str, accounts: list[str], *, open_: bool
) -> None:
    """An account that is no member is shut out."""
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    allowed = {**FULL, "Principal": {"AWS": account}}
    world.add("vault_policies", vault_arn=world.vault, document=document(allowed, perimeter()))
    (facts,) = seen(world, read).facts("vault_policy")
    assert facts["policy"]["open_to_accounts"] == accounts
    assert bool(world.unknown("vault_policy", "policy.open_to_everyone")) is open_
