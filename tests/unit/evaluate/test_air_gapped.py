"""Rules with a logically air-gapped vault beside their own, and what enters which."""

import pytest

from tests.unit.evaluate.conftest import World

GAPPED = "LOGICALLY_AIR_GAPPED_BACKUP_VAULT"
TABLE = "arn:aws:dynamodb:eu-central-1:111122223333:table/t"


def gapped(world: World, kind: str, arn: str, managed: bool | None = None) -> str:  # noqa: FBT001 -- a fact
    """One gold resource of a type under a rule with both vaults; gives the air-gapped one's ARN."""
    vault = f"{world.vault}-gapped"
    world.tables["resources", world.home] = [{"arn": arn, "resource_type": kind, "tags": {"tier": "gold"}}]
    world.tables["region_settings", world.home] = [
        {"resource_type": kind, "opted_in": True, "managed": managed}
    ]
    world.plan({"TargetLogicallyAirGappedBackupVaultArn": vault, "Lifecycle": {"DeleteAfterDays": 14}})
    world.add("backup_vaults", arn=world.vault, name="main", locked=False)
    world.add("backup_vaults", arn=vault, name="main-gapped", locked=True, min_retention_days=30,
              max_retention_days=90, vault_type=GAPPED)  # fmt: skip
    return vault


def test_a_rules_lifecycle_meets_the_locks_of_both_its_vaults(world: World) -> None:
    """An air-gapped vault is locked in compliance mode from the start, whatever its lock date."""
    vault = gapped(world, "EBS", world.volume)
    (plan,) = world.facts("plan")
    entry = {"rule": "nightly", "kind": "backup", "never_expires": False, "delete_after_days": 14,
             "vault_exists": True}  # fmt: skip
    lock = {"mode": "compliance", "min_retention_days": 30, "max_retention_days": 90}
    assert plan["lifecycles"] == [
        {**entry, "vault_arn": world.vault},
        {**entry, "vault_arn": vault, "lock": lock},
    ]
    assert plan["plan"]["rules"][0]["air_gapped_vault_arn"] == vault
    assert world.facts("vault")[1]["vault"]["lock"] == {
        **lock,
        "in_force": True,
        "compliance_in_force": True,
    }


@pytest.mark.parametrize(
    ("kind", "arn", "managed", "own", "air_gapped"),
    [
        ("S3", "arn:aws:s3:::bucket", None, "none", "compliance"),
        ("EFS", "arn:aws:elasticfilesystem:eu-central-1:111122223333:file-system/fs-1", None, "none",
         "compliance"),
        ("DynamoDB", TABLE, True, "none", "compliance"),
        ("DynamoDB", TABLE, False, "compliance", "none"),
        ("EBS", "arn:aws:ec2:eu-central-1:111122223333:volume/vol-1", None, "compliance", "compliance"),
        ("RDS", "arn:aws:rds:eu-central-1:111122223333:db:one", None, "compliance", "none"),
    ],
)  # fmt: skip
def test_each_type_demands_the_lock_of_the_vaults_that_it_enters(
    world: World,
    kind: str,
    arn: str,
    managed: bool | None,  # noqa: FBT001 -- a fact
    own: str,
    air_gapped: str,
) -> None:
    """Fully managed types go straight into the air-gapped one, others by the rule's own or not at all."""
    gapped(world, kind, arn, managed)
    assert [vault["vault"]["demanded_lock"] for vault in world.facts("vault")] == [own, air_gapped]
    assert [world.unknown("vault", "vault.demanded_lock", index) for index in range(2)] == [[], []]


def test_a_table_whose_management_is_not_known_may_enter_both(world: World) -> None:
    """The Region's settings do not say whether AWS Backup manages DynamoDB fully."""
    gapped(world, "DynamoDB", TABLE)
    assert [vault["vault"]["demanded_lock"] for vault in world.facts("vault")] == ["none", "none"]
    unknown = [("DescribeRegionSettings", "Undecided", True)]
    assert [world.unknown("vault", "vault.demanded_lock", index) for index in range(2)] == [unknown, unknown]
