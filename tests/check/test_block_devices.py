"""Volumes that an instance makes of its block devices: judged by their own tags, protected by its images."""

import json
from pathlib import Path
from typing import Any

import pytest

from auditor.check.result import CheckResult
from tests.check.change_sets import VAULT, change, change_set
from tests.check.conftest import Check, Said, saying
from tests.check.terraform import ACCOUNT, REGION, Json, Later, Plan, backup_plan, by_tag, selection, vault
from tests.check.test_attached_volumes import FOUND, template
from tests.check.test_check_command import written

INSTANCE = "aws_instance.web"
IMAGES, GOLD = {"backup-tier": "images"}, {"backup-tier": "gold"}
UNTOLD = {("INSUFFICIENT_DATA", "tags_known_after_apply")}
#: What AWS says of a block only after the apply.
LATER = {"volume_id": True, "tags_all": True}
WRITTEN: Json = {"root_block_device": [{"volume_size": {"constant_value": 8}}]}
OTHER = "aws_instance.web ebs_block_device /dev/sdf"
covered = saying("BKP-COV-001")


def plan_of(*, chosen: Any = None, tags: Json | None = None, defaults: Json | None = None) -> Plan:
    """An instance whose tag a plan selects, unless `chosen` or `tags` say otherwise; no block yet."""
    plan = backup_plan(vault(Plan()), "gold")
    selection(plan, "gold", "gold", **(chosen or {"selection_tag": by_tag("images")}))
    own = IMAGES if tags is None else tags
    plan.add(INSTANCE, id=Later("i-1"), tags=own, tags_all=own | (defaults or {}))
    return plan


def made(plan: Plan, kind: str = "root_block_device", /, unknown: Any = LATER, **block: Any) -> Json:
    """The first plan, in which the instance has a block with these values."""
    document = plan.first()
    change = plan.changes[-1]["change"]
    change["after"][kind] = [{"delete_on_termination": True, "tags": None, **block}]
    change["after_unknown"][kind] = [dict(unknown)]
    entry = plan.module("")["resources"][-1]
    expressions: Json = {key: {} for key in block if isinstance(block[key], str | int)}
    entry["expressions"] = {**entry["expressions"], kind: [expressions]}
    return document


def with_defaults(document: Json, expression: Json) -> Json:
    """A plan whose provider has default tags."""
    provider = document["configuration"]["provider_config"]["aws"]["expressions"]
    provider["default_tags"] = [{"tags": expression}]
    return document


@pytest.mark.parametrize(
    ("chosen", "own", "verdict"),
    [
        ("images", None, set()),
        ("images", GOLD, set()),
        ("gold", GOLD, set()),
        ("gold", {"backup-tier": "Gold"}, FOUND),
        ("gold", None, FOUND),
        ("gold", {"backup-tier": "exempt"}, set()),
    ],
    ids=["by-the-image", "tagged-too", "by-its-tag", "another-case", "no-tags", "exempt"],
)
@pytest.mark.parametrize("kind", ["root_block_device", "ebs_block_device"])
def test_a_block_is_a_volume(
    check: Check, kind: str, chosen: str, own: Json | None, verdict: set[tuple[str, str]]
) -> None:
    """The plan selects the instance, or the volume by its own tag; its instance's are none of it."""
    tags = {"selection_tag": by_tag(chosen)}
    plan = plan_of(chosen=tags, tags={"backup-tier": "images" if chosen == "images" else "exempt"})
    assert covered(check, made(plan, kind, device_name="/dev/sdf", tags=own)) == verdict


def test_the_volume_has_an_address_of_its_own(check: Check) -> None:
    """The instance and the device, as the finding says them."""
    plan = plan_of(tags={"backup-tier": "exempt"})
    document = made(plan, "ebs_block_device", device_name="/dev/sdf", tags=GOLD)
    found = {one.declaration.address for one in check(document).entries if one.control_id == "BKP-COV-001"}
    assert OTHER in found


def test_without_a_block_nothing_is_declared(check: Check) -> None:
    """The image's own device, which the state has after the apply, is no volume of the plan."""
    plan = plan_of(tags={"backup-tier": "exempt"})
    state = [{"volume_id": "vol-1", "device_name": "/dev/xvda", "tags": {}, "tags_all": {}}]
    plan.changes[-1]["change"]["after_unknown"] |= {"root_block_device": True, "ebs_block_device": True}
    assert covered(check, plan.first()) == set()
    document = plan.second()
    document["resource_changes"][-1]["change"]["after"]["root_block_device"] = state
    assert covered(check, document) == set()


