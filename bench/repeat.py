"""The first day's rows of the executor's database, again for each of the following days."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Table, insert, select, update

from auditor.executor.database import sql_tables
from auditor.executor.database.database import Database
from auditor.executor.times import DAY_MS, to_ms

#: The column that identifies a row, and the members of its document that hold identifiers of its own day.
_IDENTIFIERS: Final[Mapping[Table, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    sql_tables.backup_jobs: (("id",), ("BackupJobId", "RecoveryPointArn")),
    sql_tables.copy_jobs: (
        ("id", "source_recovery_point_arn"),
        ("CopyJobId", "SourceRecoveryPointArn", "DestinationRecoveryPointArn"),
    ),
    sql_tables.recovery_points: (("arn",), ("RecoveryPointArn",)),
}
_TIMES: Final = ("created", "completed", "cold_at", "expire_at")
_DIGITS: Final = re.compile(r"(?<=[-:/])[0-9a-fA-F]{8,}(-[0-9a-fA-F]{4,})*$|^[0-9a-fA-F]{8}-[-0-9a-fA-F]+$")
_HEX: Final = re.compile(r"[0-9a-fA-F]")


def repeat(database: Database, start: datetime, days: int, now: datetime) -> None:
    """Repeat what was created within a day of `start` on each of the `days` days after it.

    `now` is the time then (UTC): what would have expired by it is left out.
    """
    first, end = to_ms(start), to_ms(now)
    with database.write() as connection:
        for table in _IDENTIFIERS:
            again = list(_again(connection, table, first, days, end))
            if again:
                connection.execute(insert(table), again)
        _renew_protected(connection, days)


def _again(connection: Connection, table: Table, first: int, days: int, end: int) -> Iterator[dict[str, Any]]:
    columns, members = _IDENTIFIERS[table]
    query = select(table).where(table.c.created >= first, table.c.created < first + DAY_MS)
    for row in connection.execute(query).mappings().all():
        document = orjson.loads(row["document"])
        for day in range(1, days + 1):
            later = {name: row[name] + day * DAY_MS for name in _TIMES if row.get(name) is not None}
            if later.get("expire_at", end + 1) <= end:
                continue
            named = {name: _renamed(row[name], day) for name in columns}
            shifted = _shifted(document, day) | {
                name: _renamed(document[name], day) for name in members if name in document
            }
            kept = {
                name: value
                for name, value in row.items()
                if (table, name) != (sql_tables.recovery_points, "id")
            }
            yield kept | later | named | {"document": orjson.dumps(shifted)}


def _renew_protected(connection: Connection, days: int) -> None:
    """A protected resource names its last backup."""
    table = sql_tables.protected_resources
    for row in connection.execute(select(table)).mappings().all():
        document = _shifted(orjson.loads(row["document"]), days)
        document["LastRecoveryPointArn"] = _renamed(document["LastRecoveryPointArn"], days)
        chosen = update(table).where(
            *(table.c[name] == row[name] for name in ("account_id", "region", "arn"))
        )
        connection.execute(chosen.values(document=orjson.dumps(document)))


def _shifted(document: Any, day: int) -> Any:
    """The document that many days later: the only fractions in it are times, in seconds."""
    if isinstance(document, dict):
        return {name: _shifted(value, day) for name, value in document.items()}
    if isinstance(document, float):
        return document + timedelta(days=day).total_seconds()
    return document


def _renamed(identifier: str, day: int) -> str:
    """An identifier of the same form, other for each day: its last digits are replaced."""
    digits = iter(blake2b(f"{identifier}/{day}".encode(), digest_size=32).hexdigest())
    return _DIGITS.sub(lambda match: _HEX.sub(lambda _: next(digits), match[0]), identifier)
