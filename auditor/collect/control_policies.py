"""The policies of the organization of one type, with what each is attached to: read once.

Calls grow with the policies and the pages of their targets, not with the accounts.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from auditor.aws.items import member, optional
from auditor.aws.organization import listed, understood
from auditor.aws.reader import CallFailed, Reader

_SERVICE: Final = "organizations"
_SERVICE_CONTROL: Final = "SERVICE_CONTROL_POLICY"
#: IAM actions of the caller for them.
CONTROL_POLICY_ACTIONS: Final = (
    "organizations:DescribePolicy",
    "organizations:ListPolicies",
    "organizations:ListTargetsForPolicy",
)


def control_policies(reader: Reader, unread: Callable[[CallFailed], None]) -> list[dict[str, Any]]:
    """The service control policies, as `attached_policies` gives them."""
    return attached_policies(reader, _SERVICE_CONTROL, unread)


def attached_policies(
    reader: Reader, kind: str, unread: Callable[[CallFailed], None]
) -> list[dict[str, Any]]:
    """Rows of the policies of a type; one that cannot be read is left out, and `unread` is told why.

    Where no root has the type of policy turned on, none is in force: there is no row.
    """
    rows: list[dict[str, Any]] = []
    try:
        if not any(listed(reader, "ListRoots", "Roots", partial(_turned_on, kind))):
            return []
        named = [*listed(reader, "ListPolicies", "Policies", _named, Filter=kind)]
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


def _turned_on(kind: str, root: Any) -> bool:
    types = member(root, "PolicyTypes", list)
    return any((optional(one, "Type"), optional(one, "Status")) == (kind, "ENABLED") for one in types)


def _named(item: Any) -> tuple[str, str]:
    return str(member(item, "Id")), str(member(item, "Name"))


def _target(item: Any) -> str:
    return str(member(item, "TargetId"))
