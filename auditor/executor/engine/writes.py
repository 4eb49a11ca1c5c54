"""What the engine has to write, and its transactions."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields
from operator import itemgetter
from typing import Any, ClassVar, Final, Protocol

import orjson
from sqlalchemy import Connection, Table, bindparam, delete, func, insert, or_, select, update

from auditor.executor.database import sql_tables
from auditor.executor.database.declarations import declarations
from auditor.executor.database.holds import held_points
from auditor.executor.engine.outbox import tell_of_jobs, tell_of_point
from auditor.executor.engine.points import CONTINUOUS
from auditor.executor.scope import AccountRegion

Row = dict[str, Any]
PointKey = tuple[str, str, str]


class AnyJob(Protocol):
    """What the database keeps of any job."""

    TABLE: ClassVar[Table]
    id: str
    next_at: int | None

    def row(self) -> Row:
        """The job's row."""


class ChangedMeanwhileError(Exception):
    """Somebody else has changed what a transaction is based on; nothing of it was written."""


@dataclass(slots=True)
class Writes:
    """What has happened since the last transaction. Of a job only the last state is written."""

    jobs: dict[str, AnyJob] = field(default_factory=dict)
    points: dict[PointKey, Row] = field(default_factory=dict)
    expired: dict[PointKey, None] = field(default_factory=dict)
    changed: dict[PointKey, Row] = field(default_factory=dict)
    not_deleted: dict[PointKey, None] = field(default_factory=dict)
    protected: dict[PointKey, Row] = field(default_factory=dict)
    last_executions: dict[str, int] = field(default_factory=dict)
    tested: dict[str, int] = field(default_factory=dict)
    noted: dict[PointKey, Row] = field(default_factory=dict)
    reports: dict[str, Row] = field(default_factory=dict)
    released: dict[PointKey, Row] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many jobs and recovery points are written or deleted."""
        return len(self.jobs) + len(self.points) + len(self.expired)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has happened."""
        return not any(getattr(self, part.name) for part in fields(self))

    def note(self, key: PointKey, **members: Any) -> None:
        """Have these members of a recovery point written, as it is listed."""
        self.noted.setdefault(key, {}).update(members)

    def write(self, connection: Connection, versions: Mapping[str, int], now: int) -> None:
        """Write it all, with what is told of it `now`. `versions` are those of the jobs in the database.

        Raises:
            ChangedMeanwhileError: a job has another version there, or the vault of a recovery point is gone.
        """
        for _, table in sql_tables.JOB_KINDS:
            jobs = [job for job in self.jobs.values() if job.TABLE is table]
            _write_jobs(connection, table, jobs, versions, now)
        _check_vaults(connection, self.points.values())
        _number(connection, self.points.values())
        _insert(connection, sql_tables.recovery_points, self.points.values())
        _execute(connection, _DELETED_POINT, [_place(key) for key in self.expired])
        for row in self.changed.values():
            if row["status"] == "STOPPED":
                tell_of_point(connection, orjson.loads(row["document"]), now)
        changes = ("status", "document", "expire_at", "cold_at")
        _execute(
            connection,
            _CHANGED_POINT,
            [_place(key) | {f"b_{name}": row[name] for name in changes} for key, row in self.changed.items()],
        )
        _execute(connection, _EXPIRED_POINT, [_place(key) for key in self.not_deleted])
        _execute(connection, _UNPROTECTED, [_place(key) for key in self.protected])
        _insert(connection, sql_tables.protected_resources, self.protected.values())
        ends = [
            _place(key) | {f"b_{name}": value for name, value in row.items()}
            for key, row in self.released.items()
        ]
        _execute(connection, _RELEASED, ends)
        for key, members in self.noted.items():
            _write_noted(connection, key, members)
        if self.reports:
            written = declarations.c.arn.in_(list(self.reports))
            connection.execute(delete(declarations).where(written))
            _insert(connection, declarations, self.reports.values())
        executed = [{"b_id": plan, "b_moment": due} for plan, due in self.last_executions.items()]
        _execute(connection, _EXECUTED, executed)
        _execute(connection, _TESTED, [{"b_arn": arn, "b_moment": due} for arn, due in self.tested.items()])


def write_progress(connection: Connection, reached: Mapping[AccountRegion, int]) -> None:
    """Write the time that was reached; a run up to an earlier time does not set it back."""
    table = sql_tables.progress
    for scope, moment in sorted(reached.items()):
        place = {"account_id": scope.account_id, "region": scope.region}
        before = connection.scalar(select(table.c.ran_until).filter_by(**place))
        if before is None:
            connection.execute(insert(table).values(**place, partition=scope.partition, ran_until=moment))
        elif before < moment:
            connection.execute(update(table).filter_by(**place).values(ran_until=moment))


def _at_place(statement: Any, table: Table) -> Any:
    return statement.where(*(table.c[name] == bindparam(f"b_{name}") for name in _PLACE))


def _place(key: PointKey) -> Row:
    return dict(zip(_PLACE_PARAMS, key, strict=True))


