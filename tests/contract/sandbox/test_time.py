"""Virtual time: backups run when it is let go by, and every date agrees."""

import json
import urllib.error
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sandbox.conftest import Running


def plan_of(vault: str) -> dict[str, Any]:
    """A plan that runs every night at one."""
    rule = {
        "RuleName": "night",
        "TargetBackupVaultName": vault,
        "ScheduleExpression": "cron(0 1 * * ? *)",
        "StartWindowMinutes": 60,
        "Lifecycle": {"DeleteAfterDays": 35},
    }
    return {"BackupPlanName": "by-hand", "Rules": [rule]}


@pytest.mark.long
def test_two_nights_of_backups(moving: Any) -> None:
    """Snapshots, recovery points, jobs and the clock tell the same times; topics are told; sessions end."""
    account_id = moving.facts["accounts"]["dev-lab"]
    keys = moving.assume("dev-lab", "AuditorPush")
    backup = moving.client("backup", keys)
    backup.create_backup_vault(BackupVaultName="by-hand")
    sns, sqs = moving.client("sns", keys), moving.client("sqs", keys)
    topic, queue = sns.create_topic(Name="backups")["TopicArn"], sqs.create_queue(QueueName="backups")
    arn = f"arn:aws-cn:sqs:{moving.region('primary')}:{account_id}:backups"
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    backup.put_backup_vault_notifications(
        BackupVaultName="by-hand", SNSTopicArn=topic, BackupVaultEvents=["BACKUP_JOB_COMPLETED"]
    )
    plan_id = backup.create_backup_plan(BackupPlan=plan_of("by-hand"))["BackupPlanId"]
    backup.create_backup_selection(
        BackupPlanId=plan_id,
        BackupSelection={
            "SelectionName": "builds",
            "IamRoleArn": moving.role_arn("dev-lab", "service-role/AWSBackupDefaultServiceRole"),
            "Resources": [f"arn:aws-cn:ec2:*:{account_id}:volume/*"],
            "Conditions": {
                "StringLike": [{"ConditionKey": "aws:ResourceTag/Name", "ConditionValue": "lab-builds-*"}]
            },
        },
    )
    steps = moving.advance("2026-01-07T00:00:00Z")

    assert steps[-1] == {"done": True}
    told = [step["now"] for step in steps[:-1]]
    assert [now for now in told if now.endswith("T00:00:00.000Z")][-2:] == [
        "2026-01-06T00:00:00.000Z",
        "2026-01-07T00:00:00.000Z",
    ]
    assert told[-1] == "2026-01-07T00:00:00.000Z"
    # somebody's changes to a policy that nobody has pushed here are reported, not hidden
    refused = [step for step in steps if "error" in step]
    assert refused
    assert all("event" in step for step in refused)
    assert refused[0]["error"].startswith("There is no backup plan 'backup-silver'")
    assert moving.status()["now"].startswith("2026-01-07T00:00:00.0")

    with pytest.raises(ClientError) as ended:
        backup.list_backup_plans()
    assert ended.value.response["Error"]["Code"] == "ExpiredTokenException"

    keys = moving.assume("dev-lab", "AuditorRead")
    points = moving.client("backup", keys).list_recovery_points_by_backup_vault(BackupVaultName="by-hand")
    made = {point["RecoveryPointArn"]: point["CreationDate"] for point in points["RecoveryPoints"]}
    snapshots = moving.client("ec2", keys).describe_snapshots(OwnerIds=["self"])["Snapshots"]
    started = {
        f"arn:aws-cn:ec2:{moving.region('primary')}::snapshot/{snapshot['SnapshotId']}": snapshot["StartTime"]
        for snapshot in snapshots
    }
    jobs = moving.client("backup", keys).list_backup_jobs()["BackupJobs"]
    spans = {job["RecoveryPointArn"]: (job["CreationDate"], job["CompletionDate"]) for job in jobs}
    assert {job["State"] for job in jobs} == {"COMPLETED"}
    assert made == {arn: created for arn, (created, _) in spans.items()}
    assert sorted(when.astimezone(UTC) for when in made.values()) == (
        [datetime(2026, 1, 5, 1, tzinfo=UTC)] * 6 + [datetime(2026, 1, 6, 1, tzinfo=UTC)] * 6
    )
    assert started.keys() == spans.keys()
    for arn, (created, completed) in spans.items():
        assert created <= started[arn] <= completed
    told = []
    sqs = moving.client("sqs", keys)
    while messages := sqs.receive_message(QueueUrl=queue["QueueUrl"], MaxNumberOfMessages=10).get("Messages"):
        told += [json.loads(message["Body"])["MessageAttributes"]["Id"]["Value"] for message in messages]
    assert sorted(told) == sorted(job["BackupJobId"] for job in jobs)
    assert datetime.now(UTC).year >= 2026  # the client's own clock is its own


@pytest.mark.long
@pytest.mark.parametrize("until", ["2025-01-01T00:00:00Z", "2026-02-01T00:00:00", "soon", None])
def test_a_time_that_makes_no_sense_is_refused(still: Running, until: Any) -> None:
    """The past, a time without zone and no time at all are errors, not advances."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        still.advance(until)

    assert refused.value.code == 400
    refused.value.close()
