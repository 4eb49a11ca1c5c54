"""Backup, copy and restore jobs that were created in the audited period, in the order of the API."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

import pyarrow as pa

from auditor.aws.failures import Failure
from auditor.collect.collector import Collector, Scope
from auditor.collect.columns import known_old, layout, names_image

#: ListBackupJobs answers the jobs of the last 30 days only (API reference, ListBackupJobs).
HISTORY_DAYS: Final = 30

#: The filter of the API says "after" and is written in whole seconds: ask from a second before.
_MARGIN: Final = timedelta(seconds=1)
#: A run that is under way loses this much of the oldest jobs at most; no backup is expected of that hour.
_GRACE: Final = timedelta(hours=1)

_BACKUP_JOBS: Final = ("backup_jobs",)
_COPY_JOBS: Final = ("copy_jobs",)
_RESTORE_JOBS: Final = ("restore_jobs",)
#: Without these nothing can be made of a job.
_NEEDED: Final = ("job_id", "resource_arn", "state", "created_at")
#: The same of a restore job: whose recovery point it restored, another listing may tell.
_NEEDED_OF_RESTORES: Final = ("job_id", "status", "created_at")

_BACKUP_COLUMNS: Final = {
    "job_id": "BackupJobId",
    "resource_arn": "ResourceArn",
    "resource_type": "ResourceType",
    "vault_arn": "BackupVaultArn",
    "recovery_point_arn": "RecoveryPointArn",
    "state": "State",
    "message": "StatusMessage",
    "message_category": "MessageCategory",
    "created_at": "CreationDate",
    "completed_at": "CompletionDate",
    "start_by": "StartBy",
    "plan_id": "CreatedBy.BackupPlanId",
    "plan_version": "CreatedBy.BackupPlanVersion",
    "rule_id": "CreatedBy.BackupRuleId",
    "delete_after_days": "RecoveryPointLifecycle.DeleteAfterDays",
    "size_bytes": "BackupSizeInBytes",
    "is_parent": "IsParent",
    "parent_job_id": "ParentJobId",
}
_COPY_COLUMNS: Final = {
    "job_id": "CopyJobId",
    "resource_arn": "ResourceArn",
    "resource_type": "ResourceType",
    "source_vault_arn": "SourceBackupVaultArn",
    "source_recovery_point_arn": "SourceRecoveryPointArn",
    "destination_vault_arn": "DestinationBackupVaultArn",
    "destination_recovery_point_arn": "DestinationRecoveryPointArn",
    "state": "State",
    "message": "StatusMessage",
    "message_category": "MessageCategory",
    "created_at": "CreationDate",
    "completed_at": "CompletionDate",
    "plan_id": "CreatedBy.BackupPlanId",
    "rule_id": "CreatedBy.BackupRuleId",
    "created_by_backup_job_id": "CreatedByBackupJobId",
}
_RESTORE_COLUMNS: Final = {
    "job_id": "RestoreJobId",
    "resource_arn": "SourceResourceArn",
    "resource_type": "ResourceType",
    "vault_arn": "BackupVaultArn",
    "recovery_point_arn": "RecoveryPointArn",
    "point_created_at": "RecoveryPointCreationDate",
    "status": "Status",
    "message": "StatusMessage",
    "created_at": "CreationDate",
    "completed_at": "CompletionDate",
    "created_resource_arn": "CreatedResourceArn",
    "testing_plan_arn": "CreatedBy.RestoreTestingPlanArn",
    "validation_status": "ValidationStatus",
    "size_bytes": "BackupSizeInBytes",
    "is_parent": "IsParent",
    "parent_job_id": "ParentJobId",
}


def _read_backup_jobs(scope: Scope) -> None:
    if scope.period_start < scope.jobs_from - _GRACE:
        message = (
            f"AWS Backup lists jobs of the last {HISTORY_DAYS} days, since {scope.jobs_from:%F %H:%M} UTC; "
            f"the audited period begins at {scope.period_start:%F %H:%M} UTC."
        )
        scope.gaps.add(
            scope.account_id,
            scope.region,
            "backup",
            "ListBackupJobs",
            Failure("HistoryLimit", message),
            _BACKUP_JOBS,
        )
    for jobs in _listed(scope, "ListBackupJobs", "BackupJobs", _BACKUP_JOBS, _BACKUP_COLUMNS):
        scope.old.update(known_old(jobs, scope.old_until))
        if names_image(jobs["recovery_point_arn"]):
            scope.imaged.set()
        scope.write("backup_jobs", jobs)


def _read_copy_jobs(scope: Scope) -> None:
    for jobs in _listed(scope, "ListCopyJobs", "CopyJobs", _COPY_JOBS, _COPY_COLUMNS):
        scope.write("copy_jobs", jobs)


def _read_restore_jobs(scope: Scope) -> None:
    found = _listed(
        scope, "ListRestoreJobs", "RestoreJobs", _RESTORE_JOBS, _RESTORE_COLUMNS, _NEEDED_OF_RESTORES
    )
    for jobs in found:
        scope.write("restore_jobs", jobs)


def _listed(
    scope: Scope,
    operation: str,
    jobs: str,
    provides: tuple[str, ...],
    columns: Mapping[str, str],
    needed: Sequence[str] = _NEEDED,
) -> Iterator[pa.Table]:
    """List the jobs of one kind from a little before the period on, page by page."""
    since = scope.period_start - _MARGIN
    pages = scope.pages("backup", operation, jobs, provides=provides, ByCreatedAfter=since, MaxResults=1000)
    return pages.rows(provides[0], columns, needed)


BACKUP_JOBS: Final = Collector(
    name="backup jobs",
    provides=_BACKUP_JOBS,
    actions=("backup:ListBackupJobs",),
    read=_read_backup_jobs,
    layouts={"ListBackupJobsOutput": layout("BackupJobs", "backup_jobs", _BACKUP_COLUMNS)},
)
COPY_JOBS: Final = Collector(
    name="copy jobs",
    provides=_COPY_JOBS,
    actions=("backup:ListCopyJobs",),
    read=_read_copy_jobs,
    layouts={"ListCopyJobsOutput": layout("CopyJobs", "copy_jobs", _COPY_COLUMNS)},
)
RESTORE_JOBS: Final = Collector(
    name="restore jobs",
    provides=_RESTORE_JOBS,
    actions=("backup:ListRestoreJobs",),
    read=_read_restore_jobs,
    layouts={"ListRestoreJobsOutput": layout("RestoreJobs", "restore_jobs", _RESTORE_COLUMNS)},
)