@pytest.mark.parametrize(("own", "verdict"), [(GOLD, set()), ({}, FOUND)])
def test_after_the_apply_it_is_the_volume_that_it_became(
    check: Check, own: Json, verdict: set[tuple[str, str]]
) -> None:
    """With its id, which a pattern may name; the one block of an instance may stand in both places."""
    plan = plan_of(chosen={"selection_tag": by_tag("gold")}, tags={"backup-tier": "exempt"})
    made(plan, device_name="/dev/xvda", tags=own)
    document = plan.second()
    block = {"volume_id": "vol-1", "device_name": "/dev/xvda", "tags": own, "tags_all": own}
    after = document["resource_changes"][-1]["change"]["after"]
    after |= {"root_block_device": [block], "ebs_block_device": [block]}
    plan.module("")["resources"][-1]["expressions"]["ebs_block_device"] = [{}]
    assert covered(check, document) == verdict
    named = f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1"
    chosen = next(one for one in document["resource_changes"] if one["type"] == "aws_backup_selection")
    chosen["change"]["after"] |= {"selection_tag": [], "resources": [named]}
    assert covered(check, document) == set()


@pytest.mark.parametrize(
    ("values", "unknown", "verdict"),
    [
        ({"volume_tags": GOLD}, {}, set()),
        ({"volume_tags": {"backup-tier": "Gold"}}, {}, FOUND),
        ({}, {"volume_tags": True}, FOUND),
        ({"launch_template": [{"name": "web"}]}, {}, UNTOLD),
        ({"launch_template": []}, {}, FOUND),
    ],
    ids=["volume-tags", "another-case", "nobody-wrote-them", "launch-template", "none"],
)
def test_other_tags_of_its_volumes(
    check: Check, values: Json, unknown: Json, verdict: set[tuple[str, str]]
) -> None:
    """Those for all volumes of the instance, and those that its launch template may give."""
    plan = plan_of(chosen={"selection_tag": by_tag("gold")}, tags={"backup-tier": "exempt"})
    document = made(plan, volume_size=8)
    plan.changes[-1]["change"]["after"] |= values
    plan.changes[-1]["change"]["after_unknown"] |= unknown
    assert covered(check, document) == verdict


@pytest.mark.parametrize(
    ("expression", "unknown", "verdict"),
    [
        ({"constant_value": GOLD}, LATER, set()),
        ({"constant_value": GOLD}, {"volume_id": True}, FOUND),
        ({"references": ["var.tags"]}, LATER, UNTOLD),
        ({"constant_value": {}}, {"tags": True, **LATER}, UNTOLD),
        ({"constant_value": {}}, {"tags": {"backup-tier": True}, **LATER}, UNTOLD),
    ],
    ids=["defaults", "before-5.39", "not-written-out", "tags-later", "value-later"],
)
def test_default_tags_reach_its_volumes(
    check: Check, expression: Json, unknown: Json, verdict: set[tuple[str, str]]
) -> None:
    """Since 5.39 of the provider, whose blocks have `tags_all`; what is not known stays so."""
    plan = plan_of(chosen={"selection_tag": by_tag("gold")}, tags={"backup-tier": "exempt"})
    assert covered(check, with_defaults(made(plan, unknown=unknown, volume_size=8), expression)) == verdict


def device(**more: Any) -> Json:
    """A mapping of an instance."""
    return {"DeviceName": "/dev/sdf", **more}


EBS = device(Ebs={"VolumeSize": 8})
TIER = [{"Key": "backup-tier", "Value": "gold"}]
HOLDS = {"Fn::Equals": ["a", "a"]}
NOTHING = {"Ref": "AWS::NoValue"}


