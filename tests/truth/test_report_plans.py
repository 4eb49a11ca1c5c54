"""Report plans of AWS Backup in an audit: whether they deliver, and whether their buckets keep reports."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import Fault, denied
from tests.loopback.report_plans import LOCKED, PLAN, bucket, reporting
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, SINCE, World, standing
from tests.loopback.world import Refused

CONTROL, ROOT = "BKP-GOV-022", f"arn:aws:iam::{ACCOUNT}:root"
HOUR = timedelta(hours=1)
ASKED = {"evidence": {"report_plans": {"max_age_hours": 48}}}
NO_LOCK = Refused("ObjectLockConfigurationNotFoundError", status=404)
GONE = Refused("NoSuchBucket", status=404)
FREE: dict[str, Any] = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}

LATE = "these report plans have delivered no report for too long: daily in eu-central-1"
OPEN = "these buckets do not keep the reports that come into them: reports of daily in eu-central-1"


def judged(world: World, path: Path, *faults: Fault) -> Judgement:
    """An audit of the whole organization that asks for report plans."""
    return audit(world, path, accounts="organization", regions=[HOME], parameters=ASKED, faults=[*faults])


def told(found: Judgement) -> tuple[str, list[str]]:
    """The verdict of the account, and the messages of its reasons."""
    return found.verdict(CONTROL, ROOT), [one.message for one in found.reasons(CONTROL, ROOT)]


def test_reports_that_come_and_are_kept_pass(tmp_path: Path) -> None:
    """One call lists the plans, and two ask about the bucket."""
    found = judged(bucket(reporting(standing())), tmp_path)

    assert told(found) == ("COMPLIANT", [])
    row = {
        "arn": PLAN,
        "name": "daily",
        "bucket": "reports",
        "there": True,
        "versioning": "enabled",
        "locked": True,
    }
    times = {"created_at": SINCE, "delivered_at": AS_OF - 20 * HOUR}
    assert Evidence.open(found.run).read("report_plans", ACCOUNT, HOME).to_pylist() == [row | times]
    asked = ("ListReportPlans", "GetBucketVersioning", "GetObjectLockConfiguration")
    assert sorted(one.operation for one in found.calls if one.operation in asked) == sorted(asked)


@pytest.mark.long
@pytest.mark.parametrize(
    ("world", "said"),
    [
        (bucket(reporting(standing(), AS_OF - 49 * HOUR)), f"{LATE}, last delivered 2026-02-26T23:00Z"),
        (bucket(reporting(standing(), None)), f"{LATE}, which has delivered nothing since 2025-06-01T00:00Z"),
        (bucket(reporting(standing()), {}, NO_LOCK), f"{OPEN} is not versioned"),
        (bucket(reporting(standing()), lock=NO_LOCK), f"{OPEN} has no Object Lock"),
        (bucket(reporting(standing()), GONE, GONE), f"{OPEN} is not there"),
    ],
    ids=["late", "never", "not versioned", "no Object Lock", "gone"],
)
def test_what_is_wrong_is_named(tmp_path: Path, world: World, said: str) -> None:
    """The plan with its Region, and what is wrong with it or its bucket."""
    assert told(judged(world, tmp_path)) == ("NON_COMPLIANT", [said])


@pytest.mark.long
@pytest.mark.parametrize(
    ("world", "faults"),
    [
        (bucket(reporting(standing())), [denied("ListReportPlans")]),
        (bucket(reporting(standing())), [denied("GetBucketVersioning")]),
        (bucket(reporting(standing()), lock=FREE), []),
    ],
    ids=["plans", "bucket", "a retention of each object's own"],
)
def test_what_was_not_told_is_no_pass(tmp_path: Path, world: World, faults: Sequence[Fault]) -> None:
    """Nor is it a finding."""
    assert told(judged(world, tmp_path, *faults))[0] == "INSUFFICIENT_DATA"


@pytest.mark.long
def test_without_the_parameter_nobody_is_asked(tmp_path: Path) -> None:
    """Neither AWS Backup nor S3."""
    found = audit(bucket(reporting(standing())), tmp_path, accounts="organization", regions=[HOME])

    assert (CONTROL, ROOT) not in found.verdicts
    assert "ListReportPlans" not in {one.operation for one in found.calls}


@pytest.mark.long
def test_an_account_without_report_plans_is_not_judged(tmp_path: Path) -> None:
    """AWS Backup need not report."""
    assert told(judged(bucket(standing(), lock=LOCKED), tmp_path)) == ("NOT_APPLICABLE", [])
