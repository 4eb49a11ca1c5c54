"""What EFS backs up by a plan of its own, which no input declares.

Source: the provider's page of `aws_efs_backup_policy`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from auditor.check.declared import OWN_PLAN, DeclaredResource
from auditor.check.shapes import Json, as_list, as_object
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.references import References

BACKUP_POLICY: Final = "aws_efs_backup_policy"
_ID: Final = ":file-system/"


def with_own_backups(
    resources: Sequence[DeclaredResource], instances: Iterable[Instance], references: References
) -> list[DeclaredResource]:
    """The resources, each file system with what its backup policy says, in a clause.

    A policy of a file system that is not known may be for any that has none of its own.
    """
    said: dict[str, str] = {}
    open_ = ""
    for policy in instances:
        if policy.gone or policy.type != BACKUP_POLICY:
            continue
        of = references.value(policy, "file_system_id", "id")
        status = _status(policy)
        if isinstance(of, str):
            said[of] = said.get(of) or _said(policy, status)
        elif status != "DISABLED":
            open_ = (
                open_ or f"EFS may back it up {OWN_PLAN} (the file system of {policy.address} is not known)"
            )
    return [
        replace(one, elsewhere=said.get(one.arn.partition(_ID)[2], one.elsewhere or open_))
        if one.resource_type == "EFS"
        else one
        for one in resources
    ]


def _status(policy: Instance) -> Json:
    """ENABLED or DISABLED, or what is neither where it is not known."""
    blocks = policy.value("backup_policy")
    return UNKNOWN if blocks is UNKNOWN else as_object(next(iter(as_list(blocks)), None)).get("status")


def _said(policy: Instance, status: Json) -> str:
    if status == "ENABLED":
        return f"EFS backs it up {OWN_PLAN} ({policy.address})"
    if status == "DISABLED":
        return ""
    return f"whether EFS backs it up {OWN_PLAN}, depends on {policy.address}, whose status is not known"
