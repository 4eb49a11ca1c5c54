"""The job reports of AWS Backup Audit Manager: their columns, and a job as a row of them (aws-backup.md 2.4).

Times are ISO 8601, UTC; a value that a job does not have is None.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from auditor.executor.times import to_datetime

Row = dict[str, Any]

_PERIOD: Final = ("reportTimePeriodStart", "reportTimePeriodEnd")
_OF_PLAN: Final = (
    "initiationDate",
    "backupPlanName",
    "backupRuleName",
    "backupRuleSchedule",
    "backupRuleTimezone",
    "startWindowEnd",
    "backupOptions",
    "isParentJob",
    "parentJobId",
)
_OF_VAULT: Final = (
    "vaultType",
    "vaultLockStatus",
    "isEncrypted",
    "encryptionKeyArn",
    "deleteAfterDays",
    "moveToColdAfterDays",
    "enableArchive",
)
#: The columns of each report template, in AWS's order.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "BACKUP_JOB_REPORT": (
        *_PERIOD,
        *("accountId", "region", "backupJobId", "jobStatus", "resourceType", "resourceArn", "resourceName"),
        *("backupPlanArn", "backupRuleId"),
        *_OF_PLAN,
        *("creationDate", "completionDate", "recoveryPointArn", "jobRunTime", "backupSizeInBytes"),
        *("backupVaultName", "backupVaultArn"),
        *_OF_VAULT,
        "iamRoleArn",
    ),
    "COPY_JOB_REPORT": (
        *_PERIOD,
        *("accountId", "region", "copyJobId", "jobStatus", "jobRunTime"),
        *("resourceType", "resourceArn", "resourceName"),
        *_OF_PLAN,
        *("creationDate", "completionDate", "backupSizeInBytes", "sourceRecoveryPointArn"),
        *("sourceBackupVaultArn", "destinationRecoveryPointArn", "destinationBackupVaultArn"),
        *_OF_VAULT,
        "iamRoleArn",
    ),
    "RESTORE_JOB_REPORT": (
        *("reportTimePeriod", "accountId", "region", "restoreJobId", "jobStatus", "recoveryPointArn"),
        "resourceName",
        *_OF_PLAN,
        *_OF_VAULT,
        *("sourceResourceArn", "backupVaultArn", "creationDate", "backupSizeInBytes", "percentDone"),
        "iamRoleArn",
    ),
    "SCAN_JOB_REPORT": (
        *_PERIOD,
        *("accountId", "region", "scanJobId", "scanId", "malwareScanner", "jobStatus", "scanResultStatus"),
        *("statusMessage", "resourceType", "resourceArn", "backupPlanArn", "creationDate"),
        *("recoveryPointArn", "backupVaultName", "backupVaultArn", "iamRoleArn", "scannerRoleArn"),
    ),
    "CONTROL_COMPLIANCE_REPORT": (
        *("accountId", "region", "frameworkName", "frameworkDescription", "controlName"),
        *("controlComplianceStatus", "lastEvaluationTime", "numResourcesCompliant"),
        *("numResourcesNonCompliant", "controlFrequency", "controlScope", "controlParameters"),
    ),
    "RESOURCE_COMPLIANCE_REPORT": (
        *("accountId", "region", "frameworkName", "frameworkDescription", "controlName", "resourceId"),
        *("resourceType", "resourceComplianceStatus", "lastEvaluationTime"),
    ),
}


@dataclass(frozen=True, slots=True)
class ReportedJob:
    """A job as it is listed, with its Region; `point` and `vault` are what a restore is made of, while there.

    `point` is the recovery point as it is listed, `vault` the vault's row.
    """

    document: Mapping[str, Any]
    region: str
    point: Mapping[str, Any]
    vault: Mapping[str, Any] | None


def iso(ms: int) -> str:
    """A time, epoch milliseconds, in whole seconds where it has no others."""
    moment = to_datetime(ms)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds")[:-6] + "Z"


def _time(document: Mapping[str, Any], name: str) -> str | None:
    value = document.get(name)
    return None if value is None else iso(round(value * 1000))


def _run_time(document: Mapping[str, Any]) -> str | None:
    """From the job's creation to its end, as hours, minutes and seconds."""
    if "CompletionDate" not in document:
        return None
    took = round(document["CompletionDate"] - document["CreationDate"])
    return f"{took // 3600:02}:{took // 60 % 60:02}:{took % 60:02}"


def _of_plan(job: Mapping[str, Any], made_by: Mapping[str, Any]) -> Row:
    return {
        "initiationDate": _time(job, "InitiationDate") or _time(job, "CreationDate"),
        "backupPlanName": made_by.get("BackupPlanName"),
        "backupRuleName": made_by.get("BackupRuleName"),
        "backupRuleSchedule": made_by.get("BackupRuleCron"),
        "backupRuleTimezone": made_by.get("BackupRuleTimezone"),
        "startWindowEnd": _time(job, "StartBy"),
        "backupOptions": job.get("BackupOptions", {}),
        "isParentJob": job["IsParent"],
        "parentJobId": job.get("ParentJobId"),
    }


