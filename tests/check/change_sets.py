"""Change sets of CloudFormation as `describe-change-set --include-property-values` writes them."""

import json
from typing import Any

from tests.check.terraform import ACCOUNT, REGION

Json = dict[str, Any]

PLAN, SELECTION, VAULT = (
    "AWS::Backup::BackupPlan", "AWS::Backup::BackupSelection", "AWS::Backup::BackupVault",
)  # fmt: skip
VOLUME, ROLE = "AWS::EC2::Volume", "AWS::IAM::Role"
LATER = "{{changeSet:KNOWN_AFTER_APPLY}}"


def change(
    logical: str,
    kind: str,
    action: str = "Modify",
    *,
    before: Json | None = None,
    after: Json | None = None,
    **more: Any,
) -> Json:
    """One entry; `before` and `after` are properties."""
    contexts = {"BeforeContext": before, "AfterContext": after}
    return {
        "Type": "Resource",
        "ResourceChange": {
            "Action": action,
            "LogicalResourceId": logical,
            "ResourceType": kind,
            "Scope": [],
            "Details": [],
            **({} if action == "Add" else {"PhysicalResourceId": f"id-of-{logical}"}),
            **{
                key: json.dumps({"Properties": properties, "Metadata": {}})
                for key, properties in contexts.items()
                if properties is not None
            },
            **more,
        },
    }


def change_set(*changes: Json, **more: Any) -> Json:
    """A change set of a stack in the account and Region of the tests."""
    stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}"
    return {
        "Changes": list(changes),
        "ChangeSetName": "next",
        "ChangeSetId": f"{stack}:changeSet/next/1",
        "StackId": f"{stack}:stack/data/2",
        "StackName": "data",
        "Status": "CREATE_COMPLETE",
        "ExecutionStatus": "AVAILABLE",
        **more,
    }


def plan(minutes: int = 60, vault: str = "main") -> Json:
    """The properties of a plan that keeps gold's demands."""
    rule = {
        "RuleName": "main",
        "TargetBackupVault": vault,
        "ScheduleExpression": "cron(0 0/6 ? * * *)",
        "StartWindowMinutes": str(minutes),
        "Lifecycle": {"DeleteAfterDays": "35"},
    }
    return {"BackupPlan": {"BackupPlanName": "gold", "BackupPlanRule": [rule]}}


def selection(value: str = "gold", plan_id: str = "id-of-Plan", **more: Any) -> Json:
    """The properties of a selection by one tag."""
    tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup-tier", "ConditionValue": value}
    inner = {"SelectionName": value, "IamRoleArn": f"arn:aws:iam::{ACCOUNT}:role/backup", "ListOfTags": [tag]}
    return {"BackupPlanId": plan_id, "BackupSelection": {**inner, **more}}


def vault(**more: Any) -> Json:
    """The properties of a vault with a compliance lock."""
    return {
        "BackupVaultName": "main",
        "LockConfiguration": {"ChangeableForDays": "3", "MinRetentionDays": "7"},
        **more,
    }


def volume(value: str = "gold") -> Json:
    """The properties of a volume."""
    tags = [{"Key": "backup-tier", "Value": value}]
    return {"Size": "8", "Encrypted": "true", "KmsKeyId": "alias/data", "Tags": tags}


def whole() -> Json:
    """Something of everything: a stack in which all of it changes and nothing is lost."""
    return change_set(
        change("Main", VAULT, before=vault(), after=vault(), PhysicalResourceId="main"),
        change("Plan", PLAN, before=plan(), after=plan()),
        change("Selection", SELECTION, before=selection(), after=selection()),
        change("Data", VOLUME, "Add", after=volume()),
    )
