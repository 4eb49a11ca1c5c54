"""Native backups that their service cannot copy."""

from collections.abc import Mapping

from auditor.executor.seam.driver import DriverError, NativeBackup, Place


class UncopiedDriver:
    """A driver whose recovery points stay where they were made."""

    resource_type: str
    fully_managed = False
    can_copy = False

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,  # noqa: ARG002 -- the seam's parameters
        destination: Place,  # noqa: ARG002 -- likewise
        key: str | None,  # noqa: ARG002 -- likewise
        token: str,  # noqa: ARG002 -- likewise
        tags: Mapping[str, str],  # noqa: ARG002 -- likewise
    ) -> NativeBackup:
        """Refuse."""
        message = f"{backup.arn} cannot be copied: {self.resource_type} has no copy of its own backups."
        raise DriverError(message, "RESOURCE_NOT_SUPPORTED")
