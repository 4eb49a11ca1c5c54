"""Copies of recovery points into vaults of other Regions and accounts (aws-backup.md 4.12).

The steps that a backup has too are in `job_steps`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5

from auditor.executor.engine import access, air_gap, arrivals, native, nested, roles
from auditor.executor.engine.cold import is_cold_now
from auditor.executor.engine.job_steps import JobSteps
from auditor.executor.engine.jobs import BackupJob, CopyJob
from auditor.executor.engine.pace import duration_ms, wait_ms
from auditor.executor.engine.points import copied_lifecycle
from auditor.executor.engine.run import OUT_OF_RANGE, EngineRun, forbidden_by_lock
from auditor.executor.seam.driver import DriverError
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


class CopySteps(JobSteps[CopyJob]):
    """The steps of copy jobs."""

    _too_late = ("FAILED", "Copy job was cancelled: it was not complete within 7 days.")

    def start(self, run: EngineRun, copy: CopyJob, moment: int) -> None:
        """As for every job; after a copy that has ended, release the temporary recovery point."""
        super().start(run, copy, moment)
        air_gap.release(run, copy, run.now(moment))

    def finish(self, run: EngineRun, copy: CopyJob, moment: int) -> None:
        """As for every job; after a copy that has ended, release the temporary recovery point."""
        now = run.now(moment)
        super().finish(run, copy, moment)
        air_gap.release(run, copy, now)

    def _must_wait(self, run: EngineRun, copy: CopyJob, moment: int, now: int) -> bool:
        """Wait for the resource: jobs on one follow one another."""
        look_at = run.resource_queues.waits(copy, moment, now)
        if look_at is not None:
            copy.next_at = look_at
            self._start_at(run, copy, look_at)
        return look_at is not None

    def _failed(
        self, run: EngineRun, copy: CopyJob, now: int, error: DriverError, *, was_asked: bool = False
    ) -> None:
        """Try again where that may help, for so long after the job was made."""
        retried_ms = native.CLEANED_MS if was_asked else RETRIED_MS
        if error.transient and now + native.RETRY_MS <= copy.created + retried_ms:
            copy.next_at = now + native.RETRY_MS
            self._start_at(run, copy, copy.next_at)
        else:
            native.discard(run, copy, "FAILED", now, error.message, error.category)

    def _begin(self, run: EngineRun, copy: CopyJob, now: int) -> None:
        """Call the driver; the copy is RUNNING afterwards."""
        roles.check(run.service, copy.iam_role_arn, self._task(run, copy))
        destination = copy.destination
        vault = run.vault(self._vault_arn(copy))
        crossing = destination.account_id != copy.scope.account_id
        if crossing:
            _check_organization(run, copy.scope.account_id, destination.account_id)
        if vault is None:
            raise DriverError(
                f"Backup vault {copy.destination_vault_arn} does not exist.", "RESOURCE_NOT_FOUND"
            )
        _check_policy(run, copy, vault, crossing=crossing)
        if forbidden_by_lock(vault, copy.lifecycle):
            raise DriverError(f"Copy job failed. {OUT_OF_RANGE}", "INVALID_LIFECYCLE")
        air_gap.check_copy(copy, vault)
        arrivals.check_retention(copy, now)
        arrivals.remember_vault(copy, vault)
        if copy.is_parent:
            self._spread(run, copy, now)
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
        self._run(run, copy, now, native.make(run, copy, now, call))

    def _task(self, run: EngineRun, copy: CopyJob) -> Task:
        """What the job does with its role, which is of the source's account."""
        del run
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

    def _spread(self, run: EngineRun, copy: CopyJob, now: int) -> None:
        """Leave the work to copies of what the recovery point is made of."""
        children = nested.copies_of(run, copy, now)
        copy.state, copy.started, copy.next_at = "RUNNING", now, now + 1
        self._leave_to(run, copy, children)

    def _duration(self, copy: CopyJob) -> int:
        """A copy has no completion window."""
        return duration_ms(copy.id)

    def _look_again(self, copy: CopyJob, now: int) -> int | None:
        """It is looked at for as long as a copy may take."""
        closes = (copy.started or copy.created) + COMPLETED_MS
        return now + native.LOOK_MS if now < closes else None

    def _vault_arn(self, copy: CopyJob) -> str:
        """The destination vault."""
        return copy.destination_vault_arn

    def _origin(self, copy: CopyJob) -> dict[str, Any]:
        """A copy has the creation date of its source."""
        return {
            "scope": copy.destination,
            "created": copy.source_created,
            "lifecycle": copy.lifecycle,
            "source_vault_arn": copy.source_vault_arn,
        }


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


#: Carries a copy job on from wherever it stands.
register: Final = CopySteps().register
