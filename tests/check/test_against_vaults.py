"""What becomes of a vault whose lock or name changes, held against a run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.check.change_sets import change, change_set, selection
from tests.check.conftest import Said
from tests.check.recorded_run import COVER, against, plan_values, volume, world
from tests.check.terraform import Later, Plan
from tests.check.test_check_command import written
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import ACCOUNT, AWAY, HOME, World, copy_action, plan_arn, rule, vault_arn

Json = dict[str, Any]
PLAN, LOCK = "aws_backup_plan.main", "aws_backup_vault_lock_configuration"
HERE = ("--account", ACCOUNT, "--region", HOME)
STACK = f"arn:aws:cloudformation:{HOME}:{ACCOUNT}:stack/data/2"
UNCHANGEABLE = (
    "AWS Backup lets nobody change or take away a compliance lock that is in force, so the apply fails"
)
UNDELETABLE = "AWS Backup deletes no vault with recovery points that its lock keeps, so the apply fails"


@pytest.mark.parametrize(("lock", "expected"), [("governance", ["NOT_APPLICABLE"]), ("none", [])])
def test_a_vault_of_which_a_lock_is_demanded_only_after_the_change(
    command: Said, tmp_path: Path, lock: str, expected: list[str]
) -> None:
    """Backups move into it, and the lock that it gets is not known: nor is whether it meets the demand."""
    made = world()
    made.vault("spare")
    run = audit(made, tmp_path, tier={"lock": lock})
    spare: Json = {"name": "spare", "id": "spare", "arn": vault_arn("spare")}
    change = Plan(region=HOME).add("aws_backup_vault.spare", ("no-op",), before=spare, **spare)
    change.add(PLAN, ("update",), before=plan_values(), **plan_values(target_vault_name="spare"))
    change.add(f"{LOCK}.spare", backup_vault_name="spare", min_retention_days=Later(7))

    _, found = against(command, run, written(tmp_path / "plan.json", change.first()), *HERE)

    opened = [one for one in found["changes"] if one["subject"]["arn"] == vault_arn("spare")]
    assert [one["before"] for one in opened] == expected
    assert {(one["way"], one["after"]) for one in opened} <= {("unknown", "INSUFFICIENT_DATA")}


@pytest.mark.parametrize(("renamed", "before"), [(True, "COMPLIANT"), (False, "NOT_APPLICABLE")])
def test_a_vault_that_gets_the_name_of_a_deleted_one_is_still_the_one_that_it_was(
    command: Said, tmp_path: Path, *, renamed: bool, before: str
) -> None:
    """It loses its own lock; where it is deleted itself, the vault of that name is the one that was there."""
    made = World()
    made.volume("vol-one", Tags=[{"Key": "backup", "Value": "yes"}])
    made.vault(Locked=True)
    made.vault("spare")
    made.plan([rule()])
    made.selection(Resources=["*"])
    run = audit(made, tmp_path, tier={"lock": "governance"})
    main, spare = ({"name": name, "id": name, "arn": vault_arn(name)} for name in ("main", "spare"))
    change = Plan(region=HOME)
    change.add(PLAN, ("update",), before=plan_values(), **plan_values(target_vault_name="spare"))
    if renamed:
        change.add("aws_backup_vault.spare", ("delete",), before=spare)
        made_anew: Json = {"id": Later("spare"), "arn": Later(vault_arn("spare"))}
        change.add("aws_backup_vault.main", ("delete", "create"), before=main, name="spare", **made_anew)
    else:
        change.add("aws_backup_vault.main", ("delete",), before=main)

    _, found = against(command, run, written(tmp_path / "plan.json", change.first()), *HERE)

    (lost,) = [one for one in found["changes"] if one["subject"]["arn"] == vault_arn("spare")]
    assert (lost["way"], lost["before"], lost["after"]) == ("loses", before, "NON_COMPLIANT")
    assert found["unmapped"] == []


@pytest.mark.parametrize(
    ("lock", "least", "kept", "expected"),
    [
        ("governance", 7, True, [("gains", "COMPLIANT")]),
        ("governance", 7, False, [("asked", "COMPLIANT")]),
        ("governance", Later(7), True, [("unknown", "INSUFFICIENT_DATA")]),
        ("governance", Later(7), False, [("unknown", "INSUFFICIENT_DATA")]),
        ("none", Later(7), True, []),
    ],
)
def test_a_vault_that_takes_the_place_of_another(
    command: Said, tmp_path: Path, lock: str, least: Any, *, kept: bool, expected: list[tuple[str, str]]
) -> None:
    """It has no ARN of the evidence: its lock is judged by what leads into it, or is not known."""
    assert changed_vault(command, tmp_path, lock, least, kept=kept) == expected


def changed_vault(command: Said, folder: Path, lock: str, least: Any, *, kept: bool) -> list[tuple[str, str]]:
    """What becomes of the lock of a vault in place of `main` or beside it, to which the plan goes."""
    run = audit(world(), folder, tier={"lock": lock})
    before: Json = {"name": "main", "id": "main", "arn": vault_arn("main")}
    made: Json = {"name": "fresh", "id": Later("fresh"), "arn": Later(vault_arn("fresh"))}
    change = Plan(region=HOME)
    if kept:
        change.add("aws_backup_vault.main", ("delete", "create"), before=before, **made)
    else:
        change.add("aws_backup_vault.fresh", **made)
    change.add(PLAN, ("update",), before=plan_values(), **plan_values(target_vault_name="fresh"))
    change.add(f"{LOCK}.fresh", backup_vault_name="fresh", min_retention_days=least)
    _, found = against(command, run, written(folder / "plan.json", change.first()), *HERE)
    assert found["unmapped"] == []
    return [
        (one["way"], one["after"])
        for one in found["changes"]
        if (one["control_id"], one["subject"]["arn"]) == ("BKP-IMM-003", vault_arn("fresh"))
    ]


@pytest.mark.parametrize(
    ("recorded", "declared", "other"),
    [
        ({"Locked": True, "MinRetentionDays": 7}, {"min_retention_days": 7}, False),
        ({"Locked": True, "MinRetentionDays": 7}, {"min_retention_days": 8}, True),
        ({}, {"min_retention_days": 7}, True),
        ({"Locked": True, "MinRetentionDays": 7}, None, False),
    ],
    ids=["the same", "another range", "no lock recorded", "no lock declared"],
)
def test_drift_of_a_lock_is_said(
    command: Said, tmp_path: Path, recorded: Json, declared: Json | None, *, other: bool
) -> None:
    """A lock that does not change and is recorded otherwise; one that no input declares is another's."""
    made = World()
    made.volume("vol-one", Tags=[{"Key": "backup", "Value": "yes"}])
    made.vault(**recorded)
    made.plan([rule()])
    made.selection(Resources=["*"])
    run = audit(made, tmp_path)
    main: Json = {"name": "main", "id": "main", "arn": vault_arn("main")}
    change = Plan(region=HOME).add("aws_backup_vault.main", ("no-op",), before=main, **main)
    if declared is not None:
        lock = {"id": "main", "backup_vault_name": "main", **declared}
        change.add(f"{LOCK}.main", ("no-op",), before=lock, **lock)
    longer = plan_values(lifecycle=[{"delete_after": 15, "cold_storage_after": None}])
    change.add(PLAN, ("update",), before=plan_values(), **longer)
    plan = written(tmp_path / "plan.json", change.first())

    _, found = against(command, run, plan, *HERE)

    why = "it is another in the evidence, which is older or newer than the input"
    assert found["unmapped"] == [f"{plan}: aws_backup_vault.main: {why}"] * other


