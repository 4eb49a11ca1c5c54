"""Job summaries, plan templates, plans to and from JSON, and what cannot be disassociated."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.contract.executor.on_demand import start
from tests.contract.executor.world import World

ACCOUNT = "123456789012"
START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
DAY = timedelta(days=1)


def test_summaries(world: World, volume: str) -> None:
    """Whole days up to yesterday; a dimension is counted apart unless it is aggregated."""
    backup = world.backup()
    start(world, volume)
    start(world, volume)
    start(world, volume, RecoveryPointTags={f"key-{number}": "" for number in range(10)})
    world.run(START + DAY)
    start(world, volume)
    world.run(START + DAY + timedelta(hours=1))
    today = backup.list_backup_job_summaries()["BackupJobSummaries"]
    world.run(START + 2 * DAY)

    def item(day: int, count: int, days: int = 1, **more: str) -> dict[str, Any]:
        begin = START + (day + 1 - days) * DAY
        same = {"Region": "eu-west-1", "AccountId": ACCOUNT, "Count": count}
        kinds = {"State": "COMPLETED", "ResourceType": "EBS", "MessageCategory": "SUCCESS"}
        return same | kinds | {"StartTime": begin, "EndTime": begin + days * DAY} | more

    def summary(**params: Any) -> list[dict[str, Any]]:
        return list(backup.list_backup_job_summaries(**params)["BackupJobSummaries"])

    everything = dict.fromkeys(("State", "ResourceType", "MessageCategory"), "AGGREGATE_ALL")
    assert today == [item(0, 3)]
    assert summary() == [item(0, 3), item(1, 1)]
    assert summary(AggregationPeriod="SEVEN_DAYS") == [item(1, 4, 7)]
    assert summary(AggregationPeriod="FOURTEEN_DAYS", **everything) == [item(1, 4, 14, **everything)]
    assert summary(State="FAILED") == summary(ResourceType="RDS") == []
    first = backup.list_backup_job_summaries(MaxResults=1)
    second = backup.list_backup_job_summaries(MaxResults=1, NextToken=first["NextToken"])
    assert first["BackupJobSummaries"] + second["BackupJobSummaries"] == summary()
    assert "NextToken" not in second
    assert backup.list_copy_job_summaries()["CopyJobSummaries"] == []
    assert backup.list_restore_job_summaries()["RestoreJobSummaries"] == []
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.list_backup_job_summaries(AccountId="9" * 12)


def test_templates_become_plans(world: World) -> None:
    """Each template of the list is a plan that CreateBackupPlan takes as it is."""
    backup = world.backup()
    pages = backup.get_paginator("list_backup_plan_templates").paginate(PaginationConfig={"PageSize": 1})
    found = [row for page in pages for row in page["BackupPlanTemplatesList"]]
    for row in found:
        template = row["BackupPlanTemplateId"]
        plan = backup.get_backup_plan_from_template(BackupPlanTemplateId=template)["BackupPlanDocument"]
        assert plan["BackupPlanName"] == row["BackupPlanTemplateName"]
        backup.create_backup_plan(BackupPlan=plan)
    assert len(backup.list_backup_plans()["BackupPlansList"]) == len(found) == 4
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_backup_plan_from_template(BackupPlanTemplateId="none")


def test_plans_to_and_from_json(world: World) -> None:
    """What is exported is read back as the same plan, with defaults and without ids."""
    backup = world.backup()
    rule = {"RuleName": "night", "TargetBackupVaultName": "night", "Lifecycle": {"DeleteAfterDays": 7}}
    plan = {"BackupPlanName": "gold", "Rules": [rule]}
    plan_id = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    exported = backup.export_backup_plan_template(BackupPlanId=plan_id)["BackupPlanTemplateJson"]
    read = backup.get_backup_plan_from_json(BackupPlanTemplateJson=exported)["BackupPlan"]

    assert read == json.loads(exported)
    assert read == backup.get_backup_plan_from_json(BackupPlanTemplateJson=json.dumps(plan))["BackupPlan"]
    assert read["Rules"] == [
        rule
        | {
            "ScheduleExpression": "cron(0 5 ? * * *)",
            "ScheduleExpressionTimezone": "Etc/UTC",
            "StartWindowMinutes": 480,
            "CompletionWindowMinutes": 10_080,
        }
    ]
    for wrong in ("{", "[]", '{"BackupPlanName": 7, "Rules": []}', '{"BackupPlanName": "x", "Rules": []}'):
        with pytest.raises(backup.exceptions.InvalidParameterValueException):
            backup.get_backup_plan_from_json(BackupPlanTemplateJson=wrong)
    with pytest.raises(backup.exceptions.MissingParameterValueException):
        backup.get_backup_plan_from_json(BackupPlanTemplateJson="{}")


def test_snapshots_cannot_be_disassociated(world: World, volume: str) -> None:
    """Only continuous backups can be, and only nested recovery points have a parent (API)."""
    backup = world.backup()
    start(world, volume)
    world.run(START + timedelta(hours=1))
    (point,) = backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]
    named = {"BackupVaultName": "night", "RecoveryPointArn": point["RecoveryPointArn"]}
    for call in (backup.disassociate_recovery_point, backup.disassociate_recovery_point_from_parent):
        with pytest.raises(backup.exceptions.InvalidRequestException):
            call(**named)
        with pytest.raises(backup.exceptions.ResourceNotFoundException):
            call(**named | {"RecoveryPointArn": f"{point['RecoveryPointArn']}0"})
    assert len(backup.list_recovery_points_by_backup_vault(BackupVaultName="night")["RecoveryPoints"]) == 1