@pytest.mark.parametrize(
    ("mappings", "more", "verdict"),
    [
        ([EBS], {}, FOUND),
        ([EBS], {"PropagateTagsToVolumeOnCreation": True}, set()),
        ([EBS], {"PropagateTagsToVolumeOnCreation": "true"}, set()),
        ([EBS], {"PropagateTagsToVolumeOnCreation": False}, FOUND),
        ([EBS], {"PropagateTagsToVolumeOnCreation": {"Ref": "Open"}}, UNTOLD),
        ([EBS], {"LaunchTemplate": {"LaunchTemplateName": "web", "Version": "1"}}, UNTOLD),
        ([device(NoDevice={})], {}, set()),
        ([device(VirtualName="ephemeral0")], {}, set()),
        ([device(Ebs=NOTHING, VirtualName="ephemeral0")], {}, set()),
        ([{"Fn::If": [HOLDS, NOTHING, EBS]}], {}, set()),
        ([{"Fn::If": [HOLDS, EBS, NOTHING]}], {}, FOUND),
        ([], {}, set()),
    ],
    ids=[
        "no-tags", "tags", "as-a-text", "switched-off", "not-known", "launch-template", "no-device",
        "ephemeral", "no-value", "left-out", "chosen", "none",
    ],
)  # fmt: skip
def test_mappings_of_a_template(
    check: Check, mappings: list[Json], more: Json, verdict: set[tuple[str, str]]
) -> None:
    """A volume has the tags of its instance only where these are propagated, and is in its images."""
    document = template(web={"BlockDeviceMappings": mappings, "Tags": TIER, **more})
    made = document["Resources"]
    del made["Volume"]
    inner = made["Chosen"]["Properties"]["BackupSelection"]
    inner["ListOfTags"][0]["ConditionValue"] = "gold"
    assert of_the_device(check(document)) == (UNTOLD if verdict == UNTOLD else set())
    inner["NotResources"] = ["arn:aws:ec2:*:*:instance/*"]
    assert of_the_device(check(document)) == verdict


def of_the_device(result: CheckResult) -> set[tuple[str, str]]:
    """What is said of what protects the volume, if there is one."""
    return {
        (str(entry.verdict), reason.code)
        for entry in result.entries
        if entry.control_id == "BKP-COV-001" and entry.declaration.address == "Web /dev/sdf"
        for reason in entry.reasons
    }


def test_tags_of_a_stack_may_reach_them_or_not(command: Said, tmp_path: Path) -> None:
    """AWS does not state it where tags are propagated; without that they do not."""
    given = written(tmp_path / "params.json", {"Parameters": {}, "Tags": {"backup-tier": "gold"}})
    said = []
    for propagated in (True, False):
        web = {"BlockDeviceMappings": [EBS], "Tags": [], "PropagateTagsToVolumeOnCreation": propagated}
        document = template(web=web)
        document["Resources"].pop("Volume")
        named = written(tmp_path / "web.json", document)
        found = json.loads(command("check", named, "--parameters", given, "--format", "json")[1])
        said += [
            (one["verdict"], one["reasons"][0]["code"])
            for one in found["entries"]
            if (one["control_id"], one["subject"]["address"]) == ("BKP-COV-001", "Web /dev/sdf")
        ]
    assert said == [*UNTOLD, *FOUND]


@pytest.mark.parametrize(
    ("propagated", "own", "verdict"),
    [
        (False, [], FOUND),
        (True, [], UNTOLD),
        (True, TIER, set()),
        (True, {"Ref": "Open"}, UNTOLD),
    ],
    ids=["none", "not-stated", "its-own", "not-known"],
)
def test_nor_do_those_that_a_change_set_has(
    check: Check, *, propagated: bool, own: Any, verdict: set[tuple[str, str]]
) -> None:
    """Beside the template, they are as if they were named with it."""
    web = {"BlockDeviceMappings": [EBS], "Tags": own, "PropagateTagsToVolumeOnCreation": propagated}
    document = template(web=web)
    made = document["Resources"]
    del made["Volume"]
    inner = made["Chosen"]["Properties"]["BackupSelection"]
    inner["ListOfTags"][0]["ConditionValue"] = "gold"
    inner["NotResources"] = ["arn:aws:ec2:*:*:instance/*"]
    changes = change_set(change("Added", VAULT, "Add", after={"BackupVaultName": "added"}), Tags=TIER)
    made["Added"] = {"Type": VAULT, "Properties": {"BackupVaultName": "added"}}
    assert of_the_device(check(document, changes)) == verdict


def test_a_tag_that_is_not_known_may_be_another_than_that_of_the_stack(check: Check) -> None:
    """A volume of tags that nobody knows may have one of the same key; one without has that of the stack."""
    document = template()
    made = document["Resources"]
    del made["Web"]
    made["Chosen"]["Properties"]["BackupSelection"]["ListOfTags"][0]["ConditionValue"] = "gold"
    made["Added"] = {"Type": VAULT, "Properties": {"BackupVaultName": "added"}}
    changes = change_set(change("Added", VAULT, "Add", after={"BackupVaultName": "added"}), Tags=TIER)
    for own, verdict in ((NOTHING, set()), ({"Ref": "Open"}, UNTOLD)):
        made["Volume"]["Properties"]["Tags"] = own
        assert covered(check, document, changes) == verdict
