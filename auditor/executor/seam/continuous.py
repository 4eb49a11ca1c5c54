"""The seam between the engine and services that can restore to any second (aws-backup.md 4.5)."""

from typing import Final, Protocol, runtime_checkable

from auditor.executor.seam.driver import Driver, DriverError, NativeBackup
from auditor.executor.times import MINUTE_MS
from auditor.model.organization import Resource

#: The longest retention of a continuous backup, in days.
MAX_DAYS: Final = 35

#: How far the last restorable second of a bucket may lie back (aws-backup.md 4.5).
LOOK_MS: Final = 15 * MINUTE_MS

#: What starts the resource part of a continuous recovery point's ARN.
_MARK: Final = "continuous"


def continuous_arn(partition: str, account_id: str, region: str, name: str) -> str:
    """The ARN of a continuous recovery point."""
    return f"arn:{partition}:backup:{region}:{account_id}:recovery-point:{_MARK}:{name}"


def is_continuous(recovery_point_arn: str) -> bool:
    """Whether the recovery point is a continuous one."""
    return f":recovery-point:{_MARK}:" in recovery_point_arn


class LaterError(DriverError):
    """The service begins the continuous backup later by itself; until then snapshots protect the resource."""

    def __init__(self, message: str) -> None:
        super().__init__(message, transient=True)


@runtime_checkable
class ContinuousDriver(Driver, Protocol):
    """A driver that keeps one continuous backup of a resource, beside its snapshots.

    The driver's other methods take the ARN of a continuous recovery point too: delete, settled, restore,
    restore_metadata, infer. `copies_continuous` says whether `copy` does; else a snapshot is copied.
    `keeps_released` says whether a recovery point stays when it is disassociated: it is no service's own.
    `look_ms` is how often the engine looks, None for never.
    """

    copies_continuous: bool
    keeps_released: bool
    look_ms: int | None

    def start(self, resource: Resource, *, vault_key_arn: str | None, token: str, days: int) -> NativeBackup:
        """Begin a continuous backup that reaches `days` back; asked again it gives the same one.

        Raises `LaterError` and other `DriverError`s.
        """

    def renew(self, arn: str, resource: Resource, days: int) -> NativeBackup | None:
        """Have the continuous backup `arn` reach `days` back.

        None where that takes a new one, as AWS Backup makes for S3. Raises `DriverError`.
        """

    def refresh(self, arn: str, account_id: str, region: str) -> None:
        """Take in what has happened since the last look, if the service does not do so by itself.

        Raises `DriverError`: one that does not pass has stopped the continuous backup.
        """
