"""Copies of recovery points into vaults of other Regions and accounts (aws-backup.md 4.12)."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5

from auditor.executor.engine import access, air_gap, arrivals, native, nested, roles
from auditor.executor.engine.cold import is_cold_now
from auditor.executor.engine.expiry import watch
from auditor.executor.engine.jobs import BackupJob, CopyJob
from auditor.executor.engine.pace import duration_ms, wait_ms
from auditor.executor.engine.points import copied_lifecycle, recovery_point_row
from auditor.executor.engine.run import OUT_OF_RANGE, EngineRun, forbidden_by_lock
from auditor.executor.seam.driver import DriverError, NativeBackup
from auditor.executor.seam.permissions import Act, Task
from auditor.executor.times import DAY_MS, MINUTE_MS

#: Failed copies are retried for up to 2 hours (aws-backup.md 4.12).
RETRIED_MS: Final = 120 * MINUTE_MS
#: How long a copy may take: as long as a backup may by default (aws-backup.md 4.12).
COMPLETED_MS: Final = 7 * DAY_MS


def schedule(run: EngineRun, job: BackupJob, now: int) -> None:
    """Create a copy job for each copy action of a backup."""
    if job.native is None:
        return
    for action in job.copies:
        copy_id = str(uuid5(UUID(job.id), action["DestinationBackupVaultArn"])).upper()
        copy = CopyJob(
            id=copy_id,
            scope=job.scope,
            created=now,
            resource=job.resource,
            source_vault_arn=job.scope.arn(f"backup-vault:{job.vault_name}"),
            destination_vault_arn=action["DestinationBackupVaultArn"],
            iam_role_arn=job.iam_role_arn,
            source=job.native,
            source_created=job.created,
            fully_managed=job.fully_managed,
            next_at=now + wait_ms(copy_id),
            lifecycle=copied_lifecycle(action.get("Lifecycle"), job.lifecycle),
            tags=job.tags,
            created_by=job.created_by,
            backup_job_id=job.id,
            air_gapped=job.air_gapped if job.temporary else None,
        )
        run.save(copy)
        register(run, copy)


def register(run: EngineRun, copy: CopyJob) -> None:
    """Carry `copy` on from wherever it stands."""
    if copy.next_at is None:
        return
    if copy.completed is not None:
        run.at(copy.next_at, partial(native.look_back, run, copy))
        return
    if copy.state == "CREATED":
        run.resource_queues.queue(copy)
    if copy.state == "CREATED" and roles.are_asked(run, copy.next_at):
        roles.expect(run.service, copy.iam_role_arn, _task(copy))
    step: Callable[[EngineRun, CopyJob, int], None] = start
    if copy.state == "RUNNING":
        step = gather if copy.is_parent else finish
        run.resource_queues.occupy(copy)
    run.at(copy.next_at, partial(step, run, copy))


def start(run: EngineRun, copy: CopyJob, moment: int) -> None:
    """Make the native copy. Jobs on one resource follow one another."""
    _start(run, copy, moment)
    air_gap.release(run, copy, run.now(moment))


def _start(run: EngineRun, copy: CopyJob, moment: int) -> None:
    now = run.now(moment)
    run.save(copy)
    try:
        found = native.find_lost(run, copy)
    except DriverError as error:
        _failed(run, copy, now, error, native.CLEANED_MS)
        return
    if found is not None:
        _run(run, copy, now, found)
        return
    look_at = run.resource_queues.waits(copy, moment, now)
    if look_at is not None:
        copy.next_at = look_at
        run.at(look_at, partial(start, run, copy))
        return
    try:
        _copy(run, copy, now)
    except DriverError as error:
        _failed(run, copy, now, error, RETRIED_MS)


def _failed(run: EngineRun, copy: CopyJob, now: int, error: DriverError, retried_ms: int) -> None:
    """Try again where that may help, for so long after the job was made."""
    if error.transient and now + native.RETRY_MS <= copy.created + retried_ms:
        copy.next_at = now + native.RETRY_MS
        run.at(copy.next_at, partial(start, run, copy))
    else:
        native.discard(run, copy, "FAILED", now, error.message, error.category)


def _run(run: EngineRun, copy: CopyJob, now: int, made: NativeBackup) -> None:
    copy.native, copy.state, copy.started = made, "RUNNING", now
    copy.next_at = now + duration_ms(copy.id)
    run.resource_queues.occupy(copy)
    run.at(copy.next_at, partial(finish, run, copy))


def _copy(run: EngineRun, copy: CopyJob, now: int) -> None:
    """Call the driver; the copy is RUNNING afterwards."""
    roles.check(run.service, copy.iam_role_arn, _task(copy))
    destination = copy.destination
    vault = run.vault(copy.destination_vault_arn)
    crossing = destination.account_id != copy.scope.account_id
    if crossing:
        _check_organization(run, copy.scope.account_id, destination.account_id)
    if vault is None:
        raise DriverError(f"Backup vault {copy.destination_vault_arn} does not exist.", "RESOURCE_NOT_FOUND")
    _check_policy(run, copy, vault, crossing=crossing)
    if forbidden_by_lock(vault, copy.lifecycle):
        raise DriverError(f"Copy job failed. {OUT_OF_RANGE}", "INVALID_LIFECYCLE")
    air_gap.check_copy(copy, vault)
    arrivals.check_retention(copy, now)
    arrivals.remember_vault(copy, vault)
    if copy.is_parent:
        _spread(run, copy, now)
        return
    if copy.backup_job_id is None and is_cold_now(run, copy.scope, copy.source.arn, now):
        message = f"{copy.source.arn} is in cold storage, from which nothing can be copied."
        raise DriverError(message, "INVALID_STATE")
    driver = native.driver_of(run, copy)
    if not driver.can_copy:
        raise DriverError(
            f"Recovery points of {copy.resource['type']} cannot be copied.", "RESOURCE_NOT_SUPPORTED"
        )
    call = partial(
        driver.copy,
        copy.source,
        source=(copy.scope.account_id, copy.scope.region),
        destination=copy.place,
        key=vault["encryption_key_arn"],
        token=copy.id,
        tags=copy.tags,
    )
    _run(run, copy, now, native.make(run, copy, now, call))


def _task(copy: CopyJob) -> Task:
    """What the job does with its role, which is of the source's account."""
    crossing = copy.destination.account_id != copy.scope.account_id
    return Task(
        Act.SHARE if crossing else Act.COPY,
        copy.scope,
        copy.resource["type"],
        copy.resource["arn"],
        managed=copy.fully_managed,
        backup_arn=copy.source.arn,
        vaults=(copy.source_vault_arn, copy.destination_vault_arn) if crossing else (),
    )


