"""Plans with continuous backups, and restores of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.contract.executor.nightly import ROLE
from tests.contract.executor.world import World

REGION = "eu-west-1"
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
PITR = {
    "RuleName": "pitr",
    "TargetBackupVaultName": "night",
    "ScheduleExpression": "cron(0 1 * * ? *)",
    "StartWindowMinutes": 60,
    "CompletionWindowMinutes": 120,
    "EnableContinuousBackup": True,
    "Lifecycle": {"DeleteAfterDays": 3},
}


def plan(world: World, *rules: dict[str, Any], name: str = "gold", resources: str = "*") -> str:
    """Make a plan that selects resources; gives its id."""
    backup = world.backup()
    made = backup.create_backup_plan(BackupPlan={"BackupPlanName": name, "Rules": list(rules)})
    selection = {"SelectionName": "all", "IamRoleArn": ROLE, "Resources": [resources]}
    backup.create_backup_selection(BackupPlanId=made["BackupPlanId"], BackupSelection=selection)
    return str(made["BackupPlanId"])


def restore(world: World, arn: str, metadata: dict[str, str]) -> dict[str, Any]:
    """Restore and give the job after an hour."""
    job = world.backup().start_restore_job(RecoveryPointArn=arn, Metadata=metadata, IamRoleArn=ROLE)
    world.run(datetime.now(UTC) + HOUR)
    answer: dict[str, Any] = world.backup().describe_restore_job(RestoreJobId=job["RestoreJobId"])
    return answer
