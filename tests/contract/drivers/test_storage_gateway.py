"""Storage Gateway's volumes. moto has no such service: its answers are botocore's stubs, EBS is moto's."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from auditor.executor.drivers import make_drivers
from auditor.executor.seam.driver import DriverError, ListedBackup, NativeBackup, Restorer

Clients = Callable[[str, str, str], Any]

ACCOUNT, REGION, OTHER = "123456789012", "eu-west-1", "eu-central-1"
HERE, THERE = (ACCOUNT, REGION), (ACCOUNT, OTHER)
GATEWAY = f"arn:aws:storagegateway:{REGION}:{ACCOUNT}:gateway/sgw-12A3456B"
VOLUME = f"{GATEWAY}/volume/vol-1122AABB"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
JOB, COPY = "0A1B2C3D-0000-4000-8000-00000000000A", "9A8B7C6D-0000-4000-8000-00000000000B"
EARLY = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def stub(clients: Clients) -> Iterator[Stubber]:
    """What Storage Gateway answers."""
    with Stubber(clients("storagegateway", *HERE)) as stub:
        yield stub


@pytest.fixture
def driver(clients: Clients, now: datetime) -> Any:
    """The driver, which is there only when it is asked for."""
    assert "Storage Gateway" not in {each.resource_type for each in make_drivers(clients, lambda: now)}
    drivers = make_drivers(clients, lambda: now, gateways=True)
    return next(each for each in drivers if each.resource_type == "Storage Gateway")


def test_volumes_of_every_page_are_listed_with_their_tags(
    clients: Clients, stub: Stubber, driver: Any
) -> None:
    """Tags come from the tagging API, in one call a page."""
    second = f"{GATEWAY}/volume/vol-2"
    page = {"VolumeInfos": [{"VolumeARN": VOLUME}], "Marker": "more"}
    stub.add_response("list_volumes", page, {})
    stub.add_response("list_volumes", {"VolumeInfos": [{"VolumeARN": second}]}, {"Marker": "more"})
    with Stubber(clients("resourcegroupstaggingapi", *HERE)) as tagging:
        tags = [{"Key": "Name", "Value": "files"}]
        tagging.add_response(
            "get_resources",
            {"ResourceTagMappingList": [{"ResourceARN": VOLUME, "Tags": tags}]},
            {"ResourceTypeFilters": ["storagegateway:volume"]},
        )
        found = driver.discover(*HERE)

    assert [(each.arn, each.resource_type, each.name, each.tags) for each in found] == [
        (VOLUME, "Storage Gateway", "files", {"Name": "files"}),
        (second, "Storage Gateway", "", {}),
    ]


def made(clients: Clients) -> str:
    """The EBS snapshot that the gateway makes for the job."""
    ec2 = clients("ec2", *HERE)
    volume = ec2.create_volume(AvailabilityZone=f"{REGION}a", Size=2)["VolumeId"]
    return str(ec2.create_snapshot(VolumeId=volume, Description=f"Backup job {JOB}")["SnapshotId"])


def backed_up(clients: Clients, stub: Stubber, driver: Any, key: str | None) -> NativeBackup:
    """A backup of a cached volume."""
    volume = {"VolumeARN": VOLUME, "VolumeSizeInBytes": 2 << 30} | ({"KMSKey": key} if key else {})
    stub.add_response(
        "describe_cached_iscsi_volumes", {"CachediSCSIVolumes": [volume]}, {"VolumeARNs": [VOLUME]}
    )
    asked = {
        "VolumeARN": VOLUME,
        "SnapshotDescription": f"Backup job {JOB}",
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    stub.add_response("create_snapshot", {"VolumeARN": VOLUME, "SnapshotId": made(clients)}, asked)
    resource = type("Resource", (), {"account_id": ACCOUNT, "region": REGION, "arn": VOLUME})
    backup: NativeBackup = driver.back_up(resource, vault_key_arn=KEY, token=JOB, tags={"a": "b"})
    return backup


@pytest.mark.parametrize("key", [KEY, None])
def test_a_snapshot_has_its_volumes_size_and_key(
    clients: Clients, stub: Stubber, driver: Any, key: str | None
) -> None:
    """Without a key of its volume a snapshot is not encrypted, whatever the vault's key."""
    backup = backed_up(clients, stub, driver, key)

    assert (backup.size_bytes, backup.encrypted, backup.kms_key_arn) == (2 << 30, key is not None, key)
    assert backup.arn.startswith(f"arn:aws:ec2:{REGION}::snapshot/snap-")
    stub.assert_no_pending_responses()


