"""EC2 instances: images of all their volumes (aws-backup.md 4.11)."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from auditor.executor.drivers.images import (
    COMPLETE,
    GONE,
    MAKING,
    image_name,
    listed_images,
    native_image,
    own_images,
    snapshot_ids,
)
from auditor.executor.drivers.listing import named
from auditor.executor.drivers.native import NativeDriver
from auditor.executor.drivers.sharing import Change, Origin, end_share, share_snapshot, shared
from auditor.executor.drivers.snapshot_locks import lock_snapshots
from auditor.executor.drivers.snapshots import (
    ec2_arn,
    encrypted_under,
    specification,
)
from auditor.executor.seam.calls import (
    call,
    check_settled,
    delete_once,
    make_once,
    name_of,
    pages,
    tag_map,
)
from auditor.executor.seam.driver import Clients, DriverError, ListedBackup, NativeBackup, Place
from auditor.model.organization import Resource

_STATES: Final = ["pending", "running", "stopping", "stopped"]
_NO_IMAGE: Final = {"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}
_NO_SNAPSHOT: Final = {"InvalidSnapshot.NotFound", "InvalidSnapshot.InUse"}


class Ec2Driver(NativeDriver):
    """Backs up EC2 instances. An image is known by its name, which is unique in an account and Region."""

    resource_type = "EC2"
    required_metadata = ()

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Instances that are not terminated. Their launch time changes with each start, so none is given."""
        client = self._clients("ec2", account_id, region)
        states = [{"Name": "instance-state-name", "Values": _STATES}]
        resources = []
        for reservation in pages(client, "describe_instances", "Reservations", Filters=states):
            for instance in reservation["Instances"]:
                arn = ec2_arn(client, region, f"instance/{instance['InstanceId']}", account_id)
                tags = tag_map(instance.get("Tags"))
                name = tags.get("Name", "")
                resources.append(Resource(arn, account_id, region, self.resource_type, name, None, tags))
        return resources

    def _back_up(self, resource: Resource, token: str, tags: Mapping[str, str], /) -> NativeBackup:
        """Have EC2 make an image without a reboot (CreateImage)."""
        client = self._clients("ec2", resource.account_id, resource.region)
        instance_id = name_of(resource.arn)
        volumes = _volumes(client, instance_id)
        if not volumes:
            raise DriverError("The instance has no EBS volume.", "RESOURCE_NOT_SUPPORTED")

        def make() -> NativeBackup:
            image = call(
                client,
                "create_image",
                InstanceId=instance_id,
                Name=image_name(token),
                NoReboot=True,
                TagSpecifications=specification("image", tags),
            )
            return native_image(ec2_arn(client, resource.region, f"image/{image['ImageId']}"), volumes)

        return make_once(make, partial(self.find, token, resource.account_id, resource.region))

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
        """CopyImage. Under a vault key the copy is encrypted even when its source is not."""
        client, origin = self._clients("ec2", *destination), Origin(name_of(backup.arn), source)
        share = partial(self._share, origin, destination[0])
        with shared(share, crossing=source[0] != destination[0]):
            image = call(
                client,
                "copy_image",
                SourceRegion=source[1],
                SourceImageId=origin.backup_id,
                Name=image_name(token),
                ClientToken=token,
                Description=origin.description(token),
                TagSpecifications=specification("image", tags),
                **encrypted_under(key),
            )
        arn = ec2_arn(client, destination[1], f"image/{image['ImageId']}")
        return NativeBackup(arn, backup.size_bytes, backup.encrypted or key is not None, key)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Deregister the image and delete its snapshots (DeregisterImage)."""
        client = self._clients("ec2", account_id, region)
        for image in _images(client, "image-id", name_of(arn)):
            _delete(client, image)

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """The account's image of the name that `token` gives."""
        client = self._clients("ec2", account_id, region)
        for image in _images(client, "name", image_name(token)):
            if image["State"] in COMPLETE | MAKING:
                arn = ec2_arn(client, region, f"image/{image['ImageId']}")
                return native_image(arn, _volumes_of_image(client, image))
        return None

    def backups(
        self, account_id: str, region: str, resource_arn: str | None = None
    ) -> Iterator[ListedBackup]:
        """The account's images; of those that were not made of an instance, EC2 tells no resource."""
        client = self._clients("ec2", account_id, region)
        filters = [] if resource_arn is None else named("source-instance-id", [name_of(resource_arn)])
        return listed_images(client, (account_id, region), filters)

    def present(self, arns: Collection[str], account_id: str, region: str) -> set[str]:
        """Those that are among the account's images."""
        found = own_images(self._clients("ec2", account_id, region), [])
        names = {image["ImageId"] for image in found if image["State"] not in GONE}
        return {arn for arn in arns if name_of(arn) in names}

    def lock(self, until: Mapping[str, datetime | None], account_id: str, region: str) -> dict[str, str]:
        """LockSnapshot of the snapshots of images: without its image there is still the data."""
        client = self._clients("ec2", account_id, region)
        names = {name_of(arn): arn for arn in until}
        holders = {
            snapshot: names[image["ImageId"]]
            for image in own_images(client, [])
            if image["ImageId"] in names
            for snapshot in snapshot_ids(image)
        }
        refused = lock_snapshots(client, {snapshot: until[arn] for snapshot, arn in holders.items()})
        return {holders[snapshot]: reason for snapshot, reason in refused.items()}

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Whether the image's state is `available`. The share of a copy that is no longer made ends."""
        images = _images(self._clients("ec2", account_id, region), "image-id", name_of(arn))
        image = images[0] if images else {}
        state, reason = image.get("State"), image.get("StateReason", {}).get("Message", "")
        if state not in MAKING:
            self._end_share(image, account_id)
        return check_settled(arn, state, complete=COMPLETE, making=MAKING, reason=reason)

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Deregister the image of the name that `token` gives, whatever its state, with its snapshots."""
        client = self._clients("ec2", account_id, region)
        for image in _images(client, "name", image_name(token)):
            self._end_share(image, account_id)
            _delete(client, image)

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """Tell the image and its architecture."""
        client = self._clients("ec2", account_id, region)
        found = call(client, "describe_images", ImageIds=[name_of(arn)])["Images"]
        if not found:
            raise DriverError(f"{arn} does not exist.", "RESOURCE_NOT_FOUND")
        return {"ImageId": found[0]["ImageId"], "Architecture": found[0].get("Architecture", "")}

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """RunInstances from the image; EC2 itself makes one instance for `token` (its ClientToken)."""
        client = self._clients("ec2", *place)
        params: dict[str, Any] = {
            key: metadata[key] for key in ("InstanceType", "SubnetId", "KeyName") if key in metadata
        }
        answer = call(
            client,
            "run_instances",
            ImageId=name_of(arn),
            MinCount=1,
            MaxCount=1,
            ClientToken=token,
            TagSpecifications=specification("instance", tags),
            **params,
        )
        (instance,) = answer["Instances"]
        return ec2_arn(client, place[1], f"instance/{instance['InstanceId']}", place[0])

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """The smallest type that runs every architecture of images."""
        del token
        arm = self.restore_metadata(arn, *place)["Architecture"] == "arm64"
        return {"InstanceType": "t4g.micro" if arm else "t3.micro"}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """End the restored instance (TerminateInstances)."""
        client = self._clients("ec2", account_id, region)
        delete_once(client, "terminate_instances", {"InvalidInstanceID.NotFound"}, InstanceIds=[name_of(arn)])

    def _share(self, origin: Origin, account_id: str, change: Change) -> None:
        """ModifyImageAttribute, and the like of the image's snapshots: who copies an image reads those."""
        client = self._clients("ec2", *origin.place)
        words = {"add": "Add", "remove": "Remove"}
        permission = {words[change]: [{"UserId": account_id}]}
        for image in _images(client, "image-id", origin.backup_id):
            call(client, "modify_image_attribute", ImageId=image["ImageId"], LaunchPermission=permission)
            for snapshot_id in snapshot_ids(image):
                share_snapshot(self._clients, Origin(snapshot_id, origin.place), account_id, change)

    def _end_share(self, image: Mapping[str, Any], account_id: str) -> None:
        origin = Origin.of(image.get("Description", ""))
        if origin is not None and origin.place[0] != account_id:
            end_share(partial(self._share, origin, account_id))


