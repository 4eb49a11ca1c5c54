"""EBS Snapshot Lock, on botocore's stubs: moto has none."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from auditor.aws.session import Credentials, make_client
from auditor.executor.drivers.ebs import EbsDriver
from auditor.executor.drivers.ec2 import Ec2Driver
from auditor.executor.seam.driver import DriverError

PLACE = ("123456789012", "eu-west-1")
END = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2026, 6, 2, tzinfo=UTC)


@pytest.fixture
def ec2() -> Any:
    """A client of EC2."""
    return make_client("ec2", PLACE[1], credentials=Credentials("testing", "testing"))


@pytest.fixture
def stubs(ec2: Any) -> Iterator[Stubber]:
    """Answers for it, all of which must be asked for."""
    with Stubber(ec2) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


def arn(name: str, kind: str = "snapshot") -> str:
    """The ARN of a snapshot, or of an image."""
    return f"arn:aws:ec2:eu-west-1::{kind}/{name}"


def told(*locks: dict[str, Any], token: str | None = None) -> dict[str, Any]:
    """A page of DescribeLockedSnapshots."""
    return {"Snapshots": list(locks)} | ({} if token is None else {"NextToken": token})


def locked(name: str, end: datetime, state: str = "compliance") -> dict[str, Any]:
    """A lock that there is."""
    return {"SnapshotId": name, "LockState": state, "LockExpiresOn": end}


def asked(name: str, **period: Any) -> dict[str, Any]:
    """What LockSnapshot is asked."""
    return {"SnapshotId": name, "LockMode": "compliance"} | period


def test_what_is_not_locked_for_as_long_is_locked(ec2: Any, stubs: Stubber) -> None:
    """In compliance mode, which nobody can lift: governance, cooling off, or a shorter time do not count."""
    pages = [
        told(locked("snap-1", END), locked("snap-2", END, "governance"), token="more"),
        told(locked("snap-3", END, "compliance-cooloff"), locked("snap-4", END), locked("snap-7", END)),
    ]
    stubs.add_response("describe_locked_snapshots", pages[0], {"MaxResults": 1000})
    stubs.add_response("describe_locked_snapshots", pages[1], {"MaxResults": 1000, "NextToken": "more"})
    until = {"snap-1": END, "snap-2": END, "snap-3": END, "snap-4": LATER, "snap-5": END, "snap-6": None}
    for name, end in list(until.items())[1:-1]:
        stubs.add_response("lock_snapshot", {}, asked(name, ExpirationDate=end))
    stubs.add_response("lock_snapshot", {}, asked("snap-6", LockDuration=36_500))
    driver = EbsDriver(lambda *_: ec2)

    assert driver.lock({arn(name): end for name, end in {**until, "snap-7": None}.items()}, *PLACE) == {}


def test_what_ec2_refuses_is_said_and_the_others_are_locked(ec2: Any, stubs: Stubber) -> None:
    """In EC2's own words."""
    stubs.add_response("describe_locked_snapshots", told())
    stubs.add_client_error("lock_snapshot", "UnauthorizedOperation", "You may not.")
    stubs.add_response("lock_snapshot", {}, asked("snap-2", ExpirationDate=END))
    refused = EbsDriver(lambda *_: ec2).lock({arn("snap-1"): END, arn("snap-2"): END}, *PLACE)

    assert list(refused) == [arn("snap-1")]
    assert refused[arn("snap-1")].endswith("You may not.")


def test_where_the_locks_are_not_told_nothing_is_locked(ec2: Any, stubs: Stubber) -> None:
    """It is an error that says why."""
    stubs.add_client_error("describe_locked_snapshots", "UnauthorizedOperation", "You may not.")
    with pytest.raises(DriverError, match="You may not"):
        EbsDriver(lambda *_: ec2).lock({arn("snap-1"): END}, *PLACE)


def test_an_image_is_locked_by_its_snapshots(ec2: Any, stubs: Stubber) -> None:
    """Those of other images are left alone."""
    disks = {"ami-1": ["snap-1", "snap-2"], "ami-2": ["snap-3"]}
    images = [
        {"ImageId": image, "BlockDeviceMappings": [{"Ebs": {"SnapshotId": name}} for name in names]}
        for image, names in disks.items()
    ]
    stubs.add_response("describe_images", {"Images": images})
    stubs.add_response("describe_locked_snapshots", told())
    stubs.add_response("lock_snapshot", {}, asked("snap-1", ExpirationDate=END))
    stubs.add_client_error("lock_snapshot", "UnauthorizedOperation", "You may not.")
    refused = Ec2Driver(lambda *_: ec2).lock({arn("ami-1", "image"): END}, *PLACE)

    assert list(refused) == [arn("ami-1", "image")]


@mock_aws
def test_an_emulator_without_locks_is_said_to_have_none() -> None:
    """Moto."""
    client = make_client("ec2", PLACE[1], credentials=Credentials("testing", "testing"))
    with pytest.raises(DriverError, match="describe_locked_snapshots") as lacking:
        EbsDriver(lambda *_: client).lock({arn("snap-1"): END}, *PLACE)
    assert lacking.value.category == "RESOURCE_NOT_SUPPORTED"
