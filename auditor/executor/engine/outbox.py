"""The outbox: a notification is written in the transaction of its change, and published later.

It is published at least once. When a topic refuses, it is tried again for a day, and no job fails because of
it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import orjson
from botocore.exceptions import BotoCoreError, ClientError
from sqlalchemy import Connection, Table, delete, insert, select, update

from auditor.executor.database.database import Database
from auditor.executor.database.notifications import outbox, vault_notifications
from auditor.executor.engine.notifications import Notification, of_job, of_point, vault_of
from auditor.executor.seam.calls import error_code
from auditor.executor.seam.driver import Clients, DriverError
from auditor.executor.times import MINUTE_MS
from auditor.model.arn import Arn

#: How long a topic is asked that refuses, and the longest pause between two askings.
GIVE_UP_MS: Final = 24 * 60 * MINUTE_MS
_LONGEST_PAUSE_MS: Final = 60 * MINUTE_MS
#: How long one asking may take before somebody else asks.
_CLAIM_MS: Final = 5 * MINUTE_MS
_AT_ONCE: Final = 100
#: How many ids one query names: databases have a limit.
_IDS_AT_ONCE: Final = 1000


def tell_of_jobs(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]], now: int) -> None:
    """Put the notifications about `rows` into the outbox, before those rows are written."""
    if not rows:
        return
    wanted = _wanted(connection)
    heard = [row for row in rows if vault_of(table, row) in wanted] if wanted else []
    if not heard:
        return
    before = _states(connection, table, [row["id"] for row in heard])
    told = [
        entry
        for row in heard
        for entry in _entries(wanted[vault_of(table, row)], of_job(table, before.get(row["id"]), row), now)
    ]
    if told:
        connection.execute(insert(outbox), told)


def _states(connection: Connection, table: Table, ids: Iterable[str]) -> dict[str, str]:
    """The states of jobs in the database, by id."""
    found: dict[str, str] = {}
    rest = iter(ids)
    while some := list(islice(rest, _IDS_AT_ONCE)):
        query = select(table.c.id, table.c.state).where(table.c.id.in_(some))
        found |= {row.id: row.state for row in connection.execute(query)}
    return found


def tell_of_point(connection: Connection, document: Mapping[str, Any], now: int, said: str = "") -> None:
    """Put the notification about a changed recovery point, with what is `said` of it, into the outbox."""
    subscription = _wanted(connection).get(document["BackupVaultArn"])
    told = [] if subscription is None else _entries(subscription, [of_point(document, now, said)], now)
    if told:
        connection.execute(insert(outbox), told)


def _wanted(connection: Connection) -> dict[str, tuple[str, list[str]]]:
    """Topic and events by the ARN of the vault."""
    return {
        row.vault_arn: (row.topic_arn, orjson.loads(row.events))
        for row in connection.execute(select(vault_notifications))
    }


def _entries(
    subscription: tuple[str, list[str]], told: Iterable[Notification], now: int
) -> list[dict[str, Any]]:
    """The rows of the outbox for those of `told` that the topic has asked for."""
    topic, events = subscription
    arn = Arn.parse(topic)
    return [
        {
            "account_id": arn.account_id,
            "region": arn.region,
            "topic_arn": topic,
            "created": now,
            "next_at": now,
            "attempts": 0,
            "message": notification.document(),
        }
        for notification in told
        if set(notification.events) & set(events)
    ]


@dataclass(frozen=True, slots=True)
class RefusedNotification:
    """A topic that did not take a notification; `given_up` when it will not be asked again."""

    topic_arn: str
    account_id: str
    region: str
    reason: str
    given_up: bool


def publish(database: Database, clients: Clients, now: int) -> list[RefusedNotification]:
    """Ask the topics of what is due in the outbox, the oldest first; `now` in epoch milliseconds, UTC.

    Each notification is claimed first, so that several workers do not ask for the same one at once. One whose
    worker dies between SNS's answer and the deletion is published twice. A topic that has refused for
    another reason than the message is not asked for the others that are due.
    """
    refusals = []
    closed: dict[str, str] = {}
    for row in _claimed(database, now):
        reason = closed.get(row.topic_arn) or _publish(clients, row, closed)
        if reason is None:
            with database.write() as connection:
                connection.execute(delete(outbox).where(outbox.c.id == row.id))
        else:
            refusals.append(_postpone(database, row, reason, now))
    return refusals


def _claimed(database: Database, now: int) -> Iterator[Any]:
    """The rows that are due, each taken from the others before it is given."""
    due = select(outbox).where(outbox.c.next_at <= now).order_by(outbox.c.next_at, outbox.c.id)
    while True:
        with database.write() as connection:
            rows = connection.execute(due.limit(_AT_ONCE)).all()
            ids = [row.id for row in rows]
            connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(next_at=now + _CLAIM_MS))
        yield from rows
        if len(rows) < _AT_ONCE:
            return


def _publish(clients: Clients, row: Any, closed: dict[str, str]) -> str | None:
    """Ask the topic; gives the reason of a refusal, and puts it into `closed` where it is the topic's."""
    try:
        client = clients("sns", row.account_id, row.region)
        client.publish(TopicArn=row.topic_arn, **orjson.loads(row.message))
    except (ClientError, BotoCoreError, DriverError) as error:
        if not error_code(error).startswith("Invalid"):
            closed[row.topic_arn] = str(error)
        return str(error)
    return None


def _postpone(database: Database, row: Any, reason: str, now: int) -> RefusedNotification:
    """Ask again after 1, 2, 4 … 60 minutes, or give up."""
    again = now + min(_LONGEST_PAUSE_MS, MINUTE_MS * 2 ** min(row.attempts, 6))
    given_up = again > row.created + GIVE_UP_MS
    with database.write() as connection:
        same = outbox.c.id == row.id
        if given_up:
            connection.execute(delete(outbox).where(same))
        else:
            changed = {"attempts": row.attempts + 1, "next_at": again}
            connection.execute(update(outbox).where(same).values(changed))
    return RefusedNotification(row.topic_arn, row.account_id, row.region, reason, given_up)
