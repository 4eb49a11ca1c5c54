"""A backup job's states: CREATED, RUNNING; COMPLETED, FAILED, EXPIRED, ABORTED (aws-backup.md 4.2, 4.4).

It is CREATED while it waits in its start window: for its time, for another job on its resource, or after a
transient error. It is ABORTING from StopBackupJob to the engine's next look. PENDING and PARTIAL are states
of composite jobs (`nested`). The steps that a copy has too are in `job_steps`.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final

from auditor.executor.engine import air_gap, arrivals, continuous, copies, native, nested, roles
from auditor.executor.engine.job_steps import JobSteps
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.engine.pace import duration_ms
from auditor.executor.engine.run import OUT_OF_RANGE, EngineRun, forbidden_by_lock, protected_row
from auditor.executor.engine.writes import Row
from auditor.executor.seam.continuous import is_continuous
from auditor.executor.seam.driver import DriverError, NativeBackup
from auditor.executor.seam.permissions import Act, Task
from auditor.model.organization import Resource

_MAX_TAGS: Final = 50

#: Windows is not asked for a shadow copy here: what AWS Backup says where it was asked and made none.
_NO_VSS: Final = "Windows VSS Backup Job Error encountered, trying for regular backup"


class BackupSteps(JobSteps[BackupJob]):
    """The steps of backup jobs."""

    _too_late = ("ABORTED", "Backup job was cancelled at the end of its completion window.")

    def _step(self, job: BackupJob) -> Callable[[EngineRun, BackupJob, int], None]:
        """What is next: a job that was stopped is ABORTING, its parent waits for those below it."""
        return self._abort if job.state == "ABORTING" and not job.is_parent else super()._step(job)

    def _abort(self, run: EngineRun, job: BackupJob, moment: int) -> None:
        """End a job that StopBackupJob has stopped; a native backup that was begun does not stay."""
        run.save(job)
        native.discard(run, job, "ABORTED", run.now(moment), "Backup job was stopped on request.", "")

    def _must_wait(self, run: EngineRun, job: BackupJob, moment: int, now: int) -> bool:
        """Wait for the resource within the start window; end where the window, or the vault, forbids it."""
        if now >= job.start_by:
            reason = f" {job.message}" if job.message else ""
            message = f"Backup job expired: it could not start within its start window.{reason}"
            native.discard(run, job, "EXPIRED", now, message, "JOB_EXPIRED")
            return True
        look_at = run.resource_queues.waits(job, moment, now)
        if look_at is not None:
            job.next_at = min(look_at, job.start_by)
            self._start_at(run, job, max(moment, job.next_at))
            return True
        failure = _vault_failure(run, job)
        if failure is not None:
            native.discard(run, job, "FAILED", now, *failure)
        return failure is not None

    def _failed(
        self, run: EngineRun, job: BackupJob, now: int, error: DriverError, *, was_asked: bool = False
    ) -> None:
        """Try again within the start window where that may help; after it, only find out what was made."""
        del was_asked
        if error.transient and now < job.start_by + native.CLEANED_MS:
            again = now + native.RETRY_MS
            job.message, job.next_at = (
                error.message,
                min(again, job.start_by) if now < job.start_by else again,
            )
            self._start_at(run, job, job.next_at)
        else:
            native.discard(run, job, "FAILED", now, error.message, error.category)

    def _begin(self, run: EngineRun, job: BackupJob, now: int) -> None:
        """Call the driver; the job is RUNNING afterwards."""
        roles.check(run.service, job.iam_role_arn, self._task(run, job))
        resource = run.inventory.find(*job.place, job.resource["type"], job.resource["arn"])
        if resource is None:
            raise DriverError(f"Resource {job.resource['arn']} does not exist.", "RESOURCE_NOT_FOUND")
        if job.is_parent:
            self._spread(run, job, now, resource)
            return
        driver = native.driver_of(run, job)
        job.fully_managed = driver.fully_managed
        vault: Any = run.vault(self._vault_arn(job))
        job.tags = _tags(resource, job.point_tags)
        made = continuous.start_or_renew(run, job, now, resource, vault["encryption_key_arn"])
        if made is not None:
            job.started, job.message = now, ""
            snapshot = continuous.copied_snapshot(run, job, now)
            if snapshot is not None:
                run.save(snapshot)
                self.register(run, snapshot)
            self._complete(run, job, now, made, vault)
            return
        call = partial(
            driver.back_up,
            resource,
            vault_key_arn=vault["encryption_key_arn"],
            token=job.id,
            tags=job.tags,
        )
        self._run(run, job, now, native.make(run, job, now, call))

    def _task(self, run: EngineRun, job: BackupJob) -> Task:
        """What the job does with its role."""
        return Task(
            Act.BACK_UP,
            job.scope,
            job.resource["type"],
            job.resource["arn"],
            managed=native.driver_of(run, job).fully_managed,
            continuous=job.continuous,
        )

    def _spread(self, run: EngineRun, job: BackupJob, now: int, stack: Resource) -> None:
        """Leave the work to jobs of what the stack is made of."""
        children = nested.backups_of(run, job, stack, now)
        job.tags, job.state, job.message, job.next_at = job.point_tags, "PENDING", "", now + 1
        self._leave_to(run, job, children)

    def _noted(self, job: BackupJob, made: NativeBackup) -> NativeBackup:
        """What was made, with the job's own message where nothing else is wrong."""
        if made.category != "SUCCESS":
            return made
        if job.issue:
            return replace(made, message=job.issue, category="FEATURE_NOT_ENABLED")
        if job.options.get("WindowsVSS") == "enabled":
            return replace(made, message=_NO_VSS, category="VSS_ERROR")
        return made

    def _duration(self, job: BackupJob) -> int:
        """It is looked at by the end of the completion window at the latest."""
        return min(duration_ms(job.id), job.completion_window)

    def _may_settle(self, job: BackupJob) -> bool:
        """Whether the backup takes no longer than its completion window."""
        return duration_ms(job.id) <= job.completion_window

    def _look_again(self, job: BackupJob, now: int) -> int | None:
        """It is looked at until the completion window closes, and then for the last time."""
        closes = (job.started or job.created) + job.completion_window
        return min(now + native.LOOK_MS, closes) if now < closes else None

    def _vault_arn(self, job: BackupJob) -> str:
        """The vault of the job's own account and Region."""
        return job.scope.arn(f"backup-vault:{job.vault_name}")

    def _origin(self, job: BackupJob) -> dict[str, Any]:
        """A recovery point counts its days from the job's creation."""
        return {"scope": job.scope, "created": job.created, "lifecycle": air_gap.lifecycle_of(job)}

    def _arrived(self, run: EngineRun, job: BackupJob, row: Row, now: int) -> None:
        """Keep the recovery point, with what it says of its resource, and have it copied."""
        if is_continuous(row["arn"]):
            continuous.save_point(run, row, job.created, now)
        else:
            super()._arrived(run, job, row, now)
        key = (job.scope.account_id, job.scope.region, job.resource["arn"])
        run.writes.protected[key] = protected_row(
            job.scope, job.resource, created=job.created, vault_arn=self._vault_arn(job), point_arn=row["arn"]
        )
        copies.schedule(run, job, now)


