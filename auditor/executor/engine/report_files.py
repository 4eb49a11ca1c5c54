"""What is in a report: the jobs of its places and time, or what an auditor answers, as CSV or JSON."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table, or_, select

from auditor.executor.database.declarations import FRAMEWORK, declarations
from auditor.executor.database.sql_tables import (
    backup_jobs,
    copy_jobs,
    recovery_points,
    restore_jobs,
    scan_jobs,
    vaults,
)
from auditor.executor.engine.report_rows import COLUMNS, ReportedJob, job_row
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import BackupService, ComplianceQuestion
from auditor.executor.times import to_datetime

_TABLES: Final[Mapping[str, Table]] = {
    "BACKUP_JOB_REPORT": backup_jobs,
    "COPY_JOB_REPORT": copy_jobs,
    "RESTORE_JOB_REPORT": restore_jobs,
    "SCAN_JOB_REPORT": scan_jobs,
}
#: What a spreadsheet would take for a formula.
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a report is about: its template, places and time (epoch ms); `frameworks` are ARNs, () for all."""

    template: str
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    frameworks: tuple[str, ...]
    start: int
    end: int


def rows(service: BackupService, scope: AccountRegion, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    """The rows of a report for the account and Region of its plan.

    Raises:
        DriverError: nobody makes such reports here, or a framework is not there.
        AuditorError: of whoever judges compliance.
    """
    if wanted.template in _TABLES:
        yield from _jobs(service, wanted)
    else:
        yield from _compliance(service, scope, wanted)


def _jobs(service: BackupService, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    """The jobs that were open at some moment of the time, in the order of their creation."""
    table = _TABLES[wanted.template]
    columns = table.c
    query = (
        select(columns.document, columns.account_id, columns.region)
        .where(columns.account_id.in_(wanted.accounts), columns.region.in_(wanted.regions))
        .where(columns.created < wanted.end)
        .where(or_(columns.completed.is_(None), columns.completed >= wanted.start))
        .order_by(columns.created, columns.id)
    )
    with service.database.read() as connection:
        for document, account_id, region in connection.execute(query):
            job = orjson.loads(document)
            restored = _restored(connection, account_id, region, job) if table is restore_jobs else ({}, None)
            yield job_row(wanted.template, ReportedJob(job, region, *restored), wanted.start, wanted.end)


def _restored(
    connection: Connection, account_id: str, region: str, job: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """The recovery point of a restore job and its vault, as far as they are still there."""
    named = {"account_id": account_id, "region": region, "arn": job["RecoveryPointArn"]}
    document = connection.scalar(select(recovery_points.c.document).filter_by(**named))
    row = connection.execute(select(vaults).filter_by(arn=job["BackupVaultArn"])).one_or_none()
    return {} if document is None else orjson.loads(document), None if row is None else row._asdict()


def _compliance(service: BackupService, scope: AccountRegion, wanted: Wanted) -> Iterator[Mapping[str, Any]]:
    if service.compliance is None:
        raise DriverError(
            "Compliance reports are made by an auditor, and this backup service was started without one."
        )
    question = ComplianceQuestion(
        template=wanted.template,
        account_id=scope.account_id,
        region=scope.region,
        partition=scope.partition,
        accounts=wanted.accounts,
        regions=wanted.regions,
        frameworks=_frameworks(service, scope, wanted.frameworks),
        as_of=to_datetime(wanted.end),
    )
    columns = COLUMNS[wanted.template]
    for row in service.compliance(question):
        yield {name: row.get(name) for name in columns}


def _frameworks(
    service: BackupService, scope: AccountRegion, arns: Sequence[str]
) -> tuple[Mapping[str, Any], ...]:
    """The frameworks with these ARNs, or every one of the place."""
    place = {"account_id": scope.account_id, "region": scope.region, "kind": FRAMEWORK}
    with service.database.read() as connection:
        found = connection.execute(select(declarations).filter_by(**place).order_by(declarations.c.name))
        known = {
            row.arn: {"FrameworkName": row.name, "FrameworkArn": row.arn, **orjson.loads(row.document)}
            for row in found
        }
    for arn in arns:
        if arn not in known:
            raise DriverError(f"The framework {arn[:200]} does not exist.", "RESOURCE_NOT_FOUND")
    return tuple(known[arn] for arn in arns or known)


def as_csv(columns: Sequence[str], found: Iterable[Mapping[str, Any]]) -> bytes:
    """A header and a line for each row; no name can be taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in found)
    return text.getvalue().encode()


def as_json(_columns: Sequence[str], found: Iterable[Mapping[str, Any]]) -> bytes:
    """Give the rows as AWS's `reportItems`."""
    return orjson.dumps({"reportItems": list(found)})


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | dict):
        return orjson.dumps(value).decode()
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return str(value)


FORMATS: Final = {"CSV": as_csv, "JSON": as_json}
