"""For every operation a request that succeeds, whose parts are right as AWS has them."""

import json
from typing import Any

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
VAULT = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:"

POLICY = {"Effect": "Deny", "Principal": "*", "Action": "backup:StartCopyJob", "Resource": "*"}
TEMPLATE = {"BackupPlanName": "p", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "night"}]}
RULE = {
    "RuleName": "nightly",
    "TargetBackupVaultName": "night",
    "ScheduleExpression": "cron(0 5 ? * * *)",
    "ScheduleExpressionTimezone": "Europe/Zurich",
    "StartWindowMinutes": 60,
    "CompletionWindowMinutes": 480,
    "Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 120},
    "RecoveryPointTags": {"a": "b"},
    "CopyActions": [{"DestinationBackupVaultArn": f"{VAULT}day", "Lifecycle": {"DeleteAfterDays": 7}}],
}
PLAN = {
    "BackupPlanName": "silver",
    "Rules": [RULE, {"RuleName": "hourly", "TargetBackupVaultName": "day"}],
    "AdvancedBackupSettings": [{"ResourceType": "EC2", "BackupOptions": {"WindowsVSS": "enabled"}}],
}
CONDITION = {"ConditionKey": "aws:ResourceTag/backup", "ConditionValue": "daily"}
SELECTION = {
    "SelectionName": "chosen",
    "IamRoleArn": ROLE,
    "Resources": ["*"],
    "NotResources": ["arn:aws:s3:::not-*"],
    "Conditions": {"StringEquals": [CONDITION], "StringNotLike": [CONDITION | {"ConditionValue": "n*"}]},
}
CONTROLS = [
    {
        "ControlName": "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK",
        "ControlInputParameters": [{"ParameterName": "requiredRetentionDays", "ParameterValue": "35"}],
        "ControlScope": {"ComplianceResourceTypes": ["EBS"], "Tags": {"a": "b"}},
    }
]
CHANNEL = {"S3BucketName": "reports", "S3KeyPrefix": "x", "Formats": ["CSV", "JSON"]}
SETTING = {"ReportTemplate": "COPY_JOB_REPORT"}
POINTS = {
    "Algorithm": "LATEST_WITHIN_WINDOW",
    "IncludeVaults": ["*"],
    "ExcludeVaults": [f"{VAULT}day"],
    "RecoveryPointTypes": ["SNAPSHOT"],
    "SelectionWindowDays": 30,
}
TESTING = {
    "ScheduleExpression": "cron(0 5 ? * * *)",
    "ScheduleExpressionTimezone": "Etc/UTC",
    "StartWindowHours": 1,
    "RecoveryPointSelection": POINTS,
}
TESTED = {"IamRoleArn": ROLE, "ProtectedResourceArns": ["*"], "ValidationWindowHours": 24}
BUCKET = "arn:aws:s3:::files"
CONTINUOUS = {
    "BackupPlanName": "continuous",
    "Rules": [
        {
            "RuleName": "r",
            "TargetBackupVaultName": "bin",
            "ScheduleExpression": "cron(0 1 ? * * *)",
            "EnableContinuousBackup": True,
            "Lifecycle": {"DeleteAfterDays": 35},
        }
    ],
}

Params = dict[str, Any]


def requests(ids: dict[str, str]) -> dict[str, Params]:
    """By operation the parameters of a request that succeeds."""
    return _declaring(ids) | _working(ids) | _reading(ids) | _inventories(ids)


