"""What inputs declare of one account and Region, as the evaluation sees an account and Region of an audit.

There is no evidence here: no job, no recovery point. Whatever the evaluation would read of them is empty, and
controls that need it are not asked.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check.declared import ALL_TAGS, Declaration, DeclaredResource, Place, is_placeholder
from auditor.check.declared_changes import DeclaredChange
from auditor.check.declared_policies import DeclaredTerm
from auditor.check.declared_subjects import DeclaredSubject
from auditor.check.key_managers import ToldKey
from auditor.check.native import DeclaredLifecyclePolicy, DeclaredNative, native_table
from auditor.check.opt_ins import DeclaredOptIn
from auditor.check.weighing import Weighing, said_of, system_key
from auditor.derive.columns import ABSENT
from auditor.derive.selection import Decision, SelectionAnswer
from auditor.evaluate.carriers import Carriers
from auditor.evaluate.deferred import Deferred
from auditor.evaluate.facts import Column, Frame, Hole
from auditor.evaluate.inventory import OUTCOMES, Inventory
from auditor.evaluate.native import Native
from auditor.evaluate.organization import OrganizationSums
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.source_keys import untold
from auditor.evaluate.vault_keys import KnownKey
from auditor.evaluate.vaults import vault_frame
from auditor.evidence.native_tables import NATIVE
from auditor.evidence.table_schemas import TABLES, no_rows
from auditor.model.organization import Resource
from auditor.model.plans import BackupPlan, Selection
from auditor.model.policy import Tiers
from auditor.model.resource_types import TYPES
from auditor.model.vaults import Vault

_EQUALS: Final = "StringEquals"
_NO_LOCK: Final = "none"
#: Of what inputs do not tell the key of.
NO_KEY: Final = ToldKey("", "no input tells its key")


@dataclass(frozen=True, slots=True)
class Nouns:
    """What the inputs declare for one place; `open_vaults` have locks that are not known, by the gap's id.

    `selected_at` says where each of the selections stands, and whether AWS Backup has it so already. `roles`
    has for each of them the ARN of its role, "" where it is not known, and then `perhaps_roles` has those
    that it may be. `vault_keys` are those of vaults and `source_keys` those of resources, by their ARNs, as
    far as inputs tell of them. `managed` says which types AWS Backup manages fully.
    """

    place: Place
    resources: Sequence[DeclaredResource]
    plans: Sequence[BackupPlan]
    selections: Sequence[Selection]
    vaults: Sequence[Vault]
    opted_in: Mapping[str, bool]
    changes: Sequence[DeclaredChange] = ()
    open_vaults: Mapping[str, Sequence[Vault]] = field(default_factory=dict)
    terms: Sequence[DeclaredTerm] = ()
    subjects: Sequence[DeclaredSubject] = ()
    selected_at: Sequence[tuple[Declaration, bool]] = ()
    roles: Sequence[str] = ()
    perhaps_roles: Sequence[Sequence[str]] = ()
    lifecycle_policies: Sequence[DeclaredLifecyclePolicy] = ()
    vault_keys: Mapping[str, ToldKey] = field(default_factory=dict)
    source_keys: Mapping[str, ToldKey] = field(default_factory=dict)
    managed: Mapping[str, bool] = field(default_factory=dict)

    def imagined(self, tiers: Tiers) -> "Nouns":
        """The same with a resource for each tag by which a selection chooses, in place of the declared ones.

        They are volumes, and of each type by which the tiers are assigned. So a plan is held against the
        tiers that it is written for, though no input declares a resource of them. One that cannot be
        understood may be written for any tier.
        """
        tags = {
            tuple(sorted({**equal, key: value}.items()))
            for selection in self.selections
            for equal in [{one.tag_key: one.value for one in selection.conditions if one.operator == _EQUALS}]
            for key, value in selection.list_of_tags or equal.items()
        }
        open_ = any(selection.fault for selection in self.selections)
        if open_ and not any(selection.resources for selection in self.selections):
            tags |= {(), *(tuple(sorted(entry.tags.items())) for entry in tiers.assignment)}
        kinds = dict.fromkeys(["EBS", *(kind for one in tiers.assignment for kind in one.resource_types)])
        made = [_imagined(self.place, kind, dict(one)) for one in sorted(tags) for kind in kinds]
        return replace(self, resources=made)


def _imagined(place: Place, kind: str, tags: Mapping[str, str]) -> DeclaredResource:
    named = ", ".join(f"{key}={value}" for key, value in tags.items())
    made = defaultdict(lambda: f"(any with {named})", region=place.region, account=place.account_id)
    arn = f"arn:{place.partition}:{TYPES[kind].arns[0].format_map(made)}"
    return DeclaredResource(place, arn, kind, named, tags, Declaration("", named))


class DeclaredInventory(Inventory):
    """The resources, plans, selections and vaults that inputs declare for one place."""

    def __init__(self, nouns: Nouns, scope: ScopeFacts, *, opted_in_otherwise: bool | None) -> None:
        self.scope = scope
        self.nouns = nouns
        self._otherwise, self.managed = opted_in_otherwise, nouns.managed
        found = nouns.resources
        asked = relevant_keys(nouns.selections, scope.tiers)
        self.arn = np.array([one.arn for one in found], dtype=object)
        self.resource_type = np.array([one.resource_type for one in found], dtype=object)
        self.name = np.array([one.name for one in found], dtype=object)
        self.tags = [None if hidden_tags(one, asked) else one.tags for one in found]
        self.index = {arn: number for number, arn in enumerate(self.arn)}
        self.created_ms = np.full(len(found), ABSENT, np.int64)
        keys = {one.selection_id: system_key(one) for one in nouns.selections}
        self.open_because = {selection: said_of(key) for selection, key in keys.items() if key}
        self.attached = {one.arn: dict.fromkeys(one.attached, ABSENT) for one in found if one.attached}

    def has_tag(self, index: int, key: str, value: str) -> bool | None:
        """Whether a resource has a tag; None where that is not known before the change is applied."""
        found = self.nouns.resources[index]
        hidden = key in found.unknown_tags or (ALL_TAGS in found.unknown_tags and key not in found.tags)
        return None if hidden else found.tags.get(key) == value

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A table of what is recorded: empty, but for what protects resources apart from AWS Backup."""
        rows = native_table(self.nouns.resources) if table == NATIVE else no_rows(table)
        return rows.select(TABLES[table].names if columns is None else list(columns))

    def names(self, place: str) -> bool:
        """Whether an account or Region is a real one, and no placeholder."""
        return not is_placeholder(place)

    @cached_property
    def plans(self) -> list[BackupPlan]:
        """The plans that are declared."""
        return list(self.nouns.plans)

    @cached_property
    def selections(self) -> list[Selection]:
        """Their selections."""
        return list(self.nouns.selections)

    @cached_property
    def native(self) -> Native:
        """What protects the resources apart from AWS Backup, as far as inputs tell it."""
        return DeclaredNative(self, self.nouns.resources, self.nouns.lifecycle_policies)

    @cached_property
    def vaults(self) -> list[Vault]:
        """The vaults that are declared, with their locks."""
        return list(self.nouns.vaults)

    def vault_frame(self, whole: OrganizationSums, as_of: datetime) -> Frame:
        """One subject for each vault; a lock that is not known is not known, where one is demanded."""
        hidden = self.nouns.open_vaults
        frame = vault_frame(self, whole, as_of, [*chain(*hidden.values())], lambda: self._key_of)
        return with_open_locks(frame, {gap: [one.arn for one in vaults] for gap, vaults in hidden.items()})

    def _key_of(self, arn: str) -> KnownKey:
        return declared_key(self.scope, arn, self.nouns.vault_keys.get(arn))

    def source_key(self, arn: str) -> KnownKey:
        """Who manages the key of a resource."""
        manager = self.nouns.source_keys.get(arn, NO_KEY).manager
        return KnownKey(manager, () if manager else (untold(self.scope, "no input tells it"),))

    @cached_property
    def opt_in(self) -> DeclaredOptIn:
        """Which resource types are opted in."""
        return DeclaredOptIn(self.nouns.opted_in, otherwise=self._otherwise)

    @cached_property
    def outcomes(self) -> NDArray[np.int8]:
        """As of an audit; undecided too where it depends on a part of an ARN that is not known yet."""
        answer = np.zeros((len(self.selections), self.size), np.int8)
        for column in range(self.size):
            for row, decision in enumerate(self.decide(column)):
                answer[row, column] = OUTCOMES[decision.outcome]
        return answer

    @cached_property
    def carriers(self) -> Carriers:
        """The instances that volumes are attached to."""
        return with_undeclared(super().carriers, self.nouns.resources, self.scope)

    def outcomes_by_arn(self, resource: Resource) -> list[int]:
        """As of an audit; undecided where the ARN is not known."""
        return undecided(self.selections) if made_up(resource.arn) else super().outcomes_by_arn(resource)

    def decide_on(self, resource: Resource) -> list[Decision]:
        """What each selection here says of a resource, be it declared here or not."""
        return [matcher.decide(resource) for matcher in self._matchers]

    def decide(self, index: int) -> list[Decision]:
        """What each selection says of one resource, with its steps."""
        resource = self.resource(index)
        decisions = [
            self._weighing.by_system_tags(row, resource, matcher.decide(resource))
            for row, matcher in enumerate(self._matchers)
        ]
        pieces = self.nouns.resources[index].pieces if self._by_arn else ()
        if all(piece.kind == "known" for piece in pieces):
            return decisions
        return [
            self._weighing.weighed(row, resource, pieces, decision) for row, decision in enumerate(decisions)
        ]

    def outcomes_of(self, row: int) -> NDArray[np.int8]:
        """What one selection says of each resource: undecided where tags that are not known may decide."""
        matcher = self._matchers[row]
        answer: NDArray[np.int8] = self.outcomes[row].copy()
        for column in range(self.size):
            if self.tags[column] is None:
                answer[column] = OUTCOMES[matcher.decide_without_tags(self.resource(column)).outcome]
        return answer

    @cached_property
    def _by_arn(self) -> bool:
        return any(one.resources or one.not_resources for one in self.selections)

    @cached_property
    def _weighing(self) -> Weighing:
        return Weighing(self.selections, self.scope.selection, self.opt_in)


