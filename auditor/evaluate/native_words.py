"""What is told of protection apart from AWS Backup, in words and as controls and reports see it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from auditor.evaluate.native_backups import SNAPSHOT
from auditor.evaluate.times import rfc3339

Row = Mapping[str, Any]

VERSIONING: Final = "versioning"
#: Each kind in words; a number of days follows.
WORDS: Final = {
    "automated_backups": "automated backups",
    "point_in_time_recovery": "point-in-time recovery",
    "lifecycle_policy": "a policy of Data Lifecycle Manager",
    SNAPSHOT: "snapshots apart from AWS Backup",
    VERSIONING: "S3 Versioning",
    "object_lock": "S3 Object Lock",
    "replication": "S3 Replication",
}


def said(row: Row) -> str:
    """One row in words, such as "automated backups (7 days)"."""
    if "policy" in row:
        return f"policy {row['policy']} of Data Lifecycle Manager"
    days = row["retention_days"]
    return WORDS[row["kind"]] if days is None else f"{WORDS[row['kind']]} ({_days(days)})"


def no_days(kind: str, place: str) -> str:
    """That nothing tells for how long what is on keeps what it makes, or not of all resources."""
    if kind == SNAPSHOT:
        return f"Of resources of {place} not every snapshot is locked: nothing promises how long it is kept."
    if kind == VERSIONING:
        return f"Versions in buckets of {place} can be deleted: nothing promises how long one is kept."
    return f"Of some resources of {place} only {WORDS[kind]} is told, and no number of days."


def line(row: Row) -> str:
    """One row as a line, on or off."""
    if not row["enabled"]:
        left = row["kind"] == SNAPSHOT and row["newest_at"] is not None
        last = f", the newest of {rfc3339(row['newest_at'])}" if left else ""
        return f"{WORDS[row['kind']]}: off{last}"
    newest = f", up to {rfc3339(row['newest_at'])}" if row["newest_at"] is not None else ""
    return f"{said(row)}: on{newest}"


def as_on(row: Row, days: int | None) -> dict[str, Any]:
    """One that is on, with the days for which it keeps what it makes; None: no number is promised."""
    return {"kind": row["kind"], "said": said(row)} | ({} if days is None else {"retention_days": days})


def as_told(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """All rows of a resource, without what is null."""
    kept = ("kind", "enabled", "retention_days", "schedule", "policy", "source")
    times = {"earliest_at": "earliest", "newest_at": "newest"}
    return [
        {name: row[name] for name in kept if row.get(name) is not None}
        | {name: rfc3339(row[column]) for column, name in times.items() if row[column] is not None}
        for row in rows
    ]


def _days(days: int) -> str:
    return f"{days} day" if days == 1 else f"{days} days"
