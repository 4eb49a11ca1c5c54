"""An organization with one backup policy on its root, what is in force in its accounts, and an error."""

import json
from datetime import timedelta
from typing import Any

from tests.loopback.standing import ACCOUNT, AS_OF, HOME
from tests.loopback.world import Item, Organization

NAME = "gold"
_RULE = {
    "schedule_expression": "cron(0 1 * * ? *)",
    "target_backup_vault_name": "main",
    "start_backup_window_minutes": "60",
    "complete_backup_window_minutes": "120",
    "lifecycle": {"delete_after_days": "14"},
}
_TAGGED = {
    "iam_role_arn": "arn:aws:iam::$account:role/service-role/AWSBackupDefaultServiceRole",
    "tag_key": "backup",
    "tag_value": ["gold"],
}
#: The effective policy of each account: one plan with the rule of the standing plan.
EFFECTIVE = {
    "plans": {
        NAME: {
            "regions": [HOME],
            "rules": {"nightly": _RULE},
            "selections": {"tags": {"tagged": _TAGGED}},
        }
    }
}
ERROR = {
    "ErrorCode": "ELEMENTS_TOO_MANY",
    "ErrorMessage": "The plan has 11 rules.",
    "PathToError": "/plans/gold/rules",
    "ContributingPolicies": ["p-1"],
}


def written(effective: Any) -> Any:
    """A policy of which that is the effective one."""
    if isinstance(effective, dict):
        return {key: written(value) for key, value in effective.items()}
    return {"@@assign": effective}


def in_force(effective: Any = None, days: float = 2) -> Item:
    """An answer of DescribeEffectivePolicy."""
    document = json.dumps(EFFECTIVE if effective is None else effective)
    return {"PolicyContent": document, "LastUpdatedTimestamp": AS_OF - timedelta(days=days)}


def governed(world: Organization, *invalid: str) -> Organization:
    """The policy on the root, in force in every account; `invalid` are those with an error."""
    world.backup_policies = {"base": (json.dumps(written(EFFECTIVE)), [()])}
    world.effective_policies = {account: in_force() for account in world.accounts}
    world.policy_errors = {account: [ERROR] for account in invalid}
    return world


def made(world: Organization, account: str = ACCOUNT) -> None:
    """The standing plan of an account is the one that AWS Backup made of the policy."""
    here = world.accounts[account].regions[HOME]
    (plan,) = here.plans
    (selection,) = here.selections.pop(plan["BackupPlanId"])
    chosen = selection["BackupSelection"]
    del chosen["Resources"]
    chosen["ListOfTags"] = [
        {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup", "ConditionValue": "gold"}
    ]
    here.selections[f"orgs/{plan['BackupPlanId']}"] = [selection]
    plan["BackupPlanId"] = f"orgs/{plan['BackupPlanId']}"
    plan["BackupPlanName"] = NAME
    plan["Versions"][-1]["BackupPlan"]["BackupPlanName"] = NAME
