"""Terraform's plans and selections as the documents of AWS Backup's API, with the names of the API.

Source: the provider's documentation of `aws_backup_plan` and `aws_backup_selection`; API reference,
BackupRule and BackupSelection. A value that is not known, and is needed, makes an `UnknownValue`.
"""

from collections.abc import Mapping
from typing import Any, Final

from auditor.check.terraform.configuration import Configuration, blocks_like, expressions, overlaps
from auditor.check.terraform.instances import UNKNOWN, Instance
from auditor.check.terraform.references import References, said

Json = Any
Blocks = Mapping[str, Json]

#: Attribute of a rule, the API's name of it, and what of a resource it means.
_RULE: Final = (
    ("rule_name", "RuleName", "name"),
    ("target_vault_name", "TargetBackupVaultName", "name"),
    ("schedule", "ScheduleExpression", ""),
    ("schedule_expression_timezone", "ScheduleExpressionTimezone", ""),
    ("start_window", "StartWindowMinutes", ""),
    ("completion_window", "CompletionWindowMinutes", ""),
    ("enable_continuous_backup", "EnableContinuousBackup", ""),
    ("target_logically_air_gapped_backup_vault_arn", "TargetLogicallyAirGappedBackupVaultArn", "arn"),
)
_LIFECYCLE: Final = (
    ("delete_after", "DeleteAfterDays", ""),
    ("cold_storage_after", "MoveToColdStorageAfterDays", ""),
)
_OPERATORS: Final = {
    "string_equals": "StringEquals",
    "string_not_equals": "StringNotEquals",
    "string_like": "StringLike",
    "string_not_like": "StringNotLike",
}
#: What the provider computes where the configuration leaves it out; it is empty then.
_BLOCK: Final = "condition"
_COMPUTED: Final = frozenset({"not_resources", _BLOCK})


class UnknownValue(Exception):  # noqa: N818 -- named for what it says of the value
    """A clause that names the attribute and the expression that hides it."""


