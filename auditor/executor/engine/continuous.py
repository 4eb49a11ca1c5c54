"""Continuous backups: one recovery point a resource, begun and renewed by jobs, kept up by looks.

Sources: aws-backup.md 4.5; AWS Backup's guide, "Continuous backups and point-in-time recovery".

A job of a rule with EnableContinuousBackup begins the resource's continuous recovery point, which is
AVAILABLE, or renews it: each job puts its end off. One that cannot go on is STOPPED: it can be restored until
its end, and the next job begins another.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Connection, select

from auditor.executor.database.sql_tables import recovery_points
from auditor.executor.engine import native
from auditor.executor.engine.expiry import is_managed, watch
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.engine.points import CONTINUOUS, with_lifecycle
from auditor.executor.engine.run import EngineRun
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.continuous import ContinuousDriver, LaterError, is_continuous
from auditor.executor.seam.driver import Driver, DriverError, NativeBackup
from auditor.model.organization import Resource

Row = dict[str, Any]

#: Errors that say that a continuous backup cannot go on; others say nothing about it.
_STOPPING: Final = frozenset({"ACCESS_DENIED", "FEATURE_NOT_ENABLED", "KMS_KEY_ERROR", "RESOURCE_NOT_FOUND"})

#: What AWS Backup says of a snapshot that was made instead.
_FAILED: Final = "Enabling continuous backup failed, because of the following error: {}"


def start_or_renew(
    run: EngineRun, job: BackupJob, now: int, resource: Resource, key: str | None
) -> NativeBackup | None:
    """Begin or renew the resource's continuous backup for `job`; None where a snapshot is to be made.

    `key` is the vault's. Raises `DriverError`.
    """
    driver = native.driver_of(run, job)
    if not job.continuous or not isinstance(driver, ContinuousDriver):
        return None
    states = CONTINUOUS[:1] if driver.copies_continuous else CONTINUOUS
    there = _there(run, job.scope, resource.arn, states)
    if there is not None and there["vault_name"] != job.vault_name:
        job.issue = _FAILED.format(f"PITR already configured in backup plan: {there['arn']}")
        return None
    run.set_time(now)
    try:
        made = None if there is None else _renewed(run, job, there, driver, resource)
        if made is None:
            days = _days(job.lifecycle)
            begin = partial(driver.start, resource, vault_key_arn=key, token=job.id, days=days)
            made = native.make(run, job, now, begin)
    except LaterError as error:
        job.issue = _FAILED.format(error.message)
    else:
        return made
    return None


def _renewed(
    run: EngineRun, job: BackupJob, there: Row, driver: ContinuousDriver, resource: Resource
) -> NativeBackup | None:
    """The continuous backup that is there, with the job's retention; None where that takes another one.

    Of several rules the one with the longest retention is followed; in a locked vault it gets no shorter.
    """
    document = orjson.loads(there["document"])
    before, rule = document.get("Lifecycle"), (job.created_by or {}).get("BackupRuleId")
    vault = run.vault(job.scope.arn(f"backup-vault:{job.vault_name}"))
    other = document.get("CreatedBy", {}).get("BackupRuleId") != rule
    if _days(before) > _days(job.lifecycle) and (other or (vault is not None and vault["locked"])):
        job.lifecycle = before
    made = driver.renew(there["arn"], resource, _days(job.lifecycle))
    if made is None:
        same = _days(before) == _days(job.lifecycle)
        what = "backup options" if same else "retention period"
        stop(run, there, f"The {what} of the continuous backup {'were' if same else 'was'} changed.")
    return made


def copied_snapshot(run: EngineRun, job: BackupJob, now: int) -> BackupJob | None:
    """The job of a snapshot that the copies of `job` are made of, where logs cannot be copied."""
    driver = native.driver_of(run, job)
    if not job.copies or not isinstance(driver, ContinuousDriver) or driver.copies_continuous:
        return None
    snapshot = replace(
        job,
        id=str(uuid5(UUID(job.id), "snapshot")).upper(),
        continuous=False,
        begun=False,
        next_at=now,
        token=None,
    )
    job.copies = []
    return None if run.is_made(snapshot.id) else snapshot


def save_point(run: EngineRun, row: Row, moment: int, now: int) -> None:
    """Have the next transaction insert the row of a continuous recovery point, or put its end off.

    `moment` is when the job was due, from which the retention counts.
    """
    row["status"] = "AVAILABLE"
    row["document"] = orjson.dumps(orjson.loads(row["document"]) | {"Status": "AVAILABLE"})
    before = _find(run, row["account_id"], row["region"], row["arn"])
    if before is None:
        run.add_point(row)
        _look_later(run, row, now)
    else:
        document = orjson.loads(row["document"])
        first = orjson.loads(before["document"])
        stays = ("CreationDate", "InitiationDate", "CompletionDate", "LastRestoreTime")
        kept = {name: first[name] for name in stays if name in first}
        lifecycle = with_lifecycle(
            document | kept, row | {"created": moment}, document.get("Lifecycle"), fully_managed=True
        )
        row |= {"document": lifecycle["document"], "expire_at": lifecycle["expire_at"]}
        run.change_point(row)
    watch(run, row)


def stop(run: EngineRun, row: Row, message: str) -> None:
    """Have the next transaction say that a continuous backup does not go on."""
    run.change_point(row | stopped(row, message))


def stopped(row: Mapping[str, Any], message: str) -> Row:
    """The columns of a STOPPED recovery point."""
    document = orjson.loads(row["document"]) | {"Status": "STOPPED", "StatusMessage": message}
    return {"status": "STOPPED", "document": orjson.dumps(document)}


def register(run: EngineRun, connection: Connection, scope: AccountRegion, start: int) -> None:
    """Look after the continuous backups of an account and Region, from `start` on."""
    place = {"account_id": scope.account_id, "region": scope.region}
    query = select(recovery_points).filter_by(**place, status="AVAILABLE").order_by(recovery_points.c.id)
    for row in connection.execute(query):
        run.at(start, partial(_look, run, row._asdict()))


def _look(run: EngineRun, row: Row, now: int) -> None:
    """Have the driver take in what has happened, again and again."""
    now = run.now(now)
    found = _find(run, row["account_id"], row["region"], row["arn"])
    if found is None or found["status"] != "AVAILABLE":
        return
    driver = driver_of(run, found)
    run.set_time(now)
    try:
        driver.refresh(found["arn"], found["account_id"], found["region"])
    except DriverError as error:
        if not error.transient and error.category in _STOPPING:
            stop(run, found, error.message)
            return
    _look_later(run, found, now)


def _look_later(run: EngineRun, row: Row, now: int) -> None:
    pause = driver_of(run, row).look_ms
    if pause is not None:
        run.at(now + pause, partial(_look, run, row))


def driver_of(run: EngineRun, row: Mapping[str, Any]) -> ContinuousDriver:
    """The driver of a continuous recovery point."""
    driver: Driver = run.service.driver(row["resource_type"], managed=is_managed(row["arn"]))
    if not isinstance(driver, ContinuousDriver):
        raise TypeError(f"{row['resource_type']} has no continuous backups")
    return driver


def _there(run: EngineRun, scope: AccountRegion, resource_arn: str, states: Collection[str]) -> Row | None:
    """The continuous recovery point of a resource: a database has at most one, whatever its state."""
    named = {"account_id": scope.account_id, "region": scope.region, "resource_arn": resource_arn}
    with run.service.database.read() as connection:
        found = connection.execute(select(recovery_points).filter_by(**named)).all()
    rows = {row.arn: row._asdict() for row in found}
    for waiting in (*run.writes.points.values(), *run.writes.changed.values()):
        if all(waiting[name] == value for name, value in named.items()):
            rows[waiting["arn"]] = waiting
    usable = (row for row in rows.values() if row["status"] in states and is_continuous(row["arn"]))
    return next(usable, None)


def _find(run: EngineRun, account_id: str, region: str, arn: str) -> Row | None:
    """A recovery point's row, as it will be after the next transaction."""
    key = (account_id, region, arn)
    waiting = run.writes.changed.get(key) or run.writes.points.get(key)
    if waiting is not None:
        return waiting
    query = select(recovery_points).filter_by(account_id=account_id, region=region, arn=arn)
    with run.service.database.read() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else row._asdict()


def _days(lifecycle: Mapping[str, Any] | None) -> int:
    return int((lifecycle or {})["DeleteAfterDays"])
