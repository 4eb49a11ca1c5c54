"""Failures that no API call can cause, made by drivers around the executor's own."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from auditor.executor.seam.driver import Delivering, Driver, DriverError, NativeBackup, Place, Restorer
from auditor.executor.service import Scanner, ScanResult, ScanTarget
from auditor.model.organization import Resource


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Backups of `resource_arn` made in [begin, end) complete with issues."""

    resource_arn: str
    begin: datetime
    end: datetime
    category: str
    message: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Copies of backups of `resource_arn` fail."""

    resource_arn: str
    message: str


@dataclass(frozen=True, slots=True)
class Infection:
    """Backups of `resource_arn` made from `begin` on have malware."""

    resource_arn: str
    begin: datetime


@dataclass(slots=True)
class FaultyDriver:
    """`inner` with faults. It remembers the backups whose copies must fail."""

    inner: Driver
    clock: Callable[[], datetime]
    incomplete: tuple[Incomplete, ...]
    lost: Mapping[str, Lost]
    resource_type: str = field(init=False)
    fully_managed: bool = field(init=False)
    can_copy: bool = field(init=False)
    can_copy_tags: bool = field(init=False)
    required_metadata: tuple[str, ...] = field(init=False)
    _doomed: dict[str, Lost] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.resource_type = self.inner.resource_type
        self.fully_managed = self.inner.fully_managed
        self.can_copy = self.inner.can_copy
        self.can_copy_tags = getattr(self.inner, "can_copy_tags", False)
        self.required_metadata = getattr(self.inner, "required_metadata", ())

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """As `inner`."""
        return self.inner.discover(account_id, region)

    def back_up(
        self, resource: Resource, *, vault_key_arn: str | None, token: str, tags: Mapping[str, str]
    ) -> NativeBackup:
        """Really back up, then report what the fault demands."""
        made = self.inner.back_up(resource, vault_key_arn=vault_key_arn, token=token, tags=tags)
        if resource.arn in self.lost:
            self._doomed[made.arn] = self.lost[resource.arn]
        now = self.clock()
        for fault in self.incomplete:
            if fault.resource_arn == resource.arn and fault.begin <= now < fault.end:
                return replace(made, category=fault.category, message=fault.message)
        return made

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,
        destination: Place,
        key: str | None,
        token: str,
        tags: Mapping[str, str],
    ) -> NativeBackup:
        """Copy, unless the copy is to be lost."""
        fault = self._doomed.get(backup.arn)
        if fault is not None:
            raise DriverError(fault.message)
        return self.inner.copy(
            backup, source=source, destination=destination, key=key, token=token, tags=tags
        )

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """As `inner`."""
        return self._restorer().restore_metadata(arn, account_id, region)

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """As `inner`."""
        return self._restorer().restore(arn, place=place, metadata=metadata, token=token, tags=tags)

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """As `inner`."""
        return self._restorer().infer(arn, place, token)

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """As `inner`."""
        self._restorer().discard(arn, account_id, region)

    def _restorer(self) -> Restorer:
        if not isinstance(self.inner, Restorer):
            raise DriverError(f"{self.resource_type} cannot be restored here.", "RESOURCE_NOT_SUPPORTED")
        return self.inner

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """As `inner`."""
        self._doomed.pop(arn, None)
        self.inner.delete(arn, account_id, region)

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """As `inner`."""
        return self.inner.find(token, account_id, region)

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """As `inner`."""
        return self.inner.settled(arn, account_id, region)

    def undo(self, token: str, account_id: str, region: str) -> None:
        """As `inner`."""
        self.inner.undo(token, account_id, region)


class _FaultyDelivery(FaultyDriver):
    """One that puts reports into buckets, too."""

    def deliver(self, body: bytes, *, place: Place, bucket: str, key: str) -> None:
        """As the driver itself."""
        if isinstance(self.inner, Delivering):
            self.inner.deliver(body, place=place, bucket=bucket, key=key)


def with_faults(
    drivers: Iterable[Driver],
    clock: Callable[[], datetime],
    incomplete: Iterable[Incomplete],
    lost: Iterable[Lost],
) -> list[Driver]:
    """Every driver, faults around it."""
    early, missing = tuple(incomplete), {fault.resource_arn: fault for fault in lost}

    def faulty(driver: Driver) -> Driver:
        kind = _FaultyDelivery if isinstance(driver, Delivering) else FaultyDriver
        return kind(driver, clock, early, missing)

    return [faulty(driver) for driver in drivers]


def scanner_of(infections: Iterable[Infection]) -> Scanner:
    """What scans for malware: it finds what was planted, and nothing else is in a sandbox."""
    since = {infection.resource_arn: infection.begin for infection in infections}

    def scan(target: ScanTarget) -> ScanResult:
        begin = since.get(target.resource_arn)
        infected = begin is not None and begin <= target.created
        return ScanResult.THREATS_FOUND if infected else ScanResult.NO_THREATS_FOUND

    return scan
