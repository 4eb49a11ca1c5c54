"""Backups that services make by themselves, taken from the lists of their resources."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from auditor.evidence.store import Evidence
from tests.loopback.auditing import audit
from tests.loopback.standing import ACCOUNT, HOME, SINCE, World

RDS = f"arn:aws:rds:{HOME}:{ACCOUNT}"
FIRST, LAST = datetime(2026, 1, 3, tzinfo=UTC), datetime(2026, 1, 31, 23, 55, tzinfo=UTC)
MANAGED = f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:continuous:db-1"
COVERAGE = {"native": {"coverage": ["automated_backups"]}}


def instance(world: World, name: str, **members: Any) -> str:
    """Add an RDS instance and give its ARN."""
    arn = f"{RDS}:db:{name}"
    known = {"DBInstanceStatus": "available", "Engine": "mysql", "InstanceCreateTime": SINCE, "TagList": []}
    world.at().db_instances.append({"DBInstanceIdentifier": name, "DBInstanceArn": arn, **known, **members})
    return arn


def cluster(world: World, name: str, engine: str, **members: Any) -> str:
    """Add a cluster and give its ARN."""
    arn = f"{RDS}:cluster:{name}"
    known = {"Status": "available", "Engine": engine, "ClusterCreateTime": SINCE, "TagList": []}
    world.at().db_clusters.append({"DBClusterIdentifier": name, "DBClusterArn": arn, **known, **members})
    return arn


def file_system(world: World, kind: str, **about: Any) -> str:
    """Add a file system of FSx and give its ARN."""
    arn = f"arn:aws:fsx:{HOME}:{ACCOUNT}:file-system/fs-{kind.lower()}"
    item: dict[str, Any] = {"FileSystemId": f"fs-{kind.lower()}", "FileSystemType": kind, "Tags": []}
    world.resource("FSx", ResourceARN=arn, Lifecycle="AVAILABLE", CreationTime=SINCE, **item, **about)
    return arn


def test_the_lists_tell_what_services_make_by_themselves(tmp_path: Path) -> None:
    """On, off, AWS Backup's own, and not told; the verdict is a pass, a finding, a finding, and open."""
    world = World()
    on = instance(
        world, "on", BackupRetentionPeriod=7, LatestRestorableTime=LAST, PreferredBackupWindow="03:00-03:30"
    )
    off = instance(world, "off", BackupRetentionPeriod=0)
    managed = instance(world, "managed", BackupRetentionPeriod=35, AwsBackupRecoveryPointArn=MANAGED)
    silent = instance(world, "silent")
    odd = instance(world, "odd", BackupRetentionPeriod=-1)
    aurora = cluster(
        world,
        "aurora",
        "aurora-mysql",
        BackupRetentionPeriod=1,
        EarliestRestorableTime=FIRST,
        LatestRestorableTime=LAST,
    )
    documents = cluster(world, "documents", "docdb", BackupRetentionPeriod=1)
    windows = file_system(
        world,
        "WINDOWS",
        WindowsConfiguration={"AutomaticBackupRetentionDays": 30, "DailyAutomaticBackupStartTime": "05:00"},
    )
    lustre = file_system(
        world,
        "LUSTRE",
        LustreConfiguration={"DeploymentType": "PERSISTENT_1", "AutomaticBackupRetentionDays": 0},
    )
    world.resource(
        "Redshift", ClusterIdentifier="sales", ClusterCreateTime=SINCE, Tags=[],
        AutomatedSnapshotRetentionPeriod=2,
    )  # fmt: skip
    sales = f"arn:aws:redshift:{HOME}:{ACCOUNT}:cluster:sales"

    judged = audit(world, tmp_path, tier=COVERAGE)

    table = Evidence.open(judged.run).read("native_protection", ACCOUNT, HOME)
    rows = {row["arn"]: row for row in table.to_pylist()}
    about = ("enabled", "retention_days", "earliest_at", "newest_at", "schedule", "source")
    instances, clusters, systems = (
        "rds:DescribeDBInstances",
        "rds:DescribeDBClusters",
        "fsx:DescribeFileSystems",
    )
    assert {arn: tuple(row[name] for name in about) for arn, row in rows.items()} == {
        on: (True, 7, None, LAST, "03:00-03:30", instances),
        off: (False, 0, None, None, None, instances),
        managed: (False, 35, None, None, None, instances),
        aurora: (True, 1, FIRST, LAST, None, clusters),
        documents: (True, 1, None, None, None, clusters),
        windows: (True, 30, None, None, "05:00", systems),
        lustre: (False, 0, None, None, None, systems),
        sales: (True, 2, None, None, None, "redshift:DescribeClusters"),
    }
    told = {
        arn: judged.verdict("BKP-COV-001", arn) for arn in (on, off, managed, silent, odd, aurora, windows)
    }
    assert told == {
        on: "COMPLIANT", off: "NON_COMPLIANT", managed: "NON_COMPLIANT", silent: "INSUFFICIENT_DATA",
        odd: "INSUFFICIENT_DATA", aurora: "COMPLIANT", windows: "COMPLIANT",
    }  # fmt: skip
    assert [(gap["operation"], gap["provides"]) for gap in judged.gaps if gap["service"] == "rds"] == [
        ("DescribeDBInstances", ["native_protection"])
    ]


def test_what_no_tier_accepts_is_named_and_changes_no_verdict(tmp_path: Path) -> None:
    """Neither of what is told nor of what is not."""
    world = World()
    on, silent = instance(world, "on", BackupRetentionPeriod=7), instance(world, "silent")

    judged = audit(world, tmp_path)

    assert [judged.verdict("BKP-COV-001", arn) for arn in (on, silent)] == ["NON_COMPLIANT"] * 2
    (reason,), (bare,) = (judged.reasons("BKP-COV-001", arn) for arn in (on, silent))
    assert (reason.code, bare.code) == ("only_native", "not_selected")
    assert reason.message == (
        "no rule of any backup plan protects it; "
        "tier daily does not accept automated backups (7 days) as coverage"
    )
    assert judged.gaps == []
