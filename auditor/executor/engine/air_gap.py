"""Backups into a logically air-gapped vault, as a rule's primary target (aws-backup.md 1.3; API BackupRule).

Fully managed types are backed up into it. Others get a temporary recovery point in the rule's vault and a
copy into the air-gapped one; the temporary one is deleted once every copy of it has ended and that one is
there. A type that such a vault cannot take is backed up into the rule's vault, and its job says so.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from auditor.executor.database.sql_tables import AIR_GAPPED, copy_jobs, recovery_points
from auditor.executor.engine.expiry import watch
from auditor.executor.engine.jobs import BackupJob, CopyJob
from auditor.executor.engine.run import EngineRun
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import BackupService
from auditor.model.arn import Arn
from auditor.model.resource_types import TYPES

Row = dict[str, Any]

_AFTER_COPY: Final = {"DeleteAfterEvent": "DELETE_AFTER_COPY"}
_NAME: Final = "backup-vault:"


def takes(resource_type: str, *, managed: bool) -> bool:
    """Whether recovery points of a type can be in such a vault (aws-backup.md 1.2)."""
    row = TYPES.get(resource_type)
    return row is not None and bool(row.copies.air_gapped) and (managed or row.management != "choice")


def aim(service: BackupService, job: BackupJob, vault_arn: str | None) -> None:
    """Aim a new job at the air-gapped vault, directly or by way of the rule's vault, if its type allows."""
    if vault_arn is None:
        return
    kind = job.resource["type"]
    managed = service.driver(kind, managed=job.fully_managed).fully_managed
    job.air_gapped = vault_arn
    if not takes(kind, managed=managed):
        job.issue = (
            f"Recovery points of {kind} cannot be in a logically air-gapped vault; this one is in the backup "
            f"vault {job.vault_name}."
        )
    elif managed:
        job.vault_name = Arn.parse(vault_arn).resource.removeprefix(_NAME)
    else:
        job.temporary = True
        job.copies = [{"DestinationBackupVaultArn": vault_arn}, *job.copies]


def check(job: BackupJob, vault: Mapping[str, Any]) -> None:
    """Check that the vault of the row is of the kind that the job needs. Raises `DriverError`."""
    wanted = job.air_gapped == vault["arn"]
    if wanted and vault["vault_type"] != AIR_GAPPED:
        raise _not_air_gapped(vault)
    if not wanted and vault["vault_type"] == AIR_GAPPED:
        message = (
            f"Backup vault {vault['name']} is logically air-gapped: it is a target by "
            "TargetLogicallyAirGappedBackupVaultArn only."
        )
        raise DriverError(message, "UNSUPPORTED_OPERATION")


def check_copy(copy: CopyJob, vault: Mapping[str, Any]) -> None:
    """Check that the vault of the row takes the copy. Raises `DriverError`."""
    if vault["vault_type"] != AIR_GAPPED:
        if copy.air_gapped == vault["arn"]:
            raise _not_air_gapped(vault)
        return
    if copy.is_parent or not takes(copy.resource["type"], managed=copy.fully_managed):
        message = (
            f"Copy job failed. {copy.resource['type']} cannot be copied into a logically air-gapped vault."
        )
        raise DriverError(message, "RESOURCE_NOT_SUPPORTED")


def _not_air_gapped(vault: Mapping[str, Any]) -> DriverError:
    message = f"Backup vault {vault['name']} is not logically air-gapped."
    return DriverError(message, "UNSUPPORTED_OPERATION")


def lifecycle_of(job: BackupJob) -> Row | None:
    """The lifecycle of the job's recovery point: a temporary one has the rule's in case no copy succeeds."""
    return {**(job.lifecycle or {}), **_AFTER_COPY} if job.temporary else job.lifecycle


def release(run: EngineRun, copy: CopyJob, now: int) -> None:
    """Delete the temporary recovery point that `copy` was the last to need.

    In a locked vault nothing goes before its time, and without the copy it is all there is: it stays then.
    """
    if copy.air_gapped is None or copy.completed is None:
        return
    copies = _copies(run, copy)
    arrived = [one for one in copies if one.destination_vault_arn == copy.air_gapped]
    if any(one.completed is None for one in copies) or {one.state for one in arrived} != {"COMPLETED"}:
        return
    key = (copy.scope.account_id, copy.scope.region, copy.source.arn)
    row, vault = _point(run, key), run.vault(copy.source_vault_arn)
    if row is None or vault is None or vault["locked"]:
        return
    seals = run.service.database.seals
    row["expire_at"] = now
    row["seal"] = None if seals is None else seals.of_point(row)
    if key not in run.writes.points:
        run.writes.released[key] = {"expire_at": now, "seal": row["seal"]}
    watch(run, row)


def _copies(run: EngineRun, copy: CopyJob) -> list[CopyJob]:
    """Every copy of the same recovery point, as the database has them or as they will be written."""
    place = {"account_id": copy.scope.account_id, "region": copy.scope.region}
    query = select(copy_jobs).filter_by(**place, source_recovery_point_arn=copy.source.arn)
    with run.service.database.read() as connection:
        found = {row.id: CopyJob.from_row(row._asdict()) for row in connection.execute(query)}
    written = (job for job in run.writes.jobs.values() if isinstance(job, CopyJob))
    return [*(found | {job.id: job for job in written if job.source.arn == copy.source.arn}).values()]


def _point(run: EngineRun, key: tuple[str, str, str]) -> Row | None:
    """The recovery point's row, unless it is being deleted."""
    waiting = run.writes.points.get(key)
    if waiting is not None:
        return waiting
    named = dict(zip(("account_id", "region", "arn"), key, strict=True))
    with run.service.database.read() as connection:
        row = connection.execute(select(recovery_points).filter_by(**named)).one_or_none()
    return None if row is None or row.status != "COMPLETED" else row._asdict()
