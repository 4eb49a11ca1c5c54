"""Backups that are EBS snapshots: how they are found, copied, restored and deleted."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from auditor.executor.drivers.listing import EC2_PAGES, named, status_of, token_of
from auditor.executor.drivers.native import NativeDriver
from auditor.executor.drivers.sharing import Origin, end_share, share_snapshot, shared
from auditor.executor.drivers.snapshot_locks import lock_snapshots
from auditor.executor.seam.calls import (
    GIBIBYTE,
    call,
    check_settled,
    delete_once,
    flag,
    found_once,
    make_once,
    name_of,
    pages,
    send_once,
    stream,
    tag_list,
    whole,
)
from auditor.executor.seam.driver import Clients, ListedBackup, NativeBackup, Place

_GONE: Final = frozenset({"InvalidSnapshot.NotFound"})
_FAILED: Final = "error"
_MAKING: Final = frozenset({"pending"})

#: The volume that EC2 names for each copy of a snapshot: there is none of this id.
_NO_VOLUME: Final = "vol-ffffffff"


class EbsSnapshotDriver(NativeDriver):
    """Backups that are EBS snapshots. A snapshot is known by its description, which cannot be changed."""

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
        client, origin = self._clients("ec2", *destination), Origin(name_of(backup.arn), source)
        share = partial(share_snapshot, self._clients, origin, destination[0])
        send_once(client, "copy_snapshot")

        def make() -> NativeBackup:
            answer = call(
                client,
                "copy_snapshot",
                SourceRegion=source[1],
                SourceSnapshotId=origin.backup_id,
                Description=origin.description(token),
                TagSpecifications=specification("snapshot", tags),
                **encrypted_under(key),
            )
            arn = ec2_arn(client, destination[1], f"snapshot/{answer['SnapshotId']}")
            return NativeBackup(arn, backup.size_bytes, backup.encrypted or key is not None, key)

        with shared(share, crossing=source[0] != destination[0]):
            return make_once(make, partial(self.find, token, *destination))

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the snapshot (DeleteSnapshot)."""
        client = self._clients("ec2", account_id, region)
        delete_once(client, "delete_snapshot", _GONE, SnapshotId=name_of(arn))

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """The oldest of the account's snapshots that is described as made under `token`."""
        client = self._clients("ec2", account_id, region)
        made = [snapshot for snapshot in _made(client, token) if snapshot["State"] != _FAILED]
        if not made:
            return None
        snapshot = min(made, key=lambda each: each["StartTime"])
        arn = ec2_arn(client, region, f"snapshot/{snapshot['SnapshotId']}")
        return self._native(arn, client, snapshot)

    def present(self, arns: Collection[str], account_id: str, region: str) -> set[str]:
        """Those that are among the account's snapshots, whatever became of their volumes."""
        client = self._clients("ec2", account_id, region)
        found = own_snapshots(client, None)
        names = {snapshot["SnapshotId"] for snapshot in found if snapshot["State"] != _FAILED}
        return {arn for arn in arns if name_of(arn) in names}

    def lock(self, until: Mapping[str, datetime | None], account_id: str, region: str) -> dict[str, str]:
        """LockSnapshot in compliance mode, of those that are not locked for as long."""
        names = {name_of(arn): arn for arn in until}
        client = self._clients("ec2", account_id, region)
        refused = lock_snapshots(client, {name: until[arn] for name, arn in names.items()})
        return {names[name]: reason for name, reason in refused.items()}

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Whether the snapshot's state is `completed`. The share of a copy that is no longer made ends."""
        client = self._clients("ec2", account_id, region)
        found = found_once(client, "describe_snapshots", "Snapshots", _GONE, SnapshotIds=[name_of(arn)])
        snapshot = found[0] if found else {}
        state, reason = snapshot.get("State"), snapshot.get("StateMessage", "")
        if state not in _MAKING:
            self._end_share(snapshot, account_id)
        return check_settled(arn, state, complete={"completed"}, making=_MAKING, reason=reason)

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Delete every snapshot that is described as made under `token`, whatever its state."""
        client = self._clients("ec2", account_id, region)
        for snapshot in _made(client, token):
            self._end_share(snapshot, account_id)
            delete_once(client, "delete_snapshot", _GONE, SnapshotId=snapshot["SnapshotId"])

    def delete_duplicates(self, token: str, arn: str, account_id: str, region: str) -> None:
        """Delete the other snapshots that are described as made under `token`.

        A copy of the executor's copy, which may have its description, can only be begun when that one is
        complete: copies that began later stay.
        """
        client = self._clients("ec2", account_id, region)
        made = {snapshot["SnapshotId"]: snapshot for snapshot in _made(client, token)}
        kept = made.pop(name_of(arn), {})
        for snapshot in made.values():
            is_copy = Origin.of(snapshot["Description"]) is not None
            if is_copy and not snapshot["StartTime"] < kept.get("CompletionTime", snapshot["StartTime"]):
                continue
            delete_once(client, "delete_snapshot", _GONE, SnapshotId=snapshot["SnapshotId"])

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """Tell size, encryption and source of the snapshot."""
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
        """Give the Region's first Availability Zone."""
        del arn, token
        zones = call(self._clients("ec2", *place), "describe_availability_zones")["AvailabilityZones"]
        return {"availabilityZone": min(zone["ZoneName"] for zone in zones)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """Delete the restored volume (DeleteVolume)."""
        client = self._clients("ec2", account_id, region)
        delete_once(client, "delete_volume", {"InvalidVolume.NotFound"}, VolumeId=name_of(arn))

    def _listed(self, client: Any, region: str, snapshot: Mapping[str, Any], volume_arn: str) -> ListedBackup:
        """The snapshot, of the volume unless it is a copy: EC2 names any volume for those."""
        description = snapshot.get("Description", "")
        origin = Origin.of(description)
        copied = origin is not None or _is_copied(snapshot)
        form = backup_description if origin is None else origin.description
        status, message = status_of(snapshot["State"], complete={"completed"}, making=_MAKING)
        arn = ec2_arn(client, region, f"snapshot/{snapshot['SnapshotId']}")
        return ListedBackup(
            self._native(arn, client, snapshot),
            None if copied else volume_arn,
            snapshot["StartTime"],
            status,
            snapshot.get("StateMessage") or message,
            token=None if _is_copied(snapshot) else token_of(description, form),
        )

    def _end_share(self, snapshot: Mapping[str, Any], account_id: str) -> None:
        origin = Origin.of(snapshot.get("Description", ""))
        if origin is not None and origin.place[0] != account_id:
            end_share(partial(share_snapshot, self._clients, origin, account_id))

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


def own_snapshots(client: Any, volume_ids: Iterable[str] | None) -> Iterator[dict[str, Any]]:
    """The account's snapshots, or those of some volumes."""
    filters = [] if volume_ids is None else named("volume-id", volume_ids)
    return stream(
        client,
        "describe_snapshots",
        "Snapshots",
        OwnerIds=["self"],
        Filters=filters,
        PaginationConfig=EC2_PAGES,
    )


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
    descriptions = [backup_description(token), Origin("*", ("*", "*")).description(token)]
    described = [{"Name": "description", "Values": descriptions}]
    found = pages(client, "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=described)
    return [snapshot for snapshot in found if not _is_copied(snapshot)]


def _is_copied(snapshot: Mapping[str, Any]) -> bool:
    """Whether somebody has copied a backup, which keeps its description: no job has made the copy."""
    return Origin.of(snapshot.get("Description", "")) is None and snapshot["VolumeId"] == _NO_VOLUME
