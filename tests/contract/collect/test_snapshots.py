"""Snapshots of the account: listed where a tier accepts them, with who made each, and with their locks."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.own_backups import NO_BACKUPS
from tests.loopback.standing import ACCOUNT, AS_OF, AWAY, HOME, SINCE, World

DAY = timedelta(days=1)
ACCEPTED = {"native": {"coverage": ["snapshot"], "frequency": ["snapshot"], "retention": ["snapshot"]}}
VOLUMES = [f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/vol-{number}" for number in range(1, 6)]
LISTS = ("DescribeSnapshots", "DescribeLockedSnapshots")


def made(number: int, days: int, **members: Any) -> dict[str, Any]:
    """A snapshot of the volume of that number, so many days and an hour ago."""
    start = AS_OF - days * DAY - timedelta(hours=1)
    about = {"VolumeId": f"vol-{number}", "State": "completed", "OwnerId": ACCOUNT, "Tags": []}
    return (
        {"SnapshotId": f"snap-{number}-{days}", "StartTime": start, "CompletionTime": start} | about | members
    )


def tag(key: str) -> list[dict[str, str]]:
    """A tag that AWS sets."""
    return [{"Key": key, "Value": "x"}]


def organization() -> World:
    """Volumes with locked snapshots, unlocked ones, AWS Backup's, those of an image and of a policy."""
    world = World()
    for number in range(1, 6):
        world.volume(f"vol-{number}")
    every = [
        *(made(1, days) for days in range(31)),
        made(2, 0),
        made(3, 0, Tags=tag("aws:backup:source-resource")),
        made(3, 1, Description="This snapshot is created by the AWS Backup service."),
        made(
            4, 0, Description="Created by CreateImage(i-1) for ami-1", Tags=tag("aws:dlm:lifecycle-policy-id")
        ),
        made(5, 0, Tags=tag("aws:dlm:lifecycle-policy-id"), StorageTier="archive"),
    ]
    locks = [
        {
            "SnapshotId": one["SnapshotId"],
            "LockState": "compliance",
            "LockExpiresOn": one["StartTime"] + 40 * DAY,
        }
        for one in every[:31]
    ]
    here = {HOME: every}
    world.operations |= NO_BACKUPS
    world.operations["ec2", "DescribeSnapshots"] = lambda place, _: {"Snapshots": here.get(place.region, [])}
    world.operations["ec2", "DescribeLockedSnapshots"] = lambda place, _: {
        "Snapshots": locks if place.region == HOME else []
    }
    return world


def verdicts(judged: Judgement) -> list[list[str]]:
    """Of each volume: coverage, the longest gap, the newest, retention."""
    controls = ("BKP-COV-001", "BKP-FRQ-001", "BKP-FRQ-002", "BKP-RET-008")
    return [[judged.verdict(one, arn) for one in controls] for arn in VOLUMES]


def test_what_a_tier_accepts_is_listed_page_by_page(tmp_path: Path) -> None:
    """Two lists of each Region; what AWS Backup made and parts of images protect nothing once more."""
    world = organization()
    world.page_size = 20

    judged = audit(world, tmp_path, tier=ACCEPTED)

    asked = sorted((one.operation, one.region) for one in judged.calls if one.operation in LISTS)
    assert asked == sorted([
        *([("DescribeSnapshots", HOME)] * 2), ("DescribeSnapshots", AWAY),
        ("DescribeLockedSnapshots", HOME), ("DescribeLockedSnapshots", AWAY),
    ])  # fmt: skip
    assert {one.parameters["Owner.1"] for one in judged.calls if one.operation == LISTS[0]} == {"self"}
    rows = Evidence.open(judged.run).read("native_backups", ACCOUNT, HOME).to_pylist()
    assert len(rows) == 36
    assert [(row["made_by"], row["storage"], row["kept_until"]) for row in rows[31:]] == [
        (None, None, None),
        ("AWS Backup", None, None),
        ("AWS Backup", None, None),
        ("CreateImage", None, None),
        ("Data Lifecycle Manager", "archive", None),
    ]
    assert rows[0] == {
        "arn": f"arn:aws:ec2:{HOME}::snapshot/snap-1-0", "resource_arn": VOLUMES[0], "state": "completed",
        "created_at": AS_OF - timedelta(hours=1), "completed_at": AS_OF - timedelta(hours=1),
        "made_by": None, "storage": None, "kept_until": AS_OF - timedelta(hours=1) + 40 * DAY,
    }  # fmt: skip
    bare = ["NON_COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE"]
    open_ = ["COMPLIANT", "INSUFFICIENT_DATA", "COMPLIANT", "INSUFFICIENT_DATA"]
    assert verdicts(judged) == [["COMPLIANT"] * 4, open_, bare, bare, open_]