def declared_key(scope: ScopeFacts, arn: str, found: ToldKey | None) -> KnownKey:
    """The key of a vault as inputs tell of it; None: they do not."""
    told = found or NO_KEY
    if told.manager:
        return KnownKey(told.manager)
    said = f"Who manages the key of vault {arn} is not known: {told.fault}."
    return KnownKey("", (scope.unknown("check", "NotDeclared", f"key {arn}", said),))


def with_undeclared(carriers: Carriers, resources: Iterable[DeclaredResource], scope: ScopeFacts) -> Carriers:
    """The carriers of volumes; what selects one that inputs name, and that is nowhere, is not known."""
    here = {arn for arn, at in zip(carriers.arns, carriers.at.tolist(), strict=True) if at != ABSENT}
    if all(here.issuperset(one.attached) for one in resources):
        return carriers
    said = "A volume is attached to an instance that is not among the inputs: its tags are not known."
    return replace(carriers, hidden=(scope.unknown("check", "NotDeclared", "carriers", said),))


def made_up(arn: str) -> bool:
    """Whether a part of an ARN stands for what is not known."""
    return "(" in arn


def undecided(selections: Sequence[Selection]) -> list[int]:
    """The outcome of each selection for what nothing is known of."""
    return [OUTCOMES[SelectionAnswer.INDETERMINATE]] * len(selections)


