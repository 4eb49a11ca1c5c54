"""The policies of the organization of some types, with what each is attached to: read once.

Calls grow with the policies and the pages of their targets, not with the accounts.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from auditor.aws.items import member, optional
from auditor.aws.organization import listed, understood
from auditor.aws.reader import CallFailed, Reader

_SERVICE: Final = "organizations"
#: The types of policy that bound what may be done.
_CONTROLS: Final = ("SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY")
#: IAM actions of the caller for them.
CONTROL_POLICY_ACTIONS: Final = (
    "organizations:DescribePolicy",
    "organizations:ListPolicies",
    "organizations:ListTargetsForPolicy",
)


def control_policies(reader: Reader, unread: Callable[[CallFailed], None]) -> list[dict[str, Any]]:
    """The service and resource control policies, as `attached_policies` gives them."""
    return attached_policies(reader, _CONTROLS, unread)


def attached_policies(
    reader: Reader, kinds: Sequence[str], unread: Callable[[CallFailed], None]
) -> list[dict[str, Any]]:
    """Rows of the policies of types; one that cannot be read is left out, and `unread` is told why.

    Where no root has a type of policy turned on, none of it is in force: there is no row.
    """
    try:
        on = {kind for kinds_ in listed(reader, "ListRoots", "Roots", _turned_on) for kind in kinds_}
    except CallFailed as error:
        unread(error)
        return []
    return [row for kind in kinds if kind in on for row in _of_kind(reader, kind, unread)]


def _of_kind(reader: Reader, kind: str, unread: Callable[[CallFailed], None]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    try:
        named = [*listed(reader, "ListPolicies", "Policies", _named, Filter=kind)]
    except CallFailed as error:
        unread(error)
        return []
    for policy_id, name in named:
        try:
            rows.append({"policy_id": policy_id, "kind": kind, "name": name, **_policy(reader, policy_id)})
        except CallFailed as error:
            unread(error)
    return rows


def _policy(reader: Reader, policy_id: str) -> dict[str, Any]:
    answer = reader.ask(_SERVICE, "DescribePolicy", PolicyId=policy_id)
    with understood("DescribePolicy"):
        document = member(member(answer, "Policy", dict), "Content")
    targets = listed(reader, "ListTargetsForPolicy", "Targets", _target, PolicyId=policy_id)
    return {"document": document, "targets": sorted(set(targets))}


def _turned_on(root: Any) -> list[str]:
    types = member(root, "PolicyTypes", list)
    return [str(optional(one, "Type")) for one in types if optional(one, "Status") == "ENABLED"]


def _named(item: Any) -> tuple[str, str]:
    return str(member(item, "Id")), str(member(item, "Name"))


def _target(item: Any) -> str:
    return str(member(item, "TargetId"))
