"""What drivers list of an account, and who is asked."""

from collections.abc import Callable
from datetime import UTC, datetime

from auditor.executor.seam.driver import Driver, ListedBackup, Lister

Drivers = Callable[..., Driver]

ACCOUNT, REGION, OTHER = "123456789012", "eu-west-1", "eu-central-1"
HERE, THERE = (ACCOUNT, REGION), (ACCOUNT, OTHER)
JOB = "0A1B2C3D-0000-4000-8000-00000000000A"
EARLY, LATE = datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC)
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"


def listed(driver: Driver, place: tuple[str, str], resource_arn: str | None = None) -> list[ListedBackup]:
    """What a driver lists, by ARN."""
    assert isinstance(driver, Lister)
    return sorted(driver.backups(*place, resource_arn), key=lambda each: each.native.arn)
