"""Vault notifications: declared through boto3's client, published to a real topic, read from a real queue."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.stub import Stubber
from sqlalchemy import select

from auditor.executor.database.notifications import outbox
from auditor.executor.engine.outbox import RefusedNotification, publish
from auditor.executor.times import to_datetime
from tests.contract.executor.world import World

ACCOUNT, REGION = "123456789012", "eu-west-1"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/AWSBackupDefaultServiceRole"
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:night"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:backups"
EVENTS = ["BACKUP_JOB_COMPLETED", "BACKUP_PLAN_CREATED"]
ALL = [
    "BACKUP_JOB_STARTED",
    "BACKUP_JOB_COMPLETED",
    "COPY_JOB_STARTED",
    "COPY_JOB_SUCCESSFUL",
    "COPY_JOB_FAILED",
    "RESTORE_JOB_STARTED",
    "RESTORE_JOB_COMPLETED",
    "RECOVERY_POINT_MODIFIED",
    "S3_BACKUP_OBJECT_FAILED",
]


def put(world: World, *events: str, topic: str = TOPIC) -> None:
    """Have the vault tell `topic` of `events`."""
    world.backup().put_backup_vault_notifications(
        BackupVaultName="night", SNSTopicArn=topic, BackupVaultEvents=list(events)
    )


def answer(response: dict[str, Any]) -> dict[str, Any]:
    """A response without its metadata."""
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


@contextmanager
def queue(world: World) -> Iterator[Any]:
    """A topic with a queue on it; gives what reads the queue empty: messages by SNS, without their ids."""
    sns, sqs = world.moto_client("sns", REGION), world.moto_client("sqs", REGION)
    topic = sns.create_topic(Name="backups")["TopicArn"]
    url = sqs.create_queue(QueueName="backups")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)

    def read() -> list[dict[str, Any]]:
        """What came, in order."""
        found = []
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(json.loads(message["Body"]))
        return found

    yield read
    sns.delete_topic(TopicArn=topic)


def told(message: dict[str, Any]) -> tuple[str, str]:
    """EventType and State of a message."""
    attributes = message["MessageAttributes"]
    return attributes["EventType"]["Value"], attributes["State"]["Value"]


def deliver(world: World) -> list[RefusedNotification]:
    """Publish what is due now."""
    return publish(
        world.service.database,
        lambda service, _account, region: world.moto_client(service, region),
        world.service.now_ms(),
    )


def start_backup(world: World, size: int = 1) -> tuple[str, str]:
    """The id of a job on a new volume, and the volume's ARN."""
    volume = world.moto_client("ec2", REGION).create_volume(AvailabilityZone=f"{REGION}a", Size=size)
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{volume['VolumeId']}"
    job = world.backup().start_backup_job(BackupVaultName="night", ResourceArn=arn, IamRoleArn=ROLE)
    return job["BackupJobId"], arn


def test_put_get_delete(world: World) -> None:
    """A configuration is given back as it was put, replaced by another, and gone with the vault."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    missing = backup.exceptions.ResourceNotFoundException
    with pytest.raises(missing):
        backup.get_backup_vault_notifications(BackupVaultName="night")
    put(world, "RESTORE_JOB_COMPLETED", topic=f"{TOPIC}2")
    put(world, *EVENTS, EVENTS[0])

    found = answer(backup.get_backup_vault_notifications(BackupVaultName="night"))
    assert found == {
        "BackupVaultName": "night",
        "BackupVaultArn": VAULT,
        "SNSTopicArn": TOPIC,
        "BackupVaultEvents": EVENTS,
    }
    for _ in range(2):
        backup.delete_backup_vault_notifications(BackupVaultName="night")
    with pytest.raises(missing):
        backup.get_backup_vault_notifications(BackupVaultName="night")
    put(world, *EVENTS)
    backup.delete_backup_vault(BackupVaultName="night")
    backup.create_backup_vault(BackupVaultName="night")
    with pytest.raises(missing):
        backup.get_backup_vault_notifications(BackupVaultName="night")


@pytest.mark.parametrize(
    ("topic", "events"),
    [
        (f"arn:aws:sns:{REGION}:210987654321:backups", EVENTS),
        (f"arn:aws-cn:sns:cn-north-1:{ACCOUNT}:backups", EVENTS),
        (f"{TOPIC}.fifo", EVENTS),
        (f"{TOPIC}:subscription", EVENTS),
        (TOPIC.replace("sns", "sqs"), EVENTS),
        ("backups", EVENTS),
        (TOPIC, []),
        (TOPIC, ["BACKUP_JOB_PAUSED"]),
    ],
)
def test_refused_configurations(world: World, topic: str, events: list[str]) -> None:
    """A standard topic of the own account, and events that the API has (aws-backup.md 1.1 row 27)."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        put(world, *events, topic=topic)


