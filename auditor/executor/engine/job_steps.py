"""The states of a backup and of a copy job, and the steps between them (aws-backup.md 4.2, 4.4).

    CREATED    waits for its time, for another job on its resource, or after a transient error: `start`
    RUNNING    the service makes the backup: `finish` looks at it until it is there, or it is too late
               others do the work of a parent: `gather` looks until all of them have ended
    an end     with a recovery point, or without one and without what was made of it (`native.discard`)

What differs stands in `backups.BackupSteps` and `copies.CopySteps`.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

from auditor.executor.engine import arrivals, native, nested, roles
from auditor.executor.engine.expiry import watch
from auditor.executor.engine.jobs import BackupJob, CopyJob
from auditor.executor.engine.points import recovery_point_row
from auditor.executor.engine.run import EngineRun
from auditor.executor.engine.writes import Row
from auditor.executor.seam.driver import DriverError, NativeBackup
from auditor.executor.seam.permissions import Task

_Job = TypeVar("_Job", bound=BackupJob | CopyJob)


class JobSteps(ABC, Generic[_Job]):
    """The steps of one kind of job. They keep no state: a job's row says where it stands."""

    #: State and message of a job whose backup is not there in time.
    _too_late: ClassVar[tuple[str, str]]

    def register(self, run: EngineRun, job: _Job) -> None:
        """Carry `job` on from wherever it stands."""
        if job.next_at is None:
            return
        if job.completed is not None:
            run.at(job.next_at, partial(native.look_back, run, job))
            return
        if job.state == "CREATED":
            run.resource_queues.queue(job)
            if roles.are_asked(run, job.next_at):
                roles.expect(run.service, job.iam_role_arn, self._task(run, job))
        step = self._step(job)
        if step in {self.finish, self.gather}:
            run.resource_queues.occupy(job)
        run.at(job.next_at, partial(step, run, job))

    def _step(self, job: _Job) -> Callable[[EngineRun, _Job, int], None]:
        """What is next for a job that has not ended."""
        if job.state == "CREATED":
            return self.start
        return self.gather if job.is_parent else self.finish

    def start(self, run: EngineRun, job: _Job, moment: int) -> None:
        """Have the backup made, unless it must wait or a call whose answer was lost has made it already."""
        now = run.now(moment)
        run.save(job)
        try:
            found = native.find_lost(run, job)
        except DriverError as error:
            self._failed(run, job, now, error, was_asked=True)
            return
        if found is not None:
            self._run(run, job, now, found)
            return
        try:
            if not self._must_wait(run, job, moment, now):
                self._begin(run, job, now)
        except DriverError as error:
            self._failed(run, job, now, error)

    def _start_at(self, run: EngineRun, job: _Job, moment: int) -> None:
        run.at(moment, partial(self.start, run, job))

    def _run(self, run: EngineRun, job: _Job, now: int, made: NativeBackup) -> None:
        """The service makes the backup."""
        job.native, job.state, job.started, job.message = self._noted(job, made), "RUNNING", now, ""
        job.next_at = now + self._duration(job)
        run.resource_queues.occupy(job)
        run.at(job.next_at, partial(self.finish, run, job))

    def _leave_to(self, run: EngineRun, job: _Job, children: Iterable[_Job]) -> None:
        """Leave the work to nested jobs: they are there with the parent's new state, or not at all."""
        for child in children:
            run.save(child)
        if run.durable:
            run.flush()
        for child in (*children, job):
            self.register(run, child)

    def gather(self, run: EngineRun, job: _Job, moment: int) -> None:
        """End a parent whose nested jobs have all ended."""
        run.save(job)
        now = run.now(moment)
        children = nested.ended(run, job, now)
        if children is None:
            self.register(run, job)
            return
        vault = run.vault(self._vault_arn(job))
        found = nested.outcome(run, job, children, vault)
        if vault is None or found.made is None:
            native.end(job, found.state, now, found.message, found.category)
        else:
            self._complete(run, job, now, self._noted(job, found.made), vault, found.state)

    def finish(self, run: EngineRun, job: _Job, moment: int) -> None:
        """The backup is complete: make the recovery point, unless it came too late."""
        run.save(job)
        now = run.now(moment)
        if job.native is None:
            raise AssertionError(f"job {job.id} runs without a native backup")
        try:
            vault = arrivals.check(job, run.vault(self._vault_arn(job)), now)
            settled = self._may_settle(job) and native.is_settled(run, job, job.native)
        except DriverError as error:
            native.discard(run, job, "FAILED", now, error.message, error.category)
            return
        look_at = self._look_again(job, now)
        if settled:
            self._complete(run, job, now, job.native, vault)
        elif look_at is None:
            state, message = self._too_late
            native.discard(run, job, state, now, message, "JOB_EXPIRED")
        else:
            job.next_at = look_at
            run.at(look_at, partial(self.finish, run, job))

    def _complete(
        self,
        run: EngineRun,
        job: _Job,
        now: int,
        made: NativeBackup,
        vault: Mapping[str, Any],
        state: str = "COMPLETED",
    ) -> None:
        """End a job with its recovery point."""
        job.native = made = native.shown(job, made, vault)
        native.end(job, state, now, made.message, made.category)
        row = recovery_point_row(
            native=made,
            vault=dict(vault),
            resource=job.resource,
            initiated=job.created,
            completed=now,
            iam_role_arn=job.iam_role_arn,
            created_by=job.created_by,
            tags=job.tags,
            fully_managed=job.fully_managed,
            status=state,
            parent_arn=job.parent_point_arn,
            member=job.member,
            **self._origin(job),
        )
        self._arrived(run, job, row, now)

    def _arrived(self, run: EngineRun, job: _Job, row: Row, now: int) -> None:
        """Keep the recovery point of a job that has ended at `now`, and watch for its end."""
        del job, now
        run.add_point(row)
        watch(run, row)

    def _noted(self, job: _Job, made: NativeBackup) -> NativeBackup:
        """What was made, with the job's own message."""
        del job
        return made

    def _may_settle(self, job: _Job) -> bool:
        """Whether the job can still end in time."""
        del job
        return True

    @abstractmethod
    def _task(self, run: EngineRun, job: _Job) -> Task:
        """What the job does with its role."""

    @abstractmethod
    def _vault_arn(self, job: _Job) -> str:
        """The vault that the recovery point goes into."""

    @abstractmethod
    def _origin(self, job: _Job) -> dict[str, Any]:
        """The rest of the recovery point's row: where it is, its creation, and its lifecycle."""

    @abstractmethod
    def _must_wait(self, run: EngineRun, job: _Job, moment: int, now: int) -> bool:
        """Whether the job cannot begin now; it then has a time to try again, or has ended."""

    @abstractmethod
    def _begin(self, run: EngineRun, job: _Job, now: int) -> None:
        """Call the driver, or leave the work to nested jobs. Raises `DriverError`."""

    @abstractmethod
    def _failed(
        self, run: EngineRun, job: _Job, now: int, error: DriverError, *, was_asked: bool = False
    ) -> None:
        """Begin again where that may help; with `was_asked` only find out what a call has made."""

    @abstractmethod
    def _duration(self, job: _Job) -> int:
        """After how many ms to look for the first time whether the backup is complete."""

    @abstractmethod
    def _look_again(self, job: _Job, now: int) -> int | None:
        """When to look again; None where it is too late."""
