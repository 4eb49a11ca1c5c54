"""One operation goes wrong at a time, as a client of AWS sees it, and the rest stays right."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError, PaginationError
from botocore.parsers import ResponseParserError

from tests.loopback import faults
from tests.loopback.endpoint import Connect
from tests.loopback.faults import Fault
from tests.loopback.standing import AWAY, World, standing


def jobs(connect: Connect, fault: Fault) -> Any:
    """A client of an organization with that fault."""
    world = standing()
    world.faults = [fault]
    return connect(world, "backup")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (faults.denied("ListBackupJobs"), 403, "AccessDeniedException"),
        (faults.throttled("ListBackupJobs"), 400, "ThrottlingException"),
        (faults.broken("ListBackupJobs"), 500, "InternalFailure"),
        (faults.refused("ListBackupJobs", "Odd", 418), 418, "Odd"),
    ],
)
def test_a_refusal_has_its_code_and_status(connect: Connect, fault: Fault, status: int, code: str) -> None:
    """The other operations answer."""
    client = jobs(connect, fault)

    with pytest.raises(ClientError) as refused:
        client.list_backup_jobs()

    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert client.list_backup_vaults()["BackupVaultList"]


@pytest.mark.parametrize(
    ("service", "operation", "method", "code"),
    [
        ("ec2", "DescribeVolumes", "describe_volumes", "UnauthorizedOperation"),
        ("rds", "DescribeDBInstances", "describe_db_instances", "AccessDenied"),
        ("s3", "ListBuckets", "list_buckets", "AccessDenied"),
        ("dynamodb", "ListTables", "list_tables", "AccessDeniedException"),
        ("organizations", "ListRoots", "list_roots", "AccessDeniedException"),
    ],
)
def test_each_protocol_has_its_own_way_to_deny(
    connect: Connect, service: str, operation: str, method: str, code: str
) -> None:
    """The code that the service uses, in the format that its clients read."""
    world = standing()
    world.faults = [faults.denied(operation)]

    with pytest.raises(ClientError) as refused:
        getattr(connect(world, service), method)()

    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"]) == (code, "not allowed here")


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.body("DescribeVolumes", b"<html><br></html>"), ResponseParserError),
        (faults.cut("DescribeVolumes"), ResponseParserError),
        (faults.reset("DescribeVolumes"), (ConnectionClosedError, HTTPClientError)),
    ],
)
def test_an_answer_that_is_none_cannot_be_read(connect: Connect, fault: Fault, error: Any) -> None:
    """HTML, half a body, a connection that is reset."""
    world = standing()
    world.faults = [fault]

    with pytest.raises(error):
        connect(world, "ec2").describe_volumes()


def test_a_body_is_sent_as_it_is(connect: Connect) -> None:
    """Under a good status."""
    client = jobs(connect, faults.body("ListBackupJobs", b"{}"))

    answer = client.list_backup_jobs()

    assert (answer["ResponseMetadata"]["HTTPStatusCode"], "BackupJobs" in answer) == (200, False)


def test_a_token_that_repeats_never_ends(connect: Connect) -> None:
    """The paginator of botocore gives up at the second one."""
    client = jobs(connect, faults.repeated("ListBackupJobs"))

    with pytest.raises(PaginationError):
        list(client.get_paginator("list_backup_jobs").paginate())


def test_a_fault_may_begin_late_end_early_and_be_of_one_region(connect: Connect) -> None:
    """The second call of two; nothing in the other Region."""
    world: World = standing()
    world.faults = [faults.broken("ListBackupJobs", first=2, times=1, region=AWAY)]
    home, away = connect(world, "backup"), connect(world, "backup", region=AWAY)

    for client in (home, home, home, away):
        client.list_backup_jobs()
    with pytest.raises(ClientError):
        away.list_backup_jobs()
    away.list_backup_jobs()
