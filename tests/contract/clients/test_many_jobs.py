"""More jobs at a time than a database takes ids in one query."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from sqlite3 import SQLITE_LIMIT_VARIABLE_NUMBER
from typing import Any

from sqlalchemy import insert

from auditor.executor.database.database import Database
from auditor.executor.database.sql_tables import backup_jobs
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.operations.vaults import create_backup_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.serving.worker import ExecutorWorker
from auditor.executor.simulation.drivers import null_drivers
from auditor.executor.times import DAY_MS, to_ms

HERE = AccountRegion("123456789012", "eu-west-1", "aws")
NOW = datetime(2026, 1, 5, tzinfo=UTC)
#: Databases take 32,766 parameters and more; here fewer, so that fewer jobs are too many.
PARAMETERS, MANY = 2_000, 2_500


def test_the_engine_looks_at_more_jobs_than_one_query_names() -> None:
    """All wait; the one whose start window has passed is told, the others stay as they were."""
    database = Database.open()
    service = BackupService(database, lambda: NOW, null_drivers({}, {}, "aws"))
    create_backup_vault(service, HERE, {"BackupVaultName": "vault"})
    created = to_ms(NOW) - DAY_MS
    due = BackupJob(
        id="0",
        scope=HERE,
        created=created,
        resource={"arn": "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1", "type": "EBS", "name": ""},
        vault_name="vault",
        iam_role_arn="arn:aws:iam::123456789012:role/backup",
        start_by=created + DAY_MS // 2,
        completion_window=DAY_MS,
        next_at=created,
    )
    later = replace(due, next_at=to_ms(NOW) + DAY_MS).row()
    rows = [due.row()]
    for number in range(1, MANY):
        named = later["work"].replace(b'"id":"0"', b'"id":"%d"' % number)
        rows.append(later | {"id": str(number), "work": named})
    with database.write() as connection:
        connection.execute(insert(backup_jobs), rows)
        sqlite: Any = connection.connection.driver_connection
        sqlite.setlimit(SQLITE_LIMIT_VARIABLE_NUMBER, PARAMETERS)

    changes, failed = ExecutorWorker(service).run(NOW + timedelta(seconds=1))

    database.close()
    assert failed == {}
    assert changes == {("backup", "EXPIRED"): 1}
