"""Push against the AWS Backup API of a whole organization."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.push import run
from auditor.push.changes import Action, Change, ChangeKind, ChangeStatus
from tests.contract.push.conftest import World

UNCHANGED = {(Action.NONE, ChangeStatus.DONE)}
IAM = Path(__file__).parents[3] / "examples" / "iam" / "auditor-push.json"


def of(changes: list[Change], kind: ChangeKind, name: str = "") -> list[Change]:
    """The changes of a kind, and of a name if one is given."""
    return [change for change in changes if change.kind is kind and name in ("", change.name)]


def failures(changes: list[Change]) -> list[tuple[str, ChangeKind, str]]:
    """What failed, where."""
    return [
        (change.region, change.kind, change.name)
        for change in changes
        if change.outcome is ChangeStatus.FAILED
    ]


@pytest.mark.parametrize("fixture", ["world", pytest.param("china", marks=pytest.mark.long)])
def test_a_first_push_makes_everything_and_a_second_one_changes_nothing(
    fixture: str, request: pytest.FixtureRequest
) -> None:
    """What AWS Backup answers afterwards is the desired state, with our tag on it, in both Regions."""
    world = request.getfixturevalue(fixture)
    planned = world.plan("fresh")
    counts = Counter((change.action, change.kind) for change in planned if change.action is not Action.NONE)
    assert counts == {
        (Action.CREATE, ChangeKind.VAULT): 6,
        (Action.CREATE, ChangeKind.LOCK): 2,
        (Action.CREATE, ChangeKind.PLAN): 6,
        (Action.CREATE, ChangeKind.SELECTION): 8,
    }
    applied = run.apply(planned, world.sessions)
    assert world.outcomes(applied) == {(Action.CREATE, ChangeStatus.DONE), *UNCHANGED}

    for place in (0, 1):
        backup = world.backup("fresh", place)
        vault = backup.describe_backup_vault(BackupVaultName="backup-gold")
        grace = vault["LockDate"] - vault["CreationDate"]
        assert (vault["MinRetentionDays"], vault["MaxRetentionDays"]) == (35, 90)
        assert timedelta(days=3) <= grace < timedelta(days=3, minutes=5)
        plans = {plan["BackupPlanName"]: plan for plan in backup.list_backup_plans()["BackupPlansList"]}
        assert set(plans) == {"backup-bronze", "backup-gold", "backup-silver"}
        gold = backup.get_backup_plan(BackupPlanId=plans["backup-gold"]["BackupPlanId"])["BackupPlan"]
        copies = [
            copy["DestinationBackupVaultArn"]
            for rule in gold["Rules"]
            for copy in rule.get("CopyActions", ())
        ]
        other = world.regions[1 - place]
        partition, account_id = world.facts["partition"], world.account_id("fresh")
        assert copies == [f"arn:{partition}:backup:{other}:{account_id}:backup-vault:backup-gold"]
        for arn in (vault["BackupVaultArn"], plans["backup-gold"]["BackupPlanArn"]):
            assert backup.list_tags(ResourceArn=arn)["Tags"] == {"managed-by": "auditor"}

    again = world.plan("fresh")
    assert world.outcomes(again) == UNCHANGED
    assert len(again) == len(applied)
    assert run.apply(again, world.sessions) == again


@pytest.mark.long
def test_applying_the_same_changes_twice_makes_nothing_twice(world: World) -> None:
    """As after a lost answer: the requests carry the same CreatorRequestId."""
    planned = world.plan("watched")
    first, second = (run.apply(planned, world.sessions) for _ in range(2))
    assert first == second
    assert len(world.backup("watched").list_backup_plans()["BackupPlansList"]) == 3
    assert world.outcomes(world.plan("watched")) == UNCHANGED


def test_drift_is_put_right_and_what_is_not_ours_is_left(world: World) -> None:
    """A changed plan, a replaced selection, an opt-out; a foreign plan with its selection stays."""
    world.push("drifted")
    backup = world.backup("drifted")
    ids = {
        plan["BackupPlanName"]: plan["BackupPlanId"] for plan in backup.list_backup_plans()["BackupPlansList"]
    }
    bronze = backup.get_backup_plan(BackupPlanId=ids["backup-bronze"])["BackupPlan"]
    bronze["Rules"][0].pop("RuleId")
    bronze["Rules"][0]["Lifecycle"]["DeleteAfterDays"] = 1
    backup.update_backup_plan(BackupPlanId=ids["backup-bronze"], BackupPlan=bronze)
    silver = backup.list_backup_selections(BackupPlanId=ids["backup-silver"])["BackupSelectionsList"]
    backup.delete_backup_selection(BackupPlanId=ids["backup-silver"], SelectionId=silver[0]["SelectionId"])
    strange = {"SelectionName": "hand-made", "IamRoleArn": silver[0]["IamRoleArn"], "Resources": ["*"]}
    for plan in ("backup-silver", "backup-gold"):
        backup.create_backup_selection(BackupPlanId=ids[plan], BackupSelection=strange)
    foreign = {**bronze, "BackupPlanName": "theirs"}
    theirs = backup.create_backup_plan(BackupPlan=foreign)["BackupPlanId"]
    backup.create_backup_selection(BackupPlanId=theirs, BackupSelection=strange)

    planned = world.plan("drifted")
    wanted = [change for change in planned if change.action is not Action.NONE]
    assert [(change.action, change.kind, change.name, change.parent) for change in wanted] == [
        (Action.UPDATE, ChangeKind.PLAN, "backup-bronze", ""),
        (Action.CREATE, ChangeKind.SELECTION, "silver-3-1", "backup-silver"),
        (Action.DELETE, ChangeKind.SELECTION, "hand-made", "backup-gold"),
        (Action.DELETE, ChangeKind.SELECTION, "hand-made", "backup-silver"),
    ]
    assert failures(run.apply(planned, world.sessions)) == []
    assert world.outcomes(world.plan("drifted")) == UNCHANGED
    assert len(backup.list_backup_selections(BackupPlanId=theirs)["BackupSelectionsList"]) == 1


@pytest.mark.long
def test_a_resource_type_that_was_opted_out_is_opted_in_again_and_no_other_is_touched(world: World) -> None:
    """Only what is needed is turned on."""
    backup = world.backup("drifted", 1)
    world.push("drifted", organization={"resource_types": ["EBS"]})
    backup.update_region_settings(ResourceTypeOptInPreference={"EBS": False, "S3": False})
    planned = world.plan("drifted", organization={"resource_types": ["EBS"]})
    settings = [change for change in of(planned, ChangeKind.SETTINGS) if change.action is not Action.NONE]
    assert [(change.region, change.action) for change in settings] == [(world.regions[1], Action.UPDATE)]
    run.apply(planned, world.sessions)
    preference = backup.describe_region_settings()["ResourceTypeOptInPreference"]
    assert (preference["EBS"], preference["S3"]) == (True, False)


@pytest.mark.long
def test_a_new_prefix_makes_new_plans_before_the_old_ones_go_and_keeps_the_vaults(world: World) -> None:
    """Plans that no tier asks for are deleted with their selections; a vault holds backups and stays."""
    world.push("renamed")
    changes = world.push("renamed", organization={"name_prefix": "auditor-"})
    assert failures(changes) == []
    deleted = Counter(change.kind for change in changes if change.action is Action.DELETE)
    assert deleted == {ChangeKind.SELECTION: 8, ChangeKind.PLAN: 6}
    backup = world.backup("renamed")
    names = [plan["BackupPlanName"] for plan in backup.list_backup_plans()["BackupPlansList"]]
    vaults = [vault["BackupVaultName"] for vault in backup.list_backup_vaults()["BackupVaultList"]]
    tiers = ("bronze", "gold", "silver")
    assert sorted(names) == [f"auditor-{tier}" for tier in tiers]
    assert sorted(vaults) == [f"{prefix}-{tier}" for prefix in ("auditor", "backup") for tier in tiers]
    assert world.outcomes(world.plan("renamed", organization={"name_prefix": "auditor-"})) == UNCHANGED


def test_a_vault_that_appears_meanwhile_fails_with_what_needs_it_and_the_rest_goes_on(world: World) -> None:
    """The lock, the plan and its selection are not tried; every other change of the account is made."""
    planned = world.plan("taken")
    world.backup("taken").create_backup_vault(BackupVaultName="backup-gold")
    applied = run.apply(planned, world.sessions)
    primary = world.regions[0]
    assert failures(applied) == [
        (primary, ChangeKind.VAULT, "backup-gold"),
        (primary, ChangeKind.LOCK, "backup-gold"),
        (primary, ChangeKind.PLAN, "backup-gold"),
        (primary, ChangeKind.SELECTION, "gold-2-1"),
    ]
    errors = [change.error for change in applied if change.outcome is ChangeStatus.FAILED]
    assert errors[0].startswith("CreateBackupVault failed (AlreadyExistsException: ")
    assert (
        errors[1:3]
        == ["It was not tried, as vault backup-gold is not there: correct that and push again."] * 2
    )
    assert errors[3] == "It was not tried, as plan backup-gold is not there: correct that and push again."
    later = [change for change in world.plan("taken") if change.outcome is ChangeStatus.FAILED]
    assert [(change.kind, change.error) for change in later] == [
        (
            ChangeKind.VAULT,
            (
                "Vault backup-gold is there and does not carry the tag managed-by=auditor: give it the tag "
                "to hand it over, or choose another organization.name_prefix in parameters.yaml."
            ),
        )
    ]


@pytest.mark.long
def test_a_selection_that_cannot_be_replaced_comes_back(world: World) -> None:
    """Its plan's resources stay protected, and deletions of the Region wait."""
    world.push("refused")
    present = of(world.plan("refused"), ChangeKind.SELECTION, "gold-2-1")[0]
    too_many = [{"ConditionKey": "aws:ResourceTag/a", "ConditionValue": str(number)} for number in range(31)]
    broken = {**(present.after or {}), "Conditions": {"StringNotEquals": too_many}}
    update = replace(present, action=Action.UPDATE, after=broken, outcome=ChangeStatus.PLANNED)
    other = of(world.plan("refused"), ChangeKind.SELECTION, "silver-3-1")[0]
    delete = replace(other, action=Action.DELETE, after=None, outcome=ChangeStatus.PLANNED)
    applied = run.apply([update, delete], world.sessions)
    assert [change.outcome for change in applied] == [ChangeStatus.FAILED, ChangeStatus.FAILED]
    assert applied[0].error.startswith("CreateBackupSelection failed (")
    assert applied[1].error == (
        "It is kept, as a plan or selection of this Region failed: correct that and push again."
    )
    assert world.outcomes(world.plan("refused")) == UNCHANGED


