"""A database with many recovery points in one vault, written by the executor's own rows.

    python -m bench.filling DATABASE POINTS JOBS

DATABASE is an SQLite file or an SQLAlchemy URL. The points are of a hundredth as many volumes, made over the
last 30 days, none of them expired; JOBS backups are running, to be looked at tomorrow.
"""

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from sqlalchemy import insert, text

from auditor.executor.database import sql_tables
from auditor.executor.database.database import Database
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.engine.points import recovery_point_row
from auditor.executor.operations.vaults import create_backup_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import NativeBackup
from auditor.executor.service import BackupService
from auditor.executor.times import DAY_MS, MINUTE_MS
from bench.executors import ACCOUNT, REGION, VAULT

_SCOPE: Final = AccountRegion(ACCOUNT, REGION, "aws")
_ROLE: Final = f"arn:aws:iam::{ACCOUNT}:role/service-role/AWSBackupDefaultServiceRole"
_KEY: Final = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/6b0f2e9c-5d0e-4f43-9a71-9c1d8f1f9f10"
_PLAN: Final = "2f9d1f63-6a52-4f7a-8f5e-0c6a1f2f6a52"
_BATCH: Final = 20_000


def points(count: int, now: int) -> Iterator[dict[str, Any]]:
    """So many rows of recovery points, the oldest first. `now` is epoch milliseconds."""
    step = 30 * DAY_MS // count
    created_by = {
        "BackupPlanId": _PLAN,
        "BackupPlanArn": _SCOPE.arn(f"backup-plan:{_PLAN}"),
        "BackupPlanVersion": "N2YwZDM3ZjYtMjk5Ni00ZTU2LWI3NzUtYTg4YjhkZWUxNWVm",
        "BackupRuleId": "9d1f2c63-6a52-4f7a-8f5e-0c6a1f2f6a52",
    }
    vault = {"name": VAULT, "arn": _SCOPE.arn(f"backup-vault:{VAULT}"), "encryption_key_arn": _KEY}
    for number in range(count):
        created = now - (count - number) * step
        name = f"vol-{number % max(1, count // 100):017x}"
        native = NativeBackup(
            f"arn:aws:ec2:{REGION}::snapshot/snap-{number:017x}",
            size_bytes=100 << 30,
            encrypted=True,
            kms_key_arn=_KEY,
        )
        yield recovery_point_row(
            _SCOPE,
            native,
            vault=vault,
            resource={"arn": _volume(name), "type": "EBS", "name": name},
            created=created,
            initiated=created,
            completed=created + 20 * MINUTE_MS,
            lifecycle={"DeleteAfterDays": 365, "OptInToArchiveForSupportedResources": False},
            iam_role_arn=_ROLE,
            created_by=created_by,
            tags={"backup-tier": "gold", "Name": name},
            fully_managed=False,
        )


def _volume(name: str) -> str:
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/{name}"


def jobs(count: int, now: int) -> Iterator[dict[str, Any]]:
    """So many rows of backup jobs that run."""
    for number in range(count):
        name = f"vol-{number:017x}"
        yield BackupJob(
            id=f"{number:08X}-5D0E-4F43-9A71-9C1D8F1F9F10",
            scope=_SCOPE,
            created=now - MINUTE_MS,
            resource={"arn": _volume(name), "type": "EBS", "name": name},
            vault_name=VAULT,
            iam_role_arn=_ROLE,
            start_by=now + DAY_MS,
            completion_window=7 * DAY_MS,
            next_at=now + DAY_MS,
            state="RUNNING",
            started=now,
        ).row()


def main() -> None:
    """Fill the database."""
    place, count, running = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    database = Database.open(place if "://" in place else f"sqlite:///{place}")
    service = BackupService(database, lambda: datetime.now(UTC), [])
    now = service.now_ms()
    create_backup_vault(service, _SCOPE, {"BackupVaultName": VAULT, "EncryptionKeyArn": _KEY})
    for table, rows in (
        (sql_tables.recovery_points, points(count, now)),
        (sql_tables.backup_jobs, jobs(running, now)),
    ):
        while batch := list(islice(rows, _BATCH)):
            with database.write() as connection:
                connection.execute(insert(table), batch)
    if database.is_shared:  # as PostgreSQL itself does within a minute
        with database.write() as connection:
            connection.execute(text("ANALYZE"))
    database.close()
    os.sync()  # whoever is measured next does not pay for what was written here


if __name__ == "__main__":
    main()
