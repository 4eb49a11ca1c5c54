"""A job's vault, checked at the job's start, and again when its result arrives (aws-backup.md 4.7)."""

from collections.abc import Mapping
from typing import Any, Final

from auditor.executor.engine.jobs import BackupJob, CopyJob
from auditor.executor.engine.run import OUT_OF_RANGE, forbidden_by_lock
from auditor.executor.seam.driver import DriverError
from auditor.executor.times import DAY_MS
from auditor.model.plans import Lifecycle

#: A copy counts its days from the creation of its source (aws-backup.md 4.3).
_OVER: Final = (
    "Copy job failed. The retention of the copy is over already: it counts from the creation date of the "
    "recovery point that is copied."
)


def remember_vault(job: BackupJob | CopyJob, vault: Mapping[str, Any]) -> None:
    """Have the job remember the vault of this row; its creation tells it from a later namesake."""
    job.vault = {
        "created": vault["created"],
        "locked": vault["locked"],
        "type": vault["vault_type"],
    }


def check(job: BackupJob | CopyJob, vault: Mapping[str, Any] | None, now: int) -> Mapping[str, Any]:
    """Give the vault of the row, if the job's result may come into it.

    Raises `DriverError`: the vault is gone, is another one than at the job's start, or its lock, which may be
    younger than the job, forbids the retention.
    """
    if isinstance(job, CopyJob):
        kind, name = "Copy", job.destination_vault_arn
    else:
        kind, name = "Backup", job.vault_name
    if vault is None:
        raise DriverError(f"Backup vault {name} was deleted.", "RESOURCE_NOT_FOUND")
    if job.vault is not None and job.vault["created"] != vault["created"]:
        message = f"Backup vault {name} was deleted and made again while the job ran."
        raise DriverError(message, "RESOURCE_NOT_FOUND")
    if forbidden_by_lock(vault, job.lifecycle):
        raise DriverError(f"{kind} job failed. {OUT_OF_RANGE}", "INVALID_LIFECYCLE")
    check_retention(job, now)
    remember_vault(job, vault)
    return vault


def check_retention(job: BackupJob | CopyJob, now: int) -> None:
    """Refuse a copy whose retention is over when it arrives. Raises `DriverError`."""
    if isinstance(job, CopyJob) and is_over(job.lifecycle, job.source_created, now):
        raise DriverError(_OVER, "INVALID_LIFECYCLE")


def is_over(lifecycle: Mapping[str, Any] | None, created: int, now: int) -> bool:
    """Whether the retention of what was created then (epoch ms) is over."""
    days = Lifecycle.from_document(lifecycle).delete_after_days
    return days is not None and created + days * DAY_MS <= now
