"""What inputs leave unknown of accounts and Regions: the gaps that their verdicts name."""

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from itertools import product
from typing import Final

from auditor.check.backup_documents import KIND as BACKUP_JSON
from auditor.check.declared import Place
from auditor.check.inventory import Nouns
from auditor.check.reading import Reading, in_order
from auditor.evaluate.gaps import OURS
from auditor.evaluate.inventory import SELECTION_TABLES
from auditor.model.verdicts import Gap

#: The `error` of a gap here.
UNKNOWN: Final = "KnownAfterApply"
_POLICIES: Final = "lifecycle_policies"
_PROTECTS: Final = (*SELECTION_TABLES, _POLICIES)
_EVERYTHING: Final = (*_PROTECTS, "resources", "backup_vaults")
_UNPLACED: Final = "it is not known which account and Region all inputs are of: what is declared in"
#: For a place that names no account or Region; and how many of those that may be one are kept.
_ANY, _ITSELF_AND_ANOTHER = "*", 2
_SAY_WHERE: Final = "say it with --account and --region, or in the providers"
_UNATTACHED: Final = "it is not known to which accounts a backup policy is attached: what is declared in"
_SAY_TREE: Final = "name the tree of the organization among the inputs"
_NO_SELECTION: Final = (
    "no selection of the backup plans is among the inputs, so it is not known what protects the resources"
)
_NO_PLAN: Final = "there is no backup plan among the inputs, so it is not known what protects the resources"


def gap(place: Place, about: str, message: str, provides: Sequence[str]) -> Gap:
    """What is not known of a place, so that something of the tables in `provides` may be missing."""
    known = tuple(provides)
    return Gap(f"check-{about}", place.account_id, place.region, OURS, "check", UNKNOWN, message, known)


def of_readings(readings: Sequence[Reading], places: Sequence[Place]) -> Iterator[Gap]:
    """A gap for what each input itself leaves open."""
    for number, reading in enumerate(readings):
        tables = _EVERYTHING if reading.incomplete else _PROTECTS
        said = f"{reading.file}: {reading.incomplete or reading.partial}"
        own = places if reading.incomplete else in_order(reading.places()) if reading.partial else ()
        for place in own:
            about = f"incomplete-{number}-{reading.file}-{place.account_id}-{place.region}"
            yield gap(place, about, said, tables)
        for place in places if reading.open_accounts else ():
            if place.account_id in reading.open_accounts:
                about = f"policies-{place.account_id}-{place.region}"
                yield gap(place, about, reading.open_accounts[place.account_id], SELECTION_TABLES)
        for one in reading.opt_ins:
            if one.fault:
                said = f"{one.declaration.address}: {one.fault}"
                yield gap(one.place, f"opt-in-{one.declaration.address}", said, ("region_settings",))


def without_plans(readings: Sequence[Reading], found: Sequence[Nouns]) -> Iterator[Gap]:
    """A gap for each place of an account without any plan: what is declared elsewhere may protect it.

    AWS Backup's JSON has a plan and its selections in documents of their own: a plan alone selects something.
    """
    selecting = {one.place.account_id for reading in readings for one in reading.selections}
    planned = {one.plan.account_id for reading in readings for one in reading.plans}
    whole = {
        one.plan.account_id for reading in readings if reading.kind != BACKUP_JSON for one in reading.plans
    }
    for nouns in found:
        account = nouns.place.account_id
        if nouns.resources and account not in selecting | whole:
            about = f"plans-{account}-{nouns.place.region}"
            said = _NO_SELECTION if account in planned else _NO_PLAN
            yield gap(nouns.place, about, said, ("backup_plans", "backup_selections"))


def elsewhere(found: Sequence[Nouns], perhaps: Container[str], made_up: Container[str]) -> Iterator[Gap]:
    """A gap for each place that another may be: what is declared there may lie here.

    Two may be one where what both of them name is the same, as `made_up` accounts are named. So each is kept
    under what it names, and under `_ANY` for whoever names nothing. Those in `perhaps` may have plans.
    """

    def named(place: Place) -> tuple[str, str]:
        return place.account_id if place.account_id in made_up else place.named[0], place.named[1]

    held: defaultdict[tuple[str, str, str], list[Nouns]] = defaultdict(list)
    for nouns in found:
        accounts, regions = ((text, _ANY) for text in named(nouns.place))
        for key in product(_tables(nouns, perhaps), accounts, regions):
            if len(held[key]) < _ITSELF_AND_ANOTHER:
                held[key].append(nouns)
    of_policies = {nouns.place.account_id for nouns in found if nouns.terms}
    for here in found:
        accounts, regions = ((text, "") if text else (_ANY, _ANY) for text in named(here.place))
        others = {
            key[0]: other.place
            for key in product(_EVERYTHING, accounts, regions)
            for other in held.get(key, ())
            if other is not here
        }
        for other in [*others.values()][:1]:
            attached = of_policies.isdisjoint((here.place.account_id, other.account_id))
            why, do = (_UNPLACED, _SAY_WHERE) if attached else (_UNATTACHED, _SAY_TREE)
            said = f"{why} {other} may lie in {here.place}; {do}"
            about = f"elsewhere-{here.place.account_id}-{here.place.region}"
            yield gap(here.place, about, said, sorted(others))


def _tables(nouns: Nouns, perhaps: Container[str]) -> Iterator[str]:
    """The tables of which something is declared there, or may be."""
    planned = nouns.plans or nouns.selections or nouns.place.account_id in perhaps
    yield from SELECTION_TABLES if planned else ()
    yield from (_POLICIES,) if nouns.lifecycle_policies else ()
    yield from ("resources",) if nouns.resources else ()
    yield from ("backup_vaults",) if nouns.vaults else ()
