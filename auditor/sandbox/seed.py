"""Make the sample organization: accounts, roles, keys and resources, all through the services' own APIs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from auditor.aws.base import Client
from auditor.aws.session import Credentials
from auditor.sandbox import services
from auditor.sandbox.entrance import Entrance
from auditor.sandbox.organization import Organization, Role, SampleAccount, SampleResource

USER: Final = "auditor"
_IMAGE: Final = "ami-0a1b2c3d4e5f60718"
_PASSWORD: Final = "not-a-secret-0"  # noqa: S105 -- of databases that do not exist


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made. `accounts`: ids by name; `resources`: ARNs by (account, place, resource name)."""

    caller: Credentials
    accounts: Mapping[str, str]
    resources: Mapping[tuple[str, str, str], str]


@dataclass(frozen=True, slots=True)
class _Site:
    """One account and Region, and the key that encrypts there."""

    entrance: Entrance
    partition: str
    account_id: str
    region: str
    key_arn: str

    def client(self, service: str) -> Client:
        return self.entrance.client(service, self.account_id, self.region)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"


@dataclass(slots=True)
class _Units:
    """Organizational units by path, made when first asked for."""

    client: Client
    ids: dict[tuple[str, ...], str] = field(default_factory=dict)

    def id_of(self, path: tuple[str, ...]) -> str:
        if path not in self.ids:
            if not path:
                self.ids[path] = self.client.list_roots()["Roots"][0]["Id"]
            else:
                parent = self.id_of(path[:-1])
                made = self.client.create_organizational_unit(ParentId=parent, Name=path[-1])
                self.ids[path] = made["OrganizationalUnit"]["Id"]
        return self.ids[path]


def seed(organization: Organization, entrance: Entrance, partition: str) -> Seeded:
    """Make everything that `organization` declares; the keys returned are the management account's user's."""
    caller = _make_caller(entrance)
    accounts = _make_accounts(organization, entrance)
    resources: dict[tuple[str, str, str], str] = {}
    for account in organization.everyone():
        account_id = accounts[account.name]
        _make_roles(organization.roles, account, entrance, account_id, partition)
        for place in ("primary", "secondary"):
            region = organization.region(partition, place)
            key_arn = _make_key(entrance.client("kms", account_id, region), organization.key_alias)
            site = _Site(entrance, partition, account_id, region, key_arn)
            for resource in account.resources:
                if resource.place == place:
                    resources[account.name, place, resource.name] = _MAKERS[resource.type](site, resource)
    return Seeded(caller, accounts, resources)


def _make_caller(entrance: Entrance) -> Credentials:
    iam = entrance.management("iam")
    iam.create_user(UserName=USER)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    entrance.use(entrance.management_account_id, credentials)
    return credentials


def _make_accounts(organization: Organization, entrance: Entrance) -> dict[str, str]:
    client = entrance.management("organizations")
    client.create_organization(FeatureSet="ALL")
    client.enable_aws_service_access(ServicePrincipal="backup.amazonaws.com")
    units = _Units(client)
    ids = {organization.management.name: entrance.management_account_id}
    for account in organization.accounts:
        made = client.create_account(AccountName=account.name, Email=f"{account.name}@example.com")
        ids[account.name] = made["CreateAccountStatus"]["AccountId"]
        client.move_account(
            AccountId=ids[account.name],
            SourceParentId=units.id_of(()),
            DestinationParentId=units.id_of(account.ou_path),
        )
    return ids


def _make_roles(
    roles: tuple[Role, ...], account: SampleAccount, entrance: Entrance, account_id: str, partition: str
) -> None:
    iam = entrance.client("iam", account_id, entrance.region)
    principals: dict[str, dict[str, str]] = {
        "management": {"AWS": f"arn:{partition}:iam::{entrance.management_account_id}:root"},
        "backup": {"Service": "backup.amazonaws.com"},
    }
    policies = {"management": [], "backup": services.add_backup_policies(account_id, partition)}
    for role in roles:
        if role.name not in account.without_roles:
            statement = {"Effect": "Allow", "Principal": principals[role.trusts], "Action": "sts:AssumeRole"}
            trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.create_role(Path=role.path, RoleName=role.name, AssumeRolePolicyDocument=trust)
            for arn in policies[role.trusts]:
                iam.attach_role_policy(RoleName=role.name, PolicyArn=arn)


def _make_key(kms: Client, alias: str) -> str:
    key: dict[str, str] = kms.create_key(Description="Encrypts what is backed up and its backups")[
        "KeyMetadata"
    ]
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    return key["Arn"]


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _encryption(site: _Site, resource: SampleResource) -> dict[str, Any]:
    return {"Encrypted": True, "KmsKeyId": site.key_arn} if resource.encrypted else {"Encrypted": False}


def _storage(site: _Site, resource: SampleResource) -> dict[str, Any]:
    return {"StorageEncrypted": True, "KmsKeyId": site.key_arn} if resource.encrypted else {}


def _ebs(site: _Site, resource: SampleResource) -> str:
    tags = _tags({"Name": resource.name, **resource.tags})
    made = site.client("ec2").create_volume(
        AvailabilityZone=f"{site.region}a",
        Size=8,
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
        **_encryption(site, resource),
    )
    return site.arn("ec2", f"volume/{made['VolumeId']}")


def _ec2(site: _Site, resource: SampleResource) -> str:
    disk = {"VolumeSize": 8, **_encryption(site, resource)}
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


def _rds(site: _Site, resource: SampleResource) -> str:
    made = site.client("rds").create_db_instance(
        DBInstanceIdentifier=resource.name,
        DBInstanceClass="db.t3.medium",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="owner",
        MasterUserPassword=_PASSWORD,
        BackupRetentionPeriod=0,
        Tags=_tags(resource.tags),
        **_storage(site, resource),
    )
    arn: str = made["DBInstance"]["DBInstanceArn"]
    return arn


def _aurora(site: _Site, resource: SampleResource) -> str:
    made = site.client("rds").create_db_cluster(
        DBClusterIdentifier=resource.name,
        Engine="aurora-postgresql",
        MasterUsername="owner",
        MasterUserPassword=_PASSWORD,
        Tags=_tags(resource.tags),
        **_storage(site, resource),
    )
    arn: str = made["DBCluster"]["DBClusterArn"]
    return arn


def _dynamodb(site: _Site, resource: SampleResource) -> str:
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


def _s3(site: _Site, resource: SampleResource) -> str:
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


_MAKERS: Final[Mapping[str, Callable[[_Site, SampleResource], str]]] = {
    "Aurora": _aurora,
    "DynamoDB": _dynamodb,
    "EBS": _ebs,
    "EC2": _ec2,
    "RDS": _rds,
    "S3": _s3,
}
