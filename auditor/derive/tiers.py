"""Which protection tier a resource belongs to."""

from collections.abc import Collection, Mapping

from auditor.model.policy import TierAssignment, Tiers


def tier_of(resource_tags: Mapping[str, str], ou_path: Collection[str], tiers: Tiers) -> str:
    """The tier of the first assignment that matches, else the default: there is no resource without a tier.

    Tags are compared exactly, case included. `ou_path` is the names of the account's OUs, from below the root
    down.
    """
    matching = (entry.tier for entry in tiers.assignment if _matches(entry, resource_tags, ou_path))
    return next(matching, tiers.default)


def _matches(entry: TierAssignment, tags: Mapping[str, str], ou_path: Collection[str]) -> bool:
    units = entry.organizational_units
    return all(tags.get(key) == value for key, value in entry.tags.items()) and (
        not units or any(unit in ou_path for unit in units)
    )
