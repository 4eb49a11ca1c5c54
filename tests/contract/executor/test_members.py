"""What AWS Backup always says: the members that every answer has, and every item of a list.

Inventories read them without a default: prowler drops every vault of a Region for one that has no
EncryptionKeyArn.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore import xform_name

from auditor.executor.api.protocol import service_model
from auditor.executor.operations import OPERATIONS
from auditor.executor.service import ScanResult
from tests.contract.executor.world import World

MODEL = service_model()
ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
VAULT = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:"
RULE = {
    "RuleName": "r",
    "TargetBackupVaultName": "night",
    "ScheduleExpression": "cron(0 1 5 1 ? *)",
    "Lifecycle": {"DeleteAfterDays": 7},
    "CopyActions": [{"DestinationBackupVaultArn": f"{VAULT}copies"}],
}
TESTING = {
    "RestoreTestingPlanName": "testing",
    "ScheduleExpression": "cron(0 12 5 1 ? *)",
    "RecoveryPointSelection": {
        "Algorithm": "LATEST_WITHIN_WINDOW",
        "IncludeVaults": ["*"],
        "RecoveryPointTypes": ["SNAPSHOT"],
    },
}
CHOSEN = {
    "RestoreTestingSelectionName": "chosen",
    "ProtectedResourceType": "EBS",
    "IamRoleArn": ROLE,
    "ProtectedResourceArns": ["*"],
    "ValidationWindowHours": 1,
}

_JOB = (
    "AccountId ResourceArn ResourceType ResourceName IamRoleArn State CreationDate IsParent MessageCategory"
)
BACKUP_JOB = (
    f"{_JOB} BackupJobId BackupVaultName BackupVaultArn VaultType VaultLockState StartBy InitiationDate "
    "PercentDone CompletionDate RecoveryPointArn BackupSizeInBytes BytesTransferred IsEncrypted"
)
COPY_JOB = (
    f"{_JOB} CopyJobId SourceBackupVaultArn SourceRecoveryPointArn DestinationBackupVaultArn "
    "DestinationVaultType DestinationVaultLockState DestinationRecoveryPointArn CompletionDate "
    "BackupSizeInBytes"
)
RESTORE_JOB = (
    "AccountId RestoreJobId RecoveryPointArn SourceResourceArn BackupVaultArn CreationDate CompletionDate "
    "Status PercentDone BackupSizeInBytes IamRoleArn CreatedResourceArn ResourceType IsParent "
    "RecoveryPointCreationDate"
)
SCAN_JOB = (
    "AccountId ScanJobId BackupVaultName BackupVaultArn RecoveryPointArn ResourceArn ResourceName "
    "ResourceType IamRoleArn ScannerRoleArn MalwareScanner ScanMode State CreationDate CompletionDate "
    "ScanResult"
)
POINT = (
    "RecoveryPointArn BackupVaultName BackupVaultArn ResourceArn ResourceType ResourceName IamRoleArn Status "
    "CreationDate InitiationDate CompletionDate BackupSizeInBytes Lifecycle CalculatedLifecycle IsEncrypted "
    "IsParent VaultType"
)
VAULT_ITEM = (
    "BackupVaultName BackupVaultArn VaultType VaultState EncryptionKeyArn EncryptionKeyType CreationDate "
    "NumberOfRecoveryPoints Locked"
)
PLAN_ITEM = "BackupPlanId BackupPlanArn BackupPlanName CreationDate VersionId LastExecutionDate"
PROTECTED = "ResourceArn ResourceType ResourceName LastBackupTime LastBackupVaultArn LastRecoveryPointArn"
HOLD = "LegalHoldId LegalHoldArn Title Description Status CreationDate"
SUMMARY = "Region AccountId State ResourceType Count StartTime EndTime"
REPORT_JOB = "ReportJobId ReportPlanArn ReportTemplate CreationTime CompletionTime Status ReportDestination"
REPORT_PLAN = (
    "ReportPlanArn ReportPlanName ReportSetting ReportDeliveryChannel DeploymentStatus CreationTime "
    "LastAttemptedExecutionTime LastSuccessfulExecutionTime"
)
TEST_PLAN = "RestoreTestingPlanArn RestoreTestingPlanName CreationTime"
TEST_PLAN_ITEM = (
    f"{TEST_PLAN} ScheduleExpression ScheduleExpressionTimezone StartWindowHours LastExecutionTime"
)
TEST_CHOICE = "RestoreTestingPlanArn RestoreTestingPlanName RestoreTestingSelectionName CreationTime"
TEST_CHOICE_ITEM = (
    "RestoreTestingPlanName RestoreTestingSelectionName CreationTime IamRoleArn ProtectedResourceType "
    "ValidationWindowHours"
)
PLAN_MADE = "BackupPlanId BackupPlanArn CreationDate VersionId"

#: Operation -> the member that it is about ("": the answer itself), and what is always there.
ALWAYS: dict[str, tuple[str, str]] = {
    "CreateBackupPlan": ("", PLAN_MADE),
    "CreateBackupSelection": ("", "SelectionId BackupPlanId CreationDate"),
    "CreateBackupVault": ("", "BackupVaultName BackupVaultArn CreationDate"),
    "CreateFramework": ("", "FrameworkName FrameworkArn"),
    "CreateLegalHold": ("", f"{HOLD} RecoveryPointSelection"),
    "CreateLogicallyAirGappedBackupVault": ("", "BackupVaultName BackupVaultArn CreationDate VaultState"),
    "CreateReportPlan": ("", "ReportPlanName ReportPlanArn CreationTime"),
    "CreateRestoreTestingPlan": ("", TEST_PLAN),
    "CreateRestoreTestingSelection": ("", TEST_CHOICE),
    "DeleteBackupPlan": ("", "BackupPlanId BackupPlanArn DeletionDate VersionId"),
    "DescribeBackupJob": ("", BACKUP_JOB),
    "DescribeBackupVault": ("", VAULT_ITEM),
    "DescribeCopyJob": ("CopyJob", COPY_JOB),
    "DescribeFramework": (
        "",
        (
            "FrameworkName FrameworkArn FrameworkDescription FrameworkControls CreationTime DeploymentStatus "
            "FrameworkStatus"
        ),
    ),
    "DescribeGlobalSettings": ("GlobalSettings", "isCrossAccountBackupEnabled isMpaEnabled"),
    "DescribeProtectedResource": (
        "",
        (
            f"{PROTECTED} LatestRestoreExecutionTimeMinutes LatestRestoreJobCreationDate "
            "LatestRestoreRecoveryPointCreationDate"
        ),
    ),
    "DescribeRecoveryPoint": ("", f"{POINT} StorageClass LastRestoreTime ScanResults"),
    "DescribeRegionSettings": ("", "ResourceTypeOptInPreference ResourceTypeManagementPreference"),
    "DescribeReportJob": ("ReportJob", REPORT_JOB),
    "DescribeReportPlan": ("ReportPlan", REPORT_PLAN),
    "DescribeRestoreJob": ("", RESTORE_JOB),
    "DescribeScanJob": ("", SCAN_JOB),
    "ExportBackupPlanTemplate": ("", "BackupPlanTemplateJson"),
    "GetBackupPlan": ("", f"BackupPlan ScheduledRunsPreview LastExecutionDate {PLAN_MADE}"),
    "GetBackupPlanFromJSON": ("BackupPlan", "BackupPlanName Rules"),
    "GetBackupPlanFromTemplate": ("BackupPlanDocument", "BackupPlanName Rules"),
    "GetBackupSelection": ("", "BackupSelection SelectionId BackupPlanId CreationDate"),
    "GetBackupVaultAccessPolicy": ("", "BackupVaultName BackupVaultArn Policy"),
    "GetBackupVaultNotifications": ("", "BackupVaultName BackupVaultArn SNSTopicArn BackupVaultEvents"),
    "GetLegalHold": ("", f"{HOLD} RecoveryPointSelection"),
    "GetRecoveryPointRestoreMetadata": ("", "BackupVaultArn RecoveryPointArn RestoreMetadata ResourceType"),
    "GetRestoreJobMetadata": ("", "RestoreJobId Metadata"),
    "GetRestoreTestingInferredMetadata": ("", "InferredMetadata"),
    "GetRestoreTestingPlan": ("RestoreTestingPlan", f"{TEST_PLAN_ITEM} RecoveryPointSelection"),
    "GetRestoreTestingSelection": ("RestoreTestingSelection", f"{TEST_CHOICE_ITEM} ProtectedResourceArns"),
    "GetSupportedResourceTypes": ("", "ResourceTypes"),
    "ListBackupAccessPoints": ("", "BackupAccessPoints"),
    "ListBackupAccessPointsByRecoveryPoint": ("", "BackupAccessPoints"),
    "ListBackupAccessPointsByResource": ("", "BackupAccessPoints"),
    "ListBackupJobSummaries": ("BackupJobSummaries", f"{SUMMARY} MessageCategory"),
    "ListBackupJobs": ("BackupJobs", BACKUP_JOB),
    "ListBackupPlanTemplates": ("BackupPlanTemplatesList", "BackupPlanTemplateId BackupPlanTemplateName"),
    "ListBackupPlanVersions": ("BackupPlanVersionsList", PLAN_ITEM),
    "ListBackupPlans": ("BackupPlansList", PLAN_ITEM),
    "ListBackupSelections": (
        "BackupSelectionsList",
        "SelectionId SelectionName BackupPlanId CreationDate IamRoleArn",
    ),
    "ListBackupVaults": ("BackupVaultList", VAULT_ITEM),
    "ListCopyJobSummaries": ("CopyJobSummaries", f"{SUMMARY} MessageCategory"),
    "ListCopyJobs": ("CopyJobs", COPY_JOB),
    "ListFrameworks": (
        "Frameworks",
        "FrameworkName FrameworkArn FrameworkDescription NumberOfControls CreationTime DeploymentStatus",
    ),
    "ListIndexedRecoveryPoints": ("", "IndexedRecoveryPoints"),
    "ListLegalHolds": ("LegalHolds", HOLD),
    "ListProtectedResources": ("Results", PROTECTED),
    "ListProtectedResourcesByBackupVault": ("Results", PROTECTED),
    "ListRecoveryPointsByBackupVault": ("RecoveryPoints", POINT),
    "ListRecoveryPointsByLegalHold": (
        "RecoveryPoints",
        "RecoveryPointArn ResourceArn ResourceType BackupVaultName",
    ),
    "ListRecoveryPointsByResource": (
        "RecoveryPoints",
        "RecoveryPointArn CreationDate Status BackupSizeBytes BackupVaultName IsParent VaultType",
    ),
    "ListReportJobs": ("ReportJobs", REPORT_JOB),
    "ListReportPlans": ("ReportPlans", REPORT_PLAN),
    "ListRestoreAccessBackupVaults": ("", "RestoreAccessBackupVaults"),
    "ListRestoreJobSummaries": ("RestoreJobSummaries", SUMMARY),
    "ListRestoreJobs": ("RestoreJobs", RESTORE_JOB),
    "ListRestoreJobsByProtectedResource": ("RestoreJobs", RESTORE_JOB),
    "ListRestoreTestingPlans": ("RestoreTestingPlans", TEST_PLAN_ITEM),
    "ListRestoreTestingSelections": ("RestoreTestingSelections", TEST_CHOICE_ITEM),
    "ListScanJobSummaries": ("ScanJobSummaries", f"{SUMMARY} MalwareScanner ScanResultStatus"),
    "ListScanJobs": ("ScanJobs", SCAN_JOB),
    "ListTags": ("", "Tags"),
    "ListTieringConfigurations": ("", "TieringConfigurations"),
    "StartBackupJob": ("", "BackupJobId CreationDate IsParent"),
    "StartCopyJob": ("", "CopyJobId CreationDate IsParent"),
    "StartReportJob": ("", "ReportJobId"),
    "StartRestoreJob": ("", "RestoreJobId"),
    "StartScanJob": ("", "ScanJobId CreationDate"),
    "UpdateBackupPlan": ("", PLAN_MADE),
    "UpdateFramework": ("", "FrameworkName FrameworkArn CreationTime"),
    "UpdateRecoveryPointLifecycle": (
        "",
        "BackupVaultArn RecoveryPointArn Lifecycle CalculatedLifecycle",
    ),
    "UpdateReportPlan": ("", "ReportPlanName ReportPlanArn CreationTime"),
    "UpdateRestoreTestingPlan": ("", f"{TEST_PLAN} UpdateTime"),
    "UpdateRestoreTestingSelection": ("", f"{TEST_CHOICE} UpdateTime"),
}
#: What is never answered with anything: there are none of what they describe, or the output has no members.
NONE = {"CancelLegalHold", "DescribeBackupAccessPoint", "GetTieringConfiguration"}


class Asker:
    """Asks operations by their names, and keeps the answers."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.answers: dict[str, dict[str, Any]] = {}

    def __call__(self, name: str, **params: Any) -> dict[str, Any]:
        """The answer without its metadata."""
        answer = dict(getattr(self.client, xform_name(name))(**params))
        del answer["ResponseMetadata"]
        self.answers[name] = answer
        return answer


