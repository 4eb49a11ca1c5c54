"""Stacks: what is in them, their templates, and the change sets that make them anew."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.responses import ActionResult

from auditor.executor.engine import restores
from auditor.executor.seam.driver import Driver, DriverError, Member
from auditor.model.organization import Resource

Clients = Callable[[str, str, str], Any]

ACCOUNT = "123456789012"
REGION = "eu-west-1"
PLACE = (ACCOUNT, REGION)
JOB = "0A1B2C3D-0000-4000-8000-00000000000A"
RESTORE = "9A8B7C6D-0000-4000-8000-00000000000B"
NAMES = {"StackName": "again", "ChangeSetName": "restored"}
DISK = {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "eu-west-1a", "Size": {"Ref": "Size"}}}
TEMPLATE = {
    "Parameters": {
        "Size": {"Type": "Number", "Default": 8},
        "Password": {"Type": "String", "NoEcho": True},
    },
    "Resources": {"Disk": DISK},
}


@pytest.fixture
def driver(driver_of: Callable[..., Driver]) -> Any:
    """The driver of stacks."""
    return driver_of("CloudFormation", managed=True)


@pytest.fixture
def make(clients: Clients, driver: Any) -> Callable[..., Resource]:
    """Make a stack of a template, given as an object or as text, and find it."""

    def made(template: Any = TEMPLATE, name: str = "shop", **more: Any) -> Resource:
        body = template if isinstance(template, str) else json.dumps(template)
        clients("cloudformation", *PLACE).create_stack(StackName=name, TemplateBody=body, **more)
        found: list[Resource] = driver.discover(*PLACE)
        (resource,) = [one for one in found if one.name == name]
        return resource

    return made


PARAMETERS = [
    {"ParameterKey": "Size", "ParameterValue": "16"},
    {"ParameterKey": "Password", "ParameterValue": "x"},
]


def back_up(driver: Any, stack: Resource) -> str:
    """Back a stack up and give the recovery point's ARN."""
    return str(driver.back_up(stack, vault_key_arn=None, token=JOB, tags={}).arn)


def test_what_is_under_review_is_no_stack(clients: Clients, driver: Any) -> None:
    """A change set of a new stack makes nothing until it is executed."""
    request = {"ChangeSetType": "CREATE", "TemplateBody": json.dumps({"Resources": {}})}
    clients("cloudformation", *PLACE).create_change_set(**NAMES, **request)

    assert driver.discover(*PLACE) == []


def test_the_members_of_a_stack_are_those_that_hold_data(
    clients: Clients, driver: Any, make: Callable[..., Resource]
) -> None:
    """Nothing that the template alone makes anew; a database of a cluster is the cluster's."""
    rds = clients("rds", *PLACE)
    login = {"MasterUsername": "admin1", "MasterUserPassword": "password1"}
    rds.create_db_cluster(DBClusterIdentifier="cluster", Engine="aurora-postgresql", **login)
    properties = {"DBInstanceClass": "db.r6g.large", "AllocatedStorage": "20", **login}
    alone = {"DBInstanceIdentifier": "alone", "Engine": "postgres", **properties}
    resources = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Disk": {"Type": "AWS::EC2::Volume", "Properties": {"AvailabilityZone": "eu-west-1a", "Size": 8}},
        "Alone": {"Type": "AWS::RDS::DBInstance", "Properties": alone},
        "Member": {
            "Type": "AWS::RDS::DBInstance",
            "Properties": {**alone, "DBInstanceIdentifier": "member"},
        },
    }
    stack = make({"Resources": resources})
    rds.delete_db_instance(DBInstanceIdentifier="member", SkipFinalSnapshot=True)
    rds.create_db_instance(
        DBInstanceIdentifier="member",
        DBClusterIdentifier="cluster",
        Engine="aurora-postgresql",
        DBInstanceClass="db.r6g.large",
    )
    (volume,) = clients("ec2", *PLACE).describe_volumes()["Volumes"]

    assert driver.members(stack) == [
        Member("Disk", "AWS::EC2::Volume", "EBS", volume["VolumeId"]),
        Member("Alone", "AWS::RDS::DBInstance", "RDS", "alone"),
    ]


