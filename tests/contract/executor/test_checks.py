"""What requests name, in every operation that takes it: roles, keys, vaults, resources, topics, tags."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from auditor.executor.api.errors import ServiceError
from auditor.executor.app import BackupService
from auditor.executor.database.database import Database
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import AccountRegion
from auditor.executor.simulation.drivers import null_drivers

ACCOUNT = "123456789012"
HERE = AccountRegion(ACCOUNT, "eu-west-1", "aws")
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/backup"
POINT = "arn:aws:ec2:eu-west-1::snapshot/snap-1"
VAULT = HERE.arn("backup-vault:night")
RULE = {"RuleName": "r", "TargetBackupVaultName": "night"}
TESTING: dict[str, Any] = {
    "ScheduleExpression": "cron(0 5 ? * * *)",
    "RecoveryPointSelection": {
        "Algorithm": "LATEST_WITHIN_WINDOW",
        "IncludeVaults": ["*"],
        "RecoveryPointTypes": ["SNAPSHOT"],
    },
}
CHANNEL = {"S3BucketName": "reports"}
COMPLIANCE = {"ReportTemplate": "CONTROL_COMPLIANCE_REPORT"}
CONTROLS = [{"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED"}]

Params = dict[str, Any]


class Asker:
    """A service with a vault, a plan, and a restore-testing plan with a selection."""

    def __init__(self) -> None:
        self.database = Database.open()
        now = datetime(2026, 1, 5, tzinfo=UTC)
        self.service = BackupService(self.database, lambda: now, null_drivers({}, {}, "aws"))
        self("CreateBackupVault", BackupVaultName="night")
        self.plan = self("CreateBackupPlan", BackupPlan={"BackupPlanName": "p", "Rules": [RULE]})
        plan = TESTING | {"RestoreTestingPlanName": "t"}
        self("CreateRestoreTestingPlan", RestoreTestingPlan=plan)
        self(
            "CreateRestoreTestingSelection", **restore_test(IamRoleArn=ROLE, RestoreTestingSelectionName="s")
        )

    def __call__(self, name: str, **params: Any) -> Any:
        """Run an operation."""
        return OPERATIONS[name](self.service, HERE, params)

    def refusal(self, name: str, params: Params) -> tuple[str, str]:
        """Code and message of the error that an operation answers."""
        with pytest.raises(ServiceError) as caught:
            self(name, **params)
        return caught.value.code, caught.value.message


def restore_test(**members: Any) -> Params:
    """The parameters of CreateRestoreTestingSelection."""
    chosen = {"ProtectedResourceType": "EBS", "ProtectedResourceArns": ["*"], "IamRoleArn": ROLE}
    named = {"RestoreTestingSelectionName": "new"}
    return {"RestoreTestingPlanName": "t", "RestoreTestingSelection": chosen | named | members}


@pytest.fixture(scope="module")
def ask() -> Iterator[Asker]:
    """What all tests here ask: what is refused changes nothing."""
    asker = Asker()
    yield asker
    asker.database.close()


def with_role(ask: Asker, role: str) -> dict[str, Params]:
    """Each operation that takes a role, with that one."""
    selection = {"SelectionName": "s", "IamRoleArn": role, "Resources": ["*"]}
    volume = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-1"
    named = {"RestoreTestingPlanName": "t", "RestoreTestingSelectionName": "s"}
    copied = {"SourceBackupVaultName": "night", "DestinationBackupVaultArn": VAULT}
    scanned = {"BackupVaultName": "night", "MalwareScanner": "GUARDDUTY", "ScanMode": "FULL_SCAN"}
    return {
        "StartBackupJob": {"BackupVaultName": "night", "ResourceArn": volume, "IamRoleArn": role},
        "StartCopyJob": {"RecoveryPointArn": POINT, **copied, "IamRoleArn": role},
        "StartRestoreJob": {"RecoveryPointArn": POINT, "Metadata": {}, "IamRoleArn": role},
        "StartScanJob": {"RecoveryPointArn": POINT, **scanned, "IamRoleArn": role, "ScannerRoleArn": ROLE},
        "CreateBackupSelection": {
            "BackupPlanId": ask.plan["BackupPlanId"],
            "BackupSelection": selection,
        },
        "CreateRestoreTestingSelection": restore_test(IamRoleArn=role),
        "UpdateRestoreTestingSelection": named | {"RestoreTestingSelection": {"IamRoleArn": role}},
    }


ROLE_OPERATIONS = {
    name
    for name in OPERATIONS
    if any(word in name for word in ("Start", "CreateBackupSelection", "RestoreTestingSelection"))
    and name.startswith(("Start", "Create", "Update"))
    and name != "StartReportJob"
}


@pytest.mark.parametrize("operation", sorted(ROLE_OPERATIONS))
@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("arn:aws:iam::999999999999:role/backup", "IAM Role {} cannot be assumed by AWS Backup"),
        (f"arn:aws-cn:iam::{ACCOUNT}:role/backup", "IAM Role {} cannot be assumed by AWS Backup"),
        ("arn:aws:iam::aws:role/backup", "IAM Role {} cannot be assumed by AWS Backup"),
        (f"arn:aws:iam::{ACCOUNT}:user/backup", "IamRoleArn must be the ARN of an IAM role."),
        (f"arn:aws:iam::{ACCOUNT}:role/", "IamRoleArn must be the ARN of an IAM role."),
        (f"arn:aws:iam::{ACCOUNT}:role/*", "IamRoleArn must be the ARN of an IAM role."),
        (f"arn:aws:iam:eu-west-1:{ACCOUNT}:role/backup", "IamRoleArn must be the ARN of an IAM role."),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/backup/x", "IamRoleArn must be the ARN of an IAM role."),
        ("backup", "IamRoleArn must be the ARN of an IAM role."),
    ],
)
def test_no_operation_takes_a_role_of_others(ask: Asker, operation: str, role: str, said: str) -> None:
    """Nor what is no role; whatever else the request has."""
    params = with_role(ask, role)[operation]
    assert ask.refusal(operation, params) == ("InvalidParameterValueException", said.format(role))


def test_a_role_of_the_account_is_taken_by_all(ask: Asker) -> None:
    """What is refused then is that there is no such resource or recovery point."""
    refused = {"StartBackupJob", "StartCopyJob", "StartRestoreJob", "StartScanJob"}
    for operation, params in with_role(ask, ROLE).items():
        if operation in refused:
            assert ask.refusal(operation, params)[0] == "ResourceNotFoundException"
        else:
            ask(operation, **params)


KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (KEY.replace("eu-west-1", "eu-central-1"), "a key of the vault's Region, eu-west-1."),
        (KEY.replace("eu-west-1", "xx-west-9"), "a key of the vault's Region, eu-west-1."),
        (KEY.replace("arn:aws:", "arn:aws-cn:"), "a key of the vault's Region, eu-west-1."),
        (KEY.replace("key/1", "alias/1"), "the ARN of a KMS key."),
        (KEY.replace("key/1", "key/"), "the ARN of a KMS key."),
        (KEY.replace(ACCOUNT, ""), "the ARN of a KMS key."),
    ],
)
def test_a_vaults_key_is_one_of_its_region(ask: Asker, key: str, said: str) -> None:
    """Of either type of vault; another account's key may be one."""
    named = {"BackupVaultName": "new", "EncryptionKeyArn": key}
    days = {"MinRetentionDays": 7, "MaxRetentionDays": 30}
    refusal = ("InvalidParameterValueException", f"EncryptionKeyArn must be {said}")
    assert ask.refusal("CreateBackupVault", named) == refusal
    assert ask.refusal("CreateLogicallyAirGappedBackupVault", named | days) == refusal
    other = KEY.replace(ACCOUNT, "999999999999")
    ask("CreateBackupVault", BackupVaultName="others", EncryptionKeyArn=other, CreatorRequestId="once")