def renamed(**new: Any) -> Plan:
    """A plan of Terraform that gives the vault main another name, though rules still lead into it."""
    before: Json = {"name": "main", "id": "main", "arn": vault_arn("main")}
    made: Json = {"name": "fresh", "id": Later("fresh"), "arn": Later(vault_arn("fresh")), **new}
    return Plan(region=HOME).add("aws_backup_vault.main", ("delete", "create"), before=before, **made)


def test_rules_that_lead_into_a_vault_that_is_gone_fail(
    command: Said, run: Judgement, tmp_path: Path
) -> None:
    """A plan that no input declares still names it: its backups fail, and whoever it protects loses."""
    _, found = against(command, run, written(tmp_path / "plan.json", renamed().first()), *HERE)

    losing = [one["subject"]["arn"] for one in found["changes"] if one["way"] == "loses"]
    assert losing == [volume("one"), volume("two"), plan_arn("plan-1")]
    said = f"the backups of rule nightly of plan plan-1 in {ACCOUNT} {HOME} fail: "
    assert found["failing"] == [f"{said}{vault_arn('main')} is not there after the change"]


def test_rules_that_lead_into_the_new_name_lose_nothing(
    command: Said, run: Judgement, tmp_path: Path
) -> None:
    """The plan changes with the vault."""
    change = renamed().add(PLAN, ("update",), before=plan_values(), **plan_values(target_vault_name="fresh"))

    _, found = against(command, run, written(tmp_path / "plan.json", change.first()), *HERE)

    assert [one["way"] for one in found["changes"]] == []
    assert (found["failing"], found["protection"]) == ([], [])


def test_copies_into_a_vault_that_is_gone_fail(command: Said, tmp_path: Path) -> None:
    """Of a plan in another Region, which the change does not touch: what its tier demands is lost."""
    far = vault_arn("main", AWAY)
    made = world(rules=[rule(CopyActions=[copy_action(far)])])
    made.vault(region=AWAY)
    run = audit(made, tmp_path, tier={"copy": {"retention_days": 14}})
    before: Json = {"name": "main", "id": "main", "arn": far}
    change = Plan(region=AWAY).add("aws_backup_vault.main", ("delete",), before=before)
    plan = written(tmp_path / "plan.json", change.first())

    _, found = against(command, run, plan, "--account", ACCOUNT, "--region", AWAY)

    assert [(one["way"], one["subject"]["arn"]) for one in found["protection"]] == [
        ("worse", volume("one")),
        ("worse", volume("two")),
    ]
    lost = {(one["control_id"], one["subject"]["arn"]) for one in found["changes"] if one["way"] == "loses"}
    assert {("BKP-ISO-003", volume("one")), ("BKP-ISO-003", volume("two"))} <= lost


