"""A whole organization in one process: the seeded sample, both applications, and virtual time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Self

from auditor.executor.app import BackupService, make_app
from auditor.executor.database.database import Database
from auditor.executor.drivers import make_drivers
from auditor.executor.engine.inventory import ListedResources
from auditor.executor.engine.outbox import publish
from auditor.executor.engine.roles import Roles
from auditor.executor.engine.scheduler import run_all
from auditor.executor.seam.driver import Clients, Driver
from auditor.executor.service import OrganizationMembership, Scanner
from auditor.model.errors import UsageError
from auditor.sandbox import services
from auditor.sandbox.backup_policies import OrganizationPolicies
from auditor.sandbox.clock import VirtualClock
from auditor.sandbox.entrance import Entrance
from auditor.sandbox.events import EventRunner
from auditor.sandbox.faults import Incomplete, Infection, Lost, scanner_of, with_faults
from auditor.sandbox.gate import Gate, ServiceRouter, Throttle
from auditor.sandbox.identity import Identities
from auditor.sandbox.organization import Event, SampleOrganization
from auditor.sandbox.seed import Seeded, seed
from auditor.sandbox.tagging import hide_tags, show_tags

if TYPE_CHECKING:
    from types import TracebackType
    from wsgiref.types import WSGIApplication

#: Changes that the engine gathers: an advance is one request, and nobody else is answered meanwhile.
_BATCH: Final = 5_000

_DAY: Final = timedelta(days=1)

#: What a role may do is known until somebody calls IAM.
_FOR_GOOD: Final = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of an advance: the virtual time reached, and the event that was made then, if any.

    `error` says in words why the event's call was refused.
    """

    now: datetime
    event: str | None = None
    error: str | None = None


