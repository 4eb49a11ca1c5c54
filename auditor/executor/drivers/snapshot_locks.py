"""EBS Snapshot Lock: snapshots that nobody can delete, not the root user either (EC2 API LockSnapshot)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from auditor.executor.seam.calls import call
from auditor.executor.seam.driver import DriverError

#: The longest time that EC2 locks a snapshot for.
LONGEST_DAYS: Final = 36_500

#: States of locks that nobody can lift: of one in its cooling-off period somebody still can.
_FIRM: Final = frozenset({"compliance"})


def lock_snapshots(client: Any, until: Mapping[str, datetime | None]) -> dict[str, str]:
    """Lock snapshots in compliance mode; gives what EC2 said of those that it did not lock, by their ids.

    Raises `DriverError` where EC2 does not tell which snapshots are locked.
    """
    if not until:
        return {}
    ends = _ends(client)
    refused = {}
    for name, end in sorted(until.items()):
        locked = ends.get(name)
        if locked is not None and (end is None or end <= locked):
            continue
        try:
            call(client, "lock_snapshot", SnapshotId=name, LockMode="compliance", **_period(end))
        except DriverError as error:
            refused[name] = error.message
    return refused


def _period(end: datetime | None) -> dict[str, Any]:
    """Say until when the lock holds; EC2 offers no lock for ever."""
    return {"LockDuration": LONGEST_DAYS} if end is None else {"ExpirationDate": end}


def _ends(client: Any) -> dict[str, datetime]:
    """When the firm locks of the account's snapshots end, by the snapshots' ids."""
    ends: dict[str, datetime] = {}
    page: dict[str, Any] = {}
    while True:
        try:
            answer = call(client, "describe_locked_snapshots", MaxResults=1000, **page)
        except NotImplementedError as error:  # an emulator of EC2 in this process, which has no locks
            raise DriverError(str(error), "RESOURCE_NOT_SUPPORTED") from error
        for lock in answer.get("Snapshots", ()):
            if lock["LockState"] in _FIRM:
                ends[lock["SnapshotId"]] = lock.get("LockExpiresOn", datetime.max.replace(tzinfo=UTC))
        if not answer.get("NextToken"):
            return ends
        page = {"NextToken": answer["NextToken"]}
