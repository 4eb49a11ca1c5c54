"""Every native backup of an account, whoever made it, as each driver lists them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from auditor.executor.drivers.listing import status_of, token_of
from auditor.executor.seam.driver import DriverError, ListedBackup, Lister, NativeBackup
from tests.contract.drivers.kinds import Clients, Kind
from tests.contract.drivers.listed import (
    ACCOUNT,
    EARLY,
    HERE,
    JOB,
    KEY,
    LATE,
    OTHER,
    REGION,
    THERE,
    Drivers,
    listed,
)

TAGS = {"backup-tier": "gold", "Name": "data"}
COPY = "9A8B7C6D-0000-4000-8000-00000000000B"
OWN = {"OwnerIds": ["self"], "MaxResults": 1000}

#: What services tell of the name of a backup's resource.
NAMES = {"EBS": "", "EC2": "", "RDS": "data", "Aurora": "data", "DynamoDB": "data", "Redshift": "data"}


def has_just_been(moment: datetime | None) -> bool:
    """Whether a time in UTC is this minute's."""
    now = datetime.now(UTC)
    return moment is not None and now - timedelta(minutes=1) < moment < now + timedelta(seconds=1)


def test_backups_of_anyone_are_listed_with_the_job_that_made_them(
    native_kind: Kind, clients: Clients, driver_of: Drivers
) -> None:
    """Of all resources, or of one; whole values, with the ARN that the engine knows."""
    kind, key = native_kind, clients("kms", *HERE).create_key()["KeyMetadata"]["Arn"]
    kind.make(clients, REGION, key)
    driver = driver_of(kind.resource_type)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    before = listed(driver, HERE)
    backup = driver.back_up(resource, vault_key_arn=None, token=JOB, tags=TAGS)
    mine = kind.elsewhere(clients, REGION, resource.arn)

    later = driver_of(kind.resource_type)
    new = [each for each in listed(later, HERE) if each not in before]
    made, others = sorted(new, key=lambda each: each.native.arn != backup.arn)

    name = NAMES[kind.resource_type]
    found = later.find(JOB, *HERE)
    assert found is not None
    assert found.arn == backup.arn
    assert made == ListedBackup(found, resource.arn, made.created, "COMPLETED", "", name, JOB)
    assert others.native.arn == mine
    assert others == ListedBackup(others.native, resource.arn, others.created, "COMPLETED", "", name, None)
    assert (others.native.size_bytes, others.native.encrypted, others.native.kms_key_arn) == (
        found.size_bytes,
        found.encrypted,
        found.kms_key_arn,
    )
    assert has_just_been(made.created)
    assert has_just_been(others.created)
    of_it = [each for each in listed(later, HERE, resource.arn) if each not in before]
    assert of_it == sorted(new, key=lambda each: each.native.arn)
    missing = "vol-0123456789abcdef0" if kind.resource_type == "EBS" else "gone"
    assert listed(later, HERE, resource.arn.replace(resource.arn.rsplit("/", 1)[-1], missing)) == []
    assert [each for each in listed(later, THERE) if each.token is not None] == []


@pytest.mark.parametrize("name", ["EBS", "EC2", "RDS", "Aurora"])
def test_copies_are_listed_with_their_job(
    name: str, kinds: dict[str, Kind], clients: Clients, driver_of: Drivers
) -> None:
    """Of EC2's copies nobody tells what they are of: RDS tells it with what moto leaves out."""
    keys = {r: clients("kms", ACCOUNT, r).create_key()["KeyMetadata"]["Arn"] for r in (REGION, OTHER)}
    kinds[name].make(clients, REGION, keys[REGION])
    driver = driver_of(name)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    backup = driver.back_up(resource, vault_key_arn=None, token=JOB, tags=TAGS)
    copy = driver.copy(backup, source=HERE, destination=THERE, key=keys[OTHER], token=COPY, tags=TAGS)

    (found,) = [each for each in listed(driver_of(name), THERE) if each.token is not None]

    assert (found.native.arn, found.token, found.status) == (copy.arn, COPY, "COMPLETED")
    if name in {"EBS", "EC2"}:
        assert found.resource_arn is None
        assert listed(driver, THERE, resource.arn.replace(REGION, OTHER)) == []
    if name == "EBS":
        assert found.native == copy


def test_what_somebody_copied_is_no_jobs(clients: Clients, driver_of: Drivers) -> None:
    """Copies of EC2 may bear the name or description of their source."""
    image = {
        "ImageId": "ami-1",
        "Name": f"awsbackup-{JOB}",
        "State": "available",
        "CreationDate": "2026-01-05T00:00:00.000Z",
    }
    told = (None, "", f"[Copied ami-1 from {REGION}]", f"Copy job {COPY} of ami-1 in {ACCOUNT} {REGION}")
    images = [image | ({} if text is None else {"Description": text}) for text in told]
    copied = snapshot(1, f"Backup job {JOB}", VolumeId="vol-ffffffff")
    with Stubber(clients("ec2", *HERE)) as stub:
        stub.add_response("describe_images", {"Images": images})
        stub.add_response("describe_snapshots", {"Snapshots": [copied]})
        found = [*listed(driver_of("EC2"), HERE), *listed(driver_of("EBS"), HERE)]

    assert [(each.resource_arn, each.token) for each in found] == [(None, None)] * 5


