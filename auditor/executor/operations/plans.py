"""Backup plans and their versions (aws-backup.md 1.1 row 2)."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, func, insert, select, update

from auditor.derive.schedule import Schedule
from auditor.executor.api.errors import already_exists, limit_exceeded, not_found, refused
from auditor.executor.api.protocol import Page
from auditor.executor.database.database import new_id
from auditor.executor.database.sql_tables import plan_versions, plans, selections
from auditor.executor.operations.checks import check_tags
from auditor.executor.operations.paging import fetch
from auditor.executor.operations.rules import plan_document
from auditor.executor.operations.vaults import Params, without_none
from auditor.executor.scope import AccountRegion
from auditor.executor.service import BackupService
from auditor.executor.times import DAY_MS, optional_seconds, seconds, to_datetime

MAX_PLANS: Final = 300
MAX_VERSIONS: Final = 2000
#: What the id of a plan begins with that a backup policy of the organization has made (aws-backup.md 3.2).
ORGANIZATION: Final = "orgs/"
#: How far GetBackupPlan looks for the next runs of a rule; a yearly rule is found.
_PREVIEW_DAYS: Final = 400


def find_plan(
    connection: Connection, scope: AccountRegion, plan_id: str, *, deleted: bool = False
) -> Row[Any]:
    """The plan's row; raises ResourceNotFoundException. `deleted` finds deleted plans too."""
    query = select(plans).where(
        plans.c.id == plan_id, plans.c.account_id == scope.account_id, plans.c.region == scope.region
    )
    row = connection.execute(query).one_or_none()
    if row is None or (row.deleted is not None and not deleted):
        raise not_found(f"Backup plan {plan_id} does not exist.")
    return row


def own_plan(connection: Connection, scope: AccountRegion, plan_id: str) -> Row[Any]:
    """The row of a plan that is to be changed; raises InvalidRequestException for one of the organization."""
    if plan_id.startswith(ORGANIZATION):
        raise refused(f"Backup plan {plan_id} is made by a policy of the organization, which changes it.")
    return find_plan(connection, scope, plan_id)


def _version(connection: Connection, plan_id: str, sequence: int) -> Row[Any]:
    versions = plan_versions.c
    query = select(plan_versions).where(versions.plan_id == plan_id, versions.sequence == sequence)
    return connection.execute(query).one()


