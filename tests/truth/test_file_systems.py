"""EFS file systems: found page by page, judged as volumes are, never silently left out."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied, other, throttled
from tests.loopback.standing import ACCOUNT, AS_OF, AWAY, HOME, SINCE, World, nights, standing, vault_arn
from tests.truth.test_scope_part import states

PREFIX = f"arn:aws:elasticfilesystem:{HOME}:{ACCOUNT}:file-system"
HOMES = f"{PREFIX}/fs-homes"


def file_system(world: World, name: str, **members: Any) -> str:
    """Add a file system as DescribeFileSystems writes it, and give its ARN."""
    document: dict[str, Any] = {
        "OwnerId": ACCOUNT,
        "FileSystemId": f"fs-{name}",
        "FileSystemArn": f"{PREFIX}/fs-{name}",
        "CreationTime": SINCE,
        "LifeCycleState": "available",
        "Name": name,
        "Encrypted": True,
        "KmsKeyId": f"arn:aws:kms:{HOME}:{ACCOUNT}:key/customer",
        "Tags": [{"Key": "Name", "Value": name}],
    }
    world.resource("EFS", **(document | members))
    return str(document["FileSystemArn"])


def backed_up(keep: int = 14, **backups: Any) -> World:
    """The standing input with a file system in the plan, and a good backup of it each night."""
    world = standing(keep)
    file_system(world, "homes")
    world.selection(Resources=[HOMES])
    for night in nights():
        world.night(night, keep, HOMES, **backups)
    return world


def rows(judged: Judgement) -> dict[str, dict[str, Any]]:
    """The file systems in the evidence, by ARN."""
    found = Evidence.open(judged.run).read("resources", ACCOUNT, HOME).to_pylist()
    return {row["arn"]: row for row in found if row["resource_type"] == "EFS"}


def test_file_systems_come_page_by_page_with_tags_age_and_key(tmp_path: Path) -> None:
    """One that is being made or updated, or is in error, is there; one that is being deleted is not."""
    world = standing(14)
    for state in ("creating", "available", "updating", "error", "deleting", "deleted"):
        file_system(world, state, LifeCycleState=state)
    world.page_size = 2

    judged = audit(world, tmp_path)

    assert rows(judged) == {
        f"{PREFIX}/fs-{name}": {
            "arn": f"{PREFIX}/fs-{name}",
            "resource_type": "EFS",
            "name": name,
            "created_at": SINCE,
            "tags": [("Name", name)],
            "encrypted": True,
            "kms_key_arn": f"arn:aws:kms:{HOME}:{ACCOUNT}:key/customer",
            "attached": None,
            "running": None,
            "file_system_type": None,
        }
        for name in ("creating", "available", "updating", "error")
    }
    assert judged.gaps == []
    asked = [
        call.region
        for call in judged.calls
        if (call.service, call.operation) == ("efs", "DescribeFileSystems")
    ]
    assert sorted(asked) == [*([HOME] * 3), AWAY]
    assert judged.verdict("BKP-COV-001", f"{PREFIX}/fs-error") == "NON_COMPLIANT"


def test_a_tier_asks_of_a_file_system_what_it_asks_of_a_volume(tmp_path: Path) -> None:
    """A good backup each night keeps the RPO; a copy that the tier demands is missing, and then arrives."""
    world, demand = backed_up(), {"copy": {"retention_days": 7}}

    without = audit(world, tmp_path, tier=demand)
    world.copied(AS_OF - timedelta(hours=23), vault_arn("away", AWAY), HOMES)
    with_one = audit(world, tmp_path, tier=demand)

    found = [
        (one.verdict("BKP-FRQ-001", HOMES), one.verdict("BKP-ISO-001", HOMES)) for one in (without, with_one)
    ]
    assert found == [("COMPLIANT", "NON_COMPLIANT"), ("COMPLIANT", "COMPLIANT")]
    assert without.codes("BKP-ISO-001", HOMES) == ["no_copy"]


@pytest.mark.parametrize(("fault", "state"), [(denied, "DENIED"), (throttled, "FAILED")])
def test_file_systems_that_cannot_be_listed_are_a_gap(tmp_path: Path, fault: Any, state: str) -> None:
    """In the Region where it was refused; volumes were read, and no control passes the account's coverage.

    FSx has an operation of the same name, which is refused too.
    """
    judged = audit(backed_up(), tmp_path, faults=[fault("DescribeFileSystems", region=HOME)], retry_minutes=0)

    found = sorted((gap["service"], gap["operation"], gap["region"]) for gap in judged.gaps)
    assert found == [(service, "DescribeFileSystems", HOME) for service in ("efs", "fsx")]
    assert (states(judged, "EFS"), states(judged, "EBS")) == ({state: 1, "READ": 1}, {"READ": 2})
    assert judged.verdict("BKP-COV-001", HOMES) != "COMPLIANT"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b'"FileSystemArn": "arn', b'"FileSystemArn": "'),
        (b'"FileSystemArn"', b'"FileSystemAnr"'),
        (b'"Tags": [{"Key": "Name"', b'"Tags": [{"Kay": "Name"'),
        (b'"Tags": [{', b'"Tags": "", "More": [{'),
        (b'"CreationTime": 1', b'"CreationTime": "soon", "More": 1'),
    ],
)
def test_a_document_that_is_odd_is_a_gap_of_its_own(tmp_path: Path, right: bytes, wrong: bytes) -> None:
    """The file system behind it is read all the same."""
    world = standing(14)
    for name in ("first", "second"):
        file_system(world, name)

    def changed(answer: bytes) -> bytes:
        assert right in answer or b"fs-" not in answer
        return answer.replace(right, wrong, 1)

    judged = audit(world, tmp_path, faults=[other("DescribeFileSystems", changed)])

    assert [*rows(judged)] == [f"{PREFIX}/fs-second"]
    (gap,) = judged.gaps
    assert (gap["operation"], gap["error"]) == ("DescribeFileSystems", "Unreadable")
