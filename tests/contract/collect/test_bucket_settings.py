"""What AWS Backup needs of a bucket: two calls each, where a tier demands whole backups, and there alone."""

from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, HOME, SINCE, World
from tests.loopback.world import Refused

WHOLE = "BKP-REC-004"
OPERATIONS = ("GetBucketVersioning", "GetBucketNotificationConfiguration")
ON: tuple[dict[str, Any], dict[str, Any]] = ({"Status": "Enabled"}, {"EventBridgeConfiguration": {}})
OFF: tuple[dict[str, Any], dict[str, Any]] = ({}, {})


GONE = None


def world(**buckets: tuple[dict[str, Any], dict[str, Any]] | None) -> World:
    """Buckets by name, with the answers of both operations; none of one that is gone by then."""
    made = World()
    for name in buckets:
        made.at().buckets.append({"Name": name, "CreationDate": SINCE})

    def answers(number: int) -> Any:
        def answer(_place: Any, given: Any) -> dict[str, Any]:
            held = buckets[given["Bucket"]]
            if held is None:
                raise Refused("NoSuchBucket", status=404)
            return held[number]

        return answer

    made.operations |= {("s3", operation): answers(number) for number, operation in enumerate(OPERATIONS)}
    return made


def judged(made: World, tmp_path: Path, *faults: Any, whole: bool = True, **tier: Any) -> Judgement:
    """An audit of one Region."""
    tier |= {"whole_backups": True} if whole else {}
    return audit(made, tmp_path, tier=tier, faults=list(faults), regions=[HOME])


def test_each_bucket_is_asked_and_judged(tmp_path: Path) -> None:
    """One that has all but a backup, one that lacks all, and one of which nothing can be said."""
    found = judged(world(good=ON, bad=OFF, gone=GONE), tmp_path)
    assert found.verdict(WHOLE, "arn:aws:s3:::gone") == "INSUFFICIENT_DATA"
    assert found.verdict(WHOLE, "arn:aws:s3:::good") == "NOT_APPLICABLE"
    assert found.codes(WHOLE, "arn:aws:s3:::bad") == ["not_versioned"]
    rows = Evidence.open(found.run).read("bucket_settings", ACCOUNT, HOME).to_pylist()
    assert sorted(rows, key=lambda row: row["arn"]) == [
        {"arn": "arn:aws:s3:::bad", "versioning": "off", "events": False},
        {"arn": "arn:aws:s3:::good", "versioning": "enabled", "events": True},
    ]
    calls = sorted(call.operation for call in found.calls if call.operation in OPERATIONS)
    assert calls == sorted([OPERATIONS[0], *OPERATIONS * 2])
    assert [gap["error"] for gap in found.gaps] == ["NotRead"]


@pytest.mark.long
@pytest.mark.parametrize("refused", [False, True])
def test_a_tier_that_accepts_versioning_too_takes_the_same_answer(tmp_path: Path, *, refused: bool) -> None:
    """Each bucket is asked once for it, and a refusal leaves both open."""
    faults = [denied("GetBucketVersioning")] if refused else []
    found = judged(world(good=ON), tmp_path, *faults, native={"coverage": ["versioning"]})
    assert [call.operation for call in found.calls].count("GetBucketVersioning") == 1
    verdicts = [found.verdict(one, "arn:aws:s3:::good") for one in (WHOLE, "BKP-COV-001")]
    assert verdicts == (["INSUFFICIENT_DATA"] * 2 if refused else ["NOT_APPLICABLE", "COMPLIANT"])
    provides = [gap["provides"] for gap in found.gaps]
    assert provides == ([["bucket_settings", "native_protection.versioning"]] if refused else [])


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
