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
    """A vault with a key whose policy lets these do everything; guardians are asked for."""
    world.of_accounts = Asked(destroyers=Destroyers(("arn:aws:iam::*:role/break-glass",)))
    world.add("backup_vaults", arn=world.vault, name="main", locked=False, encryption_key_arn=key)
    world.add("keys", arn=key, key_manager=manager, state="Enabled" if manager else None)
    allowed = {"Effect": "Allow", "Principal": {"AWS": list(principals)}, "Action": "kms:*", **more}
    if principals:
        world.add("key_policies", key_arn=key, document=json.dumps({"Statement": allowed}))
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
