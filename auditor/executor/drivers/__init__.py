"""Drivers: how each resource type is really listed, backed up, copied and deleted."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from auditor.executor.drivers.cloudformation import CloudFormationDriver
from auditor.executor.drivers.dynamodb import DynamoDbDriver
from auditor.executor.drivers.dynamodb_managed import ManagedDynamoDbDriver
from auditor.executor.drivers.ebs import EbsDriver
from auditor.executor.drivers.ec2 import Ec2Driver
from auditor.executor.drivers.efs import EfsDriver
from auditor.executor.drivers.fsx import FsxDriver
from auditor.executor.drivers.rds_continuous import ContinuousAuroraDriver, ContinuousRdsDriver
from auditor.executor.drivers.redshift import RedshiftDriver
from auditor.executor.drivers.s3 import S3Driver
from auditor.executor.drivers.storage_gateway import StorageGatewayDriver
from auditor.executor.seam.driver import Clients, Driver
from auditor.executor.store.objects import Store
from auditor.model.organization import NO_TAGS


def make_drivers(
    clients: Clients,
    clock: Callable[[], datetime],
    *,
    store_tags: Mapping[str, str] = NO_TAGS,
    gateways: bool = False,
    mounts: Mapping[str, Path] = MappingProxyType({}),
) -> tuple[Driver, ...]:
    """Every driver. `store_tags` go to the buckets `backup-<account>-<region>` of stored backups.

    Storage Gateway is asked only where `gateways`: not every endpoint has it. `mounts` says where file
    systems of EFS are mounted, by their ids; others cannot be backed up.
    """
    store = Store(clients, store_tags)
    drivers: tuple[Driver, ...] = (
        EbsDriver(clients),
        Ec2Driver(clients),
        ContinuousRdsDriver(clients),
        ContinuousAuroraDriver(clients),
        DynamoDbDriver(clients),
        ManagedDynamoDbDriver(clients, store),
        S3Driver(clients, store, clock),
        CloudFormationDriver(clients, store),
        RedshiftDriver(clients),
        FsxDriver(clients),
        EfsDriver(clients, store, clock, mounts),
    )
    return (*drivers, StorageGatewayDriver(clients)) if gateways else drivers
