"""How a recovery point ends: deleted with its native backup, or EXPIRED where that fails (aws-backup.md 4.3).

It is deleted with the role that made it. It becomes EXPIRED also when that role is gone or may not delete it
(aws-backup.md 4.7; AWS Backup Developer Guide, "Backup deletion").

Each deletion begins with a claim: one transaction checks that no hold is on the row and makes it DELETING,
which no later hold takes in. A deletion that is cut off is repeated from there, as native deletions can be
repeated.

A composite recovery point goes after those that are nested in it, as it has no data of its own.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select, update

from auditor.executor.database.holds import held_since
from auditor.executor.database.sql_tables import recovery_points
from auditor.executor.engine import roles
from auditor.executor.engine.points import is_composite
from auditor.executor.engine.run import EngineRun
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.seam.permissions import Act, Task
from auditor.executor.service import BackupService
from auditor.model.arn import Arn


def watch(run: EngineRun, row: dict[str, Any]) -> None:
    """Have the recovery point of `row` deleted when its time comes."""
    if row["expire_at"] is not None:
        if roles.are_asked(run, row["expire_at"]):
            roles.expect(run.service, *_deletion(row))
        run.at(row["expire_at"], partial(_expire, run, row))


def _expire(run: EngineRun, row: dict[str, Any], now: int) -> None:
    """Delete the recovery point of `row`, after a check for changes by others unless writes are gathered.

    Where it cannot be found out whether its role may delete it, or after a transient error, the next run
    tries again.
    """
    now = run.now(now)
    if is_composite(row["arn"]) and _must_wait(run, row, now):
        return
    try:
        refusal = _refusal(run.service, row)
    except DriverError as error:
        run.tell(_scope(row), f"Recovery points were not deleted: {error.message}")
        return
    if run.durable and not _claim_due(run, row, now):
        return
    key = (row["account_id"], row["region"], row["arn"])
    if run.ends.get(key, now) > now:
        return
    run.set_time(now)
    try:
        delete_native(run.service, row, refusal)
    except DriverError as error:
        if run.durable and error.transient:  # it stays DELETING
            run.tell(_scope(row), f"Recovery points were not deleted: {error.message}")
        else:
            run.writes.not_deleted[key] = None
            run.writes.note(key, **expired(error))
        return
    if run.writes.points.pop(key, None) is None:
        run.writes.expired[key] = None


def _must_wait(run: EngineRun, row: dict[str, Any], now: int) -> bool:
    """Whether recovery points are still nested in a composite; it is looked at again when the last may go."""
    nested = nested_points(run, row["account_id"], row["region"], row["arn"])
    last = max((point["expire_at"] or 0 for point in nested), default=0)
    if last >= now:
        run.at(last + 1, partial(_expire, run, row))
    return bool(nested)


def nested_points(run: EngineRun, account_id: str, region: str, composite_arn: str) -> list[dict[str, Any]]:
    """The rows of what is nested in a composite, as the database has them or as they will be written."""
    place = {"account_id": account_id, "region": region}
    query = select(recovery_points).filter_by(**place, parent_arn=composite_arn)
    with run.service.database.read() as connection:
        rows = [row._asdict() for row in connection.execute(query.order_by(recovery_points.c.id))]
    new = [row for row in run.writes.points.values() if row["parent_arn"] == composite_arn]
    gone = run.writes.expired
    return [row for row in (*rows, *new) if (row["account_id"], row["region"], row["arn"]) not in gone]


def delete_by_role(service: BackupService, row: Mapping[str, Any]) -> None:
    """Delete the backup behind the recovery point of `row`, if its role may; raises `DriverError`."""
    delete_native(service, row, _refusal(service, row))


def _refusal(service: BackupService, row: Mapping[str, Any]) -> DriverError | None:
    """Why the recovery point's role may not delete it; raises a `DriverError` where that is not known."""
    try:
        if service.check_role is not None and not is_composite(row["arn"]):
            roles.check(service, *_deletion(row))
    except DriverError as error:
        if error.transient:
            raise
        return error
    return None


