"""Plans, versions, selections, settings and tags, through boto3's client."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.database.settings import TYPES
from tests.contract.executor.world import World

START = datetime(2026, 1, 5, tzinfo=UTC)
ROLE = "arn:aws:iam::123456789012:role/backup"
RULE = {"RuleName": "night", "TargetBackupVaultName": "vault"}
PLAN = {"BackupPlanName": "gold", "Rules": [RULE]}


def answer(response: dict[str, Any]) -> dict[str, Any]:
    """A response without its metadata."""
    return {key: value for key, value in response.items() if key != "ResponseMetadata"}


def test_create_and_get(world: World) -> None:
    """AWS's defaults are filled in, and each rule has an id."""
    backup = world.backup()
    created = backup.create_backup_plan(BackupPlan=PLAN, CreatorRequestId="once")
    found = answer(backup.get_backup_plan(BackupPlanId=created["BackupPlanId"]))

    rule_id = found["BackupPlan"]["Rules"][0]["RuleId"]
    assert found == {
        "BackupPlan": {
            "BackupPlanName": "gold",
            "Rules": [
                RULE
                | {
                    "RuleId": rule_id,
                    "ScheduleExpression": "cron(0 5 ? * * *)",
                    "ScheduleExpressionTimezone": "Etc/UTC",
                    "StartWindowMinutes": 480,
                    "CompletionWindowMinutes": 10_080,
                }
            ],
        },
        "BackupPlanId": created["BackupPlanId"],
        "BackupPlanArn": f"arn:aws:backup:eu-west-1:123456789012:backup-plan:{created['BackupPlanId']}",
        "CreationDate": START,
        "VersionId": created["VersionId"],
        "CreatorRequestId": "once",
    }


def test_the_same_plan_again(world: World) -> None:
    """The same request answers the same plan; the same document in another request is refused."""
    backup = world.backup()
    first = backup.create_backup_plan(BackupPlan=PLAN, CreatorRequestId="once")

    assert answer(backup.create_backup_plan(BackupPlan=PLAN, CreatorRequestId="once")) == answer(first)
    with pytest.raises(backup.exceptions.AlreadyExistsException) as caught:
        backup.create_backup_plan(BackupPlan=PLAN, CreatorRequestId="twice")
    assert caught.value.response["Arn"] == first["BackupPlanArn"]


def test_versions(world: World) -> None:
    """An update is a new version from its moment on; rules keep their ids; old versions can be read."""
    backup = world.backup()
    created = backup.create_backup_plan(BackupPlan=PLAN)
    plan_id = created["BackupPlanId"]
    world.traveller.move_to(START + timedelta(days=1))
    changed = {"BackupPlanName": "gold", "Rules": [RULE | {"Lifecycle": {"DeleteAfterDays": 7}}]}
    updated = backup.update_backup_plan(BackupPlanId=plan_id, BackupPlan=changed)

    versions = backup.list_backup_plan_versions(BackupPlanId=plan_id)["BackupPlanVersionsList"]
    assert [(v["VersionId"], v["CreationDate"]) for v in versions] == [
        (updated["VersionId"], START + timedelta(days=1)),
        (created["VersionId"], START),
    ]
    now = backup.get_backup_plan(BackupPlanId=plan_id)
    before = backup.get_backup_plan(BackupPlanId=plan_id, VersionId=created["VersionId"])
    rules = [version["BackupPlan"]["Rules"][0] for version in (before, now)]
    assert [rule.get("Lifecycle") for rule in rules] == [None, {"DeleteAfterDays": 7}]
    assert rules[0]["RuleId"] == rules[1]["RuleId"]
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.get_backup_plan(BackupPlanId=plan_id, VersionId="none")


