"""Restore testing plans and selections of Terraform with the names of the API.

Source: the provider's pages of `aws_backup_restore_testing_plan` and `aws_backup_restore_testing_selection`.
"""

from collections.abc import Mapping
from typing import Any, Final

from auditor.check.restore_tests import Less, less_tested
from auditor.check.shapes import as_list, as_object
from auditor.check.terraform.configuration import Configuration, expressions
from auditor.check.terraform.instances import UNKNOWN, Instance, hides
from auditor.check.terraform.types import RESTORE_TESTED, RESTORE_TESTING

Json = Any

#: The kind of a change, by the type.
RESTORE_TESTS: Final = {RESTORE_TESTING: "restore testing plan", RESTORE_TESTED: "restore testing selection"}
_NAMES: Final = {
    "schedule_expression": "ScheduleExpression",
    "schedule_expression_timezone": "ScheduleExpressionTimezone",
    "protected_resource_arns": "ProtectedResourceArns",
    "validation_window_hours": "ValidationWindowHours",
}
#: Blocks, of which there is one, and what is in them.
_BLOCKS: Final = {
    "recovery_point_selection": (
        "RecoveryPointSelection",
        {
            "include_vaults": "IncludeVaults",
            "exclude_vaults": "ExcludeVaults",
            "recovery_point_types": "RecoveryPointTypes",
            "selection_window_days": "SelectionWindowDays",
        },
    ),
    "protected_resource_conditions": (
        "ProtectedResourceConditions",
        {"string_equals": "StringEquals", "string_not_equals": "StringNotEquals"},
    ),
}


def weakened(one: Instance, configuration: Configuration) -> Less | None:
    """What an update takes away of what is tested, None for nothing."""
    stays = _NAMES.keys() - expressions(configuration.resource(one)).keys()
    after = {
        # what nobody wrote is computed, and stays as it is; of a block a `dynamic` one may be what is written
        key: one.before.get(key) if key in stays and one.value(key) is UNKNOWN else one.value(key)
        for key in (*_NAMES, *_BLOCKS)
    }
    return less_tested(_named(one.before), _named(after), hides)


def _named(values: Mapping[str, Json]) -> dict[str, Json]:
    found = {name: values.get(key) for key, name in _NAMES.items()}
    for key, (name, inside) in _BLOCKS.items():
        value = values.get(key)
        block: Json = next(iter(as_list(value)), {})
        hidden = value is UNKNOWN or block is UNKNOWN
        found[name] = {
            of_api: UNKNOWN if hidden else as_object(block).get(inner) for inner, of_api in inside.items()
        }
    return found
