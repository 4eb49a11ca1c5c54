"""Redshift clusters: manual snapshots under the cluster's key (aws-backup.md 1.1 row 11).

AWS Backup copies none of them (aws-backup.md 1.2): Redshift copies all snapshots of a cluster to one other
Region or none, and gives other accounts access to a snapshot, not a copy.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from auditor.executor.drivers.listing import of_resource, status_of, token_of
from auditor.executor.drivers.native import UncopiedDriver
from auditor.executor.seam.calls import (
    JOB_TAG,
    call,
    check_settled,
    delete_once,
    found_once,
    make_once,
    marked,
    name_of,
    pages,
    tag_list,
    tag_map,
    test_name,
    whole,
)
from auditor.executor.seam.driver import Clients, ListedBackup, NativeBackup, Place
from auditor.model.organization import Resource

_MEBIBYTE: Final = 1 << 20
_NO_SNAPSHOT: Final = frozenset({"ClusterSnapshotNotFound", "ClusterSnapshotNotFoundFault"})
_NO_CLUSTER: Final = frozenset({"ClusterNotFound", "ClusterNotFoundFault"})
_COMPLETE: Final = frozenset({"available"})
_MAKING: Final = frozenset({"creating"})
#: That of a cluster which was deleted is whole too.
_WHOLE: Final = _COMPLETE | {"final snapshot"}
_DELETED: Final = frozenset({"deleted"})
_TAKEN: Final = (
    "ClusterIdentifier",
    "NodeType",
    "AvailabilityZone",
    "ClusterSubnetGroupName",
    "ClusterParameterGroupName",
)
_NUMBERS: Final = ("Port", "NumberOfNodes")


class RedshiftDriver(UncopiedDriver):
    """Backs up Redshift clusters. A snapshot is known by its identifier."""

    resource_type = "Redshift"
    required_metadata = ("ClusterIdentifier",)

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def discover(self, account_id: str, region: str) -> list[Resource]:
        """List every cluster."""
        client = self._clients("redshift", account_id, region)
        return [
            Resource(
                _cluster_arn(client, cluster["ClusterIdentifier"], (account_id, region)),
                account_id,
                region,
                self.resource_type,
                cluster["ClusterIdentifier"],
                cluster.get("ClusterCreateTime"),
                tag_map(cluster.get("Tags")),
            )
            for cluster in pages(client, "describe_clusters", "Clusters")
        ]

    def _back_up(self, resource: Resource, token: str, tags: Mapping[str, str], /) -> NativeBackup:
        """CreateClusterSnapshot; its retention is the recovery point's, so it has none of its own."""
        place = (resource.account_id, resource.region)
        client = self._clients("redshift", *place)

        def make() -> NativeBackup:
            made = call(
                client,
                "create_cluster_snapshot",
                SnapshotIdentifier=_identifier(token),
                ClusterIdentifier=name_of(resource.arn),
                ManualSnapshotRetentionPeriod=-1,
                Tags=tag_list(tags),
            )
            return _native(client, place, made["Snapshot"])

        return make_once(make, partial(self.find, token, *place))

    def delete(self, arn: str, account_id: str, region: str) -> None:
        """Delete the snapshot (DeleteClusterSnapshot)."""
        self._delete(name_of(arn), account_id, region)

    def find(self, token: str, account_id: str, region: str) -> NativeBackup | None:
        """The snapshot that is named after `token`."""
        for snapshot in self._described(_identifier(token), account_id, region):
            if snapshot["Status"] in _COMPLETE | _MAKING:
                return _native(self._clients("redshift", account_id, region), (account_id, region), snapshot)
        return None

    def backups(
        self, account_id: str, region: str, resource_arn: str | None = None
    ) -> Iterator[ListedBackup]:
        """Snapshots, manual and automated, of clusters that are gone too."""
        client, place = self._clients("redshift", account_id, region), (account_id, region)
        cluster = {} if resource_arn is None else {"ClusterIdentifier": name_of(resource_arn)}
        found = found_once(
            client, "describe_cluster_snapshots", "Snapshots", _NO_CLUSTER | _NO_SNAPSHOT, **cluster
        )
        listed = (_listed(client, place, each) for each in found if each["Status"] not in _DELETED)
        return of_resource(listed, resource_arn)

    def settled(self, arn: str, account_id: str, region: str) -> bool:
        """Whether the snapshot's state is `available`."""
        found = self._described(name_of(arn), account_id, region)
        state = found[0]["Status"] if found else None
        return check_settled(arn, state, complete=_COMPLETE, making=_MAKING)

    def undo(self, token: str, account_id: str, region: str) -> None:
        """Delete the snapshot that is named after `token`."""
        self._delete(_identifier(token), account_id, region)

    def restore_metadata(self, arn: str, account_id: str, region: str) -> dict[str, str]:
        """Tell the cluster and its nodes."""
        client = self._clients("redshift", account_id, region)
        (snapshot,) = pages(
            client, "describe_cluster_snapshots", "Snapshots", SnapshotIdentifier=name_of(arn)
        )
        keys = ("ClusterIdentifier", "NodeType", "NumberOfNodes", "Port", "AvailabilityZone")
        return {key: str(snapshot[key]) for key in keys if snapshot.get(key)}

    def restore(
        self, arn: str, *, place: Place, metadata: Mapping[str, str], token: str, tags: Mapping[str, str]
    ) -> str:
        """RestoreFromClusterSnapshot, which takes no tags: they and the mark of `token` are put after it."""
        client, identifier = self._clients("redshift", *place), metadata["ClusterIdentifier"]
        params: dict[str, Any] = {key: metadata[key] for key in _TAKEN if key in metadata}
        params |= {key: whole(metadata, key) for key in _NUMBERS if key in metadata}
        made = _cluster_arn(client, identifier, place)
        found = found_once(client, "describe_clusters", "Clusters", _NO_CLUSTER, ClusterIdentifier=identifier)
        if any(tag_map(cluster.get("Tags")).get(JOB_TAG) == token for cluster in found):
            return made
        call(client, "restore_from_cluster_snapshot", SnapshotIdentifier=name_of(arn), **params)
        call(client, "create_tags", ResourceName=made, Tags=tag_list(marked(tags, token)))
        return made

    def infer(self, arn: str, place: Place, token: str) -> dict[str, str]:
        """Give a new name for the cluster."""
        del arn, place
        return {"ClusterIdentifier": test_name(token)}

    def discard(self, arn: str, account_id: str, region: str) -> None:
        """Delete the restored cluster without a last snapshot (DeleteCluster)."""
        client = self._clients("redshift", account_id, region)
        params = {"ClusterIdentifier": name_of(arn), "SkipFinalClusterSnapshot": True}
        delete_once(client, "delete_cluster", _NO_CLUSTER, **params)

    def _described(self, identifier: str, account_id: str, region: str) -> list[dict[str, Any]]:
        client, name = self._clients("redshift", account_id, region), {"SnapshotIdentifier": identifier}
        return found_once(client, "describe_cluster_snapshots", "Snapshots", _NO_SNAPSHOT, **name)

    def _delete(self, identifier: str, account_id: str, region: str) -> None:
        client, name = self._clients("redshift", account_id, region), {"SnapshotIdentifier": identifier}
        delete_once(client, "delete_cluster_snapshot", _NO_SNAPSHOT, **name)