def _inventories(ids: dict[str, str]) -> dict[str, Params]:
    """Reports, air-gapped vaults and the lists of what cannot be here."""
    page, resource = {"MaxResults": 1}, {"ResourceArn": ids["volume"]}
    jobs = {"ByAccountId": ACCOUNT, "ByState": "COMPLETED", "ByMalwareScanner": "GUARDDUTY"}
    gap = {"BackupVaultName": "gap", "MinRetentionDays": 7, "MaxRetentionDays": 30}
    filters = {"ByReportPlanName": "p", "ByStatus": "CREATED", "ByCreationAfter": "2026-01-01T00:00:00Z"}
    return {
        "CreateLogicallyAirGappedBackupVault": gap | {"BackupVaultTags": {"a": "b"}},
        "DescribeReportJob": {"ReportJobId": ids["report"]},
        "ListBackupAccessPoints": page,
        "ListBackupAccessPointsByRecoveryPoint": page | {"RecoveryPointArn": ids["point"]},
        "ListBackupAccessPointsByResource": page | resource,
        "ListIndexedRecoveryPoints": page | {"ResourceType": "EBS", "IndexStatus": "ACTIVE"},
        "ListReportJobs": page | filters,
        "ListRestoreAccessBackupVaults": page | {"BackupVaultName": "night"},
        "ListScanJobSummaries": page | {"AccountId": ACCOUNT, "AggregationPeriod": "SEVEN_DAYS"},
        "DescribeScanJob": {"ScanJobId": ids["scan"]},
        "ListScanJobs": page | jobs,
        "ListTieringConfigurations": page,
        "StartReportJob": {"ReportPlanName": "p", "IdempotencyToken": "token"},
    }


def _declaring(ids: dict[str, str]) -> dict[str, Params]:
    plan, tags = {"BackupPlanId": ids["plan"]}, {"a": "b"}
    testing, selected = {"RestoreTestingPlanName": "t"}, {"RestoreTestingSelectionName": "s"}
    empty, binned = {"BackupVaultName": "empty"}, {"BackupVaultName": "bin"}
    report = {"ReportDeliveryChannel": CHANNEL, "ReportSetting": SETTING}
    hold = {
        "ResourceIdentifiers": [ids["volume"]],
        "DateRange": {"FromDate": 1767571200, "ToDate": 1767574800},
    }
    return {
        "CancelLegalHold": {"LegalHoldId": ids["hold"], "CancelDescription": "d", "RetainRecordInDays": 3},
        "CreateBackupPlan": {"BackupPlan": PLAN, "BackupPlanTags": tags, "CreatorRequestId": "once"},
        "CreateBackupSelection": plan
        | {"BackupSelection": SELECTION | {"SelectionName": "new"}, "CreatorRequestId": "once"},
        "CreateBackupVault": {
            "BackupVaultName": "new",
            "BackupVaultTags": tags,
            "EncryptionKeyArn": f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1",
            "CreatorRequestId": "once",
        },
        "CreateFramework": {
            "FrameworkName": "g",
            "FrameworkDescription": "d",
            "FrameworkControls": CONTROLS,
            "FrameworkTags": tags,
        },
        "CreateLegalHold": {"Title": "t", "Description": "d", "RecoveryPointSelection": hold, "Tags": tags},
        "CreateReportPlan": {"ReportPlanName": "q", "ReportPlanTags": tags, **report},
        "CreateRestoreTestingPlan": {
            "RestoreTestingPlan": TESTING | {"RestoreTestingPlanName": "u"},
            "Tags": tags,
        },
        "CreateRestoreTestingSelection": testing
        | {
            "RestoreTestingSelection": TESTED
            | {"ProtectedResourceType": "EBS", "RestoreTestingSelectionName": "v"}
        },
        "DeleteBackupPlan": {"BackupPlanId": ids["bare"]},
        "DeleteBackupSelection": plan | {"SelectionId": ids["selection"]},
        "DeleteBackupVault": empty,
        "DeleteBackupVaultAccessPolicy": binned,
        "DeleteBackupVaultLockConfiguration": empty,
        "DeleteBackupVaultNotifications": binned,
        "DeleteFramework": {"FrameworkName": "f"},
        "DeleteReportPlan": {"ReportPlanName": "p"},
        "DeleteRestoreTestingPlan": {"RestoreTestingPlanName": "bare"},
        "DeleteRestoreTestingSelection": testing | selected,
        "PutBackupVaultAccessPolicy": empty | {"Policy": json.dumps({"Statement": [POLICY]})},
        "PutBackupVaultLockConfiguration": empty
        | {"MinRetentionDays": 7, "MaxRetentionDays": 90, "ChangeableForDays": 3},
        "PutBackupVaultNotifications": empty
        | {
            "SNSTopicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:topic",
            "BackupVaultEvents": ["BACKUP_JOB_COMPLETED", "COPY_JOB_FAILED"],
        },
        "TagResource": {"ResourceArn": ids["plan_arn"], "Tags": tags},
        "UntagResource": {"ResourceArn": ids["plan_arn"], "TagKeyList": ["a"]},
        "UpdateBackupPlan": plan | {"BackupPlan": PLAN},
        "UpdateFramework": {"FrameworkName": "f", "FrameworkDescription": "e", "FrameworkControls": CONTROLS},
        "UpdateGlobalSettings": {"GlobalSettings": {"isCrossAccountBackupEnabled": "true"}},
        "UpdateRegionSettings": {
            "ResourceTypeOptInPreference": {"EBS": False},
            "ResourceTypeManagementPreference": {"DynamoDB": True},
        },
        "UpdateReportPlan": {"ReportPlanName": "p", "ReportPlanDescription": "e", **report},
        "UpdateRestoreTestingPlan": testing | {"RestoreTestingPlan": TESTING},
        "UpdateRestoreTestingSelection": testing | selected | {"RestoreTestingSelection": TESTED},
    }


