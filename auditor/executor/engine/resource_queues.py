"""One job at a time on a resource, in the order in which they were made, backups and copies alike.

A job that waits for something else, such as the end of a transient error, is passed over, as it does not ask.
"""

from typing import Protocol

from auditor.executor.scope import AccountRegion

#: The resource on which only one job may run at a time.
_Key = tuple[AccountRegion, str]


class QueuedJob(Protocol):
    """What one job on a resource has to know of another. Times are epoch milliseconds."""

    id: str
    scope: AccountRegion
    state: str
    created: int
    next_at: int | None
    completed: int | None

    @property
    def resource_key(self) -> str:
        """The resource on which only one job may run at a time."""


class ResourceQueues:
    """The jobs of one run that are on a resource or wait for it."""

    def __init__(self) -> None:
        self._running: dict[_Key, QueuedJob] = {}
        self._waiting: dict[_Key, dict[str, QueuedJob]] = {}
        #: Jobs that have looked already at what was running, and jobs that have let another one pass.
        self._awaited: set[tuple[str, int]] = set()
        self._gave_way: set[tuple[str, str, int]] = set()

    def occupy(self, job: QueuedJob) -> None:
        """Say that `job` runs: until its end no other one runs on the same resource."""
        self._running[job.scope, job.resource_key] = job

    def queue(self, job: QueuedJob) -> None:
        """Say that `job` will ask for its resource at its `next_at`."""
        self._waiting.setdefault((job.scope, job.resource_key), {})[job.id] = job

    def waits(self, job: QueuedJob, moment: int, now: int) -> int | None:
        """When `job` may look again whether its resource is free; None when it is its turn.

        A running job that is due to be looked at is given its turn first, and so is a job that was made
        before this one and asks at the same moment.
        """
        look_at = self._running_until(job, moment, now)
        if look_at is None and self._gives_way(job, moment):
            return moment
        return look_at

    def _running_until(self, job: QueuedJob, moment: int, now: int) -> int | None:
        other = self._running.get((job.scope, job.resource_key))
        if other is None or other is job or other.completed is not None or other.next_at is None:
            return None
        if other.next_at > now:
            return other.next_at
        if (job.id, other.next_at) in self._awaited:
            return None
        self._awaited.add((job.id, other.next_at))
        return max(moment, other.next_at)

    def _gives_way(self, job: QueuedJob, moment: int) -> bool:
        """Whether another job comes first, which is still to ask at this moment; once for each."""
        waiting = self._waiting.get((job.scope, job.resource_key), {})
        for other in [one for one in waiting.values() if one.state != "CREATED"]:
            del waiting[other.id]
        for other in waiting.values():
            first = (other.created, other.id) < (job.created, job.id)
            asks = other.next_at is not None and other.next_at <= moment
            if first and asks and (job.id, other.id, moment) not in self._gave_way:
                self._gave_way.add((job.id, other.id, moment))
                return True
        return False
