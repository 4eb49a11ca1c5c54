"""A backup job's states: CREATED, RUNNING; COMPLETED, FAILED, EXPIRED, ABORTED (aws-backup.md 4.2, 4.4).

It is CREATED while it waits in its start window: for its time, for another job on its resource, or after a
transient error. It is ABORTING from StopBackupJob to the engine's next look. PENDING and PARTIAL are states
of composite jobs (`nested`).
"""

from dataclasses import replace
from functools import partial
from typing import Any, Final

from auditor.executor.engine import air_gap, arrivals, continuous, copies, native, nested, roles
from auditor.executor.engine.expiry import watch
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.engine.pace import duration_ms
from auditor.executor.engine.points import recovery_point_row
from auditor.executor.engine.run import OUT_OF_RANGE, EngineRun, forbidden_by_lock, protected_row
from auditor.executor.seam.continuous import is_continuous
from auditor.executor.seam.driver import DriverError, NativeBackup
from auditor.executor.seam.permissions import Act, Task
from auditor.model.organization import Resource

_MAX_TAGS: Final = 50

#: Windows is not asked for a shadow copy here: what AWS Backup says where it was asked and made none.
_NO_VSS: Final = "Windows VSS Backup Job Error encountered, trying for regular backup"


def register(run: EngineRun, job: BackupJob) -> None:
    """Carry `job` on from wherever it stands."""
    if job.next_at is None:
        return
    if job.completed is not None:
        run.at(job.next_at, partial(native.look_back, run, job))
        return
    if job.state == "CREATED":
        run.resource_queues.queue(job)
    if job.state == "CREATED" and roles.are_asked(run, job.next_at):
        roles.expect(run.service, job.iam_role_arn, _task(run, job))
    step = {"RUNNING": finish, "ABORTING": abort}.get(job.state, start)
    if job.is_parent and job.state != "CREATED":
        step = gather
    if step in {finish, gather}:
        run.resource_queues.occupy(job)
    run.at(job.next_at, partial(step, run, job))


def start(run: EngineRun, job: BackupJob, moment: int) -> None:
    """Make the native backup, unless something prevents it. Each resource has at most one running job."""
    now = run.now(moment)
    run.save(job)
    try:
        if not _take_up(run, job, now) and not _must_wait(run, job, moment, now):
            _back_up(run, job, now)
    except DriverError as error:
        _failed(run, job, now, error)


def _take_up(run: EngineRun, job: BackupJob, now: int) -> bool:
    """Take up a backup whose answer was lost; gives whether there is one. Raises `DriverError`."""
    found = native.find_lost(run, job)
    if found is not None:
        _run(run, job, now, found)
    return found is not None


def _must_wait(run: EngineRun, job: BackupJob, moment: int, now: int) -> bool:
    """Whether the job cannot start, now or ever."""
    if now >= job.start_by:
        reason = f" {job.message}" if job.message else ""
        message = f"Backup job expired: it could not start within its start window.{reason}"
        native.discard(run, job, "EXPIRED", now, message, "JOB_EXPIRED")
        return True
    look_at = run.resource_queues.waits(job, moment, now)
    if look_at is not None:
        job.next_at = min(look_at, job.start_by)
        run.at(max(moment, job.next_at), partial(start, run, job))
        return True
    failure = _vault_failure(run, job)
    if failure is not None:
        native.discard(run, job, "FAILED", now, *failure)
    return failure is not None


def _failed(run: EngineRun, job: BackupJob, now: int, error: DriverError) -> None:
    """Try again within the start window where that may help; after it, only find out what was made."""
    if error.transient and now < job.start_by + native.CLEANED_MS:
        again = now + native.RETRY_MS
        job.message, job.next_at = error.message, min(again, job.start_by) if now < job.start_by else again
        run.at(job.next_at, partial(start, run, job))
    else:
        native.discard(run, job, "FAILED", now, error.message, error.category)


def abort(run: EngineRun, job: BackupJob, now: int) -> None:
    """End a job that StopBackupJob has stopped; a native backup that was begun does not stay."""
    run.save(job)
    native.discard(run, job, "ABORTED", run.now(now), "Backup job was stopped on request.", "")


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


def _back_up(run: EngineRun, job: BackupJob, now: int) -> None:
    """Call the driver; the job is RUNNING afterwards."""
    roles.check(run.service, job.iam_role_arn, _task(run, job))
    resource = run.inventory.find(*job.place, job.resource["type"], job.resource["arn"])
    if resource is None:
        raise DriverError(f"Resource {job.resource['arn']} does not exist.", "RESOURCE_NOT_FOUND")
    if job.is_parent:
        _spread(run, job, now, resource)
        return
    driver = native.driver_of(run, job)
    job.fully_managed = driver.fully_managed
    vault: Any = run.vault(job.scope.arn(f"backup-vault:{job.vault_name}"))
    job.tags = _tags(resource, job.point_tags)
    made = continuous.start_or_renew(run, job, now, resource, vault["encryption_key_arn"])
    if made is not None:
        job.started, job.message = now, ""
        snapshot = continuous.copied_snapshot(run, job, now)
        if snapshot is not None:
            run.save(snapshot)
            register(run, snapshot)
        _complete(run, job, now, made, dict(vault))
        return
    call = partial(
        driver.back_up,
        resource,
        vault_key_arn=vault["encryption_key_arn"],
        token=job.id,
        tags=job.tags,
    )
    _run(run, job, now, native.make(run, job, now, call))


