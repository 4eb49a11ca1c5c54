"""Where the backups of a resource lie apart from each other, and what is not known of that."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.model.policy import TierAssignment, Tiers
from tests.unit.evaluate.conftest import ACCOUNT, GOLD, World

HOUR = timedelta(hours=1)
RULE = {"copies": 3, "kinds": 2, "elsewhere": 1, "immutable": 1, "restore_errors": 0}


@pytest.fixture
def asked(world: World) -> World:
    """The tier gold demands the rule; of the two vaults the far one is locked for good."""
    gold = {**GOLD, "restore_test": {"max_age_days": 30}, "three_two_one": RULE}
    tiers = (TierAssignment("gold", {"tier": "gold"}),)
    world.tiers = Tiers({"gold": gold, "exempt": {"required": False}}, tiers, "exempt")
    world.plan()
    vault(world, world.vault)
    vault(world, world.far_vault, locked=True, lock_date=world.start)
    return world


def vault(world: World, arn: str, **row: Any) -> None:
    """A vault, where its ARN says."""
    base = {"arn": arn, "name": arn.rpartition(":")[2], "locked": False, "vault_type": "BACKUP_VAULT"}
    world.add("backup_vaults", arn.split(":")[3], **{**base, **row})


def point(world: World, name: str, hours: float, arn: str | None = None, **row: Any) -> None:
    """A recovery point of the volume so many hours before `as_of`, in a vault."""
    lies = arn or world.vault
    created = world.as_of - hours * HOUR
    world.point(name, created, lies.split(":")[3], **{"vault_arn": lies, "completed_at": created, **row})


def apart(world: World, index: int = 0) -> Any:
    """The facts of a resource."""
    return world.facts("resource")[index].get("apart")


def here(age_hours: float, **changed: Any) -> dict[str, Any]:
    """What is told of a backup in the first vault."""
    return {"vault": World.vault, "place": f"{ACCOUNT} eu-central-1", "elsewhere": False, "air_gapped": False,
            "immutable": False, "cold": False, "age_hours": age_hours, **changed}  # fmt: skip


def there(age_hours: float, **changed: Any) -> dict[str, Any]:
    """What is told of a backup in the vault of the other Region."""
    told = {"vault": World.far_vault, "place": f"{ACCOUNT} eu-west-1", "elsewhere": True, "immutable": True}
    return here(age_hours, **told) | changed


def test_of_each_vault_and_storage_class_the_newest_is_told(asked: World) -> None:
    """The newest first; what is not usable is not told."""
    point(asked, "snap-1", 30)
    point(asked, "snap-2", 20)
    point(asked, "snap-3", 9, status="EXPIRED")
    point(asked, "snap-4", 200, move_to_cold_at=asked.as_of)
    point(asked, "snap-5", 100, move_to_cold_at=asked.as_of + HOUR)
    point(asked, "snap-6", 21, asked.far_vault)
    assert apart(asked) == {"backups": [here(20.0), there(21.0), here(200.0, cold=True)]}
    assert asked.unknown("resource", "apart.backups") == []


def test_none_is_told_as_none(asked: World) -> None:
    """All was read."""
    assert (apart(asked), asked.unknown("resource", "apart.backups")) == ({"backups": []}, [])


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"locked": True}, {}),
        ({"locked": True, "lock_date": World.as_of}, {"immutable": True}),
        ({"locked": True, "lock_date": World.as_of + HOUR}, {}),
        ({"vault_type": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"}, {"immutable": True, "air_gapped": True}),
    ],
    ids=["governance", "in force", "in its grace", "air-gapped"],
)
def test_a_compliance_lock_in_force_makes_immutable(
    asked: World, row: dict[str, Any], told: dict[str, Any]
) -> None:
    """Neither a governance lock nor one that can still be undone."""
    asked.tables["backup_vaults", asked.home][0].update(row)
    point(asked, "snap-1", 20)
    assert apart(asked) == {"backups": [here(20.0, **told)]}


def test_a_lock_that_was_read_later_leaves_it_open(asked: World) -> None:
    """It may not have been there yet; that of the other vault was."""
    asked.collected_at = asked.as_of + 40 * HOUR
    point(asked, "snap-1", 20)
    point(asked, "snap-2", 20, asked.far_vault)
    told = here(20.0)
    del told["immutable"]
    assert apart(asked) == {"backups": [told, there(20.0)]}
    assert ("ListBackupVaults", "ReadLater", True) in asked.unknown("resource", "apart.backups")


def test_a_vault_of_which_aws_does_not_say_whether_it_is_locked_leaves_it_open(asked: World) -> None:
    """Neither immutable nor not."""
    del asked.tables["backup_vaults", asked.home][0]["locked"]
    point(asked, "snap-1", 20)
    told = here(20.0)
    del told["immutable"]
    assert apart(asked) == {"backups": [told]}
    assert asked.unknown("resource", "apart.backups") == [("ListBackupVaults", "Unreadable", True)]


def test_a_continuous_one_is_as_young_as_it_goes_on(asked: World) -> None:
    """It covers the time since its creation."""
    bucket = "arn:aws:s3:::media"
    asked.add("resources", arn=bucket, resource_type="S3", name="media", tags={"tier": "gold"},
              created_at=asked.start)  # fmt: skip
    point(asked, "continuous", 200, resource_arn=bucket, resource_type="S3", status="AVAILABLE")
    assert apart(asked, 1) == {"backups": [here(0.0)]}


def test_a_backup_that_was_no_success_is_none(asked: World) -> None:
    """Its job ended with issues."""
    asked.backup(28, message_category="PARTIAL")
    assert apart(asked) == {"backups": []}


def test_a_place_that_was_not_read_leaves_it_open(asked: World) -> None:
    """The plan copies there; what is seen is told all the same."""
    rules = {"CopyActions": [{"DestinationBackupVaultArn": asked.far_vault, "Lifecycle": {}}]}
    del asked.tables["backup_plans", asked.home]
    asked.plan(rules)
    point(asked, "snap-1", 20)
    asked.gap("recovery_points", region=asked.away, operation="ListRecoveryPointsByBackupVault")
    assert apart(asked) == {"backups": [here(20.0)]}
    denied = ("ListRecoveryPointsByBackupVault", "AccessDeniedException", True)
    assert asked.unknown("resource", "apart.backups") == [denied]


@pytest.mark.parametrize("table", ["backup_jobs", "copy_jobs", "recovery_points", "backup_plans"])
def test_without_a_table_nothing_is_told(asked: World, table: str) -> None:
    """Each is needed to know what counts."""
    point(asked, "snap-1", 20)
    asked.gap(table)
    assert apart(asked) is None
    assert asked.unknown("resource", "apart.backups") == [("ListX", "AccessDeniedException", False)]


def test_nothing_is_told_where_no_tier_demands_it(asked: World) -> None:
    """Nor of a resource of another tier."""
    asked.add("resources", arn="arn:aws:ec2:eu-central-1:1:volume/other", resource_type="EBS", tags={})
    assert apart(asked, 1) is None


def test_what_is_gone_since_as_of_may_have_been_there(asked: World) -> None:
    """Its job tells that it was made."""
    asked.collected_at = asked.as_of + 40 * HOUR
    asked.backup(28, point=False)
    assert apart(asked) == {"backups": []}
    assert ("backups", "ReadLater", True) in asked.unknown("resource", "apart.backups")


def test_a_volume_of_an_instance_has_what_its_image_has(asked: World) -> None:
    """The image lies in the vault for each volume that it holds."""
    instance = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-1"
    asked.tables["resources", asked.home][0]["attached"] = [(instance, asked.start)]
    point(asked, "image", 20, resource_arn=instance, resource_type="EC2")
    assert apart(asked) == {"backups": [here(20.0)]}
