"""EBS volumes: snapshots under the volume's key (aws-backup.md 1.1 row 11)."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from auditor.executor.drivers.images import made_images
from auditor.executor.drivers.listing import FILTER_VALUES, named, of_resource
from auditor.executor.drivers.snapshots import (
    EbsSnapshotDriver,
    backup_description,
    ec2_arn,
    own_snapshots,
    specification,
)
from auditor.executor.seam.calls import call, chunks, make_once, name_of, pages, send_once, tag_map
from auditor.executor.seam.driver import Clients, ListedBackup, NativeBackup
from auditor.model.organization import Resource

_STATES: Final = ["available", "in-use"]

#: What DescribeSnapshotTierStatus says of a snapshot on its way into the archive, and out of it for a day.
_ARCHIVING: Final = "archival-in-progress"
_RESTORED: Final = "temporary-restore-completed"
_RESTORING: Final = ("temporary-restore-in-progress", _RESTORED)

#: How EC2 itself describes the snapshots of an image that is made of an instance, or copied.
_OF_IMAGE: Final = re.compile(
    r"(?:Created by CreateImage\(\S+\) for|Copied for DestinationAmi) (ami-[0-9a-f]+)\b"
)


class EbsDriver(EbsSnapshotDriver):
    """Backs up EBS volumes."""

    resource_type = "EBS"

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self._keys: dict[str, str | None] = {}

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """List the volumes that can be read."""
        client = self._clients("ec2", account_id, region)
        found = pages(client, "describe_volumes", "Volumes", Filters=[{"Name": "status", "Values": _STATES}])
        resources = []
        for volume in found:
            arn = ec2_arn(client, region, f"volume/{volume['VolumeId']}", account_id)
            tags = tag_map(volume.get("Tags"))
            created = volume["CreateTime"]
            resources.append(
                Resource(arn, account_id, region, self.resource_type, tags.get("Name", ""), created, tags)
            )
            self._keys[volume["VolumeId"]] = volume.get("KmsKeyId")  # a volume's key never changes
        return resources

    def _back_up(self, resource: Resource, token: str, tags: Mapping[str, str], /) -> NativeBackup:
        """Have EC2 make a snapshot (CreateSnapshot)."""
        client = self._clients("ec2", resource.account_id, resource.region)
        send_once(client, "create_snapshot")

        def make() -> NativeBackup:
            snapshot = call(
                client,
                "create_snapshot",
                VolumeId=name_of(resource.arn),
                Description=backup_description(token),
                TagSpecifications=specification("snapshot", tags),
            )
            arn = ec2_arn(client, resource.region, f"snapshot/{snapshot['SnapshotId']}")
            return self._native(arn, client, snapshot)

        return make_once(make, partial(self.find, token, resource.account_id, resource.region))

    def archive(self, arn: str, account_id: str, region: str) -> None:
        """ModifySnapshotTier, unless the snapshot is archived already or on its way."""
        client, name = self._clients("ec2", account_id, region), name_of(arn)
        tier = _tier(client, name)
        if tier.get("StorageTier") != "archive" and tier.get("LastTieringOperationStatus") != _ARCHIVING:
            call(client, "modify_snapshot_tier", SnapshotId=name, StorageTier="archive")

    def is_readable(self, arn: str, account_id: str, region: str) -> bool:
        """Brought back for a day by RestoreSnapshotTier, for which EC2 takes up to three."""
        client, name = self._clients("ec2", account_id, region), name_of(arn)
        tier = _tier(client, name)
        if tier.get("StorageTier") == "archive" and tier.get("LastTieringOperationStatus") not in _RESTORING:
            call(client, "restore_snapshot_tier", SnapshotId=name, TemporaryRestoreDays=1)
            tier = _tier(client, name)
        return tier.get("StorageTier") != "archive" or tier.get("LastTieringOperationStatus") == _RESTORED

    def backups(
        self, account_id: str, region: str, resource_arn: str | None = None
    ) -> Iterator[ListedBackup]:
        """Snapshots, but those of images that the executor made: they are part of an instance's backup.

        EC2 does not tell snapshots of a gateway's volumes from others, so they are here too.
        """
        client = self._clients("ec2", account_id, region)
        volumes = None if resource_arn is None else [name_of(resource_arn)]
        found = (
            self._listed(
                client,
                region,
                snapshot,
                ec2_arn(client, region, f"volume/{snapshot['VolumeId']}", account_id),
            )
            for snapshot in _alone(client, own_snapshots(client, volumes))
        )
        return of_resource(found, resource_arn)

    def _volume_key(self, client: Any, volume_id: str) -> str | None:
        if volume_id not in self._keys:
            self._keys[volume_id] = super()._volume_key(client, volume_id)
        return self._keys[volume_id]


def _alone(client: Any, snapshots: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those that belong to no image of the executor's."""
    for chunk in chunks(snapshots, FILTER_VALUES):
        images = [_OF_IMAGE.match(snapshot.get("Description", "")) for snapshot in chunk]
        made = made_images(client, {image[1] for image in images if image})
        for snapshot, image in zip(chunk, images, strict=True):
            if image is None or image[1] not in made:
                yield snapshot


def _tier(client: Any, snapshot_id: str) -> dict[str, Any]:
    """EC2's description of the snapshot's tier; empty where there is no such snapshot."""
    asked = named("snapshot-id", [snapshot_id])
    found = pages(client, "describe_snapshot_tier_status", "SnapshotTierStatuses", Filters=asked)
    return dict(found[0]) if found else {}
