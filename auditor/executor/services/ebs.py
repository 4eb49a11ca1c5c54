"""EBS volumes: snapshots under the volume's key (aws-backup.md 1.1 row 11)."""

from collections.abc import Mapping
from typing import Any, Final

from auditor.executor.services.aws import (
    GIBIBYTE,
    call,
    delete_once,
    flag,
    name_of,
    pages,
    tag_list,
    tag_map,
    whole,
)
from auditor.executor.services.base import Clients, NativeBackup, Place
from auditor.model.organization import Resource

_STATES: Final = ["available", "in-use"]


class EbsDriver:
    """Backs up EBS volumes."""

    resource_type = "EBS"
    fully_managed = False
    can_copy = True
    can_copy_tags = True
    required_metadata = ("availabilityZone",)

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._keys: dict[str, str] = {}

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Volumes that are there to be read."""
        client = self._clients("ec2", account_id, region)
        found = pages(client, "describe_volumes", "Volumes", Filters=[{"Name": "status", "Values": _STATES}])
        resources = []
        for volume in found:
            arn = f"arn:{client.meta.partition}:ec2:{region}:{account_id}:volume/{volume['VolumeId']}"
            tags = tag_map(volume.get("Tags"))
            created = volume["CreateTime"]
            resources.append(
                Resource(arn, account_id, region, self.resource_type, tags.get("Name", ""), created, tags)
            )
            if volume.get("KmsKeyId"):
                self._keys[arn] = volume["KmsKeyId"]  # a volume's key never changes
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
        snapshot = call(
            client,
            "create_snapshot",
            VolumeId=name_of(resource.arn),
            Description=f"Backup job {token}",
            TagSpecifications=_specification("snapshot", tags),
        )
        key = snapshot.get("KmsKeyId") or self._keys.get(resource.arn) if snapshot["Encrypted"] else None
        arn = snapshot_arn(client, resource.region, snapshot["SnapshotId"])
        return NativeBackup(arn, snapshot["VolumeSize"] * GIBIBYTE, snapshot["Encrypted"], key)

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
        """CopySnapshot. Under a vault key the copy is encrypted even when its source is not."""
        client = self._clients("ec2", *destination)
        answer = call(
            client,
            "copy_snapshot",
            SourceRegion=source[1],
            SourceSnapshotId=name_of(backup.arn),
            Description=f"Copy job {token}",
            TagSpecifications=_specification("snapshot", tags),
            **({"Encrypted": True, "KmsKeyId": key} if key else {}),
        )
        arn = snapshot_arn(client, destination[1], answer["SnapshotId"])
        return NativeBackup(arn, backup.size_bytes, backup.encrypted or key is not None, key)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """DeleteSnapshot."""
        client = self._clients("ec2", account_id, region)
        delete_once(client, "delete_snapshot", {"InvalidSnapshot.NotFound"}, SnapshotId=name_of(arn))

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """Size, encryption and source of the snapshot."""
        client = self._clients("ec2", account_id, region)
        (snapshot,) = call(client, "describe_snapshots", SnapshotIds=[name_of(arn)])["Snapshots"]
        found = {
            "volumeId": snapshot["VolumeId"],
            "volumeSize": str(snapshot["VolumeSize"]),
            "encrypted": str(bool(snapshot["Encrypted"])).lower(),
            "kmsKeyId": snapshot.get("KmsKeyId", ""),
        }
        return {key: value for key, value in found.items() if value}

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """CreateVolume from the snapshot, once for `token`."""
        client = self._clients("ec2", *place)
        params: dict[str, Any] = {
            words: metadata[key]
            for key, words in {"volumeType": "VolumeType", "kmsKeyId": "KmsKeyId"}.items()
            if key in metadata
        }
        for key, words in {"volumeSize": "Size", "iops": "Iops", "throughput": "Throughput"}.items():
            if key in metadata:
                params[words] = whole(metadata, key)
        if flag(metadata, "encrypted"):
            params["Encrypted"] = True
        volume = call(
            client,
            "create_volume",
            SnapshotId=name_of(arn),
            AvailabilityZone=metadata["availabilityZone"],
            ClientToken=token,
            TagSpecifications=_specification("volume", tags),
            **params,
        )
        return f"arn:{client.meta.partition}:ec2:{place[1]}:{place[0]}:volume/{volume['VolumeId']}"

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """The Region's first Availability Zone."""
        del arn, token
        zones = call(self._clients("ec2", *place), "describe_availability_zones")["AvailabilityZones"]
        return {"availabilityZone": min(zone["ZoneName"] for zone in zones)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """DeleteVolume."""
        client = self._clients("ec2", account_id, region)
        delete_once(client, "delete_volume", {"InvalidVolume.NotFound"}, VolumeId=name_of(arn))


def snapshot_arn(client: object, region: str, snapshot_id: str) -> str:
    """The ARN of a snapshot has no account (aws-backup.md 4.11)."""
    return f"arn:{client.meta.partition}:ec2:{region}::snapshot/{snapshot_id}"  # type: ignore[attr-defined]


def _specification(kind: str, tags: Mapping[str, str]) -> list[dict[str, object]]:
    return [{"ResourceType": kind, "Tags": tag_list(tags)}] if tags else []
