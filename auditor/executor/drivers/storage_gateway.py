"""Volumes of Storage Gateway: EBS snapshots that the gateway makes (aws-backup.md 1.1 row 17)."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from auditor.executor.drivers.listing import FILTER_VALUES, of_resource
from auditor.executor.drivers.snapshots import EbsSnapshotDriver, backup_description, ec2_arn, own_snapshots
from auditor.executor.seam.calls import (
    call,
    chunks,
    error_code,
    make_once,
    name_of,
    pages,
    send_once,
    tag_list,
    tags_by_arn,
)
from auditor.executor.seam.driver import DriverError, ListedBackup, NativeBackup
from auditor.model.organization import Resource


class StorageGatewayDriver(EbsSnapshotDriver):
    """Backs up cached and stored volumes. They are restored as EBS volumes, which a gateway takes in."""

    resource_type = "Storage Gateway"

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """The volumes of every gateway; their creation time would take a call a gateway."""
        arns = self._volumes(account_id, region)
        tags = tags_by_arn(self._clients, account_id, region, "storagegateway:volume") if arns else {}
        return [
            Resource(
                arn,
                account_id,
                region,
                self.resource_type,
                tags.get(arn, {}).get("Name", ""),
                None,
                tags.get(arn, {}),
            )
            for arn in arns
        ]

    def _back_up(self, resource: Resource, token: str, tags: Mapping[str, str], /) -> NativeBackup:
        """CreateSnapshot of Storage Gateway, in which a snapshot has its volume's size and key."""
        client = self._clients("storagegateway", resource.account_id, resource.region)
        volume = _described(client, resource.arn)
        send_once(client, "create_snapshot")

        def make() -> NativeBackup:
            made = call(
                client,
                "create_snapshot",
                VolumeARN=resource.arn,
                SnapshotDescription=backup_description(token),
                Tags=tag_list(tags),
            )
            arn = ec2_arn(client, resource.region, f"snapshot/{made['SnapshotId']}")
            key = volume.get("KMSKey")
            return NativeBackup(arn, volume["VolumeSizeInBytes"], key is not None, key)

        return make_once(make, partial(self.find, token, resource.account_id, resource.region))

    def backups(
        self, account_id: str, region: str, resource_arn: str | None = None
    ) -> Iterator[ListedBackup]:
        """Snapshots of the volumes that there are; of volumes that are gone EBS alone can tell.

        The gateway writes the ids of its volumes in upper case, EC2 in lower case.
        """
        client = self._clients("ec2", account_id, region)
        arns = self._volumes(account_id, region) if resource_arn is None else [resource_arn]
        for chunk in chunks(arns, FILTER_VALUES // 2):
            volumes = {name_of(arn).lower(): arn for arn in chunk}
            ids = sorted({*volumes, *map(name_of, chunk)})
            found = (
                self._listed(client, region, snapshot, volumes[snapshot["VolumeId"].lower()])
                for snapshot in own_snapshots(client, ids)
            )
            yield from of_resource(found, resource_arn)

    def _volumes(self, account_id: str, region: str) -> list[str]:
        """The ARNs of the volumes of every gateway."""
        client = self._clients("storagegateway", account_id, region)
        return [volume["VolumeARN"] for volume in pages(client, "list_volumes", "VolumeInfos")]


def _described(client: Any, arn: str) -> dict[str, Any]:
    """The volume, of which the operation depends on the gateway's type."""
    try:
        (volume,) = call(client, "describe_cached_iscsi_volumes", VolumeARNs=[arn])["CachediSCSIVolumes"]
    except DriverError as error:
        if error_code(error.__cause__) != "InvalidGatewayRequestException":
            raise
        (volume,) = call(client, "describe_stored_iscsi_volumes", VolumeARNs=[arn])["StorediSCSIVolumes"]
    found: dict[str, Any] = volume
    return found