@pytest.mark.long
def test_what_is_refused_is_a_gap_and_leaves_open(tmp_path: Path) -> None:
    """Without the list nothing is told; without the locks no promise is."""
    judged = audit(organization(), tmp_path, tier=ACCEPTED, faults=[denied("DescribeSnapshots")])
    assert verdicts(judged) == [["INSUFFICIENT_DATA"] * 4] * 5
    assert {gap["operation"] for gap in judged.gaps} == {"DescribeSnapshots"}

    judged = audit(organization(), tmp_path, tier=ACCEPTED, faults=[denied("DescribeLockedSnapshots")])
    assert verdicts(judged)[0] == ["COMPLIANT", "COMPLIANT", "COMPLIANT", "INSUFFICIENT_DATA"]
    assert [(gap["operation"], gap["provides"]) for gap in judged.gaps if gap["service"] == "ec2"] == [
        ("DescribeLockedSnapshots", ["native_backups.kept_until"])
    ] * 2


@pytest.mark.long
@pytest.mark.parametrize(
    ("native", "asked"),
    [
        ({}, set()),
        ({"coverage": ["lifecycle_policy"]}, set()),
        ({"frequency": ["lifecycle_policy"]}, {"DescribeSnapshots"}),
        ({"coverage": ["snapshot"]}, {"DescribeSnapshots"}),
    ],
)
def test_what_nothing_hangs_on_is_not_asked_for(tmp_path: Path, native: Any, asked: set[str]) -> None:
    """Locks are asked for where a tier accepts snapshots for retention."""
    world = organization()
    world.operations["dlm", "GetLifecyclePolicies"] = lambda _place, _given: {"Policies": []}
    judged = audit(world, tmp_path, tier={"native": native} if native else {})

    assert {one.operation for one in judged.calls if one.operation in LISTS} == asked


@pytest.mark.long
def test_manual_snapshots_of_databases_are_listed_too(tmp_path: Path) -> None:
    """A list of instances and one of clusters; copies from elsewhere are of nothing here."""
    world = World()
    arn = f"arn:aws:rds:{HOME}:{ACCOUNT}"
    known = {"DBInstanceStatus": "available", "Engine": "mysql", "InstanceCreateTime": SINCE, "TagList": []}
    for name in ("kept", "copied", "bare"):
        about = {"DBInstanceIdentifier": name, "DBInstanceArn": f"{arn}:db:{name}"}
        world.at().db_instances.append({**about, **known})
    cluster = {"Status": "available", "Engine": "aurora-mysql", "ClusterCreateTime": SINCE, "TagList": []}
    world.at().db_clusters.append(
        {"DBClusterIdentifier": "books", "DBClusterArn": f"{arn}:cluster:books", **cluster}
    )
    hour = AS_OF - timedelta(hours=1)
    one = {"Status": "available", "SnapshotCreateTime": hour, "OriginalSnapshotCreateTime": hour}
    from_afar = {"SourceDBSnapshotIdentifier": f"arn:aws:rds:{AWAY}:{ACCOUNT}:snapshot:s"}
    instances: list[dict[str, Any]] = [
        {"DBInstanceIdentifier": "kept", "DBSnapshotArn": f"{arn}:snapshot:s1", **one},
        {"DBInstanceIdentifier": "copied", "DBSnapshotArn": f"{arn}:snapshot:s2", **one, **from_afar},
        {"DBInstanceIdentifier": "bare", "DBSnapshotArn": f"{arn}:snapshot:s3", "Status": "creating"},
    ]
    clusters = [
        {
            "DBClusterIdentifier": "books",
            "DBClusterSnapshotArn": f"{arn}:cluster-snapshot:c1",
            "Status": "available",
            "SnapshotCreateTime": hour,
        }
    ]

    def listed(name: str, items: list[dict[str, Any]]) -> Any:
        return lambda place, _given: {name: items if place.region == HOME else []}

    world.operations |= NO_BACKUPS | {
        ("rds", "DescribeDBSnapshots"): listed("DBSnapshots", instances),
        ("rds", "DescribeDBClusterSnapshots"): listed("DBClusterSnapshots", clusters),
    }
    arns = [f"{arn}:db:{name}" for name in ("kept", "copied", "bare")] + [f"{arn}:cluster:books"]

    def told(*faults: Any) -> list[str]:
        judged = audit(world, tmp_path, tier={"native": {"coverage": ["snapshot"]}}, faults=faults)
        asked = [call for call in judged.calls if call.operation.startswith("DescribeDB")]
        types = {call.parameters.get("SnapshotType") for call in asked if "Snapshots" in call.operation}
        assert types == {"manual"}
        return [judged.verdict("BKP-COV-001", one) for one in arns]

    assert told() == ["COMPLIANT", "NON_COMPLIANT", "NON_COMPLIANT", "COMPLIANT"]
    assert told(denied("DescribeDBSnapshots")) == ["INSUFFICIENT_DATA"] * 3 + ["COMPLIANT"]
