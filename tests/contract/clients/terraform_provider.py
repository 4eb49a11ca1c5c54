"""What a resource of Terraform's AWS provider is to the tests, and the documents that the provider writes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

ROLE = "arn:aws:iam::123456789012:role/service-role/AWSBackupDefaultServiceRole"
NOT_FOUND = "ResourceNotFoundException"
INVALID = "InvalidParameterValueException"

Document = dict[str, Any]
Call = tuple[str, Document]


def rule(name: str, **more: Any) -> Document:
    """A rule with the defaults of the provider's schema, which it always sends."""
    return {
        "RuleName": name,
        "TargetBackupVaultName": "held",
        "ScheduleExpression": "cron(0 12 * * ? *)",
        "ScheduleExpressionTimezone": "Etc/UTC",
        "StartWindowMinutes": 60,
        "CompletionWindowMinutes": 180,
        "EnableContinuousBackup": False,
    } | more


def plan(*rules: Document, **more: Any) -> Document:
    """A plan as the provider writes it."""
    return {"BackupPlanName": "managed", "Rules": list(rules)} | more


def without_ids(answer: Document) -> Document:
    """The attributes of a plan that the provider keeps: rules without the ids that they were given."""
    rules = [
        {key: value for key, value in one.items() if key != "RuleId"} for one in answer["BackupPlan"]["Rules"]
    ]
    return {
        "BackupPlanName": answer["BackupPlan"]["BackupPlanName"],
        "Rules": rules,
        "AdvancedBackupSettings": answer.get("AdvancedBackupSettings"),
    }


def members(*names: str) -> Callable[[Document], Document]:
    """Those members of an answer that the provider's schema has."""
    return lambda answer: {name: answer.get(name) for name in names}


@dataclass(frozen=True)
class Kept:
    """One resource of the provider.

    `create`, `read` and `delete` are method and parameters; what `create` answers under `names` goes into the
    later calls. `written` is what `shown` must give of a read; `changes` are updates in place, each with what
    it is to give. `gone` is the code by which a read says that it is gone, `again` the one of a second
    deletion that the provider takes for success (None: it must succeed). `state` is where the provider's
    waiter looks, and for what.
    """

    create: Call
    read: Call
    shown: Callable[[Document], Document]
    written: Document
    delete: Call
    changes: tuple[tuple[Call, Document], ...] = ()
    names: tuple[str, ...] = ()
    gone: str = NOT_FOUND
    again: str | None = NOT_FOUND
    state: tuple[str, str] | None = None
    arn: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
