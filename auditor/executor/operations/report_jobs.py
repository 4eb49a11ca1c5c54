"""Report jobs as clients start and list them (aws-backup.md 2.4). The engine makes the reports."""

from typing import Any

import orjson
from sqlalchemy import Row, false, insert, select

from auditor.executor.api.errors import not_found
from auditor.executor.api.protocol import Page
from auditor.executor.database.database import new_id
from auditor.executor.database.declarations import REPORT_JOB, REPORT_PLAN
from auditor.executor.database.declarations import declarations as table
from auditor.executor.engine.reports import job_row
from auditor.executor.operations.declarations import find
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.vaults import Params
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import DAY_MS, to_ms


def start_report_job(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """StartReportJob: a CREATED job on the last 24 hours; one for each IdempotencyToken."""
    now, token = service.now_ms(), params.get("IdempotencyToken")
    place = {"account_id": scope.account_id, "region": scope.region, "kind": REPORT_JOB}
    with service.database.write() as connection:
        plan = find(connection, scope, REPORT_PLAN, params["ReportPlanName"])
        same = select(table.c.name).filter_by(**place, parent=plan.name, token=token)
        existing = None if token is None else connection.scalar(same)
        if existing is not None:
            return {"ReportJobId": existing}
        job_id = new_id(connection, scope, REPORT_JOB).upper()
        row = job_row(scope, plan._asdict(), job_id, now, now - DAY_MS, now)
        connection.execute(insert(table).values(row | {"token": token}))
    return {"ReportJobId": job_id}


def describe_report_job(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DescribeReportJob."""
    place = {"account_id": scope.account_id, "region": scope.region, "kind": REPORT_JOB}
    with service.database.read() as connection:
        query = select(table).filter_by(**place, name=params["ReportJobId"])
        row = connection.execute(query).one_or_none()
    if row is None:
        raise not_found(f"Report job {params['ReportJobId']} does not exist.")
    return {"ReportJob": _item(row)}


def _item(row: Row[Any]) -> Params:
    document: Params = orjson.loads(row.document)
    plan = document.pop("Plan")
    del document["Period"]
    return {"Status": "CREATED", "ReportTemplate": plan["ReportSetting"]["ReportTemplate"], **document}


def list_report_jobs(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListReportJobs, the newest first."""
    query = select(table).filter_by(account_id=scope.account_id, region=scope.region, kind=REPORT_JOB)
    states = {
        "CREATED": table.c.last_run.is_(None),
        "COMPLETED": table.c.updated.is_not(None),
        "FAILED": table.c.last_run.is_not(None) & table.c.updated.is_(None),
    }
    if "ByStatus" in params:
        query = query.where(states.get(params["ByStatus"], false()))
    if "ByReportPlanName" in params:
        query = query.where(table.c.parent == params["ByReportPlanName"])
    if "ByCreationAfter" in params:
        query = query.where(table.c.created > to_ms(params["ByCreationAfter"]))
    if "ByCreationBefore" in params:
        query = query.where(table.c.created < to_ms(params["ByCreationBefore"]))
    with service.database.read() as connection:
        rows, token = fetch(connection, query, [table.c.created, table.c.arn], params, descending=True)
    return Page("ReportJobs", [orjson.dumps(_item(row)) for row in rows], token)