def _of_lifecycle(lifecycle: Mapping[str, Any]) -> Row:
    return {
        "deleteAfterDays": lifecycle.get("DeleteAfterDays"),
        "moveToColdAfterDays": lifecycle.get("MoveToColdStorageAfterDays"),
        "enableArchive": lifecycle.get("OptInToArchiveForSupportedResources", False),
    }


def _common(job: Mapping[str, Any]) -> Row:
    return {
        "resourceType": job["ResourceType"],
        "creationDate": _time(job, "CreationDate"),
        "completionDate": _time(job, "CompletionDate"),
        "jobRunTime": _run_time(job),
        "backupSizeInBytes": job.get("BackupSizeInBytes"),
        "iamRoleArn": job.get("IamRoleArn"),
    }


def _backup(job: ReportedJob) -> Row:
    document, made_by = job.document, job.document.get("CreatedBy", {})
    return {
        **_common(document),
        **_of_plan(document, made_by),
        **_of_lifecycle(document.get("RecoveryPointLifecycle", {})),
        "backupJobId": document["BackupJobId"],
        "jobStatus": document["State"],
        "resourceArn": document["ResourceArn"],
        "resourceName": document["ResourceName"],
        "backupPlanArn": made_by.get("BackupPlanArn"),
        "backupRuleId": made_by.get("BackupRuleId"),
        "recoveryPointArn": document.get("RecoveryPointArn"),
        "backupVaultName": document["BackupVaultName"],
        "backupVaultArn": document["BackupVaultArn"],
        "vaultType": document["VaultType"],
        "vaultLockStatus": document.get("VaultLockState"),
        "isEncrypted": document.get("IsEncrypted"),
        "encryptionKeyArn": document.get("EncryptionKeyArn"),
    }


def _copy(job: ReportedJob) -> Row:
    document = job.document
    key = document.get("DestinationEncryptionKeyArn")
    return {
        **_common(document),
        **_of_plan(document, document.get("CreatedBy", {})),
        **_of_lifecycle(document.get("DestinationRecoveryPointLifecycle", {})),
        "copyJobId": document["CopyJobId"],
        "jobStatus": document["State"],
        "resourceArn": document["ResourceArn"],
        "resourceName": document["ResourceName"],
        "sourceRecoveryPointArn": document["SourceRecoveryPointArn"],
        "sourceBackupVaultArn": document["SourceBackupVaultArn"],
        "destinationRecoveryPointArn": document.get("DestinationRecoveryPointArn"),
        "destinationBackupVaultArn": document["DestinationBackupVaultArn"],
        "vaultType": document["DestinationVaultType"],
        "vaultLockStatus": document.get("DestinationVaultLockState"),
        "isEncrypted": None if key is None else True,
        "encryptionKeyArn": key,
    }


def _restore(job: ReportedJob) -> Row:
    document, point, vault = job.document, job.point, job.vault
    locked = None if vault is None else "LOCKED" if vault["locked"] else "UNLOCKED"
    return {
        **_common(document),
        **_of_plan(document, point.get("CreatedBy", {})),
        **_of_lifecycle(point.get("Lifecycle", {})),
        "restoreJobId": document["RestoreJobId"],
        "jobStatus": document["Status"],
        "recoveryPointArn": document["RecoveryPointArn"],
        "resourceName": point.get("ResourceName"),
        "vaultType": point.get("VaultType"),
        "vaultLockStatus": locked,
        "isEncrypted": point.get("IsEncrypted"),
        "encryptionKeyArn": point.get("EncryptionKeyArn"),
        "sourceResourceArn": document["SourceResourceArn"],
        "backupVaultArn": document["BackupVaultArn"],
        "percentDone": document["PercentDone"],
    }


def _scan(job: ReportedJob) -> Row:
    document = job.document
    return {
        **_common(document),
        "scanJobId": document["ScanJobId"],
        "scanId": document.get("ScanId"),
        "malwareScanner": document["MalwareScanner"],
        "jobStatus": document["State"],
        "scanResultStatus": document.get("ScanResult", {}).get("ScanResultStatus"),
        "statusMessage": document.get("StatusMessage"),
        "resourceArn": document["ResourceArn"],
        "backupPlanArn": document.get("CreatedBy", {}).get("BackupPlanArn"),
        "recoveryPointArn": document["RecoveryPointArn"],
        "backupVaultName": document["BackupVaultName"],
        "backupVaultArn": document["BackupVaultArn"],
        "scannerRoleArn": document["ScannerRoleArn"],
    }


_ROWS: Final[Mapping[str, Callable[[ReportedJob], Row]]] = {
    "BACKUP_JOB_REPORT": _backup,
    "COPY_JOB_REPORT": _copy,
    "RESTORE_JOB_REPORT": _restore,
    "SCAN_JOB_REPORT": _scan,
}


def job_row(template: str, job: ReportedJob, start: int, end: int) -> Row:
    """The row of a job in the report on the time from `start` to `end` (epoch ms), in its columns' order."""
    row = _ROWS[template](job) | {
        "reportTimePeriodStart": iso(start),
        "reportTimePeriodEnd": iso(end),
        "reportTimePeriod": f"{iso(start)} - {iso(end)}",
        "accountId": job.document["AccountId"],
        "region": job.region,
    }
    return {name: row[name] for name in COLUMNS[template]}
