"""EBS volumes that are backed up within the images of an EC2 instance that they are attached to.

An image holds the volumes that were attached to its instance when its job started (aws-backup.md 4.15): the
instance is their *carrier*. EC2 tells which these are while the image and its snapshots are there
(`auditor.evaluate.images`); of others the attachments tell it. So what selects the carrier protects them too,
and its jobs and recovery points count for them from the time of the attachment on. Where that time is not
told, or lies after the beginning of an image, the image may hold the volume or not: EC2 tells of the last
attachment alone, and one that was detached and attached anew was in images before, of that instance or of
another. So it is with the images of a plan that has options of which it is not known what they leave out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT, Bools, Int64s, ranges
from auditor.derive.selection import Decision, SelectionAnswer
from auditor.evaluate.arrow import numbers, texts
from auditor.evaluate.columns import among, coded, integers, local_index, milliseconds
from auditor.evaluate.composites import read_whole
from auditor.evaluate.hiding import hides
from auditor.evaluate.images import IMAGE_OF, LACKS
from auditor.evidence.table_schemas import IMAGES
from auditor.model.organization import NO_TAGS, Resource

if TYPE_CHECKING:
    from auditor.evaluate.inventory import Inventory

#: By the ARN of a volume, and of an instance that it is attached to: since when, ms; -1: not told.
Attached = Mapping[str, Mapping[str, int]]

#: A column of rows of evidence beside AWS's own: what an image is to the resource of the row.
_HELD: Final = "held"
_OWN, _SURELY, _PERHAPS, _BEFORE = 0, 1, 2, 3
#: Statuses of images that are, or were, good.
_GOOD: Final = ("COMPLETED", "AVAILABLE", "EXPIRED", "DELETING")
#: What the ARN of an instance has and no other's.
_INSTANCE: Final = ":instance/"
#: What is needed of a table of jobs or recovery points to tell which volumes an image holds.
_NEEDED: Final = ("resource_arn", "created_at", "completed_at", "plan_id")


@dataclass(frozen=True, slots=True)
class Carriers:
    """The attachments of one account and Region, one entry each, by carrier.

    `volume` is the number of the volume in the inventory, `carrier` that of the instance in `arns`, and
    `since_ms` the time of the attachment (-1: not told); `then` are those that there were at `as_of`. `at`
    are the numbers of `arns` in the inventory (-1: not there), and `first` and `count` say which attachments
    are of each of them. `by_volume` are the attachments in the order of their volumes.
    """

    volume: Int64s
    carrier: Int64s
    since_ms: Int64s
    then: Bools
    arns: Sequence[str]
    at: Int64s
    first: Int64s
    count: Int64s
    by_volume: Int64s
    #: ids of the gaps that hide instances, beside those of `resources`
    hidden: tuple[str, ...] = ()

    @classmethod
    def of(cls, attached: Attached, index: Mapping[str, int], as_of_ms: int) -> Self:
        """`index` gives the number of a resource by its ARN."""
        held = sorted(
            (carrier, index[volume], since)
            for volume, carriers in attached.items()
            if volume in index
            for carrier, since in carriers.items()
        )
        arns = sorted({carrier for carrier, _, _ in held})
        number = {arn: place for place, arn in enumerate(arns)}
        carrier = np.array([number[arn] for arn, _, _ in held], np.int64)
        count = np.bincount(carrier, minlength=len(arns)).astype(np.int64)
        since_ms = np.array([since for _, _, since in held], np.int64)
        volume = np.array([volume for _, volume, _ in held], np.int64)
        return cls(
            volume,
            carrier,
            since_ms,
            since_ms <= as_of_ms,
            arns,
            np.array([index.get(arn, ABSENT) for arn in arns], np.int64),
            np.cumsum(count) - count,
            count,
            np.argsort(volume, kind="stable"),
        )

    def __len__(self) -> int:
        return len(self.volume)

    def of_volume(self, index: int) -> list[int]:
        """The attachments that a volume had at `as_of`."""
        start, stop = np.searchsorted(self.volume, [index, index + 1], sorter=self.by_volume)
        found = self.by_volume[start:stop]
        return list(found[self.then[found]].tolist())


def attached_in(column: pa.ChunkedArray, arns: Iterable[str]) -> Attached:
    """The attachments in the column `attached` of `resources`."""
    times = column.cast(pa.map_(pa.string(), pa.int64())).to_pylist()
    return {
        arn: {carrier: ABSENT if since is None else since for carrier, since in held}
        for arn, held in zip(arns, times, strict=True)
        if held
    }


def read_backups(inventory: "Inventory", table: str, columns: Sequence[str]) -> pa.Table:
    """A table of jobs or recovery points, and behind its rows those of carriers again for what they hold.

    What was made of a part of a resource alone is not in it.
    """
    if not len(inventory.carriers) and not len(inventory.images):
        return read_whole(inventory, table, columns)
    needed = dict.fromkeys((*columns, *_NEEDED, IMAGE_OF[table]))
    return with_carried(inventory, read_whole(inventory, table, list(needed)))


def with_carried(inventory: "Inventory", table: pa.Table) -> pa.Table:
    """Rows of jobs or recovery points, and behind them those of images again for each volume they hold.

    Where EC2 tells what an image holds, that decides, whatever is attached now. Of others the attachments
    say it: which instance a volume was attached to before is not known, so behind these is the newest image
    of another one that may have held it then.
    """
    carriers, images = inventory.carriers, inventory.images
    codes, arns = coded(table["resource_arn"])
    if not (len(carriers) or len(images)) or not any(_INSTANCE in arn for arn in arns):
        return table
    number = images.of_rows(table)
    told = np.flatnonzero(number != ABSENT)
    which, at = ranges(images.first[number[told]], images.count[number[told]])
    sure, told_volume = told[which], images.volume[at]
    open_ = ~np.append(images.whole, False)[number]
    again, volume, held = _attached(inventory, table, open_)
    made = np.array([*(_INSTANCE in arn for arn in arns), False], bool)[codes] & open_
    others, held_before = _of_others(inventory, table, made)
    rows, volumes = np.concatenate([again, others]), np.concatenate([volume, held_before])
    held = np.concatenate([held, np.full(len(others), _BEFORE, np.int64)])
    pairs = np.concatenate([sure * inventory.size + told_volume, rows * inventory.size + volumes])
    _, first = np.unique(pairs, return_index=True)
    first.sort()  # what is told comes before what an attachment says of the same image
    rows, volumes = np.concatenate([sure, rows])[first], np.concatenate([told_volume, volumes])[first]
    held = np.concatenate([np.full(len(sure), _SURELY, np.int64), held])[first]
    return _repeated(inventory, table, rows, volumes, held)


def _attached(inventory: "Inventory", table: pa.Table, open_: Bools) -> tuple[Int64s, Int64s, Int64s]:
    """Of the rows `open_`, each again for what its instance has attached: row, volume, how surely."""
    carriers = inventory.carriers
    owner = local_index(table["resource_arn"], {arn: number for number, arn in enumerate(carriers.arns)})
    rows = np.flatnonzero((owner != ABSENT) & open_)
    which, attachment = ranges(carriers.first[owner[rows]], carriers.count[owner[rows]])
    again, volume = rows[which], carriers.volume[attachment]
    since, created = carriers.since_ms[attachment], milliseconds(table["created_at"])[again]
    options = {plan.plan_id for plan in inventory.plans if plan.image_options}
    surely = (since != ABSENT) & (since <= created) & ~among(table["plan_id"], options)[again]
    ended = np.maximum(created, milliseconds(table["completed_at"])[again])
    kept = surely | (inventory.created_ms[volume] <= ended)
    held = np.where(surely, _SURELY, np.where(since <= created, _PERHAPS, _BEFORE))
    return again[kept], volume[kept], held[kept]


def _of_others(inventory: "Inventory", table: pa.Table, images: Bools) -> tuple[Int64s, Int64s]:
    """Of each volume that was there before it was attached the newest good image of then: row and volume."""
    carriers = inventory.carriers
    name, good = ("state", ("COMPLETED",)) if "state" in table.column_names else ("status", _GOOD)
    created = milliseconds(table["created_at"])
    rows = np.flatnonzero(images & among(table[name], good) & (created != ABSENT))
    rows = rows[np.argsort(created[rows], kind="stable")]
    until = np.full(inventory.size, ABSENT, np.int64)
    order = np.argsort(-carriers.since_ms, kind="stable")
    until[carriers.volume[order]] = carriers.since_ms[order]  # the earliest stays
    newest = np.searchsorted(created[rows], until) - 1
    volumes = np.flatnonzero((newest != ABSENT) & (until != ABSENT))
    found = rows[newest[volumes]]
    there = inventory.created_ms[volumes] <= created[found]
    return found[there], volumes[there]


def _repeated(
    inventory: "Inventory", table: pa.Table, rows: Int64s, volumes: Int64s, held: Int64s
) -> pa.Table:
    """The table, and behind it some of its rows again, each as one of the volume that it is `held` for."""
    used, code = np.unique(volumes, return_inverse=True)
    names = pa.DictionaryArray.from_arrays(
        numbers(code.reshape(-1).astype(np.int32)), texts(inventory.arn[used])
    )
    place = table.column_names.index("resource_arn")
    more = table.take(numbers(rows))
    more = more.set_column(place, table.schema.field(place), names.cast(table["resource_arn"].type))
    column = np.concatenate([np.full(table.num_rows, _OWN, np.int64), held])
    return pa.concat_tables([table, more]).append_column(_HELD, numbers(column))


def carried(table: pa.Table) -> Bools:
    """Which rows are of a carrier of their resource."""
    return np.not_equal(_held(table), _OWN)


def perhaps_carried(table: pa.Table) -> Bools:
    """Which rows are of an instance whose image may hold their resource or not."""
    return np.isin(_held(table), [_PERHAPS, _BEFORE])


def from_then(inventory: "Inventory", table: pa.Table, begun: Int64s) -> Int64s:
    """Since when (ms) there may be backups for which the rows of a table stand; `begun` says when each began.

    What a volume was attached to before is not known: others may have been made since its creation.
    """
    before = _held(table) == _BEFORE
    if not before.any():
        return begun
    created = np.maximum(inventory.created_ms[local_index(table["resource_arn"], inventory.index)], 0)
    return np.where(before, np.minimum(created, begun), begun)


def _held(table: pa.Table) -> Int64s:
    if _HELD not in table.column_names:
        return np.full(table.num_rows, _OWN, np.int64)
    return np.maximum(integers(table[_HELD]), _OWN)


def attachment_unknown(inventory: "Inventory") -> str:
    """Id of the gap that leaves open which images hold a volume: their list was refused, or else."""
    unread = inventory.scope.missing(IMAGES)
    if unread:
        return unread[0]
    said = (
        "Which images hold some volumes is not known: these were attached to their instances after the "
        "images began and may have been before, that time is not told, or a plan has options that may leave "
        "some out."
    )
    return inventory.scope.unknown("DescribeVolumes", "Unknown", "attachments", said)


def carried_outcomes(inventory: "Inventory") -> NDArray[np.int8]:
    """Outcome of each selection (row) for the carrier of each attachment (column), as `Inventory.outcomes`.

    An instance that is not in the inventory is gone where all were read, and nothing selects it; else its ARN
    alone may decide. What the newest image of a plan lacks is not carried for that plan.
    """
    carriers = inventory.carriers
    by_carrier = np.zeros((len(inventory.selections), len(carriers.arns)), np.int8)
    here = carriers.at != ABSENT
    by_carrier[:, here] = inventory.outcomes[:, carriers.at[here]]
    if carriers_unread(inventory):
        for number in np.flatnonzero(~here).tolist():
            by_carrier[:, number] = inventory.outcomes_by_arn(_by_arn(inventory, carriers.arns[number]))
    answer: NDArray[np.int8] = by_carrier[:, carriers.carrier] * carriers.then.astype(np.int8)
    for row, selection in enumerate(inventory.selections):
        answer[row, inventory.shown[selection.plan_id] == LACKS] = 0
    return answer


def carrier_decisions(inventory: "Inventory", index: int) -> Iterator[tuple[int, Decision]]:
    """What each selection, by its row, says of each carrier of a volume that is in the inventory."""
    carriers = inventory.carriers
    for attachment in carriers.of_volume(index):
        if carriers.at[carriers.carrier[attachment]] != ABSENT:
            for row in range(len(inventory.selections)):
                yield row, carrier_decision(inventory, row, attachment)


def carrier_decision(inventory: "Inventory", row: int, attachment: int) -> Decision:
    """What selection number `row` says of the carrier of an attachment; the first step names the carrier.

    One that is not in the inventory is told of where its ARN alone selects it.
    """
    number = inventory.carriers.carrier[attachment]
    step, at = f"It is attached to {inventory.carriers.arns[number]}.", int(inventory.carriers.at[number])
    if inventory.shown[inventory.selections[row].plan_id][attachment] == LACKS:
        lacks = "The newest image that the plan made of that does not hold it."
        return Decision(SelectionAnswer.NOT_SELECTED, (step, lacks))
    if at == ABSENT:
        return Decision(SelectionAnswer.SELECTED, (step, "Its ARN alone selects that."))
    decision = inventory.decision(row, at)
    return replace(decision, steps=(step, *decision.steps))


def carriers_unread(inventory: "Inventory") -> tuple[str, ...]:
    """Ids of the gaps that hide instances; none where all of them are known."""
    scope = inventory.scope
    gaps = scope.gaps.of(("resources",), scope.account.account_id, scope.region)
    return (*(gap.gap_id for gap in gaps if hides(gap, "EC2")), *inventory.carriers.hidden)


def _by_arn(inventory: "Inventory", arn: str) -> Resource:
    """An instance of which nothing but the ARN is known."""
    account, region = inventory.scope.account.account_id, inventory.scope.region
    return Resource(arn, account, region, "EC2", "", None, NO_TAGS)
