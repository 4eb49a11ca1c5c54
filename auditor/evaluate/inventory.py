"""One account and Region of the evidence as arrays: its resources, plans, selections and vaults."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.selection import WHY, Decision, Matcher, SelectionAnswer
from auditor.evaluate.arrow import EMPTY, numbers
from auditor.evaluate.carriers import Carriers, attached_in, carried_outcomes
from auditor.evaluate.columns import milliseconds
from auditor.evaluate.configuration import NOT_READ, plans_in, selections_in, vaults_in
from auditor.evaluate.existence import existing, first_signs, newest_jobs
from auditor.evaluate.images import Images, shown
from auditor.evaluate.native import Native
from auditor.evaluate.opt_in import OptIn
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.stacks import held_in_stacks
from auditor.evaluate.tiers import gaps_of_tiers, tier_codes
from auditor.evaluate.times import Period, epoch_ms
from auditor.evidence.metadata import listed_types
from auditor.evidence.table_schemas import IMAGES, TABLES
from auditor.model.organization import NO_TAGS, Resource
from auditor.model.plans import BackupPlan, Selection
from auditor.model.resource_types import READ, offered_listings
from auditor.model.vaults import Vault

if TYPE_CHECKING:
    from auditor.evidence.store import Evidence

#: The tables of many rows, and their columns in which a few words are repeated: read as dictionaries.
_HISTORY: Final = ("backup_jobs", "copy_jobs", "recovery_points", "native_backups")
_WORDS: Final = frozenset({
    "delete_after_event", "destination_vault_arn", "encryption_key_arn", "encryption_key_type", "made_by",
    "message", "message_category", "plan_id", "plan_version", "resource_arn", "resource_type", "rule_id",
    "source_vault_arn", "state", "status", "vault_arn",
})  # fmt: skip
#: Outcomes of selections as numbers.
OUTCOMES: Final = {
    SelectionAnswer.SELECTED: 1,
    SelectionAnswer.NOT_SELECTED: 0,
    SelectionAnswer.INDETERMINATE: -1,
}
#: The tables without which it is not known which plans select a resource.
SELECTION_TABLES: Final = ("backup_plans", "backup_selections", "region_settings")


class Inventory:
    """The resources of one account and Region, what selects them, and the plans and vaults there.

    `no_account_copies` says that copies into other accounts are declared to be off, `account_copies_fault`
    why that is not known, and `open_because` why selections (by id) may leave resources open.
    """

    no_account_copies = False
    account_copies_fault = ""
    open_because: Mapping[str, str] = MappingProxyType({})
    #: Whether each EC2 instance runs, by ARN; None where that is not known. Nothing is known of others.
    states: Mapping[str, bool | None] = MappingProxyType({})
    #: FSx's word for the file system that each of its file systems and volumes is, or is of, by ARN.
    file_system_types: Mapping[str, str] = MappingProxyType({})

    def __init__(self, evidence: "Evidence", scope: ScopeFacts) -> None:
        self.scope, self.evidence = scope, evidence
        table = evidence.read("resources", scope.account.account_id, scope.region)
        table, self.created_ms = existing(table, epoch_ms(scope.as_of), self.read)
        self.arn: NDArray[Any] = np.array(table["arn"].to_pylist(), dtype=object)
        self.resource_type: NDArray[Any] = np.array(table["resource_type"].to_pylist(), dtype=object)
        self.name: NDArray[Any] = np.array(pc.fill_null(table["name"], EMPTY).to_pylist(), dtype=object)
        self.tags: Sequence[Mapping[str, str] | None] = [
            None if row is None else dict(row) for row in table["tags"].to_pylist()
        ]
        self.index: Mapping[str, int] = {arn: number for number, arn in enumerate(self.arn)}
        self.attached = attached_in(table["attached"], self.arn)
        self.states = dict(zip(self.arn, table["running"].to_pylist(), strict=True))
        told = zip(self.arn, table["file_system_type"].to_pylist(), strict=True)
        self.file_system_types = {arn: kind for arn, kind in told if kind}

    def read(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """A table of this account and Region as it was at `as_of`: without what was created later."""
        names = TABLES[table].names if columns is None else list(columns)
        dated = ["created_at"] if "created_at" in TABLES[table].names else []
        wanted = [*dict.fromkeys([*names, *dated])]
        account_id, region = self.scope.account.account_id, self.scope.region
        words = [name for name in wanted if table in _HISTORY and name in _WORDS]
        found = self.evidence.read(table, account_id, region, wanted, words=words)
        if "created_at" not in wanted:
            return found
        later = milliseconds(found["created_at"]) > epoch_ms(self.scope.as_of)
        if not later.any():
            return found.select(names)
        # as plain text, so that no word is known that only a later row holds
        schema = pa.schema([TABLES[table].field(name) for name in wanted])
        return found.filter(numbers(~later)).cast(schema).select(names)

    @property
    def size(self) -> int:
        """How many resources."""
        return len(self.arn)

    @cached_property
    def seen_ms(self) -> NDArray[np.int64]:
        """Since when each resource is known to have been there, ms: its creation, or its first sign.

        The largest number where that is not known.
        """
        unborn = self.created_ms == ABSENT
        if not unborn.any():
            return self.created_ms
        return np.where(unborn, first_signs(self.index, self.size, self.read), self.created_ms)

    def last_ms(self, period: Period) -> NDArray[np.int64]:
        """Until when each resource is judged, ms: `as_of`."""
        return np.full(self.size, period.end_ms, np.int64)

    def resource(self, index: int) -> Resource:
        """One resource as the selection sees it."""
        place, kind = (self.scope.account.account_id, self.scope.region), self.resource_type[index]
        return Resource(self.arn[index], *place, kind, self.name[index], tags=self.tags_of(index))

    @cached_property
    def tier_names(self) -> tuple[str, ...]:
        """The tiers, in the order of their codes."""
        return tuple(self.scope.tiers.tiers)

    @cached_property
    def tier(self) -> NDArray[np.int64]:
        """Tier code of each resource; -1 where something that decides was not read."""
        return tier_codes(self)

    def tags_of(self, index: int) -> Mapping[str, str]:
        """The tags that a resource has for certain."""
        return self.tags[index] or NO_TAGS

    def tier_gaps(self) -> tuple[str, ...]:
        """Ids of the gaps that leave the tier of some resource here unknown."""
        return gaps_of_tiers(self)

    @cached_property
    def plans(self) -> list[BackupPlan]:
        """Every version of every plan that was in force in the period, up to `as_of`."""
        scope, table = self.scope, self.read("backup_plans")
        found = plans_in(table, scope.account.account_id, scope.region, scope.copy_lifecycle)
        return [plan for plan in found if plan.valid_from is None or plan.valid_from <= scope.as_of]

    @cached_property
    def current_plans(self) -> list[BackupPlan]:
        """The versions in force at the end of the period, by name."""
        return sorted(
            (one for one in self.plans if one.valid_until is None or one.valid_until > self.scope.as_of),
            key=lambda plan: (plan.name, plan.plan_id),
        )

    @cached_property
    def selections(self) -> list[Selection]:
        """Every selection of every plan."""
        return selections_in(self.read("backup_selections"))

    def names(self, place: str) -> bool:  # noqa: ARG002 -- of what is declared there are others
        """Whether an account or Region is a real one, and not what stands for one that is not known."""
        return True

    @cached_property
    def managed(self) -> Mapping[str, bool | None]:
        """Whether AWS Backup manages each resource type fully here; None or no key: not known."""
        rows = self.read("region_settings", ["resource_type", "managed"]).to_pylist()
        return {row["resource_type"]: row["managed"] for row in rows}

    @cached_property
    def listed(self) -> frozenset[str]:
        """The resource types that were asked for here: none that the run, or this Region, does without."""
        rows = self.read("region_settings", ["resource_type", "opted_in"]).to_pylist()
        calls = offered_listings({row["resource_type"] for row in rows if row["opted_in"] is not None})
        asked = listed_types(self.evidence)
        read = (row for row in READ if row.name in asked)
        return frozenset(row.name for row in read if all(one in calls for one in row.listings))

    @cached_property
    def opt_in(self) -> OptIn:
        """Which resource types are opted in, by plan."""
        return OptIn(self.evidence, self.scope)

    @cached_property
    def _matchers(self) -> list[Matcher]:
        of, whose, settings = self.opt_in.of, self.opt_in.whose, self.scope.selection
        return [
            Matcher(one, opted_in=of(one.plan_id), opt_in_account=whose(one.plan_id), settings=settings)
            for one in self.selections
        ]

    def decide(self, index: int) -> list[Decision]:
        """What each selection says of one resource, with its steps."""
        return [self.decision(row, index) for row in range(len(self.selections))]

    def decision(self, row: int, index: int) -> Decision:
        """What selection number `row` says of one resource, with its steps.

        Where AWS's documents leave it open, a recorded job of the plan settles it: AWS Backup has
        selected the resource since the selection was made. One that was not read stays open.
        """
        matcher, selection = self._matchers[row], self.selections[row]
        read = matcher.decide if self.tags[index] is not None else matcher.decide_without_tags
        decision = read(self.resource(index))
        if decision.outcome is SelectionAnswer.INDETERMINATE and selection.fault != NOT_READ:
            job = self._job_since(selection, index)
            if job is not None:
                said = f"Backup job {job} of this plan shows that AWS Backup selects it."
                return Decision(SelectionAnswer.SELECTED, (*decision.steps, said))
        return decision

    @property
    def outcomes(self) -> NDArray[np.int8]:
        """Outcome of each selection (row) for each resource (column): 1 selected, 0 not, -1 undecided."""
        return self._decided[0]

    @property
    def whys(self) -> NDArray[np.int8]:
        """What keeps each resource (column) out of each selection (row): its number in `WHY`, else -1."""
        return self._decided[1]

    @cached_property
    def _decided(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        number_of = {"": -1, **{why: number for number, why in enumerate(WHY)}}
        answer, whys = np.zeros((2, len(self.selections), self.size), np.int8)
        for column in range(self.size):
            resource, tagged = self.resource(column), self.tags[column] is not None
            for row, matcher in enumerate(self._matchers):
                decision = matcher.decide(resource) if tagged else matcher.decide_without_tags(resource)
                answer[row, column], whys[row, column] = OUTCOMES[decision.outcome], number_of[decision.why]
        read = np.array([item.fault != NOT_READ for item in self.selections], bool)
        undecided = (answer == OUTCOMES[SelectionAnswer.INDETERMINATE]) & read[:, None]
        for row, column in np.argwhere(undecided).tolist():
            if self._job_since(self.selections[row], column) is not None:
                answer[row, column] = OUTCOMES[SelectionAnswer.SELECTED]
        return answer, whys

    def _job_since(self, selection: Selection, index: int) -> str | None:
        """Id of the newest job of the plan for a resource, if it is no older than the selection."""
        found = self._newest_jobs.get((selection.plan_id, self.arn[index]))
        if found is None or (selection.created_at is not None and found[0] < epoch_ms(selection.created_at)):
            return None
        return found[1]

    @cached_property
    def _newest_jobs(self) -> dict[tuple[str, str], tuple[int, str]]:
        return newest_jobs(self.read)

    @cached_property
    def carriers(self) -> Carriers:
        """The instances that volumes are attached to, and since when."""
        return Carriers.of(self.attached, self.index, epoch_ms(self.scope.as_of))

    @cached_property
    def images(self) -> Images:
        """What the images of instances hold, where that is told."""
        return Images.of(self.read(IMAGES), self.index)

    @cached_property
    def carried(self) -> NDArray[np.int8]:
        """Outcome of each selection (row) for the carrier of each attachment (column), as `outcomes`."""
        return carried_outcomes(self)

    @cached_property
    def shown(self) -> Mapping[str, NDArray[np.int8]]:
        """By plan what its newest images show of each attachment (`auditor.evaluate.images.shown`)."""
        return shown(self)

    def outcomes_by_arn(self, resource: Resource) -> list[int]:
        """Outcome of each selection for a resource that is not here, so that its tags are not known."""
        return [OUTCOMES[matcher.decide_without_tags(resource).outcome] for matcher in self._matchers]

    @cached_property
    def plan_members(self) -> dict[str, NDArray[np.bool_]]:
        """Which resources each plan (by id) selects, through any of its selections."""
        members = {plan.plan_id: np.zeros(self.size, bool) for plan in self.plans}
        for row, selection in enumerate(self.selections):
            if selection.plan_id in members:
                members[selection.plan_id] |= self.outcomes[row] == 1
        return members

    @cached_property
    def held_in_stacks(self) -> Mapping[str, NDArray[np.bool_]]:
        """Which resources the backups of stacks by each plan (by id) have."""
        return held_in_stacks(self)

    @cached_property
    def native(self) -> Native:
        """What protects the resources apart from AWS Backup."""
        return Native(self, self.read("lifecycle_policies").to_pylist())

    @cached_property
    def vaults(self) -> list[Vault]:
        """The vaults with their locks."""
        return vaults_in(self.read("backup_vaults"), self.scope.account.account_id, self.scope.region)
