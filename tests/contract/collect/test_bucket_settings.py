"""What AWS Backup needs of a bucket: two calls each, where a tier demands whole backups, and there alone."""

from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, HOME, SINCE, World

WHOLE = "BKP-REC-004"
OPERATIONS = ("GetBucketVersioning", "GetBucketNotificationConfiguration")
ON: tuple[dict[str, Any], dict[str, Any]] = ({"Status": "Enabled"}, {"EventBridgeConfiguration": {}})
OFF: tuple[dict[str, Any], dict[str, Any]] = ({}, {})


def world(**buckets: tuple[dict[str, Any], dict[str, Any]]) -> World:
    """Buckets by name, with the answers of both operations."""
    made = World()
    for name in buckets:
        made.at().buckets.append({"Name": name, "CreationDate": SINCE})

    def answers(number: int) -> Any:
        return lambda _place, given: buckets[given["Bucket"]][number]

    made.operations |= {("s3", operation): answers(number) for number, operation in enumerate(OPERATIONS)}
    return made


def judged(made: World, tmp_path: Path, *faults: Any, whole: bool = True) -> Judgement:
    """An audit of one Region."""
    tier = {"whole_backups": True} if whole else {}
    return audit(made, tmp_path, tier=tier, faults=list(faults), regions=[HOME])


def test_each_bucket_is_asked_and_judged(tmp_path: Path) -> None:
    """One that has all that is needed, and one that has none of it."""
    found = judged(world(good=ON, bad=OFF), tmp_path)
    assert found.verdict(WHOLE, "arn:aws:s3:::good") == "COMPLIANT"
    assert found.codes(WHOLE, "arn:aws:s3:::bad") == ["not_versioned"]
    rows = Evidence.open(found.run).read("bucket_settings", ACCOUNT, HOME).to_pylist()
    assert sorted(rows, key=lambda row: row["arn"]) == [
        {"arn": "arn:aws:s3:::bad", "versioning": "off", "events": False},
        {"arn": "arn:aws:s3:::good", "versioning": "enabled", "events": True},
    ]
    calls = sorted(call.operation for call in found.calls if call.operation in OPERATIONS)
    assert calls == sorted([*OPERATIONS, *OPERATIONS])


@pytest.mark.long
@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_was_denied_is_unknown(tmp_path: Path, operation: str) -> None:
    """The gap names the call."""
    found = judged(world(good=ON), tmp_path, denied(operation))
    assert found.verdict(WHOLE, "arn:aws:s3:::good") == "INSUFFICIENT_DATA"
    assert [(gap["operation"], gap["provides"]) for gap in found.gaps] == [(operation, ["bucket_settings"])]


@pytest.mark.long
def test_without_such_a_tier_no_bucket_is_asked(tmp_path: Path) -> None:
    """Nor is any judged."""
    found = judged(world(good=ON), tmp_path, whole=False)
    assert not {call.operation for call in found.calls}.intersection(OPERATIONS)
    assert found.verdict(WHOLE, "arn:aws:s3:::good") == "NOT_APPLICABLE"
