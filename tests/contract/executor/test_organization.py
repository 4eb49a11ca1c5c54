"""The jobs of an organization, as its administrators list and count them (API ListBackupJobs)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.executor.service import OrganizationMembership
from tests.contract.executor.world import World

MANAGER, DELEGATED, MEMBER, STRANGER = "123456789012", "222222222222", "333333333333", "444444444444"
START = datetime(2026, 1, 5, tzinfo=UTC)
ORGANIZATION = OrganizationMembership("o-1", MANAGER, frozenset({DELEGATED}))
DAY = timedelta(days=1)


@pytest.fixture
def jobs(world: World) -> dict[str, str]:
    """A job of each account: its id. STRANGER is of no organization."""
    ids = {}
    world.service.membership = lambda account: None if account == STRANGER else ORGANIZATION
    made = world.moto_client("ec2", "eu-west-1").create_volume(AvailabilityZone="eu-west-1a", Size=8)
    for account in (MANAGER, DELEGATED, MEMBER, STRANGER):
        backup = world.backup(account=account)
        backup.create_backup_vault(BackupVaultName="night")
        arn = f"arn:aws:ec2:eu-west-1:{account}:volume/{made['VolumeId']}"
        role = f"arn:aws:iam::{account}:role/backup"
        job = {"BackupVaultName": "night", "ResourceArn": arn, "IamRoleArn": role}
        ids[account] = backup.start_backup_job(**job)["BackupJobId"]
    return ids


def listed(world: World, asker: str, wanted: str | None = None, **more: Any) -> set[str]:
    """The accounts of the jobs that `asker` lists, page by page."""
    asked = {} if wanted is None else {"ByAccountId": wanted}
    pages = world.backup(account=asker).get_paginator("list_backup_jobs")
    found = [job for page in pages.paginate(**asked, **more) for job in page["BackupJobs"]]
    return {job["AccountId"] for job in found}


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("asker", [MANAGER, DELEGATED])
def test_administrators_list_every_members_jobs(world: World, asker: str) -> None:
    """`*` is the organization, an id one member; without it the caller's own. Nobody outside is in it."""
    assert listed(world, asker, "*") == {MANAGER, DELEGATED, MEMBER}
    assert listed(world, asker, "*", PaginationConfig={"PageSize": 1}) == {MANAGER, DELEGATED, MEMBER}
    assert listed(world, asker, MEMBER) == {MEMBER}
    assert listed(world, asker) == {asker}
    other_region = world.backup("eu-central-1", account=asker)
    assert other_region.list_backup_jobs(ByAccountId="*")["BackupJobs"] == []
    backup = world.backup(account=asker)
    assert backup.list_copy_jobs(ByAccountId="*")["CopyJobs"] == []
    assert backup.list_restore_jobs(ByAccountId=MEMBER)["RestoreJobs"] == []
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.list_backup_jobs(ByAccountId=STRANGER)


@pytest.mark.usefixtures("jobs")
@pytest.mark.parametrize("asker", [MEMBER, STRANGER])
@pytest.mark.parametrize("wanted", ["*", MANAGER])
def test_others_list_their_own(world: World, asker: str, wanted: str) -> None:
    """Who administers nothing is refused other accounts' jobs, never answered with fewer."""
    backup = world.backup(account=asker)
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.list_backup_jobs(ByAccountId=wanted)
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.list_backup_job_summaries(AccountId=MANAGER)
    assert listed(world, asker, asker) == {asker}


@pytest.mark.usefixtures("jobs")
def test_summaries_of_an_organization(world: World) -> None:
    """ANY counts each account, AGGREGATE_ALL adds them up; a member gets its own jobs, as the model says."""
    world.run(START + DAY)

    def counted(asker: str, **wanted: str) -> dict[str, int]:
        answer = world.backup(account=asker).list_backup_job_summaries(**wanted)
        return {row["AccountId"]: row["Count"] for row in answer["BackupJobSummaries"]}

    everyone = dict.fromkeys((MANAGER, DELEGATED, MEMBER), 1)
    assert counted(MANAGER, AccountId="ANY") == counted(DELEGATED, AccountId="ANY") == everyone
    assert counted(MANAGER, AccountId="AGGREGATE_ALL", State="AGGREGATE_ALL") == {"AGGREGATE_ALL": 3}
    assert counted(MANAGER, AccountId=MEMBER) == {MEMBER: 1}
    assert counted(MANAGER) == {MANAGER: 1}
    assert counted(MEMBER, AccountId="ANY") == counted(MEMBER) == {MEMBER: 1}
    assert counted(STRANGER, AccountId="AGGREGATE_ALL") == {STRANGER: 1}


@pytest.mark.parametrize("wanted", ["everyone", "12", "**", ""])
def test_what_is_no_account_is_refused(world: World, wanted: str) -> None:
    """An id has 12 digits; each listing has its own word for all of them."""
    backup = world.backup()
    for ask in (
        lambda: backup.list_backup_jobs(ByAccountId=wanted),
        lambda: backup.list_backup_jobs(ByAccountId="ANY"),
        lambda: backup.list_backup_job_summaries(AccountId=wanted),
        lambda: backup.list_backup_job_summaries(AccountId="*"),
    ):
        with pytest.raises(backup.exceptions.InvalidParameterValueException):
            ask()


@pytest.mark.parametrize("region", ["eu-nowhere-1", "cn-north-1", "eu-west"])
def test_unknown_regions_are_refused(world: World, region: str) -> None:
    """Where a Region is named it must be one of the partition: in copy actions and in report plans."""
    backup = world.backup()
    arn = f"arn:aws:backup:{region}:{MANAGER}:backup-vault:copies"
    rule = {
        "RuleName": "r",
        "TargetBackupVaultName": "night",
        "CopyActions": [{"DestinationBackupVaultArn": arn}],
    }
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.create_backup_plan(BackupPlan={"BackupPlanName": "p", "Rules": [rule]})
    with pytest.raises(backup.exceptions.InvalidParameterValueException):
        backup.create_report_plan(
            ReportPlanName="p",
            ReportDeliveryChannel={"S3BucketName": "reports"},
            ReportSetting={"ReportTemplate": "BACKUP_JOB_REPORT", "Regions": [region]},
        )
