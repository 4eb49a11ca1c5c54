"""An organization that was audited, and changes of it as Terraform says them."""

from collections.abc import Callable
from typing import Any

import orjson

from tests.check.terraform import Plan, by_tag
from tests.loopback.auditing import Judgement
from tests.loopback.standing import ACCOUNT, HOME, World, plan_arn, rule

COVER, PACE, KEPT = "BKP-COV-001", "BKP-FRQ-003", "BKP-RET-001"
TAGS = {"one": {"backup": "yes"}, "two": {"backup": "yes"}, "three": {"Backup": "yes"}, "four": {}}


def world(*, key: str = "backup", rules: list[Any] | None = None) -> World:
    """Four volumes, of which a plan selects two by a tag."""
    made = World()
    for name, tags in TAGS.items():
        made.volume(f"vol-{name}", Tags=[{"Key": one, "Value": text} for one, text in tags.items()])
    made.vault()
    made.plan(rules or [rule()])
    made.selection(
        ListOfTags=[{"ConditionType": "STRINGEQUALS", "ConditionKey": key, "ConditionValue": "yes"}]
    )
    return made


def plan_values(**changes: Any) -> dict[str, Any]:
    """The recorded plan as Terraform's provider has it."""
    block = {
        "rule_name": "nightly",
        "target_vault_name": "main",
        "schedule": "cron(0 1 * * ? *)",
        "start_window": 60,
        "completion_window": 120,
        "lifecycle": [{"delete_after": 14, "cold_storage_after": None}],
        "copy_action": [],
        **changes,
    }
    return {"id": "plan-1", "arn": plan_arn("plan-1"), "name": "plan-1", "rule": [block]}


def selection_values(key: str) -> dict[str, Any]:
    """The recorded selection, by another key of its tag."""
    return {
        "name": "selection-1",
        "plan_id": "plan-1",
        "iam_role_arn": f"arn:aws:iam::{ACCOUNT}:role/backup",
        "resources": [],
        "not_resources": [],
        "condition": [],
        "selection_tag": by_tag("yes", key),
    }


def declared(key: str = "backup", **rule_changes: Any) -> dict[str, Any]:
    """A plan of Terraform that changes the key of the selection's tag, or the plan's rule."""
    made = Plan(region=HOME)
    before, after = plan_values(), plan_values(**rule_changes)
    actions = ("update",) if rule_changes else ("no-op",)
    made.add("aws_backup_plan.main", actions, before=before, **after)
    held = {**selection_values("backup"), "id": "selection-1"}
    if key == "backup":
        made.add("aws_backup_selection.main", ("no-op",), before=held, **held)
    else:
        made.add("aws_backup_selection.main", ("delete", "create"), before=held, **selection_values(key))
    return made.first()


def volume(name: str) -> str:
    """The ARN of a volume."""
    return f"arn:aws:ec2:{HOME}:{ACCOUNT}:volume/vol-{name}"


def against(
    command: Callable[..., tuple[int, str, str]], run: Judgement, *arguments: Any
) -> tuple[int, dict[str, Any]]:
    """The exit code, and the part of the JSON that is about the run."""
    code, out, err = command("check", *arguments, "--against", run.run, "--format", "json")
    assert err == ""
    return code, orjson.loads(out)["against"]
