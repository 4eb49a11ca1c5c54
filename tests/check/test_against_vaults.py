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
