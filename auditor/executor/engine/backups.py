"""A backup job's way: CREATED, RUNNING; COMPLETED, FAILED, EXPIRED or ABORTED (aws-backup.md 4.2, 4.4).

It is CREATED for as long as it waits in its start window, for another job on its resource or after a passing
error, and ABORTING from StopBackupJob to the engine's next look. PENDING and PARTIAL are states of jobs that
have others below them; there are none here.
"""

from functools import partial
from typing import Any, Final

from auditor.executor.engine import copies
from auditor.executor.engine.expiry import watch
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.engine.pace import duration_ms
from auditor.executor.engine.points import recovery_point_row
from auditor.executor.engine.run import OUT_OF_RANGE, Run, forbidden_by_lock, protected_row
from auditor.executor.services.base import DriverError
from auditor.executor.times import MINUTE_MS
from auditor.model.organization import Resource

_MAX_TAGS: Final = 50
#: A job that may be retried is, at least every 10 minutes of its start window (aws-backup.md 4.2).
RETRY_MS: Final = 10 * MINUTE_MS


def register(run: Run, job: BackupJob) -> None:
    """Carry `job` on from wherever it stands."""
    if job.next_at is not None:
        step = {"RUNNING": finish, "ABORTING": abort}.get(job.state, start)
        if job.state == "RUNNING":
            run.busy_until[job.scope, job.resource["arn"]] = job.next_at
        run.at(job.next_at, partial(step, run, job))


def start(run: Run, job: BackupJob, now: int) -> None:
    """Make the native backup, unless something stands against it. One running job a resource."""
    run.writes.backup_jobs[job.id] = job
    if now >= job.start_by:
        reason = f" {job.message}" if job.message else ""
        message = f"Backup job expired: it could not start within its start window.{reason}"
        _end(job, "EXPIRED", now, message, "JOB_EXPIRED")
        return
    free_at = run.busy_until.get((job.scope, job.resource["arn"]), 0)
    if free_at > now:
        job.next_at = min(free_at, job.start_by)
        run.at(job.next_at, partial(start, run, job))
        return
    failure = _vault_failure(run, job)
    if failure is not None:
        _end(job, "FAILED", now, *failure)
        return
    try:
        _back_up(run, job, now)
    except DriverError as error:
        if error.transient:
            job.message, job.next_at = error.message, min(now + RETRY_MS, job.start_by)
            run.at(job.next_at, partial(start, run, job))
        else:
            _end(job, "FAILED", now, error.message, error.category)
        return
    run.at(job.next_at or now, partial(finish, run, job))


def abort(run: Run, job: BackupJob, now: int) -> None:
    """End a job that StopBackupJob has stopped; a native backup that was begun does not stay."""
    run.writes.backup_jobs[job.id] = job
    _discard(run, job, now, "ABORTED", "Backup job was stopped on request.", "")


def _vault_failure(run: Run, job: BackupJob) -> tuple[str, str] | None:
    """Message and category when the vault is missing or its lock forbids the retention."""
    vault = run.vault(job.scope.arn(f"backup-vault:{job.vault_name}"))
    if vault is None:
        return f"Backup vault {job.vault_name} does not exist.", "RESOURCE_NOT_FOUND"
    if forbidden_by_lock(vault, job.lifecycle):
        return f"Backup job failed. {OUT_OF_RANGE}", "INVALID_LIFECYCLE"
    return None


def _back_up(run: Run, job: BackupJob, now: int) -> None:
    """Call the driver; the job is RUNNING afterwards."""
    resource = run.inventory.resources(job.scope.account_id, job.scope.region).get(job.resource["arn"])
    if resource is None:
        raise DriverError(f"Resource {job.resource['arn']} does not exist.", "RESOURCE_NOT_FOUND")
    driver = run.service.driver(job.resource["type"], managed=job.fully_managed)
    vault: Any = run.vault(job.scope.arn(f"backup-vault:{job.vault_name}"))
    job.tags = _tags(resource, job.point_tags)
    run.set_time(now)
    job.native = driver.back_up(
        resource, vault_key_arn=vault["encryption_key_arn"], token=job.id, tags=job.tags
    )
    job.fully_managed = driver.fully_managed
    job.state, job.started, job.message = "RUNNING", now, ""
    job.next_at = now + min(duration_ms(job.id), job.completion_window)
    run.busy_until[job.scope, job.resource["arn"]] = job.next_at


def _tags(resource: Resource, point_tags: dict[str, str]) -> dict[str, str]:
    """The source's tags and the rule's; the rule wins, and more than 50 fail the job (aws-backup.md 4.9).

    Tags that AWS itself sets (`aws:…`) cannot be given to anything by anyone else.
    """
    tags = {key: value for key, value in resource.tags.items() if not key.startswith("aws:")} | point_tags
    if len(tags) > _MAX_TAGS:
        raise DriverError(f"The recovery point would have more than {_MAX_TAGS} tags.", "LIMIT_EXCEEDED")
    return tags


def finish(run: Run, job: BackupJob, now: int) -> None:
    """The native backup is there: a recovery point, its copies and its expiry, unless it came too late."""
    run.writes.backup_jobs[job.id] = job
    if job.native is None:
        raise AssertionError(f"job {job.id} runs without a native backup")
    vault = run.vault(job.scope.arn(f"backup-vault:{job.vault_name}"))
    if vault is None:
        _discard(run, job, now, "FAILED", f"Backup vault {job.vault_name} was deleted.", "RESOURCE_NOT_FOUND")
        return
    if duration_ms(job.id) > job.completion_window:
        message = "Backup job was cancelled at the end of its completion window."
        _discard(run, job, now, "ABORTED", message, "JOB_EXPIRED")
        return
    _end(job, "COMPLETED", now, job.native.message, job.native.category)
    row = recovery_point_row(
        job.scope,
        job.native,
        vault=dict(vault),
        resource=job.resource,
        created=job.created,
        initiated=job.created,
        completed=now,
        lifecycle=job.lifecycle,
        iam_role_arn=job.iam_role_arn,
        created_by=job.created_by,
        tags=job.tags,
        fully_managed=job.fully_managed,
    )
    run.writes.points.append(row)
    watch(run, row)
    key = (job.scope.account_id, job.scope.region, job.resource["arn"])
    run.writes.protected[key] = protected_row(
        job.scope, job.resource, created=job.created, vault_arn=vault["arn"], point_arn=job.native.arn
    )
    copies.schedule(run, job, now)


def _discard(run: Run, job: BackupJob, now: int, state: str, message: str, category: str) -> None:
    """End a job whose native backup must not stay."""
    if job.native is not None:
        message += run.take_back(job.native.arn, job, (job.scope.account_id, job.scope.region), now)
    job.native = None
    _end(job, state, now, message, category)


def _end(job: BackupJob, state: str, now: int, message: str, category: str) -> None:
    job.state, job.message, job.category = state, message, category
    job.completed, job.next_at = now, None
