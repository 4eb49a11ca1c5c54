"""The backup jobs of an account and Region, read once: their resources, times and results.

Slots, timeline and deletions take what they need of jobs from these columns.
"""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT, Bools
from auditor.derive.wildcards import AnyOf
from auditor.evaluate.carriers import carried, perhaps_carried, read_backups
from auditor.evaluate.columns import among, coded, local_index, milliseconds
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.success import succeeded
from auditor.evaluate.times import epoch_ms

#: States of a backup job that has not ended.
UNDER_WAY: Final = ("CREATED", "PENDING", "RUNNING", "ABORTING")

_COLUMNS: Final = (
    "job_id", "resource_arn", "resource_type", "recovery_point_arn", "state", "message", "message_category",
    "created_at", "completed_at", "plan_id", "plan_version", "rule_id", "delete_after_days",
)  # fmt: skip


class JobHistory:
    """The jobs in the order of the evidence, and behind them those of carriers again for what they hold.

    `carried` are the latter, and `perhaps` those of them that may not hold it. `resource` is the number of
    each job's resource in the inventory, `created` and `completed` are ms (-1: none). `ended` jobs had ended
    by `as_of`, the `good` ones well and the `bad` ones badly.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.table: pa.Table = read_backups(inventory, "backup_jobs", _COLUMNS)
        self.carried, self.perhaps = carried(self.table), perhaps_carried(self.table)
        self.resource = local_index(self.table["resource_arn"], inventory.index)
        self.created = milliseconds(self.table["created_at"])
        self.completed = milliseconds(self.table["completed_at"])
        self.ended, self.good, self.bad = ends(self.table, inventory)


def accepted_by_tiers(jobs: pa.Table, inventory: Inventory) -> Bools | None:
    """Which jobs have a status message that their resource's tier accepts; None where no tier accepts any.

    The tier of a resource that is not in the inventory, or was not told, accepts none.
    """
    tiers = [inventory.scope.tiers.tiers[name].get("accepted_messages", ()) for name in inventory.tier_names]
    if not any(tiers):
        return None
    owner = local_index(jobs["resource_arn"], inventory.index)
    tier = np.append(inventory.tier, ABSENT)[owner]
    codes, messages = coded(jobs["message"])
    found = np.zeros(jobs.num_rows, bool)
    for number, patterns in enumerate(tiers):
        allowed = AnyOf(patterns)
        fits = np.array([*(allowed.match(message) is not None for message in messages), False], bool)
        found |= (tier == number) & fits[codes]
    return found


def ends(
    jobs: pa.Table, inventory: Inventory
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """Which backup jobs ended, which of them well and which badly; what ended after `as_of` was under way."""
    ended = milliseconds(jobs["completed_at"]) <= epoch_ms(inventory.scope.as_of)
    good = succeeded(jobs, inventory.scope.accepted, accepted_by_tiers(jobs, inventory))
    return ended, good & ended, ~good & ended & ~among(jobs["state"], UNDER_WAY)
