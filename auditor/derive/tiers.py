"""Which protection tier a resource belongs to."""

from collections.abc import Collection, Mapping

from auditor.model.policy import TierAssignment, Tiers


def tier_of(resource_tags: Mapping[str, str], ou_path: Collection[str], tiers: Tiers) -> str:
    """The tier of the first assignment that matches, else the default: every resource has a tier.

    Tags are compared exactly, case included. `ou_path` is the names of the account's OUs, from below the root
    down.
    """
    matching = (entry.tier for entry in tiers.assignment if _matches(entry, resource_tags, ou_path))
    return next(matching, tiers.default)


def why_tier(resource_tags: Mapping[str, str], ou_path: Collection[str] | None, tiers: Tiers) -> str:
    """Why `tier_of` gives a resource its tier, in a few words.

    `ou_path` None is not known: then every unit leads to the same tier where one decides.
    """
    units = {unit for one in tiers.assignment for unit in one.organizational_units}
    held = units if ou_path is None else ou_path
    entry = next((one for one in tiers.assignment if _matches(one, resource_tags, held)), None)
    if entry is None:
        return "no assignment matches: the default tier"
    if ou_path is None and entry.organizational_units:
        return "every organizational unit that the account may be in leads to it"
    said = [f"tag {key}={value}" for key, value in sorted(entry.tags.items())]
    if entry.organizational_units:
        said.append(f"organizational unit {' or '.join(entry.organizational_units)}")
    return ", ".join(said) or "an assignment that asks for nothing"


def _matches(entry: TierAssignment, tags: Mapping[str, str], ou_path: Collection[str]) -> bool:
    units = entry.organizational_units
    return all(tags.get(key) == value for key, value in entry.tags.items()) and (
        not units or any(unit in ou_path for unit in units)
    )


def possible_tiers(
    known_tags: Mapping[str, str], ou_path: Collection[str] | None, tiers: Tiers
) -> frozenset[str]:
    """The tiers that a resource may belong to when only some of its tags are known.

    A tag that is not in `known_tags` may be there or not; `ou_path` None is not known.
    """
    found = set()
    for entry in tiers.assignment:
        answers: list[bool | None] = [
            known_tags[key] == value if key in known_tags else None for key, value in entry.tags.items()
        ]
        units = entry.organizational_units
        if units:
            answers.append(None if ou_path is None else any(unit in ou_path for unit in units))
        if False in answers:
            continue
        found.add(entry.tier)
        if None not in answers:
            return frozenset(found)
    return frozenset(found | {tiers.default})
