"""One account and Region of a run's evidence as it would be after a change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check.against.alike import of_aws
from auditor.check.against.policies import PolicyChange
from auditor.check.declared import DeclaredOptIns, DeclaredResource, is_placeholder
from auditor.check.inventory import (
    NO_KEY,
    declared_key,
    hidden_tags,
    made_up,
    relevant_keys,
    undecided,
    with_open_locks,
    with_undeclared,
)
from auditor.check.key_managers import ToldKey
from auditor.check.native import native_table
from auditor.check.weighing import Weighing
from auditor.derive.columns import ABSENT
from auditor.derive.selection import Decision
from auditor.evaluate.carriers import Carriers
from auditor.evaluate.configuration import vaults_in
from auditor.evaluate.facts import Frame
from auditor.evaluate.inventory import OUTCOMES, Inventory
from auditor.evaluate.opt_in import OptIn
from auditor.evaluate.organization import OrganizationSums
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.source_keys import recorded_source_keys, untold
from auditor.evaluate.vault_keys import KeyOf, KnownKey, managers, recorded_keys
from auditor.evaluate.vault_policies import vault_policy_frame
from auditor.evaluate.vaults import vault_frame
from auditor.evidence.native_tables import NATIVE
from auditor.evidence.store import Evidence
from auditor.model.organization import Resource
from auditor.model.plans import BackupPlan, Selection
from auditor.model.vaults import Vault

if TYPE_CHECKING:
    from auditor.check.patterns import Pieces


@dataclass(slots=True)
class PlaceChange:
    """What a change makes of one account and Region: what is taken out, and what is put in.

    Plans and selections are taken out by id, vaults and resources by ARN. `open_vaults` are vaults whose
    locks are not known, by ARN, each with a clause that says why. `vault_keys` and `source_keys` are those of
    vaults and of resources that are put in, by their ARNs, as far as inputs tell of them. `renamed` gives the
    ARN that something had, by the one that it gets. `opted_in_above` is what the management account opts in,
    which counts for the plans of the organization.
    """

    plans_out: set[str] = field(default_factory=set)
    plans_in: list[BackupPlan] = field(default_factory=list)
    selections_out: set[str] = field(default_factory=set)
    selections_in: list[Selection] = field(default_factory=list)
    vaults_out: set[str] = field(default_factory=set)
    vaults_in: dict[str, Vault] = field(default_factory=dict)
    open_vaults: dict[str, tuple[Vault, str]] = field(default_factory=dict)
    vault_keys: dict[str, ToldKey] = field(default_factory=dict)
    source_keys: dict[str, ToldKey] = field(default_factory=dict)
    resources_out: set[str] = field(default_factory=set)
    resources_in: dict[str, DeclaredResource] = field(default_factory=dict)
    opted_in: dict[str, bool] = field(default_factory=dict)
    opted_in_above: dict[str, bool] = field(default_factory=dict)
    managed: dict[str, bool] = field(default_factory=dict)
    policies: PolicyChange = field(default_factory=PolicyChange)
    renamed: dict[str, str] = field(default_factory=dict)

    def settle(self, settings: DeclaredOptIns) -> None:
        """Take over what an input says of the Region's resource types."""
        self.opted_in.update(settings.opted_in)
        self.managed.update(settings.managed)

    @property
    def anything(self) -> bool:
        """Whether anything is another after it."""
        out = (self.plans_out, self.selections_out, self.vaults_out, self.resources_out)
        put = (self.plans_in, self.selections_in, self.vaults_in, self.open_vaults, self.resources_in)
        return any((*out, *put, self.opted_in, self.opted_in_above, self.managed, self.policies.anything))


class ChangedOptIn(OptIn):
    """Which resource types are opted in, with those that a change names.

    Where nothing was read of the management account, the types that no change names would be unknown for no
    reason: there it stays as it is.
    """

    def __init__(self, evidence: Evidence, scope: ScopeFacts, change: PlaceChange) -> None:
        super().__init__(evidence, scope)
        self._own = {**self._own, **change.opted_in}
        if self._organization:
            self._organization = {**self._organization, **change.opted_in_above}


