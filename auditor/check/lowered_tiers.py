"""What tiers demanded and demand no longer: of each tier, and of resources that go to a weaker one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

from auditor.check.lowered import UNCLASSIFIED, Lowered, less
from auditor.model.policy import TierAssignment, Tiers

#: The most entries that are looked at, one for each resource that another may take.
_MOST: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class _Resource:
    """A resource with nothing but these tags, in an account below these units; "" is what no entry names."""

    tags: Mapping[str, str]
    units: tuple[str, ...]
    account: str
    type: str

    def tier_by(self, entries: Sequence["_Asked"]) -> int:
        """The number of the first entry that it is for."""
        return next(
            number
            for number, one in enumerate(entries)
            if one.tags.items() <= self.tags.items()
            and (not one.units or not one.units.isdisjoint(self.units))
            and (not one.accounts or self.account in one.accounts)
            and (not one.types or self.type in one.types)
        )


class _Asked(NamedTuple):
    """What an entry asks for, to look up."""

    tags: Mapping[str, str]
    units: frozenset[str]
    accounts: frozenset[str]
    types: frozenset[str]

    @classmethod
    def of(cls, entry: TierAssignment) -> "_Asked":
        listed = (entry.organizational_units, entry.accounts, entry.resource_types)
        return cls(entry.tags, *map(frozenset, listed))


@dataclass(frozen=True, slots=True)
class _About:
    """The resources of which all of this is so; of each of `units` the account's path has one name."""

    tags: Mapping[str, str]
    units: tuple[tuple[str, ...], ...] = ()
    accounts: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    @classmethod
    def of(cls, entry: TierAssignment) -> "_About":
        units = (entry.organizational_units,) if entry.organizational_units else ()
        return cls(entry.tags, units, entry.accounts, entry.resource_types)

    def both(self, other: "_About") -> "_About | None":
        """Those that are in `other` too, None where nothing can be."""
        accounts, types = _shared(self.accounts, other.accounts), _shared(self.types, other.types)
        if accounts is None or types is None:
            return None
        if any(self.tags.get(key, value) != value for key, value in other.tags.items()):
            return None
        units = (*dict.fromkeys((*self.units, *other.units)),)
        return _About({**self.tags, **other.tags}, units, accounts, types)

    def within(self, other: "_About") -> bool:
        """Whether all of them are in `other`."""
        return (
            other.tags.items() <= self.tags.items()
            and {*other.units} <= {*self.units}
            and (not other.accounts or (bool(self.accounts) and {*self.accounts} <= {*other.accounts}))
            and (not other.types or (bool(self.types) and {*self.types} <= {*other.types}))
        )

    def each(self) -> Iterator["_Resource"]:
        """A resource of each kind, of which nothing else is so."""
        for path in product(*self.units):
            for account, type_ in product(self.accounts or ("",), self.types or ("",)):
                yield _Resource(self.tags, path, account, type_)

    def __str__(self) -> str:
        """As a sentence names them."""
        said = [f"{key}={value}" for key, value in self.tags.items()]
        said += [" and ".join(f"in {' or '.join(one)}" for one in self.units)] if self.units else []
        for word, listed in (("of account", self.accounts), ("of type", self.types)):
            said += [f"{word} {' or '.join(listed)}"] if listed else []
        return f"resources {' '.join(said)}" if said else "all other resources"


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...] | None:
    """What two conditions leave, of which none asks nothing; None where they leave nothing."""
    if not (one and other):
        return one or other
    return tuple(name for name in one if name in other) or None


def weaker_tiers(before: Tiers, after: Tiers) -> Iterator[Lowered]:
    """The tiers of the same name that demand less, and the resources that go to a weaker tier."""
    for name, tier in before.tiers.items():
        if name in after.tiers:
            for path, said, fault in less(tier, after.tiers[name]):
                yield Lowered("tier", name, said, ("tiers", name, *path), fault)
    if (before.assignment, before.default) != (after.assignment, after.default):
        yield from _weaker_assignment(before, after)


def _weaker_assignment(before: Tiers, after: Tiers) -> Iterator[Lowered]:
    """The resources that go to a tier which demands less, by the entry that gives it.

    What two entries are about, one of before and one of after, is less where some resource is given its tiers
    by these two. A resource of which nothing else is so is given others as seldom as any. What lies within
    what is said already is said with it.
    """
    olds, news = ([*one.assignment, TierAssignment(one.default, {})] for one in (before, after))
    then, now = ([*map(_Asked.of, one)] for one in (olds, news))
    by_width = sorted(enumerate(olds), key=lambda numbered: _conditions(numbered[1]))
    losses: dict[tuple[str, str], str] = {}
    looked = 0
    for place, new in enumerate(news):
        told: list[tuple[_About, list[str]]] = []
        for number, old in by_width:
            tiers = old.tier, new.tier
            lost = (
                losses[tiers] if tiers in losses else losses.setdefault(tiers, _lost(before, after, *tiers))
            )
            both = _About.of(old).both(_About.of(new)) if lost else None
            for one in both.each() if both else ():
                looked += number + place
                if looked > _MOST:
                    fault = "it has too many entries to compare, so whether it is less is not known"
                    yield Lowered("assignment", "of resources", "it is another", ("assignment",), fault)
                    return
                if both and (one.tier_by(then), one.tier_by(now)) == (number, place):
                    moved = f"{old.tier} becomes {new.tier}"
                    around = next((said for about, said in told if both.within(about)), None)
                    if around is None:
                        told.append((both, [f"{moved} ({lost})"]))
                    else:
                        around.append(f"{both}: {moved}")
                    break
        where = ("assignment", place) if place < len(after.assignment) else ("default",)
        for about, said in told:
            yield Lowered("assignment", f"of {about}", "; ".join(said), where)


def _lost(before: Tiers, after: Tiers, old: str, new: str) -> str:
    """What the tier `new` demands less than `old` did, "" for nothing; what changes in a tier is said of it.

    What is classified now is no less where its tier demands backups.
    """
    if old == new:
        return ""
    tier, now = before.tiers[old], after.tiers[new]
    asked = {key: value for key, value in tier.items() if key != UNCLASSIFIED or not now["required"]}
    return "; ".join(said for _, said, _ in less(asked, now))


def _conditions(entry: TierAssignment) -> int:
    return len(entry.tags) + len(
        [*filter(None, (entry.organizational_units, entry.accounts, entry.resource_types))]
    )
