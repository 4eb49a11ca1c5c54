"""Copies in other Regions and in other accounts: the facts `copies.*` and `account_copies.*`.

A copy counts where it arrived, as a recovery point that can be restored from. A plan or a completed copy job
of the resource may lead into a place that was not read: a copy there is unknown, not missing. So is any copy
of a plan that was not read and, as of the past, one that is gone by now.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.arrivals import Arrived, arrivals, found
from auditor.evaluate.arrow import numbers
from auditor.evaluate.away import IN_ACCOUNT, IN_REGION, Away
from auditor.evaluate.causes import uncopied
from auditor.evaluate.columns import among, coded, coded_rows, flags, local_index, milliseconds
from auditor.evaluate.facts import Column, Hole, Lazy, encode, unread
from auditor.evaluate.inventory import SELECTION_TABLES, Inventory
from auditor.evaluate.membership import memberships, unread_rules
from auditor.evaluate.points import unread_copying
from auditor.evaluate.records import JobRecords, named, unread_there
from auditor.evaluate.times import Period, rfc3339

_AT_MOST: Final = 10
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


def copy_facts(
    inventory: Inventory,
    copies: Sequence[pa.Table],
    jobs: JobRecords,
    period: Period,
    protection: Column | Lazy,
) -> dict[str, Column | Lazy]:
    """The facts of the resources of one account and Region about copies of each kind.

    `copies` are recovery points of them in other accounts and Regions; `region` is where each lies.
    `protection` says why a resource is not protected.
    """
    arrived = cache(lambda: arrivals(inventory, copies, jobs, period))
    facts: dict[str, Column | Lazy] = {}
    for kind in (IN_REGION, IN_ACCOUNT):
        facts |= _of_kind(inventory, copies, arrived, period, protection, kind)
    return facts


def _of_kind(
    inventory: Inventory,
    copies: Sequence[pa.Table],
    arrived: Callable[[], Arrived | None],
    period: Period,
    protection: Column | Lazy,
    kind: Away,
) -> dict[str, Column | Lazy]:
    everything = inventory.scope.missing(*SELECTION_TABLES, "copy_jobs")
    if everything:
        names = ("count", "candidates", "newest", "cause")
        return {
            **{f"{kind.facts}.{name}": unread(inventory.size, everything) for name in names},
            f"{kind.facts}.failures": _failed(inventory, kind),
        }
    holes = (
        *_doubtful(inventory, copies, kind),
        *_holes(inventory, _unread(inventory, kind), kind),
        *_holes(inventory, _gone_since(inventory, copies, period, kind), kind),
    )
    counts, candidates, newest, newest_ms = found(inventory, arrived(), period, kind)
    return {
        f"{kind.facts}.count": encode(counts, *holes),
        f"{kind.facts}.candidates": encode(candidates, *holes),
        f"{kind.facts}.newest": encode(newest),
        f"{kind.facts}.failures": _failed(inventory, kind),
        f"{kind.facts}.cause": uncopied(
            inventory,
            kind.demanding(inventory),
            lambda vault_arn: kind.is_away(inventory, vault_arn),
            lambda: _refusing(inventory, newest_ms, kind),
            protection,
        ),
    }


def _holes(inventory: Inventory, where: _Where, kind: Away) -> Iterator[Hole]:
    """Copies that there may be besides: a pass stands, as more copies take nothing away.

    Resources that need no copy are left out.
    """
    for ids, mask in where.items():
        yield Hole(ids, mask & _asked(inventory, kind), partial=True, passes=True)


def _doubtful(inventory: Inventory, copies: Sequence[pa.Table], kind: Away) -> Iterator[Hole]:
    """Copies that may be of bad backups, as the jobs that would tell were not read: a pass is not certain."""
    yield Hole(inventory.scope.missing("backup_jobs"), _asked(inventory, kind), partial=True)
    for table in copies:
        owner = local_index(table["resource_arn"], inventory.index)
        for rows, ids in unread_copying(inventory, table):
            mask = np.zeros(inventory.size + 1, bool)  # the last is for those of no resource here
            mask[owner[rows]] = True
            yield Hole(ids, mask[:-1] & _asked(inventory, kind), partial=True)


def _asked(inventory: Inventory, kind: Away) -> NDArray[np.bool_]:
    """The resources whose tier asks for a copy, or is not known."""
    return np.isin(inventory.tier, [ABSENT, *kind.demanding(inventory)])


def _gone_since(inventory: Inventory, copies: Sequence[pa.Table], period: Period, kind: Away) -> _Where:
    """As of the past: copies that were there and are gone by now, or of whose time no job is listed."""
    scope = inventory.scope
    if not scope.past:
        return {}
    where: _Where = {scope.history: np.ones(inventory.size, bool)} if scope.history else {}
    jobs = inventory.read(
        "copy_jobs",
        ["resource_arn", "destination_vault_arn", "destination_recovery_point_arn", "state", "completed_at"],
    )
    away = kind.away(inventory, jobs["destination_vault_arn"])
    gone = away & among(jobs["state"], ("COMPLETED",)) & (milliseconds(jobs["completed_at"]) <= period.end_ms)
    for table in copies:
        gone &= ~named(jobs["destination_recovery_point_arn"], table["arn"])
    owner = local_index(jobs["resource_arn"], inventory.index)[gone]
    if (owner != ABSENT).any():
        mask = np.zeros(inventory.size, bool)
        mask[owner[owner != ABSENT]] = True
        said = (
            f"Copies of resources of account {scope.account.account_id} in {scope.region} that are gone by "
            "now may have been there at as_of."
        )
        where[scope.unknown("copies", "ReadLater", "", said),] = mask
    return where


def _unread(inventory: Inventory, kind: Away) -> _Where:
    """For each unread place that is away, its gaps and the resources that are or may be copied there.

    A plan that cannot be understood may copy anywhere.
    """
    where: _Where = {}

    def add(ids: tuple[str, ...], mask: NDArray[np.bool_]) -> None:
        if ids and mask.any():
            where[ids] = where.get(ids, np.zeros(inventory.size, bool)) | mask

    members = memberships(inventory)
    for plan in inventory.current_plans:
        member = members[plan.plan_id]
        undecided = member.undecided
        vaults = {copy.destination_vault_arn for rule in plan.rules for copy in rule.copy_actions}
        for ids in {
            unread_rules(inventory, [plan]),
            *(_unread_away(inventory, vault, kind) for vault in vaults),
        }:
            if ids:
                add(ids, member.sure)
                add((*ids, *member.gaps(undecided)), undecided)
    jobs = inventory.read("copy_jobs", ["resource_arn", "destination_vault_arn", "state"])
    owner, done = local_index(jobs["resource_arn"], inventory.index), among(jobs["state"], ("COMPLETED",))
    codes, arns = coded(jobs["destination_vault_arn"])
    for code, arn in enumerate(arns):
        mask = np.zeros(inventory.size, bool)
        mask[owner[(codes == code) & done & (owner != ABSENT)]] = True
        add(_unread_away(inventory, arn, kind), mask)
    return where


def _unread_away(inventory: Inventory, vault_arn: str, kind: Away) -> tuple[str, ...]:
    """Ids of the gaps that hide copies in a vault, if it lies away."""
    return unread_there(inventory, vault_arn) if kind.is_away(inventory, vault_arn) else ()


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
    table = inventory.read("copy_jobs", columns)
    told = flags(pc.is_valid(table["destination_vault_arn"]))
    led = kind.away(inventory, table["destination_vault_arn"]) | ~told
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
