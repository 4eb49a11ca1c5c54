"""What the images of EC2 instances hold: the volumes whose snapshots they consist of (aws-backup.md 4.15)."""

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final

from auditor.aws.items import each, member, optional
from auditor.collect.collector import Row, Scope
from auditor.collect.volume_snapshots import arn_of

#: Asks for the snapshots of images alone.
OF_IMAGES: Final = {"Filters": [{"Name": "description", "Values": ["Created by CreateImage(*"]}]}


def note_volume(_scope: Scope, item: Mapping[str, Any], volumes: MutableMapping[str, str]) -> Iterator[Row]:
    """Keep the volume of a snapshot by its id; it has no row."""
    volumes[member(item, "SnapshotId")] = member(item, "VolumeId")
    yield from ()


def image(scope: Scope, item: Mapping[str, Any], volumes: Mapping[str, str]) -> Iterator[Row]:
    """The row of an image that CreateImage made of an instance.

    That of a copy has snapshots whose volumes are any; it names no instance.
    """
    instance = optional(item, "SourceInstanceId")
    if instance is None:
        return
    names = map(_snapshot, each(item, "BlockDeviceMappings", dict))
    held = [volumes.get(name) for name in names if name is not None]
    yield {
        "arn": arn_of(scope, "image", member(item, "ImageId")),
        "instance_arn": scope.arn("ec2", f"instance/{instance}"),
        "volume_arns": [scope.arn("ec2", f"volume/{one}") for one in held if one is not None],
        "whole": bool(held) and None not in held,
    }


def _snapshot(mapping: Mapping[str, Any]) -> str | None:
    """The id of the snapshot of a mapping: "" where it is not told, None of what is no volume."""
    member(mapping, "DeviceName")
    volume = optional(mapping, "Ebs", dict)
    if volume is None:
        return None
    if not volume:
        raise ValueError("its Ebs is empty")
    return optional(volume, "SnapshotId") or ""
