"""File systems of Lustre that a plan of Terraform links to a data repository: no backup is made of these.

Source: the provider's page of `aws_fsx_data_repository_association`; aws-backup.md 1.2.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from auditor.check.declared import DeclaredResource
from auditor.check.terraform.instances import Instance
from auditor.check.terraform.references import References

ASSOCIATION: Final = "aws_fsx_data_repository_association"
_NAME: Final = ":file-system/"


def without_linked(
    resources: Sequence[DeclaredResource], instances: Iterable[Instance], references: References
) -> list[DeclaredResource]:
    """The resources but for the file systems that an association of the plan names."""
    there = (one for one in instances if one.type == ASSOCIATION and not one.gone)
    found = (references.value(one, "file_system_id", "id") for one in there)
    named = {name for name in found if isinstance(name, str) and name}
    return [
        one for one in resources if one.resource_type != "FSx" or one.arn.partition(_NAME)[2] not in named
    ]
