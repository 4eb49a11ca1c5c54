"""Calculated dates of recovery points (aws-backup.md 4.3)."""

from typing import Any

import orjson
import pytest

from auditor.executor.engine.pace import duration_ms, wait_ms
from auditor.executor.engine.points import EXPIRY_SPREAD_MS, with_lifecycle
from auditor.executor.times import DAY_MS, MINUTE_MS

CREATED = 1_767_574_800_000
COLD = {"MoveToColdStorageAfterDays": 30, "DeleteAfterDays": 120}
ARCHIVE = COLD | {"OptInToArchiveForSupportedResources": True}


@pytest.mark.parametrize(
    ("resource_type", "managed", "lifecycle", "expected"),
    [
        ("RDS", False, None, {}),
        ("RDS", False, {"DeleteAfterDays": -1}, {}),
        ("RDS", False, {"DeleteAfterDays": 1}, {"DeleteAt": 1}),
        ("RDS", False, COLD, {"DeleteAt": 120}),
        ("EBS", False, COLD, {"DeleteAt": 120}),
        ("EBS", False, ARCHIVE, {"MoveToColdStorageAt": 30, "DeleteAt": 120}),
        ("DynamoDB", False, COLD, {"DeleteAt": 120}),
        ("DynamoDB", True, COLD, {"MoveToColdStorageAt": 30, "DeleteAt": 120}),
        ("EFS", True, COLD, {"MoveToColdStorageAt": 30, "DeleteAt": 120}),
        ("S3", True, COLD, {"DeleteAt": 120}),
    ],
)
def test_calculated_lifecycle(
    resource_type: str, *, managed: bool, lifecycle: dict[str, Any] | None, expected: dict[str, int]
) -> None:
    """Days after the creation; cold storage only where the type has it."""
    row = {"arn": "arn:x", "resource_type": resource_type, "created": CREATED}
    found = with_lifecycle({"Lifecycle": {"DeleteAfterDays": 5}}, row, lifecycle, fully_managed=managed)

    document = {"Lifecycle": lifecycle} if lifecycle else {}
    if expected:
        document["CalculatedLifecycle"] = {
            k: (CREATED + days * DAY_MS) / 1000 for k, days in expected.items()
        }
    assert orjson.loads(found["document"]) == document
    assert found["cold_at"] == (CREATED + 30 * DAY_MS if "MoveToColdStorageAt" in expected else None)
    if "DeleteAt" in expected:
        assert 0 <= found["expire_at"] - CREATED - expected["DeleteAt"] * DAY_MS < EXPIRY_SPREAD_MS
    else:
        assert found["expire_at"] is None


def test_pace_is_the_same_each_time_and_fits_the_shortest_windows() -> None:
    """A job alone starts within 10 minutes and ends within 30: inside the shortest start window."""
    ids = [f"job-{number}" for number in range(2000)]
    waits, durations = [wait_ms(i) for i in ids], [duration_ms(i) for i in ids]

    assert (waits, durations) == ([wait_ms(i) for i in ids], [duration_ms(i) for i in ids])
    assert (min(waits) >= MINUTE_MS, max(waits) < 10 * MINUTE_MS) == (True, True)
    assert (min(durations) >= 2 * MINUTE_MS, max(durations) < 20 * MINUTE_MS) == (True, True)
    assert len(set(waits)) > 100
