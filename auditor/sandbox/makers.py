"""How a resource of each type is made, through its service's own API."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botocore import xform_name

from auditor.aws.base import Client
from auditor.model.resource_types import READ, TYPES
from auditor.sandbox.entrance import Entrance
from auditor.sandbox.organization import SampleResource

_IMAGE: Final = "ami-0a1b2c3d4e5f60718"
_PASSWORD: Final = "not-a-secret-0"  # noqa: S105 -- of databases that do not exist


@dataclass(frozen=True, slots=True)
class Site:
    """One account and Region, and the key that encrypts there."""

    entrance: Entrance
    partition: str
    account_id: str
    region: str
    key_arn: str

    def client(self, service: str) -> Client:
        """The client of `service` here."""
        return self.entrance.client(service, self.account_id, self.region)

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account and Region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def make_resource(site: Site, resource: SampleResource) -> str:
    """Make a resource by its type's `creating` call, and give its ARN."""
    row = TYPES[resource.type]
    call = row.creating
    if call is None:
        return _ODD[resource.type](site, resource)
    words = {
        "name": resource.name,
        "region": site.region,
        "key": site.key_arn,
        "password": _PASSWORD,
        "tags": _tags(resource.tags),
        "named_tags": _tags({"Name": resource.name, **resource.tags}),
    }
    parameters = {**call.parameters, **(call.encrypted if resource.encrypted else call.plain)}
    answer = getattr(site.client(call.service), xform_name(call.operation))(**_filled(parameters, words))
    made = answer[call.answer] if call.answer else answer
    form = row.listings[0].arn
    if not form.startswith("arn:"):
        return str(made[form])
    place = {"partition": site.partition, "region": site.region, "account": site.account_id}
    return form.format_map({**made, **place})


def _filled(value: Any, words: Mapping[str, Any]) -> Any:
    """Put `words` in the place of names in braces; a name by itself becomes the word whatever its type."""
    if isinstance(value, Mapping):
        return {name: _filled(inner, words) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, words) for inner in value]
    if not isinstance(value, str):
        return value
    word = words.get(value[1:-1]) if value.startswith("{") else None
    return value.format_map(words) if word is None else word


def _ec2(site: Site, resource: SampleResource) -> str:
    key = {"KmsKeyId": site.key_arn} if resource.encrypted else {}
    disk = {"VolumeSize": 8, "Encrypted": resource.encrypted, **key}
    made = site.client("ec2").run_instances(
        ImageId=_IMAGE,
        InstanceType="t3.micro",
        MinCount=1,
        MaxCount=1,
        BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": disk}],
        TagSpecifications=[
            {"ResourceType": "instance", "Tags": _tags({"Name": resource.name, **resource.tags})},
            {
                "ResourceType": "volume",
                "Tags": _tags({"Name": f"{resource.name}-root", **resource.volume_tags}),
            },
        ],
    )
    return site.arn("ec2", f"instance/{made['Instances'][0]['InstanceId']}")


def _dynamodb(site: Site, resource: SampleResource) -> str:
    client = site.client("dynamodb")
    key = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": site.key_arn}
    made = client.create_table(
        TableName=resource.name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        Tags=_tags(resource.tags),
        **({"SSESpecification": key} if resource.encrypted else {}),
    )
    client.put_item(TableName=resource.name, Item={"id": {"S": "1"}, "name": {"S": resource.name}})
    arn: str = made["TableDescription"]["TableArn"]
    return arn


def _s3(site: Site, resource: SampleResource) -> str:
    client, name = site.client("s3"), resource.name
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": site.region})
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    if resource.tags:
        client.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _tags(resource.tags)})
    if resource.encrypted:
        rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": site.key_arn}
        client.put_bucket_encryption(
            Bucket=name,
            ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]},
        )
    for number in (1, 2):
        client.put_object(Bucket=name, Key=f"documents/{number}.txt", Body=f"{name} {number}\n".encode())
    return f"arn:{site.partition}:s3:::{name}"


#: Types that more than one call makes, or one of a shape of its own.
_ODD: Final[Mapping[str, Callable[[Site, SampleResource], str]]] = {
    "DynamoDB": _dynamodb,
    "EC2": _ec2,
    "S3": _s3,
}
#: The types that can be made.
MADE_TYPES: Final = tuple(sorted({*_ODD, *(row.name for row in READ if row.creating is not None)}))
