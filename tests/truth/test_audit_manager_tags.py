"""Audit Manager's scopes by a tag of plans, vaults and recovery points: tags are read there alone."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor.evidence.store import Evidence
from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import Fault, denied
from tests.loopback.own_backups import NO_BACKUPS, at_home
from tests.loopback.standing import ACCOUNT, AS_OF, HOME, MAIN, PLAN, World, plan_arn, standing, vault_arn

RULES = "BACKUP_PLAN_MIN_FREQUENCY_AND_MIN_RETENTION_CHECK"
DELETION = "BACKUP_RECOVERY_POINT_MANUAL_DELETION_DISABLED"
ENCRYPTED = "BACKUP_RECOVERY_POINT_ENCRYPTED"
OURS, VAULT = plan_arn(PLAN), vault_arn(MAIN)


def judged(tmp_path: Path, tag: dict[str, str], *faults: Fault, **more: str) -> Judgement:
    """An audit of a plan of the team "a" and a vault without tags; each control has the tag in its scope.

    `more` is in each answer that tells tags.
    """
    world: World = standing(14)
    tags = {OURS: {"team": "a", "stage": ""}, VAULT: {}}
    world.operations["backup", "ListTags"] = lambda _, given: {"Tags": tags[given["ResourceArn"]], **more}
    scope = {"Tags": tag} if tag else {}
    return asking(world, tmp_path, scope, (RULES, DELETION), *faults)


def asking(
    world: World, tmp_path: Path, scope: dict[str, Any], names: tuple[str, ...], *faults: Fault
) -> Judgement:
    """An audit for a framework of these controls, each with that scope."""
    controls = [{"ControlName": name, "ControlScope": scope} for name in names]
    asked = tmp_path / "framework.json"
    asked.write_text(json.dumps({"FrameworkName": "Ours", "FrameworkControls": controls}), encoding="utf-8")
    chosen: dict[str, Any] = {"framework": "aws-backup-audit-manager", "audit_manager": str(asked)}
    return audit(world, tmp_path, faults=list(faults), regions=[HOME], **chosen)


def told(found: Judgement) -> tuple[str, str]:
    """The verdicts on the plan and the vault."""
    return found.verdict(RULES, OURS), found.verdict(DELETION, VAULT)


def test_plans_and_vaults_are_asked_for_their_tags(tmp_path: Path) -> None:
    """One call each: who has the tag is judged, who has not is out of the scope."""
    found = judged(tmp_path, {"team": "a"})

    assert (told(found), found.gaps) == (("NON_COMPLIANT", "NOT_APPLICABLE"), [])
    rows = Evidence.open(found.run).read("backup_tags", ACCOUNT, HOME).to_pylist()
    assert {row["arn"]: row["tags"] for row in rows} == {OURS: [("stage", ""), ("team", "a")], VAULT: []}
    asked = [call.parameters["ResourceArn"] for call in found.calls if call.operation == "ListTags"]
    assert sorted(asked) == [OURS, VAULT]


@pytest.mark.long
def test_tags_of_which_there_are_more_leave_the_scope_open(tmp_path: Path) -> None:
    """Nothing has so many tags that they fill a page, so such an answer is not taken for the whole."""
    found = judged(tmp_path, {"team": "a"}, NextToken="more")

    assert told(found) == ("INSUFFICIENT_DATA",) * 2
    assert [(gap["operation"], gap["error"]) for gap in found.gaps] == [("ListTags", "Unreadable")] * 2


@pytest.mark.long
def test_tags_that_are_refused_leave_the_scope_open(tmp_path: Path) -> None:
    """The gap names the account and the Region; a framework without a tag asks for none."""
    refused = judged(tmp_path, {"team": "a"}, denied("ListTags"))
    without = judged(tmp_path, {})

    assert told(refused) == ("INSUFFICIENT_DATA",) * 2
    gaps = {(gap["operation"], gap["account_id"], gap["region"]) for gap in refused.gaps}
    assert gaps == {("ListTags", ACCOUNT, HOME)}
    assert told(without) == ("NON_COMPLIANT",) * 2
    assert "ListTags" not in {call.operation for call in without.calls}


def point(name: str) -> str:
    """The ARN of a recovery point that AWS Backup manages fully."""
    return f"arn:aws:backup:{HOME}:{ACCOUNT}:recovery-point:{name}"


def listing(*arns: str) -> Any:
    """The answer of GetResources: these have the tag, whatever is asked for."""
    tags = [{"Key": "team", "Value": "a"}]
    found = [{"ResourceARN": arn, "Tags": tags} for arn in arns]
    return lambda _place, given: {
        "ResourceTagMappingList": found if given["ResourceTypeFilters"] == ["backup"] else []
    }


@pytest.mark.long
def test_the_tags_of_recovery_points_are_listed_page_by_page(tmp_path: Path) -> None:
    """Those that AWS Backup manages fully; of snapshots of other services the scope is open."""
    world: World = standing(14)
    world.page_size = 2
    for name in ("ours", "bare"):
        world.point(AS_OF - timedelta(days=1), RecoveryPointArn=point(name))
    world.operations |= NO_BACKUPS
    world.operations["resourcegroupstaggingapi", "GetResources"] = listing(OURS, VAULT, point("ours"))
    scope = {"Tags": {"team": "a"}}

    found = asking(world, tmp_path, scope, (ENCRYPTED,))
    refused = asking(world, tmp_path, scope, (ENCRYPTED,), denied("GetResources"))
    without = asking(world, tmp_path, {}, (ENCRYPTED,))

    verdicts = [
        [one.verdict(ENCRYPTED, point(name)) for name in ("ours", "bare")]
        for one in (found, refused, without)
    ]
    assert verdicts == [
        ["COMPLIANT", "NOT_APPLICABLE"],
        ["INSUFFICIENT_DATA"] * 2,
        ["COMPLIANT"] * 2,
    ]
    rows = Evidence.open(found.run).read("backup_tags", ACCOUNT, HOME).to_pylist()
    assert rows == [{"arn": point("ours"), "tags": [("team", "a")]}]
    assert "ListTags" not in {call.operation for call in found.calls}
    gaps = {(gap["operation"], gap["region"], *gap["provides"]) for gap in refused.gaps}
    assert ("GetResources", HOME, "backup_tags.recovery_points") in gaps
    asked = [
        sum(
            call.operation == "GetResources" and call.parameters.get("ResourceTypeFilters") == ["backup"]
            for call in one.calls
        )
        for one in (found, without)
    ]
    assert asked == [2, 0]


#: By the operation that lists it: how the ARNs of such recovery points begin, an item, and what is asked.
SNAPSHOTS: dict[tuple[str, str, str], tuple[str, dict[str, Any], dict[str, Any]]] = {
    ("ec2", "DescribeSnapshots", "Snapshots"): (
        f"arn:aws:ec2:{HOME}::snapshot/",
        {"SnapshotId": "", "VolumeId": "vol-1", "State": "completed", "StartTime": AS_OF},
        {"Owner.1": "self"},
    ),
    ("ec2", "DescribeImages", "Images"): (
        f"arn:aws:ec2:{HOME}::image/",
        {"ImageId": ""},
        {"Owner.1": "self", "IncludeDisabled": "true"},
    ),
    ("rds", "DescribeDBSnapshots", "DBSnapshots"): (
        f"arn:aws:rds:{HOME}:{ACCOUNT}:snapshot:awsbackup:",
        {"DBSnapshotArn": "ARN"},
        {"SnapshotType": "awsbackup"},
    ),
    ("rds", "DescribeDBClusterSnapshots", "DBClusterSnapshots"): (
        f"arn:aws:rds:{HOME}:{ACCOUNT}:cluster-snapshot:awsbackup:",
        {"DBClusterSnapshotArn": "ARN"},
        {},
    ),
    ("fsx", "DescribeBackups", "Backups"): (
        f"arn:aws:fsx:{HOME}:{ACCOUNT}:backup/",
        {"BackupId": "", "ResourceARN": "ARN", "Type": "AWS_BACKUP", "Lifecycle": "AVAILABLE"},
        {"Filters": [{"Name": "backup-type", "Values": ["AWS_BACKUP"]}]},
    ),
    ("redshift", "DescribeClusterSnapshots", "Snapshots"): (
        f"arn:aws:redshift:{HOME}:{ACCOUNT}:snapshot:sales/",
        {"ClusterIdentifier": "sales", "SnapshotIdentifier": ""},
        {},
    ),
}
NAMES = ("ours", "bare", "gone")


def with_snapshots() -> tuple[World, list[str]]:
    """A world in which each service has a backup with the tag and one without; a third one is deleted."""
    world: World = standing(14)
    world.page_size = 1
    world.operations["resourcegroupstaggingapi", "GetResources"] = listing()
    begins = []
    for (service, operation, member), (begin, item, _) in SNAPSHOTS.items():
        tags = "TagList" if service == "rds" else "Tags"
        held = [
            {key: {"": name, "ARN": begin + name}.get(value, value) for key, value in item.items()}
            | {tags: [{"Key": "team", "Value": "a"}] if name == "ours" else []}
            for name in NAMES[:2]
        ]
        world.operations[service, operation] = at_home(**{member: held})
        begins.append(begin)
    for begin in begins:
        for name in NAMES:
            world.point(AS_OF - timedelta(days=1), RecoveryPointArn=begin + name)
    return world, begins


@pytest.mark.long
def test_the_tags_of_snapshots_are_those_that_their_services_list(tmp_path: Path) -> None:
    """Each list is read to its end, once in a Region, for a framework with such a scope alone."""
    world, begins = with_snapshots()

    found = asking(world, tmp_path, {"Tags": {"team": "a"}}, (ENCRYPTED,))
    refused = asking(world, tmp_path, {"Tags": {"team": "a"}}, (ENCRYPTED,), denied("DescribeImages"))
    without = asking(world, tmp_path, {}, (ENCRYPTED,))

    def told(one: Judgement) -> dict[str, list[str]]:
        return {begin: [one.verdict(ENCRYPTED, begin + name) for name in NAMES] for begin in begins}

    known = ["COMPLIANT", "NOT_APPLICABLE", "INSUFFICIENT_DATA"]
    images = f"arn:aws:ec2:{HOME}::image/"
    assert told(found) == dict.fromkeys(begins, known)
    assert told(refused) == {**dict.fromkeys(begins, known), images: ["INSUFFICIENT_DATA"] * 3}
    assert told(without) == dict.fromkeys(begins, ["COMPLIANT"] * 3)
    gaps = {(gap["operation"], gap["region"], *gap["provides"]) for gap in refused.gaps}
    assert ("DescribeImages", HOME, "backup_tags.snapshots") in gaps
    first = {(call.service, call.operation): call.parameters for call in reversed(found.calls)}
    for (service, operation, _), (_, _, parameters) in SNAPSHOTS.items():
        assert {name: first[service, operation].get(name) for name in parameters} == parameters
        pages = [call.region for call in found.calls if call.operation == operation]
        assert pages == [HOME] * 2
    assert not {(call.service, call.operation) for call in without.calls} & {key[:2] for key in SNAPSHOTS}