class ChangedInventory(Inventory):
    """The resources, plans, selections and vaults of one account and Region after a change."""

    def __init__(self, evidence: Evidence, scope: ScopeFacts, change: PlaceChange) -> None:
        super().__init__(evidence, scope)
        self.change = change
        self._put_resources()

    def _put_resources(self) -> None:
        """Take resources out, give the others their tags, and put the new ones behind them."""
        change = self.change
        asked = relevant_keys(self.selections, self.scope.tiers)
        gone = change.resources_out.difference(change.resources_in)
        kept = np.array([arn not in gone for arn in self.arn], bool)
        self.arn, self.name = self.arn[kept], self.name[kept]
        self.resource_type, self.created_ms = self.resource_type[kept], self.created_ms[kept]
        tags: list[Mapping[str, str] | None] = [
            held for held, stays in zip(self.tags, kept.tolist(), strict=True) if stays
        ]
        held = {arn: number for number, arn in enumerate(self.arn)}
        new = [one for arn, one in change.resources_in.items() if arn not in held]
        for arn, one in change.resources_in.items():
            if arn in held:
                row = held[arn]
                tags[row] = None if hidden_tags(one, asked) else {**of_aws(tags[row]), **one.tags}
        self.arn = _longer(self.arn, [one.arn for one in new])
        self.name = _longer(self.name, [one.name for one in new])
        self.resource_type = _longer(self.resource_type, [one.resource_type for one in new])
        self.created_ms = np.concatenate([self.created_ms, np.full(len(new), ABSENT, np.int64)])
        self.tags = [*tags, *(None if hidden_tags(one, asked) else one.tags for one in new)]
        self.index = {arn: number for number, arn in enumerate(self.arn)}
        for arn, one in change.resources_in.items():
            new_ones = dict.fromkeys(one.attached, ABSENT)
            if new_ones:
                self.attached = {**self.attached, arn: {**new_ones, **self.attached.get(arn, {})}}
        self._pieces: Mapping[int, Pieces] = MappingProxyType(
            {
                self.index[one.arn]: one.pieces
                for one in new
                if any(piece.kind != "known" for piece in one.pieces)
            }
        )

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A table as it was; what a changed resource says of its own backups takes the place of its rows."""
        found = super().read(table, columns)
        return native_table(self.change.resources_in.values(), found) if table == NATIVE else found

    def names(self, place: str) -> bool:
        """Whether an account or Region is a real one, and no placeholder of an input."""
        return not is_placeholder(place)

    @cached_property
    def plans(self) -> list[BackupPlan]:
        """The plans after the change; of what is taken out, the versions that were in force before stay."""
        found = super().plans
        now, out = self.scope.as_of, self.change.plans_out
        ended = (one for one in found if one.valid_until is not None and one.valid_until <= now)
        kept = {id(one) for one in ended} | {id(one) for one in found if one.plan_id not in out}
        return [*(one for one in found if id(one) in kept), *self.change.plans_in]

    @cached_property
    def selections(self) -> list[Selection]:
        """The selections after the change."""
        found = super().selections
        kept = [one for one in found if one.selection_id not in self.change.selections_out]
        return [*kept, *self.change.selections_in]

    @cached_property
    def vaults(self) -> list[Vault]:
        """The vaults after the change, without those whose lock is not known."""
        change = self.change
        found = super().vaults
        out = {*change.vaults_out, *change.open_vaults}
        return [*(one for one in found if one.arn not in out), *change.vaults_in.values()]

    def vault_frame(self, whole: OrganizationSums, as_of: datetime) -> Frame:
        """One subject for each vault; a lock that is not known is not known, where one is demanded."""
        found = self.change.open_vaults
        account, region = self.scope.account.account_id, self.scope.region
        frame = vault_frame(self, whole, as_of, [vault for vault, _ in found.values()], self._keys)
        return with_open_locks(frame, {gap_id((account, region), "backup_vaults"): found} if found else {})

    def _keys(self) -> KeyOf:
        """The keys of vaults: of one that the change makes or changes as inputs tell of it.

        Who manages a key that no input makes, KMS may have told.
        """
        recorded, told = recorded_keys(self), managers(self)

        def key_of(arn: str) -> KnownKey:
            declared = self.change.vault_keys.get(arn)
            if declared is None:
                return recorded(arn)
            manager = declared.manager or told.get(declared.key)
            return KnownKey(manager) if manager else declared_key(self.scope, arn, declared)

        return key_of

    def source_keys(self) -> KeyOf:
        """The keys of resources: of one that the change makes or changes as inputs tell of it."""
        recorded, told = recorded_source_keys(self), managers(self)

        def key_of(arn: str) -> KnownKey:
            if arn not in self.change.resources_in:
                return recorded(arn)
            declared = self.change.source_keys.get(arn, NO_KEY)
            manager = declared.manager or told.get(declared.key)
            return KnownKey(manager) if manager else KnownKey("", (untold(self.scope, "no input tells it"),))

        return key_of

    def vault_policy_frame(self) -> Frame:
        """One subject for each access policy of a vault after the change."""
        change = self.change
        gone = change.vaults_out.difference(change.vaults_in, change.open_vaults)
        recorded = vaults_in(self.read("backup_vaults"), self.scope.account.account_id, self.scope.region)
        return vault_policy_frame(self, change.policies.applied(self, recorded, [*gone]))

    @cached_property
    def managed(self) -> Mapping[str, bool | None]:
        """Whether AWS Backup manages each resource type fully after the change."""
        return {**super().managed, **self.change.managed}

    @cached_property
    def opt_in(self) -> OptIn:
        """Which resource types are opted in after the change."""
        return ChangedOptIn(self.evidence, self.scope, self.change)

    @cached_property
    def _weighing(self) -> Weighing:
        return Weighing(self.selections, self.scope.selection, self.opt_in)

    @cached_property
    def carriers(self) -> Carriers:
        """The instances that volumes are attached to after the change."""
        return with_undeclared(super().carriers, self.change.resources_in.values(), self.scope)

    def outcomes_by_arn(self, resource: Resource) -> list[int]:
        """As in the evidence; undecided where the ARN is not known."""
        return undecided(self.selections) if made_up(resource.arn) else super().outcomes_by_arn(resource)

    def decision(self, row: int, index: int) -> Decision:
        """As in the evidence; undecided too where it depends on a part of a new ARN that is not known."""
        decision = super().decision(row, index)
        if index not in self._pieces:
            return decision
        return self._weighing.weighed(row, self.resource(index), self._pieces[index], decision)

    @cached_property
    def _decided(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        outcomes, whys = super()._decided
        for index in self._pieces:
            for row in range(len(self.selections)):
                outcomes[row, index] = OUTCOMES[self.decision(row, index).outcome]
        return outcomes, whys


def gap_id(scope: tuple[str, str], what: str) -> str:
    """The id of the gap that says what is not known of something in an account and Region after a change."""
    return f"check-{what} {' '.join(scope)}"


def _longer(held: NDArray[Any], more: Sequence[str]) -> NDArray[Any]:
    """A column of texts with more of them."""
    found = np.empty(len(held) + len(more), dtype=object)
    found[: len(held)] = held
    found[len(held) :] = more
    return found