def _working(ids: dict[str, str]) -> dict[str, Params]:
    spare = {"BackupVaultName": "bin", "RecoveryPointArn": ids["spare"]}
    return {
        "DeleteRecoveryPoint": spare,
        "DisassociateRecoveryPoint": {"BackupVaultName": "bin", "RecoveryPointArn": ids["continuous"]},
        "DisassociateRecoveryPointFromParent": {"BackupVaultName": "bin", "RecoveryPointArn": ids["nested"]},
        "PutRestoreValidationResult": {
            "RestoreJobId": ids["tested"],
            "ValidationStatus": "SUCCESSFUL",
            "ValidationStatusMessage": "m",
        },
        "StartBackupJob": {
            "BackupVaultName": "night",
            "ResourceArn": ids["volume"],
            "IamRoleArn": ROLE,
            "IdempotencyToken": "token",
            "StartWindowMinutes": 60,
            "CompleteWindowMinutes": 120,
            "Lifecycle": {"DeleteAfterDays": 7},
            "RecoveryPointTags": {"a": "b"},
        },
        "StartCopyJob": {
            "RecoveryPointArn": ids["point"],
            "SourceBackupVaultName": "night",
            "DestinationBackupVaultArn": f"{VAULT}day",
            "IamRoleArn": ROLE,
            "IdempotencyToken": "token",
            "Lifecycle": {"DeleteAfterDays": 7},
        },
        "StartRestoreJob": {
            "RecoveryPointArn": ids["point"],
            "Metadata": {"availabilityZone": "eu-west-1a", "encrypted": "false"},
            "IamRoleArn": ROLE,
            "IdempotencyToken": "token",
            "ResourceType": "EBS",
        },
        "StartScanJob": {
            "RecoveryPointArn": ids["point"],
            "BackupVaultName": "night",
            "IamRoleArn": ROLE,
            "ScannerRoleArn": ROLE,
            "MalwareScanner": "GUARDDUTY",
            "ScanMode": "FULL_SCAN",
            "IdempotencyToken": "token",
        },
        "StopBackupJob": {"BackupJobId": ids["waiting"]},
        "UpdateRecoveryPointLifecycle": spare | {"Lifecycle": {"DeleteAfterDays": 35}},
    }


