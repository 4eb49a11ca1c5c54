"""How large a sample of restores is, has to be, and what leaves that open."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from auditor.model.policy import TierAssignment, Tiers
from tests.unit.evaluate.conftest import ACCOUNT, GOLD, World
from tests.unit.evaluate.test_restores import DAY, DENIED, asked, of, restore

OLD = World.start - 9 * DAY
RESTORED = "restores.sample.restored"
UNTAGGED = [("GetResources", "AccessDeniedException", True)]
OPEN = [("DescribeVolumes", "AccessDeniedException", True)]


def volumes(world: World, number: int, created: datetime | None = OLD, **row: Any) -> list[str]:
    """Beside the first volume so many more of the tier; their ARNs."""
    made = len(world.tables["resources", world.home])
    arns = [f"arn:aws:ec2:eu-central-1:{ACCOUNT}:volume/more-{made + one}" for one in range(number)]
    for arn in arns:
        base = {"resource_type": "EBS", "name": arn, "created_at": created, "tags": {"tier": "gold"}}
        world.add("resources", arn=arn, **{**base, **row})
    return arns


def restored(world: World, *arns: str, days: float = 4, **row: Any) -> None:
    """A restore of each."""
    for number, arn in enumerate(arns):
        restore(world, days, resource_arn=arn, job_id=f"{arn} {number}", **row)


def sample(world: World) -> dict[str, Any]:
    """Facts of the first volume; their numbers are the same of all."""
    found: dict[str, Any] = of(world)["sample"]
    return found


def test_a_share_is_rounded_up_and_nobody_restores_more_than_there_are(world: World) -> None:
    """Of two sizes the larger one is demanded; each tier has its own."""
    cases = [
        ({"sample_resources": 3}, 10, 3), ({"sample_resources": 3}, 3, 3), ({"sample_resources": 3}, 2, 2),
        ({"sample_percent": 30}, 10, 3), ({"sample_percent": 30}, 11, 4), ({"sample_percent": 1}, 1, 1),
        ({"sample_percent": 100}, 10, 10), ({"sample_percent": 20, "sample_resources": 1}, 10, 2),
        ({"sample_percent": 20, "sample_resources": 5}, 10, 5),
    ]  # fmt: skip
    tests = [{"max_age_days": 29, "sample": True, **size} for size, _, _ in cases]
    tiers = {f"t{number}": {**GOLD, "restore_test": one} for number, one in enumerate(tests)}
    assignment = (*(TierAssignment(name, {"tier": name}) for name in tiers),)
    world.tiers = Tiers({**tiers, "exempt": {"required": False}}, assignment, "exempt")
    for name, (_, of_, _) in zip(tiers, cases, strict=True):
        volumes(world, of_, tags={"tier": name})
    (inventory, *_) = world.subjects().inventories
    assert world.opened is not None
    (frame, *_) = world.opened.frames_of(inventory)
    found = [frame.cite(["restores"], index)["restores"]["sample"] for index in range(1, frame.size)]
    assert found == [
        {"restored": 0, "population": of_, "needed": needed} for _, of_, needed in cases for _ in range(of_)
    ]


def test_resources_are_counted_and_not_jobs(world: World) -> None:
    """Not of another tier or type, nor those that are too old, failed, or are of one that is gone."""
    asked(world, sample=True, sample_resources=2, max_age_days=29)
    second, third, fourth = volumes(world, 3)
    (other,) = volumes(world, 1, tags={"tier": "none"})
    (database,) = volumes(world, 1, resource_type="RDS")
    restored(world, second, second, other, database, "arn:aws:ec2:eu-central-1:1:volume/gone")
    restored(world, third, days=29)
    restored(world, fourth, days=29.1)
    restored(world, world.volume, status="FAILED")
    assert sample(world) == {"restored": 2, "population": 4, "needed": 2}
    assert world.facts("resource")[4].get("restores") is None
    assert world.facts("resource")[5]["restores"]["sample"] == {"restored": 1, "population": 1, "needed": 1}


def test_only_restores_that_the_tier_counts_are_in_it(world: World) -> None:
    """Validated ones, where it asks for that; one that goes on may make it large enough."""
    asked(world, sample=True, sample_resources=2, validated=True)
    second, third = volumes(world, 2)
    restored(world, second)
    restored(world, third, validation_status="SUCCESSFUL")
    assert (sample(world)["restored"], world.unknown("resource", RESTORED)) == (1, [])
    restored(world, world.volume, validation_status="VALIDATING")
    world.folder, world.opened = world.folder / "again", None
    assert world.unknown("resource", RESTORED) == [("ListRestoreJobs", "Validating", True)]


@pytest.mark.parametrize(
    ("hours", "is_restored", "of_"), [(29 * 24, False, 1), (29 * 24 + 1, False, 2), (1, True, 2)]
)
def test_a_young_resource_is_of_it_only_if_it_was_restored(
    world: World, hours: int, of_: int, *, is_restored: bool
) -> None:
    """It need not have been restored yet."""
    asked(world, sample=True, sample_percent=100, max_age_days=29)
    (young,) = volumes(world, 1, world.as_of - timedelta(hours=hours))
    if is_restored:
        restored(world, young, days=0.01, point_created_at=world.as_of - timedelta(minutes=30))
    assert sample(world) == {"restored": int(is_restored), "population": of_, "needed": of_}


@pytest.mark.parametrize(
    ("size", "ten", "open_"),
    [
        ({"sample_resources": 2}, 2, False),
        ({"sample_resources": 2}, 1, True),
        ({"sample_percent": 20}, 2, True),
    ],
    ids=["enough of any number", "more may be restored", "a share of nobody knows how many"],
)
def test_resources_that_were_not_listed_leave_it_open(
    world: World, size: dict[str, int], ten: int, *, open_: bool
) -> None:
    """But where it is enough for however many there are."""
    asked(world, sample=True, **size)
    arns = volumes(world, 9)
    restored(world, *arns[:ten])
    world.gap("resources", operation="DescribeVolumes", service="ec2")
    assert world.unknown("resource", RESTORED) == (OPEN if open_ else [])


@pytest.mark.parametrize(
    ("restored_here", "untold", "restored_there", "open_"),
    [(2, 1, 0, True), (3, 1, 0, False), (1, 1, 0, False), (1, 2, 2, True), (0, 1, 1, False)],
    ids=["just enough without", "enough with it", "too few either way", "may be of it", "too few with it"],
)
def test_one_whose_tier_is_not_known_is_counted_both_ways(
    world: World, restored_here: int, untold: int, restored_there: int, *, open_: bool
) -> None:
    """20 % of ten volumes are two, of eleven three."""
    asked(world, sample=True, sample_percent=20)
    restored(world, *volumes(world, 9)[:restored_here])
    unknown = volumes(world, untold, tags=None)
    restored(world, *unknown[:restored_there])
    world.gap("resources", operation="GetResources", service="resourcegroupstaggingapi")
    assert world.unknown("resource", RESTORED) == (UNTAGGED if open_ else [])


@pytest.mark.parametrize(
    ("size", "days", "open_"),
    [({}, 4, True), ({}, 30.1, False), ({"sample_percent": 50}, 4, True), ({"sample_percent": 90}, 4, False)],
    ids=["may be of it", "too old", "enough with it", "too few with it"],
)
def test_a_restore_of_one_whose_tier_is_not_known_may_be_the_newest(
    world: World, size: dict[str, int], days: float, *, open_: bool
) -> None:
    """So that none of the sample is listed is no finding, where it would be enough."""
    asked(world, sample=True, **size)
    restored(world, *volumes(world, 1, tags=None), days=days)
    world.gap("resources", operation="GetResources", service="resourcegroupstaggingapi")
    assert of(world)["completed"] == 0
    assert world.unknown("resource", "restores.age_days") == (UNTAGGED if open_ else [])


@pytest.mark.parametrize(
    ("row", "facts"),
    [
        ({}, ["minutes", "failed_since"]),
        ({"status": "FAILED"}, ["failed_since"]),
        ({"resource_type": "RDS"}, []),
        ({"days": 6}, []),
    ],
    ids=["completed", "failed", "of another type", "before the newest"],
)
def test_what_became_of_one_whose_tier_is_not_known_may_count(
    world: World, row: dict[str, Any], facts: list[str]
) -> None:
    """How long the newest of the sample took, and what went wrong since, is then not known."""
    asked(world, sample=True)
    restored(world, world.volume, days=5)
    kind = row.get("resource_type", "EBS")
    restored(world, *volumes(world, 1, tags=None, resource_type=kind), **row)
    world.gap("resources", operation="GetResources", service="resourcegroupstaggingapi")
    unknown = {fact: world.unknown("resource", f"restores.{fact}") for fact in ("minutes", "failed_since")}
    errors = {fact: [error for _, error, _ in gaps] for fact, gaps in unknown.items() if gaps}
    assert errors == {fact: ["AccessDeniedException"] for fact in facts}
    assert of(world).get("failed_since") == (None if facts else 0)


@pytest.mark.parametrize("kind", ["EBS", "RDS"])
def test_a_hidden_restore_of_one_whose_tier_is_not_known_leaves_it_open(world: World, kind: str) -> None:
    """When it ended is not told; one of another type counts for no such sample."""
    asked(world, sample=True, sample_resources=2)
    volumes(world, 1)
    restored(world, world.volume)
    restored(world, *volumes(world, 1, tags=None, resource_type=kind), completed_at=None)
    world.gap("resources", operation="GetResources", service="resourcegroupstaggingapi")
    named = [*UNTAGGED, ("ListRestoreJobs", "Unknown", True)]
    assert world.unknown("resource", RESTORED) == (named if kind == "EBS" else [])


@pytest.mark.parametrize(("number", "open_"), [(1, False), (2, True), (3, False)])
def test_one_whose_age_is_not_known_is_counted_both_ways(world: World, number: int, *, open_: bool) -> None:
    """It need not be restored where it is young: 20 % of ten are two, of eleven three."""
    asked(world, sample=True, sample_percent=20)
    restored(world, *volumes(world, 9)[:number])
    volumes(world, 1, None)
    assert world.unknown("resource", RESTORED) == ([("resources", "Unknown", True)] if open_ else [])


def test_restores_that_may_be_hidden_leave_it_open_while_it_is_too_small(world: World) -> None:
    """As jobs were not read, or are listed no longer."""
    asked(world, sample=True, sample_resources=2, max_age_days=31)
    restored(world, world.volume, *volumes(world, 1))
    world.gap("restore_jobs", operation="ListRestoreJobs")
    assert world.unknown("resource", RESTORED) == []
    world.tables["restore_jobs", world.home].pop()
    world.folder, world.opened = world.folder / "again", None
    assert world.unknown("resource", RESTORED) == [DENIED, ("ListRestoreJobs", "TooShort", True)]


def test_a_tier_that_says_no_size_has_none(world: World) -> None:
    """Whatever was not listed."""
    asked(world, sample=True)
    world.gap("resources", operation="DescribeVolumes", service="ec2")
    assert ("sample" in of(world), world.unknown("resource", RESTORED)) == (False, [])
