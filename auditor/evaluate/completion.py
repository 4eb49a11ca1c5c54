"""Backups that look complete and are not: the facts `completion.*` (aws-backup.md 1.3, 1.4, 4.4, 4.5).

The newest completed job of a resource tells whether its backups are whole; of a continuous one its state.
What was to be copied into an air-gapped vault and could not be stays where it was made. The size of a backup
tells nothing: databases have none, and increments and deletions make others small.
"""

from collections.abc import Iterator
from functools import cache, partial
from typing import Final

import numpy as np
import pyarrow as pa

from auditor.derive.columns import ABSENT, Bools, Int64s
from auditor.evaluate.arrow import numbers
from auditor.evaluate.columns import among, coded, local_index, milliseconds, named
from auditor.evaluate.deferred import Fact
from auditor.evaluate.existence import owned_since
from auditor.evaluate.facts import Column, Hole, encode, encode_array
from auditor.evaluate.history import JobHistory
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.points import USABLE, continuous
from auditor.evaluate.times import Period, epoch_ms
from auditor.evidence.asked_tables import BUCKET_SETTINGS
from auditor.model.arn import place_of

_TEMPORARY: Final = "DELETE_AFTER_COPY"
_UNDER_WAY: Final = ("CREATED", "RUNNING")
_POINTS: Final = (
    "arn", "resource_arn", "resource_type", "status", "created_at", "completed_at", "delete_after_event",
)  # fmt: skip
_COPIES: Final = ("source_recovery_point_arn", "destination_vault_arn", "state", "completed_at")
_OF_JOBS: Final = ("whole", "category", "message", "job_id")
_OF_POINTS: Final = ("stream", "fallen_back")
_OF_BUCKETS: Final = ("versioning", "events")


def completion_facts(inventory: Inventory, history: JobHistory, period: Period) -> dict[str, Fact]:
    """The facts of the resources of one account and Region about what their backups really hold."""
    jobs, points = cache(partial(_of_jobs, inventory, history)), cache(partial(_of_points, inventory, period))
    buckets = cache(partial(_of_buckets, inventory))
    made = {
        **dict.fromkeys(_OF_JOBS, jobs),
        **dict.fromkeys(_OF_POINTS, points),
        **dict.fromkeys(_OF_BUCKETS, buckets),
    }
    return {f"completion.{name}": partial(lambda name, of: of()[name], name, of) for name, of in made.items()}


def _asked(inventory: Inventory) -> Bools:
    """The resources whose tier demands whole backups, or may."""
    tiers = [inventory.scope.tiers.tiers[name] for name in inventory.tier_names]
    asks = np.array([*(bool(one["required"] and one.get("whole_backups")) for one in tiers), False], bool)
    asks[-1] = asks.any()  # of a tier that is not known
    found: Bools = asks[inventory.tier]
    return found


def _of_jobs(inventory: Inventory, history: JobHistory) -> dict[str, Column]:
    """Of the newest job that completed by `as_of`: whether it is a success, else what AWS says of it."""
    done = among(history.table["state"], ("COMPLETED",)) & history.ended & ~history.perhaps
    rows = np.flatnonzero(done & (history.resource != ABSENT))
    rows = rows[np.argsort(history.completed[rows], kind="stable")]
    newest = np.full(inventory.size, ABSENT, np.int64)
    newest[history.resource[rows]] = rows  # of several the last one stays
    known = newest != ABSENT
    whole = history.good[newest] & known if len(rows) else known
    hollow = np.flatnonzero(known & ~whole)

    def told(name: str) -> Column:
        values: list[str | None] = [None] * inventory.size
        of = history.table[name].cast(pa.string()).take(newest[hollow]).to_pylist() if len(hollow) else []
        for index, value in zip(hollow.tolist(), of, strict=True):
            values[index] = value or "no message"
        return encode(values)

    missing = Hole(inventory.scope.missing("backup_jobs"), _asked(inventory))
    return {
        "whole": encode_array(whole, known, missing),
        "category": told("message_category"),
        "message": told("message"),
        "job_id": told("job_id"),
    }


def _of_points(inventory: Inventory, period: Period) -> dict[str, Column]:
    """Whether a continuous backup goes on, and how much could not be copied into an air-gapped vault."""
    scope, size, asked = inventory.scope, inventory.size, _asked(inventory)
    table = inventory.read("recovery_points", _POINTS)
    owner = local_index(table["resource_arn"], inventory.index)
    created = milliseconds(table["created_at"])
    owned = np.append(owned_since(inventory.resource_type, inventory.created_ms), ABSENT)[owner]
    held = (owner != ABSENT) & (created >= owned)
    stream = held & continuous(table)
    running = _any(size, owner[stream & among(table["status"], USABLE)])
    stopped = _any(size, owner[stream & among(table["status"], ("STOPPED",))])
    states = np.select([running, stopped], [0, 1], ABSENT).astype(np.int64)
    failed, unlisted = _uncopied(inventory, table["arn"])
    temporary = held & among(table["delete_after_event"], (_TEMPORARY,))
    fallen, old = temporary & failed, created < max(period.start_ms, scope.jobs_from_ms)
    left = asked & _any(size, owner[temporary & unlisted & old])
    count = np.bincount(owner[fallen], minlength=size)
    unread, copies = scope.missing("recovery_points"), scope.missing("recovery_points", "copy_jobs")
    late = _late(inventory, asked & stopped & ~running)
    return {
        "stream": Column(states, ["running", "stopped"], (Hole(unread, asked), *late)),
        "fallen_back": encode_array(
            count,
            None,
            Hole(copies, asked),
            *_forgotten(inventory, left),
            *_gone(inventory, table["arn"], asked),
        ),
    }


