"""A compliance lock in force locks what the store holds for its vault, whatever the type."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from auditor.executor.drivers import make_drivers
from auditor.executor.seam.driver import Lister, NativeLocker, Present
from tests.contract.executor.native_backups import (
    ACCOUNT,
    REGION,
    START,
    Native,
    back_up,
    bucket,
    managed_table,
    stack,
)
from tests.contract.executor.world import World

STORE = f"backup-{ACCOUNT}-{REGION}"


def ends(s3: Any) -> set[datetime | None]:
    """Until when the objects of the store are locked, but the names of attempts and of what is kept.

    Of the latter moto has one left: where there are versions it tells of folders in which all is deleted.
    """
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=STORE).get("Contents", ())]
    named = [key for key in keys if "/attempts/" not in key and "/kept/" not in key]
    heads = [s3.head_object(Bucket=STORE, Key=key) for key in named]
    return {head.get("ObjectLockRetainUntilDate") for head in heads}


@pytest.mark.parametrize("kind", [bucket, managed_table, stack])
def test_what_the_store_holds_is_locked(world: World, kind: Callable[[World], Native]) -> None:
    """From the vault's lock date on, until the end of the recovery point; and then it can be deleted."""
    s3 = world.moto_client("s3", REGION)
    where = {"CreateBucketConfiguration": {"LocationConstraint": REGION}}
    s3.create_bucket(Bucket=STORE, ObjectLockEnabledForBucket=True, **where)
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    backup.put_backup_vault_lock_configuration(BackupVaultName="night", ChangeableForDays=3)
    resource, _ = kind(world)
    back_up(world, resource)
    world.run(START + timedelta(days=2, hours=23))
    assert ends(s3) == {None}
    for hours in (72, 73):
        world.traveller.move_to(START + timedelta(hours=hours))
        world.run(START + timedelta(hours=hours))
    assert ends(s3) == {START + timedelta(days=30)}

    world.run(START + timedelta(days=31))
    points = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    assert (points, ends(s3)) == ([], set())


def test_every_driver_is_compared_and_locks_where_its_service_can() -> None:
    """Each can tell what there is; RDS, DynamoDB itself, Redshift and FSx have no lock for anybody."""
    drivers = make_drivers(lambda *_: None, lambda: START, gateways=True)
    assert all(isinstance(driver, Present | Lister) for driver in drivers)
    without = {(one.resource_type, one.fully_managed) for one in drivers if not isinstance(one, NativeLocker)}
    native = {"RDS", "Aurora", "DynamoDB", "Redshift", "FSx"}
    assert without == {(name, False) for name in native}
