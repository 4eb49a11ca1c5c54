"""The service control policies of the organization, with what each is attached to: read once.

Calls grow with the policies and the pages of their targets, not with the accounts.
"""

from collections.abc import Callable
from typing import Any, Final

from auditor.aws.items import member, optional
from auditor.aws.organization import listed, understood
from auditor.aws.reader import CallFailed, Reader

_SERVICE: Final = "organizations"
_KIND: Final = "SERVICE_CONTROL_POLICY"
#: IAM actions of the caller for them.
CONTROL_POLICY_ACTIONS: Final = (
    "organizations:DescribePolicy",
    "organizations:ListPolicies",
    "organizations:ListTargetsForPolicy",
)


def control_policies(reader: Reader, unread: Callable[[CallFailed], None]) -> list[dict[str, Any]]:
    """Rows of the table; a policy that cannot be read is left out, and `unread` is told why.

    Where no root has the type of policy turned on, none is in force: there is no row.
    """
    rows: list[dict[str, Any]] = []
    try:
        if not any(listed(reader, "ListRoots", "Roots", _turned_on)):
            return []
        named = [*listed(reader, "ListPolicies", "Policies", _named, Filter=_KIND)]
    except CallFailed as error:
        unread(error)
        return []
    for policy_id, name in named:
        try:
            rows.append({"policy_id": policy_id, "name": name, **_policy(reader, policy_id)})
        except CallFailed as error:
            unread(error)
    return rows


def _policy(reader: Reader, policy_id: str) -> dict[str, Any]:
    answer = reader.ask(_SERVICE, "DescribePolicy", PolicyId=policy_id)
    with understood("DescribePolicy"):
        document = member(member(answer, "Policy", dict), "Content")
    targets = listed(reader, "ListTargetsForPolicy", "Targets", _target, PolicyId=policy_id)
    return {"document": document, "targets": sorted(set(targets))}


def _turned_on(root: Any) -> bool:
    types = member(root, "PolicyTypes", list)
    return any((optional(one, "Type"), optional(one, "Status")) == (_KIND, "ENABLED") for one in types)


def _named(item: Any) -> tuple[str, str]:
    return str(member(item, "Id")), str(member(item, "Name"))


def _target(item: Any) -> str:
    return str(member(item, "TargetId"))
