"""Backups that look complete and are not: which job tells it, and what is not known."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.model.policy import TierAssignment, Tiers
from tests.unit.evaluate.conftest import GOLD, START, TIERS, World

HOLLOW: dict[str, Any] = {"message_category": "OBJECTS_SKIPPED", "message": "2 objects of a cold class"}
TOLD = {"category": "OBJECTS_SKIPPED", "message": "2 objects of a cold class"}
STREAM = "arn:aws:rds:eu-central-1:111122223333:auto-backup:awsbackup:job-1"


def demanding(world: World, *messages: str) -> World:
    """The tier gold demands whole backups and accepts these messages."""
    gold = {**GOLD, "whole_backups": True, "accepted_messages": list(messages)}
    tiers = (TierAssignment("gold", {"tier": "gold"}),)
    world.tiers = Tiers({"gold": gold, "exempt": {"required": False}}, tiers, "exempt")
    return world


def completion(world: World) -> dict[str, Any]:
    """The facts of the volume."""
    (facts,) = world.facts("resource")
    return dict(facts["completion"])


def test_the_newest_completed_job_counts(world: World) -> None:
    """By its end; not one that failed since, nor one that goes on."""
    demanding(world).backup(3, **HOLLOW)
    world.backup(4)
    world.backup(5, state="FAILED", message_category="ERROR")
    world.backup(6, state="RUNNING", completed_at=None)
    assert completion(world) == {"whole": True, "fallen_back": 0}
    assert world.unknown("resource", "completion.whole") == []


def test_issues_of_the_newest_are_told(world: World) -> None:
    """With what AWS says, whatever older ones were."""
    demanding(world).backup(3)
    world.backup(4, **HOLLOW)
    assert completion(world) == {"whole": False, **TOLD, "job_id": "job-4", "fallen_back": 0}


@pytest.mark.parametrize(
    ("messages", "whole"),
    [(["2 objects*"], True), (["*"], True), (["2 objects"], False), (["KMS*", "*cold class"], True)],
)
def test_a_message_that_the_tier_accepts_is_a_success(world: World, messages: list[str], whole: bool) -> None:  # noqa: FBT001 -- a case
    """Of the timeline too: its recovery point counts."""
    demanding(world, *messages).backup(3, **HOLLOW)
    assert completion(world)["whole"] is whole
    (facts,) = world.facts("resource")
    assert facts["backups"]["count"] == (1 if whole else 0)


def test_no_message_is_accepted_by_none(world: World) -> None:
    """It is told that there is none."""
    demanding(world, "*").backup(3, message_category="OBJECTS_SKIPPED")
    assert completion(world)["message"] == "no message"


@pytest.mark.parametrize(
    ("statuses", "stream"),
    [
        (["AVAILABLE"], "running"),
        (["STOPPED"], "stopped"),
        (["STOPPED", "AVAILABLE"], "running"),
        (["STOPPED", "COMPLETED"], "running"),
        (["STOPPED", "EXPIRED"], "stopped"),
        ([], None),
    ],
)
def test_a_continuous_backup_goes_on_or_not(world: World, statuses: list[str], stream: str | None) -> None:
    """One that was changed leaves a stopped one behind, and another goes on, by either word of AWS for it."""
    for number, status in enumerate(statuses):
        demanding(world).point(f"{STREAM}{number}", START, status=status)
    demanding(world)
    assert completion(world).get("stream") == stream


def test_what_has_stopped_by_now_may_have_gone_on_then(world: World) -> None:
    """Where the evidence was read much later."""
    demanding(world).point(STREAM, START, status="STOPPED")
    world.collected_at = world.as_of + timedelta(days=1)
    assert ("continuous", "ReadLater", False) in world.unknown("resource", "completion.stream")


GAPPED = World.vault.replace(":main", ":gapped")


def copied(world: World, state: str, source: str = "snap-1", into: str = GAPPED) -> None:
    """A copy job of a recovery point."""
    done = world.as_of - timedelta(days=1)
    world.add("copy_jobs", job_id=f"copy-{state}", resource_arn=world.volume, resource_type="EBS",
              source_recovery_point_arn=source, destination_vault_arn=into, state=state, created_at=done,
              completed_at=done)  # fmt: skip


@pytest.mark.parametrize(
    ("states", "count"),
    [
        (["FAILED"], 1),
        (["PARTIAL"], 1),
        (["PARTIAL", "COMPLETED"], 0),
        (["FAILED", "COMPLETED"], 0),
        (["FAILED", "RUNNING"], 0),
        (["COMPLETED"], 0),
        ([], 0),
    ],
)
def test_what_could_not_be_copied_fell_back(world: World, states: list[str], count: int) -> None:
    """Nor did one of a composite that lacks something. Not while a copy goes on, nor where none was begun."""
    demanding(world).point("snap-1", START, delete_after_event="DELETE_AFTER_COPY")
    world.point("snap-2", START)
    for state in states:
        copied(world, state)
        copied(world, state, "snap-2")
    assert completion(world)["fallen_back"] == count


@pytest.mark.parametrize(
    "other",
    [World.far_vault, World.vault, World.vault.replace(World.account, "999988887777")],
    ids=["Region", "vault", "account"],
)
@pytest.mark.parametrize(
    ("gapped", "state", "count"),
    [("FAILED", "COMPLETED", 1), ("FAILED", "RUNNING", 1), ("COMPLETED", "FAILED", 0), ("", "FAILED", 0)],
)
def test_another_copy_is_none_into_the_air_gapped_vault(
    world: World, other: str, gapped: str, state: str, count: int
) -> None:
    """Neither its success nor its failure tells of that one."""
    demanding(world).point("snap-1", START, delete_after_event="DELETE_AFTER_COPY")
    world.add("backup_vaults", arn=World.vault, name="main", locked=False)
    world.add("backup_vaults", arn=GAPPED, name="gapped", vault_type="LOGICALLY_AIR_GAPPED_BACKUP_VAULT")
    copied(world, state, into=other)
    if gapped:
        copied(world, gapped)
    assert completion(world)["fallen_back"] == count


@pytest.mark.parametrize(
    ("state", "into", "later", "open_"),
    [
        ("FAILED", GAPPED, 1, True),
        ("FAILED", World.far_vault, 1, False),
        ("COMPLETED", GAPPED, 1, False),
        ("FAILED", GAPPED, 0, False),
    ],
)
def test_what_is_gone_by_now_may_have_been_there_then(
    world: World, state: str, into: str, later: int, *, open_: bool
) -> None:
    """Where it was read much later, and its copy into the vault failed; what is there still is counted."""
    demanding(world).point("snap-2", START, delete_after_event="DELETE_AFTER_COPY")
    copied(world, "FAILED", "snap-2")
    copied(world, state, into=into)
    world.collected_at = world.as_of + timedelta(days=later)
    assert completion(world)["fallen_back"] == 1
    gaps = world.unknown("resource", "completion.fallen_back")
    assert (("ListRecoveryPointsByBackupVault", "ReadLater", True) in gaps) is open_


@pytest.mark.parametrize(("days", "jobs", "known"), [(-1, [], False), (-1, ["FAILED"], True), (1, [], True)])
def test_copies_that_are_listed_no_more_leave_it_open(
    world: World, days: int, jobs: list[str], *, known: bool
) -> None:
    """Of what was made before the jobs that are known; what a job says of it counts."""
    demanding(world).point("snap-1", START + timedelta(days=days), delete_after_event="DELETE_AFTER_COPY")
    for state in jobs:
        copied(world, state)
    assert completion(world)["fallen_back"] == len(jobs)
    gaps = world.unknown("resource", "completion.fallen_back")
    assert gaps == ([] if known else [("ListCopyJobs", "NotListed", True)])


@pytest.mark.parametrize(
    ("table", "hidden"),
    [
        ("backup_jobs", {"whole"}),
        ("recovery_points", {"stream", "fallen_back"}),
        ("copy_jobs", {"fallen_back"}),
    ],
)
def test_what_was_not_read_is_not_known_where_it_is_asked(world: World, table: str, hidden: set[str]) -> None:
    """A tier that does not demand whole backups has no gap of them."""
    demanding(world).gap(table, operation="ListX")
    names = ("whole", "stream", "fallen_back")
    found = {name for name in names if world.unknown("resource", f"completion.{name}")}
    assert found == hidden


def test_a_tier_that_does_not_ask_has_no_gap(world: World) -> None:
    """Its controls rest on other facts."""
    for table in ("backup_jobs", "recovery_points", "copy_jobs"):
        world.gap(table, operation=f"List{table}")
    for name in ("whole", "stream", "fallen_back"):
        assert world.unknown("resource", f"completion.{name}") == []


BUCKET = "arn:aws:s3:::contracts"


def bucket(world: World, **settings: Any) -> World:
    """A bucket whose tier demands whole backups, and what S3 says of it."""
    demanding(world).add("resources", arn=BUCKET, resource_type="S3", name="contracts", tags={"tier": "gold"})
    if settings:
        world.add("bucket_settings", arn=BUCKET, **settings)
    return world


def of_bucket(world: World) -> tuple[tuple[Any, Any], list[tuple[str, str, bool]]]:
    """Its versioning and events, and what of them is not known; the volume has neither."""
    volume, told = (one["completion"] for one in world.facts("resource"))
    assert not {"versioning", "events"}.intersection(volume)
    return (told.get("versioning"), told.get("events")), world.unknown("resource", "completion.events", 1)


@pytest.mark.parametrize("settings", [("enabled", True), ("suspended", False), ("off", False)])
def test_a_bucket_is_as_s3_says(world: World, settings: tuple[str, bool]) -> None:
    """Where its tier asks."""
    versioning, events = settings
    assert of_bucket(bucket(world, versioning=versioning, events=events)) == (settings, [])


@pytest.mark.parametrize(
    ("why", "gap"),
    [
        ("denied", ("GetBucketVersioning", "AccessDeniedException", False)),
        ("gone", ("GetBucketVersioning", "NotRead", False)),
        ("late", ("GetBucketVersioning", "ReadLater", False)),
    ],
)
def test_what_s3_did_not_say_in_time_is_unknown(world: World, why: str, gap: Any) -> None:
    """Each way by itself."""
    if why == "late":
        bucket(world, versioning="enabled", events=True).collected_at = world.as_of + timedelta(days=1)
    else:
        bucket(world)
    if why == "denied":
        world.gap("bucket_settings", operation="GetBucketVersioning", service="s3")
    assert of_bucket(world)[1] == [gap]


def test_no_bucket_is_asked_where_no_tier_asks(world: World) -> None:
    """Whatever S3 says."""
    bucket(world, versioning="off", events=False).tiers = TIERS
    assert of_bucket(world) == ((None, None), [])
