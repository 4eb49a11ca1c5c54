"""What the plans of a made-up organization left behind: jobs, recovery points and copies."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.schedule import Schedule
from auditor.evidence.table_schemas import TABLES
from bench.columns import identifiers, same, times, uuids, words
from bench.shapes import AS_OF, PERIOD, Group

DAY_MS: Final = 24 * 3_600_000

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_MS: Final = 3_600_000
_RUN_MS: Final = 20 * 60_000  # how long a backup takes

Ints = NDArray[np.int64]
Part = tuple[str, str, pa.Table]


@dataclass(frozen=True, slots=True)
class Place:
    """An account and Region, its number of random digits, and where its copies go."""

    account: str
    region: str
    away: str
    random: np.random.Generator

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        """The ARN of something of a service here, or in another Region."""
        return f"arn:aws:{service}:{region or self.region}:{self.account}:{resource}"

    def vault(self, region: str | None = None) -> str:
        """The ARN of the one vault of a Region."""
        return self.arn("backup", "backup-vault:main", region)

    def key(self, region: str | None = None) -> str:
        """The ARN of the one key of a Region."""
        return self.arn("kms", "key/7d3c7a54-1f0e-4b6a-9f6e-000000000001", region)


@dataclass(frozen=True, slots=True)
class Runs:
    """Every backup of one group, newest first: whose, when it began (ms), by which rule, and if it failed."""

    group: Group
    resource: Ints
    created: Ints
    rule: Ints
    failed: NDArray[np.bool_]


def backups(place: Place, group: Group, first: int, size: int, *, faulty: bool) -> Runs:
    """When each backup of the group began: its due time, and up to 55 minutes of its start window."""
    start = AS_OF - max(PERIOD, timedelta(days=group.days, hours=8))
    due_by_rule = [Schedule.parse(item).due_ms(start, AS_OF) for item in group.schedules]
    due = np.concatenate(due_by_rule)
    rules = np.repeat(np.arange(len(due_by_rule)), [len(item) for item in due_by_rule])
    owner, at = np.divmod(np.arange(size * len(due)), max(len(due), 1))
    created = due[at] + place.random.integers(0, 55 * 60_000, len(at))
    order = np.argsort(-created, kind="stable")
    owner, at, created = owner[order], at[order], created[order]
    # the first resource of the group misses ten days: longer than any tier of the last group allows
    lost = (owner == 0) & (abs(created - (since_epoch(AS_OF) - 12 * DAY_MS)) < 5 * DAY_MS)
    return Runs(group, owner + first, created, rules[at], lost if faulty else np.zeros(len(at), bool))


def history(place: Place, runs: Runs, volumes: pa.Array, *, faulty: bool) -> Iterator[Part]:
    """Jobs, recovery points and, in the other Region, copies."""
    points = identifiers(f"arn:aws:ec2:{place.region}::snapshot/snap-", place.random, len(runs.created))
    listed = np.flatnonzero(runs.created >= since_epoch(AS_OF - PERIOD))
    yield "backup_jobs", place.region, _jobs(place, runs, volumes, points, listed)
    kept = np.flatnonzero((runs.created + runs.group.days * DAY_MS > since_epoch(AS_OF)) & ~runs.failed)
    yield "recovery_points", place.region, _points(place, runs, volumes, points, kept, faulty=faulty)
    if runs.group.copies:
        copies = identifiers(f"arn:aws:ec2:{place.away}::snapshot/snap-", place.random, len(points))
        yield "recovery_points", place.away, _points(place, runs, volumes, copies, kept, copied=True)
        yield "copy_jobs", place.region, _copies(place, runs, volumes, points, copies, listed)


def _jobs(place: Place, runs: Runs, volumes: pa.Array, points: pa.Array, chosen: Ints) -> pa.Table:
    rows, failed = len(chosen), runs.failed[chosen].astype(np.int64)
    return table_of(
        "backup_jobs",
        rows,
        job_id=uuids("", place.random, rows),
        resource_arn=volumes.take(pa.array(runs.resource[chosen])),
        resource_type=same("EBS", pa.string(), rows),
        vault_arn=same(place.vault(), pa.string(), rows),
        recovery_point_arn=points.take(pa.array(chosen, mask=failed == 1)),
        state=words(["COMPLETED", "FAILED"], failed),
        message_category=words(["SUCCESS", "FAILURE"], failed),
        message=words([None, "The snapshot limit is reached."], failed),
        created_at=times(runs.created[chosen]),
        completed_at=times(runs.created[chosen] + _RUN_MS),
        **_made_by(runs, chosen, version="plan_version"),
        delete_after_days=same(runs.group.days, pa.int64(), rows),
        size_bytes=same(8 << 30, pa.int64(), rows),
        is_parent=same(False, pa.bool_(), rows),  # noqa: FBT003 -- a value
    )


def _points(
    place: Place,
    runs: Runs,
    volumes: pa.Array,
    arns: pa.Array,
    chosen: Ints,
    *,
    copied: bool = False,
    faulty: bool = False,
) -> pa.Table:
    rows, region = len(chosen), place.away if copied else place.region
    created = runs.created[chosen] + (_HOUR_MS if copied else 0)
    delete, encrypted = created + runs.group.days * DAY_MS, np.ones(rows, bool)
    if faulty:
        delete[0] -= (runs.group.days - 13) * DAY_MS
        encrypted[1] = False
    return table_of(
        "recovery_points",
        rows,
        arn=arns.take(pa.array(chosen)),
        vault_arn=same(place.vault(region), pa.string(), rows),
        resource_arn=volumes.take(pa.array(runs.resource[chosen])),
        resource_type=same("EBS", pa.string(), rows),
        status=same("COMPLETED", pa.string(), rows),
        created_at=times(created),
        completed_at=times(created + _RUN_MS),
        delete_after_days=same(runs.group.days, pa.int64(), rows),
        delete_at=times(delete),
        encrypted=pa.array(encrypted),
        encryption_key_arn=same(place.key(region), pa.string(), rows),
        encryption_key_type=same("CUSTOMER_MANAGED_KMS_KEY", pa.string(), rows),
        source_vault_arn=same(place.vault() if copied else None, pa.string(), rows),
        **_made_by(runs, chosen),
        size_bytes=same(8 << 30, pa.int64(), rows),
        is_parent=same(False, pa.bool_(), rows),  # noqa: FBT003 -- a value
    )


def _copies(
    place: Place, runs: Runs, volumes: pa.Array, points: pa.Array, copies: pa.Array, chosen: Ints
) -> pa.Table:
    rows, taken = len(chosen), pa.array(chosen)
    return table_of(
        "copy_jobs",
        rows,
        job_id=uuids("", place.random, rows),
        resource_arn=volumes.take(pa.array(runs.resource[chosen])),
        resource_type=same("EBS", pa.string(), rows),
        source_vault_arn=same(place.vault(), pa.string(), rows),
        source_recovery_point_arn=points.take(taken),
        destination_vault_arn=same(place.vault(place.away), pa.string(), rows),
        destination_recovery_point_arn=copies.take(taken),
        state=same("COMPLETED", pa.string(), rows),
        message_category=same("SUCCESS", pa.string(), rows),
        created_at=times(runs.created[chosen] + _HOUR_MS),
        completed_at=times(runs.created[chosen] + _HOUR_MS + _RUN_MS),
        **_made_by(runs, chosen),
    )


def _made_by(runs: Runs, chosen: Ints, version: str | None = None) -> dict[str, pa.Array]:
    name, rows = runs.group.plan_name, len(chosen)
    names = [f"rule-{name}-{number}" for number in range(len(runs.group.schedules))]
    versions = {version: same("v1", pa.string(), rows)} if version else {}
    plan = same(f"plan-{name}", pa.string(), rows)
    return {"plan_id": plan, "rule_id": words(names, runs.rule[chosen]), **versions}


def table_of(table: str, size: int, /, **columns: pa.Array) -> pa.Table:
    """A table of the evidence; a column that is not given is null."""
    schema = TABLES[table]
    arrays = [
        columns[field.name] if field.name in columns else pa.nulls(size, field.type) for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def since_epoch(moment: datetime) -> int:
    """Milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)
