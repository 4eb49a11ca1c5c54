"""What every driver knows of a backup by the token under which it was made."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.stub import Stubber

from auditor.executor.drivers.sharing import Origin
from auditor.executor.drivers.snapshots import backup_description
from auditor.executor.engine import restores
from auditor.executor.seam.driver import Driver, DriverError, Duplicating, Lister, Restorer
from tests.contract.drivers.kinds import Kind

Clients = Callable[[str, str, str], Any]
Drivers = Callable[..., Driver]

ACCOUNT, REGION, OTHER = "123456789012", "eu-west-1", "eu-central-1"
HERE, THERE = (ACCOUNT, REGION), (ACCOUNT, OTHER)
TAGS = {"backup-tier": "gold", "Name": "data"}
JOB = "0A1B2C3D-0000-4000-8000-00000000000A"
COPY = "9A8B7C6D-0000-4000-8000-00000000000B"


@pytest.fixture
def keys(clients: Clients) -> dict[str, str]:
    """A key of each Region."""
    return {r: clients("kms", ACCOUNT, r).create_key()["KeyMetadata"]["Arn"] for r in (REGION, OTHER)}


def test_a_backup_is_found_by_its_token_until_it_is_undone(
    kind: Kind, clients: Clients, keys: dict[str, str], driver_of: Drivers
) -> None:
    """A new process finds it as it was given, in its place only; undoing it leaves what others made."""
    kind.make(clients, REGION, keys[REGION])
    driver = driver_of(kind.resource_type, managed=kind.managed)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    assert driver.find(JOB, *HERE) is None
    driver.undo(JOB, *HERE)

    backup = driver.back_up(resource, vault_key_arn=keys[REGION], token=JOB, tags=TAGS)
    mine = kind.elsewhere(clients, REGION, resource.arn)
    later = driver_of(kind.resource_type, managed=kind.managed)
    found = later.find(JOB, *HERE)

    assert found is not None
    if kind.resource_type == "EC2":  # moto's images have a disk of their own, not the instance's
        assert found.arn == backup.arn
    else:
        assert found == backup
    assert [later.find(COPY, *HERE), later.find(JOB, *THERE)] == [None, None]
    assert later.settled(backup.arn, *HERE)
    later.undo(COPY, *HERE)
    later.undo(JOB, *THERE)
    assert kind.exists(clients, REGION, backup.arn)

    later.undo(JOB, *HERE)
    assert not kind.exists(clients, REGION, backup.arn)
    assert kind.exists(clients, REGION, mine)
    assert later.find(JOB, *HERE) is None
    with pytest.raises(DriverError) as gone:
        later.settled(backup.arn, *HERE)
    assert gone.value.category == "RESOURCE_NOT_FOUND"
    later.undo(JOB, *HERE)


@pytest.mark.parametrize(
    "name", ["EBS", "DynamoDB", "RDS", "Aurora", "Redshift"]
)  # EC2: moto takes a name twice
def test_of_two_backups_under_one_token_one_can_be_kept(
    name: str, kinds: dict[str, Kind], clients: Clients, keys: dict[str, str], driver_of: Drivers
) -> None:
    """Either the service itself makes no second one, or the others can be deleted."""
    kind = kinds[name]
    kind.make(clients, REGION, keys[REGION])
    driver = driver_of(kind.resource_type, managed=kind.managed)
    assert isinstance(driver, Lister)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    made = [
        driver.back_up(resource, vault_key_arn=keys[REGION], token=token, tags=TAGS)
        for token in (JOB, JOB, COPY)
    ]
    mine = kind.elsewhere(clients, REGION, resource.arn)
    if isinstance(driver, Duplicating):
        assert len({backup.arn for backup in made}) == 3
        driver.delete_duplicates(JOB, made[1].arn, *HERE)

    left = [backup.native.arn for backup in driver.backups(*HERE) if backup.token in {JOB, COPY}]
    assert sorted(left) == sorted({made[1].arn, made[2].arn})
    assert kind.exists(clients, REGION, mine)


def test_a_copy_is_found_by_its_token_until_it_is_undone(
    copied_kind: Kind, clients: Clients, keys: dict[str, str], driver_of: Drivers
) -> None:
    """Undoing it leaves its source."""
    kind = copied_kind
    kind.make(clients, REGION, keys[REGION])
    driver = driver_of(kind.resource_type, managed=kind.managed)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    backup = driver.back_up(resource, vault_key_arn=keys[REGION], token=JOB, tags=TAGS)
    assert driver.find(COPY, *THERE) is None

    copy = driver.copy(backup, source=HERE, destination=THERE, key=keys[OTHER], token=COPY, tags=TAGS)
    found = driver_of(kind.resource_type, managed=kind.managed).find(COPY, *THERE)

    assert found is not None
    if kind.resource_type == "EC2":  # moto's copies of images are not encrypted
        assert found.arn == copy.arn
    else:
        assert found == copy
    assert driver.settled(copy.arn, *THERE)
    driver.undo(COPY, *THERE)
    assert not kind.exists(clients, OTHER, copy.arn)
    assert kind.exists(clients, REGION, backup.arn)


def test_a_backup_that_is_being_made_is_found_and_one_that_failed_is_not(
    native_kind: Kind, clients: Clients, keys: dict[str, str], driver_of: Drivers
) -> None:
    """Either is undone; only what is being made may still become a recovery point."""
    kind = native_kind
    kind.make(clients, REGION, keys[REGION])
    driver = driver_of(kind.resource_type)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    backup = driver.back_up(resource, vault_key_arn=None, token=JOB, tags=TAGS)

    kind.put_into(REGION, backup.arn, kind.making)
    found = driver.find(JOB, *HERE)
    assert (found is not None and found.arn, driver.settled(backup.arn, *HERE)) == (backup.arn, False)
    kind.put_into(REGION, backup.arn, kind.failed)
    assert driver.find(JOB, *HERE) is None
    with pytest.raises(DriverError) as failed:
        driver.settled(backup.arn, *HERE)
    assert (failed.value.category, failed.value.transient) == ("INVALID_STATE", False)
    driver.undo(JOB, *HERE)
    assert not kind.exists(clients, REGION, backup.arn)


@pytest.mark.parametrize("name", ["EC2", "RDS", "Aurora", "Redshift"])
def test_a_call_that_was_carried_out_but_not_answered_is_found(
    name: str, clients: Clients, kinds: dict[str, Kind], keys: dict[str, str], driver_of: Drivers
) -> None:
    """The name is taken by the first of two calls: that backup is it."""
    kinds[name].make(clients, REGION, keys[REGION])
    driver = driver_of(name)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    first = driver.back_up(resource, vault_key_arn=None, token=JOB, tags=TAGS)
    if name == "EC2":  # moto lets images share a name

        def taken(**_: Any) -> Any:
            error = {"Code": "InvalidAMIName.Duplicate", "Message": "taken"}
            return type("Answer", (), {"status_code": 400}), {"Error": error}

        clients("ec2", *HERE).meta.events.register("before-call.ec2.CreateImage", taken)

    assert driver.back_up(resource, vault_key_arn=None, token=JOB, tags=TAGS).arn == first.arn


@pytest.mark.parametrize(("name", "service"), [("EBS", "ec2"), ("DynamoDB", "dynamodb")])
@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_answer_makes_no_second_backup(
    name: str,
    service: str,
    carried_out: bool,  # noqa: FBT001 -- a parameter of the test
    clients: Clients,
    kinds: dict[str, Kind],
    keys: dict[str, str],
    driver_of: Drivers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where names need not be unique: the call is sent again only where nothing was made of it."""
    kinds[name].make(clients, REGION, keys[REGION])
    driver, client = driver_of(name), clients(service, *HERE)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    sent, lost = client._endpoint._do_get_response, ["CreateSnapshot", "CreateBackup"]

    def answer(request: Any, operation: Any, context: Any) -> Any:
        if operation.name not in lost:
            return sent(request, operation, context)
        lost.clear()
        if carried_out:
            sent(request, operation, context)
        return None, ConnectionClosedError(endpoint_url=request.url)

    monkeypatch.setattr(client._endpoint, "_do_get_response", answer)
    backup = driver.back_up(resource, vault_key_arn=None, token=JOB, tags=TAGS)

    assert lost == []
    assert driver.find(JOB, *HERE) == backup
    driver.delete(backup.arn, *HERE)
    assert driver.find(JOB, *HERE) is None


