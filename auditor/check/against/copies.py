"""The copies that plans promise, held against those that tiers demand in another Region or account."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from auditor.check.declared import Place
from auditor.check.difference import Aspect
from auditor.derive.columns import ABSENT
from auditor.evaluate.away import IN_ACCOUNT, IN_REGION, Away
from auditor.evaluate.inventory import Inventory
from auditor.model.calendar import FOREVER

#: The retention of copies in days by account and Region, None where it is not known.
Copies = Mapping[tuple[str, str], int] | None

_KINDS: Final[Mapping[str, tuple[Away, str]]] = {
    IN_REGION.demand: (IN_REGION, "another Region"),
    IN_ACCOUNT.demand: (IN_ACCOUNT, "another account"),
}
_NONE: Final = "none"
_UNKNOWN: Final = "unknown"


class UnmetCopies(NamedTuple):
    """The kinds of copies that a tier demands and that are missing, and those of which that is not known."""

    missing: frozenset[str] = frozenset()
    open: frozenset[str] = frozenset()


def copy_demands(inventory: Inventory) -> dict[int, dict[str, int]]:
    """For how many days each tier, by its code, demands copies, by their kind."""
    found: dict[int, dict[str, int]] = {ABSENT: {}}
    for code, name in enumerate(inventory.tier_names):
        tier: Mapping[str, Any] = inventory.scope.tiers.tiers[name]
        kinds = (kind for kind in _KINDS if tier.get("required") and kind in tier)
        found[code] = {kind: tier[kind]["retention_days"] for kind in kinds}
    return found


def unmet_copies(copies: Copies, demands: Mapping[str, int], inventory: Inventory) -> UnmetCopies:
    """What of the demands of a tier the copies of a resource do not meet."""
    if copies is None:
        return UnmetCopies(open=frozenset(demands))
    here = (inventory.scope.account.account_id, inventory.scope.region)
    missing, open_ = set[str](), set[str]()
    for kind, least in demands.items():
        part = _KINDS[kind][0].part
        others = [place for place, days in copies.items() if days >= least and place[part] != here[part]]
        if not any(place[part] not in Place.of(*place).unknown for place in others if place[part]):
            (open_ if others else missing).add(kind)
    return UnmetCopies(frozenset(missing), frozenset(open_))


def copy_aspects(
    copies: tuple[Copies, Copies], unmet: tuple[UnmetCopies, UnmetCopies], demands: Mapping[str, int]
) -> Iterator[Aspect]:
    """What is another of the copies before and after a change; `demands` are those of afterwards."""
    (before, after), (earlier, later) = copies, unmet
    lost = later.missing - earlier.missing
    unknown = bool(later.open - earlier.open - earlier.missing)
    if before == after and not (lost or unknown):
        return
    held, kept = _copied(before), _copied(after)
    if held == kept and lost:
        said = (f"{kept_for(demands[kind])} in {_KINDS[kind][1]}" for kind in _KINDS if kind in lost)
        kept += f", and {' and '.join(said)} are demanded"
    worse = before is not None and after is not None and _fewer(before, after)
    yield Aspect("copy", held, kept, worse, demanded=bool(lost), unknown=unknown or after is None)


def kept_for(days: int | None) -> str:
    """A retention in words."""
    if days is None:
        return _UNKNOWN
    return "for ever" if days >= FOREVER else f"{days} days"


def _fewer(before: Mapping[tuple[str, str], int], after: Mapping[tuple[str, str], int]) -> bool:
    """Whether a copy is gone, or kept for less."""
    return any(after.get(place, 0) < days for place, days in before.items())


def _copied(copies: Copies) -> str:
    if copies is None:
        return _UNKNOWN
    found = (f"{account} {region} {kept_for(days)}" for (account, region), days in sorted(copies.items()))
    return ", ".join(found) or _NONE
