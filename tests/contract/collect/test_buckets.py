"""S3 Versioning, Object Lock and Replication: a call a bucket, where a tier accepts it, and what it tells."""

from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import ACCOUNT, HOME, SINCE, World
from tests.loopback.world import Refused

KINDS = ["object_lock", "replication", "versioning"]
OTHER = "444455556666"
ACCEPTED = {"native": {"coverage": KINDS, "frequency": KINDS, "retention": KINDS}}
LOCKED = {"ObjectLockEnabled": "Enabled"}
KEYS = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
OPERATIONS = {
    "GetBucketVersioning", "GetBucketLifecycleConfiguration", "GetObjectLockConfiguration",
    "GetBucketReplication",
}  # fmt: skip


def rule(account: str | None = OTHER, status: str = "Enabled", **members: Any) -> dict[str, Any]:
    """A rule of replication of all objects."""
    to = {"Bucket": "arn:aws:s3:::copies"} | ({} if account is None else {"Account": account})
    return {"Status": status, "Priority": 1, "Filter": {"Prefix": ""}, "Destination": to} | members


def ends(days: int, status: str = "Enabled") -> dict[str, Any]:
    """A rule of a lifecycle that ends versions."""
    return {
        "Status": status,
        "Filter": {"Prefix": "a/"},
        "NoncurrentVersionExpiration": {"NoncurrentDays": days},
    }