def declare(ask: Asker, world: World) -> dict[str, str]:
    """Make one of everything that can be declared, with a volume that a plan backs up; gives their names."""
    for name in ("night", "copies"):
        ask("CreateBackupVault", BackupVaultName=name)
    gap = {"BackupVaultName": "gap", "MinRetentionDays": 7, "MaxRetentionDays": 30}
    ask("CreateLogicallyAirGappedBackupVault", **gap)
    made = world.moto_client("ec2", "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=8)
    volume = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{made['VolumeId']}"
    plan = ask("CreateBackupPlan", BackupPlan={"BackupPlanName": "p", "Rules": [RULE]})["BackupPlanId"]
    ask("UpdateBackupPlan", BackupPlanId=plan, BackupPlan={"BackupPlanName": "p2", "Rules": [RULE]})
    selection = {"SelectionName": "s", "IamRoleArn": ROLE, "Resources": [volume]}
    chosen = ask("CreateBackupSelection", BackupPlanId=plan, BackupSelection=selection)["SelectionId"]
    controls = [{"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED"}]
    ask("CreateFramework", FrameworkName="f", FrameworkControls=controls)
    ask("UpdateFramework", FrameworkName="f", FrameworkDescription="what must be so")
    channel, setting = {"S3BucketName": "reports"}, {"ReportTemplate": "BACKUP_JOB_REPORT"}
    ask("CreateReportPlan", ReportPlanName="r", ReportDeliveryChannel=channel, ReportSetting=setting)
    ask("UpdateReportPlan", ReportPlanName="r", ReportPlanDescription="every day")
    ask("CreateRestoreTestingPlan", RestoreTestingPlan=TESTING)
    testing = {name: TESTING[name] for name in ("ScheduleExpression", "RecoveryPointSelection")}
    ask("UpdateRestoreTestingPlan", RestoreTestingPlanName="testing", RestoreTestingPlan=testing)
    ask("CreateRestoreTestingSelection", RestoreTestingPlanName="testing", RestoreTestingSelection=CHOSEN)
    ask(
        "UpdateRestoreTestingSelection",
        RestoreTestingPlanName="testing",
        RestoreTestingSelectionName="chosen",
        RestoreTestingSelection={"IamRoleArn": ROLE},
    )
    policy = {"Effect": "Deny", "Principal": "*", "Action": "backup:DeleteBackupVault", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    world.backup().put_backup_vault_access_policy(BackupVaultName="copies", Policy=document)
    world.backup().put_backup_vault_notifications(
        BackupVaultName="night",
        SNSTopicArn=f"arn:aws:sns:eu-west-1:{ACCOUNT}:t",
        BackupVaultEvents=["BACKUP_JOB_FAILED"],
    )
    return {"volume": volume, "plan": plan, "selection": chosen}


def work(ask: Asker, world: World, made: dict[str, str]) -> None:
    """Have jobs of every kind run, and holds and lifecycles change."""
    on_demand = {"BackupVaultName": "night", "ResourceArn": made["volume"], "IamRoleArn": ROLE}
    world.run(START + timedelta(hours=3))
    made["job"] = ask("StartBackupJob", **on_demand)["BackupJobId"]
    world.run(START + timedelta(hours=4))
    made["point"] = ask("DescribeBackupJob", BackupJobId=made["job"])["RecoveryPointArn"]
    made["copy"] = ask(
        "StartCopyJob",
        RecoveryPointArn=made["point"],
        SourceBackupVaultName="night",
        DestinationBackupVaultArn=f"{VAULT}copies",
        IamRoleArn=ROLE,
    )["CopyJobId"]
    restore = {"RecoveryPointArn": made["point"], "Metadata": {"availabilityZone": "eu-west-1a"}}
    made["restore"] = ask("StartRestoreJob", **restore, IamRoleArn=ROLE)["RestoreJobId"]
    made["report"] = ask("StartReportJob", ReportPlanName="r")["ReportJobId"]
    world.service.scanner = lambda _: ScanResult.NO_THREATS_FOUND
    made["scan"] = ask(
        "StartScanJob",
        BackupVaultName="night",
        RecoveryPointArn=made["point"],
        IamRoleArn=ROLE,
        ScannerRoleArn=ROLE,
        MalwareScanner="GUARDDUTY",
        ScanMode="FULL_SCAN",
    )["ScanJobId"]
    world.run(START + timedelta(hours=6))
    lifecycle = {"DeleteAfterDays": 9}
    where = {"BackupVaultName": "night", "RecoveryPointArn": made["point"]}
    ask("UpdateRecoveryPointLifecycle", **where, Lifecycle=lifecycle)
    chosen = {"VaultNames": ["night"]}
    made["hold"] = ask("CreateLegalHold", Title="t", Description="d", RecoveryPointSelection=chosen)[
        "LegalHoldId"
    ]
    world.run(START + timedelta(days=1))


def read(ask: Asker, made: dict[str, str]) -> None:
    """Ask everything that reads."""
    plan, point = {"BackupPlanId": made["plan"]}, {"RecoveryPointArn": made["point"]}
    vault, resource = {"BackupVaultName": "night"}, {"ResourceArn": made["volume"]}
    testing = {"RestoreTestingPlanName": "testing"}
    exported = ask("ExportBackupPlanTemplate", **plan)["BackupPlanTemplateJson"]
    template = ask("ListBackupPlanTemplates")["BackupPlanTemplatesList"][0]["BackupPlanTemplateId"]
    params: dict[str, dict[str, Any]] = {
        "DescribeBackupJob": {"BackupJobId": made["job"]},
        "DescribeBackupVault": vault,
        "DescribeCopyJob": {"CopyJobId": made["copy"]},
        "DescribeFramework": {"FrameworkName": "f"},
        "DescribeProtectedResource": resource,
        "DescribeRecoveryPoint": vault | point,
        "DescribeReportJob": {"ReportJobId": made["report"]},
        "DescribeReportPlan": {"ReportPlanName": "r"},
        "DescribeRestoreJob": {"RestoreJobId": made["restore"]},
        "DescribeScanJob": {"ScanJobId": made["scan"]},
        "GetBackupPlan": plan | {"MaxScheduledRunsPreview": 1},
        "GetBackupPlanFromJSON": {"BackupPlanTemplateJson": exported},
        "GetBackupPlanFromTemplate": {"BackupPlanTemplateId": template},
        "GetBackupSelection": plan | {"SelectionId": made["selection"]},
        "GetBackupVaultAccessPolicy": {"BackupVaultName": "copies"},
        "GetBackupVaultNotifications": vault,
        "GetLegalHold": {"LegalHoldId": made["hold"]},
        "GetRecoveryPointRestoreMetadata": vault | point,
        "GetRestoreJobMetadata": {"RestoreJobId": made["restore"]},
        "GetRestoreTestingInferredMetadata": vault | point,
        "GetRestoreTestingPlan": testing,
        "GetRestoreTestingSelection": testing | {"RestoreTestingSelectionName": "chosen"},
        "ListBackupAccessPointsByRecoveryPoint": point,
        "ListBackupAccessPointsByResource": resource,
        "ListBackupPlanVersions": plan,
        "ListBackupSelections": plan,
        "ListProtectedResourcesByBackupVault": vault,
        "ListRecoveryPointsByBackupVault": vault,
        "ListRecoveryPointsByLegalHold": {"LegalHoldId": made["hold"]},
        "ListRecoveryPointsByResource": resource,
        "ListRestoreAccessBackupVaults": vault,
        "ListRestoreJobsByProtectedResource": resource,
        "ListRestoreTestingSelections": testing,
        "ListTags": {"ResourceArn": f"{VAULT}night"},
    }
    for name, handler in OPERATIONS.items():
        is_list = name.startswith(("Describe", "Get", "List"))
        if is_list and (name.startswith("List") or not handler.__module__.endswith(".absent")):
            ask(name, **params.get(name, {}))


def missing(answer: dict[str, Any], where: str, members: str) -> list[str]:
    """What of `members`, with spaces between, an answer lacks at `where`: its items', or its own ("")."""
    value = answer[where] if where else answer
    items = value if isinstance(value, list) else [value]
    lacking = [f"{where}.{name}" for name in members.split() for item in items if name not in item]
    return lacking if items or not members else [f"{where} is empty"]


def test_every_answer_has_what_aws_always_says(world: World) -> None:
    """Of every offered operation that answers something, and of every item in it."""
    where = {"LocationConstraint": "eu-west-1"}
    world.moto_client("s3", "eu-west-1").create_bucket(Bucket="reports", CreateBucketConfiguration=where)
    ask = Asker(world.backup())
    made = declare(ask, world)
    work(ask, world, made)
    read(ask, made)
    ask("DeleteBackupSelection", BackupPlanId=made["plan"], SelectionId=made["selection"])
    ask("DeleteBackupPlan", BackupPlanId=made["plan"])

    answering = {name for name in OPERATIONS if MODEL.operation_model(name).output_shape is not None}
    assert answering - NONE == set(ALWAYS)
    lacking = {name: missing(ask.answers[name], *ALWAYS[name]) for name in ALWAYS}
    assert {name: names for name, names in lacking.items() if names} == {}


def test_a_locked_vault_says_its_lock(world: World) -> None:
    """Retentions and the date are there where there are some, and nowhere else."""
    backup = world.backup()
    backup.create_backup_vault(BackupVaultName="night")
    given = {"BackupVaultName": "gap", "MinRetentionDays": 7, "MaxRetentionDays": 30}
    backup.create_logically_air_gapped_backup_vault(**given)
    gap, night = backup.list_backup_vaults()["BackupVaultList"]

    lock = ("MinRetentionDays", "MaxRetentionDays", "LockDate")
    assert [name in gap for name in lock] == [True] * 3
    assert [name in night for name in lock] == [False] * 3
