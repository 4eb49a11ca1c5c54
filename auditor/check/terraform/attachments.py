"""The instances that volumes are attached to, in a plan of Terraform.

Source: the provider's page of `aws_volume_attachment`.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from auditor.check.attachments import Attachment, attached
from auditor.check.declared import DeclaredResource
from auditor.check.terraform.instances import Instance
from auditor.check.terraform.references import References

ATTACHMENT: Final = "aws_volume_attachment"


def with_attachments(
    resources: Sequence[DeclaredResource], instances: Iterable[Instance], references: References
) -> list[DeclaredResource]:
    """The resources, each volume with the instances that the plan attaches it to."""
    found = (one for one in instances if one.type == ATTACHMENT and not one.gone)
    names = (tuple(references.value(one, key, "id") for key in ("volume_id", "instance_id")) for one in found)
    return attached(resources, [Attachment(*(_known(name) for name in pair)) for pair in names])


def _known(name: object) -> str:
    return name if isinstance(name, str) else ""
