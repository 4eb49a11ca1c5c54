"""The latest time that a database has seen, which is the least that "now" can be.

A clock that is set back, by hand or by whoever serves the time, must not bring back the days before a vault's
lock date. Times are whole milliseconds since 1970, UTC.
"""

from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from auditor.executor.database.sql_tables import counters, progress

#: The counter that holds it.
_TIME: Final = "time"


def kept(connection: Connection) -> int:
    """What the database remembers; 0 where it is new, or from before it remembered."""
    return connection.scalar(select(counters.c.value).where(counters.c.name == _TIME)) or 0


def seen(connection: Connection) -> int:
    """What it remembers, or how far its engine has come, where that is later."""
    return max(kept(connection), connection.scalar(select(func.max(progress.c.ran_until))) or 0)


def keep(connection: Connection, moment: int) -> None:
    """Have the database remember `moment`, which is later than what it did."""
    changed = update(counters).where(counters.c.name == _TIME).values(value=moment)
    if not connection.execute(changed).rowcount:
        connection.execute(insert(counters).values(name=_TIME, value=moment))
