"""The seam between the engine and services that can restore to any second (aws-backup.md 4.5)."""

from typing import Final, Protocol, runtime_checkable

from auditor.executor.services.base import NativeBackup
from auditor.model.organization import Resource

#: The longest retention of a continuous backup, in days.
MAX_DAYS: Final = 35

#: What starts the resource part of a continuous recovery point's ARN.
_MARK: Final = "continuous"


def continuous_arn(partition: str, account_id: str, region: str, name: str) -> str:
    """The ARN of a continuous recovery point."""
    return f"arn:{partition}:backup:{region}:{account_id}:recovery-point:{_MARK}:{name}"


def is_continuous(recovery_point_arn: str) -> bool:
    """Whether the recovery point is a continuous one."""
    return f":recovery-point:{_MARK}:" in recovery_point_arn


@runtime_checkable
class ContinuousDriver(Protocol):
    """A driver that keeps one continuous backup of a resource, beside its snapshots.

    The driver's other methods take the ARN of a continuous recovery point too: delete, settled, restore,
    restore_metadata, infer. `copies_continuous` says whether `copy` does; else a snapshot is copied.
    """

    copies_continuous: bool

    def start(
        self, resource: Resource, *, vault_key_arn: str | None, token: str, days: int
    ) -> NativeBackup | None:
        """Begin a continuous backup that reaches `days` back; asked again it gives the same one.

        None where the service begins later by itself: until then snapshots protect the resource. Raises
        `DriverError`.
        """

    def renew(self, arn: str, resource: Resource, days: int) -> NativeBackup | None:
        """Have the continuous backup `arn` reach `days` back.

        None where that takes a new one, as AWS Backup makes for S3. Raises `DriverError`.
        """

    def look(self, arn: str, account_id: str, region: str) -> None:
        """Take in what has happened since the last look, if the service does not do so by itself.

        Raises `DriverError`: one that does not pass has stopped the continuous backup.
        """

    def release(self, arn: str, account_id: str, region: str) -> bool:
        """Give control back to the service; says whether the recovery point stays. Raises `DriverError`."""
