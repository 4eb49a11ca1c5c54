"""Selections of a backup plan: which resources it protects (aws-backup.md 4.6)."""

from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, delete, insert, select

from auditor.executor.api.errors import ServiceError, already_exists, invalid, limit_exceeded, not_found
from auditor.executor.api.protocol import Page
from auditor.executor.database.database import new_id
from auditor.executor.database.sql_tables import selections
from auditor.executor.operations.checks import check_assumable, check_resource
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.plans import find_plan, own_plan
from auditor.executor.operations.vaults import Params, without_none
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import seconds

MAX_SELECTIONS: Final = 100
MAX_ARNS: Final = 500
MAX_WILDCARD_ARNS: Final = 30
MAX_TAGS: Final = 30
MAX_CONDITIONS: Final = 30
_TAG_PREFIX: Final = "aws:ResourceTag/"


def create_backup_selection(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """CreateBackupSelection. The same CreatorRequestId answers the selection that it made before."""
    document, request_id = params["BackupSelection"], params.get("CreatorRequestId")
    check_selection(scope, document)
    check_assumable(service, scope, document["IamRoleArn"])
    now = service.now_ms()
    with service.database.write() as connection:
        plan = own_plan(connection, scope, params["BackupPlanId"])
        existing = connection.execute(select(selections).where(selections.c.plan_id == plan.id)).all()
        for row in existing:
            if request_id is not None and row.creator_request_id == request_id:
                return _created(row.id, plan.id, row.created)
            if row.name == document["SelectionName"]:
                raise already_exists(
                    f"Backup selection {row.name} already exists",
                    arn=plan.arn,
                    creator_request_id=row.creator_request_id or "",
                )
        if len(existing) >= MAX_SELECTIONS:
            raise limit_exceeded(f"A backup plan has at most {MAX_SELECTIONS} selections.")
        selection_id = insert_selection(connection, scope, plan.id, document, now, request_id)
        return _created(selection_id, plan.id, now)


def insert_selection(
    connection: Connection,
    scope: AccountRegion,
    plan_id: str,
    document: Params,
    now: int,
    request_id: str | None = None,
) -> str:
    """Write a new selection: its id."""
    selection_id = new_id(connection, scope, "backup-selection")
    connection.execute(
        insert(selections).values(
            id=selection_id,
            plan_id=plan_id,
            name=document["SelectionName"],
            created=now,
            creator_request_id=request_id,
            iam_role_arn=document["IamRoleArn"],
            document=orjson.dumps(document),
        )
    )
    return selection_id


def _created(selection_id: str, plan_id: str, created: int) -> Params:
    return {"SelectionId": selection_id, "BackupPlanId": plan_id, "CreationDate": seconds(created)}


def check_selection(scope: AccountRegion, document: Params) -> None:
    """Raises InvalidParameterValueException or LimitExceededException for what AWS Backup refuses."""
    resources, tags = document.get("Resources") or [], document.get("ListOfTags") or []
    arns = [*resources, *(document.get("NotResources") or [])]
    if not resources and not tags:
        raise invalid(
            "Invalid backup selection. Either 'ListOfTags' or 'Resources' section must be non-empty."
        )
    for arn in arns:
        if arn != "*":
            check_resource(scope, arn, f"{arn[:200]} is neither an ARN nor *.")
    conditions = [entry for entries in (document.get("Conditions") or {}).values() for entry in entries]
    for entry in conditions:
        if not entry.get("ConditionKey", "").startswith(_TAG_PREFIX) or "ConditionValue" not in entry:
            raise invalid(
                f"Each entry of Conditions needs a ConditionKey {_TAG_PREFIX}… and a ConditionValue."
            )
    for count, most, what in (
        (len(arns), MAX_ARNS, "ARNs"),
        (sum("*" in arn for arn in arns), MAX_WILDCARD_ARNS, "ARNs with wildcards"),
        (len(tags), MAX_TAGS, "tags"),
        (len(conditions), MAX_CONDITIONS, "conditions"),
    ):
        if count > most:
            raise limit_exceeded(f"A backup selection has at most {most} {what}.")


def _find(connection: Connection, plan_id: str, selection_id: str) -> Row[Any]:
    query = select(selections).where(selections.c.id == selection_id, selections.c.plan_id == plan_id)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise not_found(f"Backup plan {plan_id} has no selection {selection_id}.")
    return row


def get_backup_selection(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """GetBackupSelection."""
    with service.database.read() as connection:
        plan = find_plan(connection, scope, params["BackupPlanId"])
        row = _find(connection, plan.id, params["SelectionId"])
    return _created(row.id, plan.id, row.created) | without_none(
        {"BackupSelection": orjson.loads(row.document), "CreatorRequestId": row.creator_request_id}
    )


def list_backup_selections(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListBackupSelections in the order of their creation."""
    with service.database.read() as connection:
        plan = find_plan(connection, scope, params["BackupPlanId"])
        query = select(selections).where(selections.c.plan_id == plan.id)
        rows, token = fetch(connection, query, [selections.c.created, selections.c.id], params)
    return Page("BackupSelectionsList", [orjson.dumps(_item(row)) for row in rows], token)


def _item(row: Row[Any]) -> Params:
    return _created(row.id, row.plan_id, row.created) | without_none(
        {
            "SelectionName": row.name,
            "IamRoleArn": row.iam_role_arn,
            "CreatorRequestId": row.creator_request_id,
        }
    )


def delete_backup_selection(service: BackupService, scope: AccountRegion, params: Params) -> None:
    """DeleteBackupSelection.

    What does not exist is an invalid parameter, by which clients know that it is gone: so the provider of
    Terraform reads AWS Backup's answer.
    """
    with service.database.write() as connection:
        try:
            plan = own_plan(connection, scope, params["BackupPlanId"])
            row = _find(connection, plan.id, params["SelectionId"])
        except ServiceError as missing:
            raise invalid(missing.message) from None
        connection.execute(delete(selections).where(selections.c.id == row.id))