def test_vaults_that_do_not_exist(world: World) -> None:
    """Each operation needs the vault."""
    backup = world.backup()
    for call in (
        lambda: put(world, *EVENTS),
        lambda: backup.get_backup_vault_notifications(BackupVaultName="night"),
        lambda: backup.delete_backup_vault_notifications(BackupVaultName="night"),
    ):
        with pytest.raises(backup.exceptions.ResourceNotFoundException):
            call()


def test_a_backup_is_told_as_aws_tells_it(world: World) -> None:
    """Subject, text and attributes; only the events that the vault names."""
    world.backup().create_backup_vault(BackupVaultName="night")
    put(world, *EVENTS)
    with queue(world) as read:
        job_id, arn = start_backup(world)
        world.run(START + timedelta(hours=1))
        assert deliver(world) == []
        (message,) = read()
        assert deliver(world) == []
        assert read() == []
    point = world.backup().describe_backup_job(BackupJobId=job_id)["RecoveryPointArn"]
    assert message["Subject"] == "Notification from AWS Backup"
    assert message["TopicArn"] == TOPIC
    assert message["Message"] == (
        f"An AWS Backup job was completed successfully. Recovery point ARN: {point}. "
        f"Backed up Resource ARN : {arn}. Backup Job Id : {job_id}"
    )
    assert message["MessageAttributes"] == {
        "EventType": {"Type": "String", "Value": "BACKUP_JOB"},
        "State": {"Type": "String", "Value": "COMPLETED"},
        "AccountId": {"Type": "String", "Value": ACCOUNT},
        "Id": {"Type": "String", "Value": job_id},
        "StartTime": {"Type": "String", "Value": "2026-01-05T00:00:00.000Z"},
    }


