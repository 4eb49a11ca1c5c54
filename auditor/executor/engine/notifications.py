"""Notifications to topics of SNS about jobs and recovery points (aws-backup.md 1.4).

Deprecated events send nothing, as the API says (PutBackupVaultNotifications). AWS's pages disagree on
BACKUP_JOB_FAILED; here it sends.

Texts and attributes are those of AWS's page "Notification options with AWS Backup". Programs find the job's
id behind the last colon. That page and AWS's own messages differ in the sentence on a completed backup: here
it is as topics get it. The sentences on starts, restores and copies follow the same pattern.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Table

from auditor.executor.database import sql_tables
from auditor.executor.times import to_datetime
from auditor.model.arn import Arn

Row = Mapping[str, Any]

SUBJECT: Final = "Notification from AWS Backup"


@dataclass(frozen=True, slots=True)
class Notification:
    """What vaults with one of `events` tell their topic. Attributes are strings."""

    events: tuple[str, ...]
    text: str
    attributes: Mapping[str, str]

    def document(self) -> bytes:
        """The parameters of SNS's Publish but the topic, as JSON."""
        attributes = {
            name: {"DataType": "String", "StringValue": value} for name, value in self.attributes.items()
        }
        return orjson.dumps({"Subject": SUBJECT, "Message": self.text, "MessageAttributes": attributes})


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of jobs: EventType, and the members of its document that name its vault and itself.

    `told` has the events and the text by state.
    """

    event_type: str
    vault: str
    id: str
    told: Mapping[str, tuple[tuple[str, ...], str]]


_BACKUP: Final = "Resource ARN : {ResourceArn}. BackupJob ID : {BackupJobId}"
_COPY: Final = "Recovery point ARN: {SourceRecoveryPointArn}. Copy Job Id : {CopyJobId}"
_RESTORE: Final = "Recovery point ARN: {RecoveryPointArn}. Restore Job Id : {RestoreJobId}"
_BACKUP_DONE: Final = ("BACKUP_JOB_COMPLETED",)
_BACKUP_FAILED: Final = (*_BACKUP_DONE, "BACKUP_JOB_FAILED")
_COPY_FAILED: Final = ("COPY_JOB_FAILED",)
_RESTORE_DONE: Final = ("RESTORE_JOB_COMPLETED",)

_KINDS: Final[Mapping[Table, _Kind]] = {
    sql_tables.backup_jobs: _Kind(
        "BACKUP_JOB",
        "BackupVaultArn",
        "BackupJobId",
        {
            "RUNNING": (("BACKUP_JOB_STARTED",), f"An AWS Backup job was started. {_BACKUP}"),
            "COMPLETED": (
                _BACKUP_DONE,
                (
                    "An AWS Backup job was completed successfully. Recovery point ARN: {RecoveryPointArn}. "
                    "Backed up Resource ARN : {ResourceArn}. Backup Job Id : {BackupJobId}"
                ),
            ),
            "FAILED": (_BACKUP_FAILED, f"An AWS Backup job failed. {_BACKUP}"),
            "EXPIRED": (_BACKUP_DONE, f"An AWS Backup job failed to complete in time. {_BACKUP}"),
            "ABORTED": (_BACKUP_DONE, f"An AWS Backup job was stopped. {_BACKUP}"),
            "PARTIAL": (_BACKUP_DONE, f"An AWS Backup job was completed in part. {_BACKUP}"),
        },
    ),
    sql_tables.copy_jobs: _Kind(
        "COPY_JOB",
        "SourceBackupVaultArn",
        "CopyJobId",
        {
            "RUNNING": (("COPY_JOB_STARTED",), f"An AWS Backup copy job was started. {_COPY}"),
            "COMPLETED": (
                ("COPY_JOB_SUCCESSFUL",),
                (
                    "An AWS Backup copy job was completed successfully. Destination recovery point ARN: "
                    f"{{DestinationRecoveryPointArn}}. {_COPY}"
                ),
            ),
            "FAILED": (_COPY_FAILED, f"An AWS Backup copy job failed. {_COPY}"),
            "PARTIAL": (_COPY_FAILED, f"An AWS Backup copy job was completed in part. {_COPY}"),
        },
    ),
    sql_tables.restore_jobs: _Kind(
        "RESTORE_JOB",
        "BackupVaultArn",
        "RestoreJobId",
        {
            "RUNNING": (("RESTORE_JOB_STARTED",), f"An AWS Backup restore job was started. {_RESTORE}"),
            "COMPLETED": (
                _RESTORE_DONE,
                (
                    "An AWS Backup restore job was completed successfully. Restored Resource ARN : "
                    f"{{CreatedResourceArn}}. {_RESTORE}"
                ),
            ),
            "FAILED": (_RESTORE_DONE, f"An AWS Backup restore job failed. {_RESTORE}"),
            "ABORTED": (_RESTORE_DONE, f"An AWS Backup restore job was stopped. {_RESTORE}"),
        },
    ),
    # AWS Backup has no event of scans for topics.
    sql_tables.scan_jobs: _Kind("SCAN_JOB", "BackupVaultArn", "ScanJobId", {}),
}


def vault_of(table: Table, row: Row) -> str:
    """The ARN of the vault whose topic is told of a job of `table`: of a copy, the source's."""
    arn: str = orjson.loads(row["document"])[_KINDS[table].vault]
    return arn


