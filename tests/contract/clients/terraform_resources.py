"""The resources of Terraform's AWS provider for AWS Backup, each with its calls and what they give."""

import json

from tests.contract.clients.terraform_provider import (
    INVALID,
    ROLE,
    Document,
    Kept,
    members,
    plan,
    rule,
    without_ids,
)

KEY = "arn:aws:kms:eu-west-1:123456789012:key/6b0f2e9c-0000-4000-8000-000000000000"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:backups"
FAR = "arn:aws:backup:eu-central-1:123456789012:backup-vault:far"


VAULT = members("BackupVaultName", "EncryptionKeyArn", "NumberOfRecoveryPoints")
LOCK = members("BackupVaultName", "MinRetentionDays", "MaxRetentionDays")
FRAMEWORK = members("FrameworkName", "FrameworkDescription", "FrameworkControls")
TAGS = {"tier": "gold", "owner": "ops"}
CONTROLS = [
    {
        "ControlName": "BACKUP_RECOVERY_POINT_MINIMUM_RETENTION_CHECK",
        "ControlInputParameters": [{"ParameterName": "requiredRetentionDays", "ParameterValue": "35"}],
    },
    {
        "ControlName": "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN",
        "ControlScope": {"ComplianceResourceTypes": ["EBS"], "Tags": {"tier": "gold"}},
    },
]
POLICY: Document = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": ["backup:DeleteBackupVault"], "Resource": "*"}
    ],
}
NO_POLICY = POLICY | {"Statement": [POLICY["Statement"][0] | {"Principal": {"AWS": ROLE}}]}
CHANNEL = {"S3BucketName": "reports", "S3KeyPrefix": "prefix", "Formats": ["CSV"]}
SETTING = {"ReportTemplate": "RESTORE_JOB_REPORT"}
CHOICE = {
    "Algorithm": "LATEST_WITHIN_WINDOW",
    "IncludeVaults": ["*"],
    "RecoveryPointTypes": ["SNAPSHOT"],
}
TESTING = {
    "RestoreTestingPlanName": "tested",
    "ScheduleExpression": "cron(0 12 ? * * *)",
    "RecoveryPointSelection": CHOICE,
}
DEFAULTS = {"SelectionWindowDays": 30, "ExcludeVaults": []}
CHOSEN = {
    "RestoreTestingSelectionName": "chosen",
    "IamRoleArn": ROLE,
    "ProtectedResourceType": "EBS",
    "ProtectedResourceArns": ["*"],
}
CONDITIONS = {"StringEquals": [{"Key": "aws:ResourceTag/tier", "Value": "gold"}]}
SELECTION = {
    "SelectionName": "managed",
    "IamRoleArn": ROLE,
    "Resources": ["arn:aws:ec2:*:*:volume/*"],
    "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "tier", "ConditionValue": "gold"}],
    "NotResources": [],
    "Conditions": {},
}

