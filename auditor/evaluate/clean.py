"""Recovery points in which a scan for malware found nothing: the facts `clean.*` (aws-backup.md 1.3).

Counted are usable recovery points in the account and Region of their resource; one of an instance counts for
each volume that its image surely holds. One is clean whose latest scans all ended well and found nothing. One
that was not scanned, or whose scan failed, is not: nobody knows. A continuous one is as young as its scan.
"""

from collections.abc import Iterator
from functools import cache, partial
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.derive.columns import ABSENT, Bools, Int64s
from auditor.evaluate.carriers import attachment_unknown, perhaps_carried, read_backups
from auditor.evaluate.columns import flags, integers, local_index, milliseconds
from auditor.evaluate.deferred import Fact
from auditor.evaluate.existence import owned_since
from auditor.evaluate.facts import Column, Hole, encode_array, unread
from auditor.evaluate.inventory import Inventory
from auditor.evaluate.points import continuous, usable_then
from auditor.evaluate.times import HOUR_MS, Period
from auditor.model.malware_scans import SCANNED, offers_scans

_COLUMNS: Final = (
    "arn", "resource_arn", "resource_type", "status", "created_at", "completed_at", "delete_at",
    "scanned_at", "scan_failed", "scan_findings",
)  # fmt: skip
_NAMES: Final = ("points", "scanned", "threats", "age_hours")


def clean_facts(inventory: Inventory, period: Period) -> dict[str, Fact]:
    """The facts of the resources of one account and Region about clean recovery points, made when asked."""
    made = cache(lambda: _facts(inventory, period))
    return {f"clean.{name}": partial(lambda name: made()[name], name) for name in _NAMES}


def _facts(inventory: Inventory, period: Period) -> dict[str, Column]:
    asked, size = _asked(inventory), inventory.size
    missing = inventory.scope.missing("recovery_points")
    if missing:
        hidden = unread(size, missing)
        return dict.fromkeys(_NAMES, Column(hidden.codes, [], (Hole(missing, asked),)))
    if not asked.any():
        return dict.fromkeys(_NAMES, unread(size, ()))
    table = read_backups(inventory, "recovery_points", _COLUMNS)
    owner = local_index(table["resource_arn"], inventory.index)
    created, scanned_at = milliseconds(table["created_at"]), milliseconds(table["scanned_at"])
    owned = np.append(owned_since(inventory.resource_type, inventory.created_ms), ABSENT)[owner]
    held = (owner != ABSENT) & (created >= owned)
    held &= usable_then(table, inventory, period) | continuous(table)
    perhaps = held & perhaps_carried(table)
    usable = held & ~perhaps
    scanned = usable & (scanned_at != ABSENT) & (scanned_at <= period.end_ms)
    threats = scanned & (_lengths(table["scan_findings"]) > 0)
    told = flags(pc.is_valid(table["scan_failed"])) & flags(pc.is_valid(table["scan_findings"]))
    good = scanned & ~threats & ~flags(table["scan_failed"])
    time_ms = np.where(continuous(table), scanned_at, created)
    told &= time_ms != ABSENT
    newest = _newest(size, owner, time_ms, good & told)
    later = usable & (scanned_at > period.end_ms)

    def count(rows: Bools) -> Column:
        return encode_array(np.bincount(owner[rows], minlength=size), asked)

    return {
        "points": count(usable),
        "scanned": count(scanned),
        "threats": count(threats),
        "age_hours": encode_array(
            (period.end_ms - newest) / HOUR_MS,
            asked & (newest != ABSENT),
            *_open(inventory, asked, _any(size, owner[later])),
            *_perhaps(inventory, asked & _any(size, owner[perhaps])),
            *_silent(inventory, asked & _any(size, owner[good & ~told])),
        ),
    }


def _asked(inventory: Inventory) -> Bools:
    """The resources of types that can be scanned whose tier asks for it, or may."""
    tiers = [inventory.scope.tiers.tiers[name] for name in inventory.tier_names]
    asks = np.array([*(bool(one["required"] and "clean_point" in one) for one in tiers), False], bool)
    asks[-1] = asks.any()  # of a tier that is not known
    found: Bools = asks[inventory.tier] & np.isin(inventory.resource_type.astype(str), SCANNED)
    return found


def _lengths(column: pa.ChunkedArray) -> Int64s:
    """How long each list is; -1 where it is null."""
    return integers(pc.list_value_length(column).cast(pa.int64()))


def _newest(size: int, owner: Int64s, time_ms: Int64s, rows: Bools) -> Int64s:
    newest = np.full(size, ABSENT, np.int64)
    np.maximum.at(newest, owner[rows], time_ms[rows])
    return newest


def _any(size: int, owners: Int64s) -> Bools:
    """Which resources have one."""
    return np.bincount(owners, minlength=size) > 0


def _perhaps(inventory: Inventory, where: Bools) -> Iterator[Hole]:
    """Volumes that a usable image may hold or not, which may be clean."""
    if where.any():
        yield Hole((attachment_unknown(inventory),), where, partial=True, passes=True)


def _silent(inventory: Inventory, where: Bools) -> Iterator[Hole]:
    """Resources with a scan of which it is not told whether it ended well, what it found, or of what time."""
    if where.any():
        said = "AWS Backup does not tell what came of some scans for malware, or which time they are of."
        ids = (inventory.scope.unknown("AggregatedScanResult", "Unknown", "findings", said),)
        yield Hole(ids, where, partial=True, passes=True)


def _open(inventory: Inventory, asked: Bools, later: Bools) -> Iterator[Hole]:
    """Resources of which it is not known whether they have a clean recovery point: that is no finding."""
    scope = inventory.scope
    if not offers_scans(scope.account.partition):
        said = f"AWS Backup scans nothing for malware in the partition {scope.account.partition}."
        ids = (scope.unknown("AggregatedScanResult", "NotOffered", "", said),)
        yield Hole(ids, asked, partial=True, passes=True)
    elif (asked & later).any():
        said = "Recovery points that were scanned since may have been scanned before as_of too."
        ids = (scope.unknown("AggregatedScanResult", "ReadLater", "", said),)
        yield Hole(ids, asked & later, partial=True, passes=True)
