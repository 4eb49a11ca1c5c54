"""Backups that services list themselves, apart from AWS Backup: by type, taken by somebody or automatic."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.evaluate.conftest import ACCOUNT, World
from tests.unit.evaluate.test_native import NOTHING_TOLD, UNTOLD, accept, told_line
from tests.unit.evaluate.test_native_snapshots import (
    COVERAGE,
    DENIED,
    FREQUENCY,
    HOUR,
    KEPT,
    ON,
    on,
    snapshot,
)
from tests.unit.evaluate.test_native_times import FREQUENCY as AUTOMATED
from tests.unit.evaluate.test_native_times import PARTLY, restorable

AT = f"eu-central-1:{ACCOUNT}"
#: By the word of the list: type, ARN, and the service's word for what can be restored.
TYPES = {
    "databases": ("DocumentDB", f"arn:aws:rds:{AT}:cluster:books", "available"),
    "dynamodb": ("DynamoDB", f"arn:aws:dynamodb:{AT}:table/books", "AVAILABLE"),
    "fsx": ("FSx", f"arn:aws:fsx:{AT}:file-system/fs-1", "AVAILABLE"),
    "redshift": ("Redshift", f"arn:aws:redshift:{AT}:cluster:books", "available"),
    "redshift_serverless": (
        "Redshift Serverless",
        f"arn:aws:redshift-serverless:{AT}:namespace/1",
        "AVAILABLE",
    ),
}
AUTOMATIC_TYPES = ("fsx", "redshift")


def resource(world: World, word: str, **row: Any) -> dict[str, Any]:
    """A resource of the tier gold in place of the volume; members of its backups."""
    kind, arn, state = TYPES[word]
    world.tables.pop(("resources", world.home))
    created = world.start - 100 * timedelta(days=1)
    base = {"name": "books", "tags": {"tier": "gold"}, "created_at": created}
    world.add("resources", arn=arn, resource_type=kind, **{**base, **row})
    return {"resource_arn": arn, "state": state}


@pytest.mark.parametrize("word", TYPES)
@pytest.mark.parametrize(("hours", "age"), [(0, 1.0), (25, 26.0)])
def test_one_of_each_service_protects_while_it_is_fresh(
    world: World, word: str, hours: int, age: float
) -> None:
    """A namespace's may be of a recovery point that is a day older: what may be fresh is open."""
    taken = resource(world, word)
    slack = 24 if word == "redshift_serverless" else 0
    snapshot(world, world.as_of - (hours + 1) * HOUR, "own", **taken)
    accept(world, {**COVERAGE, **FREQUENCY})

    if slack and not hours:
        assert on(world) == (None, NOTHING_TOLD)
        assert restorable(world)[0] == (25.0, PARTLY + UNTOLD)
    else:
        assert on(world) == ([] if hours else ON, [])
        assert restorable(world)[0] == (age + slack, [])


def test_what_may_be_a_day_older_is_fresh_within_a_longer_rpo(world: World) -> None:
    """One of a namespace."""
    taken = resource(world, "redshift_serverless")
    snapshot(world, world.as_of - HOUR, "own", **taken)
    accept(world, {**COVERAGE, **FREQUENCY})
    gold = {**world.tiers.tiers["gold"], "rpo_hours": 25}
    world.tiers = replace(world.tiers, tiers={**world.tiers.tiers, "gold": gold})

    assert on(world) == (ON, [])
    assert restorable(world)[0] == (25.0, [])


@pytest.mark.parametrize("word", TYPES)
@pytest.mark.parametrize(
    ("hidden", "seen"), [(False, ([], [])), (True, (None, DENIED))], ids=["whole", "denied"]
)
def test_none_is_a_fact_where_its_own_list_was_read(world: World, word: str, hidden: bool, seen: Any) -> None:  # noqa: FBT001 -- a case
    """Whatever the lists of other services refused."""
    resource(world, word)
    for other in TYPES:
        if (other == word) is hidden:
            world.gap(f"native_backups.{other}", operation="DescribeSnapshots", service="ec2")
    accept(world, COVERAGE)

    assert on(world) == seen