@pytest.mark.parametrize(
    ("arn", "said"),
    [
        (VAULT.replace("eu-west-1", "xx-west-9"), "{}: there is no Region xx-west-9 in aws."),
        (VAULT.replace("arn:aws:", "arn:aws-cn:"), "{} must be a backup vault of the partition aws."),
        (VAULT.replace("night", ""), "{} must be the ARN of a backup vault."),
        (VAULT.replace("night", "a.b"), "{} must be the ARN of a backup vault."),
        (VAULT.replace("night", "*"), "{} must be the ARN of a backup vault."),
        (VAULT.replace(ACCOUNT, "*"), "{} must be the ARN of a backup vault."),
        (VAULT.replace("backup-vault:", "backup-plan:"), "{} must be the ARN of a backup vault."),
    ],
)
def test_what_can_be_no_vault_is_no_target(ask: Asker, arn: str, said: str) -> None:
    """Of copies on demand and of rules, and neither of backups into air-gapped vaults."""
    copy = with_role(ask, ROLE)["StartCopyJob"] | {"DestinationBackupVaultArn": arn}
    code = "InvalidParameterValueException"
    refusal = (code, said.format("DestinationBackupVaultArn"))
    assert ask.refusal("StartCopyJob", copy) == refusal
    rule = RULE | {"CopyActions": [{"DestinationBackupVaultArn": arn}]}
    assert ask.refusal("CreateBackupPlan", plan_of(rule)) == refusal
    air_gapped = RULE | {"TargetLogicallyAirGappedBackupVaultArn": arn}
    assert ask.refusal("CreateBackupPlan", plan_of(air_gapped)) == (
        code,
        said.format("The logically air-gapped vault"),
    )


