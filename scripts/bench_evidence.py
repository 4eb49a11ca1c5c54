"""Synthetic evidence for the benchmark: accounts of volumes that were backed up once a day."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor import __version__
from auditor.evidence.store import EvidenceWriter
from auditor.evidence.tables import TABLES
from auditor.model.settings import Progress

REGION = "eu-central-1"
AS_OF = datetime(2026, 2, 9, tzinfo=UTC)
PERIOD_DAYS = 30
KEY = "arn:aws:kms:eu-central-1:{account}:key/bench"
DAY_MS = 86_400_000

PLAN = {
    "BackupPlanName": "silver",
    "Rules": [
        {
            "RuleName": "night",
            "RuleId": "rule-night",
            "TargetBackupVaultName": "silver",
            "ScheduleExpression": "cron(0 5 ? * * *)",
            "ScheduleExpressionTimezone": "Etc/UTC",
            "StartWindowMinutes": 60,
            "CompletionWindowMinutes": 120,
            "Lifecycle": {"DeleteAfterDays": 120},
        }
    ],
}
SELECTION = {
    "SelectionName": "silver",
    "IamRoleArn": "arn:aws:iam::{account}:role/service-role/AWSBackupDefaultServiceRole",
    "ListOfTags": [
        {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup-tier", "ConditionValue": "silver"}
    ],
}


def write_run(out: Path, *, accounts: int, resources: int, days: int, progress: Progress) -> Path:
    """Write a run: `resources` volumes an account, a recovery point each of the last `days` days."""
    ids = [f"{100000000000 + number}" for number in range(accounts)]
    with EvidenceWriter(out, "bench") as writer:
        for number, account in enumerate(ids):
            progress("writing evidence", number, accounts)
            for table, rows in _partition(account, resources, days).items():
                writer.write(table, rows, account, REGION)
            writer.finish(account, REGION)
        people = [
            {
                "account_id": i,
                "name": f"a{i}",
                "partition": "aws",
                "ou_path": ["Bench"],
                "status": "ACTIVE",
                "regions": [REGION],
            }
            for i in ids
        ]
        writer.write("accounts", pa.Table.from_pylist(people, schema=TABLES["accounts"]))
        metadata = {
            "run_id": "bench",
            "as_of": _text(AS_OF),
            "period_start": _text(AS_OF - timedelta(days=PERIOD_DAYS)),
            "period_end": _text(AS_OF),
            "partition": "aws",
            "regions": [REGION],
            "auditor_version": __version__,
            "management_account_id": ids[0],
        }
        return writer.commit(metadata)


def _partition(account: str, resources: int, days: int) -> dict[str, pa.Table]:
    begin = AS_OF - timedelta(days=days + 1)
    vault = f"arn:aws:backup:{REGION}:{account}:backup-vault:silver"
    numbers = pa.array(np.arange(resources).astype(str))
    arns = pc.binary_join_element_wise(f"arn:aws:ec2:{REGION}:{account}:volume/vol-", numbers, "")
    jobs_from = min(days, PERIOD_DAYS)
    return {
        "resources": _table(
            "resources",
            resources,
            arn=arns,
            resource_type="EBS",
            name=numbers,
            created_at=begin,
            tags=pa.array([[("backup-tier", "silver")]] * resources, TABLES["resources"].field("tags").type),
            encrypted=True,
            kms_key_arn=KEY.format(account=account),
        ),
        "backup_plans": _table(
            "backup_plans",
            1,
            plan_id="plan",
            arn=f"arn:aws:backup:{REGION}:{account}:backup-plan:plan",
            name="silver",
            version_id="1",
            valid_from=begin,
            document=json.dumps(PLAN),
        ),
        "backup_selections": _table(
            "backup_selections",
            1,
            plan_id="plan",
            selection_id="selection",
            name="silver",
            created_at=begin,
            document=json.dumps(SELECTION),
        ),
        "backup_vaults": _table(
            "backup_vaults",
            1,
            arn=vault,
            name="silver",
            vault_type="BACKUP_VAULT",
            created_at=begin,
            encryption_key_arn=KEY.format(account=account),
            locked=False,
        ),
        "region_settings": _table("region_settings", 1, resource_type="EBS", opted_in=True, managed=False),
        "keys": _table("keys", 1, arn=KEY.format(account=account), key_manager="CUSTOMER"),
        "backup_jobs": _jobs(arns, vault, resources, jobs_from),
        "recovery_points": _points(arns, vault, resources, days, account),
    }


def _created(resources: int, days: int) -> tuple[np.ndarray, np.ndarray]:
    """Day by day, every resource: the index of the resource, and the time in epoch milliseconds."""
    last = int(AS_OF.timestamp() * 1000) - DAY_MS + 5 * 3_600_000
    due = last - DAY_MS * np.arange(days - 1, -1, -1)
    resource = np.tile(np.arange(resources), days)
    return resource, np.repeat(due, resources) + resource * 1000


def _point_arns(number: int) -> pa.Array:
    return pc.binary_join_element_wise(
        f"arn:aws:ec2:{REGION}::snapshot/snap-", pa.array(np.arange(number).astype(str)), ""
    )


def _jobs(arns: pa.Array, vault: str, resources: int, days: int) -> pa.Table:
    resource, created = _created(resources, days)
    number = len(resource)
    return _table(
        "backup_jobs",
        number,
        job_id=pa.array(np.arange(number).astype(str)),
        resource_arn=arns.take(pa.array(resource)),
        resource_type="EBS",
        vault_arn=vault,
        recovery_point_arn=_point_arns(number),
        state="COMPLETED",
        message_category="SUCCESS",
        created_at=_times(created),
        completed_at=_times(created + 600_000),
        start_by=_times(created + 3_600_000),
        plan_id="plan",
        plan_version="1",
        rule_id="rule-night",
        size_bytes=1 << 30,
        is_parent=False,
    )


def _points(arns: pa.Array, vault: str, resources: int, days: int, account: str) -> pa.Table:
    resource, created = _created(resources, days)
    number = len(resource)
    return _table(
        "recovery_points",
        number,
        arn=_point_arns(number),
        vault_arn=vault,
        resource_arn=arns.take(pa.array(resource)),
        resource_type="EBS",
        status="COMPLETED",
        created_at=_times(created),
        completed_at=_times(created + 600_000),
        delete_after_days=120,
        delete_at=_times(created + 120 * DAY_MS),
        storage_class="WARM",
        encrypted=True,
        encryption_key_arn=KEY.format(account=account),
        plan_id="plan",
        rule_id="rule-night",
        size_bytes=1 << 30,
        is_parent=False,
    )


def _table(name: str, rows: int, /, **columns: Any) -> pa.Table:
    """Make `rows` rows of a table; a single value stands in every row, a column that is left out is null."""
    made = []
    for field in TABLES[name]:
        value = columns.get(field.name)
        if isinstance(value, pa.Array):
            made.append(value.cast(field.type))
        else:
            made.append(pa.repeat(pa.scalar(value, field.type), rows))
    return pa.Table.from_arrays(made, schema=TABLES[name])


def _times(epoch_ms: np.ndarray) -> pa.Array:
    return pa.array(epoch_ms).cast(pa.timestamp("ms", tz="UTC"))


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