def test_states_are_aws_backups_words(native_kind: Kind, clients: Clients, driver_of: Drivers) -> None:
    """What is being made is CREATING; what failed is PARTIAL and says so; what is gone is not listed."""
    kind = native_kind
    kind.make(clients, REGION, clients("kms", *HERE).create_key()["KeyMetadata"]["Arn"])
    driver = driver_of(kind.resource_type)
    resource = next(r for r in driver.discover(*HERE) if r.tags == TAGS)
    backup = driver.back_up(resource, vault_key_arn=None, token=JOB, tags=TAGS)

    told = []
    for state in (kind.making, kind.complete, kind.failed):
        kind.put_into(REGION, backup.arn, state)
        told += [(each.status, each.message) for each in listed(driver, HERE) if each.token == JOB]

    failed = [] if kind.failed == "DELETED" else [("PARTIAL", f"Its state is {kind.failed}.")]
    assert told == [("CREATING", ""), ("COMPLETED", ""), *failed]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Backup job {JOB}", JOB),
        (f"snapshot-{JOB.lower()}", JOB),
        (f"Backup job {JOB.lower()}", None),
        (f"Backup job {JOB} of mine", None),
        (f"my Backup job {JOB}", None),
        (f"snapshot-{JOB}", None),
        (f"snapshot-{JOB[:-1]}".lower(), None),
        ("Backup job", None),
        ("", None),
    ],
)
def test_only_what_the_executor_would_write_is_a_token(text: str, expected: str | None) -> None:
    """What somebody has added something to, or written otherwise, is none."""
    forms = (lambda token: f"Backup job {token}", lambda token: f"snapshot-{token.lower()}")

    assert token_of(text, *forms) == expected


def test_words_of_states() -> None:
    """A state that is not known is no completed backup."""
    sets: dict[str, Any] = {"complete": {"done"}, "making": {"begun"}, "deleting": {"going"}}

    assert [status_of(state, **sets) for state in ("done", "begun", "going", "odd")] == [
        ("COMPLETED", ""),
        ("CREATING", ""),
        ("DELETING", ""),
        ("PARTIAL", "Its state is odd."),
    ]


def snapshot(number: int, description: str = "", **changes: Any) -> dict[str, Any]:
    """A snapshot as EC2 describes it."""
    return {
        "SnapshotId": f"snap-{number}",
        "VolumeId": "vol-1",
        "VolumeSize": 8,
        "State": "completed",
        "StartTime": EARLY,
        "Encrypted": True,
        "KmsKeyId": KEY,
        "Description": description,
    } | changes


def native_snapshot(number: int, size: int = 8) -> NativeBackup:
    """The same as a driver gives it."""
    arn = f"arn:aws:ec2:{REGION}::snapshot/snap-{number}"
    return NativeBackup(arn, size << 30, encrypted=True, kms_key_arn=KEY)


def test_snapshots_of_every_page_but_those_of_the_executors_images(
    clients: Clients, driver_of: Drivers
) -> None:
    """EC2 describes the snapshots of images; which are the executor's their names say, in one call."""
    volume = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1"
    asked = OWN | {"Filters": [{"Name": "volume-id", "Values": ["vol-1"]}]}
    first = [
        snapshot(1, "Created by CreateImage(i-1) for ami-1a"),
        snapshot(2, "Created by CreateImage(i-1) for ami-2b from vol-1"),
        snapshot(3, "Copied for DestinationAmi ami-3c from SourceAmi ami-2b for SourceSnapshot snap-2."),
        snapshot(4, "for ami-1a", State="error", StateMessage="no key"),
    ]
    images = [
        {"ImageId": "ami-1a", "Name": f"awsbackup-{JOB}", "SourceInstanceId": "i-1"},
        {"ImageId": "ami-2b", "Name": "awsbackup-mine", "SourceInstanceId": "i-1"},
        {
            "ImageId": "ami-3c",
            "Name": f"awsbackup-{COPY}",
            "Description": f"Copy job {COPY} of ami-2b in {ACCOUNT} {OTHER}",
        },
    ]
    with Stubber(clients("ec2", *HERE)) as stub:
        stub.add_response("describe_snapshots", {"Snapshots": first, "NextToken": "more"}, asked)
        last = [snapshot(5, f"Backup job {JOB}"), snapshot(6, VolumeId="vol-ffffffff")]
        stub.add_response("describe_snapshots", {"Snapshots": last}, asked | {"NextToken": "more"})
        ids = [{"Name": "image-id", "Values": ["ami-1a", "ami-2b", "ami-3c"]}]
        wanted = {"Owners": ["self"], "IncludeDisabled": True, "MaxResults": 1000, "Filters": ids}
        stub.add_response("describe_images", {"Images": images}, wanted)

        found = listed(driver_of("EBS"), HERE, volume)
        stub.assert_no_pending_responses()

    assert found == [
        ListedBackup(native_snapshot(2), volume, EARLY, "COMPLETED"),
        ListedBackup(native_snapshot(4), volume, EARLY, "PARTIAL", "no key"),
        ListedBackup(native_snapshot(5), volume, EARLY, "COMPLETED", token=JOB),
    ]


