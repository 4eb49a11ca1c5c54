"""What is put into the outbox for very many jobs at once."""

from collections import Counter
from typing import Any

import orjson
import pytest
from sqlalchemy import insert, select

from auditor.executor.database.database import Database
from auditor.executor.database.notifications import outbox, vault_notifications
from auditor.executor.database.sql_tables import backup_jobs
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.engine.outbox import tell_of_jobs
from auditor.executor.scope import AccountRegion

SCOPE = AccountRegion("111122223333", "eu-west-1", "aws")
VAULT = SCOPE.arn("backup-vault:v")
#: More than SQLite (32,766) and PostgreSQL (65,535) take in one statement.
TOO_MANY = {"sqlite": 33_000, "postgresql": 66_000}


def ended(number: int) -> dict[str, Any]:
    """The row of a job that has failed."""
    arn = f"arn:aws:ec2:eu-west-1:111122223333:volume/vol-{number}"
    return BackupJob(
        id=f"{number:08d}",
        scope=SCOPE,
        created=0,
        resource={"arn": arn, "type": "EBS", "name": f"vol-{number}"},
        vault_name="v",
        iam_role_arn="arn:aws:iam::111122223333:role/backup",
        start_by=1,
        completion_window=1,
        next_at=None,
        state="FAILED",
        completed=1,
    ).row()


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    """The rows of very many jobs."""
    return [ended(number) for number in range(max(TOO_MANY.values()))]


@pytest.mark.long
@pytest.mark.sql
def test_more_jobs_than_a_statement_can_name(database_url: str, rows: list[dict[str, Any]]) -> None:
    """Those that had ended before are told of no second time, the others once, in their order."""
    rows = rows[: TOO_MANY[database_url.partition(":")[0].partition("+")[0]]]
    before = [rows[0], rows[len(rows) // 2], rows[-1]]
    database = Database.open(database_url)
    events = orjson.dumps(["BACKUP_JOB_FAILED"])
    topic = "arn:aws:sns:eu-west-1:111122223333:backups"
    with database.write() as connection:
        connection.execute(
            insert(vault_notifications).values(vault_arn=VAULT, topic_arn=topic, events=events)
        )
        connection.execute(insert(backup_jobs), before)
        tell_of_jobs(connection, backup_jobs, rows, 5)
    with database.read() as connection:
        told = connection.execute(select(outbox).order_by(outbox.c.id)).all()
    database.close()

    ids = [orjson.loads(row.message)["MessageAttributes"]["Id"]["StringValue"] for row in told]
    assert ids == [row["id"] for row in rows if row not in before]
    assert Counter((row.topic_arn, row.created, row.attempts) for row in told) == {
        (topic, 5, 0): len(rows) - 3
    }
