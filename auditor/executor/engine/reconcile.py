"""Compare the database with what exists: somebody may delete a backup in its own service.

A vault's lock binds AWS Backup, and whoever asks it; EC2, RDS and S3 know nothing of it. So each run looks at
what natively exists: some pages of lists for each type that has recovery points, and one question more for
each recovery point that a list lacks. One that is gone is taken out of its vault, told and reported, so that
nobody takes it for a backup; where it comes back, as out of EC2's Recycle Bin, it is put back until the end
of its retention. In a vault whose compliance lock is in force the service is asked to lock the backup itself,
where it can.

Continuous recovery points are left out: each look at them asks whether they go on. A composite has no data of
its own; it is PARTIAL when a recovery point that is nested in it is gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from zlib import crc32

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    case,
    delete,
    insert,
    literal,
    select,
    update,
)

from auditor.executor.database import sql_tables
from auditor.executor.database.holds import not_held
from auditor.executor.database.sql_tables import gone_points, recovery_points
from auditor.executor.engine.expiry import is_managed, make_partial
from auditor.executor.engine.outbox import tell_of_point
from auditor.executor.engine.points import is_composite
from auditor.executor.engine.run import EngineRun
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.continuous import is_continuous
from auditor.executor.seam.driver import Driver, DriverError, Lister, NativeLocker, Present
from auditor.executor.service import BackupService
from auditor.executor.times import MINUTE_MS, from_seconds, to_datetime

#: What is reported of a recovery point.
LOST: Final = "recovery point gone"
BACK: Final = "recovery point back"

#: What is reported of native locks that are being made, some in each run.
UNFINISHED: Final = "native locks not finished"

#: How often it is looked, at most.
EVERY_MS: Final = 10 * MINUTE_MS

#: How many recovery points that a list lacks are asked about one by one in a run, and written at a time.
ASKED: Final = 1000
_AT_ONCE: Final = 200

#: What is told of a recovery point whose backup is gone, and when that is back.
GONE: Final = "Its backup is gone: it was deleted outside of AWS Backup"
THERE: Final = "Its backup is there again."

#: Services lock for no shorter time (`NativeLocker`).
_SHORTEST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class _Point:
    arn: str
    vault_name: str
    is_gone: bool
    delete_at: int | None


def reconcile(run: EngineRun, scope: AccountRegion) -> None:
    """Compare an account and Region, unless that was done a short while ago."""
    now, kinds = run.service.now_ms(), _kinds(run.service)
    with run.service.database.read() as connection:
        if not kinds or _is_fresh(connection, scope, now):
            return
        locked = _vaults(connection, scope, sql_tables.vaults.c.locked)
        firm = _vaults(connection, scope, sql_tables.vaults.c.lock_date <= now)
        groups = _points(connection, scope, kinds, firm)
    for (kind, managed), points in sorted(groups.items()):
        driver = run.service.driver(kind, managed=managed)
        if not isinstance(driver, Present | Lister):
            continue
        try:
            there = _present(driver, [point.arn for point in points], scope)
        except DriverError as error:
            run.tell(scope, f"Recovery points of {kind} could not be looked for: {error.message}")
            continue
        _settle(run, scope, driver, points, there, locked)
        if isinstance(driver, NativeLocker):
            kept = [point for point in points if point.arn in there and point.vault_name in firm]
            _lock(run, scope, driver, kept, now)
    with run.transaction() as connection:
        place = {"account_id": scope.account_id, "region": scope.region}
        due = (gone_points.c.expire_at <= now, not_held(gone_points))
        over = delete(gone_points).filter_by(**place).where(*due)
        connection.execute(over)
        connection.execute(update(sql_tables.progress).filter_by(**place).values(reconciled=now))


def _is_fresh(connection: Connection, scope: AccountRegion, now: int) -> bool:
    place = {"account_id": scope.account_id, "region": scope.region}
    last = connection.scalar(select(sql_tables.progress.c.reconciled).filter_by(**place))
    return last is not None and now < last + EVERY_MS


def _kinds(service: BackupService) -> list[str]:
    """The types whose existing backups can be listed; none in a simulation."""
    both = (True, False)
    return [
        kind
        for kind in service.resource_types
        if any(isinstance(service.driver(kind, managed=managed), Present | Lister) for managed in both)
    ]


def _points(
    connection: Connection, scope: AccountRegion, kinds: Sequence[str], firm: set[str]
) -> dict[tuple[str, bool], list[_Point]]:
    """The recovery points that should exist, and those found to be gone, by type and by who keeps them.

    When it may go is looked up for the vaults in `firm` alone.
    """
    groups: dict[tuple[str, bool], list[_Point]] = {}
    for table in (recovery_points, gone_points):
        document = case((table.c.vault_name.in_(firm), table.c.document))
        columns = (table.c.arn, table.c.vault_name, table.c.resource_type, document.label("document"))
        query = select(*columns).where(table.c.resource_type.in_(kinds))
        here = {"account_id": scope.account_id, "region": scope.region, "status": "COMPLETED"}
        for row in connection.execute(query.filter_by(**here)):
            if is_continuous(row.arn) or is_composite(row.arn):
                continue
            point = _Point(row.arn, row.vault_name, table is gone_points, _end(row.document))
            groups.setdefault((row.resource_type, is_managed(row.arn)), []).append(point)
    return groups


def _end(document: bytes | None) -> int | None:
    """When the recovery point may go, epoch ms."""
    dates = {} if document is None else orjson.loads(document).get("CalculatedLifecycle", {})
    return from_seconds(dates["DeleteAt"]) if "DeleteAt" in dates else None


def _vaults(connection: Connection, scope: AccountRegion, which: ColumnElement[bool]) -> set[str]:
    """The names of those vaults."""
    query = select(sql_tables.vaults.c.name).filter_by(account_id=scope.account_id, region=scope.region)
    return set(connection.scalars(query.where(which)))


def _present(driver: Present | Lister, arns: Sequence[str], scope: AccountRegion) -> set[str]:
    if isinstance(driver, Present):
        return driver.present(arns, scope.account_id, scope.region)
    return {backup.native.arn for backup in driver.backups(scope.account_id, scope.region)} & set(arns)


def _settle(
    run: EngineRun,
    scope: AccountRegion,
    driver: Driver,
    points: Sequence[_Point],
    there: set[str],
    locked: set[str],
) -> None:
    """Write what has become of the recovery points since they were written."""
    back = [point.arn for point in points if point.is_gone and point.arn in there]
    lacking = [point.arn for point in points if not point.is_gone and point.arn not in there]
    gone = [arn for arn in some_of(lacking, run.service.now_ms()) if _is_gone(driver, arn, scope)]
    for arns, becomes_gone in ((gone, True), (back, False)):
        for start in range(0, len(arns), _AT_ONCE):
            for row in _write(run, scope, arns[start : start + _AT_ONCE], becomes_gone=becomes_gone):
                run.report(
                    LOST if becomes_gone else BACK,
                    account_id=scope.account_id,
                    region=scope.region,
                    recovery_point_arn=row.arn,
                    resource_type=row.resource_type,
                    vault_name=row.vault_name,
                    locked=row.vault_name in locked,
                )


def some_of(arns: Sequence[str], now: int) -> list[str]:
    """`ASKED` of them at most, beginning elsewhere in each run: what is there hides nothing that is gone."""
    if len(arns) <= ASKED:
        return list(arns)
    there = sorted(arns)
    start = crc32(str(now).encode()) % len(there)
    return (there[start:] + there[:start])[:ASKED]


def _is_gone(driver: Driver, arn: str, scope: AccountRegion) -> bool:
    """Whether the service says that this very backup does not exist."""
    try:
        driver.settled(arn, scope.account_id, scope.region)
    except DriverError as error:
        return error.category == "RESOURCE_NOT_FOUND" and not error.transient
    return False


def _write(
    run: EngineRun, scope: AccountRegion, arns: Sequence[str], *, becomes_gone: bool
) -> list[Row[Any]]:
    """Take recovery points that are as they were read out of their vaults, or put them back; gives them."""
    source, target = (recovery_points, gone_points) if becomes_gone else (gone_points, recovery_points)
    points, now = source.c, run.service.now_ms()
    query = select(source).filter_by(account_id=scope.account_id, region=scope.region, status="COMPLETED")
    with run.transaction() as connection:
        rows = list(connection.execute(query.where(points.arn.in_(arns)).order_by(points.id)))
        taken = points.id.in_([row.id for row in rows])
        columns = [column for column in source.columns if column.name in target.columns]
        names = [column.name for column in columns]
        found = [literal(now, BigInteger)] if becomes_gone else []
        moved = select(*columns, *found).where(taken)
        names += ["found"] if becomes_gone else []
        connection.execute(insert(target).from_select(names, moved))
        connection.execute(delete(source).where(taken))
        for row in rows:
            said = f"{GONE}, found at {to_datetime(now):%Y-%m-%dT%H:%M:%SZ}." if becomes_gone else THERE
            tell_of_point(connection, orjson.loads(row.document), now, said)
            if becomes_gone:
                make_partial(connection, row)
    return rows


def _lock(
    run: EngineRun, scope: AccountRegion, driver: NativeLocker, points: Sequence[_Point], now: int
) -> None:
    """Have the service lock what no one may delete; what is left is logged, and tried again in each run."""
    until = {point.arn: None if point.delete_at is None else to_datetime(point.delete_at) for point in points}
    least = to_datetime(now) + _SHORTEST
    wanted = {arn: end for arn, end in until.items() if end is None or end > least}
    place = {"account_id": scope.account_id, "region": scope.region}
    if not wanted:
        return
    try:
        left: Mapping[str, str | None] = driver.lock(wanted, scope.account_id, scope.region)
    except DriverError as error:
        run.report("native locks not made", reason=error.message, recovery_points=len(wanted), **place)
        return
    for arn, reason in left.items():
        if reason is not None:
            run.report("native lock refused", reason=reason, recovery_point_arn=arn, **place)
    unfinished = sum(reason is None for reason in left.values())
    if unfinished:
        run.report(UNFINISHED, recovery_points=unfinished, **place)