def test_preview_of_scheduled_runs(world: World) -> None:
    """The next runs over all rules in order of time."""
    backup = world.backup()
    weekly = RULE | {"RuleName": "weekly", "ScheduleExpression": "cron(30 5 ? * MON *)"}
    created = backup.create_backup_plan(BackupPlan={"BackupPlanName": "gold", "Rules": [RULE, weekly]})
    runs = backup.get_backup_plan(BackupPlanId=created["BackupPlanId"], MaxScheduledRunsPreview=3)

    times = [run["ExecutionTime"] for run in runs["ScheduledRunsPreview"]]
    assert times == [
        datetime(2026, 1, 5, 5, tzinfo=UTC),
        datetime(2026, 1, 5, 5, 30, tzinfo=UTC),
        datetime(2026, 1, 6, 5, tzinfo=UTC),
    ]
    assert {run["RuleExecutionType"] for run in runs["ScheduledRunsPreview"]} == {"SNAPSHOTS"}


def test_preview_of_a_continuous_rule(world: World) -> None:
    """Its runs are continuous backups, and snapshots of the types that have none."""
    backup = world.backup()
    rule = RULE | {"EnableContinuousBackup": True, "Lifecycle": {"DeleteAfterDays": 35}}
    created = backup.create_backup_plan(BackupPlan={"BackupPlanName": "gold", "Rules": [rule]})
    runs = backup.get_backup_plan(BackupPlanId=created["BackupPlanId"], MaxScheduledRunsPreview=1)

    assert [run["RuleExecutionType"] for run in runs["ScheduledRunsPreview"]] == ["CONTINUOUS_AND_SNAPSHOTS"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"ScheduleExpression": "cron(banana)"}, "Rule night: 'cron(banana)' is not a schedule"),
        ({"ScheduleExpressionTimezone": "Mars/X"}, "Rule night: 'Mars/X' is not a time zone"),
        ({"StartWindowMinutes": 59}, "StartWindowMinutes must be between 60 and 52560000."),
        (
            {"Lifecycle": {"DeleteAfterDays": 0}},
            "DeleteAfterDays cannot be less than 1 or more than 36500 days",
        ),
        (
            {"Lifecycle": {"DeleteAfterDays": 36_501}},
            "DeleteAfterDays cannot be less than 1 or more than 36500 days",
        ),
        (
            {"Lifecycle": {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 119}},
            "Invalid lifecycle. DeleteAfterDays cannot be less than 90 days apart from MoveToColdStorage",
        ),
        (
            {"CopyActions": [{"DestinationBackupVaultArn": "vault"}]},
            "DestinationBackupVaultArn must be the ARN",
        ),
        *(
            (
                {"EnableContinuousBackup": True, "Lifecycle": lifecycle},
                "Invalid lifecycle. DeleteAfterDays must be between 1 and 35 days with continuous backup",
            )
            for lifecycle in ({}, {"DeleteAfterDays": -1}, {"DeleteAfterDays": 36})
        ),
        (
            {
                "EnableContinuousBackup": True,
                "Lifecycle": {"MoveToColdStorageAfterDays": 1, "DeleteAfterDays": 91},
            },
            "Invalid lifecycle. MoveToColdStorageAfterDays is unavailable",
        ),
        ({"RuleName": "a b"}, "Value 'a b' at BackupPlan.Rules[0].RuleName failed to satisfy constraint"),
    ],
)
def test_plans_that_are_refused(world: World, rule: dict[str, Any], message: str) -> None:
    """What AWS refuses is refused, with its words where they are known."""
    backup = world.backup()
    with pytest.raises(backup.exceptions.InvalidParameterValueException) as caught:
        backup.create_backup_plan(BackupPlan={"BackupPlanName": "gold", "Rules": [RULE | rule]})

    assert caught.value.response["Error"]["Message"].startswith(message)
    assert backup.list_backup_plans()["BackupPlansList"] == []


@pytest.mark.parametrize(
    "lifecycle",
    [
        {"DeleteAfterDays": 1},
        {"DeleteAfterDays": -1},
        {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 120},
    ],
)
def test_lifecycles_at_the_edge(world: World, lifecycle: dict[str, int]) -> None:
    """The smallest lifecycles, and never (-1)."""
    rule = RULE | {"Lifecycle": lifecycle}
    created = world.backup().create_backup_plan(BackupPlan={"BackupPlanName": "gold", "Rules": [rule]})

    found = world.backup().get_backup_plan(BackupPlanId=created["BackupPlanId"])
    assert found["BackupPlan"]["Rules"][0]["Lifecycle"] == lifecycle