def test_backups_of_tables_are_looked_for_on_every_page(clients: Clients, driver_of: Drivers) -> None:
    """DynamoDB cannot be asked for a name: all its lists' pages are read."""
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/data/backup/0"
    summary = {"BackupName": f"awsbackup-{JOB}", "BackupStatus": "AVAILABLE", "BackupArn": arn + "2"}
    with Stubber(clients("dynamodb", *HERE)) as stub:
        other = {"BackupName": "mine", "BackupStatus": "AVAILABLE", "BackupArn": arn + "1"}
        page = {"BackupSummaries": [other], "LastEvaluatedBackupArn": arn + "1"}
        stub.add_response("list_backups", page, {"BackupType": "USER"})
        asked = {"BackupType": "USER", "ExclusiveStartBackupArn": arn + "1"}
        stub.add_response("list_backups", {"BackupSummaries": [summary]}, asked)
        stub.add_response("delete_backup", {}, {"BackupArn": arn + "2"})

        driver_of("DynamoDB").undo(JOB, *HERE)

        stub.assert_no_pending_responses()


RESTORED = {
    "EBS": {"availabilityZone": f"{REGION}a"},
    "EC2": {},
    "RDS": {"DBInstanceIdentifier": "again"},
    "Aurora": {"DBClusterIdentifier": "again", "Engine": "aurora-postgresql"},
    "DynamoDB": {"targetTableName": "again"},
    "Redshift": {"ClusterIdentifier": "again"},
}


