"""Make native backups and copies exactly once, and leave none behind.

Before the service is asked, the database says that it will be; afterwards it has the answer. A job whose
answer is unknown, because the process was killed or the connection broke, looks for what was made under its
token.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, Final

from auditor.executor.engine.jobs import UNDONE, BackupJob, CopyJob
from auditor.executor.engine.run import EngineRun
from auditor.executor.seam.driver import Driver, DriverError, Duplicating, NativeBackup, Optioned
from auditor.executor.times import DAY_MS, MINUTE_MS

#: Jobs that may be tried again are, at least every 10 minutes (aws-backup.md 4.2, 4.12).
RETRY_MS: Final = 10 * MINUTE_MS

#: How often a service is asked whether it is done.
LOOK_MS: Final = MINUTE_MS

#: When after a job's end it is looked at what a call has made that was given up for lost.
LATE_MS: Final = 60 * MINUTE_MS

#: For how long what may have been made is looked for, and what must not stay is tried to be deleted.
CLEANED_MS: Final = DAY_MS

NativeJob = BackupJob | CopyJob


def driver_of(run: EngineRun, job: NativeJob) -> Driver:
    """The driver that made, or will make, what the job is about."""
    driver = run.service.driver(job.resource["type"], managed=job.fully_managed)
    options = job.options if isinstance(job, BackupJob) else {}
    return driver.with_options(options) if isinstance(driver, Optioned) else driver


def make(run: EngineRun, job: NativeJob, now: int, call: Callable[[], NativeBackup]) -> NativeBackup:
    """Make the native backup with `call`. Raises `DriverError`, after which it is not known what was made."""
    if run.durable:
        job.begun = True
        run.save(job)
        run.flush()
        run.save(job)
    run.set_time(now)
    native = call()
    job.begun = False
    return native


def find_lost(run: EngineRun, job: NativeJob) -> NativeBackup | None:
    """The backup that was made for a job whose answer was lost, None when there is no whole one.

    Raises a transient `DriverError` when it could not look: then nothing is known about the backup.
    """
    if not job.begun:
        return None
    job.doubtful = True
    try:
        found = driver_of(run, job).find(job.id, *job.place)
    except DriverError as error:
        raise DriverError(error.message, error.category, transient=True) from error
    job.begun = found is None
    return found


def is_settled(run: EngineRun, job: NativeJob, made: NativeBackup) -> bool:
    """Whether the service has completed the backup; with a batch of changes its answer is the completion.

    A look that fails says nothing about the backup, unless it says that the backup is gone. Raises
    `DriverError` where the backup has failed.
    """
    if not run.durable:
        return True
    try:
        return driver_of(run, job).settled(made.arn, *job.place)
    except DriverError as error:
        if error.__cause__ is None or error.category == "RESOURCE_NOT_FOUND":
            raise
        return False


def shown(job: NativeJob, made: NativeBackup, vault: Mapping[str, Any]) -> NativeBackup:
    """A backup with the key that the API shows: the vault's key for what the executor stores itself.

    In a vault without a customer's key that is AWS's own (aws-backup.md 1.1 row 11).
    """
    if job.fully_managed and made.kms_key_arn is None:
        return replace(made, kms_key_arn=vault["own_key_arn"])
    return made


def end(job: NativeJob, state: str, now: int, message: str, category: str) -> None:
    """End a job; a doubtful one is looked at once more."""
    job.state, job.message, job.category = state, message, category
    job.completed, job.next_at = now, now + LATE_MS if job.doubtful else None


def look_back(run: EngineRun, job: NativeJob, now: int) -> None:
    """Delete what an ended job has left; after a completed job, what a late call made a second time."""
    if job.state in UNDONE:
        clean(run, job, now)
        return
    now = run.now(now)
    run.save(job)
    run.set_time(now)
    driver, job.next_at = driver_of(run, job), None
    try:
        if isinstance(driver, Duplicating) and job.native is not None:
            driver.delete_duplicates(job.id, job.native.arn, *job.place)
    except DriverError:
        _again(run, job, now)
        return
    job.doubtful = False


def _again(run: EngineRun, job: NativeJob, now: int) -> None:
    """Look at an ended job once more, for a day after its end."""
    again = now + RETRY_MS
    if run.durable and again <= (job.completed or now) + CLEANED_MS:
        job.next_at = again
        run.at(again, partial(look_back, run, job))


def clean(run: EngineRun, job: NativeJob, now: int) -> None:
    """Delete what an ended job has left, whole or in part; where that fails, try again for a day.

    For a doubtful job this is done twice: a call that seemed lost may be carried out in between.
    """
    job.doubtful = job.doubtful or (job.begun and job.state == "ABORTED")  # a stop may overtake the call
    if job.native is None and not job.begun and not job.doubtful:
        return
    now = run.now(now)
    run.save(job)
    if run.durable:
        job.next_at = now
        run.flush()  # nothing is deleted for a job that somebody else has taken over
        run.save(job)
    run.set_time(now)
    driver, job.next_at = driver_of(run, job), None
    try:
        # Undoing a copy ends the share of its source, too.
        if job.begun or job.doubtful or isinstance(job, CopyJob):
            driver.undo(job.id, *job.place)
        if job.native is not None:
            driver.delete(job.native.arn, *job.place)
    except DriverError as error:
        if error.message != job.message:
            what = "What was made of it" if job.native is None else job.native.arn
            job.left_behind = f" {what} is left behind: {error.message}"
        _again(run, job, now)
        return
    job.native, job.begun, job.left_behind = None, False, ""
    late = (job.completed or now) + LATE_MS
    if job.doubtful and now < late:
        job.next_at = late
        run.at(late, partial(look_back, run, job))
    else:
        job.doubtful = False


def give_back(run: EngineRun, job: NativeJob, other: NativeBackup | None) -> None:
    """Delete what was made for a job that another executor has taken over, and that has `other` now.

    It stays where the job has no backup yet, as the other executor may still find it, and where the executor
    stores it itself, as it then lies under the job's id. What cannot be deleted stays too.
    """
    made = job.native
    if made is None or other is None or other.arn == made.arn or job.fully_managed:
        return
    with suppress(DriverError):
        driver_of(run, job).delete(made.arn, *job.place)


def discard(run: EngineRun, job: NativeJob, state: str, now: int, message: str, category: str) -> None:
    """End a job whose native backup must not stay."""
    end(job, state, now, message, category)
    clean(run, job, now)
