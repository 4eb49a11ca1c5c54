"""Drivers of their services' own backups."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from auditor.executor.seam.driver import DriverError, NativeBackup
from auditor.model.organization import Resource


class NativeDriver(ABC):
    """A driver whose backups have the key of what they are made of (aws-backup.md 1.1 row 11)."""

    resource_type: str
    fully_managed = False
    can_copy = True
    can_copy_tags = True

    def back_up(
        self, resource: Resource, *, vault_key_arn: str | None, token: str, tags: Mapping[str, str]
    ) -> NativeBackup:
        """Have the service make a backup; raises `DriverError`."""
        del vault_key_arn
        return self._back_up(resource, token, tags)

    @abstractmethod
    def _back_up(self, resource: Resource, token: str, tags: Mapping[str, str], /) -> NativeBackup:
        """Ask the service for the backup."""


class UncopiedDriver(NativeDriver):
    """A driver whose recovery points stay where they were made."""

    can_copy = False

    def copy(self, backup: NativeBackup, **_wanted: Any) -> NativeBackup:
        """Refuse the copy: the recovery point stays where it was made."""
        message = f"{backup.arn} cannot be copied: {self.resource_type} has no copy of its own backups."
        raise DriverError(message, "RESOURCE_NOT_SUPPORTED")
