"""Plans that backup policies of the organization make in an account (aws-backup.md 3.2).

Whoever knows the effective policy of the account says what they are; nobody in the account can change them.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import orjson
from sqlalchemy import Connection, Row, delete, select, update

from auditor.executor.api.errors import ServiceError
from auditor.executor.database.database import new_id
from auditor.executor.database.sql_tables import plans, selections
from auditor.executor.operations.plans import (
    ORGANIZATION,
    add_version,
    content_of,
    current_document,
    insert_plan,
)
from auditor.executor.operations.rules import plan_document
from auditor.executor.operations.selections import check_selection, insert_selection
from auditor.executor.operations.vaults import Params
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService


def put_organization_plans(
    service: BackupService, scope: AccountRegion, wanted: Mapping[str, tuple[Params, Sequence[Params]]]
) -> None:
    """Let the organization's plans of an account and Region be those that are `wanted`.

    By name: the `BackupPlan` and its `BackupSelection`s. A plan that AWS Backup would refuse is left as it is
    or not made; of AWS an event tells of it (InvalidOrganizationBackupPlan).
    """
    of_here = (plans.c.account_id == scope.account_id, plans.c.region == scope.region)
    with service.database.write() as connection:
        living = connection.execute(
            select(plans).where(*of_here, plans.c.deleted.is_(None), plans.c.id.startswith(ORGANIZATION))
        )
        there = {row.name: row for row in living}
        for name in there.keys() - wanted.keys():
            _remove(service, connection, there[name].id)
        for name, (document, chosen) in wanted.items():
            with suppress(ServiceError):
                _put(service, connection, scope, there.get(name), document, chosen)


def _remove(service: BackupService, connection: Connection, plan_id: str) -> None:
    connection.execute(delete(selections).where(selections.c.plan_id == plan_id))
    connection.execute(update(plans).where(plans.c.id == plan_id).values(deleted=service.now_ms()))


def _put(
    service: BackupService,
    connection: Connection,
    scope: AccountRegion,
    row: Row[Any] | None,
    wanted: Params,
    chosen: Sequence[Params],
) -> None:
    """Make a plan or a version, with its selections; raises `ServiceError` before it changes anything."""
    number = new_id(connection, scope, "organization-plan") if row is None else row.id[len(ORGANIZATION) :]
    document = plan_document(wanted, number, scope)
    for one in chosen:
        check_selection(scope, one)
    plan_id, now = f"{ORGANIZATION}{number}", service.now_ms()
    if row is None:
        insert_plan(connection, scope, plan_id, document, now)
        add_version(connection, plan_id, 1, now, document)
    elif content_of(current_document(connection, scope, plan_id)) != content_of(document):
        add_version(connection, plan_id, row.sequence + 1, now, document)
        connection.execute(update(plans).where(plans.c.id == plan_id).values(sequence=row.sequence + 1))
    held = connection.scalars(select(selections.c.document).where(selections.c.plan_id == plan_id))
    if sorted(held) != sorted(map(orjson.dumps, chosen)):
        connection.execute(delete(selections).where(selections.c.plan_id == plan_id))
        for one in chosen:
            insert_selection(connection, scope, plan_id, one, now)
