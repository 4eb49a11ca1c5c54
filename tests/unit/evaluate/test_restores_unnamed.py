"""Restores of which AWS Backup tells neither the resource nor a recovery point that is still there."""

from typing import Any

import pytest

from tests.unit.evaluate.conftest import ACCOUNT, World
from tests.unit.evaluate.test_restores import asked, of, restore

GONE = {"resource_arn": None, "recovery_point_arn": "gone"}
OPEN = [("ListRestoreJobs", "Unknown", True)]
INSTANCE = f"arn:aws:ec2:eu-central-1:{ACCOUNT}:instance/i-1"


def copied(world: World, resource_arn: str, state: str = "COMPLETED") -> None:
    """A copy of it in the other Region, whose recovery point is gone by now."""
    world.add("copy_jobs", job_id="c", resource_arn=resource_arn, state=state, created_at=world.night(3),
              destination_vault_arn=world.far_vault)  # fmt: skip


def made(world: World, night: int | None) -> None:
    """The volume was created in a night of the period, or before it; None where AWS does not tell."""
    world.tables["resources", world.home][0]["created_at"] = None if night is None else world.night(night)


def unknown(world: World) -> list[Any]:
    """What is not known of the newest restore of the volume."""
    return world.unknown("resource", "restores.age_days")


@pytest.mark.parametrize(
    ("of_what", "state", "row", "named"),
    [
        (World.volume, "COMPLETED", {}, OPEN),
        (World.volume, "COMPLETED", {"resource_type": None}, OPEN),
        (World.volume, "COMPLETED", {"resource_type": "RDS"}, []),
        (World.volume, "COMPLETED", {"status": "FAILED", "completed_at": None}, []),
        (World.volume, "FAILED", {}, []),
        (f"{World.volume}-other", "COMPLETED", {}, []),
    ],
    ids=["its type", "no type", "another type", "failed", "no copy arrived", "no copy of it"],
)
def test_one_where_a_copy_lies_may_have_been_of_its_resource(
    world: World, of_what: str, state: str, row: dict[str, Any], named: list[Any]
) -> None:
    """That is no restore that counts, and where a copy of it lies no proof that there was none."""
    asked(world)
    made(world, 1)
    copied(world, of_what, state)
    restore(world, 4, world.away, **{**GONE, **row})
    assert (of(world)["counted"], unknown(world)) == (0, named)


@pytest.mark.parametrize(
    ("night", "row", "named"),
    [
        (-1, {}, OPEN),
        (None, {}, OPEN),
        (0, {}, []),
        (-1, {"resource_type": "RDS"}, []),
        (-1, {"status": "FAILED"}, []),
    ],
    ids=["older", "not told", "of the period", "another type", "failed"],
)
def test_a_copy_of_an_older_resource_may_have_lain_anywhere(
    world: World, night: int | None, row: dict[str, Any], named: list[Any]
) -> None:
    """Its copy job is listed no longer, and its recovery point is gone; those of the period are known."""
    asked(world)
    made(world, night)
    restore(world, 4, world.away, **{**GONE, **row})
    assert (of(world)["counted"], unknown(world)) == (0, named)


def test_one_elsewhere_takes_nothing_from_a_restore_that_counts(world: World) -> None:
    """There is one that is young enough."""
    asked(world)
    copied(world, world.volume)
    restore(world, 4, world.away, **GONE)
    restore(world, 9)
    assert (of(world)["age_days"], unknown(world)) == (9.0, [])


def test_where_copy_jobs_were_not_read_its_copies_may_lie_anywhere(world: World) -> None:
    """The call that was denied is a gap beside it."""
    asked(world)
    world.gap("copy_jobs", operation="ListCopyJobs")
    restore(world, 4, world.away, **GONE)
    assert unknown(world) == [("ListCopyJobs", "AccessDeniedException", True), *OPEN]


@pytest.mark.parametrize(("status", "named"), [("COMPLETED", OPEN), ("FAILED", []), ("RUNNING", [])])
def test_one_here_that_did_not_complete_proves_nothing(world: World, status: str, named: list[Any]) -> None:
    """Whatever it was of, it is no restore."""
    asked(world)
    restore(world, 4, **GONE, status=status)
    assert unknown(world) == named


@pytest.mark.parametrize(("attached", "named"), [([(INSTANCE, None)], OPEN), ([], [])])
@pytest.mark.parametrize("there", [False, True])
def test_one_of_an_instance_may_have_been_of_an_image_that_holds_the_volume(
    world: World, attached: list[Any], named: list[Any], *, there: bool
) -> None:
    """A volume that no instance carries is in no image."""
    asked(world)
    world.tables["resources", world.home][0]["attached"] = attached
    copied(world, world.volume)
    restore(world, 4, world.away if there else None, **GONE, resource_type="EC2")
    assert unknown(world) == named
