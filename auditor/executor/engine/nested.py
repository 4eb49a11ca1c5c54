"""Composite jobs: the backup of a stack and its copy. Nested jobs do the work, one for each resource.

A composite recovery point groups nested ones: the stack's template, and each resource of the stack and of its
nested stacks that AWS Backup backs up, opted in or not, unless a plan's selection excludes it. It is PARTIAL
when one of them is missing. Other resources, an IAM role or a queue, are whole in the template. Source: AWS
Backup Developer Guide, "CloudFormation stack backups".

A parent is PENDING until one of its jobs has started, then RUNNING until the last has ended. Ids of nested
jobs follow from the parent and the resource.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID, uuid5

import orjson
from sqlalchemy import select

from auditor.derive.selection import Matcher, SelectionAnswer
from auditor.executor.database.settings import management
from auditor.executor.database.sql_tables import recovery_points, selections
from auditor.executor.engine.expiry import is_managed, nested_points
from auditor.executor.engine.jobs import BackupJob, CopyJob
from auditor.executor.engine.native import NativeJob, driver_of
from auditor.executor.engine.run import EngineRun
from auditor.executor.engine.writes import Row
from auditor.executor.seam.calls import name_of
from auditor.executor.seam.driver import Composite, Driver, DriverError, Member, NativeBackup
from auditor.model.organization import Resource
from auditor.model.plans import Selection

#: How many missing resources a job's message names.
_NAMED: Final = 10


@dataclass(frozen=True, slots=True)
class End:
    """How a parent ends. `made` is its composite recovery point, None when nothing was backed up."""

    state: str
    message: str
    category: str
    made: NativeBackup | None


def backups_of(run: EngineRun, job: BackupJob, stack: Resource, now: int) -> list[BackupJob]:
    """The nested jobs of a stack's backup: its template first. What has no driver is left out.

    Raises:
        DriverError: what the stack is made of could not be found out.
    """
    driver = driver_of(run, job)
    run.set_time(now)
    members = driver.members(stack) if isinstance(driver, Composite) else []
    known = _resources(run, job, members)
    with run.service.database.read() as connection:
        managed = management(connection, job.scope, run.service.optional_management())
    found: dict[str, tuple[str | None, Resource]] = {stack.arn: (None, stack)}
    job.left_out, wanted = {}, _selection(run, job)
    for member in members:
        resource = known.get((member.resource_type, member.id))
        if resource is None:
            supported = member.resource_type in run.service.resource_types
            why = "RESOURCE_NOT_FOUND" if supported else "RESOURCE_NOT_SUPPORTED"
            job.left_out[f"{member.name} ({member.kind})"] = why
        elif wanted is None or wanted.decide(resource).outcome is SelectionAnswer.SELECTED:
            found.setdefault(resource.arn, (member.name, resource))
    return [
        BackupJob(
            id=_id(job, resource.arn),
            scope=job.scope,
            created=job.created,
            resource={"arn": resource.arn, "type": resource.resource_type, "name": resource.name},
            vault_name=job.vault_name,
            iam_role_arn=job.iam_role_arn,
            start_by=job.start_by,
            completion_window=job.completion_window,
            next_at=now,
            lifecycle=job.lifecycle,
            point_tags=job.point_tags,
            created_by=job.created_by,
            fully_managed=managed.get(resource.resource_type, True),
            parent_job_id=job.id,
            parent_point_arn=_point_arn(job),
            member=name,
            advanced=job.advanced,
        )
        for name, resource in found.values()
    ]


def _selection(run: EngineRun, job: BackupJob) -> Matcher | None:
    """What the plan's selection takes of a stack: all but what NotResources or a negative condition excludes.

    None for a job of no plan, and where the selection has been deleted meanwhile.
    """
    query = select(selections).filter_by(id=job.selection_id)
    with run.service.database.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    written = Selection.from_document(orjson.loads(row.document), plan_id=row.plan_id, selection_id=row.id)
    negative = tuple(one for one in written.conditions if "Not" in one.operator)
    taken = replace(written, resources=("*",), list_of_tags=(), conditions=negative)
    every = dict.fromkeys(run.service.resource_types, True)
    return Matcher(taken, opted_in=every, settings=run.service.selection_settings)


def _resources(run: EngineRun, job: BackupJob, members: Sequence[Member]) -> dict[tuple[str, str], Resource]:
    """The resources of the types at hand, by type and ARN, and by type and the ARN's end."""
    types = {member.resource_type for member in members} & set(run.service.resource_types)
    found, failures = run.inventory.resources(*job.place, sorted(types))
    for failure in failures:
        if failure.transient:
            raise failure
    return {(one.resource_type, key): one for one in found.values() for key in (name_of(one.arn), one.arn)}


def copies_of(run: EngineRun, copy: CopyJob, now: int) -> list[CopyJob]:
    """The nested jobs of a composite's copy. What cannot be copied is left out.

    Raises:
        DriverError: nothing is nested in the composite, or it is gone.
    """
    rows = nested_points(run, copy.scope.account_id, copy.scope.region, copy.source.arn)
    if not rows:
        raise DriverError(f"No recovery point is nested in {copy.source.arn}.", "RESOURCE_NOT_FOUND")
    can = [row for row in rows if row["status"] == "COMPLETED" and _driver_of(run, row).can_copy]
    copy.left_out = {
        f"{orjson.loads(row['document'])['ResourceName']} ({row['resource_type']})": "RESOURCE_NOT_SUPPORTED"
        for row in rows
        if row not in can
    }
    if _is_partial(run, copy):
        copy.left_out["what the source recovery point does not have"] = "INVALID_STATE"
    return [_copy_of(copy, row, now) for row in can]


