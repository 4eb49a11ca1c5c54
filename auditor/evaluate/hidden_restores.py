"""What hides restore jobs of resources: places that were not read, jobs of nobody knows what, namesakes."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.derive.columns import ABSENT, Bools, Int64s
from auditor.evaluate.arrow import numbers
from auditor.evaluate.carriers import attachment_unknown, perhaps_carried
from auditor.evaluate.columns import among, coded_rows, flags, local_index, milliseconds
from auditor.evaluate.gaps import Scope
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.restored import Hidden, Restores, by_place, undated, unnamed
from auditor.evaluate.whereabouts import regions_left_out
from auditor.model.arn import place_of


def hidden(
    seen: Restores, unnamed_there: Mapping[Scope, pa.Table], away: Callable[[], Sequence[pa.Table]]
) -> Iterator[Hidden]:
    """The gaps that hide restore jobs, and the resources whose they may be, or may count for."""
    if not seen.asked.any():
        return
    for ids, where in _hidden(seen, unnamed_there, away):
        yield ids, where
        if (more := _perhaps_for(seen, where) & ~where).any():
            yield (*ids, *seen.inventory.tier_gaps()), more


def of_unknown_tiers(seen: Restores, ended_ms: Int64s, since_ms: Int64s) -> Iterator[Hidden]:
    """Restores of resources whose tier is not known: they count for the samples that these may be of.

    `ended_ms` has the end of each job that would matter, -1 of others, and `since_ms` for each resource from
    when on one would.
    """
    untold = np.append(seen.inventory.tier == ABSENT, False)[seen.owner]
    rows = np.flatnonzero(untold & (ended_ms != ABSENT))
    newest = np.full(seen.inventory.size, ABSENT, np.int64)
    np.maximum.at(newest, seen.kinds[seen.owner[rows]], ended_ms[rows])
    found = newest[seen.kinds]
    where: Bools = (seen.demanded("sample") > 0) & (found != ABSENT) & (found >= since_ms)
    if where.any():
        yield seen.inventory.tier_gaps(), where


def _perhaps_for(seen: Restores, rows: Bools) -> Bools:
    """For whose samples restores of the resources `rows` may count, as the tier of these is not known."""
    untold = seen.kinds[rows & (seen.inventory.tier == ABSENT)]
    found: Bools = (seen.demanded("sample") > 0) & np.isin(seen.kinds, untold)
    return found


def _hidden(
    seen: Restores, unnamed_there: Mapping[Scope, pa.Table], away: Callable[[], Sequence[pa.Table]]
) -> Iterator[Hidden]:
    inventory, scope = seen.inventory, seen.inventory.scope
    if ids := scope.missing("restore_jobs"):
        yield ids, seen.asked
    if scope.missing("copy_jobs") and (ids := scope.gaps.anywhere("restore_jobs")):
        yield tuple(sorted({*ids, *scope.missing("copy_jobs")})), seen.asked
    copied = _copied_to(inventory, away())
    for ids, owners in _hidden_away(inventory, copied).items():
        yield ids, _whole(seen, owners) & seen.asked
    for ids, where in _unnamed_away(seen, copied, unnamed_there):
        yield ids, where & seen.asked
    over = among(seen.table["status"], ("COMPLETED",))
    perhaps = perhaps_carried(seen.table) & over
    if perhaps.any():
        owner = local_index(seen.table["resource_arn"], inventory.index)
        yield (attachment_unknown(inventory),), _whole(seen, owner[perhaps].tolist()) & seen.asked
    for ids, where in unnamed_here(seen, over):
        yield ids, where & seen.asked
    if len(seen.of_namesakes):
        said = "When recovery points were made that were restored is not told: they may be of a namesake."
        ids = (scope.unknown("ListRestoreJobs", "Unknown", "recovery points", said),)
        yield ids, _whole(seen, seen.of_namesakes.tolist()) & seen.asked
    open_ = over & (milliseconds(seen.table["completed_at"]) == ABSENT)
    if (where := (seen.of_groups(open_) > 0) & seen.asked).any():
        yield (undated(inventory),), where


def _copied_to(inventory: Inventory, tables: Sequence[pa.Table]) -> dict[Scope, set[int]]:
    """By account and Region, the numbers of resources whose copies lie there, or were made there."""
    found: defaultdict[Scope, set[int]] = defaultdict(set)
    for table in tables:
        jobs = "destination_vault_arn" in table.column_names
        rows = table.filter(numbers(among(table["state"], ("COMPLETED",)))) if jobs else table
        vaults = rows["destination_vault_arn" if jobs else "vault_arn"]
        for vault, arn in coded_rows(vaults, rows["resource_arn"])[1]:
            place, owner = place_of(vault or ""), inventory.index.get(arn or "", ABSENT)
            if owner != ABSENT and all(place):
                found[place].add(owner)
    return found


def _hidden_away(inventory: Inventory, copied: Mapping[Scope, set[int]]) -> dict[tuple[str, ...], set[int]]:
    """By the gaps that hide the restore jobs of a place, the numbers of resources whose copies lie there."""
    read = {*inventory.evidence.partitions()}
    found: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for place, owners in copied.items():
        hiding = ("restore_jobs",) if place in read else ("restore_jobs", "recovery_points")
        found[inventory.scope.gaps.ids(hiding, *place)] |= owners
    found.pop((), None)
    return found


def hidden_apart(seen: Restores) -> Iterator[Hidden]:
    """What hides restores in other accounts from resources whose tiers count these alone.

    Copies of them may have been there before the time whose copy jobs are listed, and a vault can be shared.
    """
    where: Bools = seen.demanded("other_account") > 0
    if not where.any():
        return
    scope, evidence = seen.inventory.scope, seen.inventory.evidence
    at_home = {*scope.gaps.ids(("restore_jobs",), scope.account.account_id)}
    at_home.difference_update(gap.gap_id for gap in scope.gaps.of_organization("restore_jobs"))
    if ids := tuple(one for one in scope.gaps.anywhere("restore_jobs") if one not in at_home):
        yield ids, where
    if regions_left_out(evidence):
        said = "Regions of other accounts that the run was not asked to read may have restores."
        yield (scope.unknown("ListRestoreJobs", "NotRead", "Regions", said),), where
    if scope.leaves_accounts_out():
        said = "Accounts that the run was not asked to read may have restores."
        yield (scope.unknown("ListRestoreJobs", "NotRead", "accounts", said),), where


def _unnamed_away(
    seen: Restores, copied: Mapping[Scope, set[int]], unnamed_there: Mapping[Scope, pa.Table]
) -> Iterator[Hidden]:
    """Restores of nobody knows what where copies lie, or lay.

    Copies may lie anywhere where a copy job was not read. Those of a resource that is older than what copy
    jobs are known of may have lain anywhere: their recovery points can be gone. Where the tier counts those
    of other accounts alone, one there may be out of a vault that is shared with it.
    """
    scope, apart = seen.inventory.scope, seen.demanded("other_account") > 0
    account, lost = scope.account.account_id, scope.missing("copy_jobs")
    old = np.flatnonzero(seen.inventory.created_ms < seen.known_from_ms).tolist()
    for place, lying in unnamed_there.items():
        here = place == (account, scope.region)
        where = seen.asked if lost or here else _whole(seen, [*copied.get(place, ()), *old])
        where = where | apart if place[0] != account else where
        if not where.any():
            continue
        # those that ran here are in the table; others restored out of a vault of here that is shared
        table = lying.filter(numbers(~among(lying["ran_in"], (account,)))) if here else lying
        for ids, alike in unnamed(seen.inventory, table, place, images=True):
            yield (*ids, *lost), where & alike


def unnamed_here(seen: Restores, rows: Bools) -> Iterator[Hidden]:
    """Those of the restores `rows` that ran here of nobody knows what, out of a vault of here."""
    here = (seen.inventory.scope.account.account_id, seen.inventory.scope.region)
    lost = seen.table.filter(numbers(rows & flags(pc.is_null(seen.table["resource_arn"]))))
    for place, table in by_place(lost, here):
        if place == here:
            yield from unnamed(seen.inventory, table, images=True)


def _whole(seen: Restores, owners: Collection[int]) -> Bools:
    """The resources for which restores of `owners` count."""
    chosen = [owner for owner in owners if owner != ABSENT]
    return np.isin(seen.group, seen.group[chosen])
