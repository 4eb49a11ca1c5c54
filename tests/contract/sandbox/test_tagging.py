"""The tagging API of the sandbox, and what moto lacks, as botocore reads them."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError
from moto import mock_aws

from auditor.aws.session import Credentials, make_client
from auditor.model.resource_types import LISTINGS
from auditor.model.resource_types.row import ListingCall
from auditor.sandbox.inprocess import before_send
from auditor.sandbox.sandbox import Sandbox

REGION = "cn-north-1"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """Makes a client of the sandbox's management account."""
    with Sandbox("aws-cn") as sandbox:
        yield lambda service: make_client(
            service,
            REGION,
            credentials=sandbox.seeded.caller,
            endpoint_url="http://127.0.0.1",
            before_send=before_send(sandbox.application),
        )


def tagged(client: Any, **asked: Any) -> dict[str, dict[str, str]]:
    """The tags that GetResources answers, by ARN."""
    pages = client("resourcegroupstaggingapi").get_paginator("get_resources").paginate(**asked)
    return {
        found["ResourceARN"]: {tag["Key"]: tag["Value"] for tag in found["Tags"]}
        for page in pages
        for found in page["ResourceTagMappingList"]
    }


@pytest.fixture(scope="module")
def made(client: Any) -> Iterator[tuple[str, str]]:
    """The ARNs of a tagged vault and plan, beside an untagged vault."""
    backup = client("backup")
    vault = backup.create_backup_vault(BackupVaultName="tagged", BackupVaultTags={"team": "a"})
    backup.create_backup_vault(BackupVaultName="plain")
    rule = {"RuleName": "r", "TargetBackupVaultName": "tagged", "ScheduleExpression": "cron(0 1 * * ? *)"}
    plan = backup.create_backup_plan(
        BackupPlan={"BackupPlanName": "p", "Rules": [rule]}, BackupPlanTags={"team": "b"}
    )
    yield vault["BackupVaultArn"], plan["BackupPlanArn"]
    backup.delete_backup_plan(BackupPlanId=plan["BackupPlanId"])
    assert tagged(client, ResourceTypeFilters=["backup:backup-plan"]) == {}


def test_vaults_and_plans_are_among_what_is_tagged(client: Any, made: tuple[str, str]) -> None:
    """By type and by tag; what has no tag is not listed, and the others' tags are there as before."""
    vault, plan = made

    assert tagged(client, ResourceTypeFilters=["backup"]) == {vault: {"team": "a"}, plan: {"team": "b"}}
    assert tagged(client, ResourceTypeFilters=["backup:backup-vault"]) == {vault: {"team": "a"}}
    assert tagged(client, TagFilters=[{"Key": "team", "Values": ["b"]}]) == {plan: {"team": "b"}}
    assert tagged(client, ResourceTypeFilters=["backup:recovery-point"]) == {}
    assert {vault, plan} < set(tagged(client, ResourcesPerPage=1))


def test_their_tags_are_changed_there_too(client: Any, made: tuple[str, str]) -> None:
    """And AWS Backup lists what the tagging API set; what is not there is said to have failed."""
    vault, nothing = made[0], made[0] + "-gone"
    api = client("resourcegroupstaggingapi")

    failed = api.tag_resources(ResourceARNList=[vault, nothing], Tags={"cost": "1"})["FailedResourcesMap"]
    assert list(failed) == [nothing]
    assert client("backup").list_tags(ResourceArn=vault)["Tags"] == {"team": "a", "cost": "1"}
    assert "cost" in api.get_tag_keys()["TagKeys"]
    assert api.get_tag_values(Key="cost")["TagValues"] == ["1"]
    assert api.untag_resources(ResourceARNList=[vault], TagKeys=["cost"])["FailedResourcesMap"] == {}
    assert tagged(client, ResourceARNList=[vault]) == {vault: {"team": "a"}}


@pytest.mark.parametrize(
    ("service", "operation", "asked", "status", "code"),
    [
        ("ec2", "describe_trunk_interface_associations", {}, 501, "NotImplemented"),
        ("dynamodb", "list_imports", {}, 501, "NotImplemented"),
        ("rds", "describe_source_regions", {}, 501, "NotImplemented"),
        ("sqs", "start_message_move_task", {"SourceArn": "x"}, 501, "NotImplemented"),
        ("route53", "get_geo_location", {}, 501, "NotImplemented"),
        ("storagegateway", "list_gateways", {}, 501, "NotImplemented"),
        ("efs", "describe_account_preferences", {}, 501, "NotImplemented"),
        ("ebs", "list_snapshot_blocks", {"SnapshotId": "snap-1"}, 500, "InternalFailure"),
        ("s3", "get_object", {"Bucket": "nobody", "Key": "x"}, 404, "NoSuchBucket"),
    ],
)
def test_what_moto_lacks_is_an_error_of_the_service(
    client: Any,
    capfd: pytest.CaptureFixture[str],
    service: str,
    operation: str,
    asked: Any,
    status: int,
    code: str,
) -> None:
    """In its wire format: no page for people, no traceback, nothing printed; moto's own errors stay."""
    with pytest.raises(ClientError) as refused:
        getattr(client(service), operation)(**asked)

    answer = refused.value.response
    assert (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]) == (status, code)
    assert "<" not in answer["Error"]["Message"]
    assert "Traceback" not in str(answer)
    assert capfd.readouterr() == ("", "")


def test_a_closed_sandbox_is_asked_nothing() -> None:
    """Moto is one of the process: when a sandbox has closed, its tagging API answers without it."""
    Sandbox("aws").close()
    keys = Credentials("testing", "testing")
    with mock_aws():
        tagging = make_client("resourcegroupstaggingapi", "eu-west-1", credentials=keys)
        assert tagging.get_resources()["ResourceTagMappingList"] == []


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda one: f"{one.service}-{one.operation}")
def test_what_is_listed_is_answered_also_of_services_that_moto_lacks(
    client: Any, listing: ListingCall
) -> None:
    """As an audit asks: where nobody can make anything, there is nothing."""
    given = {name: REGION if value == "{region}" else value for name, value in listing.parameters.items()}
    service, operation = client(listing.service), xform_name(listing.operation)
    paged = service.can_paginate(operation)  # botocore knows no pages of Timestream's
    pages = service.get_paginator(operation).paginate(**given) if paged else [getattr(service, operation)()]

    assert all(isinstance(page[listing.items], list) for page in pages)
