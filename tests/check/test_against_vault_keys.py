"""Whose the key is of a vault or a volume that a change makes, held against a run in which KMS told it."""

from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Said
from tests.check.recorded_run import against, plan_values, world
from tests.check.terraform import Later, Plan
from tests.check.test_check_command import written
from tests.loopback.auditing import audit
from tests.loopback.standing import ACCOUNT, AWAY, HOME, copy_action, rule, vault_arn

KEPT = {"delete_after": 14, "cold_storage_after": None}


@pytest.mark.long
@pytest.mark.parametrize(
    ("manager", "expected"), [("CUSTOMER", "COMPLIANT"), ("AWS", "NON_COMPLIANT"), ("", "INSUFFICIENT_DATA")]
)
def test_a_run_tells_whose_a_key_is_that_no_input_makes(
    command: Said, tmp_path: Path, manager: str, expected: str
) -> None:
    """Copies move into a new vault under a key of another vault; "" is one that the run does not have."""
    made = world(rules=[rule(CopyActions=[copy_action(vault_arn("main", AWAY))])])
    key = made.key(AWAY, manager=manager or "CUSTOMER")
    made.vault(region=AWAY, EncryptionKeyArn=key)
    run = audit(made, tmp_path, tier={"customer_key": True})
    fresh, named = vault_arn("fresh", AWAY), key if manager else key.replace("customer", "other")
    after: list[Any] = [{"destination_vault_arn": fresh, "lifecycle": [KEPT]}]
    before: list[Any] = [{"destination_vault_arn": vault_arn("main", AWAY), "lifecycle": [KEPT]}]
    change = Plan(region=HOME)
    where: dict[str, Any] = {"name": "fresh", "region": AWAY, "id": Later("fresh"), "arn": Later(fresh)}
    change.add("aws_backup_vault.fresh", kms_key_arn=named, **where)
    values = plan_values(copy_action=after)
    change.add("aws_backup_plan.main", ("update",), before=plan_values(copy_action=before), **values)
    plan = written(tmp_path / "plan.json", change.first())

    _, found = against(command, run, plan, "--account", ACCOUNT, "--region", HOME)

    verdicts = {
        one["subject"]["arn"]: one["after"] for one in found["changes"] if one["control_id"] == "BKP-ENC-005"
    }
    assert verdicts[fresh] == expected
    assert found["unmapped"] == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("manager", "expected"), [("CUSTOMER", "COMPLIANT"), ("AWS", "NON_COMPLIANT"), ("", "INSUFFICIENT_DATA")]
)
def test_a_run_tells_whose_the_key_of_a_volume_is(
    command: Said, tmp_path: Path, manager: str, expected: str
) -> None:
    """A new one under the key of a vault; "" is one that the run does not have."""
    made = world()
    key = made.key(HOME, manager=manager or "CUSTOMER")
    made.vault("other", EncryptionKeyArn=key)
    run = audit(made, tmp_path, tier={"customer_key": True})
    named = key if manager else key.replace("customer", "other")
    volume = f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/vol-0f"
    values: dict[str, Any] = {"encrypted": True, "kms_key_id": named, "tags_all": {}}
    change = Plan(region=HOME).add("aws_ebs_volume.fresh", arn=Later(volume), id=Later("vol-0f"), **values)
    plan = written(tmp_path / "plan.json", change.first())

    _, found = against(command, run, plan, "--account", ACCOUNT, "--region", HOME)

    after = [one["after"] for one in found["changes"] if one["control_id"] == "BKP-ENC-006"]
    assert after == [expected]
