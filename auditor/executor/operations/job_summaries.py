"""Counts of jobs by state, type and message category (aws-backup.md 1.1 row 26).

Periods are whole days, UTC, that end with yesterday. A dimension that is not asked for is counted apart, as
with ANY; AGGREGATE_ALL adds its values up.
"""

from collections import Counter
from typing import Any, Final

import orjson
from sqlalchemy import Table, func, select

from auditor.executor.api.protocol import Page
from auditor.executor.database.sql_tables import backup_jobs, copy_jobs, restore_jobs, scan_jobs
from auditor.executor.engine.members import is_administrator
from auditor.executor.operations.organization import EVERY, accounts
from auditor.executor.operations.paging import fetch_sorted
from auditor.executor.operations.vaults import Params
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import DAY_MS, seconds

_ALL: Final = "AGGREGATE_ALL"
_DIMENSIONS: Final = ("State", "ResourceType", "MessageCategory")
_OF_SCANS: Final = ("State", "ResourceType", "MalwareScanner", "ScanResultStatus")
#: The column of each.
_COLUMNS: Final = {
    "State": "state",
    "ResourceType": "resource_type",
    "MessageCategory": "message_category",
    "MalwareScanner": "malware_scanner",
    "ScanResultStatus": "result",
}
#: How many days back each AggregationPeriod looks, and whether it is one count or one for each day.
_PERIODS: Final = {"ONE_DAY": (14, True), "SEVEN_DAYS": (7, False), "FOURTEEN_DAYS": (14, False)}


def list_backup_job_summaries(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListBackupJobSummaries."""
    return _summaries(service, scope, params, backup_jobs, "BackupJobSummaries", _DIMENSIONS)


def list_copy_job_summaries(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListCopyJobSummaries."""
    return _summaries(service, scope, params, copy_jobs, "CopyJobSummaries", _DIMENSIONS)


def list_restore_job_summaries(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListRestoreJobSummaries: restore jobs have no message category."""
    return _summaries(service, scope, params, restore_jobs, "RestoreJobSummaries", _DIMENSIONS[:2])


def list_scan_job_summaries(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListScanJobSummaries."""
    return _summaries(service, scope, params, scan_jobs, "ScanJobSummaries", _OF_SCANS)


def _summaries(
    service: BackupService,
    scope: AccountRegion,
    params: Params,
    table: Table,
    member: str,
    dimensions: tuple[str, ...],
) -> Page:
    account = _asked(service, scope, params.get("AccountId"))
    aggregation = params.get("AggregationPeriod", "ONE_DAY")
    days, daily = _PERIODS[aggregation]
    end = service.now_ms() // DAY_MS * DAY_MS
    start, columns = end - days * DAY_MS, table.c
    day = columns.created // DAY_MS
    values = tuple(columns[_COLUMNS[name]] for name in dimensions)
    query = (
        select(day, columns.account_id, *values, func.count())
        .where(columns.account_id.in_(accounts(service, scope, account)), columns.region == scope.region)
        .where(columns.created >= start, columns.created < end)
        .group_by(day, columns.account_id, *values)
    )
    wanted = ["ANY" if account is None else account, *(params.get(name, "ANY") for name in dimensions)]
    counts: Counter[tuple[Any, ...]] = Counter()
    with service.database.read() as connection:
        for found_day, *found, count in connection.execute(query):
            if all(want in {"ANY", _ALL, value} for want, value in zip(wanted, found, strict=True)):
                key = [_ALL if want == _ALL else value for want, value in zip(wanted, found, strict=True)]
                counts[(int(found_day) * DAY_MS if daily else start, *key)] += count
    period = DAY_MS if daily else days * DAY_MS
    rows, token = fetch_sorted(sorted(counts.items()), params)
    items = [_item(scope, ("AccountId", *dimensions), key, count, period) for key, count in rows]
    return Page(member, [orjson.dumps(item) for item in items], token, {"AggregationPeriod": aggregation})


def _asked(service: BackupService, scope: AccountRegion, account: str | None) -> str | None:
    """The accounts that are asked for: whoever is no administrator gets its own (API AccountId)."""
    alone = account in EVERY and not is_administrator(service, scope.account_id)
    return None if alone else account


def _item(
    scope: AccountRegion, dimensions: tuple[str, ...], key: tuple[Any, ...], count: int, period: int
) -> Params:
    start, *values = key
    return {
        "Region": scope.region,
        **{name: value for name, value in zip(dimensions, values, strict=True) if value},
        "Count": count,
        "StartTime": seconds(start),
        "EndTime": seconds(start + period),
    }
