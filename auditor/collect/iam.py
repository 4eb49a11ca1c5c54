"""The IAM policies that a collection needs, from the declarations of the collectors."""

from typing import Any

from auditor.collect.accounts import ACCOUNT_ACTIONS, ORGANIZATION_ACTIONS
from auditor.collect.backup_policies import BACKUP_POLICY_ACTIONS
from auditor.collect.control_policies import CONTROL_POLICY_ACTIONS
from auditor.collect.organization_settings import SETTINGS_ACTIONS
from auditor.collect.principals import PRINCIPAL_ACTIONS
from auditor.collect.run import COLLECTORS
from auditor.collect.totals import ASIDE, ORGANIZATION_TOTALS

_VERSION = "2012-10-17"


def iam_policy(partition: str) -> dict[str, Any]:
    """Make the identity policy of the role that is assumed in each account: reading, nothing else.

    The listings know no resource-level permissions; the keys that recovery points and vaults name are asked
    of KMS in `partition` (aws, aws-cn, aws-us-gov).
    """
    collectors = (*COLLECTORS, ASIDE)
    actions = {action for collector in collectors for action in collector.actions}
    actions |= {*ACCOUNT_ACTIONS, *PRINCIPAL_ACTIONS, *SETTINGS_ACTIONS}
    keys = {action for action in actions if action.startswith("kms:")}
    return {
        "Version": _VERSION,
        "Statement": [
            _allow("ReadBackupsAndResources", actions - keys, "*"),
            _allow("ReadKeys", keys, f"arn:{partition}:kms:*:*:key/*"),
        ],
    }


def caller_policy(partition: str, role_name: str) -> dict[str, Any]:
    """Make the identity policy of the caller: list the accounts and assume `role_name` in each."""
    return {
        "Version": _VERSION,
        "Statement": [
            _allow(
                "ReadOrganization",
                {
                    *ORGANIZATION_ACTIONS,
                    *ORGANIZATION_TOTALS,
                    *CONTROL_POLICY_ACTIONS,
                    *BACKUP_POLICY_ACTIONS,
                },
                "*",
            ),
            _allow("AssumeReaders", {"sts:AssumeRole"}, f"arn:{partition}:iam::*:role/{role_name}"),
        ],
    }


def _allow(sid: str, actions: set[str], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resource}
