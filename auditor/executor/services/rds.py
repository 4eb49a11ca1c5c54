"""RDS instances and Aurora clusters: their own snapshots under their own key (aws-backup.md 1.1 row 11).

AWS Backup names snapshots `awsbackup:job-…`; that colon is reserved to it and RDS refuses it to anyone else,
so the executor's are named `awsbackup-job-…`.
"""

from collections.abc import Mapping
from typing import Any, Final

from auditor.executor.services.aws import GIBIBYTE, call, delete_once, name_of, pages, tag_list, tag_map
from auditor.executor.services.base import Clients, NativeBackup, Place
from auditor.model.organization import Resource

#: Engines whose clusters and instances are types of their own.
_OTHER_TYPES: Final = ("docdb", "neptune")
_DEFAULT_KEY: Final = "alias/aws/rds"


def _identifier(token: str) -> str:
    return f"awsbackup-job-{token.lower()}"


def _backup(snapshot: dict[str, Any], arn: str, *, key: str | None = None) -> NativeBackup:
    encrypted = bool(snapshot.get("StorageEncrypted", snapshot.get("Encrypted", False)))
    named = snapshot.get("KmsKeyId") or key
    size = int(snapshot.get("AllocatedStorage") or 0) * GIBIBYTE
    return NativeBackup(snapshot[arn], size, encrypted, named if encrypted else None)


def _copy_key(backup: NativeBackup, key: str | None) -> dict[str, str]:
    """A copy of an unencrypted snapshot stays unencrypted; an encrypted one needs a key of its own Region."""
    return {"KmsKeyId": key or _DEFAULT_KEY} if backup.encrypted else {}


class RdsDriver:
    """Backs up RDS instances that belong to no cluster."""

    resource_type = "RDS"
    fully_managed = False
    can_copy = True

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Instances outside clusters."""
        found = pages(self._clients("rds", account_id, region), "describe_db_instances", "DBInstances")
        return [
            Resource(
                instance["DBInstanceArn"],
                account_id,
                region,
                self.resource_type,
                instance["DBInstanceIdentifier"],
                instance.get("InstanceCreateTime"),
                tag_map(instance.get("TagList")),
            )
            for instance in found
            if not instance.get("DBClusterIdentifier") and instance["Engine"] not in _OTHER_TYPES
        ]

    def back_up(
        self,
        resource: Resource,
        *,
        vault_key_arn: str | None,  # noqa: ARG002 -- a snapshot has its instance's key
        token: str,
        tags: Mapping[str, str],
    ) -> NativeBackup:
        """CreateDBSnapshot."""
        client = self._clients("rds", resource.account_id, resource.region)
        answer = call(
            client,
            "create_db_snapshot",
            DBInstanceIdentifier=name_of(resource.arn),
            DBSnapshotIdentifier=_identifier(token),
            Tags=tag_list(tags),
        )
        return _backup(answer["DBSnapshot"], "DBSnapshotArn")

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
        """CopyDBSnapshot."""
        answer = call(
            self._clients("rds", *destination),
            "copy_db_snapshot",
            SourceDBSnapshotIdentifier=backup.arn,
            TargetDBSnapshotIdentifier=_identifier(token),
            SourceRegion=source[1],
            Tags=tag_list(tags),
            **_copy_key(backup, key),
        )
        return _backup(answer["DBSnapshot"], "DBSnapshotArn", key=key)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """DeleteDBSnapshot."""
        client = self._clients("rds", account_id, region)
        gone = {"DBSnapshotNotFound", "DBSnapshotNotFoundFault"}
        delete_once(client, "delete_db_snapshot", gone, DBSnapshotIdentifier=name_of(arn))


class AuroraDriver:
    """Backs up Aurora clusters."""

    resource_type = "Aurora"
    fully_managed = False
    can_copy = True

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """Clusters of Aurora's engines."""
        found = pages(self._clients("rds", account_id, region), "describe_db_clusters", "DBClusters")
        return [
            Resource(
                cluster["DBClusterArn"],
                account_id,
                region,
                self.resource_type,
                cluster["DBClusterIdentifier"],
                cluster.get("ClusterCreateTime"),
                tag_map(cluster.get("TagList")),
            )
            for cluster in found
            if cluster["Engine"].startswith("aurora")
        ]

    def back_up(
        self,
        resource: Resource,
        *,
        vault_key_arn: str | None,  # noqa: ARG002 -- a snapshot has its cluster's key
        token: str,
        tags: Mapping[str, str],
    ) -> NativeBackup:
        """CreateDBClusterSnapshot."""
        client = self._clients("rds", resource.account_id, resource.region)
        answer = call(
            client,
            "create_db_cluster_snapshot",
            DBClusterIdentifier=name_of(resource.arn),
            DBClusterSnapshotIdentifier=_identifier(token),
            Tags=tag_list(tags),
        )
        return _backup(answer["DBClusterSnapshot"], "DBClusterSnapshotArn")

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
        """CopyDBClusterSnapshot."""
        answer = call(
            self._clients("rds", *destination),
            "copy_db_cluster_snapshot",
            SourceDBClusterSnapshotIdentifier=backup.arn,
            TargetDBClusterSnapshotIdentifier=_identifier(token),
            SourceRegion=source[1],
            Tags=tag_list(tags),
            **_copy_key(backup, key),
        )
        return _backup(answer["DBClusterSnapshot"], "DBClusterSnapshotArn", key=key)

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """DeleteDBClusterSnapshot."""
        client = self._clients("rds", account_id, region)
        gone = {"DBClusterSnapshotNotFoundFault"}
        delete_once(client, "delete_db_cluster_snapshot", gone, DBClusterSnapshotIdentifier=name_of(arn))