def _identifier(token: str) -> str:
    return f"awsbackup-job-{token.lower()}"


def _cluster_arn(client: Any, identifier: str, place: Place) -> str:
    return f"arn:{client.meta.partition}:redshift:{place[1]}:{place[0]}:cluster:{identifier}"


def _native(client: Any, place: Place, snapshot: Mapping[str, Any]) -> NativeBackup:
    name = f"{snapshot['ClusterIdentifier']}/{snapshot['SnapshotIdentifier']}"
    arn = f"arn:{client.meta.partition}:redshift:{place[1]}:{place[0]}:snapshot:{name}"
    size = int((snapshot.get("TotalBackupSizeInMegaBytes") or 0) * _MEBIBYTE)
    encrypted = bool(snapshot.get("Encrypted"))
    return NativeBackup(arn, size, encrypted, snapshot.get("KmsKeyId") if encrypted else None)


def _listed(client: Any, place: Place, snapshot: Mapping[str, Any]) -> ListedBackup:
    """The snapshot; one that came from another Region, under its name, is no cluster's and no job's here."""
    cluster, local = snapshot["ClusterIdentifier"], snapshot.get("SourceRegion") in {None, "", place[1]}
    status, message = status_of(snapshot["Status"], complete=_WHOLE, making=_MAKING)
    return ListedBackup(
        _native(client, place, snapshot),
        _cluster_arn(client, cluster, place) if local else None,
        snapshot.get("SnapshotCreateTime"),
        status,
        message,
        cluster,
        token_of(snapshot["SnapshotIdentifier"], _identifier) if local else None,
    )
