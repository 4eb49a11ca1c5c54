"""The versioning of buckets that a plan selects, which AWS Backup needs: of Terraform and CloudFormation."""

from typing import Any

import pytest

from tests.check.conftest import Check, messages, saying
from tests.check.terraform import Json, Later, Plan, backup_plan, by_tag, selection, vault

VERSIONED = "BKP-COV-002"
BUCKET, VERSIONING = "aws_s3_bucket.data", "aws_s3_bucket_versioning.data"


def status(text: str) -> list[Json]:
    """The block of a versioning."""
    return [{"status": text, "mfa_delete": None}]


def own(*, enabled: bool) -> list[Json]:
    """The block that the provider reads of a bucket."""
    return [{"enabled": enabled, "mfa_delete": False}]


def bucket(tier: str = "gold", **values: Any) -> Plan:
    """A bucket beside a plan that selects what is gold; unless `values` say else, it is not there yet."""
    plan = vault(Plan())
    backup_plan(plan, "gold")
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    tags = {"backup-tier": tier}
    more = {"versioning": Later(own(enabled=False)), "bucket": "data", **values}
    return plan.add(
        BUCKET, tags=tags, tags_all=tags, arn=Later("arn:aws:s3:::data"), id=Later("data"), **more
    )


def versioning(plan: Plan, text: Any = "Enabled", name: Any = None, **more: Any) -> Plan:
    """The versioning of the bucket, a resource of its own."""
    named = Later("data", ["aws_s3_bucket.data.id"]) if name is None else name
    blocks = text if isinstance(text, Later) else status(text)
    return plan.add(VERSIONING, bucket=named, versioning_configuration=blocks, **more)


said = saying(VERSIONED)

OFF, LOST = {("NON_COMPLIANT", "not_versioned")}, {("NON_COMPLIANT", "switched_off")}
OPEN: set[tuple[str, str]] = {("INSUFFICIENT_DATA", "fact_not_known")}


def test_a_bucket_that_a_plan_selects_is_versioned(check: Check) -> None:
    """Enabled passes, before the bucket exists and after; whatever else is a finding, and so is none."""
    for plan, expected in (
        (versioning(bucket()), set()),
        (versioning(bucket(), "Suspended"), OFF),
        (versioning(bucket(), "Disabled"), OFF),
        (bucket("exempt"), set()),
    ):
        assert said(check, plan.first()) == said(check, plan.second()) == expected

    # before it exists a block that is left out looks like a dynamic one, and the code is not at hand
    assert (said(check, bucket().first()), said(check, bucket().second())) == (OPEN, OFF)
    assert check(versioning(bucket()).first()).counts["COMPLIANT"] == 6
    assert "a plan selects it, and its versioning is suspended" in messages(
        check(versioning(bucket(), "Suspended").first())
    )


def test_the_bucket_of_a_generated_name_is_found(check: Check) -> None:
    """By the reference to it."""
    made: Json = {"bucket": Later("data-1"), "bucket_prefix": "data-"}
    plan = versioning(bucket(**made), name=Later("data-1", ["aws_s3_bucket.data.bucket"]))
    assert said(check, plan.first()) == said(check, plan.second()) == set()


def test_the_block_of_the_bucket_counts_where_nothing_else_does(check: Check) -> None:
    """As old providers have it, and as new ones read it of what is there."""
    assert said(check, bucket(versioning=own(enabled=True)).first()) == set()
    assert said(check, bucket(versioning=own(enabled=False)).first()) == OFF
    assert said(check, versioning(bucket(versioning=own(enabled=False))).first()) == set()
    hidden = bucket(versioning=Later(None, ["var.versioned"]))
    assert said(check, hidden.first()) == OPEN


@pytest.mark.parametrize("actions", [["update"], ["delete"], ["forget"]])
def test_what_the_change_takes_away_is_said(check: Check, actions: list[str]) -> None:
    """Suspended, or deleted, which suspends it; what Terraform only forgets stays as it is."""
    before: Json = {"bucket": "data", "versioning_configuration": status("Enabled")}
    after: Json = {"bucket": "data", "versioning_configuration": status("Suspended")}
    after = after if actions == ["update"] else {}
    plan = bucket(versioning=own(enabled=True))
    plan.add(VERSIONING, actions, before=before, **after)

    assert said(check, plan.first()) == (set() if actions == ["forget"] else LOST)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("data", set()), ("other", LOST), (Later("x", ["var.bucket"]), OPEN)],
    ids=["same", "other", "unknown"],
)
def test_a_versioning_that_moves_to_another_bucket_leaves_the_old_one(
    check: Check, name: Any, expected: set[tuple[str, str]]
) -> None:
    """A replacement deletes the old one, which suspends it."""
    before: Json = {"bucket": "data", "versioning_configuration": status("Enabled")}
    plan = bucket(versioning=own(enabled=True))
    plan.add(VERSIONING, ["delete", "create"], before=before, **{**before, "bucket": name})

    assert said(check, plan.first()) == expected


