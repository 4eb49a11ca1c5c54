"""A plan that backs up every night, and what came of it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.contract.executor.world import World

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
NIGHT = {
    "RuleName": "night",
    "TargetBackupVaultName": "night",
    "ScheduleExpression": "cron(0 1 * * ? *)",
    "StartWindowMinutes": 60,
    "CompletionWindowMinutes": 120,
    "Lifecycle": {"DeleteAfterDays": 2},
}

#: For what hangs on no database.
once = pytest.mark.parametrize("database_url", ["memory"], indirect=True)


def protect(world: World, *rules: dict[str, Any], name: str = "gold", **selection: Any) -> str:
    """Make a plan of `rules` that selects everything, or what `selection` says; gives its id."""
    backup = world.backup()
    plan_id = backup.create_backup_plan(BackupPlan={"BackupPlanName": name, "Rules": list(rules)})[
        "BackupPlanId"
    ]
    document = {"SelectionName": "all", "IamRoleArn": ROLE} | (selection or {"Resources": ["*"]})
    backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=document)
    return str(plan_id)


def jobs(world: World, **filters: Any) -> list[dict[str, Any]]:
    """Every listed backup job, the oldest first."""
    pages = world.backup().get_paginator("list_backup_jobs").paginate(**filters)
    return [job for page in pages for job in page["BackupJobs"]][::-1]


def points(world: World, vault: str = "night", region: str = "eu-west-1") -> list[dict[str, Any]]:
    """Every recovery point of a vault, the oldest first."""
    pages = world.backup(region).get_paginator("list_recovery_points_by_backup_vault")
    return [p for page in pages.paginate(BackupVaultName=vault) for p in page["RecoveryPoints"]][::-1]


def snapshots(world: World, region: str = "eu-west-1") -> list[dict[str, Any]]:
    """The account's native snapshots."""
    return list(world.moto_client("ec2", region).describe_snapshots(OwnerIds=["self"])["Snapshots"])