def test_stored_volumes_are_described_by_their_own_operation(stub: Stubber, driver: Any) -> None:
    """A gateway refuses the operation of the other type; any other refusal fails the job."""
    stub.add_client_error("describe_cached_iscsi_volumes", "InvalidGatewayRequestException")
    stub.add_client_error("describe_stored_iscsi_volumes", "InternalServerError", "not now")
    resource = type("Resource", (), {"account_id": ACCOUNT, "region": REGION, "arn": VOLUME})

    with pytest.raises(DriverError, match="not now"):
        driver.back_up(resource, vault_key_arn=None, token=JOB, tags={})
    stub.assert_no_pending_responses()


def test_its_snapshots_are_found_copied_restored_and_undone(
    clients: Clients, stub: Stubber, driver: Any
) -> None:
    """They are EBS snapshots: another one is left alone."""
    backup = backed_up(clients, stub, driver, None)
    ec2 = clients("ec2", *HERE)
    other = ec2.create_snapshot(VolumeId=ec2.describe_volumes()["Volumes"][0]["VolumeId"])["SnapshotId"]

    assert driver.find(JOB, *HERE) == backup
    assert driver.settled(backup.arn, *HERE)
    copy = driver.copy(backup, source=HERE, destination=THERE, key=None, token=COPY, tags={})
    assert driver.find(COPY, *THERE) == copy
    restorer: Any = driver
    assert isinstance(restorer, Restorer)
    metadata = {"availabilityZone": f"{REGION}a"}
    volume = restorer.restore(backup.arn, place=HERE, metadata=metadata, token=JOB, tags={})
    assert ec2.describe_volumes(VolumeIds=[volume.split("/")[1]])["Volumes"][0]["Size"] == 2
    driver.undo(JOB, *HERE)
    left = [each["SnapshotId"] for each in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]]
    assert left == [other]
    driver.delete(copy.arn, *THERE)
    assert driver.find(COPY, *THERE) is None


def test_snapshots_of_its_volumes_are_listed(clients: Clients, stub: Stubber, driver: Any) -> None:
    """Of every page's volumes, or of one: EC2 writes their ids in lower case."""
    second = f"{GATEWAY}/volume/vol-2"
    stub.add_response("list_volumes", {"VolumeInfos": [{"VolumeARN": VOLUME}], "Marker": "more"}, {})
    stub.add_response("list_volumes", {"VolumeInfos": [{"VolumeARN": second}]}, {"Marker": "more"})

    def snapshot(number: int, volume: str, description: str) -> dict[str, Any]:
        told = {"SnapshotId": f"snap-{number}", "VolumeId": volume, "VolumeSize": 2, "State": "pending"}
        return told | {"StartTime": EARLY, "Encrypted": False, "Description": description}

    first = snapshot(1, "vol-1122aabb", f"Backup job {JOB}")
    own = {"OwnerIds": ["self"], "MaxResults": 1000}
    everywhere = [{"Name": "volume-id", "Values": ["vol-1122AABB", "vol-1122aabb", "vol-2"]}]
    of_one = [{"Name": "volume-id", "Values": ["vol-1122AABB", "vol-1122aabb"]}]
    with Stubber(clients("ec2", *HERE)) as ec2:
        answer = {"Snapshots": [first, snapshot(2, "vol-2", "mine")]}
        ec2.add_response("describe_snapshots", answer, own | {"Filters": everywhere})
        ec2.add_response("describe_snapshots", {"Snapshots": [first]}, own | {"Filters": of_one})
        found, of_volume = list(driver.backups(*HERE)), list(driver.backups(*HERE, VOLUME))
        ec2.assert_no_pending_responses()
    stub.assert_no_pending_responses()

    def native(number: int) -> NativeBackup:
        return NativeBackup(f"arn:aws:ec2:{REGION}::snapshot/snap-{number}", 2 << 30, encrypted=False)

    assert found == [
        ListedBackup(native(1), VOLUME, EARLY, "CREATING", token=JOB),
        ListedBackup(native(2), second, EARLY, "CREATING"),
    ]
    assert of_volume == found[:1]
