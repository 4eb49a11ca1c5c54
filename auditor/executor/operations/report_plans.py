"""Report plans (aws-backup.md 2.4). The engine makes their reports, each day and by StartReportJob."""

import re
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, func, select

from auditor.executor.api.errors import invalid
from auditor.executor.api.protocol import Page
from auditor.executor.database.declarations import REPORT_JOB, REPORT_PLAN
from auditor.executor.database.declarations import declarations as table
from auditor.executor.engine.reports import ROOT
from auditor.executor.operations import declarations
from auditor.executor.operations.checks import check_framework
from auditor.executor.operations.organization import accounts
from auditor.executor.operations.vaults import Params, without_none
from auditor.executor.regions import regions_of
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import optional_seconds, seconds

MAX_REPORT_PLANS: Final = 20
MAX_FRAMEWORKS: Final = 1000
_FORMATS: Final = ("CSV", "JSON")
_OF_FRAMEWORKS: Final = ("RESOURCE_COMPLIANCE_REPORT", "CONTROL_COMPLIANCE_REPORT")
TEMPLATES: Final = (
    *_OF_FRAMEWORKS,
    "BACKUP_JOB_REPORT",
    "COPY_JOB_REPORT",
    "RESTORE_JOB_REPORT",
    "SCAN_JOB_REPORT",
)
_MEMBERS: Final = ("ReportPlanDescription", "ReportDeliveryChannel", "ReportSetting")
_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]")


def create_report_plan(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """CreateReportPlan."""
    name = params["ReportPlanName"]
    document: Params = {key: params[key] for key in _MEMBERS if key in params}
    _check(service, scope, document)
    with service.database.write() as connection:
        row = declarations.create(
            service,
            connection,
            scope,
            REPORT_PLAN,
            name,
            document,
            most=MAX_REPORT_PLANS,
            token=params.get("IdempotencyToken"),
            tags=params.get("ReportPlanTags"),
        )
    return _named(row)


def _named(row: Row[Any]) -> Params:
    return {"ReportPlanName": row.name, "ReportPlanArn": row.arn, "CreationTime": seconds(row.created)}


def _check(service: BackupService, scope: AccountRegion, document: Params) -> None:
    channel, setting = document["ReportDeliveryChannel"], document["ReportSetting"]
    formats, template = channel.get("Formats", ["CSV"]), setting["ReportTemplate"]
    if _BUCKET.fullmatch(channel["S3BucketName"]) is None:
        raise invalid("S3BucketName is not the name of a bucket.")
    if template not in TEMPLATES:
        raise invalid(f"ReportTemplate must be one of {', '.join(TEMPLATES)}.")
    if not formats or not set(formats) <= set(_FORMATS):
        raise invalid("Formats takes CSV and JSON.")
    _check_places(service, scope, formats, setting)
    arns = setting.get("FrameworkArns", ())
    if arns and template not in _OF_FRAMEWORKS:
        raise invalid(f"FrameworkArns is for {' and '.join(_OF_FRAMEWORKS)}.")
    if len(arns) > MAX_FRAMEWORKS:
        raise invalid(f"A report plan has at most {MAX_FRAMEWORKS} frameworks.")
    for arn in arns:
        check_framework(scope, arn)


def _check_places(service: BackupService, scope: AccountRegion, formats: list[str], setting: Params) -> None:
    """Accounts that the caller may look at, and Regions that there are; over several of them CSV alone."""
    wide = len(setting.get("Accounts", ())) > 1 or len(setting.get("Regions", ())) > 1
    if "JSON" in formats and (wide or setting.get("OrganizationUnits") or "*" in setting.get("Regions", ())):
        raise invalid("Reports over several accounts or Regions can only be in CSV format.")
    if setting.get("OrganizationUnits"):
        raise invalid("OrganizationUnits are not available in this backup service: name Accounts, or ROOT.")
    for region in setting.get("Regions", ()):
        if region != "*" and region not in regions_of(scope.partition):
            raise invalid(f"Regions: there is no Region {region[:60]!r} in {scope.partition}.")
    for account in setting.get("Accounts", ()):
        accounts(service, scope, "*" if account == ROOT else account)


def describe_report_plan(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DescribeReportPlan."""
    with service.database.read() as connection:
        row = declarations.find(connection, scope, REPORT_PLAN, params["ReportPlanName"])
        return {"ReportPlan": _item(connection, row)}


def _item(connection: Connection, row: Row[Any]) -> Params:
    """The plan, with when a report was last tried and made."""
    jobs = table.c
    tried, made = connection.execute(
        select(func.max(jobs.created), func.max(jobs.updated))
        .filter_by(account_id=row.account_id, region=row.region, kind=REPORT_JOB, parent=row.name)
        .where(jobs.created >= row.created)
    ).one()
    document: Params = orjson.loads(row.document)
    return without_none(
        {
            **document,
            **_named(row),
            "DeploymentStatus": "COMPLETED",
            "LastAttemptedExecutionTime": optional_seconds(tried),
            "LastSuccessfulExecutionTime": optional_seconds(made),
        }
    )


def list_report_plans(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListReportPlans by name."""
    rows, token = declarations.listed(service, scope, REPORT_PLAN, params)
    with service.database.read() as connection:
        items = [orjson.dumps(_item(connection, row)) for row in rows]
    return Page("ReportPlans", items, token)


def update_report_plan(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """UpdateReportPlan: what is given changes."""
    changed = {key: params[key] for key in _MEMBERS if key in params}
    with service.database.write() as connection:
        row = declarations.find(connection, scope, REPORT_PLAN, params["ReportPlanName"])
        document = orjson.loads(row.document) | changed
        _check(service, scope, document)
        declarations.change(service, connection, row, document)
    return _named(row)


def delete_report_plan(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """DeleteReportPlan."""
    with service.database.write() as connection:
        declarations.remove(
            connection, declarations.find(connection, scope, REPORT_PLAN, params["ReportPlanName"])
        )