def _of_buckets(inventory: Inventory) -> dict[str, Column]:
    """The settings of the buckets whose tier demands whole backups, or may."""
    scope = inventory.scope
    asked = _asked(inventory) & (inventory.resource_type.astype(str) == "S3")
    told = {row["arn"]: row for row in inventory.read(BUCKET_SETTINGS).to_pylist()} if asked.any() else {}
    found = [told.get(arn, {}) if ask else {} for arn, ask in zip(inventory.arn, asked.tolist(), strict=True)]
    open_ = asked & (np.array([not one for one in found], bool) | scope.past)
    gaps = scope.missing(BUCKET_SETTINGS) if open_.any() and not scope.past else ()
    if open_.any() and not gaps:
        error = "ReadLater" if scope.past else "NotRead"
        said = "What AWS Backup needs of a bucket was read long after as_of, or the bucket was gone."
        gaps = (scope.unknown("GetBucketVersioning", error, "buckets", said),)
    hole = Hole(gaps, open_)
    return {name: encode([one.get(name) for one in found], hole) for name in _OF_BUCKETS}


def _late(inventory: Inventory, where: Bools) -> Iterator[Hole]:
    """What has stopped by now may have gone on at `as_of`."""
    if inventory.scope.past and where.any():
        said = "Continuous backups that have stopped by now may have gone on at as_of."
        yield Hole((inventory.scope.unknown("continuous", "ReadLater", "stream", said),), where)


def _forgotten(inventory: Inventory, where: Bools) -> Iterator[Hole]:
    """Whether the copies of what is still there failed, which are older than the jobs that are listed."""
    if where.any():
        said = "Of what was to be copied into an air-gapped vault, and is still there, no copy job is listed."
        gap = inventory.scope.unknown("ListCopyJobs", "NotListed", "air-gapped", said)
        yield Hole((gap,), where, partial=True)


def _gone(inventory: Inventory, there: pa.ChunkedArray, asked: Bools) -> Iterator[Hole]:
    """What could not be copied and is not there by now may have been there at `as_of`, to go once copied."""
    if not inventory.scope.past:
        return
    jobs = inventory.read("copy_jobs", ["resource_arn", "source_recovery_point_arn"])
    source, owner = jobs["source_recovery_point_arn"], local_index(jobs["resource_arn"], inventory.index)
    failed, _ = _uncopied(inventory, source)
    where = asked & _any(inventory.size, owner[failed & ~named(source, there) & (owner != ABSENT)])
    if where.any():
        said = "Recovery points that could not be copied, and are gone by now, may have been there at as_of."
        gap = inventory.scope.unknown("ListRecoveryPointsByBackupVault", "ReadLater", "air-gapped", said)
        yield Hole((gap,), where, partial=True)


def _uncopied(inventory: Inventory, arns: pa.ChunkedArray) -> tuple[Bools, Bools]:
    """Which have copy jobs into an air-gapped vault that all ended, none COMPLETED; and which have none."""
    jobs = inventory.read("copy_jobs", _COPIES)
    jobs = jobs.filter(numbers(_air_gapped(inventory, jobs["destination_vault_arn"])))
    failed = among(jobs["state"], ("FAILED", "PARTIAL"))
    failed &= milliseconds(jobs["completed_at"]) <= epoch_ms(inventory.scope.as_of)
    others = among(jobs["state"], ("COMPLETED", *_UNDER_WAY))
    source = jobs["source_recovery_point_arn"].cast(pa.string())
    sure = named(arns, source.filter(numbers(failed))) & ~named(arns, source.filter(numbers(others)))
    return sure, ~named(arns, source)


def _air_gapped(inventory: Inventory, vaults: pa.ChunkedArray) -> Bools:
    """Which of these vaults are air-gapped ones of a plan here, or may be (aws-backup.md 1.1 row 6)."""
    here = (inventory.scope.account.account_id, inventory.scope.region)
    others = {vault.arn for vault in inventory.vaults if not vault.lock.air_gapped}
    codes, arns = coded(vaults)
    found = [place_of(arn) == here and arn not in others for arn in arns]
    return np.array([*found, True], bool)[codes]  # one that is not told may be such a vault


def _any(size: int, owners: Int64s) -> Bools:
    """Which resources have one."""
    return np.bincount(owners, minlength=size) > 0
