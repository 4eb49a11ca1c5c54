"""The policies of Data Lifecycle Manager: one list, and one call for each policy of it (aws-backup.md 6.2).

An account has at most 100 of them in a Region. They are asked for where a tier accepts them.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from auditor.aws.failures import MALFORMED
from auditor.aws.items import each, member, optional, tags
from auditor.collect.collector import Collector, Row, Scope
from auditor.collect.columns import table_of

_POLICIES: Final = ("lifecycle_policies",)


def _read(scope: Scope) -> None:
    answer = scope.ask("dlm", "GetLifecyclePolicies", provides=_POLICIES)
    if answer is None:
        return
    try:
        listed = [(member(one, "PolicyId"), member(one, "State")) for one in member(answer, "Policies", list)]
    except MALFORMED as error:
        scope.not_understood("dlm", "GetLifecyclePolicies", "The list of policies", error, _POLICIES)
        return
    rows = [row for name, state in listed if (row := _row(scope, name, state)) is not None]
    scope.write("lifecycle_policies", table_of("lifecycle_policies", rows))


def _row(scope: Scope, name: str, state: str) -> Row | None:
    """The row of a policy; None where it is gone. One that is switched off is not asked for its content."""
    row = {"policy_id": name, "state": state}
    if state != "ENABLED":
        return row
    absent = ("ResourceNotFoundException",)
    answer = scope.ask("dlm", "GetLifecyclePolicy", provides=_POLICIES, absent=absent, PolicyId=name)
    if not answer:
        return row if answer is None else None
    try:
        policy = member(answer, "Policy", dict)
        details = member(policy, "PolicyDetails", dict)
        _check(details)
        held = {"PolicyDetails": details, "DefaultPolicy": policy.get("DefaultPolicy")}
        return {**row, "document": orjson.dumps(held, option=orjson.OPT_SORT_KEYS).decode()}
    except MALFORMED as error:
        scope.not_understood("dlm", "GetLifecyclePolicy", f"The policy {name}", error, _POLICIES)
        return row


def _check(details: Mapping[str, Any]) -> None:
    """Raise one of `MALFORMED` where what is looked at is of another type than the API says."""
    for name in ("PolicyLanguage", "PolicyType", "ResourceType"):
        optional(details, name)
    for name in ("ResourceLocations", "ResourceTypes"):
        each(details, name)
    each(details, "Schedules", dict)
    tags(details, "TargetTags")
    left_out = optional(details, "Exclusions", dict) or {}
    optional(left_out, "ExcludeBootVolumes", bool)
    optional(left_out, "ExcludeVolumeTypes", list)
    tags(left_out, "ExcludeTags")
    about = optional(details, "Parameters", dict) or {}
    optional(about, "ExcludeBootVolume", bool)
    tags(about, "ExcludeDataVolumeTags")


LIFECYCLE_POLICIES: Final = Collector(
    name="lifecycle policies",
    provides=_POLICIES,
    actions=("dlm:GetLifecyclePolicies", "dlm:GetLifecyclePolicy"),
    read=_read,
)