def _task(run: EngineRun, job: BackupJob) -> Task:
    """What the job does with its role."""
    return Task(
        Act.BACK_UP,
        job.scope,
        job.resource["type"],
        job.resource["arn"],
        managed=native.driver_of(run, job).fully_managed,
        continuous=job.continuous,
    )


def _spread(run: EngineRun, job: BackupJob, now: int, stack: Resource) -> None:
    """Leave the work to nested jobs: they are there together with the parent's new state, or not at all."""
    children = nested.backups_of(run, job, stack, now)
    job.tags, job.state, job.message, job.next_at = job.point_tags, "PENDING", "", now + 1
    for child in children:
        run.save(child)
    if run.durable:
        run.flush()
    for child in (*children, job):
        register(run, child)


def gather(run: EngineRun, job: BackupJob, now: int) -> None:
    """End a parent whose nested jobs have all ended."""
    run.save(job)
    now = run.now(now)
    children = nested.ended(run, job, now)
    if children is None:
        register(run, job)
        return
    vault = run.vault(job.scope.arn(f"backup-vault:{job.vault_name}"))
    found = nested.outcome(run, job, children, vault)
    if vault is None or found.made is None:
        native.end(job, found.state, now, found.message, found.category)
    else:
        _complete(run, job, now, _with_issue(job, found.made), dict(vault), found.state)


def _with_issue(job: BackupJob, made: NativeBackup) -> NativeBackup:
    """What was made, with the job's own message where nothing else is wrong."""
    if not job.issue or made.category != "SUCCESS":
        return made
    return replace(made, message=job.issue, category="FEATURE_NOT_ENABLED")


def _run(run: EngineRun, job: BackupJob, now: int, made: NativeBackup) -> None:
    made = _with_issue(job, made)
    if job.options.get("WindowsVSS") == "enabled" and made.category == "SUCCESS":
        made = replace(made, message=_NO_VSS, category="VSS_ERROR")
    job.native, job.state, job.started, job.message = made, "RUNNING", now, ""
    job.next_at = now + min(duration_ms(job.id), job.completion_window)
    run.resource_queues.occupy(job)
    run.at(job.next_at, partial(finish, run, job))


def _tags(resource: Resource, point_tags: dict[str, str]) -> dict[str, str]:
    """The source's tags and the rule's; the rule wins, and more than 50 fail the job (aws-backup.md 4.9).

    Tags that AWS itself sets (`aws:…`) cannot be given to anything by anyone else.
    """
    tags = {key: value for key, value in resource.tags.items() if not key.startswith("aws:")} | point_tags
    if len(tags) > _MAX_TAGS:
        raise DriverError(f"The recovery point would have more than {_MAX_TAGS} tags.", "LIMIT_EXCEEDED")
    return tags


def finish(run: EngineRun, job: BackupJob, now: int) -> None:
    """The native backup is complete: make recovery point, copies and expiry, unless it came too late."""
    run.save(job)
    now = run.now(now)
    if job.native is None or job.started is None:
        raise AssertionError(f"job {job.id} runs without a native backup")
    found = run.vault(job.scope.arn(f"backup-vault:{job.vault_name}"))
    closes = job.started + job.completion_window
    try:
        vault = arrivals.check(job, found, now)
        settled = duration_ms(job.id) <= job.completion_window and native.is_settled(run, job, job.native)
    except DriverError as error:
        native.discard(run, job, "FAILED", now, error.message, error.category)
        return
    if settled:
        _complete(run, job, now, job.native, dict(vault))
    elif now < closes:
        job.next_at = min(now + native.LOOK_MS, closes)
        run.at(job.next_at, partial(finish, run, job))
    else:
        message = "Backup job was cancelled at the end of its completion window."
        native.discard(run, job, "ABORTED", now, message, "JOB_EXPIRED")


def _complete(
    run: EngineRun,
    job: BackupJob,
    now: int,
    made: NativeBackup,
    vault: dict[str, Any],
    state: str = "COMPLETED",
) -> None:
    job.native = made = native.shown(job, made, vault)
    native.end(job, state, now, made.message, made.category)
    row = recovery_point_row(
        job.scope,
        made,
        vault=vault,
        resource=job.resource,
        created=job.created,
        initiated=job.created,
        completed=now,
        lifecycle=air_gap.lifecycle_of(job),
        iam_role_arn=job.iam_role_arn,
        created_by=job.created_by,
        tags=job.tags,
        fully_managed=job.fully_managed,
        status=state,
        parent_arn=job.parent_point_arn,
        member=job.member,
    )
    if is_continuous(made.arn):
        continuous.save_point(run, row, job.created, now)
    else:
        run.add_point(row)
        watch(run, row)
    key = (job.scope.account_id, job.scope.region, job.resource["arn"])
    run.writes.protected[key] = protected_row(
        job.scope, job.resource, created=job.created, vault_arn=vault["arn"], point_arn=made.arn
    )
    copies.schedule(run, job, now)
