"""Backup plans as templates: those that AWS Backup offers, and plans to and from JSON."""

from typing import Any, Final
from uuid import UUID, uuid5

import orjson

from auditor.executor.api.errors import invalid, not_found
from auditor.executor.api.protocol import Page, service_model
from auditor.executor.api.shapes import decoder
from auditor.executor.operations.paging import fetch_sorted
from auditor.executor.operations.plans import current_document
from auditor.executor.operations.rules import plan_document
from auditor.executor.operations.vaults import Params
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService

_IDS: Final = UUID("6b2f3c52-4df4-5b19-9f5c-7b6ad0f6f4c1")
_DAY, _WEEK, _MONTH = "cron(0 5 ? * * *)", "cron(0 5 ? * 7 *)", "cron(0 5 1 * ? *)"
#: The templates of AWS Backup's console: schedule, days until cold storage (None: never), days of retention.
_TEMPLATES: Final[dict[str, dict[str, tuple[str, int | None, int]]]] = {
    "Daily-35day-Retention": {"DailyBackups": (_DAY, None, 35)},
    "Daily-Monthly-1yr-Retention": {
        "DailyBackups": (_DAY, None, 35),
        "MonthlyBackups": (_MONTH, 30, 365),
    },
    "Daily-Weekly-Monthly-5yr-Retention": {
        "DailyBackups": (_DAY, None, 35),
        "WeeklyBackups": (_WEEK, None, 90),
        "MonthlyBackups": (_MONTH, 90, 1825),
    },
    "Daily-Weekly-Monthly-7yr-Retention": {
        "DailyBackups": (_DAY, None, 35),
        "WeeklyBackups": (_WEEK, None, 90),
        "MonthlyBackups": (_MONTH, 90, 2555),
    },
}


def list_backup_plan_templates(_service: BackupService, _scope: AccountRegion, params: Params) -> Page:
    """ListBackupPlanTemplates by name."""
    rows, token = fetch_sorted([((name,), _template_id(name)) for name in sorted(_TEMPLATES)], params)
    items = [
        {"BackupPlanTemplateId": template_id, "BackupPlanTemplateName": name} for (name,), template_id in rows
    ]
    return Page("BackupPlanTemplatesList", [orjson.dumps(item) for item in items], token)


def _template_id(name: str) -> str:
    return str(uuid5(_IDS, name))


def get_backup_plan_from_template(_service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """GetBackupPlanFromTemplate: the plan goes to the vault `Default`."""
    for name, rules in _TEMPLATES.items():
        if _template_id(name) == params["BackupPlanTemplateId"]:
            plan = {"BackupPlanName": name, "Rules": [_rule(rule, *how) for rule, how in rules.items()]}
            return {"BackupPlanDocument": _without_ids(plan_document(plan, str(_IDS), scope))}
    raise not_found(f"Backup plan template {params['BackupPlanTemplateId']} does not exist.")


def _rule(name: str, schedule: str, cold: int | None, days: int) -> Params:
    lifecycle = {"DeleteAfterDays": days} | ({} if cold is None else {"MoveToColdStorageAfterDays": cold})
    return {
        "RuleName": name,
        "TargetBackupVaultName": "Default",
        "ScheduleExpression": schedule,
        "Lifecycle": lifecycle,
    }


def _without_ids(document: Params) -> Params:
    """A plan that does not exist yet has no RuleIds."""
    rules = [{key: value for key, value in rule.items() if key != "RuleId"} for rule in document["Rules"]]
    return document | {"Rules": rules}


def get_backup_plan_from_json(_service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """GetBackupPlanFromJSON: the plan with AWS's defaults, or why CreateBackupPlan would not take it."""
    try:
        given = orjson.loads(params["BackupPlanTemplateJson"])
    except orjson.JSONDecodeError:
        raise invalid("BackupPlanTemplateJson is not JSON.") from None
    plan: Any = decoder(service_model().shape_for("BackupPlanInput"))(given, "BackupPlanTemplateJson")
    return {"BackupPlan": _without_ids(plan_document(plan, str(_IDS), scope))}


def export_backup_plan_template(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """ExportBackupPlanTemplate: the plan's current version as JSON that GetBackupPlanFromJSON takes."""
    with service.database.read() as connection:
        document = current_document(connection, scope, params["BackupPlanId"])
    return {"BackupPlanTemplateJson": orjson.dumps(_without_ids(document)).decode()}
