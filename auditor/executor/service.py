"""The backup service's parts in one value, handed to operations and engine."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from auditor.derive.selection import AbsentTag, SelectionSettings
from auditor.executor.catalog.catalog import Catalog
from auditor.executor.services.base import Driver


@dataclass(frozen=True, init=False)
class BackupService:
    """Catalog, clock and drivers. The clock answers UTC; it is the only time that operations know.

    `selection_settings` says how selections are read where AWS's documents disagree (aws-backup.md 4.6): here a
    resource without a tag meets StringNotEquals, as operators report; what stays indeterminate is not backed up.
    """

    catalog: Catalog
    clock: Callable[[], datetime]
    selection_settings: SelectionSettings
    _drivers: Mapping[tuple[str, bool], Driver]

    def __init__(
        self,
        catalog: Catalog,
        clock: Callable[[], datetime],
        drivers: Iterable[Driver],
        selection_settings: SelectionSettings = SelectionSettings(absent_tag=AbsentTag.HOLDS),
    ) -> None:
        object.__setattr__(self, "selection_settings", selection_settings)
        object.__setattr__(self, "catalog", catalog)
        object.__setattr__(self, "clock", clock)
        object.__setattr__(self, "_drivers", {(d.resource_type, d.fully_managed): d for d in drivers})

    def now_ms(self) -> int:
        """The clock in whole milliseconds since 1970, UTC."""
        return round(self.clock().timestamp() * 1000)

    @property
    def resource_types(self) -> tuple[str, ...]:
        """The types that this service backs up, as AWS Backup spells them, sorted."""
        return tuple(sorted({kind for kind, _ in self._drivers}))

    @property
    def drivers(self) -> tuple[Driver, ...]:
        """One driver for each resource type: enough to list resources."""
        return tuple(self.driver(kind) for kind in self.resource_types)

    def optional_management(self) -> tuple[str, ...]:
        """The types that have both a native and a fully managed driver: full management is a setting there."""
        return tuple(k for k in self.resource_types if {(k, True), (k, False)} <= self._drivers.keys())

    def driver(self, resource_type: str, *, managed: bool = True) -> Driver:
        """The driver of a type: of the asked kind where there are both, else the one there is."""
        driver = self._drivers.get((resource_type, managed)) or self._drivers[(resource_type, not managed)]
        return driver
