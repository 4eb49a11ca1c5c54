"""A volume whose instance a plan selects is covered; what is not known of either stays open."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Check, Said, messages, saying
from tests.check.recorded_run import against
from tests.check.terraform import Later, Plan, backup_plan, by_tag, selection, vault
from tests.check.test_check_command import written
from tests.loopback.auditing import Judgement
from tests.loopback.standing import ACCOUNT, HOME

VOLUME, INSTANCE, JOIN = "aws_ebs_volume.data", "aws_instance.web", "aws_volume_attachment.data"
OF_VOLUME = Later("vol-1", [f"{VOLUME}.id", VOLUME])
OF_INSTANCE = Later("i-1", [f"{INSTANCE}.id", INSTANCE])
JOINED = {"volume_id": OF_VOLUME, "instance_id": OF_INSTANCE}
GOLD = {"backup-tier": "gold"}
COVERED: set[tuple[str, str]] = set()
FOUND = {("NON_COMPLIANT", "not_selected")}
OPEN = {("INSUFFICIENT_DATA", "evidence_gap")}
covered = saying("BKP-COV-001")


def plan_of(joined: dict[str, Any] | None, instance: dict[str, Any] | None = None, **chosen: Any) -> Plan:
    """A gold volume, which no plan selects by itself, and an instance that one selects by its tag."""
    plan = backup_plan(vault(Plan()), "gold")
    selection(plan, "gold", "gold", **(chosen or {"selection_tag": by_tag("images")}))
    plan.add(VOLUME, id=Later("vol-1"), tags=GOLD, tags_all=GOLD)
    tags = {"backup-tier": "images"} if instance is None else instance
    if tags:
        plan.add(INSTANCE, id=Later("i-1"), tags=tags, tags_all=tags)
    return plan if joined is None else plan.add(JOIN, **joined)


@pytest.mark.parametrize("planned", ["first", "second"])
@pytest.mark.parametrize(
    ("joined", "instance", "verdict"),
    [
        (JOINED, None, COVERED),
        (None, None, FOUND),
        (JOINED, {"backup-tier": "other"}, FOUND),
        ({**JOINED, "volume_id": "vol-another"}, None, FOUND),
        ({**JOINED, "instance_id": "i-another"}, None, OPEN),
    ],
)
def test_a_volume_is_covered_by_its_instance(
    check: Check,
    joined: dict[str, Any] | None,
    instance: dict[str, Any] | None,
    verdict: set[tuple[str, str]],
    planned: str,
) -> None:
    """Before the first apply and after it; an instance that is not among the inputs has unknown tags."""
    assert covered(check, getattr(plan_of(joined, instance), planned)()) == verdict


@pytest.mark.parametrize(
    "joined",
    [
        {**JOINED, "instance_id": Later("", ["var.instance"])},
        {**JOINED, "volume_id": Later("", ["var.volume"])},
    ],
)
def test_an_attachment_that_is_not_known_leaves_it_open(check: Check, joined: dict[str, Any]) -> None:
    """Of which volume, or to which instance: no finding, and the reason says so."""
    plan = plan_of(joined).first()
    assert covered(check, plan) == OPEN
    assert "A volume is attached to an instance that is not among the inputs" in messages(check(plan))


def test_an_arn_decides_of_an_instance_that_is_not_declared(check: Check) -> None:
    """The selection names the instance, or another one."""
    joined = {**JOINED, "instance_id": "i-0abc"}
    for named, verdict in (("i-0abc", COVERED), ("i-0def", FOUND)):
        arn = f"arn:aws:ec2:*:*:instance/{named}"
        assert covered(check, plan_of(joined, {}, resources=[arn]).second()) == verdict


def template(**more: Any) -> dict[str, Any]:
    """The same as a template, without an attachment."""
    rule = {"RuleName": "daily", "TargetBackupVault": "gold", "Lifecycle": {"DeleteAfterDays": 35},
            "ScheduleExpression": "cron(0 5 * * ? *)"}  # fmt: skip
    tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup-tier", "ConditionValue": "images"}
    chosen = {
        "SelectionName": "images",
        "IamRoleArn": "arn:aws:iam::111122223333:role/b",
        "ListOfTags": [tag],
    }
    made = {
        "Plan": ("Backup::BackupPlan", {"BackupPlan": {"BackupPlanName": "gold", "BackupPlanRule": [rule]}}),
        "Chosen": ("Backup::BackupSelection", {"BackupPlanId": {"Ref": "Plan"}, "BackupSelection": chosen}),
        "Volume": ("EC2::Volume", {"Tags": [{"Key": "backup-tier", "Value": "gold"}]}),
        "Web": (
            "EC2::Instance",
            {"Tags": [{"Key": "backup-tier", "Value": "images"}], **more.pop("web", {})},
        ),
        **more,
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {
            name: {"Type": f"AWS::{kind}", "Properties": properties, **dict(*rest)}
            for name, (kind, properties, *rest) in made.items()
        },
    }


REFERRED = {"VolumeId": {"Ref": "Volume"}, "InstanceId": {"Ref": "Web"}}


#: A volume of the instance, and a condition that holds.
MOUNT = {"VolumeId": {"Ref": "Volume"}, "Device": "/dev/sdf"}
HOLDS = {"Fn::Equals": ["a", "a"]}


@pytest.mark.parametrize(
    ("more", "verdict"),
    [
        ({}, FOUND),
        ({"Join": ("EC2::VolumeAttachment", REFERRED)}, COVERED),
        ({"Join": ("EC2::VolumeAttachment", REFERRED, {"Condition": "Never"})}, OPEN),
        ({"Join": ("EC2::VolumeAttachment", {**REFERRED, "InstanceId": {"Ref": "Unknown"}})}, OPEN),
        ({"Join": ("EC2::VolumeAttachment", {**REFERRED, "VolumeId": "vol-another"})}, FOUND),
        ({"web": {"Volumes": [MOUNT]}}, COVERED),
        ({"web": {"Volumes": [{"VolumeId": "vol-another", "Device": "/dev/sdf"}]}}, FOUND),
        ({"web": {"Volumes": {"Fn::If": ["Never", [], {"Ref": "AWS::NoValue"}]}}}, OPEN),
        ({"web": {"Volumes": {"Fn::FindInMap": ["Volumes", "web", "all"]}}}, OPEN),
        ({"web": {"Volumes": [{"Fn::If": ["Never", MOUNT, {"Ref": "AWS::NoValue"}]}]}}, OPEN),
        ({"web": {"Volumes": [{"Fn::If": [HOLDS, MOUNT, {"Ref": "AWS::NoValue"}]}]}}, COVERED),
        ({"web": {"Volumes": [{"Fn::If": [HOLDS, {"Ref": "AWS::NoValue"}, MOUNT]}]}}, FOUND),
    ],
)
def test_a_template_says_so_in_two_ways(
    check: Check, more: dict[str, Any], verdict: set[tuple[str, str]]
) -> None:
    """An attachment of its own, or the volumes of the instance."""
    assert covered(check, template(**more)) == verdict


@pytest.mark.parametrize("joined", [True, False])
def test_against_a_run_a_new_volume_is_covered_by_its_instance(
    command: Said,
    run: Judgement,
    tmp_path: Path,
    joined: bool,  # noqa: FBT001 -- pytest gives it by name
) -> None:
    """The recorded selection selects the new instance; without the attachment the volume is a finding."""
    tags = {"backup": "yes"}
    made = Plan(region=HOME).add(VOLUME, id=Later("vol-1"))
    made.add(INSTANCE, id=Later("i-1"), tags=tags, tags_all=tags)
    if joined:
        made.add(JOIN, volume_id=OF_VOLUME, instance_id=OF_INSTANCE)
    plan = written(tmp_path / "plan.json", made.first())

    _, found = against(command, run, plan, "--account", ACCOUNT)

    said = {one["subject"]["arn"].rpartition("/")[2]: one["after"] for one in found["changes"]}
    verdict = "COMPLIANT" if joined else "NON_COMPLIANT"
    assert said[f"(known after apply: {VOLUME})"] == verdict


def test_a_simulation_images_the_volume_with_its_instance(command: Said, tmp_path: Path) -> None:
    """By the plan of the instance; where the tags of that are not known, neither is the plan."""
    found = []
    for joined in (JOINED, {**JOINED, "instance_id": "i-another"}):
        plan = written(tmp_path / "plan.json", plan_of(joined).first())
        told = json.loads(command("check", plan, "--simulate", "2", "--format", "json")[1])["simulation"]
        found += [
            (len(one["rules"]), one.get("fault", "")) for one in told["resources"] if VOLUME in one["names"]
        ]
    assert found == [(1, ""), (0, "what else may protect it is not known")]
