"""Evidence of a made-up organization, as a collector would have left it, with a few faults planted.

    python -m bench.synthetic FOLDER estate|history|neglected ACCOUNTS

Resources carry tags, a plan for each tier selects them by tag, and each due time of the last days has left a
job (of the last 30 days, as AWS lists no older ones) and a recovery point (as long as it is kept), newest
first. Start times differ by milliseconds, so hardly two resources share a longest gap.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive.schedule import Schedule
from auditor.evidence.store import EvidenceWriter
from auditor.evidence.table_schemas import TABLES
from bench.columns import identifiers, same, times, uuids, words

AS_OF: Final = datetime(2026, 2, 9, tzinfo=UTC)
PERIOD: Final = timedelta(days=30)
REGIONS: Final = ("eu-central-1", "eu-west-1")
#: What the planted faults must make the audit find, by control: nothing more and nothing less.
PLANTED: Final[Mapping[str, int]] = {"BKP-COV-001": 1, "BKP-ENC-001": 1, "BKP-FRQ-001": 1, "BKP-RET-002": 1}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
_WINDOW_MINUTES: Final = 60
_RUN_MS: Final = 20 * 60_000  # how long a backup takes
_TEAMS: Final = 40
_ROLE: Final = "role/service-role/AWSBackupDefaultServiceRole"

Ints = NDArray[np.int64]
Part = tuple[str, str, pa.Table]


@dataclass(frozen=True, slots=True)
class Group:
    """Resources of one tier: their share of all, the plan's schedules, days kept, and whether it copies.

    Without schedules they have no plan. A group with a `plan` of its own has a tag for that, and the tier by
    default.
    """

    tier: str
    share: float
    schedules: tuple[str, ...]
    days: int
    copies: bool = False
    plan: str = ""

    @property
    def plan_name(self) -> str:
        """What its plan is called: as the tier, if it has no name of its own."""
        return self.plan or self.tier

    @property
    def tag(self) -> tuple[str, str]:
        """By which tag its plan selects."""
        return ("backup-plan", self.plan) if self.plan else ("backup-tier", self.tier)


@dataclass(frozen=True, slots=True)
class Shape:
    """An organization: accounts (of two Regions each), resources in each Region, and their groups."""

    accounts: int
    resources: int
    groups: tuple[Group, ...]
    planted: bool = True  # whether it has the faults of `PLANTED`


_NIGHT: Final = "cron(0 1 * * ? *)"
#: A mixed estate: 15 recovery points and 19 jobs for each resource.
ESTATE: Final = (
    Group("gold", 0.05, (_NIGHT, "cron(0 13 * * ? *)"), 35, copies=True),
    Group("silver", 0.45, (_NIGHT,), 14),
    Group("bronze", 0.5, ("cron(0 1 ? * SUN *)",), 28),
)
#: The same, but a tenth of it has no plan, and a tenth one that runs too seldom.
NEGLECTED: Final = (
    Group("gold", 0.05, (_NIGHT, "cron(0 13 * * ? *)"), 35, copies=True),
    Group("silver", 0.45, (_NIGHT,), 14),
    Group("bronze", 0.3, ("cron(0 1 ? * SUN *)",), 28),
    Group("bronze", 0.1, ("cron(0 1 1 * ? *)",), 28, plan="seldom"),
    Group("bronze", 0.1, (), 0, plan="none"),
)
#: Three backups a day, each kept for 34 days: 102 recovery points and 90 jobs for each resource.
HISTORY: Final = (Group("silver", 1.0, ("cron(0 1,9,17 * * ? *)",), 34),)


@dataclass(frozen=True, slots=True)
class _Place:
    """An account and Region, its number of random digits, and where its copies go."""

    account: str
    region: str
    away: str
    random: np.random.Generator

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        return f"arn:aws:{service}:{region or self.region}:{self.account}:{resource}"

    def vault(self, region: str | None = None) -> str:
        return self.arn("backup", "backup-vault:main", region)

    def key(self, region: str | None = None) -> str:
        return self.arn("kms", "key/7d3c7a54-1f0e-4b6a-9f6e-000000000001", region)


@dataclass(frozen=True, slots=True)
class _Runs:
    """Every backup of one group, newest first: whose, when it began (ms), by which rule, and if it failed."""

    group: Group
    resource: Ints
    created: Ints
    rule: Ints
    failed: NDArray[np.bool_]


def write_run(out: Path, run_id: str, shape: Shape) -> Path:
    """Write the evidence of `shape` as the run `run_id` under `out`: always the same."""
    accounts = [f"{100_000_000_000 + number}" for number in range(shape.accounts)]
    with EvidenceWriter(out, run_id) as writer:
        writer.write("accounts", _accounts(accounts))
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            parts = enumerate(accounts)
            list(pool.map(lambda part: _write_account(writer, part[1], shape, part[0]), parts))
        return writer.commit(
            {
                "as_of": AS_OF.isoformat(),
                "period_start": (AS_OF - PERIOD).isoformat(),
                "period_end": AS_OF.isoformat(),
                "collected_at": AS_OF.isoformat(),
                "partition": "aws",
                "regions": list(REGIONS),
                "run_id": run_id,
                "auditor_version": "0",
                "management_account_id": accounts[0],
            }
        )


def _write_account(writer: EvidenceWriter, account: str, shape: Shape, number: int) -> None:
    for side, region in enumerate(REGIONS):
        place = _Place(account, region, REGIONS[1 - side], np.random.default_rng([number, side]))
        for table, where, data in _tables(place, shape, faulty=shape.planted and number == side == 0):
            writer.write(table, data, account, where)
    for region in REGIONS:
        writer.finish(account, region)


def _accounts(accounts: list[str]) -> pa.Table:
    rows = [
        {
            "account_id": account,
            "name": f"team-{number}",
            "partition": "aws",
            "ou_path": ["Workloads", f"Unit {number % 5}"],
            "status": "ACTIVE",
            "regions": list(REGIONS),
        }
        for number, account in enumerate(accounts)
    ]
    return pa.Table.from_pylist(rows, TABLES["accounts"])


def _tables(place: _Place, shape: Shape, *, faulty: bool) -> Iterator[Part]:
    """Every table of one account and Region, and the copies that it leaves in the other."""
    sizes = [round(group.share * shape.resources) for group in shape.groups]
    yield from _settings(place, shape.groups)
    volumes = identifiers(place.arn("ec2", "volume/vol-"), place.random, sum(sizes))
    yield "resources", place.region, _resources(place, shape.groups, sizes, volumes, faulty=faulty)
    first = 0
    for group, size in zip(shape.groups, sizes, strict=True):
        if not group.schedules:
            continue
        # the planted faults are in the last group: it is never copied
        runs = _runs(place, group, first, size, faulty=faulty and group is shape.groups[-1])
        yield from _history(place, runs, volumes, faulty=faulty and group is shape.groups[-1])
        first += size


def _settings(place: _Place, groups: tuple[Group, ...]) -> Iterator[Part]:
    def rows(table: str, *entries: dict[str, Any]) -> Part:
        return table, place.region, pa.Table.from_pylist(list(entries), TABLES[table])

    start = AS_OF - timedelta(days=90)
    yield rows("region_settings", {"resource_type": "EBS", "opted_in": True, "managed": False})
    yield rows("keys", {"arn": place.key(), "key_manager": "CUSTOMER"})
    vault = {"arn": place.vault(), "name": "main", "vault_type": "BACKUP_VAULT", "created_at": start}
    lock = {"locked": True, "min_retention_days": 7, "max_retention_days": 120, "lock_date": start}
    yield rows("backup_vaults", {**vault, **lock, "encryption_key_arn": place.key()})
    planned = [group for group in groups if group.schedules]
    plans = [
        {
            "plan_id": f"plan-{group.plan_name}",
            "arn": place.arn("backup", f"backup-plan:plan-{group.plan_name}"),
            "name": group.plan_name,
            "version_id": "v1",
            "valid_from": start,
            "document": orjson.dumps(_plan(place, group)).decode(),
        }
        for group in planned
    ]
    yield rows("backup_plans", *plans)
    selections = [
        {
            "plan_id": f"plan-{group.plan_name}",
            "selection_id": f"selection-{group.plan_name}",
            "name": group.plan_name,
            "created_at": start,
            "document": orjson.dumps(_selection(place, group)).decode(),
        }
        for group in planned
    ]
    yield rows("backup_selections", *selections)


def _plan(place: _Place, group: Group) -> dict[str, Any]:
    lifecycle = {"DeleteAfterDays": group.days}
    copy = {"DestinationBackupVaultArn": place.vault(place.away), "Lifecycle": lifecycle}
    rules = [
        {
            "RuleName": f"rule-{number}",
            "RuleId": f"rule-{group.plan_name}-{number}",
            "TargetBackupVaultName": "main",
            "ScheduleExpression": schedule,
            "StartWindowMinutes": _WINDOW_MINUTES,
            "CompletionWindowMinutes": 2 * _WINDOW_MINUTES,
            "Lifecycle": lifecycle,
            "CopyActions": [copy] if group.copies else [],
        }
        for number, schedule in enumerate(group.schedules)
    ]
    return {"BackupPlanName": group.plan_name, "Rules": rules}


def _selection(place: _Place, group: Group) -> dict[str, Any]:
    key, value = group.tag
    tag = {"ConditionKey": f"aws:ResourceTag/{key}", "ConditionValue": value}
    return {
        "SelectionName": group.plan_name,
        "IamRoleArn": f"arn:aws:iam::{place.account}:{_ROLE}",
        "Resources": ["*"],
        "Conditions": {"StringEquals": [tag]},
    }


def _resources(
    place: _Place, groups: tuple[Group, ...], sizes: list[int], volumes: pa.Array, *, faulty: bool
) -> pa.Table:
    own = [group for group, size in zip(groups, sizes, strict=True) for _ in range(size)]
    tags = [
        {
            "Name": f"disk-{number}",
            "team": f"team-{number % _TEAMS}",
            "env": "prod",
            group.tag[0]: group.tag[1],
        }
        for number, group in enumerate(own)
    ]
    if faulty:
        tags[-1]["Backup-Tier"] = tags[-1].pop("backup-tier")
    rows = len(tags)
    return _table(
        "resources",
        rows,
        arn=volumes,
        resource_type=same("EBS", pa.string(), rows),
        name=pa.array([tag["Name"] for tag in tags]),
        created_at=times(np.full(rows, _ms(AS_OF) - 400 * _DAY_MS)),
        tags=pa.array([list(tag.items()) for tag in tags], TABLES["resources"].field("tags").type),
        encrypted=same(True, pa.bool_(), rows),  # noqa: FBT003 -- a value
        kms_key_arn=same(place.key(), pa.string(), rows),
    )


def _runs(place: _Place, group: Group, first: int, size: int, *, faulty: bool) -> _Runs:
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
    lost = (owner == 0) & (abs(created - (_ms(AS_OF) - 12 * _DAY_MS)) < 5 * _DAY_MS)
    return _Runs(group, owner + first, created, rules[at], lost if faulty else np.zeros(len(at), bool))


def _history(place: _Place, runs: _Runs, volumes: pa.Array, *, faulty: bool) -> Iterator[Part]:
    """Jobs, recovery points and, in the other Region, copies."""
    points = identifiers(f"arn:aws:ec2:{place.region}::snapshot/snap-", place.random, len(runs.created))
    listed = np.flatnonzero(runs.created >= _ms(AS_OF - PERIOD))
    yield "backup_jobs", place.region, _jobs(place, runs, volumes, points, listed)
    kept = np.flatnonzero((runs.created + runs.group.days * _DAY_MS > _ms(AS_OF)) & ~runs.failed)
    yield "recovery_points", place.region, _points(place, runs, volumes, points, kept, faulty=faulty)
    if runs.group.copies:
        copies = identifiers(f"arn:aws:ec2:{place.away}::snapshot/snap-", place.random, len(points))
        yield "recovery_points", place.away, _points(place, runs, volumes, copies, kept, copied=True)
        yield "copy_jobs", place.region, _copies(place, runs, volumes, points, copies, listed)


def _jobs(place: _Place, runs: _Runs, volumes: pa.Array, points: pa.Array, chosen: Ints) -> pa.Table:
    rows, failed = len(chosen), runs.failed[chosen].astype(np.int64)
    return _table(
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
    place: _Place,
    runs: _Runs,
    volumes: pa.Array,
    arns: pa.Array,
    chosen: Ints,
    *,
    copied: bool = False,
    faulty: bool = False,
) -> pa.Table:
    rows, region = len(chosen), place.away if copied else place.region
    created = runs.created[chosen] + (_HOUR_MS if copied else 0)
    delete, encrypted = created + runs.group.days * _DAY_MS, np.ones(rows, bool)
    if faulty:
        delete[0] -= (runs.group.days - 13) * _DAY_MS
        encrypted[1] = False
    return _table(
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
    place: _Place, runs: _Runs, volumes: pa.Array, points: pa.Array, copies: pa.Array, chosen: Ints
) -> pa.Table:
    rows, taken = len(chosen), pa.array(chosen)
    return _table(
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


def _made_by(runs: _Runs, chosen: Ints, version: str | None = None) -> dict[str, pa.Array]:
    name, rows = runs.group.plan_name, len(chosen)
    names = [f"rule-{name}-{number}" for number in range(len(runs.group.schedules))]
    versions = {version: same("v1", pa.string(), rows)} if version else {}
    plan = same(f"plan-{name}", pa.string(), rows)
    return {"plan_id": plan, "rule_id": words(names, runs.rule[chosen]), **versions}


def _table(table: str, size: int, /, **columns: pa.Array) -> pa.Table:
    """A table of the evidence; a column that is not given is null."""
    schema = TABLES[table]
    arrays = [
        columns[field.name] if field.name in columns else pa.nulls(size, field.type) for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _ms(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


if __name__ == "__main__":
    folder, name = Path(sys.argv[1]), sys.argv[2]
    groups = {"estate": ESTATE, "history": HISTORY, "neglected": NEGLECTED}[name]
    planted = groups is not NEGLECTED
    write_run(folder, name, Shape(int(sys.argv[3]), 1000, groups, planted))
    (folder / f"{name}.planted.json").write_text(json.dumps(PLANTED))