def of_job(table: Table, before: str | None, row: Row) -> list[Notification]:
    """The notifications when a job of `table` changes from the state `before` (None: new) to that of `row`.

    A job that has started and ended since it was last written tells both.
    """
    after, kind = row["state"], _KINDS[table]
    if before == after:
        return []
    document = orjson.loads(row["document"])
    waited = after != "RUNNING" and before in {None, "CREATED", "PENDING"}
    started = waited and orjson.loads(row["work"])["started"] is not None
    states = ["RUNNING", after] if started else [after]
    told = [_told(kind, state, document) for state in states if state in kind.told]
    left_out = after == "COMPLETED" and row["resource_type"] == "S3" and row["message_category"] != "SUCCESS"
    if table is sql_tables.backup_jobs and left_out and not orjson.loads(row["work"])["issue"]:
        told.append(_objects_failed(document))
    return told


def _told(kind: _Kind, state: str, document: Mapping[str, Any]) -> Notification:
    events, text = kind.told[state]
    attributes = {
        "EventType": kind.event_type,
        "State": state,
        "AccountId": document["AccountId"],
        "Id": document[kind.id],
        "StartTime": _rfc3339(round(document["CreationDate"] * 1000)),
    }
    return Notification(events, text.format_map(defaultdict(str, document)), attributes)


def _objects_failed(document: Mapping[str, Any]) -> Notification:
    """One for each backup of a bucket that left objects out; its attributes are as those of EKS's events."""
    attributes = {
        "eventType": "S3_BACKUP_OBJECT_FAILED",
        "backupJobId": document["BackupJobId"],
        "reason": document.get("StatusMessage", document["MessageCategory"]),
        "resourceName": document["ResourceName"],
    }
    text = f"An S3 object failed to back up. {_BACKUP.format(**document)}"
    return Notification(("S3_BACKUP_OBJECT_FAILED",), text, attributes)


def of_point(document: Mapping[str, Any], moment: int, said: str = "") -> Notification:
    """The notifications when the lifecycle of a recovery point has changed, or a continuous one was STOPPED.

    Of one whose backup is gone, or is back, AWS Backup has no event: it was modified, and `said` says how.
    """
    stopped = document["Status"] == "STOPPED"
    attributes = {
        "EventType": "RECOVERY_POINT",
        "State": "STOPPED" if stopped else "MODIFIED",
        "AccountId": Arn.parse(document["BackupVaultArn"]).account_id,
        "Id": document["RecoveryPointArn"],
        "StartTime": _rfc3339(moment),
    }
    if stopped:
        text = f"An AWS Backup continuous backup was interrupted. {document['StatusMessage']}"
        return Notification(("CONTINUOUS_BACKUP_INTERRUPTED",), text, attributes)
    text = f"An AWS Backup recovery point was modified. Recovery point ARN: {document['RecoveryPointArn']}"
    return Notification(("RECOVERY_POINT_MODIFIED",), f"{text} {said}".rstrip(), attributes)


def _rfc3339(ms: int) -> str:
    return f"{to_datetime(ms):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"
