"""What AWS Organizations answers about its policies: service control policies and backup policies."""

from collections.abc import Mapping
from typing import Any

from tests.loopback.world import Item, Operation, Place, Refused

#: By id, which is the name, the document and what it is attached to.
Attached = Mapping[str, tuple[str, list[Any]]]


def of_types(place: Place) -> Mapping[str, Attached]:
    """The policies by their type; one without any is not turned on."""
    return {
        "SERVICE_CONTROL_POLICY": place.organization.control_policies,
        "RESOURCE_CONTROL_POLICY": place.organization.resource_policies,
        "BACKUP_POLICY": place.organization.backup_policies,
    }


def attached(place: Place) -> Attached:
    """The policies of all types."""
    return {name: one for held in of_types(place).values() for name, one in held.items()}


def _policies(place: Place, given: Mapping[str, Any]) -> Item:
    return {"Policies": [{"Id": name, "Name": name} for name in of_types(place)[given["Filter"]]]}


def _policy(place: Place, given: Mapping[str, Any]) -> Item:
    document, _ = attached(place)[given["PolicyId"]]
    return {"Policy": {"PolicySummary": {"Id": given["PolicyId"]}, "Content": document}}


def _effective(place: Place, given: Mapping[str, Any]) -> Item:
    policy = place.organization.effective_policies.get(given["TargetId"])
    if policy is None:
        raise Refused("EffectivePolicyNotFoundException", "There is no effective policy.")
    return {"EffectivePolicy": {"TargetId": given["TargetId"], "PolicyType": given["PolicyType"], **policy}}


def _invalid(place: Place, given: Mapping[str, Any]) -> Item:
    listed = [{"Id": account_id} for account_id in place.organization.policy_errors]
    return {"Accounts": listed, "PolicyType": given["PolicyType"]}


def _errors(place: Place, given: Mapping[str, Any]) -> Item:
    return {"EffectivePolicyValidationErrors": place.organization.policy_errors[given["AccountId"]]}


#: By service and operation.
OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("organizations", "ListPolicies"): _policies,
    ("organizations", "DescribePolicy"): _policy,
    ("organizations", "DescribeEffectivePolicy"): _effective,
    ("organizations", "ListAccountsWithInvalidEffectivePolicy"): _invalid,
    ("organizations", "ListEffectivePolicyValidationErrors"): _errors,
}
