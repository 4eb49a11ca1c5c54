"""Facts of the keys of vaults and recovery points: which there are, and whether they can be used."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.evaluate.conftest import World

KEY = f"arn:aws:kms:{World.home}:{World.account}:key/own"
AWAY = f"arn:aws:kms:{World.away}:{World.account}:key/away"
STATE = "key.state"


def keyed(world: World, key: str = KEY, **row: Any) -> World:
    """A vault, and what KMS says of its key; without anything KMS does not know it."""
    world.add("backup_vaults", arn=world.vault, name="main", locked=False, encryption_key_arn=key)
    world.add("keys", arn=key, **row)
    return world


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("Enabled", "enabled"),
        ("Disabled", "disabled"),
        ("PendingDeletion", "deleted"),
        ("PendingReplicaDeletion", "deleted"),
        ("PendingImport", "unusable"),
        ("Unavailable", "unusable"),
    ],
)
def test_a_key_is_as_kms_says(world: World, told: str, expected: str) -> None:
    """In the words of a check, with the vaults that use it."""
    keyed(world, key_manager="CUSTOMER", state=told)

    assert world.facts("key") == [{"key": {"state": expected, "vaults": ["main"], "recovery_points": 0}}]
    assert world.unknown("key", STATE) == []


def test_recovery_points_have_keys_of_their_own(world: World) -> None:
    """A snapshot has the key of its source; when a key is deleted is told."""
    keyed(world, key_manager="CUSTOMER", state="Enabled")
    other, end = f"{KEY}-of-the-source", datetime(2026, 2, 20, 12, tzinfo=UTC)
    world.add("keys", arn=other, key_manager="CUSTOMER", state="PendingDeletion", deletion_at=end)
    for number, key in enumerate((KEY, other, other, None)):
        world.point(f"point-{number}", world.night(number), encryption_key_arn=key)

    assert [one["key"] for one in world.facts("key")] == [
        {"state": "enabled", "vaults": ["main"], "recovery_points": 1},
        {
            "state": "deleted", "vaults": [], "recovery_points": 2, "deletion_at": "2026-02-20T12:00:00Z"
        },
    ]  # fmt: skip


def test_a_key_that_kms_does_not_know_is_gone(world: World) -> None:
    """If KMS was asked where it lies: of another Region or account it may know none."""
    keyed(world)
    assert world.facts("key")[0]["key"]["state"] == "gone"


def test_a_key_that_belongs_to_aws_is_no_subject(world: World) -> None:
    """Neither that of a vault nor that of a recovery point: nobody can take it away."""
    own = {"encryption_key_arn": KEY, "encryption_key_type": "AWS_OWNED_KMS_KEY"}
    world.add("backup_vaults", arn=world.vault, name="main", locked=False, **own)
    world.point("point", world.night(3), **own)
    assert world.facts("key") == []


@pytest.mark.parametrize(
    ("key", "row"),
    [
        (AWAY, {}),
        (KEY.replace(World.account, "999988887777"), {}),
        (KEY, {"key_manager": "CUSTOMER"}),
        (KEY, {"key_manager": "CUSTOMER", "state": "Updating"}),
        (KEY, {"key_manager": "CUSTOMER", "state": "Shredded"}),
    ],
    ids=["of-another-region", "of-another-account", "not-told", "being-changed", "new-word"],
)
def test_what_kms_leaves_open_is_unknown(world: World, key: str, row: Any) -> None:
    """It is neither usable nor not."""
    keyed(world, key, **row)
    assert "state" not in world.facts("key")[0]["key"]
    assert world.unknown("key", STATE) == [("DescribeKey", "Unknown", False)]


def test_a_key_that_was_not_read_is_unknown(world: World) -> None:
    """A denied call."""
    world.add("backup_vaults", arn=world.vault, name="main", locked=False, encryption_key_arn=KEY)
    world.gap("keys", operation="DescribeKey", service="kms")
    assert world.unknown("key", STATE) == [("DescribeKey", "AccessDeniedException", False)]


def test_a_state_that_was_read_much_later_says_nothing(world: World) -> None:
    """A key may have been enabled or disabled in between."""
    world.collected_at = world.as_of + timedelta(days=1)
    keyed(world, key_manager="CUSTOMER", state="Enabled")
    assert world.unknown("key", STATE) == [("DescribeKey", "ReadLater", False)]
