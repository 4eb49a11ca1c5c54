"""Jobs and recovery points of a simulation, counted from its database."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import Connection, select

from auditor.executor.database import sql_tables
from auditor.executor.database.database import Database
from auditor.executor.times import to_ms

#: How many jobs of one failure are named.
NAMED: Final = 3

#: States of jobs that go well so far.
_GOOD: Final = frozenset({"CREATED", "PENDING", "RUNNING", "COMPLETED"})


class JobKey(NamedTuple):
    """What jobs are counted by; `kind` is backup or copy."""

    kind: str
    plan: str
    rule: str
    state: str
    category: str


class FailedJobs(NamedTuple):
    """Jobs that did not succeed, by what AWS Backup says of them."""

    kind: str
    plan: str
    rule: str
    state: str
    category: str
    message: str


class Holding(NamedTuple):
    """What recovery points are counted by. `storage_class` is WARM or COLD; `tier` is "" without the tag."""

    tier: str
    plan: str
    rule: str
    vault: str
    region: str
    resource_type: str
    storage_class: str


class NamedJob(NamedTuple):
    """One of the jobs behind a failure; `created` is seconds since 1970."""

    created: float
    job_id: str
    resource_arn: str


@dataclass(slots=True)
class SimulationTally:
    """Counts that can be added up over parts of one scenario. `timeline` maps a time to counts and bytes."""

    jobs: Counter[JobKey] = field(default_factory=Counter)
    failures: Counter[FailedJobs] = field(default_factory=Counter)
    named: dict[FailedJobs, list[NamedJob]] = field(default_factory=dict)
    timeline: dict[datetime, dict[Holding, tuple[int, int]]] = field(default_factory=dict)

    def add(self, other: "SimulationTally") -> None:
        """Add the counts of `other`."""
        self.jobs.update(other.jobs)
        self.failures.update(other.failures)
        for failure, named in other.named.items():
            self.named[failure] = sorted([*self.named.get(failure, ()), *named])[:NAMED]
        for moment, held in other.timeline.items():
            mine = self.timeline.setdefault(moment, {})
            for key, (count, size) in held.items():
                before = mine.get(key, (0, 0))
                mine[key] = (before[0] + count, before[1] + size)


class DatabaseCounter:
    """Counts a database while time goes by; `tier_tag` is the tag of recovery points that names the tier."""

    def __init__(self, database: Database, tier_tag: str) -> None:
        self.tally = SimulationTally()
        self._database = database
        self._tier_tag = tier_tag
        self._known: dict[str, tuple[tuple[str, str, str, str, str, str], int]] = {}

    def sample(self, now: datetime) -> None:
        """Count the recovery points that there are `now`."""
        columns, moment = sql_tables.recovery_points.c, to_ms(now)
        held: dict[Holding, tuple[int, int]] = {}
        living = {}
        with self._database.read() as connection:
            rows = connection.execute(select(columns.id, columns.arn, columns.cold_at)).all()
            self._learn(connection, max((row.id for row in rows if row.arn in self._known), default=0))
        for _, arn, cold_at in rows:
            where, size = living[arn] = self._known[arn]
            storage = "WARM" if cold_at is None or cold_at > moment else "COLD"
            key = Holding(*where, storage)
            count, total = held.get(key, (0, 0))
            held[key] = (count + 1, total + size)
        self._known = living
        self.tally.timeline[now] = held

    def _learn(self, connection: Connection, after: int) -> None:
        """Read the documents of new recovery points: their ids are greater than those that are known."""
        columns = sql_tables.recovery_points.c
        query = select(columns.arn, columns.region, columns.tags, columns.document)
        for row in connection.execute(query.where(columns.id > after)):
            document = orjson.loads(row.document)
            by = document.get("CreatedBy", {})
            where = (
                orjson.loads(row.tags).get(self._tier_tag, ""),
                by.get("BackupPlanName", ""),
                by.get("BackupRuleName", ""),
                document["BackupVaultName"],
                row.region,
                document["ResourceType"],
            )
            self._known[row.arn] = (where, document["BackupSizeInBytes"])

    def finish(self) -> SimulationTally:
        """Count the jobs, and give everything."""
        with self._database.read() as connection:
            for kind, table in (("backup", sql_tables.backup_jobs), ("copy", sql_tables.copy_jobs)):
                for (document,) in connection.execute(select(table.c.document).order_by(table.c.created)):
                    self._job(kind, orjson.loads(document))
        return self.tally

    def _job(self, kind: str, document: dict[str, Any]) -> None:
        by = document.get("CreatedBy", {})
        state, category = document["State"], document.get("MessageCategory", "")
        where = (kind, by.get("BackupPlanName", ""), by.get("BackupRuleName", ""), state, category)
        self.tally.jobs[JobKey(*where)] += 1
        if state in _GOOD and category in {"", "SUCCESS"}:
            return
        failure = FailedJobs(*where, document.get("StatusMessage", ""))
        self.tally.failures[failure] += 1
        named = self.tally.named.setdefault(failure, [])
        if len(named) < NAMED:
            job_id = document["BackupJobId" if kind == "backup" else "CopyJobId"]
            named.append(NamedJob(document["CreationDate"], job_id, document["ResourceArn"]))
