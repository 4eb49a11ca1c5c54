"""What EFS backs up by a plan of its own, which no input declares.

Sources: EFS user guide, "Backing up file systems"; the provider's page of `aws_efs_backup_policy`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from auditor.check.declared import DeclaredResource
from auditor.check.shapes import Json, as_list, as_object
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.references import References

BACKUP_POLICY: Final = "aws_efs_backup_policy"
ONE_ZONE: Final = (
    "EFS may back up a file system of one zone by a plan of its own, which is not among the inputs"
)
_OWN: Final = "by a plan of its own, which is not among the inputs"


def with_own_backups(
    resources: Sequence[DeclaredResource], instances: Iterable[Instance], references: References
) -> list[DeclaredResource]:
    """The resources, each file system with what its backup policy says, in a clause.

    A policy of a file system that is not known may be for any.
    """
    found = list(resources)
    for policy in instances:
        if policy.gone or policy.type != BACKUP_POLICY:
            continue
        of = references.value(policy, "file_system_id", "id")
        status = _status(policy)
        for index, resource in enumerate(found):
            if resource.resource_type != "EFS":
                continue
            if isinstance(of, str) and resource.arn.endswith(f"/{of}"):
                found[index] = replace(resource, elsewhere=_said(policy, status))
            elif not isinstance(of, str) and status != "DISABLED":
                clause = f"EFS may back it up {_OWN} (the file system of {policy.address} is not known)"
                found[index] = replace(resource, elsewhere=resource.elsewhere or clause)
    return found


def _status(policy: Instance) -> Json:
    """ENABLED or DISABLED, or what is neither where it is not known."""
    blocks = policy.value("backup_policy")
    return UNKNOWN if blocks is UNKNOWN else as_object(next(iter(as_list(blocks)), None)).get("status")


def _said(policy: Instance, status: Json) -> str:
    if status == "ENABLED":
        return f"EFS backs it up {_OWN} ({policy.address})"
    if status == "DISABLED":
        return ""
    return f"whether EFS backs it up {_OWN}, depends on {policy.address}, whose status is not known"
