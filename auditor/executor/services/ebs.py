"""EBS volumes: snapshots under the volume's key (aws-backup.md 1.1 row 11)."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from auditor.executor.services.aws import call, make_once, name_of, pages, send_once, tag_map
from auditor.executor.services.base import Clients, NativeBackup
from auditor.executor.services.snapshots import SnapshotDriver, backup_description, ec2_arn, specification
from auditor.model.organization import Resource

_STATES: Final = ["available", "in-use"]


class EbsDriver(SnapshotDriver):
    """Backs up EBS volumes."""

    resource_type = "EBS"

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self._keys: dict[str, str | None] = {}

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Volumes that are there to be read."""
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

    def back_up(
        self,
        resource: Resource,
        *,
        vault_key_arn: str | None,  # noqa: ARG002 -- a snapshot has its volume's key
        token: str,
        tags: Mapping[str, str],
    ) -> NativeBackup:
        """CreateSnapshot."""
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

    def _volume_key(self, client: Any, volume_id: str) -> str | None:
        if volume_id not in self._keys:
            self._keys[volume_id] = super()._volume_key(client, volume_id)
        return self._keys[volume_id]
