"""The readings of all inputs, put together by account and Region, and what of each is not known."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final, Protocol, TypeVar

from auditor.check.buckets import versionings
from auditor.check.declared import Declaration, DeclaredPlan, DeclaredSelection, DeclaredVault, Place
from auditor.check.declared_subjects import DeclaredRole, Versioning
from auditor.check.gaps import elsewhere, gap, of_readings, without_plans
from auditor.check.inventory import Nouns, hidden_tags, relevant_keys
from auditor.check.reading import (
    Reading,
    all_places,
    declared_subjects,
    perhaps_planned,
    source_keys,
    vault_keys,
)
from auditor.check.told import NOTHING_TOLD, ToldByRun
from auditor.model.arn import place_of
from auditor.model.errors import AuditorError
from auditor.model.plans import BackupPlan, Selection
from auditor.model.policy import Tiers
from auditor.model.vaults import Vault
from auditor.model.verdicts import Gap

#: Of a selection on a resource; ten of them take about as long as reading a resource.
MOST_DECISIONS: Final = 5_000_000


class _HasPlace(Protocol):
    @property
    def place(self) -> Place: ...


_Placed = TypeVar("_Placed", bound=_HasPlace)


@dataclass(slots=True)
class Gathered:
    """What all inputs declare.

    `declarations` say where a plan (by id) or vault (by ARN) stands. `hidden` says for the ARN of a resource
    which of its tags are not known, in a clause. `units` are the organizational units of accounts, where an
    input tells them. `versionings` are those of buckets, by name, and `told` is what a run tells.
    `no_account_copies` says that the organization switches copies into other accounts off, and
    `account_copies_fault` why that is not known.
    """

    nouns: list[Nouns] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    declarations: dict[str, Declaration] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    units: dict[str, tuple[str, ...]] = field(default_factory=dict)
    versionings: dict[str, Versioning] = field(default_factory=dict)
    roles: list[DeclaredRole] = field(default_factory=list)
    told: ToldByRun = NOTHING_TOLD
    no_account_copies: bool = False
    account_copies_fault: str = ""


def gather(readings: Sequence[Reading], tiers: Tiers, told: ToldByRun = NOTHING_TOLD) -> Gathered:
    """Put the readings together; `tiers` say on which tags something depends."""
    units = {account: path for one in readings for account, path in one.units.items()}
    roles = [role for one in readings for role in one.roles]
    _check_size(readings)
    found = Gathered(units=units, versionings=versionings(readings), roles=roles, told=told)
    _account_copies(found, readings)
    subjects = declared_subjects(readings, told.key_uses)
    keys, keyed = vault_keys(readings), source_keys(readings)
    places = all_places(readings, subjects)
    resources_at = _by_place(one for reading in readings for one in reading.resources)
    plans_at = _by_place(one for reading in readings for one in reading.plans)
    selections_at = _by_place(one for reading in readings for one in reading.selections)
    vaults_at = _by_place(one for reading in readings for one in reading.vaults)
    opt_ins_at = _by_place(one for reading in readings for one in reading.opt_ins)
    policies_at = _by_place(one for reading in readings for one in reading.lifecycle_policies)
    changes_at = _by_place(one for reading in readings for one in reading.changes)
    terms_at = _by_place(one for reading in readings for one in reading.terms)
    subjects_at = _by_place(subjects)
    for place in places:
        plans = plans_at[place]
        selections = [_of_the_one_plan(one, plans) for one in selections_at[place]]
        known = {one.plan.plan_id for one in plans}
        stubs = {
            one.selection.plan_id: _stub(one.selection, place)
            for one in selections
            if one.selection.plan_id not in known
        }
        for one in selections:
            found.declarations[one.selection.plan_id] = one.declaration
        found.declarations |= {one.plan.plan_id: one.declaration for one in plans}
        vaults = _once(vaults_at[place])
        found.declarations |= {vault.arn: vault.declaration for vault in vaults}
        open_ = [*_locks(place, vaults)]
        found.nouns.append(
            Nouns(
                place,
                resources_at[place],
                [*(one.plan for one in plans), *stubs.values()],
                [one.selection for one in selections],
                [_vault(vault) for vault in vaults if not vault.fault],
                {kind: answer for one in opt_ins_at[place] for kind, answer in one.opted_in.items()},
                changes_at[place],
                {one.gap_id: [_vault(vault) for vault in alike] for one, alike in open_},
                terms_at[place],
                subjects_at[place],
                [(one.declaration, one.stays) for one in selections],
                [one.role for one in selections],
                [one.perhaps_roles for one in selections],
                policies_at[place],
                {one.arn: keys[place, one.name] for one in vaults if (place, one.name) in keys},
                keyed,
                {kind: answer for one in opt_ins_at[place] for kind, answer in one.managed.items()},
            )
        )
        found.gaps += [one for one, _ in open_]
    _unknown_tags(found, tiers)
    found.gaps += (*_undeclared(found), *of_readings(readings, places), *without_plans(readings, found.nouns))
    found.gaps += elsewhere(found.nouns, perhaps_planned(readings), {*chain(*(r.made_up for r in readings))})
    return found


def _account_copies(found: Gathered, readings: Sequence[Reading]) -> None:
    """Say whether copies into other accounts are switched off, by any input."""
    found.no_account_copies = any(one.no_account_copies for one in readings)
    faults = (one.account_copies_fault for one in readings)
    found.account_copies_fault = "" if found.no_account_copies else next(filter(None, faults), "")


def _check_size(readings: Sequence[Reading]) -> None:
    """Refuse what nobody would wait for: each selection is asked about each resource."""
    resources = sum(len(one.resources) for one in readings)
    selections = sum(len(one.selections) for one in readings)
    if resources * selections > MOST_DECISIONS:
        raise AuditorError(
            f"{selections} selections and {resources} resources are more than a check decides on; check "
            "fewer files at a time."
        )


def _by_place(found: Iterable[_Placed]) -> defaultdict[Place, list[_Placed]]:
    held: defaultdict[Place, list[_Placed]] = defaultdict(list)
    for one in found:
        held[one.place].append(one)
    return held


def _of_the_one_plan(one: DeclaredSelection, plans: Sequence[DeclaredPlan]) -> DeclaredSelection:
    """A selection with the plan that it is of, where that is the only one there is."""
    if one.selection.plan_id:
        return one
    plan_id = plans[0].plan.plan_id if len(plans) == 1 else f"(the plan of {one.declaration.address})"
    return replace(one, selection=replace(one.selection, plan_id=plan_id))


def _stub(selection: Selection, place: Place) -> BackupPlan:
    """A plan that is not declared: what it does is not known, and that it selects something is."""
    plan_id = selection.plan_id
    arn = f"arn:{place.partition}:backup:{place.region}:{place.account_id}:backup-plan:{plan_id}"
    fault = f"the plan of selection {selection.name or selection.selection_id} is not among the inputs"
    return BackupPlan(plan_id, arn, plan_id, place.account_id, place.region, "", (), fault=fault)


def _once(vaults: Iterable[DeclaredVault]) -> list[DeclaredVault]:
    """Each vault once; of several declarations the one with a lock, or with one that is not known."""
    found: dict[str, DeclaredVault] = {}
    for vault in vaults:
        held = found.get(vault.arn)
        lock = vault.lock.locked or vault.fault
        if held is None or (not vault.now and (held.now or (lock and not held.lock.locked))):
            found[vault.arn] = vault
    return list(found.values())


def _vault(vault: DeclaredVault) -> Vault:
    return Vault(vault.arn, vault.name, vault.place.account_id, vault.place.region, vault.lock)


def _locks(place: Place, vaults: Iterable[DeclaredVault]) -> Iterator[tuple[Gap, list[DeclaredVault]]]:
    """A gap for each reason why a lock is not known, with the vaults that have it."""
    held: defaultdict[str, list[DeclaredVault]] = defaultdict(list)
    for vault in vaults:
        if vault.fault:
            held[vault.fault].append(vault)
    for fault, (first, *others) in held.items():
        more = f" and of {len(others)} more" if others else ""
        said = f"The lock of vault {first.name} ({first.declaration.address}){more} is not known: {fault}"
        yield gap(place, f"lock-{first.arn}", said, ("backup_vaults",)), [first, *others]


def _unknown_tags(found: Gathered, tiers: Tiers) -> None:
    for nouns in found.nouns:
        asked = relevant_keys(nouns.selections, tiers)
        for resource in nouns.resources:
            clauses = hidden_tags(resource, asked)
            if clauses:
                found.hidden[resource.arn] = "; ".join(clauses)
                said = f"{resource.declaration.address}: {found.hidden[resource.arn]}"
                found.gaps.append(gap(nouns.place, f"tags-{resource.arn}", said, ("resources",)))


def _undeclared(found: Gathered) -> Iterator[Gap]:
    """A gap for each vault that a rule leads into and that no input declares: its lock is not known."""
    seen = {
        vault.arn
        for nouns in found.nouns
        for vaults in (nouns.vaults, *nouns.open_vaults.values())
        for vault in vaults
    }
    for nouns in found.nouns:
        place = nouns.place
        own = f"arn:{place.partition}:backup:{place.region}:{place.account_id}:backup-vault:"
        for plan in nouns.plans:
            for rule in plan.rules:
                for arn in (own + rule.target_vault, *rule.named_vaults):
                    if arn not in seen:
                        seen.add(arn)
                        account, region = place_of(arn)
                        at = replace(place, account_id=account, region=region)
                        said = f"vault {arn} is not among the inputs, so its lock is not known"
                        yield gap(at, f"vault-{arn}", said, ("backup_vaults",))