class ApiDocuments:
    """Makes the documents of one plan's instances."""

    def __init__(self, configuration: Configuration, references: References) -> None:
        self._configuration = configuration
        self._references = references

    def plan(self, instance: Instance) -> dict[str, Json]:
        """The API's BackupPlan. Raises `UnknownValue`."""
        return {"Rules": [self._rule(instance, *pair) for pair in self._blocks(instance, "rule")]}

    def selection(self, instance: Instance) -> dict[str, Json]:
        """The API's BackupSelection, without the role. Raises `UnknownValue`."""
        name = instance.value("name")
        return {
            "SelectionName": name if isinstance(name, str) else "",
            "Resources": self._arns(instance, "resources"),
            "NotResources": self._arns(instance, "not_resources"),
            "ListOfTags": [
                self._tag(instance, block, found, "selection_tag")
                | {"ConditionType": self._scalar(instance, block, found, "type", where="selection_tag")}
                for block, found in self._blocks(instance, "selection_tag")
            ],
            "Conditions": self._conditions(instance),
        }

    def _rule(self, instance: Instance, block: Blocks, found: Blocks) -> dict[str, Json]:
        name = block.get("rule_name")
        where = f"rule {name}" if isinstance(name, str) else "a rule"
        rule = {
            named: value
            for key, named, meant in _RULE
            if (value := self._scalar(instance, block, found, key, where=where, meant=meant))
            not in (None, "")
        }
        if "ScheduleExpression" not in rule:
            rule["ScheduleExpression"] = None
        added = block.get("recovery_point_tags")
        if isinstance(added, Mapping):  # where they are not known, none are counted
            rule["RecoveryPointTags"] = dict(added)
        rule["Lifecycle"] = self._lifecycle(instance, block, found, where)
        rule["CopyActions"] = [
            {
                "DestinationBackupVaultArn": self._scalar(
                    instance, copy, inside, "destination_vault_arn", where=f"a copy of {where}", meant="arn"
                ),
                "Lifecycle": self._lifecycle(instance, copy, inside, f"a copy of {where}"),
            }
            for copy, inside in self._inner(block, found, "copy_action", where)
        ]
        return rule

    def _lifecycle(
        self, instance: Instance, block: Blocks, found: Blocks, where: str
    ) -> dict[str, Json] | None:
        pairs = self._inner(block, found, "lifecycle", where)
        if not pairs:
            return None
        lifecycle, inside = pairs[0]
        values = {
            named: self._scalar(instance, lifecycle, inside, key, where=f"the lifecycle of {where}")
            for key, named, _ in _LIFECYCLE
        }
        # the provider writes 0 for "never" in what exists, and null in what is new
        return {named: value for named, value in values.items() if value not in (None, 0)}

    def _conditions(self, instance: Instance) -> dict[str, list[Json]]:
        answer: dict[str, list[Json]] = {}
        for block, found in self._blocks(instance, "condition"):
            for key, named in _OPERATORS.items():
                for pair, inside in self._inner(block, found, key, "condition"):
                    answer.setdefault(named, []).append(self._tag(instance, pair, inside, f"condition {key}"))
        return answer

    def _tag(self, instance: Instance, block: Blocks, found: Blocks, where: str) -> dict[str, Json]:
        return {
            "ConditionKey": self._scalar(instance, block, found, "key", where=where),
            "ConditionValue": self._scalar(instance, block, found, "value", where=where),
        }

    def _arns(self, instance: Instance, key: str) -> list[str]:
        value = written(instance, key, self._configuration)
        items = value if isinstance(value, list) else [] if value is None else [value]
        known = [item for item in items if item is not UNKNOWN]
        if len(known) == len(items):
            return items
        expression = expressions(self._configuration.resource(instance)).get(key)
        resolved = self._references.several(instance, expression, "arn")
        held = set(map(repr, known))
        more = [item for item in resolved if repr(item) not in held]
        # what refers to anything but ARNs may choose among them, and so may what names one of them twice, and
        # one item of several ARNs
        surely = all(map(_is_pattern, resolved)) and not overlaps(expression)
        if not surely or (isinstance(value, list) and len(more) != len(items) - len(known)):
            raise UnknownValue(f"{key} is known only after the apply ({said(expression)})")
        return [*known, *more]

    def _scalar(
        self, instance: Instance, block: Blocks, found: Blocks, key: str, *, where: str, meant: str = ""
    ) -> Json:
        value = block.get(key)
        if value is not UNKNOWN:
            return value
        expression = found.get(key)
        value = self._references.one(instance, expression, meant) if expression is not None else UNKNOWN
        if value is UNKNOWN:
            raise UnknownValue(f"{key} of {where} is known only after the apply ({said(expression)})")
        return value

    def _blocks(self, instance: Instance, key: str) -> list[tuple[Blocks, Blocks]]:
        """The blocks of an instance, each with the expressions that it comes from."""
        found = expressions(self._configuration.resource(instance))
        return self._inner({key: written(instance, key, self._configuration)}, found, key, "it")

    @staticmethod
    def _inner(block: Blocks, found: Blocks, key: str, where: str) -> list[tuple[Blocks, Blocks]]:
        listed = block.get(key)
        if listed is UNKNOWN or (isinstance(listed, list) and UNKNOWN in listed):
            raise UnknownValue(f"{key} of {where} is known only after the apply ({said(found.get(key))})")
        blocks = [listed] if isinstance(listed, Mapping) else listed if isinstance(listed, list) else []
        pairs = []
        for one in blocks:
            if isinstance(one, Mapping):
                alike = blocks_like(found.get(key), one, len(blocks))
                same = all(other == alike[0] for other in alike)
                pairs.append((one, alike[0] if alike and same else _of_each(alike)))
        return pairs


def written(instance: Instance, key: str, configuration: Configuration) -> Json:
    """An attribute; None where it is not known only because the configuration leaves it to the provider.

    A `dynamic` block whose number is not known looks as if the configuration had none of its kind: only the
    code tells, where it is at hand.
    """
    value, resource = instance.value(key), configuration.resource(instance)
    left_out = key in _COMPUTED and resource and key not in expressions(resource)
    if value is not UNKNOWN or not left_out or (key == _BLOCK and configuration.dynamic(instance, key)):
        return value
    return None


def _is_pattern(item: Json) -> bool:
    """Whether an item is an ARN, or a pattern of some."""
    return isinstance(item, str) and (item.startswith("arn:") or item == "*")


def _of_each(blocks: list[Blocks]) -> Blocks:
    """The expressions that several blocks have in common."""
    if not blocks:
        return {}
    first, *others = blocks
    return {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}
