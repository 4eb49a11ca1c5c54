"""Copies that were made of copies: their jobs are listed where the vault is that was copied from."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import Fault, denied
from tests.loopback.standing import ACCOUNT, AS_OF, AWAY, HOME, VOLUME, World, nights, standing, vault_arn
from tests.loopback.world import Item

pytestmark = pytest.mark.long

COPY, OTHER, CLOSED = "BKP-ISO-002", "444455556666", "555566667777"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TIER = {"account_copy": {"retention_days": 7}}
FAR = vault_arn("far", AWAY)
SEEN: dict[str, Any] = {"accounts": [ACCOUNT, OTHER]}


def goes_on(world: World, first: Item, created: Any, end: str) -> Item:
    """A copy in another account of the copy that a job made in the other Region: its job."""
    if end not in world.accounts:
        world.account(end)
    source = first["DestinationRecoveryPointArn"]
    second = world.copied(created, vault_arn("deep", AWAY, end), keep=35, source=source)
    world.at().copy_jobs.remove(second)
    world.at(AWAY).copy_jobs.append(second)
    world.at(AWAY, end).recovery_points["deep"][-1]["SourceBackupVaultArn"] = FAR
    return second


def twice(end: str, created: Any = AS_OF - DAY, **first: Any) -> tuple[World, Item]:
    """A copy in the other Region, and one of that in another account: the world and the second copy's job."""
    world = standing(14)
    world.account(OTHER)
    return world, goes_on(world, world.copied(created, FAR, **first), created, end)


@pytest.mark.parametrize(
    ("end", "verdict"), [(OTHER, "COMPLIANT"), (CLOSED, "INSUFFICIENT_DATA"), ("", "NON_COMPLIANT")]
)
def test_a_copy_of_a_copy_counts_where_it_was_read(tmp_path: Path, end: str, verdict: str) -> None:
    """In an account that was not read it is not known; where there is none, none is found."""
    world = twice(end)[0] if end else standing(14)
    if not end:
        world.account(OTHER)

    assert audit(world, tmp_path, tier=TIER, **SEEN).verdict(COPY, VOLUME) == verdict


@pytest.mark.parametrize(
    ("members", "verdict"),
    [({}, "INSUFFICIENT_DATA"), ({"State": "FAILED"}, "NON_COMPLIANT")],
    ids=["completed", "failed"],
)
def test_what_was_made_of_a_copy_in_a_region_that_was_not_read_is_not_known(
    tmp_path: Path, members: dict[str, Any], verdict: str
) -> None:
    """Nobody asked there what was copied on; of what never arrived there nothing was."""
    world = standing(14)
    world.copied(AS_OF - DAY, FAR, **members)
    found = audit(world, tmp_path, tier=TIER, regions=[HOME])

    assert found.verdict(COPY, VOLUME) == verdict


@pytest.mark.parametrize(
    ("faults", "first", "verdict"),
    [
        ([], {}, "NON_COMPLIANT"),
        ([denied("ListCopyJobs", region=AWAY, account_id=ACCOUNT)], {}, "INSUFFICIENT_DATA"),
        ([denied("ListCopyJobs", region=AWAY, account_id=OTHER)], {}, "NON_COMPLIANT"),
        (
            [denied("ListCopyJobs", region=AWAY, account_id=ACCOUNT)],
            {"MessageCategory": "KMS_KEY_ERROR"},
            "NON_COMPLIANT",
        ),
    ],
    ids=["read", "denied", "denied elsewhere", "denied and bad"],
)
def test_what_was_made_of_a_copy_is_not_known_where_its_jobs_were_not_read(
    tmp_path: Path, faults: Sequence[Fault], first: dict[str, Any], verdict: str
) -> None:
    """A copy of a bad copy would count for nothing."""
    world = standing(14)
    world.account(OTHER)
    world.copied(AS_OF - DAY, FAR, **first)
    found = audit(world, tmp_path, tier=TIER, faults=faults, **SEEN)

    assert found.verdict(COPY, VOLUME) == verdict


@pytest.mark.parametrize(("gone", "verdict"), [(False, "COMPLIANT"), (True, "INSUFFICIENT_DATA")])
def test_of_the_past_a_copy_of_a_copy_may_be_gone_by_now(tmp_path: Path, verdict: str, *, gone: bool) -> None:
    """Its job, in the other Region, shows that it was there."""
    then = AS_OF - 9 * DAY
    world, second = twice(OTHER, then - 12 * HOUR, keep=30, CompletionDate=then - 2 * HOUR)
    second["CompletionDate"] = then - HOUR
    if gone:
        world.at(AWAY, OTHER).recovery_points.clear()
    found = audit(world, tmp_path, tier=TIER, as_of=then, period_days=15, **SEEN)

    assert found.verdict(COPY, VOLUME) == verdict


@pytest.mark.parametrize(
    ("end", "faults", "verdict"),
    [
        (OTHER, [], "COMPLIANT"),
        (CLOSED, [], "INSUFFICIENT_DATA"),
        (OTHER, [denied("ListRecoveryPointsByBackupVault", account_id=OTHER)], "INSUFFICIENT_DATA"),
        ("", [], "NON_COMPLIANT"),
    ],
    ids=["read", "not read", "denied", "none"],
)
def test_a_copy_of_a_copy_proves_the_time_of_the_backup(
    tmp_path: Path, end: str, faults: Sequence[Fault], verdict: str
) -> None:
    """The backups and their copies were deleted; where the copies of these lie nobody may have looked."""
    world = standing(35, [])
    world.account(OTHER)
    for night in nights():
        made = world.job(night, RecoveryPointArn=f"arn:aws:ec2:{HOME}::snapshot/snap-{world.number()}")
        first = world.copied(night, FAR, source=made["RecoveryPointArn"])
        if end:
            goes_on(world, first, night, end)
    world.at(AWAY).recovery_points.clear()
    found = audit(world, tmp_path, faults=faults, **SEEN)

    verdicts = [found.verdict(control, VOLUME) for control in ("BKP-FRQ-001", "BKP-FRQ-002")]
    assert verdicts == [verdict, verdict]