def test_a_backup_of_an_instance_is_none_of_volumes(
    kinds: dict[str, Kind], clients: Clients, driver_of: Drivers
) -> None:
    """The snapshot of an image that somebody made is listed among volumes'."""
    kinds["EC2"].make(clients, REGION, "")
    driver = driver_of("EC2")
    (instance,) = driver.discover(*HERE)
    before = listed(driver_of("EBS"), HERE)
    driver.back_up(instance, vault_key_arn=None, token=JOB, tags=TAGS)
    after_ours = listed(driver_of("EBS"), HERE)
    kinds["EC2"].elsewhere(clients, REGION, instance.arn)

    assert after_ours == before
    assert len(listed(driver_of("EBS"), HERE)) == len(before) + 1


def test_an_image_tells_the_key_of_its_snapshots(clients: Clients, driver_of: Drivers) -> None:
    """Images of every page, disabled ones too, but none that is gone; some are of no known instance."""
    disk = {"SnapshotId": "snap-1", "VolumeSize": 8, "Encrypted": True}
    image = {
        "ImageId": "ami-1",
        "Name": f"awsbackup-{JOB}",
        "State": "disabled",
        "CreationDate": "2026-01-05T00:00:00.000Z",
        "SourceInstanceId": "i-1",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": disk}, {"DeviceName": "/dev/sdb"}],
    }
    bare = {
        "State": "pending",
        "CreationDate": "2026-01-06T00:00:00.000Z",
        "Name": "mine",
        "ImageId": "ami-2",
    }
    failed = bare | {"State": "failed", "StateReason": {"Message": "no room"}, "ImageId": "ami-3"}
    asked = {"Owners": ["self"], "IncludeDisabled": True, "MaxResults": 1000, "Filters": []}
    with Stubber(clients("ec2", *HERE)) as stub:
        gone = image | {"State": "deregistered", "ImageId": "ami-4"}
        stub.add_response("describe_images", {"Images": [image, gone], "NextToken": "more"}, asked)
        stub.add_response("describe_images", {"Images": [bare, failed]}, asked | {"NextToken": "more"})
        ids = [{"Name": "snapshot-id", "Values": ["snap-1", "snap-1"]}]
        keys = {"Snapshots": [snapshot(1)]}
        stub.add_response("describe_snapshots", keys, {"OwnerIds": ["self"], "Filters": ids})

        found = listed(driver_of("EC2"), HERE)
        stub.assert_no_pending_responses()

    arn, instance = f"arn:aws:ec2:{REGION}::image/ami-", f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1"
    native = NativeBackup(f"{arn}1", 8 << 30, encrypted=True, kms_key_arn=KEY)
    assert found == [
        ListedBackup(native, instance, EARLY, "COMPLETED", token=JOB),
        ListedBackup(NativeBackup(f"{arn}2", 0, encrypted=False), None, LATE, "CREATING"),
        ListedBackup(NativeBackup(f"{arn}3", 0, encrypted=False), None, LATE, "PARTIAL", "no room"),
    ]


REFUSING = [
    ("EBS", "ec2", "describe_snapshots"),
    ("EC2", "ec2", "describe_images"),
    ("RDS", "rds", "describe_db_snapshots"),
    ("Aurora", "rds", "describe_db_cluster_snapshots"),
    ("DynamoDB", "dynamodb", "list_backups"),
    ("Redshift", "redshift", "describe_cluster_snapshots"),
    ("FSx", "fsx", "describe_backups"),
]


@pytest.mark.parametrize(("kind", "service", "operation"), REFUSING)
def test_a_refusal_is_never_an_empty_list(
    kind: str, service: str, operation: str, clients: Clients, driver_of: Drivers
) -> None:
    """Whoever reads the list is told."""
    with Stubber(clients(service, *HERE)) as stub:
        stub.add_client_error(operation, "AccessDenied", "not you")
        with pytest.raises(DriverError, match="not you") as refused:
            listed(driver_of(kind), HERE)

    assert refused.value.category == "ACCESS_DENIED"


def test_what_the_store_keeps_is_no_native_backup(driver_of: Drivers) -> None:
    """Only drivers of native backups list them."""
    stored = [driver_of(name, managed=True) for name in ("S3", "EFS", "CloudFormation", "DynamoDB")]

    assert [isinstance(driver, Lister) for driver in stored] == [False] * 4
