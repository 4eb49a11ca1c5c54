"""A vault, a daily plan and a selection in the caller's own account.

python -m bench.plan REGION KEEP_DAYS
"""

import sys
from typing import TYPE_CHECKING

import boto3

if TYPE_CHECKING:
    from mypy_boto3_backup.type_defs import (
        BackupRuleInputTypeDef,
        BackupSelectionTypeDef,
        ConditionTypeDef,
    )

_ROLE = "role/service-role/AWSBackupDefaultServiceRole"


def main() -> None:
    """Make them through the AWS Backup API."""
    session = boto3.Session(region_name=sys.argv[1])
    backup, account = session.client("backup"), session.client("sts").get_caller_identity()["Account"]
    key = session.client("kms").describe_key(KeyId="alias/backup")["KeyMetadata"]["Arn"]
    backup.create_backup_vault(BackupVaultName="daily", EncryptionKeyArn=key)
    rule: BackupRuleInputTypeDef = {
        "RuleName": "night",
        "TargetBackupVaultName": "daily",
        "ScheduleExpression": "cron(0 1 * * ? *)",
        "StartWindowMinutes": 60,
        "CompletionWindowMinutes": 120,
        "Lifecycle": {"DeleteAfterDays": int(sys.argv[2])},
    }
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": "daily", "Rules": [rule]})
    tag: ConditionTypeDef = {
        "ConditionType": "STRINGEQUALS",
        "ConditionKey": "backup-tier",
        "ConditionValue": "silver",
    }
    selection: BackupSelectionTypeDef = {
        "SelectionName": "silver",
        "IamRoleArn": f"arn:aws:iam::{account}:{_ROLE}",
        "ListOfTags": [tag],
    }
    backup.create_backup_selection(BackupPlanId=plan["BackupPlanId"], BackupSelection=selection)


if __name__ == "__main__":
    main()