KEPT: dict[str, Kept] = {
    "aws_backup_vault": Kept(
        create=(
            "create_backup_vault",
            {"BackupVaultName": "managed", "EncryptionKeyArn": KEY, "BackupVaultTags": TAGS},
        ),
        read=("describe_backup_vault", {"BackupVaultName": "managed"}),
        shown=VAULT,
        written={"BackupVaultName": "managed", "EncryptionKeyArn": KEY, "NumberOfRecoveryPoints": 0},
        delete=("delete_backup_vault", {"BackupVaultName": "managed"}),
        arn="BackupVaultArn",
        tags=TAGS,
    ),
    "aws_backup_vault_lock_configuration": Kept(
        create=(
            "put_backup_vault_lock_configuration",
            {
                "BackupVaultName": "held",
                "MinRetentionDays": 7,
                "MaxRetentionDays": 1200,
                "ChangeableForDays": 3,
            },
        ),
        read=("describe_backup_vault", {"BackupVaultName": "held"}),
        shown=LOCK,
        written={"BackupVaultName": "held", "MinRetentionDays": 7, "MaxRetentionDays": 1200},
        delete=("delete_backup_vault_lock_configuration", {"BackupVaultName": "held"}),
        gone="",  # the vault stays
        again=None,
    ),
    "aws_backup_vault_policy": Kept(
        create=("put_backup_vault_access_policy", {"BackupVaultName": "held", "Policy": json.dumps(POLICY)}),
        read=("get_backup_vault_access_policy", {"BackupVaultName": "held"}),
        shown=lambda answer: json.loads(answer["Policy"]),
        written=POLICY,
        changes=(
            (
                (
                    "put_backup_vault_access_policy",
                    {"BackupVaultName": "held", "Policy": json.dumps(NO_POLICY)},
                ),
                NO_POLICY,
            ),
        ),
        delete=("delete_backup_vault_access_policy", {"BackupVaultName": "held"}),
        again=None,
    ),
    "aws_backup_vault_notifications": Kept(
        create=(
            "put_backup_vault_notifications",
            {
                "BackupVaultName": "held",
                "SNSTopicArn": TOPIC,
                "BackupVaultEvents": ["BACKUP_JOB_STARTED", "RESTORE_JOB_COMPLETED"],
            },
        ),
        read=("get_backup_vault_notifications", {"BackupVaultName": "held"}),
        shown=members("SNSTopicArn", "BackupVaultEvents"),
        written={
            "SNSTopicArn": TOPIC,
            "BackupVaultEvents": ["BACKUP_JOB_STARTED", "RESTORE_JOB_COMPLETED"],
        },
        delete=("delete_backup_vault_notifications", {"BackupVaultName": "held"}),
        again=None,
    ),
    "aws_backup_plan": Kept(
        create=(
            "create_backup_plan",
            {
                "BackupPlan": plan(
                    rule("daily", Lifecycle={"DeleteAfterDays": 180, "MoveToColdStorageAfterDays": 30}),
                    AdvancedBackupSettings=[
                        {"ResourceType": "EC2", "BackupOptions": {"WindowsVSS": "enabled"}}
                    ],
                ),
                "BackupPlanTags": TAGS,
            },
        ),
        names=("BackupPlanId",),
        read=("get_backup_plan", {}),
        shown=without_ids,
        written=plan(
            rule("daily", Lifecycle={"DeleteAfterDays": 180, "MoveToColdStorageAfterDays": 30}),
            AdvancedBackupSettings=[{"ResourceType": "EC2", "BackupOptions": {"WindowsVSS": "enabled"}}],
        ),
        changes=(
            (
                (
                    "update_backup_plan",
                    {
                        "BackupPlan": plan(
                            rule("hourly", RecoveryPointTags={"from": "plan"}),
                            rule(
                                "copied",
                                CopyActions=[
                                    {
                                        "DestinationBackupVaultArn": FAR,
                                        "Lifecycle": {"DeleteAfterDays": 30},
                                    }
                                ],
                            ),
                        )
                    },
                ),
                plan(
                    rule("hourly", RecoveryPointTags={"from": "plan"}),
                    rule(
                        "copied",
                        CopyActions=[
                            {
                                "DestinationBackupVaultArn": FAR,
                                "Lifecycle": {"DeleteAfterDays": 30},
                            }
                        ],
                    ),
                    AdvancedBackupSettings=None,
                ),
            ),
        ),
        delete=("delete_backup_plan", {}),
        arn="BackupPlanArn",
        tags=TAGS,
    ),
    "aws_backup_selection": Kept(
        create=("create_backup_selection", {"BackupSelection": SELECTION}),
        names=("SelectionId", "BackupPlanId"),
        read=("get_backup_selection", {}),
        shown=lambda answer: answer["BackupSelection"],
        written=SELECTION,
        delete=("delete_backup_selection", {}),
        again=INVALID,
    ),
    "aws_backup_framework": Kept(
        create=(
            "create_framework",
            {
                "FrameworkName": "managed",
                "FrameworkControls": CONTROLS,
                "FrameworkTags": TAGS,
                "IdempotencyToken": "terraform-1",
            },
        ),
        read=("describe_framework", {"FrameworkName": "managed"}),
        shown=FRAMEWORK,
        written={"FrameworkName": "managed", "FrameworkDescription": None, "FrameworkControls": CONTROLS},
        changes=(
            (
                (
                    "update_framework",
                    {
                        "FrameworkName": "managed",
                        "FrameworkDescription": "changed",
                        "FrameworkControls": CONTROLS[:1],
                        "IdempotencyToken": "terraform-2",
                    },
                ),
                {
                    "FrameworkName": "managed",
                    "FrameworkDescription": "changed",
                    "FrameworkControls": CONTROLS[:1],
                },
            ),
        ),
        delete=("delete_framework", {"FrameworkName": "managed"}),
        state=("DeploymentStatus", "FAILED"),  # an end that the provider waits for, as is COMPLETED
        arn="FrameworkArn",
        tags=TAGS,
    ),
    "aws_backup_report_plan": Kept(
        create=(
            "create_report_plan",
            {
                "ReportPlanName": "managed",
                "ReportPlanDescription": "restores",
                "ReportDeliveryChannel": CHANNEL,
                "ReportSetting": SETTING,
                "ReportPlanTags": TAGS,
                "IdempotencyToken": "terraform-1",
            },
        ),
        read=("describe_report_plan", {"ReportPlanName": "managed"}),
        shown=lambda answer: members("ReportPlanDescription", "ReportDeliveryChannel", "ReportSetting")(
            answer["ReportPlan"]
        ),
        written={
            "ReportPlanDescription": "restores",
            "ReportDeliveryChannel": CHANNEL,
            "ReportSetting": SETTING,
        },
        changes=(
            (
                (
                    "update_report_plan",
                    {
                        "ReportPlanName": "managed",
                        "ReportPlanDescription": "every restore",
                        "ReportDeliveryChannel": CHANNEL | {"Formats": ["CSV", "JSON"]},
                        "ReportSetting": SETTING,
                        "IdempotencyToken": "terraform-2",
                    },
                ),
                {
                    "ReportPlanDescription": "every restore",
                    "ReportDeliveryChannel": CHANNEL | {"Formats": ["CSV", "JSON"]},
                    "ReportSetting": SETTING,
                },
            ),
        ),
        delete=("delete_report_plan", {"ReportPlanName": "managed"}),
        state=("ReportPlan.DeploymentStatus", "COMPLETED"),
        arn="ReportPlan.ReportPlanArn",
        tags=TAGS,
    ),
    "aws_backup_restore_testing_plan": Kept(
        create=(
            "create_restore_testing_plan",
            {"RestoreTestingPlan": TESTING, "Tags": TAGS, "CreatorRequestId": "terraform-1"},
        ),
        read=("get_restore_testing_plan", {"RestoreTestingPlanName": "tested"}),
        shown=lambda answer: members("ScheduleExpression", "StartWindowHours", "RecoveryPointSelection")(
            answer["RestoreTestingPlan"]
        ),
        written={
            "ScheduleExpression": TESTING["ScheduleExpression"],
            "StartWindowHours": 24,
            "RecoveryPointSelection": CHOICE | DEFAULTS,
        },
        changes=(
            (
                (
                    "update_restore_testing_plan",
                    {
                        "RestoreTestingPlanName": "tested",
                        "RestoreTestingPlan": {
                            "ScheduleExpression": "cron(0 1 ? * * *)",
                            "ScheduleExpressionTimezone": "Etc/UTC",
                            "StartWindowHours": 168,
                            "RecoveryPointSelection": CHOICE | DEFAULTS | {"SelectionWindowDays": 365},
                        },
                    },
                ),
                {
                    "ScheduleExpression": "cron(0 1 ? * * *)",
                    "StartWindowHours": 168,
                    "RecoveryPointSelection": CHOICE | DEFAULTS | {"SelectionWindowDays": 365},
                },
            ),
        ),
        delete=("delete_restore_testing_plan", {"RestoreTestingPlanName": "tested"}),
        again=None,
        arn="RestoreTestingPlan.RestoreTestingPlanArn",
        tags=TAGS,
    ),
    "aws_backup_restore_testing_selection": Kept(
        create=(
            "create_restore_testing_selection",
            {
                "RestoreTestingPlanName": "held",
                "RestoreTestingSelection": CHOSEN,
                "CreatorRequestId": "terraform-1",
            },
        ),
        read=(
            "get_restore_testing_selection",
            {"RestoreTestingPlanName": "held", "RestoreTestingSelectionName": "chosen"},
        ),
        shown=lambda answer: members(
            *CHOSEN, "ProtectedResourceConditions", "RestoreMetadataOverrides", "ValidationWindowHours"
        )(answer["RestoreTestingSelection"]),
        written=CHOSEN
        | {
            "ProtectedResourceConditions": None,
            "RestoreMetadataOverrides": None,
            "ValidationWindowHours": 0,
        },
        changes=(
            (
                (
                    "update_restore_testing_selection",
                    {
                        "RestoreTestingPlanName": "held",
                        "RestoreTestingSelectionName": "chosen",
                        "RestoreTestingSelection": {
                            "IamRoleArn": ROLE,
                            "ProtectedResourceConditions": CONDITIONS,
                            "RestoreMetadataOverrides": {"encrypted": "false"},
                            "ValidationWindowHours": 5,
                        },
                    },
                ),
                CHOSEN
                | {
                    "ProtectedResourceConditions": CONDITIONS,
                    "RestoreMetadataOverrides": {"encrypted": "false"},
                    "ValidationWindowHours": 5,
                },
            ),
        ),
        delete=(
            "delete_restore_testing_selection",
            {"RestoreTestingPlanName": "held", "RestoreTestingSelectionName": "chosen"},
        ),
    ),
}
