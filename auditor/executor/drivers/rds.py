"""RDS instances and Aurora clusters, backed up by their own snapshots."""

from typing import Final

from auditor.executor.drivers.db_snapshots import DbSnapshotDriver, RdsWords
from auditor.executor.seam.calls import pages, tag_map
from auditor.model.organization import Resource

#: Engines whose clusters and instances are types of their own.
_OTHER_TYPES: Final = ("docdb", "neptune")
#: What begins the name of each of Aurora's engines.
_AURORA: Final = "aurora"


class RdsDriver(DbSnapshotDriver):
    """Backs up RDS instances that belong to no cluster."""

    resource_type = "RDS"
    required_metadata = ("DBInstanceIdentifier",)
    _words = RdsWords(
        "db_instance",
        "db_snapshot",
        "DBInstanceIdentifier",
        "DBSnapshot",
        frozenset({"DBSnapshotNotFound", "DBSnapshotNotFoundFault"}),
        "restore_db_instance_from_db_snapshot",
        "DBSnapshotIdentifier",
        ("DBInstanceIdentifier", "DBInstanceClass", "DBSubnetGroupName", "AvailabilityZone", "StorageType"),
        frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"}),
        "SourceDBSnapshotIdentifier",
        "db",
        "db-instance-id",
    )
    _further_types = ("awsbackup",)

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """List the instances that belong to no cluster."""
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


class AuroraDriver(DbSnapshotDriver):
    """Backs up Aurora clusters."""

    resource_type = "Aurora"
    required_metadata = ("DBClusterIdentifier", "Engine")
    _words = RdsWords(
        "db_cluster",
        "db_cluster_snapshot",
        "DBClusterIdentifier",
        "DBClusterSnapshot",
        frozenset({"DBClusterSnapshotNotFoundFault"}),
        "restore_db_cluster_from_snapshot",
        "SnapshotIdentifier",
        ("DBClusterIdentifier", "Engine", "EngineVersion", "DBSubnetGroupName", "KmsKeyId"),
        frozenset({"DBClusterNotFoundFault"}),
        "SourceDBClusterSnapshotArn",
        "cluster",
        "db-cluster-id",
    )
    _engine = _AURORA

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """List the clusters that have an engine of Aurora."""
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
            if cluster["Engine"].startswith(_AURORA)
        ]
