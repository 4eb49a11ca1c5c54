"""What the images of EC2 instances held, where EC2 tells it (aws-backup.md 4.15)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT, Bools, Int64s
from auditor.evaluate.columns import among, coded, local_index, milliseconds
from auditor.evaluate.times import epoch_ms

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

#: The column of each table of jobs or recovery points that names an image.
IMAGE_OF: Final = {
    "recovery_points": "arn",
    "backup_jobs": "recovery_point_arn",
    "restore_jobs": "recovery_point_arn",
    "copy_jobs": "source_recovery_point_arn",
}
#: What an image shows of an attachment: that it holds the volume, or lacks it.
HOLDS, LACKS = 1, -1

_Shown = defaultdict[str, NDArray[np.int8]]


@dataclass(frozen=True, slots=True)
class Images:
    """The images of one account and Region of which it is told what they hold, one entry each.

    `index` gives the number of an image by its ARN, and `instances` are those that they were made of. Which
    volumes of the inventory each holds `first`, `count` and `volume` say; of a `whole` one these are all.
    """

    index: Mapping[str, int]
    instances: Sequence[str]
    whole: Bools
    first: Int64s
    count: Int64s
    volume: Int64s

    @classmethod
    def of(cls, rows: pa.Table, index: Mapping[str, int]) -> Self:
        """`index` gives the number of a resource by its ARN."""
        told = rows.to_pylist()
        held = [[index[arn] for arn in one["volume_arns"] if arn in index] for one in told]
        count = np.array([len(one) for one in held], np.int64)
        return cls(
            {one["arn"]: number for number, one in enumerate(told)},
            [one["instance_arn"] for one in told],
            np.array([one["whole"] for one in told], bool),
            np.cumsum(count) - count,
            count,
            np.array([volume for one in held for volume in one], np.int64),
        )

    def __len__(self) -> int:
        return len(self.index)

    def of_rows(self, table: pa.Table) -> Int64s:
        """The number of the image that each row of jobs or recovery points names; -1 where it is not told.

        One that was made of another instance than the row's resource is not taken for it.
        """
        name = next((one for one in IMAGE_OF.values() if one in table.column_names), None)
        if name is None or not len(self):
            return np.full(table.num_rows, ABSENT, np.int64)
        number = local_index(table[name], self.index)
        instances = {arn: code for code, arn in enumerate(dict.fromkeys(self.instances))}
        made_of = np.array([*(instances[arn] for arn in self.instances), ABSENT], np.int64)[number]
        return np.where(made_of == local_index(table["resource_arn"], instances), number, ABSENT)

    def holds(self, image: int, volume: int) -> bool:
        """Whether an image is told to hold a volume."""
        first = self.first[image]
        return volume in self.volume[first : first + self.count[image]]


def shown(inventory: "Inventory") -> _Shown:
    """By plan, what its newest good image of the carrier of each attachment shows: `HOLDS`, `LACKS` or 0.

    An image of before the attachment, or of before the plan was changed, shows nothing.
    """
    carriers, images = inventory.carriers, inventory.images
    answer: _Shown = defaultdict(lambda: np.zeros(len(carriers), np.int8))
    if not len(carriers) or not len(images) or inventory.scope.missing("backup_jobs"):
        return answer
    newest = _newest(inventory)
    for plan in inventory.current_plans:
        changed_ms = 0 if plan.valid_from is None else epoch_ms(plan.valid_from)
        says = np.zeros(len(carriers), np.int8)
        for one in range(len(carriers)):
            image, created = newest.get((plan.plan_id, int(carriers.carrier[one])), (ABSENT, 0))
            since = int(carriers.since_ms[one])
            if image == ABSENT or created < changed_ms:
                continue
            if images.holds(image, int(carriers.volume[one])):
                says[one] = HOLDS
            elif images.whole[image] and since != ABSENT and since <= created:
                says[one] = LACKS
        answer[plan.plan_id] = says
    return answer


def _newest(inventory: "Inventory") -> dict[tuple[str, int], tuple[int, int]]:
    """By plan and carrier the newest image: its number (-1: what it holds is not told) and its time, ms."""
    columns = ["recovery_point_arn", "resource_arn", "plan_id", "state", "created_at"]
    table = inventory.read("backup_jobs", columns)
    owner = local_index(table["resource_arn"], {arn: at for at, arn in enumerate(inventory.carriers.arns)})
    created, (plans, names) = milliseconds(table["created_at"]), coded(table["plan_id"])
    rows = np.flatnonzero((owner != ABSENT) & (plans != ABSENT) & among(table["state"], ("COMPLETED",)))
    rows = rows[np.argsort(created[rows], kind="stable")]
    number = inventory.images.of_rows(table)
    return {
        (names[plans[row]], int(owner[row])): (int(number[row]), int(created[row])) for row in rows.tolist()
    }
