"""Documents that mean the same to AWS Backup are equal once normalised."""

from typing import Any

import pytest

from auditor.push.normal import plan_document, request_token, selection_document

SENT: dict[str, Any] = {
    "BackupPlanName": "backup-gold",
    "Rules": [
        {
            "RuleName": "night",
            "TargetBackupVaultName": "backup-gold",
            "ScheduleExpression": "cron(0 1 * * ? *)",
            "ScheduleExpressionTimezone": "Etc/UTC",
            "StartWindowMinutes": 60,
            "CompletionWindowMinutes": 120,
            "Lifecycle": {"DeleteAfterDays": 35},
            "CopyActions": [
                {
                    "DestinationBackupVaultArn": "arn:aws:backup:b:1:backup-vault:v",
                    "Lifecycle": {"DeleteAfterDays": 35},
                }
            ],
        },
        {"RuleName": "day", "TargetBackupVaultName": "backup-gold"},
    ],
}

#: The same plan as AWS Backup answers it: ids, defaults and empty members added.
ANSWERED: dict[str, Any] = {
    "BackupPlanName": "backup-gold",
    "AdvancedBackupSettings": [],
    "Rules": [
        {
            "RuleName": "day",
            "RuleId": "1b8f",
            "TargetBackupVaultName": "backup-gold",
            "ScheduleExpression": "cron(0 5 ? * * *)",
            "ScheduleExpressionTimezone": "UTC",
            "StartWindowMinutes": 480,
            "CompletionWindowMinutes": 10080,
            "EnableContinuousBackup": False,
            "Lifecycle": {"DeleteAfterDays": -1, "MoveToColdStorageAfterDays": -1},
            "RecoveryPointTags": {},
            "CopyActions": [],
        },
        {
            "RuleName": "night",
            "RuleId": "2c9e",
            "TargetBackupVaultName": "backup-gold",
            "ScheduleExpression": "cron(0 1 * * ? *)",
            "StartWindowMinutes": 60,
            "CompletionWindowMinutes": 120,
            "Lifecycle": {"DeleteAfterDays": 35, "OptInToArchiveForSupportedResources": False},
            "CopyActions": [{"DestinationBackupVaultArn": "arn:aws:backup:b:1:backup-vault:v"}],
        },
    ],
}


def test_a_plan_equals_itself_with_the_defaults_of_aws() -> None:
    """Rule ids, order, absent and -1 lifecycles, UTC by its two names, inherited lifecycles of copies."""
    assert plan_document(SENT) == plan_document(ANSWERED)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("Lifecycle", {"DeleteAfterDays": 34}),
        ("Lifecycle", {"DeleteAfterDays": 35, "MoveToColdStorageAfterDays": 1}),
        ("ScheduleExpression", "cron(0 1 ? * MON-FRI *)"),
        ("ScheduleExpressionTimezone", "Asia/Shanghai"),
        ("StartWindowMinutes", 61),
        ("CompletionWindowMinutes", 121),
        ("EnableContinuousBackup", True),
        ("RecoveryPointTags", {"a": "b"}),
        ("TargetBackupVaultName", "Default"),
        ("CopyActions", []),
        ("IndexActions", [{"ResourceTypes": ["EBS"]}]),
        ("AMemberThatWeDoNotKnow", "on"),
    ],
)
def test_a_plan_differs_by_anything_that_has_a_meaning(member: str, value: object) -> None:
    """Also by members that push itself never writes."""
    night, day = SENT["Rules"]
    other = {**SENT, "Rules": [{**night, member: value}, day]}
    assert plan_document(other) != plan_document(SENT)


def test_a_selection_is_made_of_sets_and_empty_members_say_nothing() -> None:
    """Order and empty lists have no meaning in a selection."""
    one = {
        "SelectionName": "s",
        "IamRoleArn": "r",
        "Resources": ["b", "a"],
        "Conditions": {"StringNotEquals": [{"ConditionKey": "k", "ConditionValue": value} for value in "yx"]},
    }
    other = {
        "SelectionName": "s",
        "IamRoleArn": "r",
        "Resources": ["a", "b"],
        "NotResources": [],
        "ListOfTags": [],
        "Conditions": {
            "StringEquals": [],
            "StringLike": [],
            "StringNotEquals": [
                {"ConditionValue": "x", "ConditionKey": "k"},
                {"ConditionValue": "y", "ConditionKey": "k"},
            ],
            "StringNotLike": [],
        },
    }
    assert selection_document(one) == selection_document(other)
    assert selection_document({**one, "Conditions": {}}) == selection_document({**other, "Conditions": None})
    assert selection_document({**one, "Resources": ["a"]}) != selection_document(one)


def test_a_token_is_a_requests_own() -> None:
    """Equal requests share it, others do not; it is as long as AWS allows."""
    one = request_token("t", "a", document={"x": 1, "y": 2})
    assert one == request_token("t", "a", document={"y": 2, "x": 1})
    assert (
        len({one, request_token("t", "b", document={"x": 1, "y": 2}), request_token("t", "a", document={})})
        == 3
    )
    assert len(one) <= 50
