"""Whom the policies of keys let take them away: what is said, of which keys, and what is not known."""

import json
from datetime import timedelta
from typing import Any

import pytest

from auditor.evaluate.accounts import NOTHING, Asked
from auditor.evaluate.destroyers import Destroyers
from tests.unit.evaluate.conftest import World

KEY = f"arn:aws:kms:{World.home}:{World.account}:key/own"
ALICE = f"arn:aws:iam::{World.account}:user/alice"
FACT = "key.custodians"


def keyed(
    world: World, *principals: str, key: str = KEY, manager: str | None = "CUSTOMER", **more: Any
) -> World:
    """A vault with a key whose policy lets these do everything; guardians are asked for.

    The account is the management account, where no control policy counts.
    """
    world.management = World.account
    world.of_accounts = Asked(destroyers=Destroyers(("arn:aws:iam::*:role/break-glass",)))
    world.add("backup_vaults", arn=world.vault, name="main", locked=False, encryption_key_arn=key)
    world.add("keys", arn=key, key_manager=manager, state="Enabled" if manager else None)
    allowed = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "kms:*", **more}
    if principals:
        world.add("key_policies", key_arn=key, document=json.dumps({"Statement": allowed}))
    return world


def member(world: World, *statements: Any, targets: tuple[str, ...] = ("r-root",), **more: Any) -> World:
    """The account below the root of an organization of another one; a policy of these statements, if any."""
    world.management = "999988887777"
    world.tables["accounts", ""][0] |= {"parents": ["r-root"]}
    if statements:
        world.add("control_policies", policy_id="p-1", name="one", targets=[*targets],
                  document=json.dumps({"Statement": list(statements)}),
                  kind=more.get("kind", "RESOURCE_CONTROL_POLICY"))  # fmt: skip
    return world


def said(world: World) -> tuple[list[str] | None, list[tuple[str, str, bool]]]:
    """Whom the policy of the key names, and what of that is not known."""
    (facts,) = world.facts("key")
    return facts["key"].get("custodians"), world.unknown("key", FACT)


def test_whom_the_policy_names_is_said(world: World) -> None:
    """Not the root of the account."""
    keyed(world, ALICE, f"arn:aws:iam::{world.account}:root")
    assert said(world) == ([f"{ALICE} (kms:ScheduleKeyDeletion)"], [])


def test_a_policy_for_the_root_alone_names_nobody(world: World) -> None:
    """As the default policy of a key is."""
    assert said(keyed(world, f"arn:aws:iam::{world.account}:root")) == ([], [])


def test_ten_are_named(world: World) -> None:
    """And how many more there are."""
    names, _ = said(keyed(world, *(f"{ALICE}{number:02}" for number in range(12))))
    assert names is not None
    assert (len(names), names[-1]) == (11, "and 2 more")


def test_a_condition_leaves_more_open(world: World) -> None:
    """Of that principal."""
    keyed(world, ALICE, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    assert said(world) == ([], [("GetKeyPolicy", "Undecided", True)])


@pytest.mark.parametrize("manager", ["AWS", None])
def test_what_aws_manages_or_is_gone_is_not_asked(world: World, manager: str | None) -> None:
    """Nobody changes the policy of the one; the other has none."""
    assert said(keyed(world, manager=manager)) == (None, [])


def test_without_guardians_nothing_is_said(world: World) -> None:
    """Nor is anything unknown."""
    keyed(world, ALICE).of_accounts = NOTHING
    assert said(world) == (None, [])


@pytest.mark.parametrize(
    ("why", "gap"),
    [
        ("late", ("GetKeyPolicy", "ReadLater", False)),
        ("denied", ("GetKeyPolicy", "AccessDeniedException", False)),
        ("lost", ("GetKeyPolicy", "NotRead", False)),
        ("elsewhere", ("GetKeyPolicy", "NotRead", False)),
        ("odd", ("GetKeyPolicy", "Unreadable", False)),
    ],
)
def test_what_was_not_read_is_unknown(world: World, why: str, gap: tuple[str, str, bool]) -> None:
    """Each way by itself."""
    keyed(world, key=KEY.replace(World.account, "444455556666") if why == "elsewhere" else KEY)
    if why == "late":
        world.collected_at = world.as_of + timedelta(days=1)
    elif why == "denied":
        world.gap("key_policies", operation="GetKeyPolicy")
    elif why == "odd":
        world.add("key_policies", key_arn=KEY, document="{")
    assert said(world) == (None, [gap])


DENIAL = {"Effect": "Deny", "Principal": "*", "Action": "kms:*", "Resource": "*"}
UNLESS = {**DENIAL, "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/break-glass"}}}


