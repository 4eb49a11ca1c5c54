"""A recovery point's end: deleted with its native backup, or EXPIRED where that fails (aws-backup.md 4.3)."""

from functools import partial
from typing import Any

import orjson

from auditor.executor.engine.run import Run
from auditor.executor.services.base import DriverError


def watch(run: Run, row: dict[str, Any]) -> None:
    """Have the recovery point of `row` deleted when its time comes."""
    if row["expire_at"] is not None:
        run.at(row["expire_at"], partial(_expire, run, row))


def _expire(run: Run, row: dict[str, Any], now: int) -> None:
    place = {"b_account_id": row["account_id"], "b_region": row["region"], "b_arn": row["arn"]}
    document = orjson.loads(row["document"])
    driver = run.service.driver(row["resource_type"], managed=is_managed(row["arn"]))
    run.set_time(now)
    try:
        driver.delete(row["arn"], row["account_id"], row["region"])
    except DriverError as error:
        document |= {"Status": "EXPIRED", "StatusMessage": error.message}
        run.writes.not_deleted.append(place | {"b_document": orjson.dumps(document)})
        return
    run.writes.expired.append(place)


def is_managed(recovery_point_arn: str) -> bool:
    """Whether the executor stores it itself: then it has an ARN of AWS Backup (aws-backup.md 4.11)."""
    return recovery_point_arn.split(":", 3)[2] == "backup"
