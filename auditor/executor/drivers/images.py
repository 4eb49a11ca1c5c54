"""Images of EC2: their names, their snapshots, and the account's images as native backups."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from auditor.executor.drivers.listing import EC2_PAGES, FILTER_VALUES, named, status_of, token_of
from auditor.executor.drivers.sharing import Origin
from auditor.executor.drivers.snapshots import ec2_arn
from auditor.executor.seam.calls import GIBIBYTE, chunks, pages, stream
from auditor.executor.seam.driver import ListedBackup, NativeBackup, Place

#: An image that was disabled is complete as before.
COMPLETE: Final = frozenset({"available", "disabled"})
MAKING: Final = frozenset({"pending", "transient"})
#: What EC2 still tells of an image that is gone.
GONE: Final = frozenset({"deregistered"})


def image_name(token: str) -> str:
    """The name of an image made by the job `token`."""
    return f"awsbackup-{token}"


def made_images(client: Any, image_ids: Collection[str]) -> set[str]:
    """Those of the account's images that the executor made; up to 200 ids."""
    if not image_ids:
        return set()
    found = own_images(client, named("image-id", sorted(image_ids)))
    return {image["ImageId"] for image in found if _token(image)}


def _token(image: Mapping[str, Any]) -> str | None:
    """The job that made an image; none for a copy that somebody has made under its source's name."""
    token = token_of(image.get("Name", ""), image_name)
    description = image.get("Description", "")
    origin = Origin.of(description)
    copied = origin is not None and token is not None and origin.description(token) == description
    return token if copied or "SourceInstanceId" in image else None


def own_images(client: Any, filters: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The account's images, also those that were disabled."""
    return stream(
        client,
        "describe_images",
        "Images",
        Owners=["self"],
        IncludeDisabled=True,
        Filters=filters,
        PaginationConfig=EC2_PAGES,
    )


def _disks(image: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What an image tells of its EBS volumes."""
    return [mapping["Ebs"] for mapping in image.get("BlockDeviceMappings", ()) if "Ebs" in mapping]


def snapshot_ids(image: Mapping[str, Any]) -> list[str]:
    """The snapshots of an image, as far as they are known."""
    return [disk["SnapshotId"] for disk in _disks(image) if disk.get("SnapshotId")]


def _snapshot_keys(client: Any, images: list[dict[str, Any]]) -> dict[str, str | None]:
    """The keys of images' encrypted snapshots, by their ids: images do not tell them."""
    disks = [disk for image in images for disk in _disks(image) if disk.get("Encrypted")]
    keys: dict[str, str | None] = {}
    for ids in chunks([disk["SnapshotId"] for disk in disks if disk.get("SnapshotId")], FILTER_VALUES):
        found = pages(
            client, "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=named("snapshot-id", ids)
        )
        keys |= {snapshot["SnapshotId"]: snapshot.get("KmsKeyId") for snapshot in found}
    return keys


def listed_images(client: Any, place: Place, filters: list[dict[str, Any]]) -> Iterator[ListedBackup]:
    """The account's images that `filters` let through."""
    for images in chunks(own_images(client, filters), FILTER_VALUES):
        keys = _snapshot_keys(client, images)
        for image in images:
            if image["State"] not in GONE:
                yield _listed(client, image, keys, place)


def _listed(
    client: Any, image: Mapping[str, Any], keys: Mapping[str, str | None], place: Place
) -> ListedBackup:
    disks = [
        {
            "Size": disk.get("VolumeSize", 0),
            "Encrypted": disk.get("Encrypted", False),
            "KmsKeyId": keys.get(disk.get("SnapshotId", "")),
        }
        for disk in _disks(image)
    ]
    arn, instance = ec2_arn(client, place[1], f"image/{image['ImageId']}"), image.get("SourceInstanceId")
    status, message = status_of(image["State"], complete=COMPLETE, making=MAKING)
    return ListedBackup(
        native_image(arn, disks) if disks else NativeBackup(arn, 0, encrypted=False),
        ec2_arn(client, place[1], f"instance/{instance}", place[0]) if instance else None,
        datetime.fromisoformat(image["CreationDate"]),
        status,
        image.get("StateReason", {}).get("Message") or message,
        token=_token(image),
    )


def native_image(arn: str, volumes: list[dict[str, Any]]) -> NativeBackup:
    """Encrypted when every volume is; the key when they share one."""
    keys = {volume.get("KmsKeyId") for volume in volumes}
    encrypted = all(volume["Encrypted"] for volume in volumes)
    size = sum(volume["Size"] for volume in volumes) * GIBIBYTE
    return NativeBackup(arn, size, encrypted, keys.pop() if encrypted and len(keys) == 1 else None)
