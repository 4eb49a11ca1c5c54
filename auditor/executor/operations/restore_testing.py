"""Restore-testing plans, their selections, and the results of validations (aws-backup.md 1.3)."""

import re
from typing import Any, Final

import orjson
from sqlalchemy import Row, update

from auditor.derive.schedule import InvalidSchedule, Schedule
from auditor.executor.api.errors import ServiceError, invalid, missing, refused
from auditor.executor.api.protocol import Page
from auditor.executor.database.declarations import RESTORE_TESTING_PLAN, RESTORE_TESTING_SELECTION
from auditor.executor.database.sql_tables import restore_jobs
from auditor.executor.operations import declarations as kept
from auditor.executor.operations.checks import check_assumable, check_resource, check_vault_pattern
from auditor.executor.operations.restore_jobs import find_restore_job, point_metadata, restorer_of
from auditor.executor.operations.vaults import Params, without_none
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import optional_seconds, seconds

MAX_PLANS: Final = 100
MAX_SELECTIONS: Final = 30
MAX_ENTRIES: Final = 30
MAX_WINDOW_DAYS: Final = 365
MAX_HOURS: Final = 168
TYPES: Final = ("Aurora", "DocumentDB", "DynamoDB", "EBS", "EC2", "EFS", "FSx", "Neptune", "RDS", "S3")
_NAME: Final = re.compile(r"[A-Za-z0-9_]{1,50}")
_PLAN: Final = (
    "RecoveryPointSelection",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartWindowHours",
)
_SELECTION: Final = (
    "IamRoleArn",
    "ProtectedResourceArns",
    "ProtectedResourceConditions",
    "RestoreMetadataOverrides",
    "ValidationWindowHours",
)