def delete_native(service: BackupService, row: Mapping[str, Any], refusal: DriverError | None) -> None:
    """Delete the backup behind the recovery point of `row`, unless there is a `refusal`.

    Raises `DriverError`, that one or the service's.
    """
    if refusal is not None:
        raise refusal
    arn = row["arn"]
    if not is_composite(arn):
        driver = service.driver(row["resource_type"], managed=is_managed(arn))
        driver.delete(arn, row["account_id"], row["region"])


def _deletion(row: Mapping[str, Any]) -> tuple[str | None, Task]:
    """The recovery point's own role, and the task that it must be allowed to do."""
    arn, document = row["arn"], orjson.loads(row["document"])
    managed = is_managed(arn)
    task = Task(Act.DELETE, _scope(row), row["resource_type"], row["resource_arn"], managed, backup_arn=arn)
    return document.get("IamRoleArn"), task


def _scope(row: Mapping[str, Any]) -> AccountRegion:
    return AccountRegion(row["account_id"], row["region"], Arn.parse(row["arn"]).partition)


def _claim_due(run: EngineRun, row: dict[str, Any], now: int) -> bool:
    """Whether the recovery point is still there, still due, and under no hold; it is DELETING then."""
    named = {name: row[name] for name in ("account_id", "region", "arn")}
    with run.service.database.write() as connection:
        found = connection.execute(select(recovery_points).filter_by(**named)).one_or_none()
        if found is None or found.expire_at is None or found.expire_at > now:
            return False
        seals = run.service.database.seals
        edited = None if seals is None else seals.fault_of(connection, found)
        if edited is not None:
            run.tell(_scope(row), f"Recovery points were not deleted: {row['arn']} {edited} in the database.")
            return False
        return claim(connection, found, now)


def claim(connection: Connection, row: Row[Any], now: int) -> bool:
    """Make a recovery point DELETING unless a legal hold is on it, or on the composite that has it.

    That composite is PARTIAL then.
    """
    points = recovery_points.c
    if is_held(connection, row):
        return False
    make_partial(connection, row)
    document = orjson.loads(row.document) | {"Status": "DELETING"}
    due = now if row.expire_at is None else min(now, row.expire_at)
    connection.execute(
        update(recovery_points)
        .where(points.id == row.id)
        .values(status="DELETING", expire_at=due, document=orjson.dumps(document))
    )
    return True


def is_held(connection: Connection, row: Row[Any]) -> bool:
    """Whether a legal hold is on a recovery point or on the composite that has it."""
    points = (row, _composite_of(connection, row))
    return any(one is not None and held_since(connection, one.id) is not None for one in points)


def make_partial(connection: Connection, row: Row[Any]) -> None:
    """Have the composite, if there is one, lack the recovery point of `row` from now on."""
    composite = _composite_of(connection, row)
    if composite is not None and composite.status == "COMPLETED":
        document = orjson.dumps(orjson.loads(composite.document) | {"Status": "PARTIAL"})
        changed = update(recovery_points).where(recovery_points.c.id == composite.id)
        connection.execute(changed.values(status="PARTIAL", document=document))


def _composite_of(connection: Connection, row: Row[Any]) -> Row[Any] | None:
    """The composite that the recovery point of `row` is nested in."""
    if row.parent_arn is None:
        return None
    place = {"account_id": row.account_id, "region": row.region}
    query = select(recovery_points).filter_by(**place, arn=row.parent_arn)
    return connection.execute(query).one_or_none()


def expired(error: DriverError) -> dict[str, str]:
    """What is told of a recovery point whose deletion failed."""
    return {"Status": "EXPIRED", "StatusMessage": error.message}


def is_managed(recovery_point_arn: str) -> bool:
    """Whether the executor stores it itself: then it has an ARN of AWS Backup (aws-backup.md 4.11)."""
    return recovery_point_arn.split(":", 3)[2] == "backup"
