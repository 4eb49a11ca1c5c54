"""The instances that volumes are attached to, in a template.

Source: CloudFormation template reference, AWS::EC2::VolumeAttachment, and Volumes of AWS::EC2::Instance.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from auditor.check.attachments import Attachment
from auditor.check.cloudformation.functions import UnknownInTemplate
from auditor.check.cloudformation.identities import TemplateNames
from auditor.check.cloudformation.types import INSTANCE
from auditor.check.shapes import as_list, as_object

Json = Any

ATTACHMENT: Final = "AWS::EC2::VolumeAttachment"


def attachments_of(
    names: TemplateNames, logical: Iterable[str], made: Callable[[str], bool]
) -> Iterator[Attachment]:
    """What the template attaches.

    `made` says whether the condition of what has a logical id holds, and may raise `UnknownInTemplate`.
    """
    for name in logical:
        yield from _attachments(names, name, made)


def _attachments(names: TemplateNames, name: str, made: Callable[[str], bool]) -> Iterator[Attachment]:
    properties = names.properties(name)
    if names.type(name) == ATTACHMENT:
        volume, instance = (names.known(properties.get(key)) for key in ("VolumeId", "InstanceId"))
        try:
            if made(name):
                yield Attachment(volume, instance)
        except UnknownInTemplate:  # it may be attached
            yield Attachment(volume, "")
    elif names.type(name) == INSTANCE:
        for volume in _volumes(names, properties.get("Volumes")):
            yield Attachment(volume, names.attribute(name, ""))


def _volumes(names: TemplateNames, given: Json) -> list[str]:
    """The ids of the volumes of an instance, "" for one that is not known."""
    try:
        found = names.values.chosen(given)
        items = [names.values.chosen(item) for item in as_list(found)]
    except UnknownInTemplate:
        return [""]
    if found is not None and not isinstance(found, list):
        return [""]
    return [names.known(as_object(item).get("VolumeId")) for item in items if item is not None]
