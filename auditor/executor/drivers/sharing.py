"""Native backups are shared with the account that copies them until the copy ends (aws-backup.md 4.12).

A copy is made by its destination's account, which must be allowed to read the source until the copy is
complete. So the share begins with `copy` and ends where the copy's end is seen: in `settled`, in `undo`, or
at once where no copy was begun. The keys of encrypted backups are the customer's and must let the
destination in.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal, Self

from auditor.executor.seam.calls import call, delete_once
from auditor.executor.seam.driver import Clients, DriverError, Place

Change = Literal["add", "remove"]

_DESCRIPTION: Final = re.compile(r"Copy job \S+ of (\S+) in (\d{12}) (\S+)")


@contextmanager
def shared(change: Callable[[Change], None], *, crossing: bool) -> Iterator[None]:
    """Share for a copy that the block begins; it ends at once when the copy could not be begun."""
    if not crossing:
        yield
        return
    try:
        change("add")
        yield
    except DriverError:
        change("remove")
        raise


def end_share(change: Callable[[Change], None]) -> None:
    """End a share; a refusal says nothing about the copy, so the error is `transient`."""
    try:
        change("remove")
    except DriverError as error:
        message = f"The source of the copy is still shared: {error.message}"
        raise DriverError(message, transient=True) from error


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a copy comes from, kept in the description of EC2's copies: EC2 itself forgets the account."""

    backup_id: str
    place: Place

    def description(self, token: str) -> str:
        """The description of the copy that the job `token` makes."""
        return f"Copy job {token} of {self.backup_id} in {self.place[0]} {self.place[1]}"

    @classmethod
    def of(cls, description: str) -> Self | None:
        """The origin that `description` tells, None where it tells none."""
        told = _DESCRIPTION.fullmatch(description)
        return cls(told[1], (told[2], told[3])) if told else None


def share_snapshot(clients: Clients, snapshot: Origin, account_id: str, change: Change) -> None:
    """ModifySnapshotAttribute; a snapshot that is gone is shared with nobody."""
    client = clients("ec2", *snapshot.place)
    params = {
        "SnapshotId": snapshot.backup_id,
        "Attribute": "createVolumePermission",
        "OperationType": change,
        "UserIds": [account_id],
    }
    if change == "add":
        call(client, "modify_snapshot_attribute", **params)
    else:
        delete_once(client, "modify_snapshot_attribute", {"InvalidSnapshot.NotFound"}, **params)
