"""A change applied to the evidence of a run: it as it is, and as it would be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from auditor.catalogue.load import Catalogue
from auditor.check.against.changed import ChangedInventory, PlaceChange, gap_id
from auditor.check.against.mapped import Mapped
from auditor.check.against.mapping import mapped
from auditor.check.against.policies import AFTER_APPLY
from auditor.check.against.telling import told_by
from auditor.check.inventory import hidden_tags, relevant_keys
from auditor.check.places import MOST_DECISIONS
from auditor.check.reading import Reading
from auditor.check.told import NOTHING_TOLD, ToldByRun
from auditor.evaluate.gaps import OURS
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.subjects import Subjects
from auditor.evidence.store import Evidence
from auditor.model.errors import AuditorError
from auditor.model.settings import Settings
from auditor.model.verdicts import Gap

_NAMED: Final = 3  # of what is not known, in a sentence


@dataclass(frozen=True, slots=True)
class Applied:
    """The evidence before and after a change, by the settings of both; `found` says what became of what.

    `whole` says that the inputs are, and that nothing is missing on which others rest; nothing is `told`
    otherwise.
    """

    before: Subjects
    after: Subjects
    settings: tuple[Settings, Settings]
    found: Mapped
    whole: bool
    told: ToldByRun


def apply(
    evidence: Evidence,
    catalogues: tuple[Catalogue, Catalogue],
    settings: tuple[Settings, Settings],
    readings: Sequence[Reading],
) -> Applied:
    """Apply what `readings` declare to the evidence; policies and settings are those before and after."""
    before = Subjects.judged_by(evidence, catalogues[0], settings[0])
    places = {(one.scope.account.account_id, one.scope.region): one for one in before.inventories}
    management = str(evidence.metadata.get("management_account_id") or "")
    found = mapped(readings, places, before.as_of, management)
    _check_size(found, places)
    after = _after(evidence, catalogues[1], settings[1], found, places, readings)
    whole = not found.open and not any(one.incomplete for one in readings)
    told = told_by(before.inventories, after.inventories, found, readings) if whole else NOTHING_TOLD
    return Applied(before, after, settings, found, whole, told)


def _check_size(found: Mapped, recorded: Mapping[tuple[str, str], Inventory]) -> None:
    """Refuse what nobody would wait for: each selection is asked about each resource."""
    for scope, change in found.places.items():
        resources = recorded[scope].size + len(change.resources_in)
        new = len(change.selections_in) * resources
        if new + len(change.resources_in) * len(recorded[scope].selections) > MOST_DECISIONS:
            raise AuditorError(
                f"The selections of the inputs and the {resources:,} resources of {' '.join(scope)} are more "
                "than a check decides on; check fewer files at a time."
            )


def _after(
    evidence: Evidence,
    catalogue: Catalogue,
    settings: Settings,
    found: Mapped,
    recorded: Mapping[tuple[str, str], Inventory],
    readings: Sequence[Reading],
) -> Subjects:
    """The evidence as it would be after the change."""

    def inventory_of(read: Evidence, scope: ScopeFacts) -> Inventory:
        change = found.places.get((scope.account.account_id, scope.region), PlaceChange())
        return ChangedInventory(read, scope, change) if change.anything else Inventory(read, scope)

    gaps = [*_gaps(found, recorded, catalogue), *_of_open_accounts(readings, recorded)]
    return Subjects.judged_by(evidence, catalogue, settings, inventory_of=inventory_of, more=gaps)


def _gaps(
    found: Mapped, recorded: Mapping[tuple[str, str], Inventory], catalogue: Catalogue
) -> Iterator[Gap]:
    """What is not known of the change before it is applied."""
    for scope, change in found.places.items():
        selections = [*recorded[scope].selections, *change.selections_in]
        keys = relevant_keys(selections, catalogue.tiers)
        hidden = [
            f"{one.declaration.address}: {'; '.join(clauses)}"
            for one in change.resources_in.values()
            if (clauses := hidden_tags(one, keys))
        ]
        locks = [f"the lock of {arn} is not known: {fault}" for arn, (_, fault) in change.open_vaults.items()]
        for table, said in (("resources", hidden), ("backup_vaults", locks)):
            more = f"; and {len(said) - _NAMED:,} more" if len(said) > _NAMED else ""
            if said:
                yield _gap(scope, gap_id(scope, table), "; ".join(said[:_NAMED]) + more, table)


def _of_open_accounts(
    readings: Sequence[Reading], recorded: Mapping[tuple[str, str], Inventory]
) -> Iterator[Gap]:
    """What accounts get of the organization, where that is not known."""
    for reading in readings:
        for scope in recorded if reading.open_accounts else ():
            if scope[0] in reading.open_accounts:
                own = gap_id(scope, "policies")
                yield _gap(scope, own, reading.open_accounts[scope[0]], *SELECTION_TABLES)


def _gap(scope: tuple[str, str], own_id: str, message: str, *tables: str) -> Gap:
    return Gap(own_id, *scope, OURS, "check", AFTER_APPLY, message, tables)
