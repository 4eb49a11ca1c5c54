"""The volumes that instances make of their block devices, in a plan of Terraform, with tags of their own.

Source: the provider's page of `aws_instance`, and what it asks EC2 for (docs/aws-backup.md 4.15).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from auditor.check.declared import ALL_TAGS, Declaration, DeclaredResource, Place
from auditor.check.shapes import as_list, as_object, objects
from auditor.check.terraform.configuration import blocks_like, expressions
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.references import said
from auditor.check.terraform.source_keys import TerraformSourceKeys
from auditor.check.terraform.stand_ins import arn_of
from auditor.check.terraform.subjects import TerraformSubjects
from auditor.check.terraform.tags import parted
from auditor.check.terraform.types import INSTANCE
from auditor.model.resource_types import TYPES

Json = Any

_ROOT, _OTHER = "root_block_device", "ebs_block_device"
_TEMPLATE: Final = "launch_template"
#: Actions that leave a volume with the tags that it has.
_STAYS: Final = ("no-op", "read", "forget")
#: In place of a block of which nothing is known.
_HIDDEN: Final = {"tags": UNKNOWN, "tags_all": UNKNOWN}


@dataclass(frozen=True, slots=True)
class _Device:
    """A block of an instance: its name in the address, and the expressions that it comes from."""

    instance: Instance
    key: str
    part: str
    block: Mapping[str, Json]
    given: Mapping[str, Json]


def with_volumes(
    resources: Iterable[DeclaredResource], read: TerraformSubjects
) -> Iterator[DeclaredResource]:
    """The resources, with the volumes of each instance's blocks; one that is among them is there once.

    An instance without a block has a volume of its image, which nothing declares: its backups hold that too.
    """
    seen = set()
    for one in resources:
        seen.add(one.arn)
        yield one
    for instance in read.instances:
        if instance.type == INSTANCE and not instance.gone:
            for device in _devices(read, instance):
                volume = _volume(read, device)
                if volume.arn not in seen:
                    seen.add(volume.arn)
                    yield volume


def _devices(read: TerraformSubjects, instance: Instance) -> Iterator[_Device]:
    """The blocks that are written; others say what the image has, or what is attached besides.

    Those of a `dynamic` block are seen only in the plan that makes the instance.
    """
    given = expressions(read.configuration.resource(instance))
    for key in (_ROOT, _OTHER):
        if key not in given and "create" not in instance.actions:
            continue
        value = instance.value(key)
        listed = [UNKNOWN] if value is UNKNOWN and key in given else as_list(value)
        blocks = objects([_HIDDEN if block is UNKNOWN else block for block in listed])
        for number, block in enumerate(blocks, 1):
            name = block.get("device_name")
            which = f" {name}" if isinstance(name, str) else f" ({number})"
            alike = blocks_like(given.get(key), block, len(blocks))
            part = key if key == _ROOT else f"{key}{which}"
            yield _Device(instance, key, part, block, alike[0] if alike else {})


def _volume(read: TerraformSubjects, device: _Device) -> DeclaredResource:
    instance = device.instance
    place, volume = read.located.of(instance), device.block.get("volume_id")
    known = isinstance(volume, str) and bool(volume)
    made = "" if known else read.stand_ins.unknown(instance, device.part.rpartition("/")[2])
    tags, hidden = _tags(read, device)
    keys = TerraformSourceKeys(read.configuration, read.references)
    return DeclaredResource(
        place,
        _arn(place, str(volume) if known else made),
        "EBS",
        tags.get("Name") or f"{instance.name} {device.part}",
        tags,
        Declaration(read.file, f"{instance.address} {device.part}"),
        unknown_tags=hidden,
        unknown_id=made,
        prior=replace(read.priors.of(instance), key=_before(read, device)),
        attached=(read.stand_ins.arn(instance) or "",),
        key=keys.of_volume(instance, partial(_told, device), device.given),
    )


def _told(device: _Device, key: str) -> Json:
    """What the block has of an attribute, UNKNOWN where nothing is known of the block."""
    return UNKNOWN if device.block is _HIDDEN else device.block.get(key)


def _arn(place: Place, volume: str) -> str:
    return arn_of(place, TYPES["EBS"].arns[0], id=volume)


def _before(read: TerraformSubjects, device: _Device) -> str:
    """The ARN of the volume that the device had before the change, "" for what is new."""
    instance, name = device.instance, device.block.get("device_name")
    if not read.priors.of(instance).key:
        return ""
    for block in objects(instance.before.get(device.key)):
        volume = block.get("volume_id")
        if (device.key == _ROOT or block.get("device_name") == name) and isinstance(volume, str):
            return _arn(read.located.before(instance), volume)
    return ""


def _tags(read: TerraformSubjects, device: _Device) -> tuple[dict[str, str], dict[str, str]]:
    """The tags of a volume, and what hides others: each layer lies over those before it."""
    known: dict[str, str] = {}
    hidden: dict[str, str] = {}
    for value, expression, what in _layers(read, device):
        if value is UNKNOWN:
            known, hidden = {}, {ALL_TAGS: what}
            continue
        tags, unknown = parted(value, expression)
        known = {key: text for key, text in known.items() if key not in unknown} | tags
        hidden = {key: clause for key, clause in hidden.items() if key not in tags} | unknown
    return known, hidden


def _layers(read: TerraformSubjects, device: _Device) -> Iterator[tuple[Json, Json, str]]:
    """Where tags come from: each with its expression, and what is said where all of them are not known.

    Since 5.39, whose blocks have `tags_all`, the provider gives its default tags to every volume.
    """
    instance, block = device.instance, device.block
    found = as_object(block.get("tags_all"))
    if found and UNKNOWN not in found.values() and set(instance.actions) <= {*_STAYS}:
        yield found, None, ""
        return
    given = expressions(read.configuration.resource(instance))
    if "tags_all" in block:
        defaults = read.configuration.default_tags(instance)
        yield UNKNOWN if defaults is None else defaults, None, "default_tags of its provider are not known"
    if as_list(instance.value(_TEMPLATE)) or (_TEMPLATE in given and instance.value(_TEMPLATE) is UNKNOWN):
        yield UNKNOWN, None, "the launch template of its instance may give it tags"
    shared = given.get("volume_tags")
    if instance.value("volume_tags") is not UNKNOWN or shared is not None:
        yield (
            instance.value("volume_tags"),
            shared,
            f"volume_tags are known only after the apply ({said(shared)})",
        )
    own = device.given.get("tags")
    yield block.get("tags"), own, f"tags of {device.part} are known only after the apply ({said(own)})"