def test_every_kind_of_job_and_a_changed_recovery_point(world: World) -> None:
    """Starts and ends, each once, in the order in which they happened."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    put(world, *ALL)
    with queue(world) as read:
        job_id, _ = start_backup(world)
        world.run(START + timedelta(hours=1))
        point = backup.describe_backup_job(BackupJobId=job_id)["RecoveryPointArn"]
        backup.update_recovery_point_lifecycle(
            BackupVaultName="night", RecoveryPointArn=point, Lifecycle={"DeleteAfterDays": 7}
        )
        for vault in ("gone", "night"):
            backup.start_copy_job(
                RecoveryPointArn=point,
                SourceBackupVaultName="night",
                DestinationBackupVaultArn=VAULT.replace("night", vault),
                IamRoleArn=ROLE,
            )
            world.run(datetime.now(UTC) + timedelta(hours=1))
        backup.start_restore_job(
            RecoveryPointArn=point, IamRoleArn=ROLE, Metadata={"availabilityZone": f"{REGION}a"}
        )
        world.run(datetime.now(UTC) + timedelta(hours=1))
        deliver(world)
        messages = read()
    assert [told(message) for message in messages] == [
        ("BACKUP_JOB", "RUNNING"),
        ("BACKUP_JOB", "COMPLETED"),
        ("RECOVERY_POINT", "MODIFIED"),
        ("COPY_JOB", "FAILED"),
        ("COPY_JOB", "RUNNING"),
        ("COPY_JOB", "COMPLETED"),
        ("RESTORE_JOB", "RUNNING"),
        ("RESTORE_JOB", "COMPLETED"),
    ]
    for message in messages:
        if message["MessageAttributes"]["EventType"]["Value"] != "RECOVERY_POINT":
            job = message["MessageAttributes"]["Id"]["Value"]
            assert message["Message"].rpartition(":")[2].strip() == job


@pytest.mark.parametrize(
    ("event", "heard"), [("BACKUP_JOB_COMPLETED", 1), ("BACKUP_JOB_FAILED", 1), ("BACKUP_JOB_EXPIRED", 0)]
)
def test_failures(world: World, event: str, heard: int) -> None:
    """BACKUP_JOB_COMPLETED tells of every end; deprecated events tell nothing."""
    world.backup().create_backup_vault(BackupVaultName="night")
    put(world, event)
    with queue(world) as read:
        job_id, arn = start_backup(world)
        world.moto_client("ec2", REGION).delete_volume(VolumeId=arn.rpartition("/")[2])
        world.run(START + timedelta(hours=1))
        deliver(world)
        messages = read()
    text = f"An AWS Backup job failed. Resource ARN : {arn}. BackupJob ID : {job_id}"
    expected = [(("BACKUP_JOB", "FAILED"), text)] * heard
    assert [(told(message), message["Message"]) for message in messages] == expected


def test_objects_that_were_left_out(world: World) -> None:
    """A backup of a bucket with objects that cannot be read says so in an event of its own."""
    s3 = world.moto_client("s3", REGION)
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="data", Key="cold", Body=b"1", StorageClass="GLACIER")
    world.backup().create_backup_vault(BackupVaultName="night")
    put(world, "S3_BACKUP_OBJECT_FAILED")
    with queue(world) as read:
        job = world.backup().start_backup_job(
            BackupVaultName="night", ResourceArn="arn:aws:s3:::data", IamRoleArn=ROLE
        )
        world.run(START + timedelta(hours=2))
        deliver(world)
        (message,) = read()
    attributes = {name: entry["Value"] for name, entry in message["MessageAttributes"].items()}
    status = world.backup().describe_backup_job(BackupJobId=job["BackupJobId"])["StatusMessage"]
    assert attributes == {
        "eventType": "S3_BACKUP_OBJECT_FAILED",
        "backupJobId": job["BackupJobId"],
        "reason": status,
        "resourceName": "data",
    }


@pytest.mark.long
def test_a_topic_that_refuses_is_asked_again_for_a_day(world: World) -> None:
    """The job ends as it would; the topic is asked after 1, 2, 4 … minutes, and after a day no more."""
    world.backup().create_backup_vault(BackupVaultName="night")
    put(world, "BACKUP_JOB_COMPLETED")
    job_id, _ = start_backup(world)
    world.run(START + timedelta(hours=1))
    assert world.backup().describe_backup_job(BackupJobId=job_id)["State"] == "COMPLETED"
    with world.service.database.read() as connection:
        began = to_datetime(connection.scalar(select(outbox.c.created)) or 0)
    asked = []
    for minute in range(26 * 60):
        world.traveller.move_to(began + timedelta(minutes=minute))
        asked += [(minute, refusal.given_up) for refusal in deliver(world)]
    minutes = [0, 1, 3, 7, 15, 31, *range(63, 24 * 60, 60)]
    assert asked == [(minute, minute == minutes[-1]) for minute in minutes]
    with queue(world) as read:
        deliver(world)
        assert read() == []


def test_a_topic_that_was_missing_hears_it_later(world: World) -> None:
    """What a topic did not take waits for it; what is asked for at once is asked for once."""
    world.backup().create_backup_vault(BackupVaultName="night")
    put(world, "BACKUP_JOB_COMPLETED")
    start_backup(world)
    world.run(START + timedelta(hours=1))
    (refusal,) = deliver(world)
    assert (refusal.topic_arn, refusal.account_id, refusal.given_up) == (TOPIC, ACCOUNT, False)
    assert "NotFound" in refusal.reason
    with queue(world) as read:
        assert deliver(world) == []
        assert read() == []
        world.traveller.move_to(datetime.now(UTC) + timedelta(minutes=1))
        assert deliver(world) == []
        assert [told(message) for message in read()] == [("BACKUP_JOB", "COMPLETED")]


def test_killed_while_publishing(world: World) -> None:
    """What was claimed and not published is asked for again after five minutes, by anyone."""
    world.backup().create_backup_vault(BackupVaultName="night")
    put(world, "BACKUP_JOB_COMPLETED")
    with queue(world) as read:
        start_backup(world)
        world.run(START + timedelta(hours=1))

        def killed(*_: str) -> Any:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            publish(world.service.database, killed, world.service.now_ms())
        assert deliver(world) == []
        assert read() == []
        world.traveller.move_to(datetime.now(UTC) + timedelta(minutes=5))
        assert deliver(world) == []
        assert [told(message) for message in read()] == [("BACKUP_JOB", "COMPLETED")]


@pytest.mark.parametrize(("code", "asked"), [("AuthorizationError", 1), ("InvalidParameter", 2)])
def test_a_topic_that_is_closed_is_not_asked_for_the_rest(world: World, code: str, asked: int) -> None:
    """A refusal of one message leaves the others their chance; a refusal of everything is believed."""
    world.backup().create_backup_vault(BackupVaultName="night")
    put(world, "BACKUP_JOB_COMPLETED")
    for _ in range(2):
        start_backup(world)
    world.run(START + timedelta(hours=1))
    client = world.moto_client("sns", "eu-central-1")
    calls = []
    with Stubber(client) as stub:
        for _ in range(asked):
            stub.add_client_error("publish", code)

        def clients(*place: str) -> Any:
            calls.append(place)
            return client

        refusals = publish(world.service.database, clients, world.service.now_ms())
        stub.assert_no_pending_responses()
    assert (len(refusals), calls) == (2, [("sns", ACCOUNT, REGION)] * asked)
