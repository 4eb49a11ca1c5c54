"""Restore tests: due plans pick recovery points and have them restored (aws-backup.md 1.3)."""

from collections.abc import Iterable
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5
from zlib import crc32

import orjson
from sqlalchemy import Connection, Row, select

from auditor.derive.schedule import Schedule
from auditor.executor.database.declarations import (
    RESTORE_TESTING_PLAN,
    RESTORE_TESTING_SELECTION,
    declarations,
)
from auditor.executor.database.sql_tables import recovery_points
from auditor.executor.engine import restores
from auditor.executor.engine.access import wildcard
from auditor.executor.engine.expiry import is_managed
from auditor.executor.engine.pace import wait_ms
from auditor.executor.engine.run import EngineRun
from auditor.executor.scope import AccountRegion
from auditor.executor.times import DAY_MS, to_datetime, to_ms
from auditor.model.organization import Resource

_JOBS: Final = UUID("3d9f8f60-54b2-53d5-8b8e-7e5f0b2f5c11")
_TAG: Final = "aws:ResourceTag/"
_HOUR_MS: Final = 3_600_000


def register_due(run: EngineRun, connection: Connection, scope: AccountRegion, since: int) -> None:
    """Every due time of every restore-testing plan since the last run, in force since its last change."""
    query = select(declarations).filter_by(account_id=scope.account_id, region=scope.region)
    plans = connection.execute(query.filter_by(kind=RESTORE_TESTING_PLAN)).all()
    if not plans:
        return
    selections = connection.execute(query.filter_by(kind=RESTORE_TESTING_SELECTION)).all()
    for plan in plans:
        document = orjson.loads(plan.document)
        schedule = Schedule.parse(document["ScheduleExpression"], document["ScheduleExpressionTimezone"])
        begin = max(since, plan.updated or plan.created)
        own = [row for row in selections if row.parent == plan.name]
        if begin < run.until:
            for due in schedule.due_times(to_datetime(begin), to_datetime(run.until)):
                run.at(to_ms(due), partial(_test, run, scope, plan, own))


def _test(run: EngineRun, scope: AccountRegion, plan: Row[Any], selections: list[Row[Any]], due: int) -> None:
    """A restore job for one recovery point of each resource that a selection names."""
    run.writes.tested[plan.arn] = due
    for selection in selections:
        if selection.created > due:
            continue
        document = orjson.loads(selection.document)
        candidates = _candidates(run, scope, orjson.loads(plan.document), document, due)
        for row in candidates:
            job = _job(scope, plan, selection, row, due)
            if not run.is_made(job.id):
                run.save(job)
                restores.register(run, job)


def _candidates(
    run: EngineRun, scope: AccountRegion, plan: dict[str, Any], selection: dict[str, Any], due: int
) -> list[dict[str, Any]]:
    """At most one recovery point a resource: the newest in the window, or one that a test draws."""
    rule = plan["RecoveryPointSelection"]
    if "SNAPSHOT" not in rule["RecoveryPointTypes"]:
        return []
    found: dict[str, list[dict[str, Any]]] = {}
    kind = selection["ProtectedResourceType"]
    resources, failures = run.inventory.resources(scope.account_id, scope.region, [kind])
    if failures:
        run.hold_back(scope, due, plan["StartWindowHours"] * _HOUR_MS, failures[0].message)
        return []
    for row in _points(run, scope, kind, due - rule["SelectionWindowDays"] * DAY_MS, due):
        vault = scope.arn(f"backup-vault:{row['vault_name']}")
        if not _named(vault, rule["IncludeVaults"]) or _named(vault, rule["ExcludeVaults"]):
            continue
        if _selected(selection, row["resource_arn"], resources.get(row["resource_arn"])):
            found.setdefault(row["resource_arn"], []).append(row)
    newest = rule["Algorithm"] == "LATEST_WITHIN_WINDOW"
    return [
        rows[-1] if newest else rows[crc32(f"{arn}/{due}".encode()) % len(rows)]
        for arn, rows in sorted(found.items())
    ]


def _points(
    run: EngineRun, scope: AccountRegion, resource_type: str, first: int, last: int
) -> list[dict[str, Any]]:
    """The recovery points of a type made in [first, last], the oldest first, those of this run included."""
    place = {"account_id": scope.account_id, "region": scope.region, "resource_type": resource_type}
    query = select(recovery_points).filter_by(**place, status="COMPLETED")
    query = query.where(recovery_points.c.created.between(first, last))
    with run.service.database.read() as connection:
        rows = [row._asdict() for row in connection.execute(query)]
    rows += [
        row
        for row in run.writes.points.values()
        if place.items() <= row.items() and first <= row["created"] <= last
    ]
    gone = {arn for _, _, arn in run.writes.expired}
    return sorted(
        (row for row in rows if row["arn"] not in gone), key=lambda row: (row["created"], row["arn"])
    )


def _named(vault: str, patterns: Iterable[str]) -> bool:
    return any(wildcard(pattern, vault) for pattern in patterns)


def _selected(selection: dict[str, Any], arn: str, resource: Resource | None) -> bool:
    """Whether ARN and tags are those that the selection asks for; a resource that is gone has no tags."""
    arns = selection.get("ProtectedResourceArns") or ["*"]
    if "*" not in arns and arn not in arns:
        return False
    tags = {} if resource is None else resource.tags
    conditions = selection.get("ProtectedResourceConditions", {})
    equal, other = conditions.get("StringEquals", []), conditions.get("StringNotEquals", [])
    return all(tags.get(entry["Key"].removeprefix(_TAG)) == entry["Value"] for entry in equal) and all(
        tags.get(entry["Key"].removeprefix(_TAG)) != entry["Value"] for entry in other
    )


def _job(
    scope: AccountRegion, plan: Row[Any], selection: Row[Any], row: dict[str, Any], due: int
) -> restores.RestoreJob:
    point, chosen = orjson.loads(row["document"]), orjson.loads(selection.document)
    job_id = str(uuid5(_JOBS, f"{selection.arn}/{row['resource_arn']}/{due}")).upper()
    return restores.RestoreJob(
        id=job_id,
        scope=scope,
        created=due,
        resource={"arn": row["resource_arn"], "type": row["resource_type"], "name": point["ResourceName"]},
        point_arn=row["arn"],
        point_created=row["created"],
        vault_arn=scope.arn(f"backup-vault:{row['vault_name']}"),
        size_bytes=point["BackupSizeInBytes"],
        fully_managed=is_managed(row["arn"]),
        cold=row["cold_at"] is not None and row["cold_at"] <= due,
        metadata=chosen.get("RestoreMetadataOverrides", {}),
        next_at=due + wait_ms(job_id),
        iam_role_arn=chosen["IamRoleArn"],
        tags={"awsbackup-restore-test": plan.name},
        testing_plan_arn=plan.arn,
        validation_ms=chosen["ValidationWindowHours"] * _HOUR_MS,
    )
