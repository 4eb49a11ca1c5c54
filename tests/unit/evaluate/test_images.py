"""What EC2 tells of an image decides which volumes it holds, whatever is attached now."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.unit.evaluate.conftest import START, World
from tests.unit.evaluate.test_carriers import DAY, INSTANCE, LONG_AGO, carried, image, planned, with_option

OTHER = f"{World.volume}-2"
AMI = "arn:aws:ec2:eu-central-1::image/ami-"


def imaged(
    world: World,
    attached: Mapping[str, datetime | None],
    held: Mapping[int, list[str]],
    *,
    nights: range = range(30),
    whole: bool = True,
    instance: str = INSTANCE,
) -> World:
    """A nightly image of the instance, and what EC2 tells of some of them: the volumes by number."""
    planned(carried(world, attached))
    for number in nights:
        image(world, number)
    for number, volumes in held.items():
        arn = f"{AMI}{number}"
        world.add("images", arn=arn, instance_arn=instance, volume_arns=volumes, whole=whole)
    return world


def facts(world: World) -> tuple[Any, int, Any]:
    """Whether the volume is protected, its backups, and the slots that are met."""
    volume = world.facts("resource")[0]
    return volume["protection"].get("selected"), volume["backups"]["count"], volume["slots"].get("met")


def every(*volumes: str, nights: range = range(30)) -> dict[int, list[str]]:
    """The same volumes in each image."""
    return {number: [*volumes] for number in nights}


def test_what_images_lack_does_not_pass_through_them(world: World) -> None:
    """The volume has been attached for long, and the images hold another one alone."""
    imaged(world, {INSTANCE: LONG_AGO}, every(OTHER))

    assert facts(world) == (False, 0, 0)
    explanation = world.facts("resource")[0]["protection"]["explanation"]
    assert explanation[1] == (
        f"p1 / choice 1: It is attached to {INSTANCE}.; "
        "The newest image that the plan made of that does not hold it."
    )


@pytest.mark.parametrize("attached", [{}, {f"{INSTANCE}2": START + 25 * DAY}])
def test_what_was_detached_since_has_the_images_up_to_then(
    world: World, attached: Mapping[str, datetime]
) -> None:
    """Twenty nights; nothing protects it any more, and nothing more may hold it."""
    held = every(world.volume, nights=range(20)) | every(OTHER, nights=range(20, 30))
    imaged(world, attached, held)

    assert facts(world) == (False, 20, 0)
    backups = world.facts("resource")[0]["backups"]
    assert backups["newest"] == f"{AMI}19"
    assert backups["worst_gap_hours"] == backups["worst_gap_at_most_hours"]


def test_what_was_attached_anew_is_known_of_the_images_before(world: World) -> None:
    """Of all of them: those of before the attachment hold it too, and no gap is left open."""
    imaged(world, {INSTANCE: START + 20 * DAY}, every(world.volume))

    assert facts(world) == (True, 30, 10)
    assert world.unknown("resource", "backups.worst_gap_hours") == []


def test_a_volume_that_came_later_is_in_no_image_of_before(world: World) -> None:
    """Attached on the twentieth day; that the images of before lack it is known, not open."""
    held = every(OTHER, nights=range(20)) | every(OTHER, world.volume, nights=range(20, 30))
    imaged(world, {INSTANCE: START + 20 * DAY}, held)

    backups = world.facts("resource")[0]["backups"]
    assert (backups["count"], backups["worst_gap_hours"]) == (10, backups["worst_gap_at_most_hours"])


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, (True, 30, 30)),  # no image is told of
        ({"whole": False}, (True, 30, 30)),  # a snapshot of each is gone
        ({"instance": f"{INSTANCE}2"}, (True, 30, 30)),  # one of another instance
    ],
)
def test_the_attachment_decides_where_the_image_is_not_told_of(
    world: World, told: dict[str, Any], expected: tuple[Any, int, Any]
) -> None:
    """Not told, or not wholly: what is missing may be this volume."""
    imaged(world, {INSTANCE: LONG_AGO}, every(OTHER) if told else {}, **told)

    assert facts(world) == expected


def test_what_is_told_of_some_images_holds_for_those_alone(world: World) -> None:
    """The first ten hold it, the next ten do not, and of the others the attachment says it."""
    held = every(world.volume, nights=range(10)) | every(OTHER, nights=range(10, 20))
    imaged(world, {INSTANCE: LONG_AGO}, held)

    assert facts(world) == (True, 20, 20)


@pytest.mark.parametrize(
    ("volumes", "expected"),
    [([World.volume], (True, 30, 30)), ([OTHER], (False, 0, 0))],
)
def test_what_options_leave_out_the_images_tell(
    world: World, volumes: list[str], expected: tuple[Any, int, Any]
) -> None:
    """With an option that AWS does not document nothing is open any more."""
    imaged(world, {INSTANCE: LONG_AGO}, every(*volumes))
    with_option(world, "ExcludeDataVolumes")

    assert facts(world) == expected


def test_a_plan_that_was_changed_since_is_not_judged_by_its_images(world: World) -> None:
    """It may leave out no more: the attachment says what it protects."""
    imaged(world, {INSTANCE: LONG_AGO}, every(OTHER))
    (plan,) = world.tables["backup_plans", world.home]
    plan["valid_from"] = START + 29 * DAY + timedelta(hours=2)

    assert world.facts("resource")[0]["protection"]["selected"] is True


def test_a_refused_list_is_named_where_the_attachments_leave_it_open(world: World) -> None:
    """With it the time of the attachment would not matter."""
    imaged(world, {INSTANCE: None}, {}, nights=range(29, 30))
    world.gap("images", service="ec2", operation="DescribeImages")

    assert "newest" not in world.facts("resource")[0]["backups"]
    unknown = world.unknown("resource", "backups.newest_age_hours")
    assert ("DescribeImages", "AccessDeniedException", True) in unknown
