"""Every operation under requests that are right, and under the same ones made wrong in some place.

Right ones succeed. Whatever else comes in: an answer or an error that the operation declares, never a 500,
and nothing is changed after an error or by a reading operation. A request follows from the operation's name
and a number alone.
"""

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import quote

import moto  # noqa: F401 -- hooks into botocore sessions that are made after its import
import pytest
import time_machine
from botocore.model import ListShape, MapShape, Shape, StructureShape
from moto import mock_aws
from sqlalchemy import delete, insert, select

from auditor.aws.session import Credentials, make_client
from auditor.executor.api.protocol import service_model
from auditor.executor.api.shapes import wire_name
from auditor.executor.app import BackupService, make_app
from auditor.executor.database.database import Database
from auditor.executor.database.sql_tables import METADATA
from auditor.executor.drivers import make_drivers
from auditor.executor.engine.scheduler import run_all
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import AccountRegion

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
VAULT = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:"
MODEL = service_model()
DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
HOSTILE: list[Any] = [
    None, "", " ", "x", "x" * 5000, "\x00", "a/b%2Fc", "../..", "é✓\U0001f512\u202e", "\ud800", "*", "-1",
    "arn:aws:backup", "arn:aws:backup:eu-west-1:123456789012:backup-vault:\n", "'; drop table vaults; --",
    0, -1, 7, 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, 1e308, True, [], [None], [[]], {}, {"": None},
    {"x": {"y": []}}, DEEP,
]  # fmt: skip
BODIES = [b"", b"{", b"[]", b"\xff", b"null", b'"x"', b"[" * 5000, b'{"x": NaN}', b"\x00" * 9]

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
STACK = {"Resources": {"Disk": {"Type": "AWS::EC2::Volume", "Properties": {"Size": 1}}}}

Params = dict[str, Any]


@dataclass
class Target:
    """An application over a filled database, and by operation a request that succeeds there."""

    application: Callable[..., Any]
    service: BackupService
    right: dict[str, Params]
    examples: int
    pristine: list[list[Any]] = field(default_factory=list)

    def rewind(self) -> None:
        """Bring the database back to its first state."""
        with self.service.database.write() as connection:
            for table, rows in zip(METADATA.sorted_tables, self.pristine, strict=True):
                connection.execute(delete(table))
                if rows:
                    connection.execute(insert(table), [row._asdict() for row in rows])

    def state(self) -> list[list[Any]]:
        """Every row of the database."""
        with self.service.database.read() as connection:
            return [
                list(connection.execute(select(table).order_by(*table.primary_key)))
                for table in METADATA.sorted_tables
            ]

    def send(self, method: str, target: str, body: bytes) -> tuple[int, str, bytes]:
        """Status, error type and body of the answer."""
        environ = {
            "REQUEST_METHOD": method,
            "RAW_URI": target,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.input": BytesIO(body),
        }
        started: list[Any] = []
        answer = b"".join(self.application(environ, lambda *told: started.extend(told)))
        return int(started[0][:3]), dict(started[1]).get("x-amzn-errortype", ""), answer