@pytest.mark.parametrize("denial", [DENIAL, UNLESS], ids=["all", "but-guardians"])
def test_whom_a_resource_control_policy_denies_it_is_not_named(world: World, denial: Any) -> None:
    """In a member account; nothing is denied by one of another unit, nor in the management account."""
    keyed(world, ALICE, "*")
    everybody = [f"{ALICE} (kms:ScheduleKeyDeletion)", "everybody (kms:ScheduleKeyDeletion)"]
    assert said(member(world, denial)) == ([], [])
    for management, target in ((world.account, "r-root"), (world.management, "ou-other")):
        world.management, world.opened, world.folder = management, None, world.folder / target
        world.tables["control_policies", ""][0]["targets"] = [target]
        assert said(world) == (everybody, [])


def test_whom_a_service_control_policy_denies_it_is_not_named(world: World) -> None:
    """It bounds whom the key's policy names as well as any other."""
    full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    member(
        keyed(world, ALICE),
        full,
        {**UNLESS},
        targets=("r-root", world.account),
        kind="SERVICE_CONTROL_POLICY",
    )
    assert said(world) == ([], [])


def test_where_the_control_policies_were_not_read_those_that_are_named_are_open(world: World) -> None:
    """By the call that failed; a policy that names nobody needs none of them."""
    member(keyed(world, ALICE)).gap("control_policies", region="", service="organizations")
    assert said(world) == ([], [("ListX", "AccessDeniedException", True)])
    world.tables["key_policies", world.home] = []
    keyed(world, f"arn:aws:iam::{world.account}:root").management = "999988887777"
    world.tables["keys", world.home].pop()
    world.tables["backup_vaults", world.home].pop()
    world.opened, world.folder = None, world.folder / "next"
    assert said(world) == ([], [])


@pytest.mark.parametrize("what", ["named", "nowhere"])
def test_what_bounds_an_account_by_itself_is_not_known(world: World, what: str) -> None:
    """Where only some accounts are audited, and where it is not known where the account is."""
    member(keyed(world, ALICE))
    if what == "named":
        world.management = ""
    else:
        world.tables["accounts", ""][0]["parents"] = None
    assert said(world) == ([], [("ListTargetsForPolicy", "NotRead", True)])


@pytest.mark.parametrize(
    ("where", "open_"),
    [("alone", False), ("management", False), ("member", True), ("not told", True)],
)
def test_in_an_audit_of_one_account_what_bounds_it_is_known_where_nothing_does(
    world: World, where: str, *, open_: bool
) -> None:
    """In no organization, and in a management account; the policies of another one's were not read."""
    keyed(world, ALICE).management = ""
    world.tables["accounts", ""][0]["alone"] = {"alone": True, "not told": None}.get(where, False)
    if where in ("management", "member"):
        management = world.account if where == "management" else "999988887777"
        world.provenance = {
            "caller": {"arn": "", "account_id": world.account},
            "organization": {"id": "o-1", "management_account_id": management},
        }
    named = [f"{ALICE} (kms:ScheduleKeyDeletion)"]
    unread = [("ListTargetsForPolicy", "NotRead", True)]
    assert said(world) == (([], unread) if open_ else (named, []))
