"""Evidence of a made-up organization, as a collector would have left it, with a few faults planted.

    python -m bench.synthetic FOLDER estate|history|neglected ACCOUNTS

Resources carry tags, a plan for each tier selects them by tag, and each due time of the last days has left a
job (of the last 30 days, as AWS lists no older ones) and a recovery point (as long as it is kept), newest
first. Start times differ by milliseconds, so hardly two resources share a longest gap.
"""

import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa

from auditor.evidence.store import EvidenceWriter
from auditor.evidence.table_schemas import TABLES
from bench.columns import identifiers, same, times
from bench.histories import DAY_MS, Part, Place, backups, history, since_epoch, table_of
from bench.shapes import AS_OF, ESTATE, HISTORY, NEGLECTED, PERIOD, PLANTED, REGIONS, Group, Shape

_WINDOW_MINUTES: Final = 60
_TEAMS: Final = 40
_ROLE: Final = "role/service-role/AWSBackupDefaultServiceRole"


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
        place = Place(account, region, REGIONS[1 - side], np.random.default_rng([number, side]))
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


def _tables(place: Place, shape: Shape, *, faulty: bool) -> Iterator[Part]:
    """Every table of one account and Region, and the copies that it leaves in the other."""
    sizes = [round(group.share * shape.resources) for group in shape.groups]
    yield from _settings(place, shape.groups)
    volumes = identifiers(place.arn("ec2", "volume/vol-"), place.random, sum(sizes))
    yield "resources", place.region, _resources(place, shape.groups, sizes, volumes, faulty=faulty)
    first = 0
    for group, size in zip(shape.groups, sizes, strict=True):
        # the planted faults are in the last group: it is never copied
        planted = faulty and group is shape.groups[-1]
        if group.schedules:
            yield from history(
                place, backups(place, group, first, size, faulty=planted), volumes, faulty=planted
            )
        first += size


def _settings(place: Place, groups: tuple[Group, ...]) -> Iterator[Part]:
    def rows(table: str, *entries: dict[str, Any]) -> Part:
        return table, place.region, pa.Table.from_pylist(list(entries), TABLES[table])

    start = AS_OF - timedelta(days=90)
    yield rows("region_settings", {"resource_type": "EBS", "opted_in": True, "managed": False})
    yield rows("keys", {"arn": place.key(), "key_manager": "CUSTOMER", "state": "Enabled"})
    vault = {"arn": place.vault(), "name": "main", "vault_type": "BACKUP_VAULT", "created_at": start}
    lock = {"locked": True, "min_retention_days": 7, "max_retention_days": 120, "lock_date": start}
    yield rows("backup_vaults", {**vault, **lock, "encryption_key_arn": place.key()})
    yield rows("vault_policies", {"vault_arn": place.vault()})
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


def _plan(place: Place, group: Group) -> dict[str, Any]:
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


def _selection(place: Place, group: Group) -> dict[str, Any]:
    key, value = group.tag
    tag = {"ConditionKey": f"aws:ResourceTag/{key}", "ConditionValue": value}
    return {
        "SelectionName": group.plan_name,
        "IamRoleArn": f"arn:aws:iam::{place.account}:{_ROLE}",
        "Resources": ["*"],
        "Conditions": {"StringEquals": [tag]},
    }


def _resources(
    place: Place, groups: tuple[Group, ...], sizes: list[int], volumes: pa.Array, *, faulty: bool
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
    return table_of(
        "resources",
        rows,
        arn=volumes,
        resource_type=same("EBS", pa.string(), rows),
        name=pa.array([tag["Name"] for tag in tags]),
        created_at=times(np.full(rows, since_epoch(AS_OF) - 400 * DAY_MS)),
        tags=pa.array([list(tag.items()) for tag in tags], TABLES["resources"].field("tags").type),
        encrypted=same(True, pa.bool_(), rows),  # noqa: FBT003 -- a value
        kms_key_arn=same(place.key(), pa.string(), rows),
    )


if __name__ == "__main__":
    folder, name = Path(sys.argv[1]), sys.argv[2]
    groups = {"estate": ESTATE, "history": HISTORY, "neglected": NEGLECTED}[name]
    shape = Shape(int(sys.argv[3]), 1000, groups, planted=groups is not NEGLECTED)
    write_run(folder, name, shape)
    (folder / f"{name}.planted.json").write_text(json.dumps(PLANTED if shape.planted else {}))