class Buckets(World):
    """An organization whose buckets answer: by name and operation."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, dict[str, Any]] = {}


def bucket(world: Buckets, name: str, **answers: Any) -> str:
    """Add a bucket; `answers` are by operation, "" and no answer being what S3 says where there is none."""
    world.at().buckets.append({"Name": name, "CreationDate": SINCE})
    world.answers[name] = answers
    return f"arn:aws:s3:::{name}"


def organization() -> Buckets:
    """One whose buckets answer."""
    world = Buckets()
    errors = {
        "GetBucketLifecycleConfiguration": "NoSuchLifecycleConfiguration",
        "GetObjectLockConfiguration": "ObjectLockConfigurationNotFoundError",
        "GetBucketReplication": "ReplicationConfigurationNotFoundError",
    }

    def answer(operation: str) -> Any:
        def of(_place: Any, given: Any) -> dict[str, Any]:
            held = world.answers[given["Bucket"]]
            if operation in held:
                return dict(held[operation])
            if operation in errors:
                raise Refused(errors[operation], status=404)
            return {}

        return of

    world.operations |= {("s3", one): answer(one) for one in OPERATIONS}
    return world


def told(judged: Judgement, arn: str) -> dict[str, tuple[bool, int | None]]:
    """What the evidence says of a bucket."""
    rows = Evidence.open(judged.run).read("native_protection", ACCOUNT, HOME).to_pylist()
    return {row["kind"]: (row["enabled"], row["retention_days"]) for row in rows if row["arn"] == arn}


def verdicts(judged: Judgement, arn: str) -> list[str]:
    """Coverage, the longest gap, the newest, retention."""
    return [judged.verdict(one, arn) for one in ("BKP-COV-001", "BKP-FRQ-001", "BKP-FRQ-002", "BKP-RET-008")]


def lock(mode: str, **period: int) -> dict[str, Any]:
    """A default retention of a bucket with Object Lock."""
    return {"ObjectLockConfiguration": {**LOCKED, "Rule": {"DefaultRetention": {"Mode": mode, **period}}}}


ON = {"GetBucketVersioning": {"Status": "Enabled"}}
#: By name: what S3 answers of a bucket, what is told of it, and the verdicts.
PASS, FIND, OPEN, NONE = "COMPLIANT", "NON_COMPLIANT", "INSUFFICIENT_DATA", "NOT_APPLICABLE"
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[str]]] = {
    "plain": ({}, {"versioning": (False, None), "object_lock": (False, None), "replication": (False, None)},
              [FIND, FIND, FIND, NONE]),
    "suspended": ({"GetBucketVersioning": {"Status": "Suspended"}}, {"versioning": (False, None)},
                  [FIND, FIND, FIND, NONE]),
    "versions": (ON, {"versioning": (True, None)}, [PASS, OPEN, PASS, OPEN]),
    "ended": ({**ON, "GetBucketLifecycleConfiguration": {"Rules": [ends(40), ends(6), ends(1, "Disabled")]}},
              {"versioning": (True, 6)}, [PASS, OPEN, PASS, FIND]),
    "ended-late": ({**ON, "GetBucketLifecycleConfiguration": {"Rules": [ends(7)]}}, {"versioning": (True, 7)},
                   [PASS, OPEN, PASS, OPEN]),
    "locked": ({**ON, "GetObjectLockConfiguration": lock("COMPLIANCE", Years=1)},
               {"object_lock": (True, 365)}, [PASS, OPEN, PASS, PASS]),
    "locked-briefly": ({"GetObjectLockConfiguration": lock("GOVERNANCE", Days=6)}, {"object_lock": (True, 6)},
                       [PASS, OPEN, PASS, FIND]),
    "locked-one-by-one": ({"GetObjectLockConfiguration": {"ObjectLockConfiguration": LOCKED}},
                          {"object_lock": None}, [OPEN, OPEN, OPEN, OPEN]),
    "replicated": ({"GetBucketReplication": {"ReplicationConfiguration": {"Role": "r", "Rules": [
        rule(SourceSelectionCriteria=KEYS)]}}}, {"replication": (True, None)}, [PASS, OPEN, OPEN, OPEN]),
    "replicated-here": ({"GetBucketReplication": {"ReplicationConfiguration": {"Role": "r", "Rules": [
        rule(ACCOUNT), rule(status="Disabled")]}}}, {"replication": (False, None)}, [FIND, FIND, FIND, NONE]),
    "replicated-somewhere": ({"GetBucketReplication": {"ReplicationConfiguration": {"Role": "r", "Rules": [
        rule(None, SourceSelectionCriteria=KEYS)]}}}, {"replication": None}, [OPEN, OPEN, OPEN, OPEN]),
    "replicated-in-part": ({"GetBucketReplication": {"ReplicationConfiguration": {"Role": "r", "Rules": [
        rule(Filter={"Prefix": "a/"}, SourceSelectionCriteria=KEYS)]}}}, {"replication": None},
        [OPEN, OPEN, OPEN, OPEN]),
    "replicated-without-keys": ({"GetBucketReplication": {"ReplicationConfiguration": {"Role": "r", "Rules": [
        rule()]}}}, {"replication": None}, [OPEN, OPEN, OPEN, OPEN]),
}  # fmt: skip


def test_what_buckets_have_is_asked_one_by_one_and_judged(tmp_path: Path) -> None:
    """On, off and not told; what ends too soon is a finding, and what promises nothing is open."""
    world = organization()
    arns = {name: bucket(world, name, **answers) for name, (answers, _, _) in CASES.items()}

    judged = audit(world, tmp_path, tier=ACCEPTED)

    asked = [one.operation for one in judged.calls if one.operation in OPERATIONS]
    versioned = sum("GetBucketVersioning" in answers for answers, _, _ in CASES.values()) - 1
    assert {one: asked.count(one) for one in OPERATIONS} == {
        **dict.fromkeys(OPERATIONS, len(CASES)),
        "GetBucketLifecycleConfiguration": versioned,
    }
    seen = {name: told(judged, arn) for name, arn in arns.items()}
    assert {name: {kind: seen[name].get(kind) for kind in CASES[name][1]} for name in CASES} == {
        name: wanted for name, (_, wanted, _) in CASES.items()
    }
    assert {name: verdicts(judged, arn) for name, arn in arns.items()} == {
        name: wanted for name, (_, _, wanted) in CASES.items()
    }
    (reason,) = judged.reasons("BKP-RET-008", arns["ended"])
    assert reason.message == (
        "no backup plan protects it, and S3 Versioning (6 days) are too few; tier daily demands 7"
    )


@pytest.mark.long
@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_what_is_refused_is_a_gap_and_leaves_open(tmp_path: Path, operation: str) -> None:
    """Neither a pass nor a finding of what it would have told."""
    world = organization()
    plain, ended = bucket(world, "plain"), bucket(world, "ended", **CASES["ended"][0])

    judged = audit(world, tmp_path, tier=ACCEPTED, faults=[denied(operation)])

    lifecycle = operation == "GetBucketLifecycleConfiguration"
    assert verdicts(judged, plain) == (CASES["plain"][2] if lifecycle else [OPEN] * 4)
    assert verdicts(judged, ended)[3] == OPEN
    assert {gap["operation"] for gap in judged.gaps if gap["service"] == "s3"} == {operation}


@pytest.mark.long
def test_what_no_tier_accepts_is_not_asked_for(tmp_path: Path) -> None:
    """And lifecycles only where a tier accepts Versioning for retention."""
    world = organization()
    arn = bucket(world, "versions", **CASES["versions"][0])
    for native, asked in (
        (None, set()),
        ({"coverage": ["object_lock"]}, {"GetObjectLockConfiguration"}),
        ({"coverage": ["versioning"]}, {"GetBucketVersioning"}),
    ):
        judged = audit(world, tmp_path, tier={} if native is None else {"native": native})
        assert {one.operation for one in judged.calls if one.operation in OPERATIONS} == asked
    assert verdicts(judged, arn)[0] == PASS
    assert judged.verdict("BKP-RET-008", arn) == FIND


@pytest.mark.long
def test_a_bucket_that_is_gone_by_then_is_no_gap(tmp_path: Path) -> None:
    """It was listed a moment ago."""
    world = organization()
    arn = bucket(world, "gone")

    def gone(_place: Any, _given: Any) -> dict[str, Any]:
        raise Refused("NoSuchBucket", status=404)

    world.operations |= {("s3", one): gone for one in OPERATIONS}
    judged = audit(world, tmp_path, tier=ACCEPTED)

    assert (told(judged, arn), verdicts(judged, arn)[0]) == ({}, OPEN)
    assert [gap for gap in judged.gaps if gap["service"] == "s3"] == []
