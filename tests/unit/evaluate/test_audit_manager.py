"""Parity with AWS Backup Audit Manager, resource by resource: good, bad, boundary, documented weakness."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auditor.check.declared import Declaration, DeclaredResource, Place
from auditor.check.inventory import DeclaredInventory, Nouns
from auditor.evaluate.audit_manager import of_resource
from auditor.evaluate.facts import Column
from auditor.rego.engine import Engine
from tests.unit.evaluate import parity
from tests.unit.evaluate.conftest import ACCOUNT, AS_OF, World
from tests.unit.evaluate.parity import (
    BAD,
    COMPLIANT,
    HOME,
    OUT,
    UNKNOWN,
    add,
    framework,
    verdicts,
    volume,
)

PROTECTED = "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_PLAN"
REGION, ACCOUNTS = "BACKUP_RESOURCES_PROTECTED_BY_CROSS_REGION", "BACKUP_RESOURCES_PROTECTED_BY_CROSS_ACCOUNT"
LOCK = "BACKUP_RESOURCES_PROTECTED_BY_BACKUP_VAULT_LOCK"
RESTORED = "RESTORE_TIME_FOR_RESOURCES_MEET_TARGET"
RECENT, GAPPED = "BACKUP_LAST_RECOVERY_POINT_CREATED", "RESOURCES_IN_LOGICALLY_AIR_GAPPED_VAULT"
INSTANCE = f"arn:aws:ec2:{HOME}:{ACCOUNT}:instance/"
OTHER = "444455556666"

Scope = Mapping[str, Any]


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    """One engine for all cases."""
    yield from parity.engine()


def vault(region: str, account: str = ACCOUNT) -> str:
    """The ARN of a vault elsewhere."""
    return f"arn:aws:backup:{region}:{account}:backup-vault:far"


def test_included_in_a_plan(engine: Engine, world: World) -> None:
    """Selected is enough: a plan whose vault is not there passes. A volume in an image alone does not."""
    world.plan()
    world.add("region_settings", resource_type="EC2", opted_in=True)
    add(world, volume("tagged"), tags={"tier": "gold", "team": "a"})
    add(world, volume("bare"))
    add(world, volume("untold"), tags=None)
    add(world, volume("carried"), attached=[(INSTANCE + "runs", world.start)])
    add(world, INSTANCE + "runs", "EC2", tags={"tier": "gold"}, running=True)
    add(world, INSTANCE + "stopped", "EC2", running=False)
    add(world, INSTANCE + "between", "EC2", running=None)
    add(world, f"arn:aws:redshift:{HOME}:{ACCOUNT}:cluster:r", "Redshift")
    world.gap("resources", operation="GetResources", service="tagging")
    every = {"vol-1": COMPLIANT, "tagged": COMPLIANT, "bare": BAD, "untold": UNKNOWN, "carried": BAD,
             "runs": COMPLIANT, "stopped": OUT, "between": UNKNOWN, "r": OUT}  # fmt: skip
    subjects = world.subjects()

    cases: list[tuple[Scope, dict[str, str]]] = [
        ({}, every),
        ({"ComplianceResourceTypes": ["EBS"]}, {**every, "runs": OUT, "between": OUT}),
        ({"ComplianceResourceTypes": ["Redshift"]}, dict.fromkeys(every, OUT)),
        ({"ComplianceResourceIds": ["bare"]}, {**dict.fromkeys(every, OUT), "bare": BAD}),
        ({"ComplianceResourceIds": [volume("bare")]}, {**dict.fromkeys(every, OUT), "bare": BAD}),
        (
            {"Tags": {"team": "a"}},
            {**dict.fromkeys(every, OUT), "tagged": COMPLIANT, "untold": UNKNOWN},
        ),
        ({"Tags": {"team": ""}}, {**dict.fromkeys(every, OUT), "tagged": UNKNOWN, "untold": UNKNOWN}),
    ]
    for scope, expected in cases:
        assert verdicts(engine, subjects, framework(PROTECTED, scope)) == expected, scope


@pytest.mark.parametrize("told", [True, False, None])
def test_what_is_opted_in_does_not_count(engine: Engine, world: World, *, told: bool | None) -> None:
    """AWS Config does not see it: what a plan selects passes, and what none does fails. Of ours it counts."""
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": vault("eu-west-1")}]})
    world.tables["region_settings", HOME] = []
    if told is None:
        world.gap("region_settings", operation="DescribeRegionSettings")
    else:
        world.add("region_settings", resource_type="EBS", opted_in=told)
    add(world, volume("bare"))
    subjects = world.subjects()

    for name in (PROTECTED, REGION):
        assert verdicts(engine, subjects, framework(name)) == {"vol-1": COMPLIANT, "bare": BAD}
    assert world.facts("resource")[0].get("protection", {}).get("selected") is told


def test_what_an_inventory_of_a_check_keeps_of_the_opt_in_does_not_count(world: World) -> None:
    """It keeps outcomes of its own."""
    world.plan()
    subjects = world.subjects()
    (recorded,) = (one for one in subjects.inventories if one.scope.region == HOME)
    scope = replace(recorded.scope, asked=framework(PROTECTED))
    place = Place(ACCOUNT, HOME)
    held = DeclaredResource(place, volume("one"), "EBS", "one", {"tier": "gold"}, Declaration("", "one"))
    nouns = Nouns(place, [held], recorded.plans, recorded.selections, (), {"EBS": False})
    inventory = DeclaredInventory(nouns, scope, opted_in_otherwise=False)

    assert inventory.outcomes.tolist() == [[0]]
    selected = of_resource(inventory, subjects.period)["audit_manager.selected"]
    assert isinstance(selected, Column)
    assert [selected.values[code] for code in selected.codes.tolist()] == [True]
    assert inventory.outcomes.tolist() == [[0]]


def test_copies_that_are_scheduled(engine: Engine, world: World) -> None:
    """Whether one ever arrived, and for how long it is kept, is not asked."""
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": vault("eu-west-1")},
                                {"DestinationBackupVaultArn": vault(HOME, OTHER)},
                                {"DestinationBackupVaultArn": vault("us-east-1", OTHER)}]})  # fmt: skip
    world.plan({"CopyActions": [{"DestinationBackupVaultArn": vault(HOME)}]}, plan_id="near")
    world.select("near", Resources=[volume("near")])
    add(world, volume("near"))
    add(world, volume("bare"))
    subjects = world.subjects()

    two = "777788889999"
    cases: list[tuple[str, dict[str, str], str, str]] = [
        (REGION, {}, COMPLIANT, BAD),
        (REGION, {"crossRegionList": "eu-west-1"}, COMPLIANT, BAD),
        (REGION, {"crossRegionList": "us-east-1, eu-west-1"}, COMPLIANT, BAD),
        (REGION, {"crossRegionList": "eu-west-1,eu-south-1"}, UNKNOWN, BAD),
        (REGION, {"crossRegionList": "eu-south-1"}, BAD, BAD),
        (ACCOUNTS, {}, COMPLIANT, BAD),
        (ACCOUNTS, {"crossAccountList": OTHER}, COMPLIANT, BAD),
        (ACCOUNTS, {"crossAccountList": f"{OTHER},{two}"}, UNKNOWN, BAD),
        (ACCOUNTS, {"crossAccountList": two}, BAD, BAD),
    ]
    for name, parameters, copied, near in cases:
        found = verdicts(engine, subjects, framework(name, None, **parameters))
        assert found == {"vol-1": copied, "near": near, "bare": BAD}, (name, parameters)


@pytest.mark.parametrize("name", [PROTECTED, REGION, ACCOUNTS, LOCK])
def test_selections_that_were_not_read_leave_it_open(engine: Engine, world: World, name: str) -> None:
    """Neither a pass nor a finding."""
    world.plan()
    world.gap("backup_selections")

    assert verdicts(engine, world.subjects(), framework(name)) == {"vol-1": UNKNOWN}


def test_locked_vaults(engine: Engine, world: World) -> None:
    """A governance lock, or one whose grace time runs, is a lock; of one vault AWS does not say it."""
    for number, name in enumerate(("locked", "open", "absent", "both", "untold")):
        names = ["open", "locked"] if name == "both" else [name]
        world.plan(*({"TargetBackupVaultName": one} for one in names), plan_id=f"p{number}")
        world.select(f"p{number}", Resources=[add(world, volume(name))])
    of = f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-vault:"
    world.add("backup_vaults", arn=of + "locked", name="locked", locked=True, min_retention_days=30,
              max_retention_days=90, lock_date=AS_OF + timedelta(days=2))  # fmt: skip
    world.add("backup_vaults", arn=of + "open", name="open", locked=False)
    world.add("backup_vaults", arn=of + "untold", name="untold")
    subjects = world.subjects()

    cases: list[tuple[dict[str, str], str]] = [
        ({}, COMPLIANT),
        ({"minRetentionDays": "30", "maxRetentionDays": "90"}, COMPLIANT),
        ({"minRetentionDays": "31"}, BAD),
        ({"maxRetentionDays": "89"}, BAD),
    ]
    for parameters, expected in cases:
        found = verdicts(engine, subjects, framework(LOCK, None, **parameters))
        del found["vol-1"]
        rest = {"open": BAD, "absent": BAD, "untold": UNKNOWN}
        assert found == {"locked": expected, "both": expected, **rest}, parameters


def test_a_rule_with_an_air_gapped_vault_beside_its_own(engine: Engine, world: World) -> None:
    """It is locked, and AWS does not say whether that counts; a lock of the vault itself does."""
    for name, locked in (("open", False), ("locked", True)):
        arn = f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-vault:{name}"
        world.add("backup_vaults", arn=arn, name=name, locked=locked)
        both = {"TargetLogicallyAirGappedBackupVaultArn": arn + "-gapped", "TargetBackupVaultName": name}
        world.plan(both, plan_id=name)
        world.select(name, Resources=[add(world, volume(name))])

    found = verdicts(engine, world.subjects(), framework(LOCK))
    assert {name: found[name] for name in ("open", "locked")} == {"open": UNKNOWN, "locked": COMPLIANT}


def test_file_systems_that_aws_does_not_evaluate(engine: Engine, world: World) -> None:
    """None of OpenZFS; of the copies of ONTAP its documents disagree, and of some no type was told."""
    fsx = f"arn:aws:fsx:{HOME}:{ACCOUNT}:"
    kinds = {"lustre": "LUSTRE", "windows": "WINDOWS", "zfs": "OPENZFS", "untold": None}
    for name, kind in kinds.items():
        add(world, f"{fsx}file-system/{name}", "FSx", file_system_type=kind)
    add(world, f"{fsx}volume/fs-1/ontap", "FSx", file_system_type="ONTAP")
    subjects = world.subjects()

    every = {"vol-1": BAD, "lustre": BAD, "windows": BAD, "zfs": OUT, "untold": UNKNOWN, "ontap": BAD}
    assert verdicts(engine, subjects, framework(PROTECTED)) == every
    assert verdicts(engine, subjects, framework(RECENT)) == every
    for name in (REGION, ACCOUNTS):
        assert verdicts(engine, subjects, framework(name)) == {**every, "ontap": UNKNOWN}


@pytest.mark.parametrize("target", ["gone", "open", "lasting"])
def test_locks_of_the_past_are_open(engine: Engine, world: World, target: str) -> None:
    """One that cannot be undone was there; another may have been, also of a vault that is gone by now.

    And so may a selection have been, of a volume that no plan selects any more.
    """
    of = f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-vault:"
    since: dict[str, Any] = {"locked": True, "lock_date": AS_OF - timedelta(days=1)}
    world.add("backup_vaults", arn=of + "lasting", name="lasting", **since)
    world.add("backup_vaults", arn=of + "open", name="open", locked=False)
    world.plan({"TargetBackupVaultName": target})
    add(world, volume("bare"))
    now = {"vol-1": COMPLIANT if target == "lasting" else BAD, "bare": BAD}
    assert verdicts(engine, world.subjects(), framework(LOCK)) == now

    world.folder, world.opened = world.folder / "again", None
    world.collected_at = AS_OF + timedelta(days=1)
    then = {name: COMPLIANT if verdict == COMPLIANT else UNKNOWN for name, verdict in now.items()}
    assert verdicts(engine, world.subjects(), framework(LOCK)) == then


def test_vaults_that_were_not_read_leave_locks_open(engine: Engine, world: World) -> None:
    """Neither a pass nor a finding."""
    world.plan()
    world.gap("backup_vaults")

    assert verdicts(engine, world.subjects(), framework(LOCK)) == {"vol-1": UNKNOWN}


def point(world: World, name: str, hours: float, **row: Any) -> None:
    """A recovery point of a volume, so many hours old."""
    number = len(world.tables.get(("recovery_points", HOME), ()))
    base: dict[str, Any] = {"resource_arn": volume(name), **row}
    arn = base.pop("arn", f"arn:aws:ec2:{HOME}::snapshot/snap-{number}")
    world.point(arn, AS_OF - timedelta(hours=hours), **base)


def test_the_newest_recovery_point(engine: Engine, world: World) -> None:
    """One that was copied in from elsewhere does not count, gaps before the newest are not looked at."""
    add(world, volume("young"), created_at=AS_OF - timedelta(hours=1))
    for name, hours, row in [
        ("on-time", 24, {}),
        ("late", 24.1, {}),
        ("gaps", 1, {}),
        ("gaps", 500, {}),
        ("copied-in", 1, {"source_vault_arn": vault("eu-west-1")}),
        ("within", 1, {"source_vault_arn": world.vault}),
        ("creating", 1, {"status": "CREATING"}),
        ("expired", 24, {"status": "EXPIRED"}),
    ]:
        if not any(one["arn"] == volume(name) for one in world.tables["resources", HOME]):
            add(world, volume(name))
        point(world, name, hours, **row)
    bucket = add(world, "arn:aws:s3:::stream", "S3")
    point(world, "stream", 400, arn=f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:continuous:stream-1",
          resource_arn=bucket, resource_type="S3", status="AVAILABLE")  # fmt: skip
    subjects = world.subjects()
    day = {"vol-1": BAD, "young": BAD, "on-time": COMPLIANT, "late": BAD, "gaps": COMPLIANT,
           "copied-in": BAD, "within": COMPLIANT, "creating": BAD, "expired": COMPLIANT,
           "stream": UNKNOWN}  # fmt: skip

    assert verdicts(engine, subjects, framework(RECENT)) == day
    longer = framework(RECENT, recoveryPointAgeUnit="hours", recoveryPointAgeValue="25")
    assert verdicts(engine, subjects, longer) == {**day, "late": COMPLIANT}
    days = framework(RECENT, {"ComplianceResourceTypes": ["S3"]}, recoveryPointAgeValue="17")
    found = verdicts(engine, subjects, days)
    assert found["stream"] == COMPLIANT


def test_air_gapped_vaults(engine: Engine, world: World) -> None:
    """The newest recovery point in one of this account and Region, of the types that AWS evaluates."""
    of = f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-vault:gapped"
    world.add("backup_vaults", arn=of, name="gapped", vault_type="LOGICALLY_AIR_GAPPED_BACKUP_VAULT")
    add(world, f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/t", "DynamoDB")
    for name, hours, row in [("week", 168, {"vault_arn": of}), ("late", 168.5, {"vault_arn": of}),
                             ("plain", 1, {})]:  # fmt: skip
        add(world, volume(name))
        point(world, name, hours, **row)
    subjects = world.subjects()
    week = {"recoveryPointAgeUnit": "days", "recoveryPointAgeValue": "7"}

    assert verdicts(engine, subjects, framework(GAPPED, None, **week)) == {
        "vol-1": BAD, "t": OUT, "week": COMPLIANT, "late": BAD, "plain": BAD,
    }  # fmt: skip


@pytest.mark.parametrize("name", [RECENT, GAPPED])
def test_points_that_were_not_read_take_a_finding_away(engine: Engine, world: World, name: str) -> None:
    """One that was read proves that it is there."""
    add(world, volume("there"))
    of = f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-vault:gapped"
    world.add("backup_vaults", arn=of, name="gapped", vault_type="LOGICALLY_AIR_GAPPED_BACKUP_VAULT")
    point(world, "there", 1, vault_arn=of)
    world.gap("recovery_points")

    assert verdicts(engine, world.subjects(), framework(name)) == {"vol-1": UNKNOWN, "there": COMPLIANT}


def test_the_last_restore(engine: Engine, world: World) -> None:
    """Of those that ended here; what was never restored stays open, and so does it without a target."""
    add(world, f"arn:aws:storagegateway:{HOME}:{ACCOUNT}:gateway/g/volume/v", "Storage Gateway")
    jobs: list[tuple[str, float, float, dict[str, Any]]] = [
        ("hour", 5, 60, {}),
        ("longer", 5, 60.1, {}),
        ("got-slow", 50, 10, {}),
        ("got-slow", 5, 90, {}),
        ("failed-since", 50, 10, {}),
        ("failed-since", 5, 90, {"status": "FAILED"}),
        ("after-as-of", 0.5, 90, {}),
        ("untimed", 50, 10, {}),
        ("untimed", 5, 90, {"completed_at": None}),
        ("failed-untimed", 50, 10, {}),
        ("failed-untimed", 5, 90, {"completed_at": None, "status": "FAILED"}),
    ]
    for number, (name, hours, minutes, row) in enumerate(jobs):
        if not any(one["arn"] == volume(name) for one in world.tables["resources", HOME]):
            add(world, volume(name))
        began = AS_OF - timedelta(hours=hours)
        base: dict[str, Any] = {"job_id": f"r{number}", "resource_arn": volume(name), "status": "COMPLETED"}
        times = {"created_at": began, "completed_at": began + timedelta(minutes=minutes)}
        world.add("restore_jobs", **{**base, **times, **row})
    subjects = world.subjects()
    expected = {"vol-1": UNKNOWN, "v": OUT, "hour": COMPLIANT, "longer": BAD, "got-slow": BAD,
                "failed-since": COMPLIANT, "after-as-of": UNKNOWN, "untimed": UNKNOWN,
                "failed-untimed": COMPLIANT}  # fmt: skip

    assert verdicts(engine, subjects, framework(RESTORED, maxRestoreTime="60")) == expected
    open_ = {name: OUT if name == "v" else UNKNOWN for name in expected}
    assert verdicts(engine, subjects, framework(RESTORED)) == open_


def test_restores_that_aws_does_not_name(engine: Engine, world: World) -> None:
    """One is its recovery point's; where that is gone too, it may be any's of its type, if it had ended."""
    table = add(world, f"arn:aws:dynamodb:{HOME}:{ACCOUNT}:table/t", "DynamoDB")
    bucket = add(world, "arn:aws:s3:::b", "S3")
    point(world, "vol-1", 100, arn="kept")
    jobs: list[tuple[float, float, dict[str, Any]]] = [
        (50, 10, {"resource_arn": volume("vol-1")}),
        (5, 90, {"recovery_point_arn": "kept"}),
        (50, 10, {"resource_arn": table, "resource_type": "DynamoDB"}),
        (5, 90, {"recovery_point_arn": "gone", "resource_type": "DynamoDB"}),
        (50, 10, {"resource_arn": bucket, "resource_type": "S3"}),
        (5, 90, {"recovery_point_arn": "gone", "resource_type": "S3", "status": "FAILED"}),
        (0.5, 90, {"recovery_point_arn": "gone", "resource_type": "S3"}),
    ]
    for number, (hours, minutes, row) in enumerate(jobs):
        began = AS_OF - timedelta(hours=hours)
        base = {"job_id": f"r{number}", "resource_type": "EBS", "status": "COMPLETED", "created_at": began}
        world.add("restore_jobs", **{**base, "completed_at": began + timedelta(minutes=minutes), **row})

    found = verdicts(engine, world.subjects(), framework(RESTORED, maxRestoreTime="60"))
    assert found == {"vol-1": BAD, "t": UNKNOWN, "b": COMPLIANT}