def test_a_stack_of_500_resources_is_listed_page_by_page(
    driver: Any, make: Callable[..., Resource], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as a stack can have, 100 a page, as AWS gives them; what was deleted is not the stack's."""
    rows = [
        {
            "LogicalResourceId": f"Disk{number}",
            "PhysicalResourceId": f"vol-{number:017x}",
            "ResourceType": "AWS::EC2::Volume",
            "ResourceStatus": "DELETE_SKIPPED" if number == 250 else "CREATE_COMPLETE",
        }
        for number in range(500)
    ]

    def page(response: CloudFormationResponse) -> ActionResult:
        start = int(response._get_param("NextToken") or 0)
        more = {"NextToken": str(start + 100)} if start + 100 < len(rows) else {}
        return ActionResult({"StackResourceSummaries": rows[start : start + 100], **more})

    stack = make({"Resources": {}})
    monkeypatch.setattr(CloudFormationResponse, "list_stack_resources", page)
    members = driver.members(stack)

    assert [member.name for member in members] == [f"Disk{n}" for n in range(500) if n != 250]


@pytest.mark.parametrize(
    ("status", "transient"),
    [("UPDATE_IN_PROGRESS", True), ("UPDATE_ROLLBACK_FAILED", False), ("DELETE_COMPLETE", False)],
)
def test_a_stack_that_is_not_complete_has_no_members(
    driver: Any, make: Callable[..., Resource], status: str, *, transient: bool
) -> None:
    """Whoever asks may ask again while it changes."""
    stack = make({"Resources": {}})
    cloudformation_backends[ACCOUNT][REGION].stacks[stack.arn].status = status
    with pytest.raises(DriverError) as caught:
        driver.members(stack)

    assert (caught.value.message, caught.value.category, caught.value.transient) == (
        f"Stack shop cannot be backed up: its status is {status}.",
        "INVALID_STATE",
        transient,
    )


def test_a_template_is_stored_with_all_but_its_secrets(driver: Any, make: Callable[..., Resource]) -> None:
    """Values of parameters are backed up, those of NoEcho ones are not."""
    arn = back_up(driver, make(Parameters=PARAMETERS))

    assert driver.restore_metadata(arn, *PLACE) == {
        "StackName": "shop",
        "StackParameters": '[{"ParameterKey":"Size","ParameterValue":"16"}]',
    }


def test_a_template_is_restored_as_a_change_set(
    clients: Clients, driver: Any, make: Callable[..., Resource]
) -> None:
    """It waits for review; executed, it makes the resources anew, empty."""
    client = clients("cloudformation", *PLACE)
    arn = back_up(driver, make(Parameters=PARAMETERS))
    given = json.dumps([{"ParameterKey": "Password", "ParameterValue": "y"}])
    metadata = {**NAMES, "StackParameters": given, "ChangeSetDescription": "After the flood"}
    made = driver.restore(arn, place=PLACE, metadata=metadata, token=RESTORE, tags={"team": "sales"})
    change_set = client.describe_change_set(**NAMES)
    before = len(clients("ec2", *PLACE).describe_volumes()["Volumes"])
    client.execute_change_set(**NAMES)
    (stack,) = client.describe_stacks(StackName="again")["Stacks"]

    assert change_set["Description"] == f"After the flood (AWS Backup restore job {RESTORE})"
    assert change_set["Parameters"] == [
        {"ParameterKey": "Size", "ParameterValue": "16"},
        {"ParameterKey": "Password", "ParameterValue": "y"},
    ]
    assert (made, stack["Tags"]) == (stack["StackId"], [{"Key": "team", "Value": "sales"}])
    sizes = [volume["Size"] for volume in clients("ec2", *PLACE).describe_volumes()["Volumes"]]
    assert (before, sizes) == (1, [16, 16])


def test_a_restore_that_is_asked_for_again_makes_nothing_more(
    clients: Clients, driver: Any, make: Callable[..., Resource]
) -> None:
    """Under its token it gives the stack that it made; nobody else's is touched."""
    arn = back_up(driver, make({"Resources": {}}))
    given = [restores._Metadata(NAMES) for _ in range(2)]
    once = [driver.restore(arn, place=PLACE, metadata=each, token=RESTORE, tags={}) for each in given]
    refused = []
    for names in (NAMES, {**NAMES, "ChangeSetName": "other"}, {**NAMES, "StackName": "shop"}):
        with pytest.raises(DriverError) as caught:
            driver.restore(arn, place=PLACE, metadata=names, token=JOB, tags={})
        refused.append(caught.value.message)
    stacks = clients("cloudformation", *PLACE).describe_stacks()["Stacks"]

    assert once[0] == once[1]
    assert given[0].asked == given[1].asked == {*NAMES, "ChangeSetDescription", "StackParameters"}
    assert sorted(stack["StackName"] for stack in stacks) == ["again", "shop"]
    assert refused == [f"Stack {name} exists already." for name in ("again", "again", "shop")]


@pytest.mark.parametrize("size", [51_200, 51_201])
def test_a_long_template_is_read_from_the_store(
    clients: Clients, driver: Any, make: Callable[..., Resource], size: int
) -> None:
    """CreateChangeSet takes 51,200 bytes in its request; CloudFormation reads more from S3."""
    text = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n#"
    arn = back_up(driver, make(text + "x" * (size - len(text))))
    driver.restore(arn, place=PLACE, metadata=NAMES, token=RESTORE, tags={})
    client = clients("cloudformation", *PLACE)
    client.execute_change_set(**NAMES)
    listed = clients("s3", *PLACE).list_objects_v2(Bucket=f"backup-{ACCOUNT}-{REGION}")["Contents"]

    assert [
        item["LogicalResourceId"]
        for item in client.list_stack_resources(StackName="again")["StackResourceSummaries"]
    ] == ["Queue"]
    names = [item["Key"].split("/")[-1] for item in listed]
    assert names == ["template"] * (size > 51_200) + ["job.json"]


def test_parameters_that_are_no_list(driver: Any, make: Callable[..., Resource]) -> None:
    """They are refused before anything is made."""
    arn = back_up(driver, make({"Resources": {}}))
    for given in ("{", '{"Size": 1}', '["Size"]', '[{"ParameterKey": "Size"}]'):
        with pytest.raises(DriverError, match="StackParameters must be a JSON list"):
            driver.restore(
                arn, place=PLACE, metadata={**NAMES, "StackParameters": given}, token=RESTORE, tags={}
            )


def test_a_change_set_that_cannot_be_made(
    driver: Any, make: Callable[..., Resource], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The restore fails with CloudFormation's reason, as where a resource's name is taken."""
    arn = back_up(driver, make({"Resources": {}}))
    create = CloudFormationResponse.create_change_set

    def fail(response: CloudFormationResponse) -> ActionResult:
        answer = create(response)
        for change_set in cloudformation_backends[ACCOUNT][REGION].change_sets.values():
            change_set.status, change_set.status_reason = "FAILED", "Resource orders exists already."
        return answer

    monkeypatch.setattr(CloudFormationResponse, "create_change_set", fail)
    with pytest.raises(DriverError) as caught:
        driver.restore(arn, place=PLACE, metadata=NAMES, token=RESTORE, tags={})

    assert caught.value.message == "The change set was not created: Resource orders exists already."


def test_a_test_restore_is_discarded(clients: Clients, driver: Any, make: Callable[..., Resource]) -> None:
    """Under names of its own; discarding twice is a success."""
    arn = back_up(driver, make({"Resources": {}}))
    metadata = driver.infer(arn, PLACE, RESTORE)
    made = driver.restore(arn, place=PLACE, metadata=metadata, token=RESTORE, tags={})
    for _ in range(2):
        driver.discard(made, *PLACE)
    stacks = clients("cloudformation", *PLACE).describe_stacks()["Stacks"]

    assert metadata["StackName"] == f"awsbackup-restore-test-{RESTORE.lower()}"
    assert [stack["StackName"] for stack in stacks] == ["shop"]
