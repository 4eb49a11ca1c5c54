"""Native backups of databases, tables and clusters, whoever made them, as each driver lists them."""

from typing import Any

from botocore.stub import Stubber

from auditor.executor.seam.driver import ListedBackup, NativeBackup
from tests.contract.drivers.kinds import Clients
from tests.contract.drivers.listed import (
    ACCOUNT,
    EARLY,
    HERE,
    JOB,
    KEY,
    OTHER,
    REGION,
    Drivers,
    listed,
)


def db_snapshot(name: str, **changes: Any) -> dict[str, Any]:
    """A snapshot of a database as RDS describes it."""
    return {
        "DBSnapshotIdentifier": name,
        "DBSnapshotArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:{name}",
        "DBInstanceIdentifier": "data",
        "Engine": "postgres",
        "AllocatedStorage": 20,
        "Encrypted": False,
        "Status": "available",
        "SnapshotCreateTime": EARLY,
    } | changes


def test_rds_is_asked_for_what_aws_backup_has_made_too(clients: Clients, driver_of: Drivers) -> None:
    """Each snapshot once, automated ones too; a copy from another place is of no database of this one."""
    database = f"arn:aws:rds:{REGION}:{ACCOUNT}:db:data"
    elsewhere = f"arn:aws:rds:{OTHER}:{ACCOUNT}:snapshot:first"
    begun = {"Status": "creating", "SnapshotCreateTime": None}
    first = [db_snapshot("rds:data-2026"), db_snapshot("copied", SourceDBSnapshotIdentifier=elsewhere)]
    last = [{k: v for k, v in (db_snapshot(f"awsbackup-job-{JOB.lower()}") | begun).items() if v is not None}]
    ours = [*last, db_snapshot("awsbackup:job-1", Status="deleting")]
    asked = {"Filters": [{"Name": "db-instance-id", "Values": ["data"]}]}
    with Stubber(clients("rds", *HERE)) as stub:
        stub.add_response("describe_db_snapshots", {"DBSnapshots": first, "Marker": "more"}, asked)
        stub.add_response("describe_db_snapshots", {"DBSnapshots": last}, asked | {"Marker": "more"})
        wanted = asked | {"SnapshotType": "awsbackup"}
        stub.add_response("describe_db_snapshots", {"DBSnapshots": ours}, wanted)
        everything: dict[str, Any] = {"Filters": []}
        stub.add_response("describe_db_snapshots", {"DBSnapshots": first[1:]}, everything)
        stub.add_response("describe_db_snapshots", {}, everything | {"SnapshotType": "awsbackup"})

        found = listed(driver_of("RDS"), HERE, database)
        (copied,) = listed(driver_of("RDS"), HERE)
        stub.assert_no_pending_responses()

    def native(name: str) -> NativeBackup:
        return NativeBackup(f"arn:aws:rds:{REGION}:{ACCOUNT}:snapshot:{name}", 20 << 30, encrypted=False)

    assert found == [
        ListedBackup(native(f"awsbackup-job-{JOB.lower()}"), database, None, "CREATING", "", "data", JOB),
        ListedBackup(native("awsbackup:job-1"), database, EARLY, "DELETING", "", "data"),
        ListedBackup(native("rds:data-2026"), database, EARLY, "COMPLETED", "", "data"),
    ]
    assert copied == ListedBackup(native("copied"), None, EARLY, "COMPLETED", "", "data")


def test_only_auroras_cluster_snapshots_are_auroras(clients: Clients, driver_of: Drivers) -> None:
    """RDS lists those of Neptune, DocumentDB and its own clusters with them."""

    def of(engine: str) -> dict[str, Any]:
        return {
            "DBClusterSnapshotIdentifier": engine,
            "DBClusterSnapshotArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster-snapshot:{engine}",
            "DBClusterIdentifier": "data",
            "Engine": engine,
            "AllocatedStorage": 1,
            "StorageEncrypted": True,
            "KmsKeyId": KEY,
            "Status": "copying",
            "SnapshotCreateTime": EARLY,
            "SourceDBClusterSnapshotArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster-snapshot:other",
        }

    engines = ("docdb", "neptune", "postgres", "aurora-mysql")
    with Stubber(clients("rds", *HERE)) as stub:
        answer = {"DBClusterSnapshots": [of(engine) for engine in engines]}
        stub.add_response("describe_db_cluster_snapshots", answer, {"Filters": []})
        found = listed(driver_of("Aurora"), HERE)
        stub.assert_no_pending_responses()

    native = NativeBackup(
        of("aurora-mysql")["DBClusterSnapshotArn"], 1 << 30, encrypted=True, kms_key_arn=KEY
    )
    cluster = f"arn:aws:rds:{REGION}:{ACCOUNT}:cluster:data"
    assert found == [ListedBackup(native, cluster, EARLY, "CREATING", "", "data")]


