"""DynamoDB tables: the service's own backups, or copies in the store under full management.

Only the latter have the vault's key, cold storage and copies (aws-backup.md 1.1 row 21, 1.2).
"""

from collections.abc import Mapping

from auditor.executor.services.aws import call, delete_once, name_of, pages, tags_by_arn
from auditor.executor.services.base import Clients, DriverError, NativeBackup, Place
from auditor.executor.services.store import Store, prefix_of, recovery_point_arn, stored_backup
from auditor.model.organization import Resource


def _discover(clients: Clients, account_id: str, region: str) -> list[Resource]:
    """Tables with their tags; their creation time would take a call a table."""
    client = clients("dynamodb", account_id, region)
    names = pages(client, "list_tables", "TableNames")
    tags = tags_by_arn(clients, account_id, region, "dynamodb:table") if names else {}
    head = f"arn:{client.meta.partition}:dynamodb:{region}:{account_id}:table/"
    return [
        Resource(head + name, account_id, region, "DynamoDB", name, None, tags.get(head + name, {}))
        for name in names
    ]


class DynamoDbDriver:
    """Backs up tables with CreateBackup, under the table's key. Such backups cannot be copied."""

    resource_type = "DynamoDB"
    fully_managed = False
    can_copy = False

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Every table."""
        return _discover(self._clients, account_id, region)

    def back_up(
        self,
        resource: Resource,
        *,
        vault_key_arn: str | None,  # noqa: ARG002 -- the backup has its table's key
        token: str,
        tags: Mapping[str, str],  # noqa: ARG002 -- DynamoDB's own backups have no tags (aws-backup.md 4.9)
    ) -> NativeBackup:
        """CreateBackup. DynamoDB encrypts every table, with a key of its own unless one is set."""
        client = self._clients("dynamodb", resource.account_id, resource.region)
        table = name_of(resource.arn)
        encryption = call(client, "describe_table", TableName=table)["Table"].get("SSEDescription", {})
        backup = call(client, "create_backup", TableName=table, BackupName=f"awsbackup-{token}")[
            "BackupDetails"
        ]
        size = int(backup.get("BackupSizeBytes") or 0)
        return NativeBackup(
            backup["BackupArn"], size, encrypted=True, kms_key_arn=encryption.get("KMSMasterKeyArn")
        )

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,  # noqa: ARG002 -- the seam's parameters
        destination: Place,  # noqa: ARG002
        key: str | None,  # noqa: ARG002
        token: str,  # noqa: ARG002
        tags: Mapping[str, str],  # noqa: ARG002
    ) -> NativeBackup:
        """Refuse: DynamoDB has no copy of its own backups."""
        raise DriverError(f"{backup.arn} cannot be copied without full management.", "RESOURCE_NOT_SUPPORTED")

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """DeleteBackup."""
        client = self._clients("dynamodb", account_id, region)
        delete_once(client, "delete_backup", {"BackupNotFoundException"}, BackupArn=arn)


class ManagedDynamoDbDriver:
    """Backs up tables into the store under the vault's key: the table's definition and its items."""

    resource_type = "DynamoDB"
    fully_managed = True
    can_copy = True

    def __init__(self, clients: Clients, store: Store) -> None:
        self._clients = clients
        self._store = store

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Every table."""
        return _discover(self._clients, account_id, region)

    def back_up(
        self,
        resource: Resource,
        *,
        vault_key_arn: str | None,
        token: str,
        tags: Mapping[str, str],  # noqa: ARG002 -- the catalog keeps a stored recovery point's tags
    ) -> NativeBackup:
        """Scan the table consistently.

        The definition comes last, with the first page of items: what has none is no backup, and a small table
        is one object.
        """
        place, table = (resource.account_id, resource.region), name_of(resource.arn)
        client = self._clients("dynamodb", *place)
        definition = call(client, "describe_table", TableName=table)["Table"]
        name = token.lower()
        first = page = call(client, "scan", TableName=table, ConsistentRead=True)
        size = number = 0
        while page.get("LastEvaluatedKey"):
            start = page["LastEvaluatedKey"]
            page = call(client, "scan", TableName=table, ConsistentRead=True, ExclusiveStartKey=start)
            number += 1
            key = f"{name}/items-{number:06d}.json"
            size += self._store.put_json(place, key, page["Items"], kms_key=vault_key_arn)
        document = {"table": definition, "items": first["Items"], "further_pages": number}
        size += self._store.put_json(place, f"{name}/table.json", document, kms_key=vault_key_arn)
        return stored_backup(recovery_point_arn(client, place, name), size, vault_key_arn)

    def copy(
        self,
        backup: NativeBackup,
        *,
        source: Place,
        destination: Place,
        key: str | None,
        token: str,
        tags: Mapping[str, str],  # noqa: ARG002 -- the catalog keeps a stored recovery point's tags
    ) -> NativeBackup:
        """Copy the stored objects."""
        prefix, name = prefix_of(backup.arn), token.lower()
        self._store.copy(prefix, source=source, to_prefix=name, destination=destination, kms_key=key)
        arn = recovery_point_arn(self._clients("dynamodb", *destination), destination, name)
        return stored_backup(arn, backup.size_bytes, key)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the stored objects."""
        self._store.delete((account_id, region), prefix_of(arn))
