"""Rules with a logically air-gapped vault in a whole audit: what passes through, and what enters which."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import (
    ACCOUNT,
    HOME,
    MAIN,
    PLAN,
    SINCE,
    VOLUME,
    World,
    nights,
    plan_arn,
    rule,
    standing,
    vault_arn,
)

KEPT, INSIDE = "BKP-RET-002", "BKP-IMM-002"
PLAN_ARN, OWN, GAPPED = plan_arn(PLAN), vault_arn(MAIN), vault_arn("gapped")
TARGET = "TargetLogicallyAirGappedBackupVaultArn"
BUCKET, DATABASE = "arn:aws:s3:::photos", f"arn:aws:rds:{HOME}:{ACCOUNT}:db:shop"
TABLE = f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/t"
AIR_GAPPED: dict[str, Any] = {
    "VaultType": "LOGICALLY_AIR_GAPPED_BACKUP_VAULT",
    "Locked": True,
    "MinRetentionDays": 7,
    "MaxRetentionDays": 90,
    "LockDate": SINCE,
}


@pytest.mark.parametrize(
    ("lifecycle", "verdict"),
    [
        ({"DeleteAfterEvent": "DELETE_AFTER_COPY"}, "NOT_APPLICABLE"),
        ({"DeleteAfterEvent": "DELETE_AFTER_COPY", "DeleteAfterDays": 1}, "NOT_APPLICABLE"),
        ({"DeleteAfterDays": 1}, "NON_COMPLIANT"),
    ],
)
@pytest.mark.parametrize("dated", [True, False])
def test_what_is_only_on_its_way_into_an_air_gapped_vault_is_no_retention_breach(
    tmp_path: Path, lifecycle: dict[str, Any], verdict: str, *, dated: bool
) -> None:
    """Deleted after its copy, whether or not AWS calculates a date; kept for a day is a finding."""
    world = standing(14, TargetLogicallyAirGappedBackupVaultArn=GAPPED)
    world.vault("gapped", **AIR_GAPPED)
    until = {"DeleteAt": nights()[-1] + timedelta(days=1)} if dated else {}
    point = world.point(nights()[-1], Lifecycle=lifecycle, CalculatedLifecycle=until)

    assert audit(world, tmp_path).verdict(KEPT, point["RecoveryPointArn"]) == verdict


@pytest.mark.parametrize(("days", "verdict"), [(30, "COMPLIANT"), (31, "NON_COMPLIANT")])
def test_what_a_rule_puts_into_an_air_gapped_vault_has_the_tiers_own_ceiling(
    tmp_path: Path, days: int, verdict: str
) -> None:
    """It comes from another vault, but lies where its resource does: the ceiling of copies is another one."""
    world = standing(14, TargetLogicallyAirGappedBackupVaultArn=GAPPED)
    world.vault("gapped", **AIR_GAPPED)
    point = world.point(nights()[-1], VOLUME, days, "gapped", SourceBackupVaultArn=OWN)
    tier = {"retention_max_days": 30, "copy": {"retention_days": 35, "retention_max_days": 40}}
    found = audit(world, tmp_path, tier=tier)

    arn = point["RecoveryPointArn"]
    assert (found.verdict(KEPT, arn), found.verdict("BKP-RET-005", arn)) == ("NOT_APPLICABLE", verdict)


@pytest.mark.parametrize(
    ("resource", "managed", "own", "air_gapped", "verdict", "found"),
    [
        ("RDS", True, None, 30, "NOT_APPLICABLE", []),
        ("RDS", True, 30, 7, "NON_COMPLIANT", [OWN]),
        ("S3", True, 30, 7, "COMPLIANT", []),
        ("S3", True, None, 30, "NON_COMPLIANT", [GAPPED]),
        ("EBS", True, 30, 7, "NON_COMPLIANT", [OWN]),
        ("EBS", True, None, 30, "NON_COMPLIANT", [GAPPED]),
        ("DynamoDB", True, 30, 7, "COMPLIANT", []),
        ("DynamoDB", False, None, 30, "NOT_APPLICABLE", []),
        ("DynamoDB", None, None, 30, "INSUFFICIENT_DATA", []),
        ("DynamoDB", None, 30, 30, "INSUFFICIENT_DATA", []),
        ("", True, None, 30, "NON_COMPLIANT", [GAPPED]),
    ],
)
def test_a_lifecycle_is_held_against_the_locks_of_the_vaults_that_something_enters(
    tmp_path: Path,
    resource: str,
    managed: bool | None,  # noqa: FBT001 -- a fact
    own: int | None,
    air_gapped: int,
    verdict: str,
    found: list[str],
) -> None:
    """The rule keeps 14 days: what RDS and S3 never enter owes nothing; an empty plan is as it is written."""
    world = of(resource, own, air_gapped)
    world.at().settings["ResourceTypeManagementPreference"] = {} if managed is None else {"DynamoDB": managed}

    judged = audit(world, tmp_path)

    reasons = judged.reasons(INSIDE, PLAN_ARN)
    assert (
        judged.verdict(INSIDE, PLAN_ARN),
        [one.evidence.get("vault_arn") for one in reasons if found],
    ) == (
        verdict,
        found,
    )
    if verdict == "INSUFFICIENT_DATA":
        assert "Whether AWS Backup manages DynamoDB fully in this Region is not known." in reasons[0].message


@pytest.mark.parametrize(
    ("own", "air_gapped", "verdict"),
    [
        (None, 30, "INSUFFICIENT_DATA"),
        (7, 30, "INSUFFICIENT_DATA"),
        (None, 7, "INSUFFICIENT_DATA"),
        (7, 7, "COMPLIANT"),
        (30, 30, "NON_COMPLIANT"),
    ],
)
def test_what_an_undecided_resource_may_enter_is_unknown(
    tmp_path: Path, own: int | None, air_gapped: int, verdict: str
) -> None:
    """RDS is surely selected, a volume perhaps: no pass while it could be refused, and a finding stands."""
    world = of("RDS", own, air_gapped)
    world.volume()
    unequal = [{"ConditionKey": "aws:ResourceTag/off", "ConditionValue": "true"}]
    world.selection(Resources=[VOLUME], Conditions={"StringNotEquals": unequal})

    assert audit(world, tmp_path).verdict(INSIDE, PLAN_ARN) == verdict


@pytest.mark.parametrize(("least", "verdict"), [(30, "INSUFFICIENT_DATA"), (None, "NOT_APPLICABLE")])
def test_without_the_selections_what_enters_is_unknown(
    tmp_path: Path, least: int | None, verdict: str
) -> None:
    """But where neither vault has a lock nothing hangs on it."""
    world = of("RDS", None, 30)
    if least is None:
        world.at().plans[0]["Versions"][0]["BackupPlan"]["Rules"][0].pop(TARGET)
    judged = audit(world, tmp_path, faults=[denied("ListBackupSelections")])

    assert judged.verdict(INSIDE, PLAN_ARN) == verdict


def of(resource: str, own: int | None, air_gapped: int) -> World:
    """A plan of one resource that keeps 14 days; each vault has a lock from so many days on, or none."""
    world = World()
    lock: dict[str, Any] = {"Locked": True, "MinRetentionDays": own, "MaxRetentionDays": 90} if own else {}
    world.vault(**lock)
    world.vault("gapped", **AIR_GAPPED | {"MinRetentionDays": air_gapped})
    world.plan([rule(14, **{TARGET: GAPPED})])
    here = world.at()
    if resource == "RDS":
        here.db_instances.append({"DBInstanceIdentifier": "shop", "DBInstanceArn": DATABASE, "TagList": [],
                                  "DBInstanceStatus": "available", "InstanceCreateTime": SINCE,
                                  "Engine": "mysql"})  # fmt: skip
    elif resource == "S3":
        here.buckets.append({"Name": "photos", "CreationDate": SINCE, "BucketRegion": HOME})
    elif resource == "DynamoDB":
        here.tables.append({"TableName": "t", "TableArn": TABLE, "CreationDateTime": SINCE,
                            "TableStatus": "ACTIVE"})  # fmt: skip
    elif resource == "EBS":
        world.volume()
    arns = {"RDS": DATABASE, "S3": BUCKET, "DynamoDB": TABLE, "EBS": VOLUME}
    world.selection(Resources=[arns.get(resource, VOLUME)])
    return world
