"""Facts of the access policies of vaults: what they open, and what of that is not known."""

from datetime import timedelta
from typing import Any

import orjson
import pytest

from tests.unit.evaluate.conftest import World

DELETE = "backup:DeleteRecoveryPoint"
OUTSIDE = "999988887777"
OPEN = "policy.open_to_everyone"
TAGGED = {"StringEquals": {"aws:ResourceTag/env": "prod"}}


def statement(principal: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that allows somebody to delete recovery points."""
    return {"Effect": "Allow", "Principal": principal, "Action": DELETE, "Resource": "*", **more}


def put(world: World, *statements: Any, **row: Any) -> World:
    """A vault with a policy."""
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    document = orjson.dumps({"Version": "2012-10-17", "Statement": statements}).decode()
    world.add("vault_policies", **{"vault_arn": world.vault, "document": document, **row})
    return world


def facts(everyone: list[str], accounts: list[str]) -> list[dict[str, Any]]:
    """All facts of the one policy."""
    may = [DELETE] if accounts else []
    said = {"open_to_everyone": everyone, "open_to_accounts": accounts, "accounts_may": may}
    return [{"policy": {"vault": "main", **said}}]


@pytest.mark.parametrize(
    ("principal", "more", "expected"),
    [
        ("*", {}, facts([DELETE], [])),
        ({"AWS": f"arn:aws:iam::{OUTSIDE}:root"}, {}, facts([], [OUTSIDE])),
        ({"AWS": f"arn:aws:iam::{World.account}:root"}, {}, facts([], [])),
        ("*", {"Effect": "Deny"}, facts([], [])),
    ],
    ids=["everybody", "another-account", "own-account", "denied"],
)
def test_what_a_policy_opens(world: World, principal: Any, more: Any, expected: Any) -> None:
    """As a check says it of the same policy, and nothing of it is unknown."""
    put(world, statement(principal, **more))

    assert world.facts("vault_policy") == expected
    assert world.unknown("vault_policy", OPEN) == []


def test_a_vault_without_a_policy_is_no_subject(world: World) -> None:
    """AWS Backup said that there is none; of one of which it said nothing there is a gap."""
    put(world, document=None)
    assert world.facts("vault_policy") == []


def test_a_policy_that_was_not_read_is_unknown(world: World) -> None:
    """A denied call, and evidence in which the vault has no row for another reason."""
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    world.add("backup_vaults", world.away, arn=world.far_vault, name="far", locked=False)
    world.gap("vault_policies", operation="GetBackupVaultAccessPolicy")

    assert world.facts("vault_policy") == [{"policy": {"vault": "main"}}]
    denied = ("GetBackupVaultAccessPolicy", "AccessDeniedException", False)
    assert world.unknown("vault_policy", OPEN) == [denied]
    silent = ("GetBackupVaultAccessPolicy", "NotRead", False)
    assert world.unknown("vault_policy", OPEN, region=world.away) == [silent]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{", ("Unreadable", False)),
        (orjson.dumps({"Statement": [statement(Condition=TAGGED)]}).decode(), ("Undecided", True)),
    ],
    ids=["no-json", "a-condition-of-the-resource"],
)
def test_what_cannot_be_told_of_a_policy(world: World, document: str, expected: tuple[str, bool]) -> None:
    """What cannot be understood opens something or nothing; a condition may take back what is allowed."""
    put(world, document=document)
    assert world.unknown("vault_policy", OPEN) == [("GetBackupVaultAccessPolicy", *expected)]


@pytest.mark.parametrize("document", [None, "{}"])
def test_a_policy_that_was_read_much_later_says_nothing(world: World, document: str | None) -> None:
    """Neither that there is none: it may have been put, changed or taken away in between."""
    world.collected_at = world.as_of + timedelta(days=1)
    put(world, document=document)
    expected = [("GetBackupVaultAccessPolicy", "ReadLater", False)]
    assert world.unknown("vault_policy", OPEN) == expected
