"""Faults around a driver."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from auditor.executor.seam.driver import Delivering, DriverError, NativeBackup, Place
from auditor.executor.service import ScanResult, ScanTarget
from auditor.model.organization import Resource
from auditor.sandbox.faults import Incomplete, Infection, Lost, scanner_of, with_faults

BEGIN = datetime(2026, 1, 25, tzinfo=UTC)
END = BEGIN + timedelta(hours=12)
SICK, WELL = (Resource(f"arn:aws:s3:::{name}", "111122223333", "eu-west-1", "S3", name) for name in "ab")
HERE, THERE = ("111122223333", "eu-west-1"), ("111122223333", "eu-central-1")


class Recorder:
    """A driver that does as it is told and remembers it."""

    resource_type = "S3"
    fully_managed = True
    can_copy = True

    def __init__(self) -> None:
        self.deleted: list[tuple[str, str, str]] = []
        self.copied: list[str] = []
        self.made = 0

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Two buckets."""
        return [SICK, WELL] if (account_id, region) == HERE else []

    def back_up(
        self, resource: Resource, *, vault_key_arn: str | None, token: str, tags: Mapping[str, str]
    ) -> NativeBackup:
        """A backup with a new ARN."""
        assert (vault_key_arn, token, tags) == ("key", "token", {"a": "b"})
        self.made += 1
        return NativeBackup(f"{resource.arn}/{self.made}", 7, encrypted=True, kms_key_arn="key")

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,
        destination: Place,
        key: str | None,
        token: str,
        tags: Mapping[str, str],
    ) -> NativeBackup:
        """A copy."""
        assert (source, destination, key, token, tags) == (HERE, THERE, "key", "token", {})
        self.copied.append(backup.arn)
        return backup

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Gone."""
        self.deleted.append((arn, account_id, region))

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """The one backup that is known."""
        known = (token, account_id, region) == ("token", *HERE)
        return NativeBackup("found", 7, encrypted=True) if known else None

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Whether it is the one that is known."""
        return (arn, account_id, region) == ("found", *HERE)

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Gone."""
        self.deleted.append((token, account_id, region))


def test_only_the_named_resource_is_incomplete_and_only_in_its_span() -> None:
    """The first moment counts and the end does not; what was made is really made."""
    now = [BEGIN]
    fault = Incomplete(SICK.arn, BEGIN, END, "ACCESS_DENIED", "could not read")
    (driver,) = with_faults([Recorder()], lambda: now[0], [fault], [])

    def category(resource: Resource, moment: datetime) -> tuple[str, str]:
        now[0] = moment
        made = driver.back_up(resource, vault_key_arn="key", token="token", tags={"a": "b"})
        return made.category, made.message

    moment = timedelta(milliseconds=1)
    assert category(SICK, BEGIN - moment) == ("SUCCESS", "")
    assert category(SICK, BEGIN) == ("ACCESS_DENIED", "could not read")
    assert category(SICK, END - moment) == ("ACCESS_DENIED", "could not read")
    assert category(SICK, END) == ("SUCCESS", "")
    assert category(WELL, BEGIN) == ("SUCCESS", "")


def test_only_copies_of_the_named_resource_are_lost() -> None:
    """Each copy of its backups fails with the message; everything else goes to the driver."""
    inner = Recorder()
    (driver,) = with_faults([inner], lambda: BEGIN, [], [Lost(SICK.arn, "no way there")])
    sick, well = (
        driver.back_up(each, vault_key_arn="key", token="token", tags={"a": "b"})
        for each in driver.discover(*HERE)
    )

    with pytest.raises(DriverError) as refused:
        driver.copy(sick, source=HERE, destination=THERE, key="key", token="token", tags={})
    copy = driver.copy(well, source=HERE, destination=THERE, key="key", token="token", tags={})
    driver.delete(sick.arn, *HERE)

    assert refused.value.message == "no way there"
    assert (copy, inner.copied, inner.deleted) == (well, [well.arn], [(sick.arn, *HERE)])
    assert (driver.resource_type, driver.fully_managed, driver.can_copy) == ("S3", True, True)


def test_what_was_made_under_a_token_is_the_inner_drivers() -> None:
    """A driver that is asked after it was killed answers through its faults."""
    inner = Recorder()
    (driver,) = with_faults([inner], lambda: BEGIN, [], [])

    driver.undo("token", *HERE)

    assert driver.find("token", *HERE) == NativeBackup("found", 7, encrypted=True)
    assert driver.find("other", *HERE) is None
    assert [driver.settled("found", *place) for place in (HERE, THERE)] == [True, False]
    assert inner.deleted == [("token", *HERE)]


class Postman(Recorder):
    """One that puts files into buckets, too."""

    def deliver(self, body: bytes, *, place: Place, bucket: str, key: str) -> None:
        """Remembered among the copies."""
        self.copied.append(f"{place} {bucket}/{key} {body!r}")


def test_reports_are_delivered_by_the_driver_that_can() -> None:
    """Whoever looks for it finds that one, and no other."""
    postman = Postman()
    found = with_faults([Recorder(), postman], lambda: BEGIN, [], [])

    assert [isinstance(driver, Delivering) for driver in found] == [False, True]
    for driver in found:
        if isinstance(driver, Delivering):
            driver.deliver(b"a,b", place=HERE, bucket="reports", key="1.csv")
    assert postman.copied == [f"{HERE} reports/1.csv b'a,b'"]


@pytest.mark.parametrize(
    ("resource", "made", "result"),
    [
        (SICK, BEGIN, ScanResult.THREATS_FOUND),
        (SICK, BEGIN - timedelta(milliseconds=1), ScanResult.NO_THREATS_FOUND),
        (WELL, END, ScanResult.NO_THREATS_FOUND),
    ],
    ids=["infected", "before", "another"],
)
def test_scans_find_what_was_planted(resource: Resource, made: datetime, result: ScanResult) -> None:
    """In the backups that were made of it since."""
    scan = scanner_of([Infection(SICK.arn, BEGIN)])
    assert scan(ScanTarget(*HERE, "point", resource.arn, made)) == result
