"""Resources that were deleted within the period, found by their jobs and recovery points.

The inventory no longer has them, so their tags are not known. A recorded job of a plan proves that AWS Backup
selected the resource; so the resource had the tags without which the plan's selections would have left it
out. When a resource was deleted is not known either: it is judged until its last sign.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.derive.selection import Decision, SelectionAnswer
from auditor.evaluate.columns import coded_rows, milliseconds
from auditor.evaluate.existence import first_signs
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.times import Period
from auditor.model.arn import place_of
from auditor.model.plans import Selection
from auditor.model.resource_types import may_be_left_out

#: What AWS Backup says of a job for a resource that is not there: no sign of it.
NOT_FOUND: Final = "RESOURCE_NOT_FOUND"


class Departed(Inventory):
    """The deleted resources of one account and Region; its plans, selections and vaults are `living`'s.

    Empty where the inventory was not read in full: a resource that it does not name may still exist.
    """

    def __init__(self, living: Inventory, period: Period) -> None:
        self.scope = living.scope
        self.evidence = living.evidence
        self.living = living
        signs = {} if living.scope.missing("resources") else self._signs(period)
        arns = sorted(signs)
        self.arn = np.array(arns, dtype=object)
        self.resource_type = np.array([signs[arn][0] for arn in arns], dtype=object)
        self.name = np.array([arn.rpartition(":")[2].rpartition("/")[2] for arn in arns], dtype=object)
        self.tags = [None] * len(arns)
        self.index = {arn: number for number, arn in enumerate(arns)}
        self.created_ms = np.full(len(arns), ABSENT, np.int64)
        self.attached = {}
        self._last = np.array([signs[arn][1] for arn in arns], np.int64)

    def _signs(self, period: Period) -> dict[str, tuple[str, int]]:
        """Type and last sign, ms, by ARN: jobs and recovery points that were made in the period."""
        found: dict[str, tuple[str, int]] = {}
        for table, more in (("backup_jobs", "message_category"), ("recovery_points", "source_vault_arn")):
            rows = self.read(table, ["resource_arn", "resource_type", more, "created_at"])
            codes, words = coded_rows(rows["resource_arn"], rows["resource_type"], rows[more])
            lasts = np.full(len(words), ABSENT, np.int64)
            np.maximum.at(lasts, codes, milliseconds(rows["created_at"]))
            for last, (arn, kind, word) in zip(lasts.tolist(), words, strict=True):
                if last < period.start_ms or word == NOT_FOUND or not self._gone(arn, kind):
                    continue
                if table == "recovery_points" and (word is not None or not all(place_of(arn))):
                    # a copy, or one for all that is told: it may have been made after its resource was gone,
                    # and a bucket's ARN does not say whether it is here (aws-backup.md 4.12)
                    continue
                found[arn] = (kind, max(last, found.get(arn, (kind, ABSENT))[1]))
        return found

    def _gone(self, arn: str | None, kind: str | None) -> bool:
        """Which ARNs are of this account and Region and of a listed type, but not in the inventory.

        What a listing may leave out is none of them.
        """
        if arn is None or kind is None or kind not in self.living.listed or arn in self.living.index:
            return False
        if may_be_left_out(kind, arn):
            return False
        account_id, region = place_of(arn)
        here = (self.scope.account.account_id, self.scope.region)
        return (account_id or here[0], region or here[1]) == here

    def last_ms(self, period: Period) -> NDArray[np.int64]:
        """Until when each is judged, ms: its last sign."""
        return np.minimum(self._last, period.end_ms)

    @cached_property
    def seen_ms(self) -> NDArray[np.int64]:
        """The first sign of each, ms."""
        return first_signs(self.index, self.size, self.read)

    @cached_property
    def _decided(self) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
        """1 where a job of the plan shows that the selection selected the resource; why not is unknown."""
        outcomes = np.zeros((len(self.selections), self.size), np.int8)
        for row, selection in enumerate(self.selections):
            outcomes[row] = [self._job_since(selection, index) is not None for index in range(self.size)]
        return outcomes, np.full_like(outcomes, ABSENT)

    def decision(self, row: int, index: int) -> Decision:
        """What the jobs of selection number `row` prove about one resource."""
        job = self._job_since(self.selections[row], index)
        if job is None:
            said = "The resource was deleted, so its tags are not known."
            return Decision(SelectionAnswer.INDETERMINATE, (said,))
        said = f"Backup job {job} of this plan shows that AWS Backup selected it."
        return Decision(SelectionAnswer.SELECTED, (said,))

    def tags_of(self, index: int) -> Mapping[str, str]:
        """The tags that it must have had, because plans have backed it up."""
        known: dict[str, str] = {}
        for plan_id in {selection.plan_id for selection in self.selections}:
            mine = [selection for selection in self.selections if selection.plan_id == plan_id]
            if all(self._job_since(selection, index) is not None for selection in mine):
                demanded = [_demanded_tags(selection).items() for selection in mine]
                known |= dict(set.intersection(*map(set, demanded)))
        return known

    def tier_gaps(self) -> tuple[str, ...]:
        """The id of the gap that leaves the tier of some of them unknown."""
        if not (self.tier == ABSENT).any():
            return ()
        said = "The tags of resources that were deleted in the period, and so their tiers, are not known."
        return (self.scope.unknown("tier", "DeletedResource", "", said),)


def _demanded_tags(selection: Selection) -> dict[str, str]:
    """The tags without which a selection selects nothing."""
    demanded = {
        condition.tag_key: condition.value
        for condition in selection.conditions
        if condition.operator == "StringEquals"
    }
    if not selection.resources and len(selection.list_of_tags) == 1:
        demanded |= dict(selection.list_of_tags)
    return demanded
