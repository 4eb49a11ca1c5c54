"""Copies in other Regions and in other accounts: the facts `copies.*` and `account_copies.*`.

A copy counts where it arrived, as a recovery point that can be restored from. A plan or a completed copy job
of the resource may lead into a place that was not read: a copy there is unknown, not missing. So is any copy
of a plan that was not read and, as of the past, one that is gone by now.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrivals import Arrived, arrivals, found
from auditor.evaluate.arrow import numbers
from auditor.evaluate.away import IN_ACCOUNT, IN_REGION, Away
from auditor.evaluate.carriers import attachment_unknown, perhaps_carried, read_backups
from auditor.evaluate.causes import uncopied
from auditor.evaluate.columns import among, coded, coded_rows, flags, local_index, milliseconds, named
from auditor.evaluate.deferred import Fact
from auditor.evaluate.facts import Column, Hole, Lazy, encode, unread
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.membership import Membership, memberships, unread_rules
from auditor.evaluate.points import unread_copying
from auditor.evaluate.records import LED, JobRecords, unread_there
from auditor.evaluate.times import Period, rfc3339
from auditor.model.arn import place_of

_AT_MOST: Final = 10
#: The facts of each kind.
_NAMES: Final = ("count", "candidates", "newest", "failures", "cause")
#: What evidence says of a copy job, and the column of each.
_TOLD: Final = {
    "job_id": "job_id",
    "state": "state",
    "created_at": "created_at",
    "destination": "destination_vault_arn",
    "message": "message",
}

Int64s = NDArray[np.int64]
#: By the ids of the gaps that hide copies, the resources whose copies they may be.
_Where = dict[tuple[str, ...], NDArray[np.bool_]]


def copy_facts(seen: "SeenCopies", protection: Column | Lazy) -> dict[str, Fact]:
    """The facts of the resources of one account and Region about copies of each kind, made when asked.

    `protection` says why a resource is not protected.
    """
    facts: dict[str, Fact] = {}
    for kind in (IN_REGION, IN_ACCOUNT):
        made = cache(partial(_of_kind, seen, protection, kind))
        facts |= {f"{kind.facts}.{name}": partial(_one_of, made, name) for name in _NAMES}
    return facts


class SeenCopies:
    """What is seen of the copies of one account and Region's resources, whatever their kind; made once.

    `copies` are recovery points of them in other accounts and Regions; `region` is where each lies. `led` are
    copy jobs of them there, with `LED`: they made copies of copies.
    """

    def __init__(
        self,
        inventory: Inventory,
        copies: Sequence[pa.Table],
        led: Sequence[pa.Table],
        jobs: JobRecords,
        period: Period,
    ) -> None:
        self.inventory, self.copies, self.jobs, self.period = inventory, copies, jobs, period
        self._led = led

    @cached_property
    def members(self) -> Mapping[str, Membership]:
        """What each plan in force protects."""
        return memberships(self.inventory)

    @cached_property
    def done(self) -> list[pa.Table]:
        """Copy jobs of the resources, here and elsewhere."""
        return [read_backups(self.inventory, "copy_jobs", LED), *self._led]

    @cached_property
    def arrived(self) -> Arrived | None:
        """The copies that can be restored from."""
        return arrivals(self.inventory, self.copies, self.jobs, self.period)

    @cached_property
    def reached(self) -> list[tuple[pa.ChunkedArray, Int64s]]:
        """The vaults that good copies went into, and of each the number of the resource."""
        found = []
        for jobs in self.done:
            owner = local_index(jobs["resource_arn"], self.inventory.index)
            good = among(jobs["state"], ("COMPLETED",)) & (owner != ABSENT)
            good &= ~named(jobs["destination_recovery_point_arn"], self.jobs.spoilt_copies)
            found.append((jobs["destination_vault_arn"].filter(numbers(good)), owner[good]))
        if self.arrived is not None:
            rows = self.arrived.rows
            found.append((self.arrived.table["vault_arn"].take(numbers(rows)), self.arrived.owner[rows]))
        return found


def _one_of(made: Callable[[], Mapping[str, Column | Lazy]], name: str) -> Column | Lazy:
    return made()[name]


def _of_kind(seen: SeenCopies, protection: Column | Lazy, kind: Away) -> dict[str, Column | Lazy]:
    """The facts `_NAMES` of one kind."""
    inventory = seen.inventory
    everything = copies_gaps(inventory)
    if everything:
        hidden = unread(inventory.size, everything)
        return {**dict.fromkeys(_NAMES, hidden), "failures": _failed(inventory, kind)}
    holes = (*hidden_copies(seen, kind),)
    counts, candidates, newest, newest_ms = found(inventory, seen.arrived, seen.period, kind)
    return {
        "count": encode(counts, *holes),
        "candidates": encode(candidates, *holes),
        "newest": encode(newest),
        "failures": _failed(inventory, kind),
        "cause": uncopied(
            inventory,
            seen.members,
            kind.demanding(inventory),
            lambda vault_arn: kind.is_away(inventory, vault_arn),
            lambda: _refusing(inventory, newest_ms, kind),
            protection,
        ),
    }


def copies_gaps(inventory: Inventory) -> tuple[str, ...]:
    """Ids of the gaps that leave it unknown which copies there are."""
    return inventory.scope.missing(*SELECTION_TABLES, "copy_jobs")


def hidden_copies(seen: SeenCopies, kind: Away) -> Iterator[Hole]:
    """Why there may be more copies, or fewer that can be restored from."""
    yield from _doubtful(seen.inventory, seen.copies, kind)
    yield from unknown_copies(seen, kind)


def unknown_copies(seen: SeenCopies, kind: Away) -> Iterator[Hole]:
    """Copies that there may be besides: a pass stands, as more copies take nothing away.

    Resources that need no copy are left out.
    """
    for where in (_unread(seen, kind), _gone_since(seen, kind)):
        for ids, mask in where.items():
            yield Hole(ids, mask & kind.asked(seen.inventory), partial=True, passes=True)


def _doubtful(inventory: Inventory, copies: Sequence[pa.Table], kind: Away) -> Iterator[Hole]:
    """Copies that may be of bad backups, as the jobs that would tell were not read: a pass is not certain."""
    yield Hole(inventory.scope.missing("backup_jobs"), kind.asked(inventory), partial=True)
    for table in copies:
        owner = local_index(table["resource_arn"], inventory.index)
        for rows, ids in unread_copying(inventory, table):
            yield Hole(ids, _owners(inventory, owner[rows]) & kind.asked(inventory), partial=True)
        perhaps = perhaps_carried(table)
        if perhaps.any():
            mask = _owners(inventory, owner[perhaps]) & kind.asked(inventory)
            yield Hole((attachment_unknown(inventory),), mask, partial=True, passes=True)


def _owners(inventory: Inventory, owner: Int64s) -> NDArray[np.bool_]:
    """The resources of those numbers; -1 is of none here."""
    mask = np.zeros(inventory.size + 1, bool)
    mask[owner] = True
    return mask[:-1]


def _gone_since(seen: SeenCopies, kind: Away) -> _Where:
    """As of the past: copies that were there and are gone by now, or of whose time no job is listed."""
    inventory, scope = seen.inventory, seen.inventory.scope
    if not scope.past:
        return {}
    where: _Where = {scope.history: np.ones(inventory.size, bool)} if scope.history else {}
    mask = np.zeros(inventory.size + 1, bool)  # the last is for those of no resource here
    for jobs in seen.done:
        gone = kind.away(inventory, jobs["destination_vault_arn"]) & among(jobs["state"], ("COMPLETED",))
        gone &= milliseconds(jobs["completed_at"]) <= seen.period.end_ms
        for table in seen.copies:
            gone &= ~named(jobs["destination_recovery_point_arn"], table["arn"])
        mask[local_index(jobs["resource_arn"], inventory.index)[gone]] = True
    if mask[:-1].any():
        said = (
            f"Copies of resources of account {scope.account.account_id} in {scope.region} that are gone by "
            "now may have been there at as_of."
        )
        where[scope.unknown("copies", "ReadLater", "", said),] = mask[:-1]
    return where


def _unread(seen: SeenCopies, kind: Away) -> _Where:
    """The gaps that hide copies, and the resources whose copies they may be.

    Plans copy into places that were not read, and one that cannot be understood may copy anywhere. Copies
    have `reached` such places, or went on from where the copy jobs were not read.
    """
    inventory = seen.inventory
    where: _Where = {}

    def add(ids: tuple[str, ...], mask: NDArray[np.bool_]) -> None:
        if ids and mask.any():
            where[ids] = where.get(ids, np.zeros(inventory.size, bool)) | mask

    for plan in inventory.current_plans:
        member = seen.members[plan.plan_id]
        undecided = member.undecided
        vaults = {vault for rule in plan.rules for vault in rule.named_vaults}
        for ids in {
            unread_rules(inventory, [plan]),
            *(unread_there(inventory, vault) for vault in vaults if kind.is_away(inventory, vault)),
        }:
            if ids:
                add(ids, member.sure)
                add((*ids, *member.gaps(undecided)), undecided)
    read = {*inventory.evidence.partitions()}
    for vaults, owner in seen.reached:
        codes, arns = coded(vaults)
        for code, arn in enumerate(arns):
            ids = _hiding(inventory, read, arn, kind)
            if ids:
                mask = np.zeros(inventory.size, bool)
                mask[owner[codes == code]] = True
                add(ids, mask)
    return where


def _hiding(
    inventory: Inventory, read: Collection[tuple[str, str]], vault_arn: str, kind: Away
) -> tuple[str, ...]:
    """Ids of the gaps that hide copies in a vault, if it lies away, and those that went on from there."""
    place = place_of(vault_arn)
    hidden = {*inventory.scope.gaps.ids(("copy_jobs",), *place)} if all(place) else set()
    if kind.is_away(inventory, vault_arn) or place not in read:
        hidden.update(unread_there(inventory, vault_arn))
    return tuple(sorted(hidden))


def _failed(inventory: Inventory, kind: Away) -> Column | Lazy:
    missing = inventory.scope.missing("copy_jobs")
    if missing:
        return unread(inventory.size, missing)
    failures = cache(lambda: _failures(inventory, kind))
    return Lazy(lambda index: failures().get(index, []), inventory.size)


def _refusing(
    inventory: Inventory, newest_ms: Int64s, kind: Away
) -> tuple[Int64s, Int64s, list[tuple[str | None, ...]]]:
    """Of the newest copy job of each resource that failed since its newest copy: vault and state."""
    bad = _bad(inventory, ["resource_arn", "state", "created_at", "destination_vault_arn"], kind)
    owner, created = local_index(bad["resource_arn"], inventory.index), milliseconds(bad["created_at"])
    rows = np.flatnonzero(owner != ABSENT)
    rows = rows[created[rows] > newest_ms[owner[rows]]]
    rows = rows[np.lexsort((-created[rows], owner[rows]))]
    heads = rows[np.append(True, owner[rows][1:] != owner[rows][:-1])[: len(rows)]]
    ends, told = coded_rows(bad["destination_vault_arn"], bad["state"])
    return owner[heads], ends[heads], told


def _bad(inventory: Inventory, columns: list[str], kind: Away) -> pa.Table:
    """The copy jobs that did not complete and lead away, or where nothing tells where they led."""
    table = read_backups(inventory, "copy_jobs", columns)
    told = flags(pc.is_valid(table["destination_vault_arn"]))
    led = (kind.away(inventory, table["destination_vault_arn"]) | ~told) & ~perhaps_carried(table)
    return table.filter(numbers(led & among(table["state"], ("FAILED", "PARTIAL", "ABORTED"))))


def _failures(inventory: Inventory, kind: Away) -> dict[int, list[dict[str, Any]]]:
    """The newest copy jobs of each resource that did not complete; what AWS leaves out is left out."""
    bad = _bad(inventory, ["resource_arn", *_TOLD.values()], kind)
    newest_first = [("created_at", "descending"), ("job_id", "ascending")]
    bad = bad.take(pc.sort_indices(bad, sort_keys=newest_first))
    resources = local_index(bad["resource_arn"], inventory.index)
    created = milliseconds(bad["created_at"])
    answer: dict[int, list[dict[str, Any]]] = {}
    for row, index in enumerate(resources.tolist()):
        entries = answer.setdefault(index, [])
        if len(entries) < _AT_MOST:
            told: dict[str, Any] = {name: bad[column][row].as_py() for name, column in _TOLD.items()}
            told["created_at"] = None if created[row] == ABSENT else rfc3339(created[row])
            told["message"] = told["message"] or ""
            entries.append({name: said for name, said in told.items() if said is not None})
    return answer