def plan_of(rule: Params, **members: Any) -> Params:
    """The parameters of CreateBackupPlan."""
    return {"BackupPlan": {"BackupPlanName": "q", "Rules": [rule]}, **members}


def test_resources_in_no_region_are_never_chosen(ask: Asker) -> None:
    """By selections, restore tests and legal holds; wildcards may stand for a Region."""
    code, plan = "InvalidParameterValueException", ask.plan["BackupPlanId"]
    for arn, said in (
        (
            "arn:aws:ec2:xx-west-9:*:volume/*",
            "arn:aws:ec2:xx-west-9:*:volume/*: there is no Region xx-west-9",
        ),
        ("arn:aws:ec2:cn-north-1:*:volume/*", "arn:aws:ec2:cn-north-1:*:volume/*: there is no Region cn-nor"),
        (
            "arn:aws-cn:ec2:cn-north-1:*:volume/*",
            "arn:aws-cn:ec2:cn-north-1:*:volume/*: this is the partition",
        ),
        ("arn:aws-cn:s3:::b", "arn:aws-cn:s3:::b: this is the partition aws, and not aws-cn."),
        ("arn:volume", None),
    ):
        for member in ("Resources", "NotResources"):
            selection = {"SelectionName": "n", "IamRoleArn": ROLE, "Resources": ["*"], member: [arn]}
            asked = {"BackupPlanId": plan, "BackupSelection": selection}
            refusal = ask.refusal("CreateBackupSelection", asked)
            assert refusal[0] == code
            assert refusal[1].startswith(said or "arn:volume is neither an ARN nor *.")
        refusal = ask.refusal("CreateRestoreTestingSelection", restore_test(ProtectedResourceArns=[arn]))
        assert refusal[1].startswith(said or "ProtectedResourceArns takes ARNs and *.")
        hold = {"Title": "t", "Description": "d", "RecoveryPointSelection": {"ResourceIdentifiers": [arn]}}
        assert ask.refusal("CreateLegalHold", hold)[1].startswith(said or "ResourceIdentifiers takes ARNs")
    for number, arn in enumerate(
        (
            "arn:aws:ec2:*:*:volume/*",
            "arn:aws:ec2:eu-*:*:volume/*",
            "arn:aws:s3:::b",
            "arn:*:s3:::b",
            "arn:aws*:ec2:cn-north-1:*:volume/*",
        )
    ):
        selection = {"SelectionName": f"n{number}", "IamRoleArn": ROLE, "Resources": [arn]}
        ask("CreateBackupSelection", BackupPlanId=plan, BackupSelection=selection)


