"""What a page or a run costs does not grow with the database: SQLite's plans of the queries."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from auditor.executor.database.database import Database
from auditor.executor.operations import OPERATIONS
from auditor.executor.operations.vaults import create_backup_vault
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.serving.worker import ExecutorWorker
from auditor.executor.simulation.drivers import null_drivers
from auditor.executor.times import to_datetime

HERE = AccountRegion("123456789012", "eu-west-1", "aws")
VAULT = {"BackupVaultName": "large"}
RESOURCE = {"ResourceArn": "arn:aws:ec2:eu-west-1:123456789012:volume/vol-1"}
TIME = to_datetime(1_767_571_200_000)

#: What grows for ever; whatever else is listed has a quota.
LISTINGS = [
    ("ListRecoveryPointsByBackupVault", VAULT, "[1767571200000,1]"),
    ("ListRecoveryPointsByBackupVault", VAULT | {"ByResourceArn": "a"}, "[1767571200000,1]"),
    ("ListRecoveryPointsByBackupVault", VAULT | {"ByCreatedBefore": TIME}, "[1767571200000,1]"),
    ("ListRecoveryPointsByResource", RESOURCE, "[1767571200000,1]"),
    ("ListProtectedResources", {}, '["a"]'),
    ("ListProtectedResourcesByBackupVault", VAULT, '["a"]'),
    ("ListBackupJobs", {}, '[1767571200000,"a"]'),
    ("ListCopyJobs", {}, '[1767571200000,"a"]'),
    ("ListRestoreJobs", {}, '[1767571200000,"a"]'),
    ("ListScanJobs", {}, '[1767571200000,"a"]'),
]


#: The tables that grow for ever.
GROWING = ("backup_jobs", "copy_jobs", "restore_jobs", "scan_jobs", "recovery_points", "protected_resources")


@contextmanager
def explained(database: Database) -> Iterator[list[str]]:
    """SQLite's plans of what is selected while the block runs, known after it."""
    asked: list[tuple[str, Any]] = []
    plans: list[str] = []

    def keep(_connection: Any, _cursor: Any, sql: str, given: Any, *_: Any) -> None:
        if sql.startswith("SELECT"):
            asked.append((sql, given))

    event.listen(database._engine, "before_cursor_execute", keep)
    yield plans
    event.remove(database._engine, "before_cursor_execute", keep)
    with database.read() as connection:
        cursor = connection.connection.cursor()
        for sql, given in asked:
            plans += [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}", given)]


@pytest.fixture
def service() -> Iterator[BackupService]:
    """A service with a vault."""
    database = Database.open()
    service = BackupService(database, lambda: TIME, null_drivers({}, {}, "aws"))
    create_backup_vault(service, HERE, VAULT)
    yield service
    database.close()


@pytest.mark.parametrize(("operation", "params", "place"), LISTINGS)
def test_a_page_is_read_from_an_index_in_its_order(
    service: BackupService, operation: str, params: dict[str, Any], place: str
) -> None:
    """The first page and a later one: no table is scanned and nothing is sorted."""
    with explained(service.database) as plans:
        for token in ({}, {"NextToken": urlsafe_b64encode(place.encode()).decode()}):
            OPERATIONS[operation](service, HERE, params | token)

    assert plans
    assert [step for step in plans if step.startswith("SCAN") or "TEMP B-TREE" in step] == []


def test_the_engine_finds_what_is_due_without_reading_what_is_not(service: BackupService) -> None:
    """Each of its queries narrows a growing table down further than to the account and Region."""
    with explained(service.database) as plans:
        changes, failed = ExecutorWorker(service).run(TIME)

    assert (changes, failed) == ({}, {})
    wide = [
        step
        for step in plans
        if step.split()[1] in GROWING
        and (step.startswith("SCAN") or step.endswith("(account_id=? AND region=?)"))
    ]
    assert any("backup_jobs_unfinished" in step for step in plans)
    assert wide == []
