"""Drivers that make nothing: every backup, copy and deletion succeeds at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from auditor.executor.drivers import make_drivers
from auditor.executor.seam.calls import GIBIBYTE, name_of
from auditor.executor.seam.continuous import ContinuousDriver, continuous_arn
from auditor.executor.seam.driver import Driver, NativeBackup, Place
from auditor.model.organization import Resource

#: Recovery-point ARNs of types that keep their backups themselves (aws-backup.md 4.11), by resource type.
_NATIVE: Final[Mapping[str, str]] = {
    "EBS": "ec2:{region}::snapshot/snap-{token}",
    "Storage Gateway": "ec2:{region}::snapshot/snap-{token}",
    "EC2": "ec2:{region}::image/ami-{token}",
    "RDS": "rds:{region}:{account}:snapshot:awsbackup:job-{token}",
    "Aurora": "rds:{region}:{account}:cluster-snapshot:awsbackup:job-{token}",
    "DynamoDB": "dynamodb:{region}:{account}:table/{name}/backup/{token}",
    "FSx": "fsx:{region}:{account}:backup/backup-{token}",
    "Redshift": "redshift:{region}:{account}:snapshot:{name}/awsbackup:job-{token}",
}
_STORED: Final = "backup:{region}:{account}:recovery-point:{token}"


class NullDriver:
    """One resource type, with the abilities of its real driver. Sizes are bytes by resource ARN."""

    def __init__(
        self,
        real: Driver,
        resources: Mapping[Place, Sequence[Resource]],
        sizes: Mapping[str, int],
        partition: str,
    ) -> None:
        self.resource_type = real.resource_type
        self.fully_managed = real.fully_managed
        self.can_copy = real.can_copy
        self._resources = resources
        self._sizes = sizes
        self._partition = partition
        self._pattern = _STORED if real.fully_managed else _NATIVE.get(real.resource_type, _STORED)

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """The scenario's resources of this type."""
        found = self._resources.get((account_id, region), ())
        return [resource for resource in found if resource.resource_type == self.resource_type]

    def back_up(
        self, resource: Resource, *, vault_key_arn: str | None, token: str, tags: Mapping[str, str]
    ) -> NativeBackup:
        """Name a backup of the size that the scenario gives the resource."""
        del tags
        arn = self._arn((resource.account_id, resource.region), name_of(resource.arn), token)
        size = self._sizes.get(resource.arn, GIBIBYTE)
        return NativeBackup(arn, size, encrypted=True, kms_key_arn=vault_key_arn)

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
        """Name a copy of the same size in `destination`."""
        del source, tags
        arn = self._arn(destination, "copy", token)
        return NativeBackup(arn, backup.size_bytes, encrypted=True, kms_key_arn=key)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Nothing was made, nothing is deleted."""

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """Nothing was made: asking again names the same backup."""

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Every backup is complete at once."""
        del arn, account_id, region
        return True

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Nothing was made, nothing is deleted."""

    def _arn(self, place: Place, name: str, token: str) -> str:
        rest = self._pattern.format(region=place[1], account=place[0], name=name, token=token.lower())
        return f"arn:{self._partition}:{rest}"


class NullContinuousDriver(NullDriver):
    """A type that has continuous backups: they are named, and nothing happens between jobs."""

    look_ms = None

    def __init__(
        self,
        real: ContinuousDriver,
        resources: Mapping[Place, Sequence[Resource]],
        sizes: Mapping[str, int],
        partition: str,
    ) -> None:
        super().__init__(real, resources, sizes, partition)
        self.copies_continuous = real.copies_continuous
        self.keeps_released = real.keeps_released

    def start(self, resource: Resource, *, vault_key_arn: str | None, token: str, days: int) -> NativeBackup:
        """Name the continuous backup of the resource."""
        del token, days
        place = (resource.account_id, resource.region)
        arn = continuous_arn(self._partition, *place, name_of(resource.arn))
        size = self._sizes.get(resource.arn, GIBIBYTE)
        return NativeBackup(arn, size, encrypted=True, kms_key_arn=vault_key_arn)

    def renew(self, arn: str, resource: Resource, days: int) -> NativeBackup | None:
        """Name it again."""
        del arn
        return self.start(resource, vault_key_arn=None, token="", days=days)

    def refresh(self, arn: str, account_id: str, region: str) -> None:
        """Nothing is ever new."""


def real_drivers() -> tuple[Driver, ...]:
    """Every driver that the executor has, asked for its abilities only: none may call a service."""

    def refuse(service: str, account_id: str, region: str) -> Any:
        raise AssertionError(f"a simulation asks for a client of {service} in {account_id} {region}")

    return make_drivers(refuse, lambda: datetime.now(UTC), gateways=True)


def null_drivers(
    resources: Mapping[Place, Sequence[Resource]], sizes: Mapping[str, int], partition: str
) -> Iterable[Driver]:
    """A null driver for each driver that the executor has."""
    return [
        NullContinuousDriver(real, resources, sizes, partition)
        if isinstance(real, ContinuousDriver)
        else NullDriver(real, resources, sizes, partition)
        for real in real_drivers()
    ]