def test_a_vault_that_nobody_knows_proves_nothing(command: Said, run: Judgement, tmp_path: Path) -> None:
    """It may have been made since the run: whether backups come is not known."""
    change = Plan(region=HOME)
    change.add(PLAN, ("update",), before=plan_values(), **plan_values(target_vault_name="nowhere"))
    plan = written(tmp_path / "plan.json", change.first())

    code, found = against(command, run, plan, *HERE)

    said = f"plan plan-1 leads into {vault_arn('nowhere')}, which neither the run nor an input has"
    assert (code, found["changes"], found["unmapped"]) == (4, [], [said])


@pytest.mark.parametrize(
    ("date", "points", "deleted", "said"),
    [
        (datetime(2026, 2, 1, tzinfo=UTC), True, False, UNCHANGEABLE),
        (datetime(2026, 2, 1, tzinfo=UTC), True, True, UNDELETABLE),
        (datetime(2026, 2, 1, tzinfo=UTC), False, True, ""),
        (datetime(2026, 3, 9, tzinfo=UTC), True, False, ""),
        (datetime(2026, 3, 9, tzinfo=UTC), True, True, ""),
    ],
    ids=["in force", "in force with points", "in force and empty", "in its grace time", "deleted in time"],
)
def test_what_nobody_can_take_away_stays(
    command: Said, tmp_path: Path, date: datetime, *, points: bool, deleted: bool, said: str
) -> None:
    """AWS Backup refuses it, so nothing of it is applied; before the lock is in force it does not."""
    made = world()
    made.at().vaults.clear()
    made.vault(Locked=True, LockDate=date, MinRetentionDays=7)
    if points:
        made.point(datetime(2026, 2, 20, tzinfo=UTC), resource=volume("one"))
    run = audit(made, tmp_path, tier={"lock": "compliance"})
    change = Plan(region=HOME)
    address = "aws_backup_vault.main" if deleted else f"{LOCK}.main"
    own: Json = {"name": "main"} if deleted else {"backup_vault_name": "main", "min_retention_days": 7}
    change.add(address, ("delete",), before={"id": "main", "arn": vault_arn("main"), **own})
    plan = written(tmp_path / "plan.json", change.first())

    _, found = against(command, run, plan, *HERE)

    assert found["unmapped"] == [f"{plan}: {address}: {said}"] * bool(said)
    assert (found["changes"] == []) == bool(said)


@pytest.mark.parametrize(
    ("name", "more", "losing"),
    [
        ("fresh", {"Replacement": "True"}, ["vol-one", "vol-two"]),
        ("main", {"Replacement": "True"}, []),
        ("fresh", {"Replacement": "True", "PolicyAction": "ReplaceAndRetain"}, []),
    ],
    ids=["renamed", "the same name", "kept"],
)
def test_a_vault_that_a_change_set_replaces(
    command: Said, run: Judgement, tmp_path: Path, name: str, more: Json, losing: list[str]
) -> None:
    """CloudFormation deletes what it replaces, unless a policy keeps it."""
    before, after = {"BackupVaultName": "main"}, {"BackupVaultName": name}
    entry = change("Main", "AWS::Backup::BackupVault", before=before, after=after, **more)
    plan = written(tmp_path / "changes.json", change_set(entry, StackId=STACK))

    _, found = against(command, run, plan)

    lost = [one["subject"]["arn"] for one in found["changes"] if one["control_id"] == COVER]
    assert [arn.rpartition("/")[2] for arn in lost] == losing


@pytest.mark.parametrize(
    ("name", "key", "losing"),
    [("other", "Backup", ["vol-one", "vol-two"]), ("selection-1", "backup", [])],
    ids=["another choice by another name", "the same choice"],
)
def test_a_selection_that_a_change_set_replaces(
    command: Said, run: Judgement, tmp_path: Path, name: str, key: str, losing: list[str]
) -> None:
    """The one that is there is deleted; the new one counts, though it chooses alike."""

    def properties(name: str, key: str) -> Json:
        tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": key, "ConditionValue": "yes"}
        return selection(plan_id="plan-1", SelectionName=name, ListOfTags=[tag])

    before, after = properties("selection-1", "backup"), properties(name, key)
    more: Json = {"Replacement": "True", "PhysicalResourceId": "selection-1"}
    entry = change("Selection", "AWS::Backup::BackupSelection", before=before, after=after, **more)
    document = written(tmp_path / "changes.json", change_set(entry, StackId=STACK))

    _, found = against(command, run, document)

    lost = [one["subject"]["arn"] for one in found["changes"] if one["way"] == "loses"]
    assert [arn.rpartition("/")[2] for arn in lost] == losing
    assert found["unmapped"] == []
