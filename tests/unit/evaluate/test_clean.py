"""Recovery points in which a scan for malware found nothing: which count, and what is not known of them."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.model.policy import TierAssignment, Tiers
from tests.unit.evaluate.conftest import ACCOUNT, GOLD, World

HOUR = timedelta(hours=1)


@pytest.fixture
def asked(world: World) -> World:
    """The tier gold asks for a clean recovery point."""
    gold = {**GOLD, "clean_point": {"max_age_hours": 48}}
    tiers = (TierAssignment("gold", {"tier": "gold"}),)
    world.tiers = Tiers({"gold": gold, "exempt": {"required": False}}, tiers, "exempt")
    return world


def point(world: World, hours: float, scan: float | None = 0, **row: Any) -> None:
    """A recovery point of the volume so many hours before `as_of`, scanned `scan` hours later and clean."""
    created = world.as_of - hours * HOUR
    when = None if scan is None else created + scan * HOUR
    clean = {"scan_failed": False, "scan_findings": []} if when else {}
    world.point(f"snap-{hours:g}", created, **{"completed_at": created, "scanned_at": when, **clean, **row})


def clean(world: World, index: int = 0) -> Any:
    """The facts of a resource."""
    return world.facts("resource")[index].get("clean")


def test_the_newest_clean_point_counts(asked: World) -> None:
    """Not a newer one that was not scanned, whose scan failed or found something."""
    point(asked, 30, 1)
    point(asked, 20, 1)
    point(asked, 10, None)
    point(asked, 9, 1, scan_failed=True)
    point(asked, 8, 1, scan_findings=["MALWARE"])
    assert clean(asked) == {"points": 5, "scanned": 4, "threats": 1, "age_hours": 20.0}
    assert asked.unknown("resource", "clean.age_hours") == []


@pytest.mark.parametrize(
    ("failed", "findings", "unknown"),
    [(False, None, 1), (None, [], 1), (None, None, 1), (True, None, 0), (None, ["MALWARE"], 0)],
)
def test_a_scan_of_which_it_is_not_told_what_came_of_it_leaves_it_open(
    asked: World, *, failed: bool | None, findings: list[str] | None, unknown: int
) -> None:
    """It makes nothing clean; one that failed or found something does not either, and that is told."""
    point(asked, 20, 1, scan_failed=failed, scan_findings=findings)
    assert clean(asked) == {"points": 1, "scanned": 1, "threats": int(bool(findings))}
    gap = ("AggregatedScanResult", "Unknown", True)
    assert asked.unknown("resource", "clean.age_hours") == [gap] * unknown


def test_a_clean_point_of_nobody_knows_when_leaves_it_open(asked: World) -> None:
    """It may be young enough."""
    point(asked, 20, 1, created_at=None)
    assert clean(asked) == {"points": 1, "scanned": 1, "threats": 0}
    assert asked.unknown("resource", "clean.age_hours") == [("AggregatedScanResult", "Unknown", True)]


def test_what_is_not_usable_is_not_counted(asked: World) -> None:
    """One that is expired or still being made."""
    point(asked, 20, 1, status="EXPIRED")
    point(asked, 10, 1, status="CREATING")
    assert clean(asked) == {"points": 0, "scanned": 0, "threats": 0}


def test_a_continuous_one_is_as_young_as_its_scan(asked: World) -> None:
    """What came into it since nobody looked at."""
    bucket = "arn:aws:s3:::media"
    asked.add("resources", arn=bucket, resource_type="S3", name="media", tags={"tier": "gold"},
              created_at=asked.start)  # fmt: skip
    point(asked, 200, 190, resource_arn=bucket, resource_type="S3", status="AVAILABLE")
    assert clean(asked, 1) == {"points": 1, "scanned": 1, "threats": 0, "age_hours": 10.0}


def test_recovery_points_that_were_not_read_leave_it_open(asked: World) -> None:
    """Nothing is counted."""
    point(asked, 20, 1)
    asked.gap("recovery_points", operation="ListRecoveryPointsByBackupVault")
    denied = [("ListRecoveryPointsByBackupVault", "AccessDeniedException", False)]
    assert (clean(asked), asked.unknown("resource", "clean.age_hours")) == (None, denied)


@pytest.mark.parametrize(("kind", "tier"), [("RDS", "gold"), ("EBS", "none")])
def test_nothing_is_said_where_nobody_scans_or_asks(asked: World, kind: str, tier: str) -> None:
    """AWS Backup scans some types only."""
    arn = f"arn:aws:rds:eu-central-1:{ACCOUNT}:db:orders"
    asked.add("resources", arn=arn, resource_type=kind, name="orders", tags={"tier": tier},
              created_at=asked.start)  # fmt: skip
    assert clean(asked, 1) is None
    assert asked.unknown("resource", "clean.age_hours", 1) == []


def test_china_has_no_scans(asked: World) -> None:
    """That nothing was scanned is no finding where nothing can be."""
    asked.tables["accounts", ""][0]["partition"] = "aws-cn"
    point(asked, 20, None)
    assert asked.unknown("resource", "clean.age_hours") == [("AggregatedScanResult", "NotOffered", True)]


@pytest.mark.parametrize(("read_after", "scanned_after"), [(9, 2), (0.25, 0.1), (0.25, 0)])
def test_a_scan_of_after_as_of_leaves_it_open(asked: World, read_after: float, scanned_after: float) -> None:
    """Also of while the evidence was read: it took the place of what an earlier one may have said.

    One that was there at as_of counts.
    """
    asked.collected_at = asked.as_of + read_after * HOUR
    point(asked, 20, 20 + scanned_after)
    since = scanned_after > 0
    known = {"points": 1, "scanned": 0 if since else 1, "threats": 0}
    assert clean(asked) == known | ({} if since else {"age_hours": 20.0})
    gaps = [("AggregatedScanResult", "ReadLater", True)] if since else []
    assert asked.unknown("resource", "clean.age_hours") == gaps


@pytest.mark.parametrize(("attached_days", "open_"), [(5, False), (0, True)])
def test_an_image_that_may_hold_a_volume_leaves_it_open(
    asked: World,
    attached_days: int,
    open_: bool,  # noqa: FBT001 -- a case
) -> None:
    """A clean image is the volume's, if it was attached when the image began; else nobody knows."""
    instance = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-1"
    asked.tables["resources", asked.home][0]["attached"] = [
        (instance, asked.as_of - timedelta(days=attached_days))
    ]
    point(asked, 20, 1, resource_arn=instance, resource_type="EC2")
    surely = {"points": 1, "scanned": 1, "threats": 0, "age_hours": 20.0}
    assert clean(asked) == ({"points": 0, "scanned": 0, "threats": 0} if open_ else surely)
    unknown = [("DescribeVolumes", "Unknown", True)] if open_ else []
    assert asked.unknown("resource", "clean.age_hours") == unknown