def create_restore_testing_plan(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """CreateRestoreTestingPlan; AWS's defaults are a start window of 24 hours and 30 days of selection."""
    given, token = params["RestoreTestingPlan"], params.get("CreatorRequestId")
    name = _name(given["RestoreTestingPlanName"], "RestoreTestingPlanName")
    document = {"ScheduleExpressionTimezone": "Etc/UTC", "StartWindowHours": 24}
    document = _checked_plan(scope, document | {key: given[key] for key in _PLAN if key in given})
    with service.database.write() as connection:
        row = kept.create(
            service,
            connection,
            scope,
            RESTORE_TESTING_PLAN,
            name,
            document,
            most=MAX_PLANS,
            token=token,
            tags=params.get("Tags"),
        )
    return _plan_named(row)


def _name(text: str, what: str) -> str:
    if _NAME.fullmatch(text) is None:
        raise invalid(f"{what} must be 1 to 50 letters, digits and underscores.")
    return text


def _checked_plan(scope: AccountRegion, document: Params) -> Params:
    """The plan with defaults in its RecoveryPointSelection; raises InvalidParameterValueException."""
    chosen = {"ExcludeVaults": [], "SelectionWindowDays": 30} | document["RecoveryPointSelection"]
    for member in ("Algorithm", "IncludeVaults", "RecoveryPointTypes"):
        if not chosen.get(member):
            raise missing(f"Missing required parameter: RestoreTestingPlan.RecoveryPointSelection.{member}")
    for text in [*chosen["IncludeVaults"], *chosen["ExcludeVaults"]]:
        check_vault_pattern(scope, text)
    if not 1 <= chosen["SelectionWindowDays"] <= MAX_WINDOW_DAYS:
        raise invalid(f"SelectionWindowDays must be between 1 and {MAX_WINDOW_DAYS}.")
    if not 1 <= document["StartWindowHours"] <= MAX_HOURS:
        raise invalid(f"StartWindowHours must be between 1 and {MAX_HOURS}.")
    try:
        Schedule.parse(document["ScheduleExpression"], document["ScheduleExpressionTimezone"])
    except InvalidSchedule as error:
        raise invalid(str(error)) from None
    return document | {"RecoveryPointSelection": chosen}


def _plan_named(row: Row[Any]) -> Params:
    return {
        "CreationTime": seconds(row.created),
        "RestoreTestingPlanArn": row.arn,
        "RestoreTestingPlanName": row.name,
    }


def get_restore_testing_plan(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """GetRestoreTestingPlan."""
    with service.database.read() as connection:
        row = kept.find(connection, scope, RESTORE_TESTING_PLAN, params["RestoreTestingPlanName"])
    return {"RestoreTestingPlan": without_none(_plan(row) | {"CreatorRequestId": row.token})}


def _plan(row: Row[Any]) -> Params:
    document: Params = orjson.loads(row.document)
    times = {"LastUpdateTime": row.updated, "LastExecutionTime": row.last_run}
    dates = {name: optional_seconds(moment) for name, moment in times.items() if moment is not None}
    return document | _plan_named(row) | dates


def list_restore_testing_plans(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListRestoreTestingPlans by name."""
    rows, token = kept.listed(service, scope, RESTORE_TESTING_PLAN, params)
    items = [{k: v for k, v in _plan(row).items() if k != "RecoveryPointSelection"} for row in rows]
    return Page("RestoreTestingPlans", [orjson.dumps(item) for item in items], token)


def update_restore_testing_plan(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """UpdateRestoreTestingPlan: what is given changes."""
    given = params["RestoreTestingPlan"]
    with service.database.write() as connection:
        row = kept.find(connection, scope, RESTORE_TESTING_PLAN, params["RestoreTestingPlanName"])
        before = orjson.loads(row.document)
        chosen = before["RecoveryPointSelection"] | given.get("RecoveryPointSelection", {})
        changed = before | {key: given[key] for key in _PLAN if key in given}
        document = _checked_plan(scope, changed | {"RecoveryPointSelection": chosen})
        now = kept.change(service, connection, row, document)
    return _plan_named(row) | {"UpdateTime": seconds(now)}


def delete_restore_testing_plan(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """DeleteRestoreTestingPlan, refused while it has selections (API).

    One that is gone already is a success: the API has no error for it.
    """
    name = params["RestoreTestingPlanName"]
    with service.database.write() as connection:
        try:
            row = kept.find(connection, scope, RESTORE_TESTING_PLAN, name)
        except ServiceError:
            return
        if kept.every(connection, scope, RESTORE_TESTING_SELECTION, name):
            raise refused("The restore testing plan has selections, which must be deleted first.")
        kept.remove(connection, row)


def create_restore_testing_selection(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """CreateRestoreTestingSelection."""
    given, plan_name = params["RestoreTestingSelection"], params["RestoreTestingPlanName"]
    name = _name(given["RestoreTestingSelectionName"], "RestoreTestingSelectionName")
    kind = given["ProtectedResourceType"]
    if kind not in TYPES:
        raise invalid(f"ProtectedResourceType must be one of {', '.join(TYPES)}.")
    document = {"ProtectedResourceType": kind, "ValidationWindowHours": 0}
    document |= {key: given[key] for key in _SELECTION if key in given}
    _check_selection(scope, document)
    check_assumable(service, scope, document["IamRoleArn"])
    with service.database.write() as connection:
        plan = kept.find(connection, scope, RESTORE_TESTING_PLAN, plan_name)
        row = kept.create(
            service,
            connection,
            scope,
            RESTORE_TESTING_SELECTION,
            name,
            document,
            most=MAX_SELECTIONS,
            token=params.get("CreatorRequestId"),
            parent=plan_name,
        )
    return _plan_named(plan) | {"CreationTime": seconds(row.created), "RestoreTestingSelectionName": name}


def _check_selection(scope: AccountRegion, document: Params) -> None:
    arns = document.get("ProtectedResourceArns", [])
    conditions = [
        entry for entries in document.get("ProtectedResourceConditions", {}).values() for entry in entries
    ]
    if not arns and not conditions:
        raise invalid("Either ProtectedResourceArns or ProtectedResourceConditions must be given.")
    if max(len(arns), len(conditions)) > MAX_ENTRIES:
        raise invalid(f"A selection has at most {MAX_ENTRIES} ARNs and {MAX_ENTRIES} conditions.")
    for text in arns:
        if text != "*":
            check_resource(scope, text, "ProtectedResourceArns takes ARNs and *.")
    if any(not entry["Key"].startswith("aws:ResourceTag/") for entry in conditions):
        raise invalid("The keys of ProtectedResourceConditions begin with aws:ResourceTag/.")
    if not 0 <= document["ValidationWindowHours"] <= MAX_HOURS:
        raise invalid(f"ValidationWindowHours must be between 0 and {MAX_HOURS}.")


def get_restore_testing_selection(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """GetRestoreTestingSelection."""
    plan, name = params["RestoreTestingPlanName"], params["RestoreTestingSelectionName"]
    with service.database.read() as connection:
        row = kept.find(connection, scope, RESTORE_TESTING_SELECTION, name, plan)
    document: Params = orjson.loads(row.document)
    return {"RestoreTestingSelection": document | _selection_named(row) | {"CreatorRequestId": row.token}}


def _selection_named(row: Row[Any]) -> Params:
    return {
        "CreationTime": seconds(row.created),
        "RestoreTestingPlanName": row.parent,
        "RestoreTestingSelectionName": row.name,
    }


def list_restore_testing_selections(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListRestoreTestingSelections of a plan, by name."""
    plan = params["RestoreTestingPlanName"]
    with service.database.read() as connection:
        kept.find(connection, scope, RESTORE_TESTING_PLAN, plan)
    rows, token = kept.listed(service, scope, RESTORE_TESTING_SELECTION, params, plan)
    return Page("RestoreTestingSelections", [orjson.dumps(_selection_item(row)) for row in rows], token)


def _selection_item(row: Row[Any]) -> Params:
    document = orjson.loads(row.document)
    members = ("IamRoleArn", "ProtectedResourceType", "ValidationWindowHours")
    return _selection_named(row) | {key: document[key] for key in members}


def update_restore_testing_selection(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """UpdateRestoreTestingSelection: what is given changes."""
    plan_name, name = params["RestoreTestingPlanName"], params["RestoreTestingSelectionName"]
    given = params["RestoreTestingSelection"]
    if "IamRoleArn" in given:
        check_assumable(service, scope, given["IamRoleArn"])
    with service.database.write() as connection:
        plan = kept.find(connection, scope, RESTORE_TESTING_PLAN, plan_name)
        row = kept.find(connection, scope, RESTORE_TESTING_SELECTION, name, plan_name)
        document = orjson.loads(row.document) | {key: given[key] for key in _SELECTION if key in given}
        _check_selection(scope, document)
        now = kept.change(service, connection, row, document)
    named = {"CreationTime": seconds(row.created), "RestoreTestingSelectionName": name}
    return _plan_named(plan) | named | {"UpdateTime": seconds(now)}


def delete_restore_testing_selection(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """DeleteRestoreTestingSelection."""
    plan, name = params["RestoreTestingPlanName"], params["RestoreTestingSelectionName"]
    with service.database.write() as connection:
        kept.remove(connection, kept.find(connection, scope, RESTORE_TESTING_SELECTION, name, plan))


def get_restore_testing_inferred_metadata(
    service: BackupService, scope: AccountRegion, params: Params
) -> Params:
    """GetRestoreTestingInferredMetadata: the least that a restore of the recovery point needs."""
    row, _ = point_metadata(service, scope, params)
    driver = restorer_of(service, row)
    return {
        "InferredMetadata": driver.infer(row.arn, (scope.account_id, scope.region), f"get-{row.id}"),
    }


def put_restore_validation_result(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """PutRestoreValidationResult of a test that is being validated; a result cannot be changed."""
    status = params["ValidationStatus"]
    if status not in {"FAILED", "SUCCESSFUL"}:
        raise invalid("ValidationStatus must be SUCCESSFUL or FAILED.")
    with service.database.write() as connection:
        job = find_restore_job(connection, scope, params["RestoreJobId"])
        if job.testing_plan_arn is None:
            raise refused(f"Restore job {job.id} was not made by a restore testing plan.")
        if job.validation != "VALIDATING":
            raise refused(f"Restore job {job.id} is not being validated.")
        job.validation, job.validation_message = status, params.get("ValidationStatusMessage")
        job.next_at = service.now_ms()
        changed = job.row() | {"version": restore_jobs.c.version + 1}
        connection.execute(update(restore_jobs).where(restore_jobs.c.id == job.id).values(changed))
