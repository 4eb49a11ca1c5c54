"""A service with one of each thing that there is, which is asked below its server and can be set back."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

from sqlalchemy import delete, insert, select

from auditor.executor.app import BackupService
from auditor.executor.database.sql_tables import METADATA
from auditor.executor.engine.scheduler import run_all
from auditor.executor.operations import OPERATIONS
from auditor.executor.scope import AccountRegion
from tests.contract.executor.fuzz_requests import (
    ACCOUNT,
    BUCKET,
    CHANNEL,
    CONTINUOUS,
    PLAN,
    POLICY,
    ROLE,
    SELECTION,
    SETTING,
    TESTED,
    TESTING,
    VAULT,
    Params,
)

START = datetime(2026, 1, 5, tzinfo=UTC)
STACK = {"Resources": {"Disk": {"Type": "AWS::EC2::Volume", "Properties": {"Size": 1}}}}


@dataclass
class Target:
    """An application over a filled database, and by operation a request that succeeds there."""

    application: Callable[..., Any]
    service: BackupService
    right: dict[str, Params]
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
        scanned = {"BackupVaultName": "night", "MalwareScanner": "GUARDDUTY", "ScanMode": "FULL_SCAN"}
        roles = {"IamRoleArn": ROLE, "ScannerRoleArn": ROLE}
        ids["scan"] = self.call("StartScanJob", RecoveryPointArn=ids["point"], **scanned, **roles)[
            "ScanJobId"
        ]
        vaults = {"VaultNames": ["empty"]}
        hold = self.call("CreateLegalHold", Title="t", Description="d", RecoveryPointSelection=vaults)
        made = {"copy": copy["CopyJobId"], "restore": restore["RestoreJobId"], "volume": self.volume}
        made["report"] = self.call("StartReportJob", ReportPlanName="p")["ReportJobId"]
        return ids | made | {"hold": hold["LegalHoldId"], "hold_arn": hold["LegalHoldArn"]}
