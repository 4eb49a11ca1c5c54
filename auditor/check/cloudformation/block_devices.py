"""The volumes that instances make of their block devices, in a template.

Source: CloudFormation template reference, BlockDeviceMappings and PropagateTagsToVolumeOnCreation of
AWS::EC2::Instance, and "Resource tag": tags of a stack do not reach such volumes (docs/aws-backup.md 4.15).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from auditor.check.cloudformation.documents import stack_tags, tags_of
from auditor.check.cloudformation.functions import UnknownInTemplate, as_text, refuse_functions
from auditor.check.cloudformation.identities import TemplateNames, arn_of
from auditor.check.cloudformation.source_keys import VOLUME, source_key_of
from auditor.check.declared import ALL_TAGS, DeclaredResource
from auditor.check.shapes import as_object
from auditor.check.stacks import StackParameters
from auditor.model.resource_types import TYPES

Json = Any

_MAPPINGS: Final = "BlockDeviceMappings"
_PROPAGATE: Final = "PropagateTagsToVolumeOnCreation"


def volumes_of(
    names: TemplateNames, logical: str, instance: DeclaredResource, stack: StackParameters
) -> Iterator[DeclaredResource]:
    """The volumes of an instance's mappings. Raises `UnknownInTemplate` where it is not known which.

    An instance without mappings has a volume of its image, which nothing declares: its backups hold that too.
    """
    given = names.values.chosen(names.properties(logical).get(_MAPPINGS))
    if given is None:
        return
    if not isinstance(given, list):
        raise UnknownInTemplate(_MAPPINGS)
    own, unknown, reach = _tags(names, logical)
    tags, hidden = stack_tags(stack, own, unknown, reach=reach)
    for number, item in enumerate(given, 1):
        mapping = as_object(names.values.chosen(item))
        refuse_functions(mapping)
        block = names.values.chosen(mapping.get("Ebs"))
        if block is None:  # no device, or one that is no volume
            continue
        device = names.known(mapping.get("DeviceName")) or f"({number})"
        made = names.unknown(logical, device.rpartition("/")[2])
        yield replace(
            instance,
            arn=arn_of(instance.place, TYPES["EBS"].arns[0], id=made),
            resource_type="EBS",
            name=tags.get("Name") or f"{logical} {device}",
            tags=tags,
            declaration=replace(instance.declaration, address=f"{instance.declaration.address} {device}"),
            unknown_tags=hidden,
            unknown_id=made,
            unknown_parts=(),
            attached=(instance.arn,),
            stack_tags=reach,
            key=source_key_of(names.values, VOLUME, as_object(block), {}),
        )


def _tags(names: TemplateNames, logical: str) -> tuple[dict[str, str], dict[str, str], bool | None]:
    """The tags of the volumes of an instance, what hides others, and whether they get those of the stack."""
    properties, values = names.properties(logical), names.values
    try:
        if values.chosen(properties.get("LaunchTemplate")) is not None:
            return {}, {ALL_TAGS: "the launch template of its instance may give it tags"}, None
        if as_text(values.told(properties.get(_PROPAGATE, False))).lower() != "true":
            return {}, {}, False
    except UnknownInTemplate as unknown:
        said = f"which tags it has depends on {unknown}, which the template does not tell"
        return {}, {ALL_TAGS: said}, None
    return *tags_of(values, properties.get("Tags"), as_map=False), None
