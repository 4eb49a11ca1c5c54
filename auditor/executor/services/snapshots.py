"""What is kept as EBS snapshots: how they are found, copied, restored and deleted."""

from collections.abc import Mapping
from typing import Any, Final

from auditor.executor.services.aws import (
    GIBIBYTE,
    call,
    check_settled,
    delete_once,
    flag,
    found_once,
    name_of,
    pages,
    tag_list,
    whole,
)
from auditor.executor.services.base import Clients, NativeBackup, Place

_GONE: Final = frozenset({"InvalidSnapshot.NotFound"})
_FAILED: Final = "error"


class SnapshotDriver:
    """Backups that are EBS snapshots. A snapshot is known by its description, which nothing can change."""

    fully_managed = False
    can_copy = True
    can_copy_tags = True
    required_metadata: tuple[str, ...] = ("availabilityZone",)

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

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
            Description=copy_description(token),
            TagSpecifications=specification("snapshot", tags),
            **encrypted_under(key),
        )
        arn = ec2_arn(client, destination[1], f"snapshot/{answer['SnapshotId']}")
        return NativeBackup(arn, backup.size_bytes, backup.encrypted or key is not None, key)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """DeleteSnapshot."""
        delete_snapshot(self._clients("ec2", account_id, region), name_of(arn))

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """The oldest of the account's snapshots that is described as made under `token`."""
        client = self._clients("ec2", account_id, region)
        made = [snapshot for snapshot in _made(client, token) if snapshot["State"] != _FAILED]
        if not made:
            return None
        snapshot = min(made, key=lambda each: each["StartTime"])
        arn = ec2_arn(client, region, f"snapshot/{snapshot['SnapshotId']}")
        return self._native(arn, client, snapshot)

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Whether the snapshot's state is `completed`."""
        client = self._clients("ec2", account_id, region)
        snapshots = found_once(client, "describe_snapshots", "Snapshots", _GONE, SnapshotIds=[name_of(arn)])
        state = next((snapshot["State"] for snapshot in snapshots), None)
        return check_settled(arn, state, complete={"completed"}, making={"pending"})

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Delete every snapshot that is described as made under `token`, whatever its state."""
        client = self._clients("ec2", account_id, region)
        for snapshot in _made(client, token):
            delete_snapshot(client, snapshot["SnapshotId"])

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
        """CreateVolume from the snapshot; EC2 itself makes one volume for `token` (its ClientToken)."""
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
            TagSpecifications=specification("volume", tags),
            **params,
        )
        return ec2_arn(client, place[1], f"volume/{volume['VolumeId']}", place[0])

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """The Region's first Availability Zone."""
        del arn, token
        zones = call(self._clients("ec2", *place), "describe_availability_zones")["AvailabilityZones"]
        return {"availabilityZone": min(zone["ZoneName"] for zone in zones)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """DeleteVolume."""
        client = self._clients("ec2", account_id, region)
        delete_once(client, "delete_volume", {"InvalidVolume.NotFound"}, VolumeId=name_of(arn))

    def _native(self, arn: str, client: Any, snapshot: Mapping[str, Any]) -> NativeBackup:
        """What EC2 tells of a snapshot."""
        size = snapshot["VolumeSize"] * GIBIBYTE
        if not snapshot["Encrypted"]:
            return NativeBackup(arn, size, encrypted=False)
        key = snapshot.get("KmsKeyId") or self._volume_key(client, snapshot["VolumeId"])
        return NativeBackup(arn, size, encrypted=True, kms_key_arn=key)

    def _volume_key(self, client: Any, volume_id: str) -> str | None:
        """The key of the volume, where the service does not tell the snapshot's."""
        named = [{"Name": "volume-id", "Values": [volume_id]}]
        found = pages(client, "describe_volumes", "Volumes", Filters=named)
        keys: list[str | None] = [volume.get("KmsKeyId") for volume in found]
        return keys[0] if keys else None


def backup_description(token: str) -> str:
    """The description of a snapshot made by the backup job `token`."""
    return f"Backup job {token}"


def copy_description(token: str) -> str:
    """The description of a snapshot made by the copy job `token`."""
    return f"Copy job {token}"


def delete_snapshot(client: Any, snapshot_id: str) -> None:
    """DeleteSnapshot; a snapshot that is gone is a success."""
    delete_once(client, "delete_snapshot", _GONE, SnapshotId=snapshot_id)


def ec2_arn(client: Any, region: str, resource: str, account_id: str = "") -> str:
    """An ARN of EC2; those of snapshots and images have no account (aws-backup.md 4.11)."""
    return f"arn:{client.meta.partition}:ec2:{region}:{account_id}:{resource}"


def specification(kind: str, tags: Mapping[str, str]) -> list[dict[str, object]]:
    """Tags for what EC2 makes; EC2 refuses a specification without a tag."""
    return [{"ResourceType": kind, "Tags": tag_list(tags)}] if tags else []


def encrypted_under(key: str | None) -> dict[str, Any]:
    """The parameters of a copy under a vault's key, none without one."""
    return {"Encrypted": True, "KmsKeyId": key} if key else {}


def _made(client: Any, token: str) -> list[dict[str, Any]]:
    described = [{"Name": "description", "Values": [backup_description(token), copy_description(token)]}]
    return pages(client, "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=described)