_PLACE: Final = ("account_id", "region", "arn")
_PLACE_PARAMS: Final = tuple(f"b_{name}" for name in _PLACE)
_CHANGING: Final = {
    table: tuple(
        name
        for name in ("completed", "state", "message_category", "next_at", "work", "document", "result")
        if name in table.c
    )
    for _, table in sql_tables.JOB_KINDS
}
_CHANGED_JOB: Final = {
    table: update(table)
    .where(table.c.id == bindparam("b_id"), table.c.version == bindparam("b_version"))
    .values({name: bindparam(f"b_{name}") for name in _CHANGING[table]} | {"version": table.c.version + 1})
    for _, table in sql_tables.JOB_KINDS
}
_DELETED_POINT: Final = _at_place(delete(sql_tables.recovery_points), sql_tables.recovery_points)
#: Of a continuous recovery point, unless somebody has begun to delete it meanwhile.
_CHANGED_POINT: Final = (
    _at_place(update(sql_tables.recovery_points), sql_tables.recovery_points)
    .where(or_(*(sql_tables.recovery_points.c.status == state for state in CONTINUOUS)))
    .values(
        status=bindparam("b_status"),
        document=bindparam("b_document"),
        expire_at=bindparam("b_expire_at"),
        cold_at=bindparam("b_cold_at"),
    )
)
_EXPIRED_POINT: Final = _at_place(update(sql_tables.recovery_points), sql_tables.recovery_points).values(
    expire_at=None, status="EXPIRED"
)
_RELEASED: Final = _at_place(update(sql_tables.recovery_points), sql_tables.recovery_points).values(
    expire_at=bindparam("b_expire_at"), seal=bindparam("b_seal")
)
_UNPROTECTED: Final = _at_place(delete(sql_tables.protected_resources), sql_tables.protected_resources)
_EXECUTED: Final = (
    update(sql_tables.plans)
    .where(sql_tables.plans.c.id == bindparam("b_id"))
    .values(last_execution=bindparam("b_moment"))
)
_TESTED: Final = (
    update(declarations)
    .where(declarations.c.arn == bindparam("b_arn"))
    .values(last_run=bindparam("b_moment"))
)


def _execute(connection: Connection, statement: Any, rows: Iterable[Row]) -> None:
    given = list(rows)
    if given:
        connection.execute(statement, given)


def _insert(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows that all have the same columns, by hundreds of thousands in a simulation.

    SQLAlchemy writes the statement; its work for each row, which makes a third of a simulation, is left out:
    the columns are plain numbers, texts and bytes.
    """
    given = list(rows)
    if not given:
        return
    compiled: Any = insert(table).inline().compile(dialect=connection.dialect, column_keys=list(given[0]))
    names = compiled.positiontup
    if names is None:
        connection.exec_driver_sql(str(compiled), given)
    else:
        pick = itemgetter(*names)
        connection.exec_driver_sql(str(compiled), [pick(row) for row in given])


def _number(connection: Connection, points: Collection[Row]) -> None:
    """Number new recovery points where the database would give a number anew.

    SQLite does so with the highest one once its row has gone; but a recovery point whose backup is gone
    keeps its number, for legal holds on it and for when the backup is back.
    """
    if points and connection.dialect.name == "sqlite":
        numbers = (sql_tables.recovery_points.c.id, sql_tables.gone_points.c.id, held_points.c.point_id)
        last = max(connection.scalar(select(func.max(number))) or 0 for number in numbers)
        for number, row in enumerate(points, last + 1):
            row["id"] = number


def _write_jobs(
    connection: Connection, table: Table, jobs: list[AnyJob], versions: Mapping[str, int], now: int
) -> None:
    rows = [job.row() for job in jobs]
    tell_of_jobs(connection, table, rows, now)
    _insert(connection, table, [row for row in rows if row["id"] not in versions])
    changed = [
        {"b_id": row["id"], "b_version": versions[row["id"]]}
        | {f"b_{name}": row[name] for name in _CHANGING[table]}
        for row in rows
        if row["id"] in versions
    ]
    if changed and connection.execute(_CHANGED_JOB[table], changed).rowcount != len(changed):
        raise ChangedMeanwhileError


def _write_noted(connection: Connection, key: PointKey, members: Row) -> None:
    """Write what is told of a recovery point that is still there."""
    points = sql_tables.recovery_points
    row = connection.execute(select(points).filter_by(**dict(zip(_PLACE, key, strict=True)))).one_or_none()
    if row is not None:
        document = orjson.dumps(orjson.loads(row.document) | members)
        connection.execute(update(points).where(points.c.id == row.id).values(document=document))


def _check_vaults(connection: Connection, points: Iterable[Row]) -> None:
    """Check that each vault still exists, as it may have been deleted since the engine looked."""
    vaults = sql_tables.vaults.c
    named = {(point["account_id"], point["region"], point["vault_name"]) for point in points}
    for account_id, region, name in named:
        query = select(vaults.arn).filter_by(account_id=account_id, region=region, name=name)
        if connection.execute(query).first() is None:
            raise ChangedMeanwhileError
