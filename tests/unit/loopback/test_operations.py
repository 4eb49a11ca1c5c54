"""What was put in is read back by boto3's own clients, whatever the size of the pages."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.loopback import wire
from tests.loopback.endpoint import Connect
from tests.loopback.operations import OPERATIONS
from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    HOME,
    MAIN,
    PLAN,
    SINCE,
    VOLUME,
    World,
    standing,
    vault_arn,
)

NOON = datetime(2026, 2, 3, 12, 0, 0, 250_000, tzinfo=UTC)


def full(number: int = 5) -> World:
    """So many of everything in `HOME`."""
    world = standing(backups=())
    here = world.at()
    here.volumes.clear()
    for one in range(number):
        name = f"n{one}"
        tags = [{"Key": "tier", "Value": "gold & <silver>"}]
        world.volume(name, Tags=tags)
        here.instances.append(
            {"InstanceId": name, "LaunchTime": NOON, "State": {"Name": "running"}, "Tags": tags}
        )
        here.db_instances.append({"DBInstanceIdentifier": name, "InstanceCreateTime": NOON, "TagList": tags,
                                  "MultiAZ": True})  # fmt: skip
        here.db_clusters.append({"DBClusterIdentifier": name, "Engine": "aurora-mysql", "TagList": tags})
        here.tables.append({"TableName": name, "CreationDateTime": NOON, "TableStatus": "ACTIVE"})
        here.buckets.append({"Name": name, "CreationDate": NOON})
        here.tags[f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/{name}"] = {"tier": "gold"}
        here.protected.append({"ResourceArn": VOLUME, "ResourceType": "EBS", "LastBackupTime": NOON})
        world.vault(name)
        world.plan([], name)
        world.version(here.plans[0], [], SINCE)
        world.selection(Resources=[name])
        world.night(NOON + timedelta(hours=one), 60)
        world.copied(NOON + timedelta(hours=one), vault_arn(MAIN, AWAY), keep=60)
        world.account(f"00000000000{one}", f"unit {one}", ou_path=("Prod", f"Team {one % 2}"))
    return world


LISTED = {
    ("ec2", "describe_volumes", "Volumes"): lambda here: here.volumes,
    ("rds", "describe_db_instances", "DBInstances"): lambda here: here.db_instances,
    ("rds", "describe_db_clusters", "DBClusters"): lambda here: here.db_clusters,
    ("dynamodb", "list_tables", "TableNames"): lambda here: [table["TableName"] for table in here.tables],
    ("s3", "list_buckets", "Buckets"): lambda here: [
        {**bucket, "BucketRegion": HOME} for bucket in here.buckets
    ],
    ("backup", "list_backup_vaults", "BackupVaultList"): lambda here: [
        {**vault, "NumberOfRecoveryPoints": len(here.recovery_points.get(vault["BackupVaultName"], []))}
        for vault in here.vaults
    ],
    ("backup", "list_backup_jobs", "BackupJobs"): lambda here: here.backup_jobs,
    ("backup", "list_copy_jobs", "CopyJobs"): lambda here: here.copy_jobs,
    ("backup", "list_protected_resources", "Results"): lambda here: here.protected,
}
BELOW = {
    ("list_recovery_points_by_backup_vault", "RecoveryPoints"): (
        {"BackupVaultName": MAIN},
        "RecoveryPointArn",
    ),
    ("list_backup_plan_versions", "BackupPlanVersionsList"): ({"BackupPlanId": PLAN}, "VersionId"),
    ("list_backup_selections", "BackupSelectionsList"): ({"BackupPlanId": PLAN}, "SelectionId"),
    ("list_backup_plans", "BackupPlansList"): ({}, "BackupPlanId"),
}


def everything(client: Any, operation: str, member: str, **given: Any) -> list[Any]:
    """Every item of a listing."""
    return [item for page in client.get_paginator(operation).paginate(**given) for item in page[member]]


@pytest.mark.parametrize("page_size", [1, 2, 5, 1000])
@pytest.mark.parametrize("listing", LISTED, ids=lambda listing: listing[1])
def test_a_listing_gives_every_dictionary_as_it_was_put_in(
    connect: Connect, listing: tuple[str, str, str], page_size: int
) -> None:
    """Times, booleans, tags and order come back whole, however many items a page has."""
    world = full()
    world.page_size = page_size
    service, operation, member = listing

    found = everything(connect(world, service), operation, member)

    assert found == LISTED[listing](world.at())
    assert len(found) >= 5


@pytest.mark.parametrize("page_size", [1, 3, 1000])
@pytest.mark.parametrize("listing", BELOW, ids=lambda listing: listing[0])
def test_what_lies_below_a_vault_or_a_plan_is_listed_page_by_page(
    connect: Connect, listing: tuple[str, str], page_size: int
) -> None:
    """Recovery points, versions, selections and plans, each once and in order."""
    world = full()
    world.page_size = page_size
    here, (given, key) = world.at(), BELOW[listing]
    put = {
        "RecoveryPointArn": here.recovery_points[MAIN],
        "VersionId": here.plans[0]["Versions"],
        "SelectionId": here.selections[PLAN],
        "BackupPlanId": here.plans,
    }[key]

    found = everything(connect(world, "backup"), *listing, **given)

    assert [item[key] for item in found] == [item[key] for item in put]


def test_a_blank_page_with_a_token_comes_first_where_it_is_asked_for(connect: Connect) -> None:
    """AWS's listings may have empty pages in their midst."""
    world = full()
    world.blank_pages = True
    client = connect(world, "backup")

    first = client.list_backup_jobs()

    assert (first["BackupJobs"], "NextToken" in first) == ([], True)
    assert everything(client, "list_backup_jobs", "BackupJobs") == world.at().backup_jobs