def test_deleting_a_plan(world: World) -> None:
    """Refused while it has selections; afterwards listed with deleted plans only."""
    backup = world.backup()
    plan_id = backup.create_backup_plan(BackupPlan=PLAN)["BackupPlanId"]
    selection = {"SelectionName": "all", "IamRoleArn": ROLE, "Resources": ["*"]}
    chosen = backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)["SelectionId"]
    with pytest.raises(backup.exceptions.InvalidRequestException) as caught:
        backup.delete_backup_plan(BackupPlanId=plan_id)
    backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=chosen)
    backup.delete_backup_plan(BackupPlanId=plan_id)

    assert caught.value.response["Error"]["Message"] == (
        "Related backup plan selections must be deleted prior to backup plan deletion"
    )
    assert backup.list_backup_plans()["BackupPlansList"] == []
    (deleted,) = backup.list_backup_plans(IncludeDeleted=True)["BackupPlansList"]
    assert (deleted["BackupPlanId"], deleted["DeletionDate"]) == (plan_id, START)
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.update_backup_plan(BackupPlanId=plan_id, BackupPlan=PLAN)


def test_selections(world: World) -> None:
    """A selection comes back as it was written."""
    backup = world.backup()
    plan_id = backup.create_backup_plan(BackupPlan=PLAN)["BackupPlanId"]
    selection = {
        "SelectionName": "gold",
        "IamRoleArn": ROLE,
        "Resources": ["arn:aws:ec2:*:*:volume/*"],
        "NotResources": ["arn:aws:ec2:*:*:volume/vol-1"],
        "ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "tier", "ConditionValue": "gold"}],
        "Conditions": {"StringLike": [{"ConditionKey": "aws:ResourceTag/env", "ConditionValue": "prod*"}]},
    }
    created = backup.create_backup_selection(
        BackupPlanId=plan_id, BackupSelection=selection, CreatorRequestId="once"
    )

    assert answer(backup.get_backup_selection(BackupPlanId=plan_id, SelectionId=created["SelectionId"])) == {
        "BackupSelection": selection,
        "SelectionId": created["SelectionId"],
        "BackupPlanId": plan_id,
        "CreationDate": START,
        "CreatorRequestId": "once",
    }
    assert backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"] == [
        {
            "SelectionId": created["SelectionId"],
            "SelectionName": "gold",
            "BackupPlanId": plan_id,
            "CreationDate": START,
            "CreatorRequestId": "once",
            "IamRoleArn": ROLE,
        }
    ]
    with pytest.raises(backup.exceptions.AlreadyExistsException):
        backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)


@pytest.mark.parametrize(
    "selection",
    [
        {},
        {"Resources": ["volume/*"]},
        {"Resources": ["*"], "IamRoleArn": "backup"},
        {
            "Resources": ["*"],
            "Conditions": {"StringEquals": [{"ConditionKey": "tier", "ConditionValue": "gold"}]},
        },
        {"ListOfTags": [{"ConditionType": "STRINGLIKE", "ConditionKey": "tier", "ConditionValue": "gold"}]},
    ],
)
def test_selections_that_are_refused(world: World, selection: dict[str, Any]) -> None:
    """What AWS refuses is refused."""
    backup = world.backup()
    plan_id = backup.create_backup_plan(BackupPlan=PLAN)["BackupPlanId"]

    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.create_backup_selection(
            BackupPlanId=plan_id, BackupSelection={"SelectionName": "gold", "IamRoleArn": ROLE} | selection
        )
    assert backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"] == []


