"""Make the sample organization: accounts, roles, keys and resources, all through the services' own APIs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from auditor.aws.base import Client
from auditor.aws.session import Credentials
from auditor.sandbox import services
from auditor.sandbox.entrance import Entrance
from auditor.sandbox.makers import Site, make_resource
from auditor.sandbox.organization import Role, SampleAccount, SampleOrganization

USER: Final = "auditor"


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was made. `accounts`: ids by name; `resources`: ARNs by (account, place, resource name)."""

    caller: Credentials
    accounts: Mapping[str, str]
    resources: Mapping[tuple[str, str, str], str]


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


def seed(organization: SampleOrganization, entrance: Entrance, partition: str) -> Seeded:
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
            site = Site(entrance, partition, account_id, region, key_arn)
            for resource in account.resources:
                if resource.place == place:
                    resources[account.name, place, resource.name] = make_resource(site, resource)
    return Seeded(caller, accounts, resources)


def _make_caller(entrance: Entrance) -> Credentials:
    iam = entrance.management("iam")
    iam.create_user(UserName=USER)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    credentials = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    entrance.use(entrance.management_account_id, credentials)
    return credentials


def _make_accounts(organization: SampleOrganization, entrance: Entrance) -> dict[str, str]:
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
