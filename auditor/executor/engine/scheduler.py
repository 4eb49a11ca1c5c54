"""Runs what is due, in the order of time.

Running the same stretch again changes nothing: job ids follow from rule, resource and due time, and how far
each account and Region was run is written with the jobs.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID, uuid5

import orjson
from sqlalchemy import Connection, select

from auditor.derive.schedule import Schedule
from auditor.derive.selection import Matcher
from auditor.executor.database import sql_tables
from auditor.executor.database.places import places
from auditor.executor.database.settings import management, opt_in
from auditor.executor.engine import air_gap, backups, continuous, reports, testing
from auditor.executor.engine.cold import move_due
from auditor.executor.engine.inventory import ListedResources
from auditor.executor.engine.jobs import BackupJob
from auditor.executor.engine.pace import wait_ms
from auditor.executor.engine.reconcile import reconcile
from auditor.executor.engine.run import EngineRun, Fence, LeaseLostError, Report, SetTime
from auditor.executor.engine.schedules import Assigned, DueRule, Schedules
from auditor.executor.engine.unfinished import give_back, register_unfinished, reload
from auditor.executor.scope import AccountRegion
from auditor.executor.seam.driver import DriverError
from auditor.executor.service import BackupService
from auditor.executor.times import MINUTE_MS
from auditor.model.organization import Resource
from auditor.model.plans import BackupPlan, Selection

_END_OF_TIME: Final = 253_370_764_800_000
_JOBS: Final = UUID("0d0b6b1b-6a52-5f7a-8f5e-0c6a1f2f6a52")


def run_all(
    service: BackupService,
    until: datetime,
    *,
    set_time: SetTime | None = None,
    inventory: ListedResources | None = None,
    batch: int = 1,
) -> None:
    """Run every account and Region up to `until` (UTC, not included), all of them in one order of time.

    `set_time` is called before each native call and at the end with `until`: give it where time is virtual,
    and a `batch` (`EngineRun`) where nobody else uses the database meanwhile. Resources are listed once a
    call unless an `inventory` is given.

    Raises:
        DriverError: resources of a type could not be listed. All else was run; what that type had due is due
            again in the next run.
    """
    with service.database.read() as connection:
        scopes = places(connection)
    run = EngineRun(
        service,
        until,
        set_time=set_time,
        inventory=inventory or ListedResources(service.drivers),
        batch=batch,
    )
    _run(run, scopes)
    if set_time is not None:
        set_time(until)


def run_until(
    service: BackupService,
    scope: AccountRegion,
    until: datetime,
    *,
    fence: Fence | None = None,
    report: Report | None = None,
) -> None:
    """Run one account and Region up to `until` (UTC, not included); otherwise as `run_all`.

    Raises:
        DriverError: as `run_all`.
        LeaseLostError: `fence` has said that another executor has the account and Region now.
    """
    inventory = ListedResources(service.drivers)
    _run(EngineRun(service, until, set_time=None, inventory=inventory, fence=fence, report=report), {scope})


def _run(run: EngineRun, scopes: set[AccountRegion]) -> None:
    with run.service.database.read() as connection:
        for scope in sorted(scopes):
            register_unfinished(run, connection, scope)
            _register_due(run, connection, scope)
    try:
        run.events(scopes, partial(reload, run))
    except LeaseLostError:
        for job in run.writes.jobs.values():
            give_back(run, job)
        raise
    for scope in sorted(scopes):  # after what is due, which waits for no list
        reconcile(run, scope)
        move_due(run, scope)
    for message in run.failures.values():
        raise DriverError(message)


def _register_due(run: EngineRun, connection: Connection, scope: AccountRegion) -> None:
    """Every due time of every rule since the last run."""
    progress = sql_tables.progress.c
    start = (
        connection.scalar(
            select(progress.ran_until).where(
                progress.account_id == scope.account_id, progress.region == scope.region
            )
        )
        or 0
    )
    for table in (sql_tables.backup_jobs, sql_tables.restore_jobs):
        made = select(table.c.id).filter_by(account_id=scope.account_id, region=scope.region)
        run.made_before(connection.scalars(made.where(table.c.created >= start)))
    testing.register_due(run, connection, scope, start)
    reports.register_due(run, connection, scope, start)
    continuous.register(run, connection, scope, start)
    rules = _rules(run.service, connection, scope, start)
    due = [(rule, moment) for rule in rules for moment in rule.due(start, run.until)]
    if not due:
        return
    opted_in = opt_in(connection, scope, run.service.resource_types)
    by_name = any(assigned.names_resources for rule in rules for assigned in rule.selections)
    batch = _Due(
        run,
        rules,
        types=[kind for kind, wanted in opted_in.items() if wanted or by_name],
        managed=management(connection, scope, run.service.optional_management()),
    )
    for rule, moment in due:
        run.at(moment, partial(batch.create_jobs, rule))


class _Due:
    """The rules of one account and Region; resources are listed when the first is due."""

    def __init__(
        self, run: EngineRun, rules: Sequence[DueRule], *, types: Sequence[str], managed: dict[str, bool]
    ) -> None:
        self._run = run
        self._rules = rules
        self._types = types
        self._managed = managed
        self._schedules: Schedules | None = None
        self._failures: Sequence[DriverError] = ()

    def create_jobs(self, rule: DueRule, due: int) -> None:
        """A CREATED job for each resource that `rule` backs up at `due`."""
        run, scope = self._run, rule.scope
        if self._schedules is None:
            resources, self._failures = run.inventory.resources(scope.account_id, scope.region, self._types)
            self._schedules = Schedules(self._rules, resources, run.service.continuous_types)
        for failure in self._failures:
            run.hold_back(scope, due, rule.start_window_ms, failure.message)
        run.writes.last_executions[rule.plan["BackupPlanId"]] = due
        for resource, assigned in self._schedules.backed_up(rule, due).values():
            managed = self._managed.get(resource.resource_type, True)
            job = _job(run.service, rule, due, resource, assigned, fully_managed=managed)
            if not run.is_made(job.id):
                run.save(job)
                backups.register(run, job)


def _job(
    service: BackupService,
    rule: DueRule,
    due: int,
    resource: Resource,
    assigned: Assigned,
    *,
    fully_managed: bool,
) -> BackupJob:
    job_id = str(uuid5(_JOBS, f"{rule.rule.rule_id}/{resource.arn}/{due}")).upper()
    document = rule.document
    job = BackupJob(
        id=job_id,
        scope=rule.scope,
        created=due,
        resource={"arn": resource.arn, "type": resource.resource_type, "name": resource.name},
        vault_name=rule.rule.target_vault,
        iam_role_arn=assigned.iam_role_arn,
        start_by=due + rule.start_window_ms,
        completion_window=rule.rule.completion_window_minutes * MINUTE_MS,
        next_at=due + wait_ms(job_id),
        lifecycle=document.get("Lifecycle"),
        point_tags=document.get("RecoveryPointTags", {}),
        copies=document.get("CopyActions", []),
        created_by=rule.created_by(),
        fully_managed=fully_managed,
        continuous=rule.is_continuous,
        selection_id=assigned.selection_id,
        advanced=rule.advanced,
    )
    air_gap.aim(service, job, document.get("TargetLogicallyAirGappedBackupVaultArn"))
    return job


def _rules(service: BackupService, connection: Connection, scope: AccountRegion, since: int) -> list[DueRule]:
    """The rules of every plan version that was in force at or after `since`."""
    plans, versions = sql_tables.plans.c, sql_tables.plan_versions.c
    opted_in = opt_in(connection, scope, service.resource_types)
    query = select(sql_tables.plans).where(plans.account_id == scope.account_id, plans.region == scope.region)
    rules: list[DueRule] = []
    for plan in connection.execute(query.order_by(plans.created, plans.id)).all():
        selections = _selections(service, connection, plan.id, opted_in)
        rows = connection.execute(
            select(sql_tables.plan_versions).where(versions.plan_id == plan.id).order_by(versions.sequence)
        ).all()
        last = _END_OF_TIME if plan.deleted is None else plan.deleted
        ends = [row.created for row in rows[1:]] + [last]
        for row, end in zip(rows, ends, strict=True):
            if end > since:
                rules += _version_rules(scope, plan, row, end, selections)
    return rules


def _version_rules(
    scope: AccountRegion, plan: Any, version: Any, end: int, selections: Sequence[Assigned]
) -> list[DueRule]:
    document = orjson.loads(version.document)
    named = {
        "BackupPlanId": plan.id,
        "BackupPlanArn": plan.arn,
        "BackupPlanName": document["BackupPlanName"],
        "BackupPlanVersion": version.version_id,
    }
    settings = document.get("AdvancedBackupSettings", [])
    advanced = {setting["ResourceType"]: setting["BackupOptions"] for setting in settings}
    return [
        DueRule(
            scope=scope,
            plan=named,
            rule=rule,
            document=written,
            valid_from=version.created,
            valid_until=end,
            selections=selections,
            schedule=Schedule.parse(rule.schedule, rule.timezone),
            advanced=advanced,
        )
        for rule, written in zip(BackupPlan.rules_of(document), document["Rules"], strict=True)
    ]


def _selections(
    service: BackupService, connection: Connection, plan_id: str, opted_in: dict[str, bool]
) -> list[Assigned]:
    columns = sql_tables.selections.c
    query = (
        select(sql_tables.selections).where(columns.plan_id == plan_id).order_by(columns.created, columns.id)
    )
    found = []
    for row in connection.execute(query):
        selection = Selection.from_document(orjson.loads(row.document), plan_id=plan_id, selection_id=row.id)
        matcher = Matcher(selection, opted_in=opted_in, settings=service.selection_settings)
        named = any(pattern != "*" for pattern in selection.resources)
        found.append(Assigned(matcher, row.iam_role_arn, row.created, named, row.id))
    return found
