"""What becomes of a vault whose lock or name changes, held against a run."""

from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Said
from tests.check.recorded_run import against, plan_values, world
from tests.check.terraform import Later, Plan
from tests.check.test_check_command import written
from tests.loopback.auditing import audit
from tests.loopback.standing import ACCOUNT, HOME, World, rule, vault_arn

Json = dict[str, Any]
PLAN, LOCK = "aws_backup_plan.main", "aws_backup_vault_lock_configuration"
HERE = ("--account", ACCOUNT, "--region", HOME)


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