@pytest.mark.long
def test_a_lock_past_its_date_cannot_follow_its_tier_and_the_rest_does(world: World) -> None:
    """The change is failed in the plan already, in words; the plan's retention is changed all the same."""
    world.push("aged")
    gold = {**world.catalogue.data["tiers"]["tiers"]["gold"], "retention_days": 40}
    stricter = {"gold": {**gold, "copy": {"retention_days": 40}}}

    def lock(tiers: dict[str, Any], later: timedelta) -> set[tuple[Action, ChangeStatus]]:
        planned: list[Change] = world.plan("aged", tiers=tiers, later=later)
        return {(change.action, change.outcome) for change in of(planned, ChangeKind.LOCK, "backup-gold")}

    assert lock({"gold": gold}, timedelta(0)) == UNCHANGED, "its copies are still kept 35 days"
    assert lock(stricter, timedelta(days=2, hours=23)) == {(Action.UPDATE, ChangeStatus.PLANNED)}
    assert lock(stricter, timedelta(days=3, hours=1)) == {(Action.UPDATE, ChangeStatus.FAILED)}

    changes = world.push("aged", tiers=stricter, later=timedelta(days=4))
    assert {change.outcome for change in of(changes, ChangeKind.PLAN, "backup-gold")} == {ChangeStatus.DONE}
    assert {
        "is in force since 2026-01-08 00:" in change.error
        for change in of(changes, ChangeKind.LOCK, "backup-gold")
    } == {True}