def test_region_settings(world: World) -> None:
    """Everything is opted in and fully managed at first; a change touches what it names, in its Region."""
    backup = world.backup()
    types = ["Aurora", "CloudFormation", "DynamoDB", "EBS", "EC2", "EFS", "FSx", "RDS", "Redshift", "S3"]
    backup.update_region_settings(
        ResourceTypeOptInPreference={"EBS": False}, ResourceTypeManagementPreference={"DynamoDB": False}
    )
    backup.update_region_settings(ResourceTypeOptInPreference={"S3": False})

    assert backup.get_supported_resource_types()["ResourceTypes"] == types
    assert answer(backup.describe_region_settings()) == {
        "ResourceTypeOptInPreference": dict.fromkeys(types, True) | {"EBS": False, "S3": False},
        "ResourceTypeManagementPreference": {"DynamoDB": False, "EFS": True},
    }
    assert answer(world.backup("eu-central-1").describe_region_settings()) == {
        "ResourceTypeOptInPreference": dict.fromkeys(types, True),
        "ResourceTypeManagementPreference": {"DynamoDB": True, "EFS": True},
    }
    for wrong in (
        {"ResourceTypeOptInPreference": {"Tape": True}},
        {"ResourceTypeManagementPreference": {"EBS": True}},
    ):
        with pytest.raises(backup.exceptions.InvalidParameterValueException):
            backup.update_region_settings(**wrong)


def test_every_type_of_aws_is_a_region_setting(world: World) -> None:
    """AWS's whole list is taken and given back; a type that nothing backs up here stands in nothing's way."""
    backup = world.backup()
    opted = dict.fromkeys(TYPES, True) | {"Timestream": False, "RDS": False}
    managed = {"CloudFormation": True, "DSQL": True, "DynamoDB": False, "EFS": False}
    backup.update_region_settings(ResourceTypeOptInPreference=opted, ResourceTypeManagementPreference=managed)
    backup.create_backup_vault(BackupVaultName="night")
    rule = {"RuleName": "r", "TargetBackupVaultName": "night", "ScheduleExpression": "cron(0 1 * * ? *)"}
    document = {"BackupPlanName": "all", "Rules": [rule]}
    plan_id = backup.create_backup_plan(BackupPlan=document)["BackupPlanId"]
    selection = {"SelectionName": "all", "IamRoleArn": ROLE, "Resources": ["*"]}
    backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)
    world.moto_client("ec2", "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=8)
    world.run(START + timedelta(hours=3))

    assert answer(backup.describe_region_settings()) == {
        "ResourceTypeOptInPreference": opted,
        "ResourceTypeManagementPreference": managed,
    }
    assert [job["State"] for job in backup.list_backup_jobs()["BackupJobs"]] == ["COMPLETED"]


def test_global_settings(world: World) -> None:
    """One set for all Regions of an account."""
    backup = world.backup()
    before = answer(backup.describe_global_settings())
    backup.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "true"})

    defaults = {
        "isCrossAccountBackupEnabled": "false",
        "isDelegatedAdministratorEnabled": "false",
        "isMpaEnabled": "false",
    }
    assert before == {"GlobalSettings": defaults}
    assert answer(world.backup("eu-central-1").describe_global_settings()) == {
        "GlobalSettings": defaults | {"isCrossAccountBackupEnabled": "true"},
        "LastUpdateTime": START,
    }
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.update_global_settings(GlobalSettings={"isCrossAccountBackupEnabled": "yes"})


def test_tags(world: World) -> None:
    """Tags of vaults and plans from their creation on; keys of AWS's own are refused."""
    backup = world.backup()
    vault = backup.create_backup_vault(BackupVaultName="night", BackupVaultTags={"a": "1"})["BackupVaultArn"]
    plan = backup.create_backup_plan(BackupPlan=PLAN, BackupPlanTags={"b": "2"})["BackupPlanArn"]
    backup.tag_resource(ResourceArn=vault, Tags={"a": "3", "c": ""})
    backup.untag_resource(ResourceArn=plan, TagKeyList=["b", "none"])

    assert [backup.list_tags(ResourceArn=arn)["Tags"] for arn in (vault, plan)] == [{"a": "3", "c": ""}, {}]
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.tag_resource(ResourceArn=vault, Tags={"aws:x": "1"})
    with pytest.raises(backup.exceptions.ResourceNotFoundException):
        backup.list_tags(ResourceArn=vault + "x")