@pytest.mark.parametrize("name", ["RDS", "Aurora", "DynamoDB", "DynamoDB-managed", "Redshift"])
def test_a_restore_asked_again_makes_nothing_more(
    name: str, clients: Clients, kinds: dict[str, Kind], keys: dict[str, str], driver_of: Drivers
) -> None:
    """The same token gets the same resource, and its metadata are read as before; another's is an error."""
    kind = kinds[name]
    kind.make(clients, REGION, keys[REGION])
    driver = driver_of(kind.resource_type, managed=kind.managed)
    assert isinstance(driver, Restorer)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    backup = driver.back_up(resource, vault_key_arn=None, token=JOB, tags=TAGS)
    metadata = RESTORED[kind.resource_type]

    given = [restores._Metadata(metadata) for _ in range(2)]
    made = [
        driver.restore(backup.arn, place=HERE, metadata=each, token=JOB, tags={"a": "b"}) for each in given
    ]

    assert made[0] == made[1]
    assert given[0].asked == given[1].asked != set()
    assert made[0] in [found.arn for found in driver.discover(*HERE)]
    with pytest.raises(DriverError) as refused:
        driver.restore(backup.arn, place=HERE, metadata=metadata, token=COPY, tags={})
    assert "xists" in refused.value.message


@pytest.mark.parametrize(
    ("name", "operation"), [("EBS", "CreateVolume"), ("EC2", "RunInstances")], ids=["EBS", "EC2"]
)
def test_ec2_is_told_the_token_of_a_restore(
    name: str, operation: str, clients: Clients, kinds: dict[str, Kind], driver_of: Drivers
) -> None:
    """EC2 makes one resource for a ClientToken; moto does not look at it."""
    asked: list[dict[str, Any]] = []
    kinds[name].make(clients, REGION, clients("kms", *HERE).create_key()["KeyMetadata"]["Arn"])
    driver = driver_of(name)
    assert isinstance(driver, Restorer)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    backup = driver.back_up(resource, vault_key_arn=None, token=JOB, tags=TAGS)
    clients("ec2", *HERE).meta.events.register(
        f"provide-client-params.ec2.{operation}", lambda params, **_: asked.append(params)
    )

    driver.restore(backup.arn, place=HERE, metadata=RESTORED[name], token=JOB, tags={})

    assert [params["ClientToken"] for params in asked] == [JOB]


def test_what_somebody_copied_is_no_duplicate(clients: Clients, driver_of: Drivers) -> None:
    """A copy keeps the description: of a backup it has no volume, of a copy it begins after that is whole."""
    noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
    driver, client = driver_of("EBS", managed=False), clients("ec2", *HERE)
    copied = Origin("snap-0", (ACCOUNT, OTHER)).description(JOB)

    def snapshot(name: str, minutes: int, description: str, volume: str) -> dict[str, Any]:
        began = noon + timedelta(minutes=minutes)
        return {
            "SnapshotId": f"snap-{name}",
            "StartTime": began,
            "CompletionTime": began + timedelta(minutes=5),
            "Description": description,
            "VolumeId": volume,
        }

    found = [
        snapshot("1", 0, backup_description(JOB), "vol-1"),
        snapshot("2", 1, backup_description(JOB), "vol-1"),
        snapshot("3", 2, backup_description(JOB), "vol-ffffffff"),
        snapshot("4", 0, copied, "vol-ffffffff"),
        snapshot("5", 4, copied, "vol-ffffffff"),
        snapshot("6", 5, copied, "vol-ffffffff"),
    ]
    deleted: list[str] = []
    client.meta.events.register(
        "provide-client-params.ec2.DeleteSnapshot", lambda params, **_: deleted.append(params["SnapshotId"])
    )
    assert isinstance(driver, Duplicating)
    for kept, some in (("1", found[:3]), ("4", found[3:])):
        with Stubber(client) as stub:
            stub.add_response("describe_snapshots", {"Snapshots": some})
            stub.add_response("delete_snapshot", {})
            driver.delete_duplicates(JOB, f"arn:aws:ec2:{REGION}::snapshot/snap-{kept}", *HERE)

    assert deleted == ["snap-2", "snap-5"]
