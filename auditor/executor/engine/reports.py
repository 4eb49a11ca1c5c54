"""Report jobs: one when it is asked for, and one a day for each report plan (aws-backup.md 2.4).

CREATED; COMPLETED when every format is in the plan's bucket, else FAILED. In the database they are
declarations of the kind `report-job`.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5
from zlib import crc32

import orjson
from sqlalchemy import Connection, select

from auditor.executor.database.declarations import REPORT_JOB, REPORT_PLAN, declarations
from auditor.executor.engine.members import is_administrator, members
from auditor.executor.engine.native import CLEANED_MS, RETRY_MS
from auditor.executor.engine.report_files import FORMATS, Wanted, rows
from auditor.executor.engine.report_rows import COLUMNS
from auditor.executor.engine.run import EngineRun
from auditor.executor.regions import regions_of
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import Delivering, DriverError
from auditor.executor.service import BackupService
from auditor.executor.times import DAY_MS, MINUTE_MS, seconds, to_datetime
from auditor.model.errors import AuditorError

Row = dict[str, Any]

_JOBS: Final = UUID("3f4d3d0e-5f0b-5c59-9d0f-5f3c3a1f8f55")
#: AWS makes the reports on a day between 1 and 5 o'clock UTC of the next one; here at the same time each day.
_FROM_MS: Final = 60 * MINUTE_MS
_SPREAD_MS: Final = 240 * MINUTE_MS
_ALL: Final = "*"
ROOT: Final = "ROOT"


def job_row(
    scope: AccountRegion, plan: Mapping[str, Any], job_id: str, created: int, start: int, end: int
) -> Row:
    """The row of a new job on the time from `start` to `end`; `plan` is the plan's row."""
    document = {
        "ReportJobId": job_id,
        "ReportPlanArn": plan["arn"],
        "CreationTime": seconds(created),
        "Plan": orjson.loads(plan["document"]),
        "Period": [start, end],
    }
    return {
        "arn": scope.arn(f"report-job:{job_id}"),
        "account_id": scope.account_id,
        "region": scope.region,
        "kind": REPORT_JOB,
        "parent": plan["name"],
        "name": job_id,
        "created": created,
        "updated": None,
        "last_run": None,
        "token": None,
        "tags": orjson.dumps({}),
        "document": orjson.dumps(document),
    }


def register_due(run: EngineRun, connection: Connection, scope: AccountRegion, since: int) -> None:
    """The jobs that wait, and the daily ones of every plan since the last run."""
    place = {"account_id": scope.account_id, "region": scope.region}
    waiting = select(declarations).filter_by(**place, kind=REPORT_JOB, last_run=None)
    for row in connection.execute(waiting.order_by(declarations.c.created, declarations.c.arn)):
        run.at(row.created, partial(_make, run, scope, row._asdict()))
    for plan in connection.execute(select(declarations).filter_by(**place, kind=REPORT_PLAN)):
        offset = _FROM_MS + crc32(plan.arn.encode()) % _SPREAD_MS
        begin = max(since, plan.created)
        day = (begin - offset + DAY_MS - 1) // DAY_MS * DAY_MS
        for midnight in range(day, run.until - offset, DAY_MS):
            run.at(midnight + offset, partial(_daily, run, scope, plan._asdict(), midnight))


def _daily(run: EngineRun, scope: AccountRegion, plan: Row, midnight: int, now: int) -> None:
    """The job on the day before `midnight`."""
    job_id = str(uuid5(_JOBS, f"{plan['arn']}/{midnight}")).upper()
    row = job_row(scope, plan, job_id, run.now(now), midnight - DAY_MS, midnight)
    with run.service.database.read() as connection:
        there = connection.scalar(select(declarations.c.arn).filter_by(arn=row["arn"]))
        kept = connection.scalar(select(declarations.c.arn).filter_by(arn=plan["arn"]))
    if there is None and kept is not None:
        _make(run, scope, row, now)


def _make(run: EngineRun, scope: AccountRegion, row: Row, now: int) -> None:
    """Put the reports into the bucket. Where the service may do it later it is tried again for a day."""
    now = run.now(now)
    run.set_time(now)
    document = orjson.loads(row["document"])
    destination: Row = {"S3BucketName": document["Plan"]["ReportDeliveryChannel"]["S3BucketName"]}
    try:
        destination["S3Keys"] = _deliver(run.service, scope, row["parent"], document)
    except DriverError as error:
        if error.transient and run.durable and now + RETRY_MS < row["created"] + CLEANED_MS:
            run.writes.reports[row["arn"]] = row
            run.at(now + RETRY_MS, partial(_make, run, scope, row))
            return
        ended: Row = {"Status": "FAILED", "StatusMessage": error.message}
    except AuditorError as error:
        ended = {"Status": "FAILED", "StatusMessage": str(error)}
    else:
        ended = {"Status": "COMPLETED", "ReportDestination": destination}
    document |= ended | {"CompletionTime": seconds(now)}
    done = now if ended["Status"] == "COMPLETED" else None
    run.writes.reports[row["arn"]] = row | {
        "document": orjson.dumps(document),
        "last_run": now,
        "updated": done,
    }


def _deliver(service: BackupService, scope: AccountRegion, plan: str, document: Row) -> list[str]:
    """The keys of the files that were put into the bucket; raises `DriverError` and `AuditorError`."""
    deliverer = next((driver for driver in service.drivers if isinstance(driver, Delivering)), None)
    if deliverer is None:
        raise DriverError("This backup service cannot put reports into buckets.")
    channel, wanted = document["Plan"]["ReportDeliveryChannel"], _wanted(service, scope, document)
    columns, keys = COLUMNS[wanted.template], []
    for form in channel.get("Formats", ["CSV"]):
        body = FORMATS[form](columns, rows(service, scope, wanted))
        key = _key(scope, channel.get("S3KeyPrefix", ""), plan, wanted, document["ReportJobId"])
        key = f"{key}.{form.lower()}"
        deliverer.deliver(
            body, place=(scope.account_id, scope.region), bucket=channel["S3BucketName"], key=key
        )
        keys.append(key)
    return keys


def _wanted(service: BackupService, scope: AccountRegion, document: Row) -> Wanted:
    """The report's places as they are now."""
    setting = document["Plan"]["ReportSetting"]
    accounts = tuple(setting.get("Accounts") or [scope.account_id])
    regions = tuple(setting.get("Regions") or [scope.region])
    if accounts != (scope.account_id,) and not is_administrator(service, scope.account_id):
        raise DriverError("The account does not administer the backups of other accounts.", "ACCESS_DENIED")
    if ROOT in accounts:
        accounts = tuple(members(service, scope))
    if _ALL in regions:
        regions = tuple(sorted(regions_of(scope.partition)))
    start, end = document["Period"]
    frameworks = tuple(setting.get("FrameworkArns") or ())
    return Wanted(setting["ReportTemplate"], accounts, regions, frameworks, start, end)


def _key(scope: AccountRegion, prefix: str, plan: str, wanted: Wanted, job_id: str) -> str:
    """The report's key without its ending: account, Region and day, or that it crosses some."""
    account = scope.account_id if wanted.accounts == (scope.account_id,) else "crossaccount"
    region = scope.region if wanted.regions == (scope.region,) else "crossregion"
    day = to_datetime(wanted.end) - timedelta(milliseconds=1)
    folder = f"Backup/{account}/{region}/{day:%Y/%m/%d}"
    start = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
    return f"{start}{folder}/{plan}_{to_datetime(wanted.end):%Y-%m-%dT%H-%M-%SZ}_{job_id}"
