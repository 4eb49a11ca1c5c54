"""What the images of an instance held decides which volumes they protect, where EC2 tells it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import Fault, denied
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, VOLUME, World, attached, nights
from tests.truth.test_attached_volumes import COVERED, DAY, GAP, INSTANCE, NEWEST, imaged, said

LISTS = ("DescribeImages", "DescribeSnapshots")


def told(world: World, held: Mapping[str, Sequence[str]], **members: Any) -> World:
    """Tell of each image which volumes it holds; `members` replace those of each image."""
    here = world.at()
    for ami, volumes in held.items():
        snapshots = [f"snap-{ami}-{volume}" for volume in volumes]
        made = {
            "ImageId": ami,
            "SourceInstanceId": "i-1",
            "BlockDeviceMappings": [
                {"DeviceName": f"/dev/sd{number}", "Ebs": {"SnapshotId": name}}
                for number, name in enumerate(snapshots)
            ],
        } | members
        here.images.append({name: value for name, value in made.items() if value is not None})
        here.snapshots += [
            {"SnapshotId": name, "VolumeId": volume, "State": "completed", "StartTime": AS_OF}
            for name, volume in zip(snapshots, volumes, strict=True)
        ]
    return world


def images(world: World) -> list[str]:
    """The ids of the images that are there, oldest first."""
    points = [one for held in world.at().recovery_points.values() for one in held]
    return [one["RecoveryPointArn"].rpartition("/")[2] for one in points if one["ResourceArn"] == INSTANCE]


def judged(world: World, tmp_path: Path, *faults: Fault) -> Judgement:
    """An audit of one Region and a fortnight: longer no image is kept."""
    return audit(world, tmp_path, faults=list(faults), period_days=13)


def test_what_the_images_lack_does_not_pass_through_them(tmp_path: Path) -> None:
    """The volume is attached, and is in none; the lists are read once in the Region that has images."""
    world = imaged()
    told(world, {ami: ["vol-2"] for ami in images(world)})
    world.page_size = 5

    found = judged(world, tmp_path)

    assert said(found, COVERED, GAP, NEWEST) == ["NON_COMPLIANT"] * 3
    rows = Evidence.open(found.run).read("images", ACCOUNT, HOME).to_pylist()
    assert len(rows) == len(images(world))
    assert rows[0] == {
        "arn": f"arn:aws:ec2:{HOME}::image/{images(world)[0]}",
        "instance_arn": INSTANCE,
        "volume_arns": [VOLUME.replace("vol-1", "vol-2")],
        "whole": True,
    }
    asked = [(call.operation, call.region) for call in found.calls if call.operation in LISTS]
    assert {region for _, region in asked} == {HOME}
    assert len(asked) == 2 * -(-len(rows) // 5)
    filters = {call.parameters.get("Filter.1.Value.1") for call in found.calls if call.operation == LISTS[1]}
    assert "Created by CreateImage(*" in filters


@pytest.mark.long
def test_what_was_attached_anew_is_in_the_images_of_before(tmp_path: Path) -> None:
    """Without what the images held it is open: EC2 tells of the last attachment alone."""
    world = imaged(attached(since=AS_OF - 10 * DAY))
    open_ = judged(world, tmp_path)
    told(world, {ami: ["vol-1", "vol-2"] for ami in images(world)})
    known = judged(world, tmp_path)
    refused = judged(world, tmp_path, denied("DescribeImages"))

    assert said(open_, COVERED, GAP, NEWEST) == ["COMPLIANT", "INSUFFICIENT_DATA", "COMPLIANT"]
    assert said(known, COVERED, GAP, NEWEST) == ["COMPLIANT"] * 3
    assert said(refused, COVERED, GAP, NEWEST) == said(open_, COVERED, GAP, NEWEST)
    gaps = {(gap["operation"], gap["region"], *gap["provides"]) for gap in refused.gaps}
    assert ("DescribeImages", HOME, "images") in gaps


@pytest.mark.long
def test_a_volume_that_was_detached_has_the_images_up_to_then(tmp_path: Path) -> None:
    """The newest backup is of yesterday, and no plan protects it any more."""
    world = imaged([])
    told(world, {ami: ["vol-1"] for ami in images(world)})
    there = judged(world, tmp_path)
    bare = judged(imaged([]), tmp_path)

    assert said(there, COVERED, GAP, NEWEST) == ["NON_COMPLIANT", "COMPLIANT", "COMPLIANT"]
    assert said(bare, COVERED, GAP, NEWEST) == ["NON_COMPLIANT"] * 3


@pytest.mark.long
@pytest.mark.parametrize("members", [{"SourceInstanceId": None}, {"SourceInstanceId": "i-2"}])
def test_an_image_that_is_not_of_the_instance_says_nothing(members: dict[str, Any], tmp_path: Path) -> None:
    """A copy has snapshots of any volumes; the attachment decides."""
    world = imaged()
    held = {ami: ["vol-ffffffff"] for ami in images(world)}
    told(world, held, **members)

    assert said(judged(world, tmp_path), COVERED, GAP, NEWEST) == ["COMPLIANT"] * 3


@pytest.mark.long
def test_an_image_whose_snapshots_are_gone_says_nothing_of_the_others(tmp_path: Path) -> None:
    """What is mapped and is no volume does not matter; of what is told each volume counts."""
    world = imaged()
    told(world, {ami: ["vol-2"] for ami in images(world)})
    for one in world.at().images:
        one["BlockDeviceMappings"].append({"DeviceName": "/dev/sdz", "VirtualName": "ephemeral0"})
    lacking = said(judged(world, tmp_path), COVERED, GAP, NEWEST)
    world.at().snapshots.clear()
    gone = said(judged(world, tmp_path), COVERED, GAP, NEWEST)

    assert (lacking, gone) == (["NON_COMPLIANT"] * 3, ["COMPLIANT"] * 3)


@pytest.mark.long
def test_without_images_nothing_is_asked(tmp_path: Path) -> None:
    """A volume that a plan selects by itself has snapshots of its own."""
    world = World()
    world.vault()
    world.volume()
    for created in nights():
        world.night(created)

    found = judged(world, tmp_path)

    assert not {call.operation for call in found.calls} & {*LISTS}
