"""Copies that prove something, and such that do not: of what they are, and of when they were there."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import Fault, denied
from tests.loopback.standing import ACCOUNT, AS_OF, AWAY, HOME, VOLUME, World, nights, standing, vault_arn

COPY, OTHER = "BKP-ISO-001", "444455556666"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FAR = vault_arn("far", AWAY)
TIER = {"copy": {"retention_days": 7}}
THEN = AS_OF - 9 * DAY
ACCEPTED = [{"resource_type": "EBS", "category": "KMS_KEY_ERROR"}]


@pytest.mark.parametrize(
    ("category", "accepted", "verdict"),
    [
        ("SUCCESS", [], "COMPLIANT"),
        (None, [], "COMPLIANT"),
        ("KMS_KEY_ERROR", [], "NON_COMPLIANT"),
        ("KMS_KEY_ERROR", ACCEPTED, "COMPLIANT"),
        ("ACCESS_DENIED", ACCEPTED, "NON_COMPLIANT"),
    ],
)
def test_a_copy_job_that_completed_with_issues_made_no_copy(
    tmp_path: Path, category: str | None, accepted: list[dict[str, str]], verdict: str
) -> None:
    """As with backups, unless somebody accepts it; jobs from before AWS told categories have none."""
    world = standing(14)
    for night in nights(AS_OF - 3 * DAY):
        world.copied(night, FAR, MessageCategory=category)
    found = audit(world, tmp_path, tier=TIER, parameters={"evidence": {"accepted_completions": accepted}})
    assert found.verdict(COPY, VOLUME) == verdict
    assert [entry["jobs"] for entry in found.document["run"]["accepted"]] == [
        3 * (category == "KMS_KEY_ERROR") for _ in accepted
    ]


def copied(keep: int = 30, **members: Any) -> World:
    """The standing volume, of which one copy was made half a day before `THEN`."""
    world = standing(14)
    world.copied(THEN - 12 * HOUR, FAR, keep=keep, CompletionDate=members.get("CompletionDate", THEN - HOUR))
    for point in world.at(AWAY).recovery_points.get("far", []):
        point.update(members)
    return world


@pytest.mark.parametrize(
    ("world", "verdict"),
    [
        (copied(), "COMPLIANT"),
        (copied(CompletionDate=THEN), "COMPLIANT"),
        (copied(CompletionDate=THEN + HOUR), "NON_COMPLIANT"),
        (copied(Status="EXPIRED", CalculatedLifecycle={"DeleteAt": THEN + DAY}), "NON_COMPLIANT"),
        (copied(Status="EXPIRED", CalculatedLifecycle={"DeleteAt": THEN + 8 * DAY}), "COMPLIANT"),
        (copied(Status="EXPIRED", CalculatedLifecycle={"DeleteAt": THEN - HOUR}), "NON_COMPLIANT"),
        (copied(keep=7), "INSUFFICIENT_DATA"),
        (standing(14), "NON_COMPLIANT"),
    ],
    ids=["there", "just there", "under way", "kept too briefly", "ended since", "ended", "gone", "none"],
)
def test_of_the_past_a_copy_is_what_it_was_then(tmp_path: Path, world: World, verdict: str) -> None:
    """What was under way was none, what has ended since was one, and what is gone by now may have been."""
    found = audit(world, tmp_path, tier=TIER, as_of=THEN, period_days=15)
    assert found.verdict(COPY, VOLUME) == verdict
    hidden = [gap["error"] for gap in found.gaps if gap["operation"] == "copies"]
    assert hidden == ["ReadLater"] * (verdict == "INSUFFICIENT_DATA")


def test_of_a_time_whose_copy_jobs_are_not_listed_no_copy_is_missing(tmp_path: Path) -> None:
    """Nothing tells what was copied before them and has gone since."""
    found = audit(standing(14), tmp_path, tier=TIER, as_of=THEN)
    (reason,) = found.reasons(COPY, VOLUME)
    assert (found.verdict(COPY, VOLUME), reason.evidence["gaps"][0]["error"]) == (
        "INSUFFICIENT_DATA",
        "HistoryLimit",
    )


def test_a_copy_that_is_gone_today_is_missing(tmp_path: Path) -> None:
    """Nothing hides it: its place was read at the time of the judgement."""
    world = standing(14)
    world.copied(AS_OF - 12 * HOUR, FAR)
    world.at(AWAY).recovery_points.clear()
    assert audit(world, tmp_path, tier=TIER).verdict(COPY, VOLUME) == "NON_COMPLIANT"


@pytest.mark.parametrize(
    ("faults", "category", "verdict"),
    [
        ([], "SUCCESS", "COMPLIANT"),
        ([], "KMS_KEY_ERROR", "NON_COMPLIANT"),
        ([denied("ListCopyJobs")], "SUCCESS", "INSUFFICIENT_DATA"),
        ([denied("ListCopyJobs")], "KMS_KEY_ERROR", "INSUFFICIENT_DATA"),
    ],
)
def test_copies_prove_nothing_where_their_jobs_were_not_read(
    tmp_path: Path, faults: list[Fault], category: str, verdict: str
) -> None:
    """The local points were deleted early: only the copies tell, and their jobs how they ended."""
    world = standing(35, [])
    for night in nights():
        gone = world.job(night, RecoveryPointArn=f"arn:aws:ec2:{HOME}::snapshot/snap-{world.number()}")
        world.copied(night, FAR, keep=35, source=gone["RecoveryPointArn"], MessageCategory=category)
    found = audit(world, tmp_path, faults=faults)
    assert found.verdict("BKP-FRQ-001", VOLUME) == verdict
    assert ("ListCopyJobs" in {gap["operation"] for gap in found.gaps}) == bool(faults)


def hops() -> World:
    """Bad backups, each copied into the other Region and from there on into another account."""
    world = standing(35, [])
    world.account(OTHER)
    for night in nights(AS_OF - 3 * DAY):
        bad = world.night(night, 35, MessageCategory="VSS_ERROR")
        first = world.copied(night, FAR, keep=35, source=bad["RecoveryPointArn"])
        second = world.copied(
            night, vault_arn("deep", AWAY, OTHER), keep=35, source=first["DestinationRecoveryPointArn"]
        )
        world.at().copy_jobs.remove(second)
        world.at(AWAY).copy_jobs.append(second)
        world.at(AWAY, OTHER).recovery_points["deep"][-1]["SourceBackupVaultArn"] = FAR
    return world


@pytest.mark.parametrize(
    ("faults", "verdict"),
    [
        ([], "NON_COMPLIANT"),
        ([denied("ListBackupJobs", region=HOME, account_id=ACCOUNT)], "INSUFFICIENT_DATA"),
        ([denied("ListCopyJobs", region=HOME, account_id=ACCOUNT)], "INSUFFICIENT_DATA"),
        ([denied("ListCopyJobs", region=AWAY, account_id=ACCOUNT)], "INSUFFICIENT_DATA"),
        ([denied("ListCopyJobs", account_id=OTHER)], "NON_COMPLIANT"),
    ],
)
def test_no_copy_counts_whose_jobs_on_the_way_were_not_read(
    tmp_path: Path, faults: list[Fault], verdict: str
) -> None:
    """They are of bad backups, which the jobs alone tell; from the other account nothing was copied."""
    found = audit(hops(), tmp_path, tier=TIER, accounts=[ACCOUNT, OTHER], faults=faults)
    assert found.verdict(COPY, VOLUME) == verdict
    assert found.verdict("BKP-FRQ-002", VOLUME) in ("NON_COMPLIANT", "INSUFFICIENT_DATA")


def last_hop(category: str, members: dict[str, str]) -> World:
    """Good backups that are gone, each copied twice, the second time with that end; this copy is left."""
    world = standing(35, [])
    world.account(OTHER)
    for night in nights():
        made = world.job(night, RecoveryPointArn=f"arn:aws:ec2:{HOME}::snapshot/snap-{world.number()}")
        first = world.copied(night, FAR, source=made["RecoveryPointArn"])["DestinationRecoveryPointArn"]
        deep = vault_arn("deep", AWAY, OTHER)
        world.copied(night, deep, keep=35, source=first, MessageCategory=category)
        world.at(AWAY).copy_jobs.append(world.at().copy_jobs.pop())
        del world.at(AWAY, OTHER).recovery_points["deep"][-1]["SourceBackupVaultArn"]
        world.at(AWAY, OTHER).recovery_points["deep"][-1].update(members)
    world.at(AWAY).recovery_points.clear()
    return world


UNNAMED: dict[str, str] = {}
NAMED = {"SourceBackupVaultArn": FAR}
FROM = denied("ListCopyJobs", region=AWAY, account_id=ACCOUNT)
BESIDE = denied("ListCopyJobs", region=HOME, account_id=OTHER)


@pytest.mark.parametrize(
    ("category", "members", "faults", "verdict"),
    [
        ("KMS_KEY_ERROR", UNNAMED, [], "NON_COMPLIANT"),
        ("KMS_KEY_ERROR", UNNAMED, [FROM], "INSUFFICIENT_DATA"),
        ("SUCCESS", UNNAMED, [BESIDE], "INSUFFICIENT_DATA"),
        ("SUCCESS", NAMED, [BESIDE], "COMPLIANT"),
    ],
)
def test_a_copy_whose_source_is_not_named_may_come_from_anywhere(
    tmp_path: Path, category: str, members: dict[str, str], faults: list[Fault], verdict: str
) -> None:
    """So it counts for nothing where the copy jobs of any place were not read."""
    world = last_hop(category, members)
    found = audit(world, tmp_path, tier=TIER, accounts=[ACCOUNT, OTHER], faults=faults)
    assert [found.verdict(control, VOLUME) for control in (COPY, "BKP-FRQ-001")] == [verdict, verdict]
