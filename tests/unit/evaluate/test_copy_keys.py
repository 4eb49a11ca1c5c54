"""Who manages the key of what has to be copied into another account."""

import json
from datetime import timedelta
from typing import Any

import pytest

from auditor.model.policy import TierAssignment, Tiers
from tests.unit.evaluate.conftest import ACCOUNT, GOLD, World

HOUR = timedelta(hours=1)
OWN, AWS = (f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{name}" for name in ("own", "ebs"))


@pytest.fixture
def asked(world: World) -> World:
    """The tier gold asks for a copy in another account; KMS tells of two keys."""
    gold = {**GOLD, "account_copy": {"retention_days": 35}}
    tiers = (TierAssignment("gold", {"tier": "gold"}),)
    world.tiers = Tiers({"gold": gold, "exempt": {"required": False}}, tiers, "exempt")
    world.add("keys", arn=OWN, key_manager="CUSTOMER", state="Enabled")
    world.add("keys", arn=AWS, key_manager="AWS", state="Enabled")
    return world


def point(world: World, name: str, hours: float, key: str | None, **row: Any) -> None:
    """A recovery point of the volume so many hours before `as_of` under a key, if it is encrypted."""
    created = world.as_of - hours * HOUR
    told = {"completed_at": created, "encryption_key_arn": key, "encrypted": key is not None}
    world.point(name, created, **{**told, **row})


def manager(world: World, index: int = 0) -> Any:
    """The fact of a resource."""
    return world.facts("resource")[index].get("account_copies", {}).get("key")


@pytest.mark.parametrize(("key", "told"), [(OWN, "CUSTOMER"), (AWS, "AWS"), (None, "NONE")])
def test_the_key_of_the_newest_point_is_told(asked: World, key: str | None, told: str) -> None:
    """Older ones had another; what is not usable does not count."""
    point(asked, "snap-1", 40, OWN if key == AWS else AWS)
    point(asked, "snap-2", 20, key)
    point(asked, "snap-3", 10, OWN if key == AWS else AWS, status="EXPIRED")
    assert (manager(asked), asked.unknown("resource", "account_copies.key")) == (told, [])


@pytest.mark.parametrize("row", [{"encrypted": True}, {"encrypted": None}, {"encryption_key_arn": OWN + "x"}])
def test_a_key_that_nobody_tells_leaves_it_open(asked: World, row: dict[str, Any]) -> None:
    """AWS Backup names none though there is one, or says nothing, or KMS was not asked about it."""
    point(asked, "snap-1", 20, None, **row)
    assert manager(asked) is None
    assert asked.unknown("resource", "account_copies.key") == [("DescribeKey", "Unknown", False)]


def test_a_key_that_was_not_read_leaves_it_open(asked: World) -> None:
    """KMS refused."""
    point(asked, "snap-1", 20, OWN + "x")
    asked.gap("keys", operation="DescribeKey", service="kms")
    assert asked.unknown("resource", "account_copies.key") == [
        ("DescribeKey", "AccessDeniedException", False)
    ]


def test_an_image_of_several_volumes_proves_a_key_of_aws_only(asked: World) -> None:
    """Another volume of it may have another key."""
    for number, key in enumerate((AWS, OWN, None), 1):
        arn = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-{number}"
        asked.add("resources", arn=arn, resource_type="EC2", name=arn, tags={"tier": "gold"})
        point(asked, f"image-{number}", 20, key, resource_arn=arn, resource_type="EC2")
    assert [manager(asked, number) for number in (1, 2, 3)] == ["AWS", None, None]
    assert asked.unknown("resource", "account_copies.key", 1) == []
    assert asked.unknown("resource", "account_copies.key", 2) == [("DescribeKey", "Unknown", False)]


@pytest.mark.parametrize(
    ("kind", "tier"), [("EFS", "gold"), ("S3", "gold"), ("Redshift", "gold"), ("EBS", "")]
)
def test_nothing_is_told_where_it_does_not_matter(asked: World, kind: str, tier: str) -> None:
    """Under full management the vault's key counts; what is not copied needs none."""
    asked.add("resources", arn="arn:aws:x:::thing", resource_type=kind, name="x", tags={"tier": tier},
              created_at=asked.start)  # fmt: skip
    point(asked, "point", 20, AWS, resource_arn="arn:aws:x:::thing", resource_type=kind)
    assert (manager(asked, 1), asked.unknown("resource", "account_copies.key", 1)) == (None, [])


def test_recovery_points_that_were_not_read_leave_it_open(asked: World) -> None:
    """Nobody knows what key they have."""
    asked.gap("recovery_points")
    assert asked.unknown("resource", "account_copies.key") == [("ListX", "AccessDeniedException", False)]


FAR = "arn:aws:backup:eu-central-1:444455556666:backup-vault:far"
SHARING = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}, "Action": "kms:*"}
OWNER = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*"}
FACT = "account_copies.key_kept_from"


def copied(world: World, *statements: Any) -> World:
    """A plan copies the volume into another account; its key is the customer's, with that policy."""
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": FAR, "Lifecycle": {"DeleteAfterDays": 35}}]})
    point(world, "snap-1", 20, OWN)
    if statements:
        world.add("key_policies", key_arn=OWN, document=json.dumps({"Statement": [*statements]}))
    return world


def kept_from(world: World) -> tuple[Any, list[str]]:
    """The accounts that cannot use the key, and the errors of what is not known."""
    told = world.facts("resource")[0]["account_copies"].get("key_kept_from")
    return told, [error for _, error, _ in world.unknown("resource", FACT)]


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        ([OWNER, SHARING], ([], [])),
        ([OWNER], (["444455556666"], [])),
        ([OWNER, {**SHARING, "Action": "kms:Encrypt"}], (["444455556666"], [])),
        ([SHARING, {**SHARING, "Effect": "Deny"}], ([], ["Undecided"])),
        ([{**SHARING, "Condition": {"StringEquals": {"kms:ViaService": "x"}}}], ([], ["Undecided"])),
        (["odd"], ([], ["Unreadable"])),
        ([], ([], ["NotRead"])),
    ],
    ids=["shared", "not shared", "not to decrypt", "denied", "a condition", "odd", "not read"],
)
def test_the_policy_of_a_customers_key_lets_the_account_use_it_or_not(
    asked: World, statements: list[Any], told: tuple[Any, list[str]]
) -> None:
    """What a condition or a denial decides is neither."""
    assert kept_from(copied(asked, *statements)) == told


def test_a_policy_that_was_refused_leaves_it_open(asked: World) -> None:
    """KMS refused it."""
    copied(asked).gap("key_policies", operation="GetKeyPolicy", service="kms")
    assert kept_from(asked) == ([], ["AccessDeniedException"])


def test_without_a_copy_that_is_planned_nobody_has_to_use_it(asked: World) -> None:
    """The plan keeps the volume where it is, so that nothing is said, and nothing passes."""
    asked.plan()
    point(asked, "snap-1", 20, OWN)
    assert kept_from(asked) == (None, [])


def test_plans_that_were_not_read_may_copy_anywhere(asked: World) -> None:
    """That nobody is kept from the key is not known."""
    copied(asked, OWNER).gap("backup_plans")
    assert kept_from(asked) == ([], ["AccessDeniedException"])


def test_nothing_is_said_of_a_key_of_aws(asked: World) -> None:
    """Nobody else can use it."""
    asked.plan({"CopyActions": [{"DestinationBackupVaultArn": FAR}]})
    point(asked, "snap-1", 20, AWS)
    assert kept_from(asked) == (None, [])