def test_the_callers_limit_makes_a_page_smaller_and_never_larger(connect: Connect) -> None:
    """Five jobs: three of MaxResults, two of a page size below it."""
    world = full()
    client = connect(world, "backup")

    assert len(client.list_backup_jobs(MaxResults=3)["BackupJobs"]) == 3
    world.page_size = 2
    assert len(client.list_backup_jobs(MaxResults=3)["BackupJobs"]) == 2


def test_jobs_go_back_thirty_days_and_begin_where_they_are_asked_for(connect: Connect) -> None:
    """A job of exactly 30 days before the endpoint's clock is listed, one a second older is not."""
    world = standing(backups=())
    oldest = world.clock - timedelta(days=30)
    for created in (oldest - timedelta(seconds=1), oldest, NOON):
        world.job(created)
    client = connect(world, "backup")

    assert client.list_backup_jobs()["BackupJobs"] == world.at().backup_jobs[1:]
    since = {"ByCreatedAfter": NOON - timedelta(seconds=1)}
    assert client.list_backup_jobs(**since)["BackupJobs"] == world.at().backup_jobs[2:]


def test_instances_are_reservations_of_one_each(connect: Connect) -> None:
    """DescribeInstances lists reservations."""
    world = full()
    world.page_size = 2

    found = everything(connect(world, "ec2"), "describe_instances", "Reservations")

    assert [one["Instances"] for one in found] == [[instance] for instance in world.at().instances]


def test_a_table_a_plan_a_selection_and_a_vault_are_described(connect: Connect) -> None:
    """What is asked for by name is whole; what is not there is refused as AWS refuses it."""
    world = full()
    here, backup = world.at(), connect(world, "backup")
    here.access_policies[MAIN] = '{"Statement": []}'
    table = connect(world, "dynamodb").describe_table(TableName="n1")["Table"]
    plan = backup.get_backup_plan(BackupPlanId=PLAN, VersionId=f"{PLAN}-v1")
    chosen = here.selections[PLAN][0]
    selection = backup.get_backup_selection(BackupPlanId=PLAN, SelectionId=chosen["SelectionId"])

    assert table == here.tables[1]
    assert plan["BackupPlan"] == here.plans[0]["Versions"][0]["BackupPlan"]
    assert plan["CreationDate"] == SINCE
    assert selection["BackupSelection"] == chosen["BackupSelection"]
    assert backup.get_backup_vault_access_policy(BackupVaultName=MAIN)["Policy"] == '{"Statement": []}'
    with pytest.raises(ClientError) as refused:
        backup.get_backup_vault_access_policy(BackupVaultName="n1")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert refused.value.response["Error"]["Message"] == "Backup vault access policy was not found."


