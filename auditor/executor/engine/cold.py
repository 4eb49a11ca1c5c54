"""Cold storage: a change of tier where the service has one (aws-backup.md 4.3).

A recovery point is moved in the first run after its date. When the service refuses for good, it stays warm
and says why; after a transient error the move is tried again. A legal hold delays it.
"""

from typing import Any, Final

import orjson
from sqlalchemy import Row, select, update

from auditor.executor.database.holds import held_since, not_held
from auditor.executor.database.sql_tables import recovery_points
from auditor.executor.engine.expiry import is_managed
from auditor.executor.engine.run import EngineRun
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import Archiver, DriverError

#: How many are moved in one run of an account and Region.
AT_ONCE: Final = 500

#: What is said of one that is not moved.
NOT_MOVED: Final = "not moved to cold storage"


def is_cold(row: Row[Any], held: int | None, now: int) -> bool:
    """Whether it is in cold storage; a hold (`held`: since when) delays the transition (API LegalHold)."""
    due = row.cold_at is not None and row.cold_at <= now
    return row.tier != "WARM" and due and (held is None or row.cold_at < held)


def is_cold_now(run: EngineRun, scope: AccountRegion, arn: str, now: int) -> bool:
    """Whether the recovery point is there and in cold storage."""
    query = select(recovery_points).filter_by(account_id=scope.account_id, region=scope.region, arn=arn)
    with run.service.database.read() as connection:
        row = connection.execute(query).one_or_none()
        return row is not None and is_cold(row, held_since(connection, row.id), now)


def move_due(run: EngineRun, scope: AccountRegion) -> None:
    """Move what is due in an account and Region to the colder tier of its service."""
    kinds = [kind for kind in run.service.resource_types if _archivers(run, kind)]
    if not kinds:
        return
    points, now = recovery_points.c, run.service.now_ms()
    query = select(recovery_points).filter_by(account_id=scope.account_id, region=scope.region)
    due = (points.cold_at <= now, points.status == "COMPLETED", points.tier.is_(None), not_held())
    with run.service.database.read() as connection:
        rows = connection.execute(
            query.where(*due, points.resource_type.in_(kinds))
            .order_by(points.cold_at, points.id)
            .limit(AT_ONCE)
        ).all()
    for row in rows:
        driver = run.service.driver(row.resource_type, managed=is_managed(row.arn))
        if isinstance(driver, Archiver):
            _move(run, scope, row, driver)


def _archivers(run: EngineRun, kind: str) -> bool:
    return any(isinstance(run.service.driver(kind, managed=managed), Archiver) for managed in (True, False))


def _move(run: EngineRun, scope: AccountRegion, row: Row[Any], driver: Archiver) -> None:
    changed: dict[str, Any] = {"tier": "COLD"}
    try:
        driver.archive(row.arn, scope.account_id, scope.region)
    except DriverError as error:
        run.report(
            NOT_MOVED,
            account_id=scope.account_id,
            region=scope.region,
            recovery_point_arn=row.arn,
            reason=error.message,
        )
        if error.transient:
            return
        said = {"StatusMessage": f"It was {NOT_MOVED}: {error.message}"}
        changed = {"tier": "WARM", "document": orjson.dumps(orjson.loads(row.document) | said)}
    same = (recovery_points.c.id == row.id, recovery_points.c.document == row.document)
    with run.transaction() as connection:
        connection.execute(update(recovery_points).where(*same).values(changed))
