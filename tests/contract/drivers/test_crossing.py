"""Copies into another account: the source is shared for as long as the copy is made, and no longer.

moto keeps the accounts' backups apart and forgets whom they are shared with when it copies. `crossing`
teaches it what AWS does: a copy of another account's backup is made when that is shared, and is not found
otherwise.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from moto.ec2.exceptions import InvalidAMIIdError, InvalidSnapshotIdError
from moto.ec2.models import ec2_backends
from moto.ec2.models.amis import AmiBackend
from moto.ec2.models.elastic_block_store import EBSBackend, Snapshot
from moto.rds.models import RDSBackend, rds_backends

from auditor.executor.database.database import Database
from auditor.executor.drivers import make_drivers
from auditor.executor.engine.scheduler import run_until
from auditor.executor.operations import (
    access_policies,
    backup_jobs,
    copy_jobs,
    settings,
    vaults,
)
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import Driver, DriverError
from auditor.executor.service import BackupService, OrganizationMembership
from tests.contract.drivers.kinds import Kind

Clients = Callable[[str, str, str], Any]
Drivers = Callable[..., Driver]

ACCOUNT, VAULTS = "123456789012", "444455556666"
REGION, OTHER = "eu-west-1", "eu-central-1"
HERE, THERE = (ACCOUNT, REGION), (VAULTS, OTHER)
TAGS = {"backup-tier": "gold", "Name": "data"}
JOB = "0A1B2C3D-0000-4000-8000-00000000000A"
COPY = "9A8B7C6D-0000-4000-8000-00000000000B"
NATIVE = ("EBS", "EC2", "RDS", "Aurora")


def copied_snapshot(
    self: Any, source_snapshot_id: str, source_region: str, description: str, kms_key_id: str | None
) -> Snapshot:
    """CopySnapshot of what is the account's own or shared with it."""
    for account in list(ec2_backends):
        found = ec2_backends[account][source_region].snapshots.get(source_snapshot_id)
        if found and self.account_id in {account, *found.create_volume_permission_userids}:
            made = Snapshot(
                self, f"snap-copy{len(self.snapshots)}", found.volume, description, found.encrypted
            )
            made.kms_key_id = kms_key_id
            self.snapshots[made.id] = made
            return made
    raise InvalidSnapshotIdError


def copied_image(
    self: Any,
    source_image_id: str,
    source_region: str,
    name: str | None = None,
    description: str | None = None,
) -> Any:
    """CopyImage of what is the account's own, or shared with it together with its snapshot."""
    for account in list(ec2_backends):
        found = ec2_backends[account][source_region].amis.get(source_image_id)
        if found is None:
            continue
        readers = found.ebs_snapshot.create_volume_permission_userids
        if account == self.account_id or (
            {"UserId": self.account_id} in found.launch_permissions and self.account_id in readers
        ):
            return self.register_image(name, description)
    raise InvalidAMIIdError(source_image_id)


