"""The backup plans and selections that AWS Backup makes of an effective policy (aws-backup.md 3.2).

They are given as the documents of AWS Backup's API. Numbers and flags of a policy are texts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = Any

_NUMBERS: Final = {
    "start_backup_window_minutes": "StartWindowMinutes",
    "complete_backup_window_minutes": "CompletionWindowMinutes",
}
_DAYS: Final = {
    "delete_after_days": "DeleteAfterDays",
    "move_to_cold_storage_after_days": "MoveToColdStorageAfterDays",
}
_OPERATORS: Final = {
    "string_equals": "StringEquals",
    "string_not_equals": "StringNotEquals",
    "string_like": "StringLike",
    "string_not_like": "StringNotLike",
}
#: What stands in a policy for the account and Region in which a plan is made.
_PLACEHOLDERS: Final = ("$account", "$region")


@dataclass(frozen=True, slots=True)
class EffectivePlan:
    """One plan of an effective policy that is valid: its name, Regions, and parts as the policy has them."""

    name: str
    regions: tuple[str, ...]
    rules: Mapping[str, Json]
    selections: Mapping[str, Mapping[str, Json]]

    def document(self, account: str, region: str) -> dict[str, Json]:
        """The API's `BackupPlan` in an account and Region."""
        rules = [_rule(name, rule, account, region) for name, rule in self.rules.items()]
        return {"BackupPlanName": self.name, "Rules": rules}

    def selection_documents(
        self, account: str, region: str
    ) -> Iterator[tuple[tuple[str, str], dict[str, Json]]]:
        """The API's `BackupSelection`s, each with its kind (tags, resources) and name.

        The types of one selection are taken to be any of them (aws-backup.md 3.1).
        """
        for kind, found in self.selections.items():
            for name, one in found.items():
                document = {
                    "SelectionName": name,
                    "IamRoleArn": _placed(one.get("iam_role_arn", ""), account, region),
                    "Conditions": _conditions(one.get("conditions", {})),
                    "ListOfTags": [
                        {
                            "ConditionType": "STRINGEQUALS",
                            "ConditionKey": one["tag_key"],
                            "ConditionValue": value,
                        }
                        for value in one.get("tag_value", ())
                    ],
                    "Resources": [_placed(text, account, region) for text in one.get("resource_types", ())],
                    "NotResources": [
                        _placed(text, account, region) for text in one.get("not_resource_types", ())
                    ],
                }
                yield (kind, name), document


def plans_of(effective: Mapping[str, Json]) -> list[EffectivePlan]:
    """The plans of an effective policy that is valid."""
    return [
        EffectivePlan(name, tuple(plan["regions"]), plan["rules"], plan["selections"])
        for name, plan in effective.get("plans", {}).items()
    ]


def _rule(name: str, rule: Mapping[str, Json], account: str, region: str) -> dict[str, Json]:
    document: dict[str, Json] = {
        "RuleName": name,
        "TargetBackupVaultName": rule.get("target_backup_vault_name"),
        "ScheduleExpression": rule.get("schedule_expression"),
        "EnableContinuousBackup": rule.get("enable_continuous_backup") == "true",
        "Lifecycle": _lifecycle(rule),
        "CopyActions": [
            {
                "DestinationBackupVaultArn": _placed(copy["target_backup_vault_arn"], account, region),
                "Lifecycle": _lifecycle(copy),
            }
            for copy in rule.get("copy_actions", {}).values()
        ],
    }
    added = [one for one in rule.get("recovery_point_tags", {}).values() if "tag_key" in one]
    document["RecoveryPointTags"] = {one["tag_key"]: one.get("tag_value", "") for one in added}
    document |= {api: int(rule[key]) for key, api in _NUMBERS.items() if key in rule}
    air_gapped = rule.get("target_logically_air_gapped_backup_vault_arn")
    if air_gapped:
        document["TargetLogicallyAirGappedBackupVaultArn"] = _placed(air_gapped, account, region)
    return document


def _lifecycle(part: Mapping[str, Json]) -> dict[str, int]:
    given = part.get("lifecycle", {})
    return {api: int(given[key]) for key, api in _DAYS.items() if key in given}


def _conditions(given: Mapping[str, Mapping[str, Json]]) -> dict[str, list[dict[str, str]]]:
    return {
        _OPERATORS[operator]: [
            {"ConditionKey": one["condition_key"], "ConditionValue": one["condition_value"]}
            for one in found.values()
        ]
        for operator, found in given.items()
    }


def _placed(text: str, account: str, region: str) -> str:
    """A text with the account and Region in place of what stands for them."""
    for placeholder, value in zip(_PLACEHOLDERS, (account, region), strict=True):
        text = text.replace(placeholder, value)
    return text
