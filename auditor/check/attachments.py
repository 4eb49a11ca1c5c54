"""Volumes with the instances that an input attaches them to, whatever its format (aws-backup.md 4.15)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from auditor.check.declared import SOME_INSTANCE, DeclaredResource

_VOLUME, _INSTANCE = ":volume/", ":instance/"
#: What stands for the volume of an attachment that is not known: it may be any.
_ANY: Final = ""


class Attachment(NamedTuple):
    """The ids of a volume and of an instance, "" for one that is not known."""

    volume: str
    instance: str


def attached(
    resources: Sequence[DeclaredResource], attachments: Iterable[Attachment]
) -> list[DeclaredResource]:
    """The resources, each volume with the ARNs of the instances that it is attached to.

    Where the volume of an attachment is not known, each may be attached to some instance.
    """
    held: defaultdict[str, set[str]] = defaultdict(set)
    for volume, instance in attachments:
        held[volume].add(instance if volume else _ANY)
    # what an instance makes itself has it already, and is attached to no other
    free = (held and one.resource_type == "EBS" and not one.attached for one in resources)
    return [_with(one, held) if alone else one for one, alone in zip(resources, free, strict=True)]


def _with(volume: DeclaredResource, held: dict[str, set[str]]) -> DeclaredResource:
    before, _, identifier = volume.arn.partition(_VOLUME)
    names = sorted(held.get(identifier, set()) | held.get(_ANY, set()))
    return replace(volume, attached=tuple(f"{before}{_INSTANCE}{name or SOME_INSTANCE}" for name in names))
