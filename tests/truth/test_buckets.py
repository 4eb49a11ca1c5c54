"""Buckets: their ARNs name neither account nor Region."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import (
    ACCOUNT,
    AS_OF,
    AWAY,
    HOME,
    SINCE,
    START,
    World,
    nights,
    standing,
    vault_arn,
)

ENDLESS, KEPT, GAP = "BKP-RET-007", "BKP-RET-002", "BKP-FRQ-001"
BUCKET, OTHER = "arn:aws:s3:::photos", "444455556666"
DAY = timedelta(days=1)


@pytest.mark.parametrize("there", [True, False], ids=["there", "deleted"])
def test_a_copy_in_another_region_of_the_account_makes_no_deleted_bucket(
    tmp_path: Path, *, there: bool
) -> None:
    """AWS names no source of it; where its jobs were, the bucket is missing."""
    world = standing(14)
    world.selection(Resources=[BUCKET])
    if there:
        world.at().buckets.append({"Name": "photos", "CreationDate": SINCE})
    for night in nights(START, AS_OF - 4 * DAY * (not there)):
        world.night(night, 14, BUCKET)
        world.point(night, BUCKET, 14, "far", (AWAY, ACCOUNT))
    found = audit(world, tmp_path)

    deleted = {"count": 0, "shown": []} if there else {"count": 1, "shown": [BUCKET]}
    assert (found.document["run"]["deleted"], found.verdict(GAP, BUCKET)) == (deleted, "COMPLIANT")
    assert (found.exit_code, found.gaps) == (0, [])


def orphan(source: str = "") -> tuple[World, str]:
    """A recovery point without an end of a bucket that is in no list, and its ARN."""
    world = standing(14)
    members: dict[str, Any] = {"SourceBackupVaultArn": source or None}
    return world, str(world.point(AS_OF - DAY, BUCKET, None, **members)["RecoveryPointArn"])


@pytest.mark.parametrize(
    ("settings", "verdict"),
    [
        ({}, "NON_COMPLIANT"),
        ({"regions": [HOME]}, "INSUFFICIENT_DATA"),
        ({"faults": [denied("ListBuckets", region=AWAY)]}, "INSUFFICIENT_DATA"),
        ({"faults": [denied("DescribeVolumes", region=AWAY)]}, "NON_COMPLIANT"),
    ],
    ids=["read", "a Region left out", "buckets denied", "volumes denied"],
)
def test_a_bucket_is_gone_where_no_region_of_its_account_has_it(
    tmp_path: Path, settings: dict[str, Any], verdict: str
) -> None:
    """The point may be a copy from another Region."""
    world, point = orphan()
    found = audit(world, tmp_path, **settings)

    tiered = {"NON_COMPLIANT": "NOT_APPLICABLE"}.get(verdict, verdict)
    assert (found.verdict(ENDLESS, point), found.verdict(KEPT, point)) == (verdict, tiered)


@pytest.mark.parametrize(
    ("accounts", "verdict"), [([ACCOUNT], "INSUFFICIENT_DATA"), ([ACCOUNT, OTHER], "NON_COMPLIANT")]
)
def test_the_bucket_of_a_copy_is_in_the_account_that_it_was_copied_from(
    tmp_path: Path, accounts: list[str], verdict: str
) -> None:
    """Where that was not read, nobody knows whether it is there."""
    world, point = orphan(vault_arn("main", HOME, OTHER))
    world.account(OTHER)
    found = audit(world, tmp_path, accounts=accounts)

    assert found.verdict(ENDLESS, point) == verdict
    unread = [(gap["account_id"], gap["region"], gap["error"]) for gap in found.gaps]
    assert unread == [(OTHER, HOME, "NotRead")] * (verdict == "INSUFFICIENT_DATA")


def test_what_has_an_end_passes_wherever_its_resource_is(tmp_path: Path) -> None:
    """That its account was not asked for buckets is nothing to it."""
    world = standing(14)
    point = world.point(AS_OF - DAY, BUCKET)["RecoveryPointArn"]
    found = audit(world, tmp_path, faults=[denied("ListBuckets")])

    assert found.verdict(ENDLESS, point) == "COMPLIANT"
