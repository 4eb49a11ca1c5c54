"""What Terraform's AWS provider does with each of its resources for AWS Backup, call by call.

The provider itself is a program in Go that is not here; these are the calls that its resources make, in their
order, with the parameters as its SDK sends them (empty lists and structures included), and the errors that it
takes for "gone". A plan without a difference is a read that gives what was written, twice.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.clients.conftest import Executor
from tests.contract.clients.terraform_provider import INVALID, NOT_FOUND, Call, Document, plan, rule
from tests.contract.clients.terraform_resources import KEPT, NO_POLICY, SELECTION, TAGS, TESTING, TOPIC


@pytest.fixture
def backup(executor: Executor) -> Iterator[Any]:
    """A client each of whose calls is made a second after the one before; what resources hang on is there."""
    client = executor.backup

    def pass_time(**_: Any) -> None:
        executor.traveller.shift(timedelta(seconds=1))

    client.meta.events.register("before-call", pass_time)
    client.create_backup_vault(BackupVaultName="held", CreatorRequestId="once")
    client.create_restore_testing_plan(
        RestoreTestingPlan=TESTING | {"RestoreTestingPlanName": "held"}, CreatorRequestId="once"
    )
    yield client
    client.meta.events.unregister("before-call", pass_time)


def found(answer: Document, path: str) -> Any:
    """The member at a path."""
    for name in path.split("."):
        answer = answer[name]
    return answer


def ask(backup: Any, call: Call, more: Document) -> Document:
    """Make a call with what an earlier one answered."""
    answer: Document = getattr(backup, call[0])(**call[1], **more)
    return answer


@pytest.mark.parametrize("name", KEPT)
def test_a_resource_from_its_creation_to_its_end(backup: Any, name: str, refused: Callable[..., str]) -> None:
    """Create, wait, read what was written; change it in place, twice no difference; delete, and again."""
    kept, more = KEPT[name], {}
    if name == "aws_backup_selection":
        more = {
            "BackupPlanId": backup.create_backup_plan(BackupPlan=plan(rule("r"), BackupPlanName="of"))[
                "BackupPlanId"
            ]
        }
    made = ask(backup, kept.create, more)
    key = {one: made[one] for one in kept.names}
    for change, expected in ((None, kept.written), *kept.changes):
        if change is not None:
            ask(backup, change, key)
        reads = [ask(backup, kept.read, key) for _ in range(2)]
        assert [kept.shown(read) for read in reads] == [expected, expected]
        if kept.state is not None:
            assert found(reads[0], kept.state[0]) == kept.state[1]
    if kept.arn is not None:
        check_tags(backup, found(ask(backup, kept.read, key), kept.arn), kept.tags)

    ask(backup, kept.delete, key)

    if kept.gone:
        assert refused(lambda: ask(backup, kept.read, key)) == kept.gone
    else:
        lock = ask(backup, kept.read, key)
        assert (lock["Locked"], lock.get("MinRetentionDays"), lock.get("LockDate")) == (False, None, None)
    if kept.again is None:
        ask(backup, kept.delete, key)
    else:
        assert refused(lambda: ask(backup, kept.delete, key)) == kept.again


def check_tags(backup: Any, arn: str, tags: Mapping[str, str]) -> None:
    """The provider reads tags by ARN and changes them key by key."""
    assert backup.list_tags(ResourceArn=arn)["Tags"] == tags
    backup.untag_resource(ResourceArn=arn, TagKeyList=["owner"])
    backup.tag_resource(ResourceArn=arn, Tags={"tier": "silver", "env": "prod"})
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {"tier": "silver", "env": "prod"}


def test_settings_are_updated_and_never_deleted(backup: Any) -> None:
    """Region and global settings read as they were written; with every name written nothing differs."""
    before = backup.describe_region_settings()
    opted = dict.fromkeys(before["ResourceTypeOptInPreference"], True) | {"EBS": False}
    managed = dict.fromkeys(before["ResourceTypeManagementPreference"], False)
    settings = {
        "isCrossAccountBackupEnabled": "true",
        "isMpaEnabled": "false",
        "isDelegatedAdministratorEnabled": "false",
    }

    backup.update_region_settings(ResourceTypeOptInPreference=opted, ResourceTypeManagementPreference=managed)
    backup.update_global_settings(GlobalSettings=settings)

    for _ in range(2):
        region = backup.describe_region_settings()
        assert region["ResourceTypeOptInPreference"] == opted
        assert region["ResourceTypeManagementPreference"] == managed
        assert backup.describe_global_settings()["GlobalSettings"] == settings
    backup.update_region_settings(ResourceTypeOptInPreference={"EBS": True})


def test_a_plan_waits_for_its_selections_to_go(backup: Any) -> None:
    """The provider tries a deletion again while AWS Backup says these words."""
    plan_id = backup.create_backup_plan(BackupPlan=plan(rule("r"), BackupPlanName="busy"))["BackupPlanId"]
    made = backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=SELECTION)

    with pytest.raises(ClientError, match="Related backup plan selections must be deleted prior to backup"):
        backup.delete_backup_plan(BackupPlanId=plan_id)
    backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=made["SelectionId"])
    backup.delete_backup_plan(BackupPlanId=plan_id)


def test_a_selection_of_a_plan_that_is_gone_is_gone(backup: Any, refused: Callable[..., str]) -> None:
    """A plan that was deleted by hand takes nothing of Terraform with it into an error."""
    plan_id = backup.create_backup_plan(BackupPlan=plan(rule("r"), BackupPlanName="short"))["BackupPlanId"]
    backup.delete_backup_plan(BackupPlanId=plan_id)
    chosen = {"BackupPlanId": plan_id, "SelectionId": "5e1ec710-0000-4000-8000-000000000000"}

    assert refused(lambda: backup.get_backup_selection(**chosen)) == NOT_FOUND
    assert refused(lambda: backup.delete_backup_selection(**chosen)) == INVALID
    assert refused(lambda: backup.get_backup_plan(BackupPlanId=plan_id)) == NOT_FOUND


def test_a_vault_is_emptied_and_destroyed(
    executor: Executor, backup: Any, refused: Callable[..., str]
) -> None:
    """force_destroy: every page of recovery points, each deleted and looked for until it is gone."""
    backup.create_backup_vault(BackupVaultName="full")
    executor.back_up("full", executor.volumes(3))
    assert refused(lambda: backup.delete_backup_vault(BackupVaultName="full")) == "InvalidRequestException"

    pages = backup.get_paginator("list_recovery_points_by_backup_vault").paginate(
        BackupVaultName="full", PaginationConfig={"PageSize": 1}
    )
    for page in pages:
        for point in page["RecoveryPoints"]:
            named = {"BackupVaultName": "full", "RecoveryPointArn": point["RecoveryPointArn"]}
            backup.delete_recovery_point(**named)
            assert refused(lambda named=named: backup.describe_recovery_point(**named)) == NOT_FOUND
    backup.delete_backup_vault(BackupVaultName="full")

    assert refused(lambda: backup.describe_backup_vault(BackupVaultName="full")) == NOT_FOUND


@pytest.mark.parametrize(
    "name", ["aws_backup_framework", "aws_backup_report_plan", "aws_backup_restore_testing_plan"]
)
def test_a_creation_that_is_sent_again_makes_one(backup: Any, name: str) -> None:
    """The SDK sends a creation again whose answer was lost: the token tells, another token is refused."""
    kept = KEPT[name]
    first = ask(backup, kept.create, {})
    again = ask(backup, kept.create, {})
    token = next(key for key in kept.create[1] if key in {"IdempotencyToken", "CreatorRequestId"})

    with pytest.raises(backup.exceptions.AlreadyExistsException):
        ask(backup, (kept.create[0], kept.create[1] | {token: "other"}), {})
    ask(backup, kept.delete, {})

    assert {key: value for key, value in first.items() if key != "ResponseMetadata"} == {
        key: value for key, value in again.items() if key != "ResponseMetadata"
    }


def test_nothing_of_a_vault_outlives_it(backup: Any, refused: Callable[..., str]) -> None:
    """A vault of the same name is a new one: without policy, lock, notifications and tags."""
    named = {"BackupVaultName": "reborn"}
    arn = backup.create_backup_vault(**named, BackupVaultTags=TAGS)["BackupVaultArn"]
    backup.put_backup_vault_notifications(
        **named, SNSTopicArn=TOPIC, BackupVaultEvents=["BACKUP_JOB_STARTED"]
    )
    backup.put_backup_vault_access_policy(**named, Policy=json.dumps(NO_POLICY))
    backup.put_backup_vault_lock_configuration(**named, MinRetentionDays=1)
    backup.delete_backup_vault(**named)
    backup.create_backup_vault(**named)

    assert refused(lambda: backup.get_backup_vault_notifications(**named)) == NOT_FOUND
    assert refused(lambda: backup.get_backup_vault_access_policy(**named)) == NOT_FOUND
    assert backup.describe_backup_vault(**named)["Locked"] is False
    assert backup.list_tags(ResourceArn=arn)["Tags"] == {}
