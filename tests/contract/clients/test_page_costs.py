"""A page costs what a page costs, however much there is: SQLite's plan of each listing's query."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from sqlalchemy import event

from auditor.executor.catalog.catalog import Catalog
from auditor.executor.operations import OPERATIONS
from auditor.executor.operations.vaults import create_backup_vault
from auditor.executor.scope import Scope
from auditor.executor.service import BackupService
from auditor.executor.times import to_datetime

HERE = Scope("123456789012", "eu-west-1", "aws")
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
]


@pytest.mark.parametrize(("operation", "params", "place"), LISTINGS)
def test_a_page_is_read_from_an_index_in_its_order(
    operation: str, params: dict[str, Any], place: str
) -> None:
    """The first page and a later one: no table is scanned and nothing is sorted."""
    catalog = Catalog.open()
    service = BackupService(catalog, lambda: TIME, [])
    create_backup_vault(service, HERE, VAULT)
    asked: list[tuple[str, Any]] = []

    @event.listens_for(catalog._engine, "before_cursor_execute")
    def _keep(_connection: Any, _cursor: Any, sql: str, given: Any, *_: Any) -> None:
        if sql.startswith("SELECT"):
            asked.append((sql, given))

    for token in ({}, {"NextToken": urlsafe_b64encode(place.encode()).decode()}):
        OPERATIONS[operation](service, HERE, params | token)
    with catalog.read() as connection:
        cursor = connection.connection.cursor()
        plans = [row[3] for sql, given in asked for row in cursor.execute(f"EXPLAIN QUERY PLAN {sql}", given)]
    catalog.close()

    assert asked
    assert [step for step in plans if step.startswith("SCAN") or "TEMP B-TREE" in step] == []
