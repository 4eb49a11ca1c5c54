"""Who manages the keys of vaults, and which tiers demand that a customer does."""

from typing import Any

import pytest

from auditor.derive.targets import Enters, keyed_in, made_with_vault_key
from tests.unit.evaluate.conftest import World

KEY = "arn:aws:kms:eu-central-1:111122223333:key/k"
DEMANDING, MANAGER = "vault.customer_key_for", "vault.key_manager"


@pytest.mark.parametrize(
    ("name", "managed", "own", "of_both"),
    [
        ("EFS", None, True, Enters(vault=False, air_gapped=True)),
        ("EBS", None, False, Enters(vault=False, air_gapped=None)),
        ("DynamoDB", None, None, Enters(vault=False, air_gapped=None)),
        ("DynamoDB", True, True, Enters(vault=False, air_gapped=True)),
        ("DynamoDB", False, False, Enters(vault=False, air_gapped=False)),
        ("Nothing", None, None, Enters(vault=None, air_gapped=False)),
    ],
)
def test_which_backups_have_the_key_of_a_vault(
    name: str, *, managed: bool | None, own: bool | None, of_both: Enters
) -> None:
    """Those of types that AWS Backup manages fully; of both targets in the one that they go into."""
    assert made_with_vault_key(name, managed=managed) is own
    assert keyed_in(name, managed=managed) == of_both


def copying(world: World, **vault: Any) -> World:
    """A gold volume that a plan backs up, and copies into a vault in another Region."""
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": world.far_vault}]})
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    world.add("backup_vaults", world.away, arn=world.far_vault, name="far", locked=False, **vault)
    return world


def test_copies_in_another_region_demand_the_key_of_the_vault_there(world: World) -> None:
    """A volume's backup has the key of its source, so the first vault owes nothing."""
    copying(world)
    demands = [
        world.facts("vault", region)[0]["vault"]["customer_key_for"] for region in (world.home, world.away)
    ]
    assert demands == [[], ["gold"]]
    assert world.unknown("vault", DEMANDING) == []


@pytest.mark.parametrize(
    ("vault", "told", "expected"),
    [
        ({"encryption_key_arn": KEY}, "CUSTOMER", "CUSTOMER"),
        ({"encryption_key_arn": KEY}, "AWS", "AWS"),
        ({"encryption_key_type": "AWS_OWNED_KMS_KEY"}, None, "AWS"),
        ({"encryption_key_arn": KEY}, None, None),
        ({}, None, None),
    ],
)
def test_who_manages_the_key_of_a_vault(
    world: World, vault: dict[str, Any], told: str | None, expected: str | None
) -> None:
    """As KMS tells it; what nobody tells is a gap where a tier demands a key, and none where it does not."""
    copying(world, **vault)
    if told:
        world.add("keys", world.away, arn=KEY, key_manager=told)
    assert world.facts("vault", world.away)[0]["vault"].get("key_manager") == expected
    gaps = [] if expected else [("DescribeKey", "Unknown", False)]
    assert world.unknown("vault", MANAGER, region=world.away) == gaps
    assert world.unknown("vault", MANAGER) == []


def test_a_key_of_which_kms_was_not_read_has_the_gap_of_the_call(world: World) -> None:
    """Not one more that says the same."""
    copying(world, encryption_key_arn=KEY)
    world.gap("keys", region=world.away, operation="DescribeKey")
    assert world.unknown("vault", MANAGER, region=world.away) == [
        ("DescribeKey", "AccessDeniedException", False)
    ]


@pytest.mark.parametrize(("manager", "expected"), [("CUSTOMER", []), ("AWS", [True])])
def test_what_was_not_read_may_demand_a_key(world: World, manager: str, expected: list[bool]) -> None:
    """Plans that were not listed may lead there; a key of the customer's is enough for whatever does."""
    world.add("backup_vaults", arn=world.vault, name="main", locked=False, encryption_key_arn=KEY)
    world.add("keys", arn=KEY, key_manager=manager)
    world.gap("backup_plans")
    assert [partial for _, _, partial in world.unknown("vault", DEMANDING)] == expected