def _driver_of(run: EngineRun, point: Row) -> Driver:
    return run.service.driver(point["resource_type"], managed=is_managed(point["arn"]))


def _is_partial(run: EngineRun, copy: CopyJob) -> bool:
    """Whether the composite that is copied lacks something."""
    account_id, region, arn = copy.scope.account_id, copy.scope.region, copy.source.arn
    points = recovery_points.c
    query = select(points.status).filter_by(account_id=account_id, region=region, arn=arn)
    with run.service.database.read() as connection:
        status = connection.scalar(query)
    written = run.writes.points.get((account_id, region, arn))
    return "PARTIAL" in {status, written and written["status"]}


def _copy_of(copy: CopyJob, row: Row, now: int) -> CopyJob:
    """The nested job that copies the recovery point of `row`."""
    point = orjson.loads(row["document"])
    size, encrypted = point["BackupSizeInBytes"], point["IsEncrypted"]
    return CopyJob(
        id=_id(copy, row["arn"]),
        scope=copy.scope,
        created=copy.created,
        resource={"arn": row["resource_arn"], "type": row["resource_type"], "name": point["ResourceName"]},
        source_vault_arn=copy.source_vault_arn,
        destination_vault_arn=copy.destination_vault_arn,
        iam_role_arn=copy.iam_role_arn,
        source=NativeBackup(row["arn"], size, encrypted, point.get("EncryptionKeyArn")),
        source_created=row["created"],
        fully_managed=is_managed(row["arn"]),
        next_at=now,
        lifecycle=copy.lifecycle,
        tags=orjson.loads(row["tags"]),
        created_by=copy.created_by,
        backup_job_id=copy.backup_job_id,
        parent_job_id=copy.id,
        parent_point_arn=_point_arn(copy),
        member=point.get("CompositeMemberIdentifier"),
    )


def _id(parent: NativeJob, arn: str) -> str:
    return str(uuid5(UUID(parent.id), arn)).upper()


def _point_arn(parent: NativeJob) -> str:
    """The composite's ARN; those of EKS have the same form (aws-backup.md 4.11)."""
    scope = parent.scope if isinstance(parent, BackupJob) else parent.destination
    return scope.arn(f"recovery-point:composite:cloudformation/{parent.resource['name']}-{parent.id.lower()}")


def ended(run: EngineRun, job: NativeJob, now: int) -> list[NativeJob] | None:
    """The nested jobs of `job` when all have ended; else None, and when to look again is in `next_at`."""
    children = list(_children(run, job))
    waiting = [child for child in children if child.completed is None]
    if not waiting:
        return children
    if job.state == "PENDING" and any(child.started is not None for child in children):
        job.state, job.started = "RUNNING", now
    job.next_at = max(now + 1, *(child.next_at or 0 for child in waiting))
    return None


def _children(run: EngineRun, job: NativeJob) -> Iterator[NativeJob]:
    """The nested jobs as the database has them, or as they will be written."""
    table, kind = job.TABLE, type(job)
    with run.service.database.read() as connection:
        rows = connection.execute(select(table).filter_by(parent_job_id=job.id).order_by(table.c.id)).all()
    found = {row.id: kind.from_row(row._asdict()) for row in rows}
    for written in run.writes.jobs.values():
        if isinstance(written, kind) and written.parent_job_id == job.id:
            found[written.id] = written
    yield from found.values()


def outcome(
    run: EngineRun, job: NativeJob, children: Sequence[NativeJob], vault: Mapping[str, Any] | None
) -> End:
    """How the parent of `children`, which have all ended, ends. `vault` is the row of theirs."""
    place, arn = job.place, _point_arn(job)
    there = {row["arn"] for row in nested_points(run, *place, arn) if row["status"] == "COMPLETED"}
    done = [child for child in children if child.native is not None and child.native.arn in there]
    undone = [child for child in children if child not in done]
    missing = [*job.left_out, *(f"{_name(child)}: {child.message}".rstrip(":. ") for child in undone)]
    issues = [child for child in done if child.category not in {"", "SUCCESS"}]
    message = _message(job, missing, issues)
    category = next(
        (why for why in (*(child.category for child in (*undone, *issues)), *job.left_out.values()) if why),
        "SUCCESS",
    )
    if not done or vault is None:
        state = "ABORTED" if job.state == "ABORTING" else "FAILED"
        return End(state, message, "" if state == "ABORTED" else category, None)
    size = sum(child.native.size_bytes for child in done if child.native and _is_template(job, child))
    made = NativeBackup(
        arn,
        size,
        encrypted=True,
        kms_key_arn=vault["encryption_key_arn"],
        message=message,
        category=category,
    )
    return End("PARTIAL" if missing else "COMPLETED", message, category, made)


def _message(job: NativeJob, missing: Sequence[str], issues: Sequence[NativeJob]) -> str:
    """What a parent's message says: nothing when all is well."""
    said = ["Backup job was stopped on request."] if job.state == "ABORTING" else []
    if missing:
        more = f"; and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        said.append(f"Missing: {'; '.join(missing[:_NAMED])}{more}.")
    said += [f"{_name(child)}: {child.message}" for child in issues[:_NAMED]]
    return " ".join(said)


def _name(child: NativeJob) -> str:
    return f"{child.member or child.resource['name']} ({child.resource['type']})"


def _is_template(job: NativeJob, child: NativeJob) -> bool:
    same: Any = child.resource["arn"] == job.resource["arn"]
    return bool(same)