def with_open_locks(frame: Frame, hidden: Mapping[str, Collection[str]]) -> Frame:
    """The vaults of a frame, of which some have locks that are not known: their ARNs, by the gap's id.

    Where no lock is demanded, nothing depends on it.
    """
    lock, demanded = frame.facts["vault.lock"], frame.facts["vault.demanded_lock"]
    if not hidden or not isinstance(lock, Column):
        return frame
    codes, holes = lock.codes.copy(), list(lock.holes)
    arns = frame.arn.to_pylist()
    asked = np.array([demanded.at(number) != _NO_LOCK for number in range(frame.size)], bool)
    for gap, vaults in hidden.items():
        where = asked & np.array([arn in vaults for arn in arns], bool)
        codes[where] = ABSENT
        holes += [Hole((gap,), where)] if where.any() else []
    changed = {"vault.lock": replace(lock, codes=codes, holes=tuple(holes))}
    return replace(frame, facts=Deferred({}) | frame.facts | changed)


def relevant_keys(selections: Iterable[Selection], tiers: Tiers) -> frozenset[str]:
    """The keys of tags on which a tier or a selection depends."""
    found = {key for entry in tiers.assignment for key in entry.tags}
    for selection in selections:
        found.update(key.removeprefix("aws:ResourceTag/") for key, _ in selection.list_of_tags)
        found.update(condition.tag_key for condition in selection.conditions)
    return frozenset(found)


def hidden_tags(resource: DeclaredResource, asked: frozenset[str]) -> list[str]:
    """What hides tags on which something depends, each a clause; empty where all of them are known."""
    unknown = resource.unknown_tags
    hidden = [clause for key, clause in unknown.items() if key in asked]
    if ALL_TAGS in unknown and not asked.issubset(resource.tags):
        hidden.append(unknown[ALL_TAGS])
    return hidden
