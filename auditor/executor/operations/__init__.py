"""The operations of the AWS Backup API that this executor offers.

Each takes (service, scope, params), the parameters as boto3 would have sent them, and answers the output as
boto3 would return it, with times in seconds since 1970, or a `Page`. Errors are `ServiceError`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from auditor.executor.api.protocol import Reply
from auditor.executor.operations import (
    access_policies,
    backup_jobs,
    copy_jobs,
    job_summaries,
    legal_holds,
    locks,
    plan_templates,
    plans,
    protected_resources,
    recovery_points,
    restore_jobs,
    selections,
    settings,
    tags,
    vaults,
)
from auditor.executor.scope import Scope
from auditor.executor.service import BackupService

Handler = Callable[[BackupService, Scope, dict[str, Any]], Reply]

OPERATIONS: Final[Mapping[str, Handler]] = {
    "CancelLegalHold": legal_holds.cancel_legal_hold,
    "CreateBackupPlan": plans.create_backup_plan,
    "CreateBackupSelection": selections.create_backup_selection,
    "CreateBackupVault": vaults.create_backup_vault,
    "CreateLegalHold": legal_holds.create_legal_hold,
    "DeleteBackupPlan": plans.delete_backup_plan,
    "DeleteBackupSelection": selections.delete_backup_selection,
    "DeleteBackupVault": vaults.delete_backup_vault,
    "DeleteBackupVaultAccessPolicy": access_policies.delete_access_policy,
    "DeleteBackupVaultLockConfiguration": locks.delete_lock,
    "DeleteRecoveryPoint": recovery_points.delete_recovery_point,
    "DescribeBackupJob": backup_jobs.describe_backup_job,
    "DescribeBackupVault": vaults.describe_backup_vault,
    "DescribeCopyJob": copy_jobs.describe_copy_job,
    "DescribeGlobalSettings": settings.describe_global_settings,
    "DescribeProtectedResource": protected_resources.describe_protected_resource,
    "DescribeRecoveryPoint": recovery_points.describe_recovery_point,
    "DescribeRestoreJob": restore_jobs.describe_restore_job,
    "DescribeRegionSettings": settings.describe_region_settings,
    "DisassociateRecoveryPoint": recovery_points.disassociate,
    "DisassociateRecoveryPointFromParent": recovery_points.disassociate_from_parent,
    "ExportBackupPlanTemplate": plan_templates.export_backup_plan_template,
    "GetBackupPlan": plans.get_backup_plan,
    "GetBackupPlanFromJSON": plan_templates.get_backup_plan_from_json,
    "GetBackupPlanFromTemplate": plan_templates.get_backup_plan_from_template,
    "GetBackupSelection": selections.get_backup_selection,
    "GetBackupVaultAccessPolicy": access_policies.get_access_policy,
    "GetLegalHold": legal_holds.get_legal_hold,
    "GetRecoveryPointRestoreMetadata": restore_jobs.get_restore_metadata,
    "GetRestoreJobMetadata": restore_jobs.get_restore_job_metadata,
    "GetSupportedResourceTypes": settings.get_supported_resource_types,
    "ListBackupJobSummaries": job_summaries.list_backup_job_summaries,
    "ListBackupJobs": backup_jobs.list_backup_jobs,
    "ListBackupPlanTemplates": plan_templates.list_backup_plan_templates,
    "ListBackupPlanVersions": plans.list_backup_plan_versions,
    "ListBackupPlans": plans.list_backup_plans,
    "ListBackupSelections": selections.list_backup_selections,
    "ListBackupVaults": vaults.list_backup_vaults,
    "ListCopyJobSummaries": job_summaries.list_copy_job_summaries,
    "ListCopyJobs": copy_jobs.list_copy_jobs,
    "ListLegalHolds": legal_holds.list_legal_holds,
    "ListProtectedResources": protected_resources.list_protected_resources,
    "ListProtectedResourcesByBackupVault": protected_resources.list_by_vault,
    "ListRecoveryPointsByBackupVault": recovery_points.list_by_vault,
    "ListRecoveryPointsByLegalHold": legal_holds.list_points,
    "ListRecoveryPointsByResource": recovery_points.list_by_resource,
    "ListRestoreJobSummaries": job_summaries.list_restore_job_summaries,
    "ListRestoreJobs": restore_jobs.list_restore_jobs,
    "ListRestoreJobsByProtectedResource": restore_jobs.list_by_protected_resource,
    "ListTags": tags.list_tags,
    "PutBackupVaultAccessPolicy": access_policies.put_access_policy,
    "PutBackupVaultLockConfiguration": locks.put_lock,
    "StartBackupJob": backup_jobs.start_backup_job,
    "StartCopyJob": copy_jobs.start_copy_job,
    "StartRestoreJob": restore_jobs.start_restore_job,
    "StopBackupJob": backup_jobs.stop_backup_job,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "UpdateBackupPlan": plans.update_backup_plan,
    "UpdateGlobalSettings": settings.update_global_settings,
    "UpdateRecoveryPointLifecycle": recovery_points.update_lifecycle,
    "UpdateRegionSettings": settings.update_region_settings,
}
