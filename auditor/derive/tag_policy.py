"""The tag policies of AWS Organizations that the assignment of tiers asks for (aws-backup.md 3.6)."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from auditor.model.policy import TierAssignment, Tiers
from auditor.model.resource_types import TYPES

Json = dict[str, Any]

#: The policy of the whole organization; the others are of a unit, by its name, or of an account, by its id.
ROOT: Final = "root"
#: Characters of a policy.
LONGEST: Final = 10_000
_RESERVED: Final = "aws:"


def tier_keys(tiers: Tiers) -> list[str]:
    """The keys of tags that are for tiers alone: each value of them in the assignment is a tier's name."""
    values: dict[str, list[str]] = {}
    for entry in tiers.assignment:
        for key, value in entry.tags.items():
            values.setdefault(key, []).append(value)
    return [key for key, found in values.items() if tiers.tiers.keys() >= {*found} and _own(key)]


def other_keys(tiers: Tiers) -> list[str]:
    """The other keys by which tiers are assigned and that users set: they may have other uses."""
    named = dict.fromkeys(key for entry in tiers.assignment for key in entry.tags if _own(key))
    return [key for key in named if key not in tier_keys(tiers)]


def tag_policies(tiers: Tiers, keys: Collection[str], *, enforced: bool = True) -> dict[str, Json]:
    """The tag policy of each target that needs one: `ROOT` first, then units and accounts in their order.

    Each key is written with its capitals, may have the values of the assignment, and is reported as required
    where AWS does that. What stands for some units or accounts only is added for them. A key that does not
    stand at the root has the values of all of them in each: one may lie in another, and what is assigned
    below takes the place of what is assigned above. `enforced`: AWS refuses other values and capitals where
    it can.
    """
    targets = dict.fromkeys([ROOT, *(target for entry in tiers.assignment for target in _targets(entry))])
    found = {target: _policy(tiers, keys, target, enforced=enforced) for target in targets}
    return {target: policy for target, policy in found.items() if policy["tags"]}


def alike(keys: Collection[str]) -> list[str]:
    """Those of the keys that differ in their capitals alone, of which AWS lets one be right; or none."""
    small = [key.lower() for key in keys]
    return [key for key in keys if small.count(key.lower()) > 1]


def length(policy: Mapping[str, Any]) -> int:
    """How many of `LONGEST` characters a policy has without spaces."""
    return len(json.dumps(policy, separators=(",", ":"), ensure_ascii=False))


def _own(key: str) -> bool:
    return not key.lower().startswith(_RESERVED)


def _targets(entry: TierAssignment) -> Sequence[str]:
    return entry.accounts or entry.organizational_units or (ROOT,)


def _policy(tiers: Tiers, keys: Collection[str], target: str, *, enforced: bool) -> Json:
    everywhere = {key for entry in tiers.assignment if _targets(entry) == (ROOT,) for key in entry.tags}
    tags: Json = {}
    for key in keys:
        values = dict.fromkeys(_values(tiers, key, target))
        if values and target != ROOT and key in everywhere:
            more = [value for value in values if value not in {*_values(tiers, key, ROOT)}]
            tags |= {key: {"tag_value": {"@@append": more}}} if more else {}
        elif values:
            every = dict.fromkeys(entry.tags[key] for entry in tiers.assignment if key in entry.tags)
            told = values if target == ROOT else every
            own = {"tag_key": {"@@assign": key}, "tag_value": {"@@assign": [*told]}}
            tags[key] = own | _types(enforced)
    return {"tags": tags}


def _values(tiers: Tiers, key: str, target: str) -> Iterator[str]:
    return (one.tags[key] for one in tiers.assignment if key in one.tags and target in _targets(one))


def _types(enforced: bool) -> Json:  # noqa: FBT001 -- of this module alone
    words = {"enforced_for": "enforced_as", "report_required_tag_for": "required_as"}
    return {
        name: {"@@assign": sorted({word for row in TYPES.values() for word in getattr(row, field)})}
        for name, field in words.items()
        if enforced or name != "enforced_for"
    }