def test_tags_keys_and_settings_are_read(connect: Connect) -> None:
    """The tagging API by type, KMS by ARN, Regions with their opt-in, AWS Backup's own settings."""
    world = full(1)
    tables = connect(world, "resourcegroupstaggingapi").get_resources(
        ResourceTypeFilters=["dynamodb:table", "s3"]
    )
    buckets = connect(world, "resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["s3"])
    key = connect(world, "kms").describe_key(KeyId=world.key())["KeyMetadata"]
    regions = connect(world, "ec2").describe_regions()["Regions"]
    settings = connect(world, "backup").describe_region_settings()

    assert tables["ResourceTagMappingList"] == [
        {
            "ResourceARN": f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/n0",
            "Tags": [{"Key": "tier", "Value": "gold"}],
        }
    ]
    assert (tables["PaginationToken"], buckets["ResourceTagMappingList"]) == ("", [])
    assert key == world.at().keys[world.key()]
    assert [region["RegionName"] for region in regions] == [HOME, AWAY]
    assert settings["ResourceTypeOptInPreference"]["EBS"] is True


def test_the_organization_is_a_tree_and_an_account_its_credentials(connect: Connect) -> None:
    """Units hold units; an assumed role reads its own account; a Region holds what was put there."""
    world = full()
    client, sts = connect(world, "organizations"), connect(world, "sts")
    root = client.list_roots()["Roots"][0]["Id"]
    (prod,) = client.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    teams = client.list_organizational_units_for_parent(ParentId=prod["Id"])["OrganizationalUnits"]
    below = [client.list_accounts_for_parent(ParentId=team["Id"])["Accounts"] for team in teams]
    role = sts.assume_role(RoleArn="arn:aws:iam::000000000003:role/Read", RoleSessionName="me")

    assert [team["Name"] for team in teams] == ["Team 0", "Team 1"]
    assert [[account["Name"] for account in accounts] for accounts in below] == [
        ["unit 0", "unit 2", "unit 4"],
        ["unit 1", "unit 3"],
    ]
    assert len(client.list_accounts()["Accounts"]) == 6
    assert client.describe_organization()["Organization"]["MasterAccountId"] == ACCOUNT
    member = connect(world, "sts", key=role["Credentials"]["AccessKeyId"])
    assert member.get_caller_identity()["Account"] == "000000000003"
    assert sts.get_caller_identity()["Account"] == ACCOUNT
    assert connect(world, "ec2", region=AWAY).describe_volumes()["Volumes"] == []


def test_every_answer_is_dated_by_the_organizations_clock(connect: Connect) -> None:
    """A minute after `as_of`, unless it is set."""
    world = standing(backups=())
    client = connect(world, "sts")

    told = client.get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]["date"]

    assert (world.as_of, told) == (AS_OF, "Sun, 01 Mar 2026 00:01:00 GMT")


def test_a_member_that_aws_does_not_know_is_told_to_the_test() -> None:
    """A slip in a dictionary is an error of the test and no odd answer."""
    with pytest.raises(ValueError, match="BackupJob has no member Stat"):
        wire.answer("backup", "ListBackupJobs", {"BackupJobs": [{"Stat": "COMPLETED"}]})


def test_every_operation_that_is_answered_is_one_of_aws() -> None:
    """The names of the table are botocore's."""
    assert [key for key in OPERATIONS if key[1] not in wire.model(key[0]).operation_names] == []
