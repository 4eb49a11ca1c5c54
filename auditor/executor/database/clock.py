"""The latest time that a database has seen, which is the least that "now" can be.

If a clock is set back, by hand or by its time server, the days before a vault's lock date must not come back.
Times are whole milliseconds since 1970, UTC.
"""

from typing import Final

from sqlalchemy import Connection, func, insert, select, update

from auditor.executor.database.sql_tables import counters, progress

#: The counter that holds it.
_TIME: Final = "time"


def kept(connection: Connection) -> int:
    """The latest time that the database remembers; 0 where it is new, or older than this feature."""
    return connection.scalar(select(counters.c.value).where(counters.c.name == _TIME)) or 0


def seen(connection: Connection) -> int:
    """The latest time that it remembers, or the time that its engine has reached, whichever is later."""
    return max(kept(connection), connection.scalar(select(func.max(progress.c.ran_until))) or 0)


def keep(connection: Connection, moment: int) -> None:
    """Have the database remember `moment`, which is later than the time that it remembered."""
    changed = update(counters).where(counters.c.name == _TIME).values(value=moment)
    if not connection.execute(changed).rowcount:
        connection.execute(insert(counters).values(name=_TIME, value=moment))
