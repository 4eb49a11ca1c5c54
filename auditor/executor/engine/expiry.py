"""A recovery point's end: deleted with its native backup, or EXPIRED where that fails (aws-backup.md 4.3).

Whoever deletes claims first: in one transaction the row is found under no hold and becomes DELETING, which no
later hold takes in. A deletion that is cut off is repeated from there, since native deletions can be.
"""

from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, Row, select, update

from auditor.executor.catalog.holds import held_since
from auditor.executor.catalog.tables import recovery_points
from auditor.executor.engine.run import Run
from auditor.executor.services.base import DriverError


def watch(run: Run, row: dict[str, Any]) -> None:
    """Have the recovery point of `row` deleted when its time comes."""
    if row["expire_at"] is not None:
        run.at(row["expire_at"], partial(_expire, run, row))


def _expire(run: Run, row: dict[str, Any], now: int) -> None:
    """Delete the recovery point of `row`. Only where writes are gathered has nobody else touched it."""
    now = run.now(now)
    if run.durable and not _claim_due(run, row, now):
        return
    key = (row["account_id"], row["region"], row["arn"])
    driver = run.service.driver(row["resource_type"], managed=is_managed(row["arn"]))
    run.set_time(now)
    try:
        driver.delete(row["arn"], row["account_id"], row["region"])
    except DriverError as error:
        if not (run.durable and error.transient):  # else it stays DELETING, and the next run tries again
            run.writes.not_deleted[key] = expired(orjson.loads(row["document"]), error)
        return
    if run.writes.points.pop(key, None) is None:
        run.writes.expired[key] = None


def _claim_due(run: Run, row: dict[str, Any], now: int) -> bool:
    """Whether the recovery point is still there, still due, and under no hold; it is DELETING then."""
    named = {name: row[name] for name in ("account_id", "region", "arn")}
    with run.service.catalog.write() as connection:
        found = connection.execute(select(recovery_points).filter_by(**named)).one_or_none()
        if found is None or found.expire_at is None or found.expire_at > now:
            return False
        return claim(connection, found, now)


def claim(connection: Connection, row: Row[Any], now: int) -> bool:
    """Make a recovery point DELETING unless a legal hold is on it."""
    points = recovery_points.c
    if held_since(connection, row.id) is not None:
        return False
    document = orjson.loads(row.document) | {"Status": "DELETING"}
    connection.execute(
        update(recovery_points)
        .where(points.id == row.id)
        .values(status="DELETING", expire_at=now, document=orjson.dumps(document))
    )
    return True


def expired(document: dict[str, Any], error: DriverError) -> bytes:
    """The document of a recovery point whose deletion failed."""
    return orjson.dumps(document | {"Status": "EXPIRED", "StatusMessage": error.message})


def is_managed(recovery_point_arn: str) -> bool:
    """Whether the executor stores it itself: then it has an ARN of AWS Backup (aws-backup.md 4.11)."""
    return recovery_point_arn.split(":", 3)[2] == "backup"