def test_backups_of_tables_on_every_page_and_aws_backups(clients: Clients, driver_of: Drivers) -> None:
    """Those of AWS Backup are another listing of DynamoDB's; each is told once."""
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/data"

    def backup(number: int, name: str = "mine") -> dict[str, Any]:
        return {
            "BackupArn": f"{table}/backup/{number}",
            "BackupName": name,
            "BackupStatus": "AVAILABLE",
            "BackupCreationDateTime": EARLY,
            "BackupSizeBytes": 7,
            "TableArn": table,
            "TableName": "data",
        }

    asked = {"BackupType": "ALL", "TableName": "data"}
    with Stubber(clients("dynamodb", *HERE)) as stub:
        page = {"BackupSummaries": [backup(1)], "LastEvaluatedBackupArn": backup(1)["BackupArn"]}
        stub.add_response("list_backups", page, asked)
        following = asked | {"ExclusiveStartBackupArn": backup(1)["BackupArn"]}
        stub.add_response("list_backups", {"BackupSummaries": [backup(2, f"awsbackup-{JOB}")]}, following)
        last = {"BackupSummaries": [backup(2, f"awsbackup-{JOB}"), backup(3)]}
        stub.add_response("list_backups", last, asked | {"BackupType": "AWS_BACKUP"})
        found = listed(driver_of("DynamoDB"), HERE, table)
        stub.assert_no_pending_responses()

    assert [(each.native, each.token) for each in found] == [
        (NativeBackup(f"{table}/backup/{number}", 7, encrypted=True), token)
        for number, token in ((1, None), (2, JOB), (3, None))
    ]


def test_snapshots_of_clusters_that_are_gone_or_elsewhere(clients: Clients, driver_of: Drivers) -> None:
    """A final snapshot is whole; one from another Region is of no cluster here; a deleted one is none."""

    def of(name: str, **changes: Any) -> dict[str, Any]:
        told = {"SnapshotIdentifier": name, "ClusterIdentifier": "data", "Status": "available"}
        return told | {"SnapshotCreateTime": EARLY, "TotalBackupSizeInMegaBytes": 2.5} | changes

    made = f"awsbackup-job-{JOB.lower()}"
    first = [of(made, SourceRegion=REGION), of("final", Status="final snapshot")]
    last = [of("gone", Status="deleted"), of(f"{made[:-1]}b", SourceRegion=OTHER)]
    with Stubber(clients("redshift", *HERE)) as stub:
        stub.add_response("describe_cluster_snapshots", {"Snapshots": first, "Marker": "more"}, {})
        stub.add_response("describe_cluster_snapshots", {"Snapshots": last}, {"Marker": "more"})
        stub.add_client_error(
            "describe_cluster_snapshots", "ClusterNotFound", expected_params={"ClusterIdentifier": "never"}
        )
        head = f"arn:aws:redshift:{REGION}:{ACCOUNT}:"
        found = listed(driver_of("Redshift"), HERE)
        assert listed(driver_of("Redshift"), HERE, f"{head}cluster:never") == []
        stub.assert_no_pending_responses()

    assert [(each.native.arn, each.resource_arn, each.status, each.token) for each in found] == [
        (f"{head}snapshot:data/{made}", f"{head}cluster:data", "COMPLETED", JOB),
        (f"{head}snapshot:data/{made[:-1]}b", None, "COMPLETED", None),
        (f"{head}snapshot:data/final", f"{head}cluster:data", "COMPLETED", None),
    ]
    assert {each.native.size_bytes for each in found} == {5 << 19}