@pytest.fixture
def crossing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let moto copy what is shared."""
    own = RDSBackend.get_snapshot

    def source(self: Any, identifier: str, resource_type: Any, not_found_exception: Any) -> Any:
        parts = identifier.split(":", 6)
        if not identifier.startswith("arn:") or parts[4] == self.account_id:
            return own(self, identifier, resource_type, not_found_exception)
        found = rds_backends[parts[4]][parts[3]].resource_map[resource_type].get(parts[6])
        if found is None or self.account_id not in found.attributes["restore"]:
            raise not_found_exception(identifier)
        return found

    def remembering(name: str, parameter: str, remembered: str) -> Callable[..., Any]:
        copy = getattr(RDSBackend, name)

        def remember(self: Any, **params: Any) -> Any:
            made = copy(self, **params)
            setattr(made, remembered, params[parameter])
            return made

        return remember

    monkeypatch.setattr(EBSBackend, "copy_snapshot", copied_snapshot)
    monkeypatch.setattr(AmiBackend, "copy_image", copied_image)
    monkeypatch.setattr(RDSBackend, "get_snapshot", source)
    for noun, remembered in (
        ("db_snapshot", "source_db_snapshot_identifier"),
        ("db_cluster_snapshot", "source_db_cluster_snapshot_arn"),
    ):
        copying = remembering(f"copy_{noun}", f"source_{noun}_identifier", remembered)
        monkeypatch.setattr(RDSBackend, f"copy_{noun}", copying)


def readers(clients: Clients, name: str, arn: str) -> list[list[str]]:
    """The accounts that a backup is shared with; for an image also those of its snapshot."""
    ec2, rds, identifier = (
        clients("ec2", *HERE),
        clients("rds", *HERE),
        arn.replace("/", ":").rsplit(":", 1)[1],
    )

    def of_snapshot(snapshot_id: str) -> list[str]:
        answer = ec2.describe_snapshot_attribute(SnapshotId=snapshot_id, Attribute="createVolumePermission")
        return [each["UserId"] for each in answer["CreateVolumePermissions"]]

    if name == "EBS":
        return [of_snapshot(identifier)]
    if name == "EC2":
        answer = ec2.describe_image_attribute(ImageId=identifier, Attribute="launchPermission")
        (image,) = ec2.describe_images(ImageIds=[identifier])["Images"]
        snapshot_id = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
        return [[each["UserId"] for each in answer["LaunchPermissions"]], of_snapshot(snapshot_id)]
    if name == "RDS":
        answer = rds.describe_db_snapshot_attributes(DBSnapshotIdentifier=identifier)
        found = answer["DBSnapshotAttributesResult"]["DBSnapshotAttributes"]
    else:
        answer = rds.describe_db_cluster_snapshot_attributes(DBClusterSnapshotIdentifier=identifier)
        found = answer["DBClusterSnapshotAttributesResult"]["DBClusterSnapshotAttributes"]
    return [each["AttributeValues"] for each in found if each["AttributeName"] == "restore"]


@pytest.fixture
def backup_of(clients: Clients, kinds: dict[str, Kind], driver_of: Drivers) -> Callable[[str], Any]:
    """`backup_of("EBS")`: a backup of a resource that was made for it."""

    def make(name: str) -> Any:
        kinds[name].make(clients, REGION, clients("kms", *HERE).create_key()["KeyMetadata"]["Arn"])
        driver = driver_of(name)
        resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
        return driver.back_up(resource, vault_key_arn=None, token=JOB, tags=TAGS)

    return make


@pytest.mark.usefixtures("crossing")
@pytest.mark.parametrize("name", NATIVE)
def test_a_copy_lies_in_the_other_account_and_its_source_is_no_longer_shared(
    name: str, clients: Clients, kinds: dict[str, Kind], driver_of: Drivers, backup_of: Callable[[str], Any]
) -> None:
    """The share lasts until the copy is complete; the copy stays when its source goes."""
    kind, driver, backup = kinds[name], driver_of(name), backup_of(name)
    key = clients("kms", *THERE).create_key()["KeyMetadata"]["Arn"]
    assert not any(readers(clients, name, backup.arn))

    copy = driver.copy(backup, source=HERE, destination=THERE, key=key, token=COPY, tags=TAGS)
    shared = [[VAULTS], [VAULTS]] if name == "EC2" else [[VAULTS]]
    assert readers(clients, name, backup.arn) == shared
    kind.put_into(OTHER, copy.arn, kind.making, account=VAULTS)
    assert not driver_of(name).settled(copy.arn, *THERE)
    assert readers(clients, name, backup.arn) == shared
    kind.put_into(OTHER, copy.arn, kind.complete, account=VAULTS)
    assert driver_of(name).settled(copy.arn, *THERE)
    assert not any(readers(clients, name, backup.arn))

    driver.delete(backup.arn, *HERE)
    found = driver.find(COPY, *THERE)
    assert (found and found.arn, driver.find(COPY, ACCOUNT, OTHER)) == (copy.arn, None)
    assert driver.settled(copy.arn, *THERE)


@pytest.mark.usefixtures("crossing")
@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("end", ["undone", "failed"])
def test_a_copy_that_does_not_come_about_leaves_no_share(
    name: str,
    end: str,
    clients: Clients,
    kinds: dict[str, Kind],
    driver_of: Drivers,
    backup_of: Callable[[str], Any],
) -> None:
    """Neither undone nor failed copies leave their source shared."""
    kind, driver, backup = kinds[name], driver_of(name), backup_of(name)
    copy = driver.copy(backup, source=HERE, destination=THERE, key=None, token=COPY, tags=TAGS)

    if end == "undone":
        driver_of(name).undo(COPY, *THERE)
        assert driver.find(COPY, *THERE) is None
    else:
        kind.put_into(OTHER, copy.arn, kind.failed, account=VAULTS)
        with pytest.raises(DriverError):
            driver_of(name).settled(copy.arn, *THERE)
    assert not any(readers(clients, name, backup.arn))


@pytest.mark.parametrize("name", NATIVE)
def test_a_refused_copy_leaves_no_share(
    name: str, clients: Clients, driver_of: Drivers, backup_of: Callable[[str], Any]
) -> None:
    """Moto by itself does not find what another account shares."""
    backup = backup_of(name)

    with pytest.raises(DriverError):
        driver_of(name).copy(backup, source=HERE, destination=THERE, key=None, token=COPY, tags=TAGS)
    assert not any(readers(clients, name, backup.arn))


@pytest.mark.long
@pytest.mark.usefixtures("crossing")
@pytest.mark.parametrize("name", NATIVE)
def test_a_copy_job_into_another_account(
    name: str, clients: Clients, kinds: dict[str, Kind], now: datetime
) -> None:
    """From StartBackupJob to the copy's recovery point: nothing is shared at the end."""
    kinds[name].make(clients, REGION, clients("kms", *HERE).create_key()["KeyMetadata"]["Arn"])
    moment = [now]
    service = BackupService(
        Database.open(),
        lambda: moment[0],
        make_drivers(clients, lambda: moment[0]),
        membership=lambda _: OrganizationMembership("o-example", ACCOUNT),
    )
    source, destination = AccountRegion(*HERE, "aws"), AccountRegion(*THERE, "aws")
    settings.update_global_settings(
        service, source, {"GlobalSettings": {"isCrossAccountBackupEnabled": "true"}}
    )
    key = clients("kms", *THERE).create_key()["KeyMetadata"]["Arn"]
    vaults.create_backup_vault(service, source, {"BackupVaultName": "here"})
    made = vaults.create_backup_vault(
        service, destination, {"BackupVaultName": "there", "EncryptionKeyArn": key}
    )
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        "Action": "backup:CopyIntoBackupVault",
        "Resource": "*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    access_policies.put_backup_vault_access_policy(
        service, destination, {"BackupVaultName": "there", "Policy": policy}
    )
    driver = service.driver(name, managed=False)
    role = f"arn:aws:iam::{ACCOUNT}:role/backup"
    resource = next(r.arn for r in driver.discover(*HERE) if r.tags == TAGS)

    def run() -> None:
        for _ in range(2):  # a job is begun, and looked at when it may be done
            moment[0] += timedelta(hours=1)
            for scope in (source, destination):
                run_until(service, scope, moment[0])

    started = backup_jobs.start_backup_job(
        service, source, {"BackupVaultName": "here", "ResourceArn": resource, "IamRoleArn": role}
    )
    run()
    job = backup_jobs.describe_backup_job(service, source, {"BackupJobId": started["BackupJobId"]})
    params = {
        "RecoveryPointArn": job["RecoveryPointArn"],
        "SourceBackupVaultName": "here",
        "DestinationBackupVaultArn": made["BackupVaultArn"],
        "IamRoleArn": role,
    }
    copy_id = copy_jobs.start_copy_job(service, source, params)["CopyJobId"]
    run()
    copy = copy_jobs.describe_copy_job(service, source, {"CopyJobId": copy_id})["CopyJob"]

    assert (copy["State"], copy.get("StatusMessage")) == ("COMPLETED", None)
    found = driver.find(copy_id, *THERE)
    assert found is not None
    assert found.arn == copy["DestinationRecoveryPointArn"]
    assert not any(readers(clients, name, job["RecoveryPointArn"]))