def _images(client: Any, attribute: str, value: str) -> list[dict[str, Any]]:
    """The account's images of which `attribute` is `value`."""
    return list(own_images(client, named(attribute, [value])))


def _delete(client: Any, image: Mapping[str, Any]) -> None:
    """Deregister an image in one call with its snapshots, and see that these are gone.

    A snapshot that another image needs stays.
    """
    delete_once(
        client,
        "deregister_image",
        _NO_IMAGE,
        ImageId=image["ImageId"],
        DeleteAssociatedSnapshots=True,
    )
    for snapshot_id in snapshot_ids(image):
        delete_once(client, "delete_snapshot", _NO_SNAPSHOT, SnapshotId=snapshot_id)


def _volumes(client: Any, instance_id: str) -> list[dict[str, Any]]:
    """The volumes of an instance."""
    attached = named("attachment.instance-id", [instance_id])
    return pages(client, "describe_volumes", "Volumes", Filters=attached)


def _volumes_of_image(client: Any, image: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The image's snapshots when they are there, until then the volumes of its instance."""
    if image["State"] in COMPLETE:
        filters = named("snapshot-id", snapshot_ids(image))
        found = pages(client, "describe_snapshots", "Snapshots", OwnerIds=["self"], Filters=filters)
        return [snapshot | {"Size": snapshot["VolumeSize"]} for snapshot in found]
    volumes = _volumes(client, image["SourceInstanceId"]) if "SourceInstanceId" in image else []
    if not volumes:
        message = f"{image['ImageId']} is still being made: its volumes are not known yet."
        raise DriverError(message, "INVALID_STATE", transient=True)
    return volumes