@pytest.mark.long
def test_denied_accounts_and_throttled_regions_are_failed_changes_and_the_others_go_on(world: World) -> None:
    """A whole organization: one change for the account, one for the Region, each with AWS's code."""
    planned = world.plan()
    failed = [
        change
        for change in planned
        if change.outcome is ChangeStatus.FAILED and change.kind is not ChangeKind.VAULT
    ]
    assert [(change.account_name, change.region, change.kind) for change in failed] == sorted(
        [("closed", "", ChangeKind.ACCOUNT), ("busy", world.regions[1], ChangeKind.REGION)],
        key=lambda row: world.account_id(row[0]),
    )
    codes = {change.account_name: change.error for change in failed}
    assert "(AccessDenied)" in codes["closed"]
    assert codes["busy"].startswith("DescribeRegionSettings failed (Throttl")
    busy = [
        change for change in planned if change.account_name == "busy" and change.region == world.regions[0]
    ]
    assert (Action.CREATE, ChangeStatus.PLANNED) in world.outcomes(busy)
    ids = [change.account for change in planned]
    assert ids == sorted(ids)
    assert set(world.facts["accounts"].values()) <= set(ids)


@pytest.mark.long
def test_the_iam_policy_of_the_examples_allows_what_push_calls(
    world: World, watch: Callable[[], set[str]]
) -> None:
    """Every operation of a first push, of drift and of a new prefix, and nothing of AWS Backup besides."""
    world.backup("watched").update_region_settings(ResourceTypeOptInPreference={"EBS": False})
    called = watch()
    world.push("watched")
    silver = {**world.catalogue.data["tiers"]["tiers"]["silver"], "retention_days": 15}
    world.push("watched", tiers={"silver": silver})
    world.push("watched", organization={"name_prefix": "other-"})
    statements = json.loads(IAM.read_text(encoding="utf-8"))["Statement"]
    actions = [statement["Action"] for statement in statements]
    allowed = {one for action in actions for one in ([action] if isinstance(action, str) else action)}
    grants = {"kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey", "kms:RetireGrant"}
    besides = {"backup:TagResource", "backup-storage:MountCapsule", "iam:PassRole", "ec2:DescribeRegions"}
    assert called == allowed - besides - grants