@pytest.mark.parametrize("row", [{"made_by": "AWS Backup"}, {"made_by": "automatic"}, {"state": "CREATING"}])
@pytest.mark.parametrize("word", TYPES)
def test_one_that_nobody_took_is_no_snapshot(world: World, word: str, row: dict[str, Any]) -> None:
    """AWS Backup's, one of the service itself, and one that is not complete."""
    taken = resource(world, word)
    snapshot(world, world.as_of - HOUR, "other", **taken | row)
    accept(world, {**COVERAGE, **FREQUENCY})

    assert on(world) == ([], [])
    assert restorable(world)[0] == (None, [])


@pytest.mark.parametrize(("age", "seen"), [(25, ([], [])), (23, (None, NOTHING_TOLD))])
def test_a_table_without_a_date_is_as_old_as_its_first_job(world: World, age: int, seen: Any) -> None:
    """That one is not asked for its creation which has old jobs."""
    taken = resource(world, "dynamodb", created_at=None)
    world.backup(29, resource_arn=taken["resource_arn"], created_at=world.as_of - age * HOUR)
    accept(world, COVERAGE)

    assert on(world) == seen


@pytest.mark.parametrize("word", TYPES)
def test_nothing_locks_what_is_no_snapshot_of_a_volume(world: World, word: str) -> None:
    """So locks that were not read are not why it is open."""
    taken = resource(world, word)
    snapshot(world, world.as_of - HOUR, "own", **taken)
    world.gap("native_backups.kept_until", operation="DescribeLockedSnapshots", service="ec2")
    accept(world, KEPT)
    gold = {**world.tiers.tiers["gold"], "rpo_hours": 25}
    world.tiers = replace(world.tiers, tiers={**world.tiers.tiers, "gold": gold})

    assert on(world) == (ON, UNTOLD)


def automatic(world: World, word: str, *hours: float, **row: Any) -> None:
    """Automatic backups are on; one was made so many hours ago each."""
    taken = resource(world, word)
    world.add(
        "native_protection",
        arn=taken["resource_arn"],
        kind="automated_backups",
        enabled=True,
        retention_days=30,
        source="fsx:DescribeFileSystems",
    )
    for number, age in enumerate(hours):
        snapshot(world, world.as_of - age * HOUR, f"auto-{number}", **taken | {"made_by": "automatic"} | row)
    accept(world, AUTOMATED)


@pytest.mark.parametrize("word", AUTOMATIC_TYPES)
def test_automatic_backups_that_are_listed_tell_their_times(world: World, word: str) -> None:
    """Daily ones of the whole period keep the RPO."""
    automatic(world, word, *(1 + 24 * day for day in range(30)))

    assert restorable(world) == [(1.0, []), (24.0, [])]


@pytest.mark.parametrize("word", AUTOMATIC_TYPES)
@pytest.mark.parametrize(
    ("hours", "newest", "gap"),
    [
        ((1, 25), (1.0, []), (695.0, PARTLY)),
        ((30,), (30.0, []), (690.0, [])),
        ((), (None, []), (None, [])),
    ],
)
def test_what_is_left_of_automatic_backups_proves_no_more(
    world: World, word: str, hours: tuple[float, ...], newest: Any, gap: Any
) -> None:
    """An old newest one, or none, is a fact; before a fresh one it is not known how it was."""
    automatic(world, word, *hours)

    assert restorable(world) == [newest, gap]


@pytest.mark.parametrize("word", AUTOMATIC_TYPES)
def test_automatic_backups_that_were_not_read_are_open(world: World, word: str) -> None:
    """By the call that was refused."""
    automatic(world, word)
    world.gap(f"native_backups.{word}", operation="DescribeBackups", service="fsx")

    assert restorable(world) == [(None, [("DescribeBackups", "AccessDeniedException", True)])] * 2


@pytest.mark.parametrize("word", AUTOMATIC_TYPES)
def test_what_somebody_took_is_no_automatic_backup(world: World, word: str) -> None:
    """A tier that accepts these alone does not count it."""
    automatic(world, word, 1, made_by=None)

    assert restorable(world) == [(None, [])] * 2
    assert told_line(world) == ["automated backups (30 days): on"]
