"""The facts of whatever inputs declare, as the frames about which the controls are asked."""

from collections import ChainMap, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from auditor.check.buckets import buckets
from auditor.check.declared import Declaration
from auditor.check.declared_subjects import DeclaredSubject
from auditor.check.frames import change_frame, policy_frame, resource_frame, subject_frame
from auditor.check.inventory import DeclaredInventory, Nouns
from auditor.check.places import Gathered
from auditor.check.quotas import quota_subjects
from auditor.check.roles import role_subjects
from auditor.check.selections import selection_subjects
from auditor.derive.selection import SelectionSettings
from auditor.evaluate.account_quotas import AWS_LIMITS, AccountLimits
from auditor.evaluate.deferred import Deferred
from auditor.evaluate.facts import Column, Frame
from auditor.evaluate.gaps import GapIndex, Unknowns
from auditor.evaluate.organization import summarise
from auditor.evaluate.plans import plan_frame
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.times import epoch_ms
from auditor.model.organization import Account
from auditor.model.policy import Tiers
from auditor.model.verdicts import Gap


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for every subject of a check; `opted_in_otherwise` is None where an opt-in is not known.

    `unit` is the path of organizational units that somebody stated, None where nobody did. `limits` are what
    AWS Backup takes in each account and Region.
    """

    tiers: Tiers
    selection: SelectionSettings
    as_of: datetime
    opted_in_otherwise: bool | None
    unit: tuple[str, ...] | None = None
    limits: AccountLimits = AWS_LIMITS


@dataclass(frozen=True, slots=True)
class DeclaredFrame:
    """Subjects of one kind in one account and Region, and the gaps that their facts may name.

    `instead` has the facts of the same subjects that count for a control that does not apply to `frame`.
    """

    frame: Frame
    instead: Frame | None
    inventory: DeclaredInventory
    gaps: Mapping[str, Gap]
    subjects: Sequence[DeclaredSubject] = ()

    def elsewhere(self, index: int) -> str:
        """What may protect a resource that no input declares, in a clause."""
        is_resource = self.frame.subject == "resource"
        return self.inventory.nouns.resources[index].elsewhere if is_resource else ""

    def called(self, gathered: Gathered, index: int) -> str:
        """Subject `index` in a sentence."""
        where = self.declaration(index, gathered)
        return f"{where.address} ({where.shown})"

    def declaration(self, index: int, gathered: Gathered) -> Declaration:
        """Where subject `index` is declared."""
        frame, nouns = self.frame, self.inventory.nouns
        if self.subjects:
            return self.subjects[index].declaration
        if frame.subject == "resource":
            return nouns.resources[index].declaration
        if frame.subject == "change":
            return nouns.changes[index].declaration
        if frame.subject == "organization_policy":
            return nouns.terms[index].declaration
        if frame.subject == "vault":
            return gathered.declarations[frame.arn[index].as_py()]
        return gathered.declarations[self.inventory.current_plans[index].plan_id]


def declared_inventories(
    found: Sequence[Nouns],
    gathered: Gathered,
    circumstances: Circumstances,
    unit: tuple[str, ...],
    unknowns: Unknowns,
) -> list[DeclaredInventory]:
    """Each account and Region as the evaluation sees it; what it leaves unknown goes to `unknowns`."""
    index = GapIndex(tuple(gathered.gaps))

    def inventory_of(nouns: Nouns) -> DeclaredInventory:
        place = nouns.place
        scope = ScopeFacts(
            account=Account(
                place.account_id, "", place.partition, gathered.units.get(place.account_id, unit)
            ),
            region=place.region,
            tiers=circumstances.tiers,
            gaps=index,
            selection=circumstances.selection,
            as_of=circumstances.as_of,
            read_ms=epoch_ms(circumstances.as_of),
            unknowns=unknowns,
        )
        found = DeclaredInventory(nouns, scope, opted_in_otherwise=circumstances.opted_in_otherwise)
        found.no_account_copies = gathered.no_account_copies
        found.account_copies_fault = gathered.account_copies_fault
        return found

    return [inventory_of(nouns) for nouns in found]


def declared_frames(
    gathered: Gathered, circumstances: Circumstances, unit: tuple[str, ...]
) -> Iterator[DeclaredFrame]:
    """Give the frames that are not empty, in a fixed order; `unit` is that of accounts of no known one."""
    unknowns = Unknowns()
    inventories = declared_inventories(gathered.nouns, gathered, circumstances, unit, unknowns)
    others = [nouns.imagined(circumstances.tiers) for nouns in gathered.nouns]
    imagined = declared_inventories(others, gathered, circumstances, unit, unknowns)
    whole, whole_imagined = summarise(inventories, ()), summarise(imagined, ())
    known = ChainMap(unknowns.found, {gap.gap_id: gap for gap in gathered.gaps})
    roles = [*role_subjects(gathered.roles, inventories, gathered.told)]
    for number, (inventory, other) in enumerate(zip(inventories, imagined, strict=True)):
        resources = resource_frame(inventory, inventories)
        plans = plan_frame(inventory, whole, circumstances.as_of)
        written_for = _without_counts(plan_frame(other, whole_imagined, circumstances.as_of))
        vaults, led_into = (
            one.vault_frame(sums, circumstances.as_of)
            for one, sums in ((inventory, whole), (other, whole_imagined))
        )
        found = [role for at, role in roles if at == number]
        own = _subjects(inventory, resources, gathered, found, circumstances.limits)
        none: tuple[DeclaredSubject, ...] = ()
        groups = (
            (resources, None, none),
            (plans, written_for, none),
            (vaults, led_into, none),
            (change_frame(inventory), None, none),
            (policy_frame(inventory), None, none),
            *((subject_frame(inventory, kind, found), None, found) for kind, found in own.items()),
        )
        units = gathered.units.get(inventory.scope.account.account_id, circumstances.unit)
        for frame, instead, subjects in groups:
            if frame.size:
                placed = None if instead is None else replace(instead, units=units)
                yield DeclaredFrame(replace(frame, units=units), placed, inventory, known, subjects)


def _subjects(
    inventory: DeclaredInventory,
    resources: Frame,
    gathered: Gathered,
    roles: Sequence[DeclaredSubject],
    limits: AccountLimits,
) -> dict[str, tuple[DeclaredSubject, ...]]:
    """What has facts of its own, by the kind of subject."""
    found: defaultdict[str, list[DeclaredSubject]] = defaultdict(list)
    of_buckets = buckets(inventory, resources, gathered.versionings, gathered.told)
    beyond = quota_subjects(inventory, gathered.declarations, gathered.told, limits)
    chosen = selection_subjects(inventory.nouns, inventory.scope.selection)
    for one in (*inventory.nouns.subjects, *of_buckets, *roles, *beyond, *chosen):
        found[one.subject].append(one)
    return {kind: tuple(subjects) for kind, subjects in found.items()}


def _without_counts(frame: Frame) -> Frame:
    """Facts of plans in which imagined resources are not counted."""
    changed = {}
    for name in ("tiers", "cadences"):
        column = frame.facts[name]
        if isinstance(column, Column):
            values = [[{**tier, "resources": 0} for tier in tiers] for tiers in column.values]
            changed[name] = replace(column, values=values)
    return replace(frame, facts=Deferred({}) | frame.facts | changed)