def _reading(ids: dict[str, str]) -> dict[str, Params]:
    plan, vault = {"BackupPlanId": ids["plan"]}, {"BackupVaultName": "night"}
    binned, testing = {"BackupVaultName": "bin"}, {"RestoreTestingPlanName": "t"}
    point, page = vault | {"RecoveryPointArn": ids["point"]}, {"MaxResults": 1}
    resource, times = {"ResourceArn": ids["volume"]}, {"ByCreatedAfter": "2026-01-05T00:00:00Z"}
    jobs = page | times | {"ByResourceType": "EBS", "ByAccountId": ACCOUNT}
    summed = page | {"State": "COMPLETED", "ResourceType": "EBS", "AggregationPeriod": "SEVEN_DAYS"}
    return {
        "DescribeBackupJob": {"BackupJobId": ids["job"]},
        "DescribeBackupVault": vault | {"BackupVaultAccountId": ACCOUNT},
        "DescribeCopyJob": {"CopyJobId": ids["copy"]},
        "DescribeFramework": {"FrameworkName": "f"},
        "DescribeGlobalSettings": {},
        "DescribeProtectedResource": resource,
        "DescribeRecoveryPoint": point | {"BackupVaultAccountId": ACCOUNT},
        "DescribeRegionSettings": {},
        "DescribeReportPlan": {"ReportPlanName": "p"},
        "DescribeRestoreJob": {"RestoreJobId": ids["restore"]},
        "ExportBackupPlanTemplate": plan,
        "GetBackupPlan": plan | {"VersionId": ids["version"]},
        "GetBackupPlanFromJSON": {"BackupPlanTemplateJson": json.dumps(TEMPLATE)},
        "GetBackupPlanFromTemplate": {"BackupPlanTemplateId": ids["template"]},
        "GetBackupSelection": plan | {"SelectionId": ids["selection"]},
        "GetBackupVaultAccessPolicy": binned,
        "GetBackupVaultNotifications": binned,
        "GetLegalHold": {"LegalHoldId": ids["hold"]},
        "GetRecoveryPointRestoreMetadata": point,
        "GetRestoreJobMetadata": {"RestoreJobId": ids["restore"]},
        "GetRestoreTestingInferredMetadata": point,
        "GetRestoreTestingPlan": testing,
        "GetRestoreTestingSelection": testing | {"RestoreTestingSelectionName": "s"},
        "GetSupportedResourceTypes": {},
        "ListBackupJobSummaries": summed | {"MessageCategory": "SUCCESS"},
        "ListBackupJobs": jobs | {"ByState": "COMPLETED", "ByMessageCategory": "SUCCESS"},
        "ListBackupPlanTemplates": page,
        "ListBackupPlanVersions": plan | page,
        "ListBackupPlans": page | {"IncludeDeleted": True},
        "ListBackupSelections": plan | page,
        "ListBackupVaults": page | {"ByVaultType": "BACKUP_VAULT", "ByShared": False},
        "ListCopyJobSummaries": summed,
        "ListCopyJobs": jobs | {"BySourceRecoveryPointArn": ids["point"]},
        "ListFrameworks": page,
        "ListLegalHolds": page,
        "ListProtectedResources": page,
        "ListProtectedResourcesByBackupVault": vault | page,
        "ListRecoveryPointsByBackupVault": vault | page | times | {"ByResourceType": "EBS"},
        "ListRecoveryPointsByLegalHold": page | {"LegalHoldId": ids["hold"]},
        "ListRecoveryPointsByResource": resource | page | {"ManagedByAWSBackupOnly": True},
        "ListReportPlans": page,
        "ListRestoreJobSummaries": summed,
        "ListRestoreJobs": jobs | {"ByStatus": "PENDING"},
        "ListRestoreJobsByProtectedResource": resource | page | {"ByStatus": "PENDING"},
        "ListRestoreTestingPlans": page,
        "ListRestoreTestingSelections": testing | page,
        "ListTags": {"ResourceArn": ids["hold_arn"]},
    }