class Sandbox:
    """The organization of `folder` in `partition`. One at a time in a process: moto and the clock are global.

    Use it as a context manager, or call `close`, to give the process its real clock back.
    """

    def __init__(self, partition: str = "aws", folder: Path | None = None) -> None:
        self.organization = SampleOrganization.load(folder)
        if partition not in self.organization.regions:
            known = ", ".join(sorted(self.organization.regions))
            raise UsageError(f"The sandbox has no Regions in partition {partition!r}; choose one of {known}.")
        self.partition = partition
        self.clock = VirtualClock(self.organization.start)
        try:
            self._build()
        except BaseException:
            self.clock.stop()
            raise

    def _build(self) -> None:
        services.seed_identifiers(self.partition)
        native = services.native_services()
        services.enable_regions(self.regions)
        inside = Entrance(native, self.partition, self.organization.region(self.partition, "primary"))
        self.seeded: Seeded = seed(self.organization, inside, self.partition)
        self.management_account_id = inside.management_account_id
        identities = Identities(self.partition)
        self._database = Database.open()
        self._clients: Clients = inside.client
        roles = Roles(inside.client, self.clock.now, remembered=_FOR_GOOD)
        self._service = BackupService(
            self._database,
            self.clock.now,
            self._drivers(inside),
            membership=self._membership,
            check_role=roles,
            scanner=self._scanner(),
        )
        show_tags(self._service, self.partition)
        policies = OrganizationPolicies(self.management_account_id, self.partition, self._service)
        policies.changed()
        backup = make_app(self._service, identities.authenticate)
        router = ServiceRouter(backup, native, roles.forget, policies.changed)
        self._lock = RLock()
        self.application: WSGIApplication = Gate(
            router, identities, self.clock, self._throttles(), self._lock
        )
        administrator = Entrance(router, self.partition, inside.region)
        administrator.use(self.management_account_id, self.seeded.caller)
        self._events = EventRunner(self.organization, administrator, self.partition, self.seeded)
        self._pending = self.organization.events_in(self.partition)

    @property
    def regions(self) -> tuple[str, str]:
        """The primary and the secondary Region."""
        return self.organization.regions[self.partition]

    def now(self) -> datetime:
        """The virtual time, UTC."""
        return self.clock.now()

    def advance(self, until: datetime) -> Iterator[Progress]:
        """Let time go by to `until` (UTC): due backups run, events happen; one step a day and one an event.

        Resources are listed at the first due backup of an account and Region, and again after its events.

        Requests from outside wait for the end of a step, not of the whole advance. Raises `UsageError` when
        `until` lies in the past.
        """
        if until < self.now():
            raise UsageError(f"It is already {self.now():%Y-%m-%dT%H:%M:%SZ}; advance to a later time.")
        return self._steps(until, ListedResources(self._service.drivers))

    def _steps(self, until: datetime, inventory: ListedResources) -> Iterator[Progress]:
        while self.now() < until:
            with self._lock:
                step = self._step(until, inventory)
            yield step

    def _step(self, until: datetime, inventory: ListedResources) -> Progress:
        """Run to the next midnight, event or end. Native ids depend on the time of the step alone.

        Topics that refuse are asked again at later steps' ends.
        """
        begin = self.now()
        midnight = datetime.combine(begin.date() + _DAY, time(), UTC)
        event = self._next_event()
        at = max(begin, self.organization.start + event.after) if event else None
        end = min(moment for moment in (midnight, until, at) if moment is not None)
        services.seed_identifiers(f"{self.partition}/{end.isoformat()}")
        if end > begin:  # of several events at one time, the others come right after the first
            run_all(self._service, end, set_time=self.clock.set_time, inventory=inventory, batch=_BATCH)
            publish(self._database, self._clients, self._service.now_ms())
        if event is None or end != at:
            return Progress(end)
        self._pending.pop(0)
        error = self._events.run(event)
        inventory.forget(
            self.seeded.accounts[event.account], self.organization.region(self.partition, event.place)
        )
        self.clock.tick()
        return Progress(end, event.why, error)

    def _next_event(self) -> Event | None:
        return self._pending[0] if self._pending else None

    def describe(self) -> dict[str, Any]:
        """What a client must know: partition, Regions, accounts by name, management account, virtual now."""
        return {
            "partition": self.partition,
            "regions": list(self.regions),
            "management_account_id": self.management_account_id,
            "accounts": dict(self.seeded.accounts),
            "start": rfc3339(self.organization.start),
            "now": rfc3339(self.now()),
        }

    def close(self) -> None:
        """Give the process its real clock back, and moto its own tags and Regions."""
        self.clock.stop()
        services.enable_regions()
        hide_tags()
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self.close()

    def _membership(self, account_id: str) -> OrganizationMembership | None:
        manager = self.management_account_id
        organization_id = services.organization_of(account_id, manager, self.partition)
        if organization_id is None:
            return None
        return OrganizationMembership(
            organization_id, manager, services.delegated_of(manager, self.partition)
        )

    def _drivers(self, inside: Entrance) -> list[Driver]:
        faults, start, made = self.organization.faults, self.organization.start, self.seeded.resources
        incomplete = [
            Incomplete(
                made[row.account, row.place, row.resource],
                start + row.begin,
                start + row.end,
                row.category,
                row.message,
            )
            for row in faults.incomplete_backups
        ]
        lost = [Lost(made[row.account, row.place, row.resource], row.message) for row in faults.lost_copies]
        drivers = make_drivers(inside.client, self.clock.now, store_tags=self.organization.store_tags)
        return with_faults(drivers, self.clock.now, incomplete, lost)

    def _scanner(self) -> Scanner:
        start, made = self.organization.start, self.seeded.resources
        return scanner_of(
            Infection(made[row.account, row.place, row.resource], start + row.begin)
            for row in self.organization.faults.infected
        )

    def _throttles(self) -> frozenset[Throttle]:
        return frozenset(
            Throttle(
                self.seeded.accounts[row.account],
                self.organization.region(self.partition, row.place),
                row.service,
                row.role,
            )
            for row in self.organization.faults.throttled
        )


def rfc3339(moment: datetime) -> str:
    """Write a time as the control endpoints do: UTC, milliseconds."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