def _spread(run: EngineRun, copy: CopyJob, now: int) -> None:
    """Leave the work to nested jobs: they are there together with the parent's new state, or not at all."""
    children = nested.copies_of(run, copy, now)
    copy.state, copy.started, copy.next_at = "RUNNING", now, now + 1
    for child in children:
        run.save(child)
    if run.durable:
        run.flush()
    for child in (*children, copy):
        register(run, child)


def gather(run: EngineRun, copy: CopyJob, now: int) -> None:
    """End a parent whose nested jobs have all ended."""
    run.save(copy)
    now = run.now(now)
    children = nested.ended(run, copy, now)
    if children is None:
        register(run, copy)
        return
    vault = run.vault(copy.destination_vault_arn)
    found = nested.outcome(run, copy, children, vault)
    if vault is None or found.made is None:
        native.end(copy, "FAILED", now, found.message, found.category)
    else:
        _complete(run, copy, now, found.made, vault, found.state)


def _check_organization(run: EngineRun, source: str, destination: str) -> None:
    """Check that both accounts are of one organization, and that it has turned cross-account backup on."""
    here, there = run.service.membership(source), run.service.membership(destination)
    if (here and here.organization_id) != (there and there.organization_id):
        message = (
            "Copy job failed. Both source and destination account must be a member of the same organization."
        )
        raise DriverError(message, "ACCESS_DENIED")
    if not run.crosses_accounts(source if here is None else here.management_account_id):
        message = (
            "Copy job failed. Cross-account backup is not enabled: isCrossAccountBackupEnabled is false."
        )
        raise DriverError(message, "FEATURE_NOT_ENABLED")


def _check_policy(run: EngineRun, copy: CopyJob, vault: Mapping[str, Any], *, crossing: bool) -> None:
    """Check that the destination vault's policy lets the role copy; between accounts it must allow it.

    A backup that keeps its source's encryption needs a customer's key there (aws-backup.md 4.12).
    """
    membership = run.service.membership(copy.scope.account_id)
    organization = None if membership is None else membership.organization_id
    asked = access.request(access.COPY_INTO, copy.iam_role_arn, [vault["arn"]], organization)
    policy = vault["access_policy"]
    if access.denied(policy, asked) or (crossing and not access.allowed(policy, asked)):
        message = f"The access policy of {vault['arn']} does not let {copy.iam_role_arn} copy into it."
        raise DriverError(f"Copy job failed. {message}", "ACCESS_DENIED")
    if crossing and not copy.fully_managed and copy.source.encrypted and vault["encryption_key_arn"] is None:
        message = f"Copy job failed. {vault['arn']} needs a customer managed key for this copy."
        raise DriverError(message, "KMS_KEY_ERROR")


def finish(run: EngineRun, copy: CopyJob, moment: int) -> None:
    """The copy is complete: make the destination's recovery point, with its source's creation date."""
    now = run.now(moment)
    _finish(run, copy, now)
    air_gap.release(run, copy, now)


def _finish(run: EngineRun, copy: CopyJob, now: int) -> None:
    run.save(copy)
    if copy.native is None:
        raise AssertionError(f"copy job {copy.id} runs without a native copy")
    try:
        vault = arrivals.check(copy, run.vault(copy.destination_vault_arn), now)
        settled = native.is_settled(run, copy, copy.native)
    except DriverError as error:
        native.discard(run, copy, "FAILED", now, error.message, error.category)
        return
    if not settled and now >= (copy.started or copy.created) + COMPLETED_MS:
        message = "Copy job was cancelled: it was not complete within 7 days."
        native.discard(run, copy, "FAILED", now, message, "JOB_EXPIRED")
        return
    if not settled:
        copy.next_at = now + native.LOOK_MS
        run.at(copy.next_at, partial(finish, run, copy))
        return
    _complete(run, copy, now, copy.native, vault)


def _complete(
    run: EngineRun,
    copy: CopyJob,
    now: int,
    made: NativeBackup,
    vault: Mapping[str, Any],
    state: str = "COMPLETED",
) -> None:
    copy.native = made = native.shown(copy, made, vault)
    native.end(copy, state, now, made.message, made.category)
    row = recovery_point_row(
        copy.destination,
        made,
        vault=dict(vault),
        resource=copy.resource,
        created=copy.source_created,
        initiated=copy.created,
        completed=now,
        lifecycle=copy.lifecycle,
        iam_role_arn=copy.iam_role_arn,
        created_by=copy.created_by,
        tags=copy.tags,
        fully_managed=copy.fully_managed,
        source_vault_arn=copy.source_vault_arn,
        status=state,
        parent_arn=copy.parent_point_arn,
        member=copy.member,
    )
    run.add_point(row)
    watch(run, row)