def create_backup_plan(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """CreateBackupPlan.

    The same document again is AlreadyExists; the same CreatorRequestId answers the plan that it made before.
    """
    request_id, now = params.get("CreatorRequestId"), service.now_ms()
    check_tags(params.get("BackupPlanTags", {}))
    wanted = content_of(plan_document(params["BackupPlan"], str(UUID(int=0)), scope))
    with service.database.write() as connection:
        living = connection.execute(
            select(plans).where(
                plans.c.account_id == scope.account_id,
                plans.c.region == scope.region,
                plans.c.deleted.is_(None),
            )
        ).all()
        for row in living:
            version = _version(connection, row.id, row.sequence)
            if request_id is not None and row.creator_request_id == request_id:
                return _created(row.id, row.arn, version)
            if content_of(orjson.loads(version.document)) == wanted:
                raise already_exists(
                    "Backup plan with the same plan document already exists",
                    arn=row.arn,
                    creator_request_id=row.creator_request_id or "",
                )
        if len(living) >= MAX_PLANS:
            raise limit_exceeded(f"An account has at most {MAX_PLANS} backup plans in a Region.")
        plan_id = new_id(connection, scope, "backup-plan")
        document = plan_document(params["BackupPlan"], plan_id, scope)
        tags = params.get("BackupPlanTags", {})
        arn = insert_plan(connection, scope, plan_id, document, now, request_id, tags)
        return _created(plan_id, arn, add_version(connection, plan_id, 1, now, document))


def insert_plan(
    connection: Connection,
    scope: AccountRegion,
    plan_id: str,
    document: Params,
    now: int,
    request_id: str | None = None,
    tags: Params | None = None,
) -> str:
    """Write a new plan, whose first version is to follow: its ARN."""
    arn = scope.arn(f"backup-plan:{plan_id}")
    connection.execute(
        insert(plans).values(
            id=plan_id,
            account_id=scope.account_id,
            region=scope.region,
            arn=arn,
            name=document["BackupPlanName"],
            created=now,
            creator_request_id=request_id,
            sequence=1,
            tags=orjson.dumps(tags or {}),
        )
    )
    return arn


def content_of(document: Params) -> Params:
    """A plan's document without the ids that its rules were given."""
    rules = [{key: value for key, value in rule.items() if key != "RuleId"} for rule in document["Rules"]]
    return document | {"Rules": rules}


def add_version(connection: Connection, plan_id: str, sequence: int, now: int, document: Params) -> Row[Any]:
    """Write a version of a plan: its row."""
    version_id = urlsafe_b64encode(sha256(f"{plan_id}/{sequence}".encode()).digest()).decode().rstrip("=")
    connection.execute(
        insert(plan_versions).values(
            plan_id=plan_id,
            sequence=sequence,
            version_id=version_id,
            created=now,
            document=orjson.dumps(document),
        )
    )
    return _version(connection, plan_id, sequence)


def _created(plan_id: str, arn: str, version: Row[Any]) -> Params:
    """What CreateBackupPlan and UpdateBackupPlan answer."""
    return without_none(
        {
            "BackupPlanId": plan_id,
            "BackupPlanArn": arn,
            "CreationDate": seconds(version.created),
            "VersionId": version.version_id,
            "AdvancedBackupSettings": orjson.loads(version.document).get("AdvancedBackupSettings"),
        }
    )


def update_backup_plan(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """UpdateBackupPlan: a new version, in force from now on; recovery points that exist stay as they are."""
    with service.database.write() as connection:
        row = own_plan(connection, scope, params["BackupPlanId"])
        document = plan_document(params["BackupPlan"], row.id, scope)
        sequence = row.sequence + 1
        if sequence > MAX_VERSIONS:
            raise limit_exceeded(f"A backup plan has at most {MAX_VERSIONS} versions.")
        version = add_version(connection, row.id, sequence, service.now_ms(), document)
        name = document["BackupPlanName"]
        connection.execute(update(plans).where(plans.c.id == row.id).values(sequence=sequence, name=name))
        return _created(row.id, row.arn, version)


def get_backup_plan(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """GetBackupPlan. CreationDate is that of the version.

    A deleted plan is found by its versions; without one it does not exist, by which clients know that it is
    gone: so Terraform's provider reads AWS Backup's answer.
    """
    with service.database.read() as connection:
        row = find_plan(connection, scope, params["BackupPlanId"], deleted="VersionId" in params)
        versions = plan_versions.c
        query = select(plan_versions).where(versions.plan_id == row.id)
        if "VersionId" in params:
            query = query.where(versions.version_id == params["VersionId"])
        else:
            query = query.where(versions.sequence == row.sequence)
        version = connection.execute(query).one_or_none()
    if version is None:
        raise not_found(f"Backup plan {row.id} has no version {params['VersionId']}.")
    document = orjson.loads(version.document)
    preview = (
        _preview(service, document, params.get("MaxScheduledRunsPreview", 0)) if row.deleted is None else []
    )
    return _created(row.id, row.arn, version) | without_none(
        {
            "BackupPlan": document,
            "CreatorRequestId": row.creator_request_id,
            "DeletionDate": optional_seconds(row.deleted),
            "LastExecutionDate": optional_seconds(row.last_execution),
            "ScheduledRunsPreview": preview or None,
        }
    )


def current_document(connection: Connection, scope: AccountRegion, plan_id: str) -> Params:
    """The BackupPlan of a plan's current version; raises ResourceNotFoundException."""
    row = find_plan(connection, scope, plan_id)
    document: Params = orjson.loads(_version(connection, row.id, row.sequence).document)
    return document


def _preview(service: BackupService, document: Params, count: int) -> list[Params]:
    """The next `count` runs of all rules, in order of time.

    A continuous rule makes snapshots of the types that it cannot back up continuously: both kinds of run.
    """
    if count == 0:
        return []
    now = to_datetime(service.now_ms())
    end = to_datetime(service.now_ms() + _PREVIEW_DAYS * DAY_MS)
    runs = []
    for rule in document["Rules"]:
        schedule = Schedule.parse(rule["ScheduleExpression"], rule["ScheduleExpressionTimezone"])
        kind = "CONTINUOUS_AND_SNAPSHOTS" if rule.get("EnableContinuousBackup") else "SNAPSHOTS"
        runs += [(due, rule["RuleId"], kind) for due in schedule.due_times(now, end)[:count]]
    return [
        {"ExecutionTime": due, "RuleId": rule_id, "RuleExecutionType": kind}
        for due, rule_id, kind in sorted(runs)[:count]
    ]


def list_backup_plans(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListBackupPlans in the order of their creation."""
    query = (
        select(plans, plan_versions.c.version_id, plan_versions.c.document)
        .join(
            plan_versions,
            (plan_versions.c.plan_id == plans.c.id) & (plan_versions.c.sequence == plans.c.sequence),
        )
        .where(plans.c.account_id == scope.account_id, plans.c.region == scope.region)
    )
    if not params.get("IncludeDeleted"):
        query = query.where(plans.c.deleted.is_(None))
    with service.database.read() as connection:
        rows, token = fetch(connection, query, [plans.c.created, plans.c.id], params)
    return Page("BackupPlansList", [orjson.dumps(_plan_item(row, row.created)) for row in rows], token)


def _plan_item(row: Row[Any], created: int) -> Params:
    return without_none(
        {
            "BackupPlanArn": row.arn,
            "BackupPlanId": row.id,
            "CreationDate": seconds(created),
            "DeletionDate": optional_seconds(row.deleted),
            "VersionId": row.version_id,
            "BackupPlanName": orjson.loads(row.document)["BackupPlanName"],
            "CreatorRequestId": row.creator_request_id,
            "LastExecutionDate": optional_seconds(row.last_execution),
            "AdvancedBackupSettings": orjson.loads(row.document).get("AdvancedBackupSettings"),
        }
    )


def list_backup_plan_versions(service: BackupService, scope: AccountRegion, params: Params) -> Page:
    """ListBackupPlanVersions, the newest first; CreationDate is when the version came into force."""
    versions = plan_versions.c
    with service.database.read() as connection:
        plan = find_plan(connection, scope, params["BackupPlanId"], deleted=True)
        query = (
            select(plans, versions.sequence.label("at"), versions.version_id, versions.document)
            .add_columns(versions.created.label("version_created"), versions.sequence)
            .join(plan_versions, versions.plan_id == plans.c.id)
            .where(plans.c.id == plan.id)
        )
        rows, token = fetch(connection, query, [versions.sequence], params, descending=True)
    return Page(
        "BackupPlanVersionsList", [orjson.dumps(_plan_item(row, row.version_created)) for row in rows], token
    )


def delete_backup_plan(service: BackupService, scope: AccountRegion, params: Params) -> Params:
    """DeleteBackupPlan, refused while it has selections; its recovery points live on."""
    now = service.now_ms()
    with service.database.write() as connection:
        row = own_plan(connection, scope, params["BackupPlanId"])
        count = connection.scalar(select(func.count()).where(selections.c.plan_id == row.id))
        if count:
            raise refused("Related backup plan selections must be deleted prior to backup plan deletion")
        connection.execute(update(plans).where(plans.c.id == row.id).values(deleted=now))
        version = _version(connection, row.id, row.sequence)
    return {
        "BackupPlanId": row.id,
        "BackupPlanArn": row.arn,
        "DeletionDate": seconds(now),
        "VersionId": version.version_id,
    }
