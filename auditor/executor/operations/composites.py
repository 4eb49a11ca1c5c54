"""Composite jobs and recovery points: count, stop and change what is nested in them.

Source: AWS Backup Developer Guide, "CloudFormation stack backups".
"""

from collections.abc import Iterable
from typing import Any

import orjson
from sqlalchemy import Connection, Row, Table, func, select, update

from auditor.executor.database.sql_tables import backup_jobs, recovery_points
from auditor.executor.engine.expiry import is_managed
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.engine.points import with_lifecycle


def with_children(connection: Connection, table: Table, documents: Iterable[bytes], key: str) -> list[bytes]:
    """Jobs of `table` as they are listed, `key` their id; parents get the numbers of their nested jobs."""
    found = list(documents)
    parents = {number: orjson.loads(one) for number, one in enumerate(found) if b'"IsParent":true' in one}
    states: dict[str, dict[str, int]] = {job[key]: {} for job in parents.values()}
    if not states:
        return found
    columns = table.c
    query = select(columns.parent_job_id, columns.state, func.count()).group_by(
        columns.parent_job_id, columns.state
    )
    for parent, state, count in connection.execute(query.where(columns.parent_job_id.in_(states))):
        states[parent][state] = count
    for number, job in parents.items():
        children = states[job[key]]
        more = {"NumberOfChildJobs": sum(children.values()), "ChildJobsInState": children}
        found[number] = orjson.dumps(job | more)
    return found


def stop_children(connection: Connection, parent: BackupJob, now: int, unstoppable: Iterable[str]) -> None:
    """Stop the nested jobs of `parent` that have not ended; those that cannot be stopped go on."""
    rows = connection.execute(select(backup_jobs).filter_by(parent_job_id=parent.id)).all()
    for row in rows:
        job = BackupJob.from_row(row._asdict())
        if job.completed is None and job.state != "ABORTING" and row.resource_type not in unstoppable:
            stop(connection, row, now)


def stop(connection: Connection, row: Row[Any], now: int) -> None:
    """Make the backup job of `row` ABORTING."""
    job = BackupJob.from_row(row._asdict())
    job.state, job.next_at = "ABORTING", now
    changed = job.row() | {"version": row.version + 1}
    connection.execute(update(backup_jobs).where(backup_jobs.c.id == job.id).values(changed))


def has_nested(connection: Connection, row: Row[Any]) -> bool:
    """Whether recovery points are nested in that of `row`."""
    return connection.execute(_nested(row.account_id, row.region, row.arn).limit(1)).first() is not None


def _nested(account_id: str, region: str, arn: str) -> Any:
    return select(recovery_points).filter_by(account_id=account_id, region=region, parent_arn=arn)


def leave_parent(connection: Connection, row: Row[Any]) -> None:
    """Take the recovery point of `row` out of its composite."""
    members = {"ParentRecoveryPointArn", "CompositeMemberIdentifier"}
    document = {key: value for key, value in orjson.loads(row.document).items() if key not in members}
    changed = {"parent_arn": None, "document": orjson.dumps(document)}
    connection.execute(update(recovery_points).where(recovery_points.c.id == row.id).values(changed))


def follow_nested(connection: Connection, row: Row[Any]) -> None:
    """Give the composite that has the recovery point of `row` the longest lifecycle of those nested in it."""
    place = {"account_id": row.account_id, "region": row.region}
    query = select(recovery_points).filter_by(**place, arn=row.parent_arn)
    parent = None if row.parent_arn is None else connection.execute(query).one_or_none()
    if parent is None:
        return
    nested = connection.execute(_nested(row.account_id, row.region, row.parent_arn)).all()
    last = max(nested, key=lambda point: (_ends(point) is None, _ends(point) or 0))
    lifecycle: dict[str, Any] | None = orjson.loads(last.document).get("Lifecycle")
    document = orjson.loads(parent.document)
    changed = with_lifecycle(document, parent._asdict(), lifecycle, fully_managed=is_managed(parent.arn))
    connection.execute(update(recovery_points).where(recovery_points.c.id == parent.id).values(changed))


def _ends(point: Row[Any]) -> float | None:
    """When the recovery point's retention ends, in seconds since 1970; None for never."""
    end: float | None = orjson.loads(point.document).get("CalculatedLifecycle", {}).get("DeleteAt")
    return end
