"""Who manages the keys that backups take over from their resources, as a run has them."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.evaluate.conftest import GOLD, TIERS, World

KEY = "arn:aws:kms:eu-central-1:111122223333:key/k"
FACT = "resource.key_manager"
OF_AWS = "AWS_OWNED_KMS_KEY"


@pytest.mark.parametrize(
    ("kind", "row", "told", "expected"),
    [
        ("EBS", {"encrypted": True, "kms_key_arn": KEY}, "CUSTOMER", "CUSTOMER"),
        ("EBS", {"encrypted": True, "kms_key_arn": KEY}, "AWS", "AWS"),
        ("EBS", {"encrypted": True, "kms_key_arn": KEY}, None, None),
        ("EBS", {"encrypted": False}, None, "NONE"),
        ("EBS", {}, None, None),
        ("Aurora", {"encrypted": False}, None, "AWS_OR_NONE"),
        ("Redshift Serverless", {"kms_key_arn": OF_AWS}, None, "AWS"),
        ("DynamoDB", {"encrypted": True, "kms_key_arn": KEY}, "CUSTOMER", "CUSTOMER"),
        ("DynamoDB", {"encrypted": True, "kms_key_arn": KEY}, "AWS", None),
    ],
)
def test_who_manages_the_key_of_a_resource(
    world: World, kind: str, row: dict[str, Any], told: str | None, expected: str | None
) -> None:
    """As KMS tells it; a table that nobody says to be managed fully, or not, is open."""
    world.tables["resources", world.home][0].update(resource_type=kind, **row)
    if told:
        world.add("keys", arn=KEY, key_manager=told)
    assert world.facts("resource")[0]["resource"].get("key_manager") == expected
    assert bool(world.unknown("resource", FACT)) is (expected is None)


@pytest.mark.parametrize(("managed", "expected"), [(True, None), (False, "AWS")])
def test_whether_a_table_keeps_its_key_its_region_says(
    world: World, *, managed: bool, expected: str | None
) -> None:
    """Under full management its backups have the vault's: nothing is asked then."""
    world.tables["resources", world.home][0].update(resource_type="DynamoDB", kms_key_arn=OF_AWS)
    world.add("region_settings", resource_type="DynamoDB", opted_in=True, managed=managed)
    assert world.facts("resource")[0]["resource"].get("key_manager") == expected
    assert world.unknown("resource", FACT) == []


def demanding(world: World, *, customer_key: bool, **more: Any) -> World:
    """The volume's tier with other demands of keys and copies."""
    world.tiers = replace(
        TIERS, tiers={**TIERS.tiers, "gold": {**GOLD, "customer_key": customer_key, **more}}
    )
    return world


COPIED = {"account_copy": {"retention_days": 35}}


@pytest.mark.parametrize(
    ("kind", "demand", "expected"),
    [
        ("EFS", {"customer_key": True, **COPIED}, None),
        ("EC2", {"customer_key": True, **COPIED}, None),
        ("EBS", {"customer_key": False}, None),
        ("EBS", {"customer_key": False, **COPIED}, "NONE"),
        ("Redshift", {"customer_key": False, **COPIED}, None),
        ("DynamoDB", {"customer_key": False, **COPIED}, None),
    ],
)
def test_what_no_tier_asks_about_has_none(
    world: World, kind: str, demand: dict[str, Any], expected: str | None
) -> None:
    """What has the vault's key or several of its own, or cannot be copied, and tiers that ask for neither."""
    demanding(world, **demand).tables["resources", world.home][0].update(resource_type=kind, encrypted=False)
    assert world.facts("resource")[0]["resource"].get("key_manager") == expected
    assert world.unknown("resource", FACT) == []


def test_whether_a_cluster_without_a_key_can_be_copied_is_not_known(world: World) -> None:
    """It may have a key that AWS owns, of which the listing does not tell."""
    demanding(world, customer_key=False, **COPIED)
    world.tables["resources", world.home][0].update(resource_type="Aurora", encrypted=False)
    assert "key_manager" not in world.facts("resource")[0]["resource"]
    assert world.unknown("resource", FACT) == [("DescribeKey", "Unknown", False)]


def test_a_key_of_which_kms_was_not_read_has_the_gap_of_the_call(world: World) -> None:
    """Not one more that says the same."""
    world.tables["resources", world.home][0].update(encrypted=True, kms_key_arn=KEY)
    world.gap("keys", operation="DescribeKey")
    assert world.unknown("resource", FACT) == [("DescribeKey", "AccessDeniedException", False)]