def test_what_is_not_known_is_unknown(check: Check) -> None:
    """The status, whose versioning it is, whether something is missing, and whether a plan selects it."""
    later = Later(status("Enabled"), ["var.status"])
    assert said(check, versioning(bucket(), later).first()) == OPEN
    assert "the status of aws_s3_bucket_versioning.data is known only after the apply (var.status)" in (
        messages(check(versioning(bucket(), later).first()))
    )
    nobody = Later("data", ["var.bucket"])
    assert said(check, versioning(bucket(), "Enabled", nobody).first()) == OPEN
    off = bucket(versioning=own(enabled=False))
    assert said(check, versioning(off, "Suspended", nobody).first()) == OFF
    partly = bucket()
    partly.more["complete"] = False
    assert said(check, partly.first()) == OPEN
    both = versioning(bucket()).add(
        "aws_s3_bucket_versioning.again", bucket="data", versioning_configuration=status("Suspended")
    )
    assert said(check, both.first()) == OPEN


def test_whether_a_plan_selects_it_may_not_be_known(check: Check) -> None:
    """Then one with versioning passes, and one of a tier without backups is not asked about."""

    def alone(tier: str) -> Plan:
        tags = {"backup-tier": tier}
        return Plan().add(BUCKET, tags=tags, tags_all=tags, bucket="data", versioning=own(enabled=False))

    assert said(check, alone("gold").first()) == OPEN
    assert said(check, versioning(alone("gold"), name="data").first()) == set()
    assert said(check, alone("exempt").first()) == set()


def test_the_tier_may_hang_on_the_organizational_unit(check: Check) -> None:
    """Where it is not known, what a plan selects is judged all the same."""
    assert said(check, bucket().second(), unit=None) == OFF
    alone = Plan().add(BUCKET, bucket="data", tags={}, tags_all={}, versioning=own(enabled=False))
    assert said(check, alone.first(), unit=None) == OPEN


def test_the_versioning_may_be_declared_in_another_input(check: Check) -> None:
    """It goes before what the bucket says of itself."""
    other = versioning(Plan(), name="data")
    assert said(check, bucket().first(), other.first()) == set()
    assert said(check, bucket().first(), versioning(Plan(), "Suspended", "data").first()) == OFF


def template(given: Any) -> Json:
    """The same as a template; `given` stands for the versioning, None for none."""
    configured = {} if given is None else {"VersioningConfiguration": given}
    tags = [{"Key": "backup-tier", "Value": "gold"}]
    rule = {
        "RuleName": "main",
        "TargetBackupVault": "main",
        "ScheduleExpression": "cron(0 0/6 ? * * *)",
        "StartWindowMinutes": 60,
        "Lifecycle": {"DeleteAfterDays": 35},
    }
    tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup-tier", "ConditionValue": "gold"}
    return {
        "Parameters": {"Status": {"Type": "String"}, "On": {"Type": "String", "Default": "yes"}},
        "Conditions": {"On": {"Fn::Equals": [{"Ref": "On"}, "yes"]}},
        "Resources": {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"Tags": tags, **configured}},
            "Plan": {
                "Type": "AWS::Backup::BackupPlan",
                "Properties": {"BackupPlan": {"BackupPlanName": "gold", "BackupPlanRule": [rule]}},
            },
            "Selection": {
                "Type": "AWS::Backup::BackupSelection",
                "Properties": {
                    "BackupPlanId": {"Ref": "Plan"},
                    "BackupSelection": {"SelectionName": "gold", "IamRoleArn": "r", "ListOfTags": [tag]},
                },
            },
        },
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"Status": "Enabled"}, set()),
        ({"Status": "Suspended"}, OFF),
        (None, OFF),
        ({"Ref": "AWS::NoValue"}, OFF),
        ({"Fn::If": ["On", {"Status": "Enabled"}, {"Ref": "AWS::NoValue"}]}, set()),
        ({"Status": {"Ref": "Status"}}, OPEN),
        ({"Fn::Transform": {"Name": "Other"}}, OPEN),
        ({"Status": "On"}, OPEN),
    ],
    ids=["enabled", "suspended", "none", "no-value", "if", "parameter", "macro", "neither"],
)
def test_a_template_says_it_in_the_bucket(check: Check, given: Any, expected: set[tuple[str, str]]) -> None:
    """Without a configuration there is no versioning."""
    assert said(check, template(given)) == expected
