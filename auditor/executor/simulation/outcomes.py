"""What a simulation makes of each resource: its jobs by rule, and its recovery points at the end."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import orjson
from sqlalchemy import select

from auditor.executor.database import sql_tables
from auditor.executor.database.database import Database
from auditor.executor.simulation.run import prepared
from auditor.executor.simulation.scenario import Scenario
from auditor.executor.times import to_ms

_COMPLETED: Final = "COMPLETED"
#: What may still come when the period ends.
_UNDER_WAY: Final = frozenset({"CREATED", "PENDING", "RUNNING"})
#: How long before the period the plans are made: what is due when it begins is due after that, and what is
#: due a minute earlier is not.
_BEFORE: Final = timedelta(seconds=1)
#: What is due at the end is due after the period.
_LAST: Final = timedelta(seconds=1)


class PlanRule(NamedTuple):
    """A rule of a plan, by their names."""

    plan: str
    rule: str


class HeldPoints(NamedTuple):
    """What the recovery points of a resource are counted by; `copied` says that they are copies."""

    vault: str
    region: str
    cold: bool
    copied: bool


@dataclass(slots=True)
class ResourceOutcome:
    """Of one resource: times (ms) of its backups that come, by rule; messages of those that fail; points.

    What is under way at the end comes. A message is that of a backup job, or of a copy job, which failed.
    """

    came: dict[PlanRule, list[int]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[PlanRule, list[str]] = field(default_factory=lambda: defaultdict(list))
    copies_failed: dict[PlanRule, list[str]] = field(default_factory=lambda: defaultdict(list))
    points: dict[HeldPoints, int] = field(default_factory=lambda: defaultdict(int))


def outcomes(scenario: Scenario, start: datetime, end: datetime) -> dict[str, ResourceOutcome]:
    """Run `scenario` from `start` to `end` (UTC): what becomes of each resource, by ARN.

    Raises:
        UsageError: AWS Backup would refuse a plan, a selection or a vault, with its words.
    """
    found: dict[str, ResourceOutcome] = defaultdict(ResourceOutcome)
    with prepared(scenario, start - _BEFORE) as (database, advance):
        advance(end - _LAST)
        _count(database, found, to_ms(end))
    return found


def _count(database: Database, found: dict[str, ResourceOutcome], end: int) -> None:
    backups, copies, points = sql_tables.backup_jobs.c, sql_tables.copy_jobs.c, sql_tables.recovery_points.c
    with database.read() as connection:
        rows = connection.execute(select(backups.resource_arn, backups.created, backups.document))
        for arn, created, data in rows:
            document = orjson.loads(data)
            if document["State"] in {_COMPLETED, *_UNDER_WAY}:
                found[arn].came[_rule(document)].append(created)
            else:
                found[arn].failed[_rule(document)].append(_said(document))
        for arn, data in connection.execute(select(copies.resource_arn, copies.document)):
            document = orjson.loads(data)
            if document["State"] not in {_COMPLETED, *_UNDER_WAY}:
                found[arn].copies_failed[_rule(document)].append(_said(document))
        for row in connection.execute(select(points.region, points.cold_at, points.document)):
            document = orjson.loads(row.document)
            held = HeldPoints(
                document["BackupVaultName"],
                row.region,
                row.cold_at is not None and row.cold_at <= end,
                "SourceBackupVaultArn" in document,
            )
            found[document["ResourceArn"]].points[held] += 1


def _rule(document: dict[str, dict[str, str]]) -> PlanRule:
    by = document.get("CreatedBy", {})
    return PlanRule(by.get("BackupPlanName", ""), by.get("BackupRuleName", ""))


def _said(document: dict[str, str]) -> str:
    return f"{document['State']}: {document.get('StatusMessage', '')}".removesuffix(": ")
