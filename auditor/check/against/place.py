"""What inputs declare of one account and Region, found again in the evidence: by id or ARN, else by name."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from auditor.check.against.alike import same_choice, same_lock, same_rules, same_tags
from auditor.check.against.mapped import Mapped
from auditor.check.against.policies import REMOVED, unheld
from auditor.check.against.vaults import unchangeable, undeletable
from auditor.check.declared import (
    Declaration,
    DeclaredOptIns,
    DeclaredPlan,
    DeclaredResource,
    DeclaredSelection,
    DeclaredVault,
    Prior,
)
from auditor.check.declared_changes import Removed
from auditor.check.reading import Reading
from auditor.evaluate.gaps import Scope
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.opt_in import of_the_organization
from auditor.model.plans import Selection
from auditor.model.vaults import Vault, VaultLock

_NAMED: Final = 3  # addresses that a sentence names
_OTHER: Final = "it is another in the evidence, which is older or newer than the input"


class PlaceMapping:
    """What `declared` of all inputs makes of one account and Region."""

    def __init__(
        self,
        declared: Reading,
        scope: Scope,
        inventory: Inventory,
        found: Mapped,
        as_of: datetime,
    ) -> None:
        self._declared, self._scope, self._inventory, self._found = declared, scope, inventory, found
        self._change = found.places[scope]
        self._as_of = as_of
        self._plans = {one.plan_id: one for one in inventory.current_plans}
        self._plans_named: defaultdict[str, list[str]] = defaultdict(list)
        for plan in inventory.current_plans:
            self._plans_named[plan.name].append(plan.plan_id)
        self._selections = {one.selection_id: one for one in inventory.selections}
        self._selections_named: defaultdict[str, list[Selection]] = defaultdict(list)
        self._selections_of: defaultdict[str, list[str]] = defaultdict(list)
        for selection in inventory.selections:
            self._selections_named[selection.name].append(selection)
            self._selections_of[selection.plan_id].append(selection.selection_id)
        self._vaults = {one.arn: one for one in inventory.vaults}
        #: the ids of what is put in, and those that declared plans have in the evidence
        self._plans_in: set[str] = set()
        self._ids: dict[str, str] = {}
        #: addresses by file and clause; of what does not change, where anything else does
        self._missing: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        self._unseen: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def fill(self) -> None:
        """Say what the inputs make of the account and Region."""
        for plan in self._declared.plans:
            self._plan(plan)
        for gone in sorted(self._declared.removed, key=lambda one: one.kind != "lock"):
            if gone.kind != REMOVED:
                self._take(gone)
        for selection in self._declared.selections:
            self._selection(selection)
        for vault in self._declared.vaults:
            self._vault(vault)
        for opt_in in self._declared.opt_ins:
            self._opt_in(opt_in)
        for where in unheld(self._declared, self._inventory.scope.tiers):
            self._miss(where, "what it will back up is not held against the evidence")
        self._found.open |= bool(self._missing)
        for resource in self._declared.resources:
            self._resource(resource)
        unseen = self._unseen if self._change.anything else {}
        for (file, clause), addresses in (*self._missing.items(), *unseen.items()):
            more = len(addresses) - _NAMED
            others = f" and {more} more" if more > 0 else ""
            self._found.unmapped.append(f"{file}: {', '.join(addresses[:_NAMED])}{others}: {clause}")

    def _matched(self, where: Declaration, sentence: str) -> None:
        self._found.matched.append(f"{where.file}: {where.address} {sentence}")

    def _miss(self, where: Declaration, clause: str) -> None:
        self._missing[where.file, clause].append(where.address)

    def _key(self, prior: Prior, held: Mapping[str, object], where: Declaration) -> str:
        """The id or ARN under which something is recorded, "" for what is new or not there."""
        if not prior.key or prior.key in held:
            return prior.key
        if prior.changes:
            self._miss(where, "the evidence does not have it, so what it was before is not known")
        else:
            clause = "the evidence does not have it, so what the change makes of it is not known"
            self._unseen[where.file, clause].append(where.address)
        return ""

    def _other(self, where: Declaration, arn: str = "", *, decides: bool = False) -> None:
        """What does not change is another in the evidence; it may decide what protects resources here."""
        self._unseen[where.file, _OTHER].append(where.address)
        self._found.stale.update({arn} - {""})
        self._found.drifted.update({self._scope} if decides else ())

    def _by_name(self, ids: Sequence[str], kind: str, name: str, where: Declaration) -> str | None:
        """The one id of that name, "" where there is none; None where there are several."""
        if len(ids) > 1:
            clause = f"the evidence has several {kind}s of its name, so it is not known which one it is"
            self._miss(where, clause)
            return None
        recorded = f"the recorded {kind} {name}, by its name"
        self._matched(where, f"is taken to be {recorded if ids else f'a new {kind}'}")
        return ids[0] if ids else ""

    def _plan(self, one: DeclaredPlan) -> None:
        plan, prior, where = one.plan, one.prior, one.declaration
        key: str | None
        if prior is not None:
            key = self._key(prior, self._plans, where)
            if not prior.changes:
                self._ids[plan.plan_id] = key
                if key and not same_rules(self._plans[key], plan):
                    self._other(where, self._plans[key].arn, decides=True)
                return
        elif plan.plan_id in self._plans:
            key = plan.plan_id
        else:
            ours = of_the_organization(plan.plan_id)
            alike = [one for one in self._plans_named[plan.name] if of_the_organization(one) == ours]
            key = self._by_name(alike, "plan", plan.name, where)
            if key:
                self._found.aliases[plan.arn] = self._plans[key].arn
                plan = replace(plan, plan_id=key, arn=self._plans[key].arn)
        if key is None:
            return
        self._ids[one.plan.plan_id] = plan.plan_id
        held = self._plans.get(key)
        if held is not None and prior is None and same_rules(held, plan):
            return
        self._change.plans_in.append(plan)
        self._plans_in.add(plan.plan_id)
        if held is not None:
            self._change.plans_out.add(key)
            if held.arn != plan.arn:
                self._change.renamed[plan.arn] = held.arn

    def _take(self, removed: Removed) -> None:
        """What is deleted, taken out."""
        change, key, where = self._change, removed.key, removed.declaration
        held: Mapping[str, Mapping[str, object]] = {
            "plan": self._plans,
            "selection": self._selections,
            "vault": self._vaults,
            "lock": self._vaults,
            "resource": self._inventory.index,
        }
        refused = {"lock": unchangeable, "vault": self._undeletable}
        if key not in held[removed.kind]:
            self._miss(where, "the evidence does not have what is deleted")
        elif removed.kind in refused and self._stays(refused[removed.kind], self._vaults[key], where):
            return
        elif removed.kind == "plan":
            change.plans_out.add(key)
            change.selections_out.update(self._selections_of[key])
        elif removed.kind == "selection":
            change.selections_out.add(key)
        elif removed.kind == "lock":
            change.vaults_out.add(key)
            change.vaults_in[key] = replace(self._vaults[key], lock=VaultLock(locked=False))
        elif removed.kind == "vault":
            change.vaults_out.add(key)
            change.vaults_in.pop(key, None)
        else:
            change.resources_out.add(key)

    def _undeletable(self, vault: Vault, as_of: datetime) -> str:
        return undeletable(self._inventory, vault, as_of)

    def _stays(self, why: Callable[[Vault, datetime], str], vault: Vault, where: Declaration) -> bool:
        """Whether AWS Backup refuses to change or delete a vault; it says so then."""
        clause = why(vault, self._as_of)
        if clause:
            self._miss(where, clause)
        return bool(clause)

    def _selection(self, one: DeclaredSelection) -> None:
        selection, prior, where = one.selection, one.prior, one.declaration
        key: str | None
        if prior is not None and not prior.changes:
            key = self._key(prior, self._selections, where)
            if key and not same_choice(self._selections[key], selection):
                self._other(where, decides=True)
            return
        held = self._selections
        plan_id = self._plan_of(selection)
        if prior is not None:
            key = self._key(prior, held, where)
            self._change.selections_out.update({key} - {""})
        if not plan_id:
            self._miss(where, "the evidence does not have its plan, or it is not known which it is")
            return
        if not selection.plan_id and plan_id in self._plans:  # as `gather` calls the plan
            arn = self._plans[plan_id].arn
            self._found.aliases[f"{arn.removesuffix(plan_id)}(the plan of {where.address})"] = arn
        role = one.role or selection.iam_role_arn
        selection = replace(selection, plan_id=plan_id, created_at=self._as_of, iam_role_arn=role)
        if prior is None:
            exact = selection.selection_id if selection.selection_id in held else ""
            named = self._selections_named[selection.name]
            ids = [item.selection_id for item in named if item.plan_id == plan_id]
            key = exact or self._by_name(ids, "selection", selection.name, where)
            taken = self._change.selections_out  # one that the same input replaces
            if key is None or (key and key not in taken and same_choice(held[key], selection)):
                return
            self._change.selections_out.update({key} - {""})
        if not (selection.fault or selection.resources or selection.list_of_tags):
            self._matched(where, "selects nothing: AWS Backup refuses one with neither resources nor tags")
            return
        self._change.selections_in.append(selection)

    def _plan_of(self, selection: Selection) -> str:
        """The id of its plan after the change, "" where there is none.

        One that names no plan is of the one plan that is declared, else of that of the recorded selection of
        its name.
        """
        named = selection.plan_id
        if not named and len(self._ids) == 1:
            named = next(iter(self._ids))
        if not named and not self._ids:
            held = {one.plan_id for one in self._selections_named[selection.name]}
            named = held.pop() if len(held) == 1 else ""
        plan_id = self._ids.get(named, named)
        stays = plan_id in self._plans and plan_id not in self._change.plans_out
        return plan_id if stays or plan_id in self._plans_in else ""

    def _opt_in(self, one: DeclaredOptIns) -> None:
        recorded = self._inventory.opt_in.of("")
        if one.prior is None or one.prior.changes:
            self._change.settle(one)
            if one.fault:
                self._miss(one.declaration, one.fault)
        elif any(recorded.get(kind, said) != said for kind, said in one.opted_in.items()):
            self._other(one.declaration, decides=True)

    def _vault(self, one: DeclaredVault) -> None:
        prior, change, where = one.prior, self._change, one.declaration
        self._found.vaults.add(one.arn)
        key = self._key(prior, self._vaults, where) if prior is not None else ""
        if prior is not None and not prior.changes:
            declared = one.lock.locked and not one.fault  # what no input locks, another may have locked
            if key and declared and not same_lock(self._vaults[key].lock, one.lock):
                self._other(where, key)
            return
        before = self._vaults.get(one.arn)
        same = before is not None and same_lock(before.lock, one.lock) and not one.fault
        if prior is None and same and one.arn not in change.vaults_out:
            return
        if before is not None and not (same or one.fault) and self._stays(unchangeable, before, where):
            return
        if key and key != one.arn and not self._stays(self._undeletable, self._vaults[key], where):
            change.vaults_out.add(key)
            change.renamed[one.arn] = key
        change.vaults_out.add(one.arn)
        change.vaults_in.pop(one.arn, None)
        own = Vault(one.arn, one.name, one.place.account_id, one.place.region, one.lock)
        if one.fault:
            change.open_vaults[one.arn] = own, one.fault
            return
        lock = before.lock if before is not None and same else one.lock
        change.vaults_in[one.arn] = own if before is None else replace(before, lock=lock)

    def _resource(self, one: DeclaredResource) -> None:
        prior, change, where = one.prior, self._change, one.declaration
        unnamed = any(piece.kind != "known" for piece in one.pieces)
        if prior is None and unnamed:
            said = "which resource of the evidence it is cannot be known, so it is held against nothing"
            self._miss(where, said)
            return
        key = one.arn if prior is None else self._key(prior, self._inventory.index, where)
        if prior is not None and (not prior.changes or (prior.key and not key)):
            row = self._inventory.index.get(key)
            held = self._inventory.tags[row] if row is not None else None
            if held is not None and not same_tags(held, one.tags):
                self._other(where, key)
            return
        if key in self._inventory.index and key != one.arn:
            change.resources_out.add(key)
            change.renamed[one.arn] = key
        elif prior is None and key not in self._inventory.index:
            self._matched(where, f"is taken to be a new resource: the evidence does not have {one.arn}")
        change.resources_in[one.arn] = one
