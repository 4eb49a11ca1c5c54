"""EC2 instances: images of all their volumes (aws-backup.md 4.11)."""

from collections.abc import Mapping
from typing import Any, Final

from auditor.executor.services.aws import GIBIBYTE, call, delete_once, name_of, pages, tag_list, tag_map
from auditor.executor.services.base import Clients, DriverError, NativeBackup, Place
from auditor.model.organization import Resource

_STATES: Final = ["pending", "running", "stopping", "stopped"]
_NO_IMAGE: Final = {"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"}


class Ec2Driver:
    """Backs up EC2 instances."""

    resource_type = "EC2"
    fully_managed = False
    can_copy = True
    can_copy_tags = True
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
                arn = (
                    f"arn:{client.meta.partition}:ec2:{region}:{account_id}:instance/{instance['InstanceId']}"
                )
                tags = tag_map(instance.get("Tags"))
                name = tags.get("Name", "")
                resources.append(Resource(arn, account_id, region, self.resource_type, name, None, tags))
        return resources

    def back_up(
        self,
        resource: Resource,
        *,
        vault_key_arn: str | None,  # noqa: ARG002 -- an image has its volumes' keys
        token: str,
        tags: Mapping[str, str],
    ) -> NativeBackup:
        """CreateImage without a reboot."""
        client = self._clients("ec2", resource.account_id, resource.region)
        instance_id = name_of(resource.arn)
        attached = [{"Name": "attachment.instance-id", "Values": [instance_id]}]
        volumes = pages(client, "describe_volumes", "Volumes", Filters=attached)
        image = call(
            client,
            "create_image",
            InstanceId=instance_id,
            Name=f"awsbackup-{token}",
            NoReboot=True,
            TagSpecifications=_specification(tags),
        )
        arn = image_arn(client, resource.region, image["ImageId"])
        return NativeBackup(arn, sum(v["Size"] for v in volumes) * GIBIBYTE, *_encryption(volumes))

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
        client = self._clients("ec2", *destination)
        image = call(
            client,
            "copy_image",
            SourceRegion=source[1],
            SourceImageId=name_of(backup.arn),
            Name=f"awsbackup-{token}",
            TagSpecifications=_specification(tags),
            **({"Encrypted": True, "KmsKeyId": key} if key else {}),
        )
        arn = image_arn(client, destination[1], image["ImageId"])
        return NativeBackup(arn, backup.size_bytes, backup.encrypted or key is not None, key)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """DeregisterImage, then its snapshots."""
        client = self._clients("ec2", account_id, region)
        image_id = name_of(arn)
        found = call(client, "describe_images", Filters=[{"Name": "image-id", "Values": [image_id]}])[
            "Images"
        ]
        if not found:
            return
        snapshots = [
            mapping.get("Ebs", {}).get("SnapshotId") for mapping in found[0].get("BlockDeviceMappings", ())
        ]
        delete_once(client, "deregister_image", _NO_IMAGE, ImageId=image_id)
        for snapshot_id in filter(None, snapshots):
            delete_once(client, "delete_snapshot", {"InvalidSnapshot.NotFound"}, SnapshotId=snapshot_id)

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """The image and its architecture."""
        client = self._clients("ec2", account_id, region)
        found = call(client, "describe_images", ImageIds=[name_of(arn)])["Images"]
        if not found:
            raise DriverError(f"{arn} does not exist.", "RESOURCE_NOT_FOUND")
        return {"ImageId": found[0]["ImageId"], "Architecture": found[0].get("Architecture", "")}

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """RunInstances from the image, once for `token`."""
        client = self._clients("ec2", *place)
        params: dict[str, Any] = {
            key: metadata[key] for key in ("InstanceType", "SubnetId", "KeyName") if key in metadata
        }
        if tags:
            params["TagSpecifications"] = [{"ResourceType": "instance", "Tags": tag_list(tags)}]
        answer = call(
            client,
            "run_instances",
            ImageId=name_of(arn),
            MinCount=1,
            MaxCount=1,
            ClientToken=token,
            **params,
        )
        (instance,) = answer["Instances"]
        return f"arn:{client.meta.partition}:ec2:{place[1]}:{place[0]}:instance/{instance['InstanceId']}"

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """The smallest type that runs every architecture of images."""
        del token
        arm = self.restore_metadata(arn, *place)["Architecture"] == "arm64"
        return {"InstanceType": "t4g.micro" if arm else "t3.micro"}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """TerminateInstances."""
        client = self._clients("ec2", account_id, region)
        delete_once(client, "terminate_instances", {"InvalidInstanceID.NotFound"}, InstanceIds=[name_of(arn)])


def image_arn(client: Any, region: str, image_id: str) -> str:
    """The ARN of an image has no account (aws-backup.md 4.11)."""
    return f"arn:{client.meta.partition}:ec2:{region}::image/{image_id}"


def _specification(tags: Mapping[str, str]) -> list[dict[str, object]]:
    return [{"ResourceType": "image", "Tags": tag_list(tags)}] if tags else []


def _encryption(volumes: list[dict[str, Any]]) -> tuple[bool, str | None]:
    """Encrypted when every volume is; the key when they share one."""
    if not volumes:
        raise DriverError("The instance has no EBS volume.", "RESOURCE_NOT_SUPPORTED")
    keys = {volume.get("KmsKeyId") for volume in volumes}
    encrypted = all(volume["Encrypted"] for volume in volumes)
    return encrypted, keys.pop() if encrypted and len(keys) == 1 else None