def _vault_failure(run: EngineRun, job: BackupJob) -> tuple[str, str] | None:
    """Message and category when the vault is missing or its lock forbids the retention."""
    vault = run.vault(job.scope.arn(f"backup-vault:{job.vault_name}"))
    if vault is None:
        return f"Backup vault {job.vault_name} does not exist.", "RESOURCE_NOT_FOUND"
    try:
        air_gap.check(job, vault)
    except DriverError as error:
        return error.message, error.category
    if forbidden_by_lock(vault, job.lifecycle):
        return f"Backup job failed. {OUT_OF_RANGE}", "INVALID_LIFECYCLE"
    arrivals.remember_vault(job, vault)
    return None


def _tags(resource: Resource, point_tags: dict[str, str]) -> dict[str, str]:
    """The source's tags and the rule's; the rule wins, and more than 50 fail the job (aws-backup.md 4.9).

    Tags that AWS itself sets (`aws:…`) cannot be given to anything by anyone else.
    """
    tags = {key: value for key, value in resource.tags.items() if not key.startswith("aws:")} | point_tags
    if len(tags) > _MAX_TAGS:
        raise DriverError(f"The recovery point would have more than {_MAX_TAGS} tags.", "LIMIT_EXCEEDED")
    return tags


#: Carries a backup job on from wherever it stands.
register: Final = BackupSteps().register