def test_vaults_and_topics_in_no_region_are_refused(ask: Asker) -> None:
    """Of restore tests, and of a vault's notifications."""
    chosen = TESTING["RecoveryPointSelection"] | {"IncludeVaults": [VAULT.replace("eu-west-1", "xx-west-9")]}
    plan = TESTING | {"RestoreTestingPlanName": "u", "RecoveryPointSelection": chosen}
    asked = {"RestoreTestingPlan": plan}
    assert "no Region xx-west-9 in aws" in ask.refusal("CreateRestoreTestingPlan", asked)[1]
    chosen["IncludeVaults"] = [VAULT.replace("arn:aws:", "arn:aws-cn:")]
    assert "the partition aws, and not aws-cn." in ask.refusal("CreateRestoreTestingPlan", asked)[1]
    chosen["IncludeVaults"] = [VAULT.replace("arn:aws:", "arn:aws*:")]
    ask("CreateRestoreTestingPlan", **asked)
    topic = {"SNSTopicArn": f"arn:aws:sns:xx-west-9:{ACCOUNT}:t", "BackupVaultEvents": ["COPY_JOB_FAILED"]}
    told = {"BackupVaultName": "night", **topic}
    assert "no Region xx-west-9 in aws" in ask.refusal("PutBackupVaultNotifications", told)[1]


@pytest.mark.parametrize("arn", ["x", HERE.arn("report-plan:x"), HERE.arn("framework:x").replace("aws", "x")])
def test_what_is_no_framework_is_not_reported_on(ask: Asker, arn: str) -> None:
    """Whether the framework is there is seen when the report is made."""
    report = {"ReportPlanName": "r", "ReportDeliveryChannel": CHANNEL}
    asked = report | {"ReportSetting": COMPLIANCE | {"FrameworkArns": [arn]}}
    code, message = ask.refusal("CreateReportPlan", asked)
    assert (code, message.split(":")[0]) == ("InvalidParameterValueException", "FrameworkArns")


TAGGED: dict[str, Params] = {
    "CreateBackupVault.BackupVaultTags": {"BackupVaultName": "new"},
    "CreateLogicallyAirGappedBackupVault.BackupVaultTags": {
        "BackupVaultName": "new",
        "MinRetentionDays": 7,
        "MaxRetentionDays": 30,
    },
    "CreateBackupPlan.BackupPlanTags": plan_of(RULE),
    "CreateFramework.FrameworkTags": {"FrameworkName": "f", "FrameworkControls": CONTROLS},
    "CreateReportPlan.ReportPlanTags": {
        "ReportPlanName": "r",
        "ReportDeliveryChannel": CHANNEL,
        "ReportSetting": COMPLIANCE,
    },
    "CreateRestoreTestingPlan.Tags": {"RestoreTestingPlan": TESTING | {"RestoreTestingPlanName": "u"}},
    "CreateLegalHold.Tags": {"Title": "t", "Description": "d", "RecoveryPointSelection": {}},
    "StartBackupJob.RecoveryPointTags": {
        "BackupVaultName": "night",
        "ResourceArn": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-1",
        "IamRoleArn": ROLE,
    },
    "TagResource.Tags": {"ResourceArn": VAULT},
}


@pytest.mark.parametrize("place", TAGGED)
def test_tags_are_checked_wherever_they_are_given(ask: Asker, place: str) -> None:
    """Keys of AWS's own, empty and too long ones, and values that are too long."""
    operation, member = place.split(".")
    for tags in ({"aws:a": "b"}, {"": "b"}, {"k" * 129: "b"}, {"a": "b" * 257}):
        asked = TAGGED[place] | {member: tags}
        assert ask.refusal(operation, asked)[0] == "InvalidParameterValueException", json.dumps(tags)
        rule = RULE | {"RecoveryPointTags": tags}
        assert ask.refusal("CreateBackupPlan", plan_of(rule))[0] == "InvalidParameterValueException"
