"""Which volumes and instances a policy of Data Lifecycle Manager backs up (aws-backup.md 6.2).

The answer is yes, no, or None: where AWS's documents leave it open, or it depends on what is not known.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from auditor.derive.three_valued import all_hold, any_holds

Tags = Mapping[str, str]
Json = Mapping[str, Any]


def backs_up(policy: Json, kind: str, tags: Tags | None, carriers: Sequence[Tags | None] = ()) -> bool | None:
    """Whether an enabled policy, as GetLifecyclePolicy describes it, backs up a resource.

    `kind` is EBS or EC2. `tags` are the resource's, `carriers` those of the instances that a volume is
    attached to; None: not known.
    """
    details = policy.get("PolicyDetails") or {}
    if details.get("PolicyType") == "EVENT_BASED_POLICY":
        return False
    if details.get("PolicyLanguage") == "SIMPLIFIED" or policy.get("DefaultPolicy"):
        return _by_default(details, kind, tags, carriers)
    if not details.get("Schedules"):
        return None if details.get("Schedules") is None else False
    if any(place != "CLOUD" for place in details.get("ResourceLocations") or ()):
        return None
    return _by_tags(details, kind, tags, carriers)


def _by_default(details: Json, kind: str, tags: Tags | None, carriers: Sequence[Tags | None]) -> bool | None:
    """A default policy backs up all volumes, or all instances, but for what it excludes."""
    left_out = details.get("Exclusions") or {}
    if details.get("ResourceType") not in ("VOLUME", "INSTANCE"):
        return None
    if details["ResourceType"] == "VOLUME":
        if kind != "EBS":
            return False
        told = not (left_out.get("ExcludeBootVolumes") or left_out.get("ExcludeVolumeTypes"))
        return all_hold([_without(left_out.get("ExcludeTags"), tags), told or None])
    chosen = [tags] if kind == "EC2" else carriers
    return any_holds(_without(left_out.get("ExcludeTags"), one) for one in chosen)


def _by_tags(details: Json, kind: str, tags: Tags | None, carriers: Sequence[Tags | None]) -> bool | None:
    """A custom policy backs up what has its target tags: volumes, or instances with their volumes."""
    wanted = details.get("TargetTags") or ()
    kinds = details.get("ResourceTypes") or ()
    found: list[bool | None] = []
    if "VOLUME" in kinds and kind == "EBS":
        found.append(_matches(wanted, tags))
    if "INSTANCE" in kinds and kind == "EC2" and details.get("PolicyType") == "IMAGE_MANAGEMENT":
        found.append(_matches(wanted, tags))
    if "INSTANCE" in kinds and kind == "EBS":
        about = details.get("Parameters") or {}
        told = None if about.get("ExcludeBootVolume") else True
        held = all_hold([_without(about.get("ExcludeDataVolumeTags"), tags), told])
        found += [all_hold([_matches(wanted, one), held]) for one in carriers]
    return any_holds(found)


def _matches(wanted: Sequence[Json], tags: Tags | None) -> bool | None:
    """Whether something has the tags; None where it has some: whether one is enough is not stated."""
    if not wanted:
        return False
    if tags is None:
        return None
    found = [tags.get(one["Key"]) == one.get("Value", "") for one in wanted]
    return True if all(found) else None if any(found) else False


def _without(excluded: Sequence[Json] | None, tags: Tags | None) -> bool | None:
    """Whether something has none of the tags."""
    if not excluded:
        return True
    return None if tags is None else not any(tags.get(one["Key"]) == one.get("Value", "") for one in excluded)
