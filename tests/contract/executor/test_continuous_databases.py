"""Continuous backups of databases, from a plan to a restore at a second."""

from typing import Any

import pytest

from tests.contract.executor.continuous import DAY, HOUR, PITR, REGION, plan, restore
from tests.contract.executor.nightly import ACCOUNT, START, once, points
from tests.contract.executor.world import World


@pytest.fixture
def database(world: World) -> Any:
    """RDS's client; there is an instance `data`, and the vault `night`."""
    world.backup().create_backup_vault(BackupVaultName="night")
    rds = world.moto_client("rds", REGION)
    rds.create_db_instance(
        DBInstanceIdentifier="data",
        Engine="postgres",
        DBInstanceClass="db.t3.micro",
        AllocatedStorage=20,
        BackupRetentionPeriod=7,
        MasterUsername="admin1",
        MasterUserPassword="password1",
    )
    return rds


def retention(database: Any, name: str = "data") -> int:
    """The days for which RDS keeps the automated backups of an instance."""
    (instance,) = database.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
    return int(instance["BackupRetentionPeriod"])


def test_a_database(world: World, database: Any) -> None:
    """One recovery point, whatever the retention; restored to a time; released, RDS keeps its backups."""
    plan_id = plan(world, PITR)
    world.run(START + 2 * HOUR)
    (first,) = points(world)
    assert (first["Status"], retention(database)) == ("AVAILABLE", 3)
    changed = PITR | {"Lifecycle": {"DeleteAfterDays": 5}}
    world.backup().update_backup_plan(
        BackupPlanId=plan_id, BackupPlan={"BackupPlanName": "gold", "Rules": [changed]}
    )
    world.run(START + DAY + 2 * HOUR)
    (point,) = points(world)
    assert (point["RecoveryPointArn"], retention(database)) == (first["RecoveryPointArn"], 5)
    assert point["Lifecycle"] == {"DeleteAfterDays": 5}
    given = {"DBInstanceIdentifier": "again", "RestoreTime": "2026-01-05T01:30:00Z"}
    job = restore(world, point["RecoveryPointArn"], given)
    assert job["CreatedResourceArn"] == f"arn:aws:rds:{REGION}:{ACCOUNT}:db:again"
    world.backup().disassociate_recovery_point(
        BackupVaultName="night", RecoveryPointArn=point["RecoveryPointArn"]
    )

    assert (points(world), retention(database)) == ([], 5)


@once
def test_a_database_s_end(world: World, database: Any) -> None:
    """Deleted, its automated backups are turned off, and the next job begins them anew."""
    plan(world, PITR)
    world.run(START + 2 * HOUR)
    (point,) = points(world)
    world.backup().delete_recovery_point(BackupVaultName="night", RecoveryPointArn=point["RecoveryPointArn"])
    assert (points(world), retention(database)) == ([], 0)
    world.run(START + DAY + 2 * HOUR)

    assert [p["Status"] for p in points(world)] == ["AVAILABLE"]
    database.modify_db_instance(DBInstanceIdentifier="data", BackupRetentionPeriod=0)
    world.run(START + DAY + 4 * HOUR)
    assert [p["Status"] for p in points(world)] == ["STOPPED"]
    world.run(START + 2 * DAY + 2 * HOUR)
    assert [p["Status"] for p in points(world)] == ["AVAILABLE"]


@once
@pytest.mark.usefixtures("database")
def test_copies_of_a_database_are_of_snapshots(world: World, copies: str) -> None:
    """Logs cannot be copied: a snapshot is made and copied (aws-backup.md 4.5)."""
    plan(world, PITR | {"CopyActions": [{"DestinationBackupVaultArn": copies}]})
    world.run(START + 6 * HOUR)
    kinds = sorted((p["Status"], ":continuous:" in p["RecoveryPointArn"]) for p in points(world))
    (copy,) = points(world, "copies", "eu-central-1")

    assert kinds == [("AVAILABLE", True), ("COMPLETED", False)]
    assert ":snapshot:" in copy["RecoveryPointArn"]