@pytest.fixture(scope="module", params=["memory", pytest.param("postgresql", marks=pytest.mark.postgres)])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """A service with one of each thing that there is."""
    url, examples = "sqlite://", 96
    if request.param == "postgresql":
        (url, empty), examples = request.getfixturevalue("postgres_database"), 16
    keys = Credentials("testing", "testing")
    with (
        pytest.MonkeyPatch.context() as patch,
        mock_aws(),
        time_machine.travel(START, tick=False) as traveller,
    ):
        patch.setenv("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        clients: dict[tuple[str, str], Any] = {}

        def client(service: str, _account: str, region: str) -> Any:
            if (service, region) not in clients:
                clients[service, region] = make_client(service, region, credentials=keys)
            return clients[service, region]

        drivers = make_drivers(client, lambda: datetime.now(UTC))
        database = Database.open(url)
        service = BackupService(database, lambda: datetime.now(UTC), drivers)
        application = make_app(service, lambda _: (ACCOUNT, "eu-west-1", "aws"))
        volume = client("ec2", ACCOUNT, "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=1)
        stack = client("cloudformation", ACCOUNT, "eu-west-1").create_stack(
            StackName="stack", TemplateBody=json.dumps(STACK)
        )
        place = {"LocationConstraint": "eu-west-1"}
        s3 = client("s3", ACCOUNT, "eu-west-1")
        s3.create_bucket(Bucket="files", CreateBucketConfiguration=place)
        s3.put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
        s3.put_object(Bucket="files", Key="a", Body=b"1")
        arn = f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/{volume['VolumeId']}"
        right = requests(Filling(service, traveller.move_to, arn, stack["StackId"]).fill())
        filled = Target(application, service, right, examples)
        filled.pristine = filled.state()
        yield filled
        database.close()
    if request.param == "postgresql":
        empty()


@dataclass
class Filling:
    """Makes one of each thing. Twelve hours pass, so that a restore test waits for its validation."""

    service: BackupService
    move_to: Callable[[datetime], None]
    volume: str
    stack: str

    def call(self, name: str, **params: Any) -> Any:
        """Run an operation."""
        return OPERATIONS[name](self.service, AccountRegion(ACCOUNT, "eu-west-1", "aws"), params)

    def back_up(self, resource: str, vault: str) -> str:
        """Start a backup and give the job's id."""
        job = self.call("StartBackupJob", BackupVaultName=vault, ResourceArn=resource, IamRoleArn=ROLE)
        return str(job["BackupJobId"])

    def declare(self) -> dict[str, str]:
        """Vaults, plans and other declarations; ids by what they are of."""
        for vault in ("night", "day", "bin", "empty"):
            self.call("CreateBackupVault", BackupVaultName=vault)
        policy = json.dumps({"Statement": [POLICY]})
        self.call("PutBackupVaultAccessPolicy", BackupVaultName="bin", Policy=policy)
        told = {"SNSTopicArn": f"arn:aws:sns:eu-west-1:{ACCOUNT}:t", "BackupVaultEvents": ["COPY_JOB_FAILED"]}
        self.call("PutBackupVaultNotifications", BackupVaultName="bin", **told)
        plan = self.call("CreateBackupPlan", BackupPlan=PLAN | {"BackupPlanName": "gold"})
        bare = self.call("CreateBackupPlan", BackupPlan=PLAN | {"BackupPlanName": "bare"})
        chosen = {"BackupPlanId": plan["BackupPlanId"], "BackupSelection": SELECTION}
        selection = self.call("CreateBackupSelection", **chosen)
        continuous = self.call("CreateBackupPlan", BackupPlan=CONTINUOUS)
        files = {"SelectionName": "files", "IamRoleArn": ROLE, "Resources": [BUCKET]}
        chosen = {"BackupPlanId": continuous["BackupPlanId"], "BackupSelection": files}
        self.call("CreateBackupSelection", **chosen)
        control = {"ControlName": "BACKUP_RECOVERY_POINT_ENCRYPTED"}
        self.call("CreateFramework", FrameworkName="f", FrameworkControls=[control])
        report = {"ReportDeliveryChannel": CHANNEL, "ReportSetting": SETTING}
        self.call("CreateReportPlan", ReportPlanName="p", **report)
        for name in ("t", "bare"):
            testing = TESTING | {"RestoreTestingPlanName": name}
            self.call("CreateRestoreTestingPlan", RestoreTestingPlan=testing)
        tested = TESTED | {"ProtectedResourceType": "EBS", "RestoreTestingSelectionName": "s"}
        self.call("CreateRestoreTestingSelection", RestoreTestingPlanName="t", RestoreTestingSelection=tested)
        return {
            "plan": plan["BackupPlanId"],
            "plan_arn": plan["BackupPlanArn"],
            "version": plan["VersionId"],
            "bare": bare["BackupPlanId"],
            "selection": selection["SelectionId"],
        }

    def fill(self) -> dict[str, str]:
        """What is made, by what it is."""
        ids = self.declare()
        (template, *_) = self.call("ListBackupPlanTemplates").rows
        ids["template"] = json.loads(template)["BackupPlanTemplateId"]
        ids["job"] = self.back_up(self.volume, "night")
        spare, composite = self.back_up(self.volume, "bin"), self.back_up(self.stack, "bin")
        run_all(self.service, START + timedelta(hours=12), set_time=self.move_to)
        for name, job in (("point", ids["job"]), ("spare", spare), ("composite", composite)):
            ids[name] = self.call("DescribeBackupJob", BackupJobId=job)["RecoveryPointArn"]
        page = self.call(
            "ListRecoveryPointsByBackupVault",
            BackupVaultName="bin",
            ByParentRecoveryPointArn=ids["composite"],
        )
        binned = self.call("ListRecoveryPointsByBackupVault", BackupVaultName="bin", ByResourceType="S3")
        ids["continuous"] = json.loads(binned.rows[0])["RecoveryPointArn"]
        ids["nested"] = json.loads(page.rows[0])["RecoveryPointArn"]
        (tested, *_) = self.call("ListRestoreJobs").rows
        ids["tested"] = json.loads(tested)["RestoreJobId"]
        ids["waiting"] = self.back_up(self.volume, "night")
        copied = {"SourceBackupVaultName": "night", "DestinationBackupVaultArn": f"{VAULT}day"}
        copy = self.call("StartCopyJob", RecoveryPointArn=ids["point"], IamRoleArn=ROLE, **copied)
        restored = {"Metadata": {"availabilityZone": "eu-west-1a"}}
        restore = self.call("StartRestoreJob", RecoveryPointArn=ids["point"], **restored)
        vaults = {"VaultNames": ["empty"]}
        hold = self.call("CreateLegalHold", Title="t", Description="d", RecoveryPointSelection=vaults)
        made = {"copy": copy["CopyJobId"], "restore": restore["RestoreJobId"], "volume": self.volume}
        made["report"] = self.call("StartReportJob", ReportPlanName="p")["ReportJobId"]
        return ids | made | {"hold": hold["LegalHoldId"], "hold_arn": hold["LegalHoldArn"]}


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


def hostile(random: Random) -> Any:
    """Something that fits nowhere, or nearly so."""
    return deepcopy(random.choice(HOSTILE))


def members(name: str) -> dict[str, Shape]:
    """The parameters of an operation."""
    shape: Any = MODEL.operation_model(name).input_shape
    return {} if shape is None else dict(shape.members)


@dataclass
class Request:
    """A request before it is written: path parameters, query and body by wire name."""

    name: str
    uri: dict[str, Any]
    query: dict[str, Any]
    body: dict[str, Any]

    @classmethod
    def of(cls, name: str, params: Params) -> "Request":
        """The request of an operation with `params`."""
        made = cls(name, {}, {}, {})
        for key, given in params.items():
            member = members(name)[key]
            made._place(member)[wire_name(key, member)] = deepcopy(given)
        return made

    def places(self) -> list[tuple[Any, Any]]:
        """Every value, as its container and its key there."""
        found: list[tuple[Any, Any]] = []
        waiting: list[Any] = [self.uri, self.query, self.body]
        while waiting:
            container = waiting.pop()
            keys = container if isinstance(container, dict) else range(len(container))
            for key in keys:
                found.append((container, key))
                if isinstance(container[key], dict | list) and container[key] != DEEP:
                    waiting.append(container[key])
        return found

    def mutate(self, random: Random) -> None:
        """Make it wrong in one place, or only different: a value replaced, dropped, wrapped, or one more."""
        places = self.places()
        if not places or random.random() < 0.15:
            self.add(random)
            return
        container, key = random.choice(places)
        way = random.random()
        if way < 0.6 or container is self.uri:
            container[key] = hostile(random)
        elif way < 0.75:
            container.pop(key)
        elif way < 0.85:
            container[key] = random.choice([[container[key]], {"x": container[key]}])
        elif isinstance(container, dict):
            container[random.choice(["Unknown", "é", ""])] = hostile(random)
        else:
            container.extend([deepcopy(container[key])] * random.choice([1, 600]))

    def add(self, random: Random) -> None:
        """Set one of the operation's members, or an unknown parameter where it has none."""
        known = members(self.name)
        if not known:
            self.query["x"] = hostile(random)
            return
        key, member = random.choice(list(known.items()))
        given = typed(random, member) if random.random() < 0.6 else hostile(random)
        self._place(member)[wire_name(key, member)] = given

    def _place(self, member: Shape) -> dict[str, Any]:
        location = str(member.serialization.get("location"))
        return {"uri": self.uri, "querystring": self.query}.get(location, self.body)

    def write(self, random: Random, *, wrong: bool) -> tuple[str, str, bytes]:
        """Method, target and body; one that is `wrong` may be so in its writing alone."""
        http = MODEL.operation_model(self.name).http
        path, _, literal = http["requestUri"].partition("?")
        for key, given in self.uri.items():
            safe = random.choice(["", "", "/:", "/:%"]) if wrong else random.choice(["", "/:"])
            path = path.replace(f"{{{key}}}", quote(_text(given).encode(errors="surrogatepass"), safe=safe))
        pairs = [f"{key}={quote(_text(v).encode(errors='surrogatepass'))}" for key, v in self.query.items()]
        query = "&".join([literal, *pairs] if literal else pairs)
        body = json.dumps(self.body).encode() if self.body else b""
        if wrong and random.random() < 0.1:
            body, path, query = random.choice(
                [
                    (random.choice(BODIES), path, query),
                    (body.replace(b"{", b'{"Lifecycle": 1e999, ', 1), path, query),
                    (body[:-1] + b"," + body[1:] if body else b"{}", path, query),
                    (body, path + "%zz%ff", query),
                    (body, path.replace("%", "%25"), query + "&%ff=%00"),
                ]
            )
        return http["method"], f"{path}?{query}" if query else path, body


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def typed(random: Random, shape: Shape) -> Any:
    """Something of `shape`, whether or not it makes sense."""
    if isinstance(shape, StructureShape):
        return {
            wire_name(key, member): typed(random, member)
            for key, member in shape.members.items()
            if key in shape.required_members or random.random() < 0.4
        }
    if isinstance(shape, ListShape):
        return [typed(random, shape.member) for _ in range(random.randrange(3))]
    if isinstance(shape, MapShape):
        return {random.choice(["a", "EBS", "availabilityZone", "é"]): typed(random, shape.value)}
    if "enum" in shape.metadata:
        return random.choice(shape.metadata["enum"])
    choices: dict[str, list[Any]] = {
        "integer": [-1, 0, 1, 3, 90, 480, 36_500, 36_501],
        "boolean": [True, False],
        "timestamp": [0, 1767571200, 1767574800.5, "2026-01-05T00:00:00Z", 1e12],
        "string": ["example_1", ACCOUNT, "é", "x" * 300, "W10=", "WzFd", ROLE],
    }
    return random.choice(choices["integer" if shape.type_name == "long" else shape.type_name])


#: There are none of what they describe, so that no request of theirs succeeds.
NONE = {"DescribeBackupAccessPoint", "DescribeScanJob", "GetTieringConfiguration"}


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - NONE))
def test_requests_of_every_kind(target: Target, name: str) -> None:
    """The right ones succeed, wrong ones are told so and change nothing; reading changes nothing; no 500."""
    declared = {shape.name for shape in MODEL.operation_model(name).error_shapes}
    declared |= {"UnknownOperationException", "AccessDeniedException"}
    others = {
        error.name for other in MODEL.operation_names for error in MODEL.operation_model(other).error_shapes
    }
    refused = 0
    for number in range(target.examples):
        random = Random(f"{name}/{number}")  # noqa: S311 -- no secret
        made = Request.of(name, target.right[name])
        mutations = (0, 0, 1, 1, 1, 1, 2, 3)[number % 8]
        for _ in range(mutations):
            made.mutate(random)
        sent = made.write(random, wrong=mutations > 0)
        status, code, answer = target.send(*sent)
        assert status < 500 or status == 501, (sent, code, answer)
        if mutations == 0:
            assert status < 300, (sent, code, answer)
        if status >= 400:
            refused += 1
            # a path that was made ambiguous may be another operation's
            assert code in declared or (code in others and "/" in sent[1]), (sent, code, answer)
            assert json.loads(answer)["Code"] == code
        elif answer:
            json.loads(answer)
        if sent[0] != "GET":
            if status >= 400:
                assert target.state() == target.pristine, (sent, answer)
            else:
                target.rewind()
    assert target.state() == target.pristine
    assert refused > 0 or not members(name)
