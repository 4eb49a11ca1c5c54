"""Backups that RDS and its like, Redshift, FSx and DynamoDB list: where a tier accepts them, by pages."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.contract.collect.test_native import cluster, file_system
from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.own_backups import NO_BACKUPS, at_home
from tests.loopback.standing import ACCOUNT, AS_OF, AWAY, HOME, SINCE, World

HOUR_AGO = AS_OF - timedelta(hours=1)
FSX = f"arn:aws:fsx:{HOME}:{ACCOUNT}"
SALES = f"arn:aws:redshift:{HOME}:{ACCOUNT}:cluster:sales"
NAMESPACE = f"arn:aws:redshift-serverless:{HOME}:{ACCOUNT}:namespace/1"
TABLE = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/orders"
LISTS = {
    "ListBackups",
    "DescribeBackups",
    "DescribeDBSnapshots",
    "DescribeDBClusterSnapshots",
    "DescribeClusterSnapshots",
    "ListSnapshots",
}


def warehouse(name: str, **members: Any) -> dict[str, Any]:
    """A snapshot of the cluster of Redshift."""
    known = {"ClusterIdentifier": "sales", "SnapshotIdentifier": name, "SnapshotType": "manual"}
    return {"SnapshotCreateTime": HOUR_AGO, "Status": "available", "OwnerAccount": ACCOUNT} | known | members


def backup(number: int, **members: Any) -> dict[str, Any]:
    """A backup of a file system, or of a volume, of FSx."""
    about = {"BackupId": f"backup-{number}", "ResourceARN": f"{FSX}:backup/backup-{number}"}
    done = {"Lifecycle": "AVAILABLE", "CreationTime": HOUR_AGO, "Type": "USER_INITIATED"}
    return about | done | {"FileSystem": {"ResourceARN": f"{FSX}:file-system/fs-lustre"}} | members


def organization() -> tuple[World, list[str]]:
    """A resource of each type with a backup of an hour ago beside others that count for nothing; the ARNs."""
    world = World()
    books = [cluster(world, f"books-{engine}", engine) for engine in ("docdb", "neptune")]
    lustre = file_system(world, "LUSTRE", LustreConfiguration={"DeploymentType": "PERSISTENT_1"})
    world.resource("Redshift", ClusterIdentifier="sales", ClusterCreateTime=SINCE, Tags=[])
    world.resource("Redshift Serverless", namespaceArn=NAMESPACE, namespaceName="n", creationDate=SINCE)
    listed = {
        ("rds", "DescribeDBClusterSnapshots", "DBClusterSnapshots"): [
            {
                "DBClusterIdentifier": arn.rpartition(":")[2],
                "DBClusterSnapshotArn": arn.replace(":cluster:", ":cluster-snapshot:own-"),
                "Status": "available",
                "SnapshotCreateTime": HOUR_AGO,
            }
            for arn in books
        ],
        ("fsx", "DescribeBackups", "Backups"): [
            backup(1),
            backup(2, SourceBackupId="backup-0"),
            backup(3, Type="AUTOMATIC"),
            backup(4, ResourceType="VOLUME", Volume={"ResourceARN": f"{FSX}:volume/fs-2/fsvol-1"}),
        ],
        ("redshift", "DescribeClusterSnapshots", "Snapshots"): [
            warehouse("own"),
            warehouse("awsbackup:job-1"),
            warehouse("auto", SnapshotType="automated"),
            warehouse("afar", SourceRegion=AWAY),
            warehouse("others", OwnerAccount="999900001111"),
        ],
        ("redshift-serverless", "ListSnapshots", "snapshots"): [
            {
                "snapshotName": name,
                "snapshotArn": NAMESPACE.replace("namespace/1", f"snapshot/{number}"),
                "namespaceArn": NAMESPACE,
                "status": "AVAILABLE",
                "snapshotCreateTime": HOUR_AGO,
            }
            for number, name in enumerate(("own", "awsbackup-1"))
        ],
        ("dynamodb", "ListBackups", "BackupSummaries"): [
            {
                "TableArn": TABLE,
                "BackupArn": f"{TABLE}/backup/{kind}",
                "BackupType": kind,
                "BackupStatus": "AVAILABLE",
                "BackupCreationDateTime": HOUR_AGO,
            }
            for kind in ("USER", "AWS_BACKUP")
        ],
    }
    world.operations |= NO_BACKUPS
    for (service, operation, name), items in listed.items():
        world.operations[service, operation] = at_home(**{name: items})
    return world, [*books, lustre, SALES, NAMESPACE]


def test_each_service_lists_its_own_backups(tmp_path: Path) -> None:
    """One list each; what AWS Backup made, copies and what is of elsewhere protect nothing once more."""
    world, arns = organization()
    native = {"coverage": ["snapshot"], "frequency": ["snapshot"]}

    judged = audit(world, tmp_path, tier={"rpo_hours": 25, "native": native})

    asked = [(one.operation, one.region) for one in judged.calls if one.operation in LISTS]
    assert sorted(asked) == sorted((name, region) for name in LISTS for region in (AWAY, HOME))
    rows = Evidence.open(judged.run).read("native_backups", ACCOUNT, HOME).to_pylist()
    assert {(row["resource_arn"], row["state"], row["created_at"], row["made_by"]) for row in rows} == {
        *((arn, "available", HOUR_AGO, None) for arn in (*arns[:2], SALES)),
        *((arn, "AVAILABLE", HOUR_AGO, None) for arn in (arns[2], NAMESPACE, TABLE)),
        (f"{FSX}:volume/fs-2/fsvol-1", "AVAILABLE", HOUR_AGO, None),
        (arns[2], "AVAILABLE", HOUR_AGO, "automatic"),
        (SALES, "available", HOUR_AGO, "automatic"),
        (SALES, "available", HOUR_AGO, "AWS Backup"),
        (NAMESPACE, "AVAILABLE", HOUR_AGO, "AWS Backup"),
    }
    assert len(rows) == 11
    assert {judged.verdict(one, arn) for one in ("BKP-COV-001", "BKP-FRQ-002") for arn in arns} == {
        "COMPLIANT"
    }


@pytest.mark.long
@pytest.mark.parametrize(
    ("native", "asked"),
    [
        ({"coverage": ["automated_backups"]}, set()),
        ({"frequency": ["automated_backups"]}, {"DescribeBackups", "DescribeClusterSnapshots"}),
        ({"frequency": ["lifecycle_policy"]}, set()),
    ],
)
def test_what_nothing_hangs_on_is_not_asked_for(tmp_path: Path, native: Any, asked: set[str]) -> None:
    """The times of automatic backups are for frequency."""
    world, _ = organization()
    world.operations["dlm", "GetLifecyclePolicies"] = lambda _place, _given: {"Policies": []}

    judged = audit(world, tmp_path, tier={"native": native})

    assert {one.operation for one in judged.calls if one.operation in LISTS} == asked


@pytest.mark.long
def test_a_refused_list_leaves_open_what_it_would_tell(tmp_path: Path) -> None:
    """And nothing else; a Region without a service is not asked."""
    world, arns = organization()
    world.at(AWAY).settings["ResourceTypeOptInPreference"] = {"EBS": True, "DynamoDB": True}
    tier = {"rpo_hours": 25, "native": {"coverage": ["snapshot"]}}

    judged = audit(world, tmp_path, tier=tier, faults=[denied("DescribeBackups")])

    assert [judged.verdict("BKP-COV-001", arn) for arn in arns] == [
        *["COMPLIANT"] * 2,
        "INSUFFICIENT_DATA",
        *["COMPLIANT"] * 2,
    ]
    gaps = [(gap["operation"], gap["region"], gap["provides"]) for gap in judged.gaps]
    assert gaps == [("DescribeBackups", HOME, ["native_backups.fsx"])]
    away = {one.operation for one in judged.calls if one.operation in LISTS and one.region == AWAY}
    assert away == {"ListBackups", "DescribeDBSnapshots", "DescribeDBClusterSnapshots"}
