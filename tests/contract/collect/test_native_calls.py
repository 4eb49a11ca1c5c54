"""Protection that takes calls of its own: asked where a tier accepts it, and only there."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.own_backups import NO_BACKUPS
from tests.loopback.standing import ACCOUNT, AWAY, HOME, SINCE, World

FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 31, 23, 55, tzinfo=UTC)
ON = {
    "PointInTimeRecoveryStatus": "ENABLED",
    "RecoveryPeriodInDays": 35,
    "EarliestRestorableDateTime": FIRST,
    "LatestRestorableDateTime": LAST,
}
OFF = {"PointInTimeRecoveryStatus": "DISABLED"}
POLICY = {
    "PolicyId": "policy-1",
    "State": "ENABLED",
    "PolicyDetails": {
        "PolicyType": "EBS_SNAPSHOT_MANAGEMENT",
        "ResourceTypes": ["VOLUME"],
        "TargetTags": [{"Key": "snapshots", "Value": "nightly"}],
        "Schedules": [{"Name": "nightly"}],
    },
}
COVERAGE = {"native": {"coverage": ["point_in_time_recovery", "lifecycle_policy"]}}
OPERATIONS = ("DescribeContinuousBackups", "GetLifecyclePolicies", "GetLifecyclePolicy")


def organization() -> World:
    """Two tables, two volumes, and in one Region a policy."""
    world = World()
    for name in ("orders", "sessions"):
        world.at().tables.append({"TableName": name, "CreationDateTime": SINCE, "TableStatus": "ACTIVE"})
    world.volume("vol-1", Tags=[{"Key": "snapshots", "Value": "nightly"}])
    world.volume("vol-2")

    def recovery(_place: Any, given: Any) -> dict[str, Any]:
        about = ON if given["TableName"] == "orders" else OFF
        described = {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": about}
        return {"ContinuousBackupsDescription": described}

    def policies(place: Any, _given: Any) -> dict[str, Any]:
        return {"Policies": [{"PolicyId": "policy-1", "State": "ENABLED"}] if place.region == HOME else []}

    world.operations["dynamodb", "DescribeContinuousBackups"] = recovery
    world.operations["dlm", "GetLifecyclePolicies"] = policies
    world.operations["dlm", "GetLifecyclePolicy"] = lambda _place, _given: {"Policy": POLICY}
    return world


ARNS = [
    *(f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/{name}" for name in ("orders", "sessions")),
    *(f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/{name}" for name in ("vol-1", "vol-2")),
]


def test_what_a_tier_accepts_is_asked_for(tmp_path: Path) -> None:
    """A call a table, one a Region and one a policy; what is on is enough, and what is off is a finding."""
    judged = audit(organization(), tmp_path, tier=COVERAGE)

    asked = sorted((one.operation, one.region) for one in judged.calls if one.operation in OPERATIONS)
    assert asked == sorted([
        *([("DescribeContinuousBackups", HOME)] * 2),
        ("GetLifecyclePolicies", AWAY), ("GetLifecyclePolicies", HOME), ("GetLifecyclePolicy", HOME),
    ])  # fmt: skip
    rows = Evidence.open(judged.run).read("native_protection", ACCOUNT, HOME).to_pylist()
    about = ("enabled", "retention_days", "earliest_at", "newest_at")
    assert {row["arn"]: tuple(row[name] for name in about) for row in rows} == {
        ARNS[0]: (True, 35, FIRST, LAST),
        ARNS[1]: (False, None, None, None),
    }
    told = [judged.verdict("BKP-COV-001", arn) for arn in ARNS]
    assert told == ["COMPLIANT", "NON_COMPLIANT", "COMPLIANT", "NON_COMPLIANT"]
    assert judged.gaps == []


@pytest.mark.long
def test_what_no_tier_accepts_is_not_asked_for(tmp_path: Path) -> None:
    """Nothing is told of it then."""
    judged = audit(organization(), tmp_path)

    assert [one for one in judged.calls if one.operation in OPERATIONS] == []
    assert {judged.verdict("BKP-COV-001", arn) for arn in ARNS} == {"NON_COMPLIANT"}
    assert judged.gaps == []


@pytest.mark.long
@pytest.mark.parametrize(("operation", "open_"), [*zip(OPERATIONS, ([0, 1], [2, 3], [2, 3]), strict=True)])
def test_what_is_refused_is_a_gap_and_leaves_open(tmp_path: Path, operation: str, open_: list[int]) -> None:
    """Neither a pass nor a finding of what it would have told."""
    judged = audit(organization(), tmp_path, tier=COVERAGE, faults=[denied(operation)])

    told = [judged.verdict("BKP-COV-001", arn) for arn in ARNS]
    assert [number for number, verdict in enumerate(told) if verdict == "INSUFFICIENT_DATA"] == open_
    assert {gap["operation"] for gap in judged.gaps} == {operation}


def instances() -> World:
    """Two instances of RDS with automated backups: one for long, one of which that is not told."""
    world = World()
    world.operations |= NO_BACKUPS
    for name in ("old", "new"):
        about = {
            "DBInstanceStatus": "available",
            "Engine": "mysql",
            "InstanceCreateTime": SINCE,
            "TagList": [],
        }
        known = {"DBInstanceIdentifier": name, "DBInstanceArn": RDS.format(name), "BackupRetentionPeriod": 35}
        world.at().db_instances.append({**about, **known, "LatestRestorableTime": world.as_of})
    window = {"EarliestTime": world.as_of - timedelta(days=31), "LatestTime": world.as_of}
    listed = [
        {"DBInstanceArn": RDS.format("old"), "Status": "active", "RestoreWindow": window},
        {"DBInstanceArn": RDS.format("new"), "Status": "creating", "RestoreWindow": {}},
    ]
    world.operations["rds", "DescribeDBInstanceAutomatedBackups"] = lambda _place, _given: {
        "DBInstanceAutomatedBackups": listed
    }
    return world


RDS = f"arn:aws:rds:{HOME}:{ACCOUNT}:db:{{}}"
RPO = {"native": {"coverage": ["automated_backups"], "frequency": ["automated_backups"]}}


def frequency(judged: Any) -> list[list[str]]:
    """What both controls of the RPO say of each."""
    controls = ("BKP-FRQ-001", "BKP-FRQ-002")
    return [[judged.verdict(one, RDS.format(name)) for one in controls] for name in ("old", "new")]


@pytest.mark.long
def test_from_when_on_an_instance_can_be_restored_is_asked_where_its_times_count(tmp_path: Path) -> None:
    """One list of the Region; what it does not tell stays open, and no plan is needed."""
    judged = audit(instances(), tmp_path, tier=RPO)

    asked = [one.region for one in judged.calls if one.operation == "DescribeDBInstanceAutomatedBackups"]
    assert asked == [HOME]
    assert frequency(judged) == [["COMPLIANT", "COMPLIANT"], ["INSUFFICIENT_DATA", "COMPLIANT"]]
    refused = audit(instances(), tmp_path, tier=RPO, faults=[denied("DescribeDBInstanceAutomatedBackups")])
    assert frequency(refused) == [["INSUFFICIENT_DATA", "COMPLIANT"]] * 2
    assert [gap["provides"] for gap in refused.gaps] == [["native_protection.earliest_at"]]
    plain = audit(instances(), tmp_path, tier={"native": {"coverage": ["automated_backups"]}})
    assert "DescribeDBInstanceAutomatedBackups" not in {one.operation for one in plain.calls}
    assert frequency(plain) == [["NON_COMPLIANT", "NON_COMPLIANT"]] * 2
