"""Which protection tier a resource belongs to, and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.derive.three_valued import all_hold
from auditor.model.policy import TierAssignment, Tiers

_NO_ENTRY = "no assignment matches: the default tier"
_ANY_ENTRY = "every assignment that may match leads to it"


@dataclass(frozen=True, slots=True)
class TierBasis:
    """What is known of a resource by which a tier is assigned.

    `tags` are the keys and values that an assignment asks about. A key that is not there is a tag that the
    resource lacks, or, without `all_tags`, one that it may have with any value: then those that are there are
    proven by the plans that backed it up. `ou_path` is the names of the account's OUs, from below the root
    down. `ou_path` and `account_id` None are not known.
    """

    tags: tuple[tuple[str, str], ...] = ()
    all_tags: bool = True
    ou_path: tuple[str, ...] | None = ()
    account_id: str | None = ""
    resource_type: str = ""


@dataclass(frozen=True, slots=True)
class TierStep:
    """What one entry of the assignment says of a resource: None is not known. `number` counts from 1."""

    number: int
    entry: TierAssignment
    matches: bool | None
    why: str


def tier_steps(basis: TierBasis, tiers: Tiers) -> list[TierStep]:
    """What the entries say in their order, up to the first one that matches."""
    steps = []
    for number, entry in enumerate(tiers.assignment, 1):
        parts = list(_told(entry, basis))
        answers = [answer for answer, _ in parts]
        matches = all_hold(answers)
        why = ", ".join(said for answer, said in parts if answer is matches)
        steps.append(TierStep(number, entry, matches, why or "it takes every resource"))
        if matches:
            break
    return steps


def possible_tiers(basis: TierBasis, tiers: Tiers) -> frozenset[str]:
    """The tiers that a resource may belong to: one where what is known decides."""
    found = set()
    for entry in tiers.assignment:
        matches = all_hold(_answers(entry, basis))
        if matches is False:
            continue
        found.add(entry.tier)
        if matches:
            return frozenset(found)
    return frozenset(found | {tiers.default})


def why_tier(basis: TierBasis, tiers: Tiers) -> str:
    """Why a resource has its one possible tier, in a few words."""
    steps = tier_steps(basis, tiers)
    if any(step.matches is None for step in steps):
        return _ANY_ENTRY
    return steps[-1].why if steps and steps[-1].matches else _NO_ENTRY


def _answers(entry: TierAssignment, basis: TierBasis) -> Iterator[bool | None]:
    """Whether each thing that an entry asks for holds, in the order of `_told`."""
    tags = dict(basis.tags)
    for key, value in entry.tags.items():
        yield tags[key] == value if key in tags else False if basis.all_tags else None
    units, path = entry.organizational_units, basis.ou_path
    if units:
        yield None if path is None else any(unit in path for unit in units)
    if entry.accounts:
        yield None if basis.account_id is None else basis.account_id in entry.accounts
    if entry.resource_types:
        yield basis.resource_type in entry.resource_types


def _told(entry: TierAssignment, basis: TierBasis) -> Iterator[tuple[bool | None, str]]:
    """The same, each with the words for its answer."""
    words = [_tag_words(key, value, basis) for key, value in entry.tags.items()]
    for noun, wanted, own in (
        ("organizational unit", entry.organizational_units, basis.ou_path),
        ("account", entry.accounts, basis.account_id),
        ("resource type", entry.resource_types, basis.resource_type),
    ):
        if wanted:
            named = f"{noun} {' or '.join(wanted)}"
            is_ = own if own is None or isinstance(own, str) else " / ".join(own)
            words.append((named, f"the {noun} is {is_ or 'none'}, not {' or '.join(wanted)}"))
    for answer, (holds, fails) in zip(_answers(entry, basis), words, strict=True):
        yield answer, holds if answer else fails if answer is False else f"{holds} is not known"


def _tag_words(key: str, value: str, basis: TierBasis) -> tuple[str, str]:
    own = dict(basis.tags).get(key)
    proof = "" if basis.all_tags or own is None else ", as plans demand that backed it up"
    fails = f"there is no tag {key}" if own is None else f"tag {key} is {own}, not {value}"
    return f"tag {key}={value}{proof}", f"{fails}{proof}"
