"""Selections that choose by nothing, or by what AWS Backup may ignore, are told where they stand."""

from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Check, Said, messages, saying
from tests.check.terraform import Later, Plan, backup_plan, by_tag, protected, selection

CHOOSES = "BKP-COV-004"
REFUSED = ("NON_COMPLIANT", "chooses_nothing")
IGNORED = ("NON_COMPLIANT", "tag_ignored")
OPEN = ("INSUFFICIENT_DATA", "fact_not_known")
PREFIXED, OF_AWS = "aws:ResourceTag/backup-tier", "aws:cloudformation:stack-name"
ARN = "arn:aws:ec2:*:*:volume/vol-1"
CONDITION = {"string_equals": [{"key": "aws:ResourceTag/env", "value": "prod"}]}
Json = dict[str, Any]
said = saying(CHOOSES)


def chosen(**values: Any) -> Plan:
    """A good plan, and beside it one whose selection has these values."""
    plan = backup_plan(protected(), "other")
    return selection(plan, "other", "other", **{"not_resources": [], "condition": [], **values})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"not_resources": [ARN]}, {REFUSED}),
        ({"condition": [CONDITION]}, {REFUSED}),
        ({}, {REFUSED}),
        ({"resources": ["*"], "not_resources": [ARN]}, set()),
        ({"selection_tag": by_tag("gold"), "condition": [CONDITION]}, set()),
        ({"resources": Later([ARN], ["var.arns"]), "not_resources": [ARN]}, set()),
        ({"selection_tag": Later([], ["var.tags"]), "not_resources": [ARN]}, set()),
    ],
    ids=["not-resources", "conditions", "nothing", "all-but", "tags", "resources-later", "tags-later"],
)
def test_a_selection_chooses_by_resources_or_tags(check: Check, values: Json, expected: set[Any]) -> None:
    """What only leaves something out is refused; what is not known is no finding here."""
    assert said(check, chosen(**values).first()) == expected


def test_it_is_told_at_the_selection_with_what_mends_it(command: Said, tmp_path: Path) -> None:
    """In a template, with its line and in its language."""
    file = tmp_path / "template.yaml"
    file.write_text(
        "Resources:\n  Plan:\n    Type: AWS::Backup::BackupPlan\n    Properties:\n      BackupPlan:\n"
        "        BackupPlanName: p\n        BackupPlanRule: [{RuleName: r, TargetBackupVault: v}]\n"
        "  Chosen:\n    Type: AWS::Backup::BackupSelection\n    Properties:\n      BackupPlanId: !Ref Plan\n"
        "      BackupSelection: {SelectionName: s, IamRoleArn: r, NotResources: ['arn:aws:s3:::a']}\n"
    )

    _, out, _ = command("check", str(file), "--unit", "/")

    assert f"medium BKP-COV-004 Chosen ({file}:8)" in out
    assert "the selection s has neither resources nor tags to select by, so AWS Backup refuses it" in out
    assert 'Resources: ["*"]' in out


@pytest.mark.parametrize(
    ("document", "expected"), [({"NotResources": [ARN]}, {REFUSED}), ({"Resources": [ARN]}, set())]
)
def test_of_a_selection_as_the_api_has_it(check: Check, document: Json, expected: set[Any]) -> None:
    """As `create-backup-selection` takes it."""
    made = {"SelectionName": "s", "IamRoleArn": "arn:aws:iam::111122223333:role/r", **document}

    assert said(check, {"BackupPlanId": "p", "BackupSelection": made}) == expected


def test_one_that_aws_backup_has_already_is_not_known(check: Check) -> None:
    """It was not refused; what it selects AWS's documents disagree on. A changed one is made anew."""
    values: Json = {"name": "other", "plan_id": "id-of-other", "not_resources": [ARN], "selection_tag": []}
    for actions, expected in ((["no-op"], OPEN), (["delete", "create"], REFUSED)):
        plan = backup_plan(protected(), "other")
        plan.add("aws_backup_selection.other", actions, before={**values, "id": "s-1"}, id="s-1", **values)
        assert said(check, plan.second() if actions == ["no-op"] else plan.first()) == {expected}
    made = {"SelectionName": "s", "IamRoleArn": "arn:aws:iam::111122223333:role/r", "NotResources": [ARN]}
    assert said(check, {"SelectionId": "s-1", "BackupPlanId": "p", "BackupSelection": made}) == {OPEN}


@pytest.mark.parametrize(
    ("key", "reading", "expected"),
    [
        (PREFIXED, "refused", {IGNORED}),
        (PREFIXED, "accepted", set()),
        (PREFIXED, "indeterminate", {OPEN}),
        (OF_AWS, "refused", {OPEN}),
        ("backup-tier", "refused", set()),
    ],
)
def test_tags_that_may_be_ignored(check: Check, key: str, reading: str, expected: set[Any]) -> None:
    """As the setting says; where AWS's documents disagree it is not known, and named."""
    plan = chosen(selection_tag=by_tag("gold", key)).first()
    settings = {"list_of_tags_prefix": reading}

    assert said(check, plan, settings=settings) == expected
    if expected == {OPEN}:
        assert key in messages(check(plan, settings=settings))
