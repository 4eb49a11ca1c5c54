"""How an effective backup policy differs from what policies come to, and plans from what it says."""

import json
from typing import Any

import pytest

from auditor.derive.backup_policies import plans_of
from auditor.derive.effective_policy import (
    effective_policy,
    policy_differences,
    rule_differences,
    rules_in,
    written_policy,
)
from auditor.derive.policy_merge import Level, merge
from auditor.model.plans import BackupPlan

ACCOUNT, REGION = "111122223333", "eu-central-1"
FAR = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:far"
RULE = {
    "schedule_expression": "cron(0 1 * * ? *)",
    "target_backup_vault_name": "main",
    "lifecycle": {"delete_after_days": "35"},
    "copy_actions": {FAR: {"target_backup_vault_arn": FAR, "lifecycle": {"delete_after_days": "90"}}},
}
TAGGED = {
    "iam_role_arn": "arn:aws:iam::$account:role/backup",
    "tag_key": "backup",
    "tag_value": ["gold", "iron"],
}
PLAN = {
    "regions": [REGION, "eu-west-1"],
    "rules": {"nightly": RULE},
    "selections": {"tags": {"tagged": TAGGED}},
}
EFFECTIVE = {"plans": {"gold": PLAN}}


def written(effective: Any) -> Any:
    """A policy of which that is the effective one."""
    if isinstance(effective, dict):
        return {key: written(value) for key, value in effective.items()}
    return {"@@assign": effective}


def changed(policy: Any, *path: str, value: Any = None) -> Any:
    """A policy with another value at a path, or without it."""
    if not path:
        return value
    inner = {**policy}
    found = changed(inner.get(path[0]), *path[1:], value=value)
    return (
        {**inner, path[0]: found} if found is not None else {k: v for k, v in inner.items() if k != path[0]}
    )


def differences(policy: Any, effective: Any, *more: Any, ordered: bool = True) -> tuple[list[str], list[str]]:
    """What is otherwise in `effective` than in policies, for certain and perhaps."""
    levels = [Level((("one", policy), *((f"more-{i}", one) for i, one in enumerate(more))), ordered=ordered)]
    found = policy_differences(merge(levels), effective)
    return [*found.sure], [*found.open_]


def test_the_same_in_another_order_and_in_small_letters_is_no_difference() -> None:
    """AWS keeps the names of rules in small letters, and a list is a set."""
    policy = written(changed(EFFECTIVE, "plans", "gold", "rules", value={"Nightly": RULE}))
    other = changed(EFFECTIVE, "plans", "gold", "regions", value=["eu-west-1", REGION])
    assert differences(policy, other) == ([], [])


RETENTION = ("plans", "gold", "rules", "nightly", "lifecycle", "delete_after_days")


@pytest.mark.parametrize(
    ("effective", "said"),
    [
        (changed(EFFECTIVE, *RETENTION, value="7"), [f"{'/'.join(RETENTION)} is 7 and not 35"]),
        (changed(EFFECTIVE, "plans", "gold", "rules"), ["plans/gold/rules is not in force"]),
        (changed(EFFECTIVE, "plans", "iron", value=PLAN), ["plans/iron is in force and in no policy"]),
        (
            changed(EFFECTIVE, "plans", "gold", "regions", value=[REGION]),
            [f'plans/gold/regions is ["{REGION}"] and not ["{REGION}", "eu-west-1"]'],
        ),
        ({}, ["plans is not in force"]),
    ],
    ids=["value", "less", "more", "list", "none"],
)
def test_what_is_otherwise_is_named_by_its_path(effective: Any, said: list[str]) -> None:
    """Whole parts once."""
    assert differences(written(EFFECTIVE), effective) == (said, [])


def test_where_the_order_of_attachment_counts_a_difference_is_open() -> None:
    """Of two policies at one level the first one counts, and no API tells which that is."""
    other = written({"plans": {"gold": {"rules": {"nightly": {"lifecycle": {"delete_after_days": "7"}}}}}})
    seven = changed(EFFECTIVE, *RETENTION, value="7")
    said = [f"{'/'.join(RETENTION)} is 7 and not 35"]
    assert differences(written(EFFECTIVE), seven, other, ordered=False) == ([], said)
    assert differences(written(EFFECTIVE), seven, other) == (said, [])
    assert differences(written(EFFECTIVE), EFFECTIVE, other, ordered=False) == ([], [])


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "{", '{"plans": []}', '{"plans": {"gold": {}}}', '{"plans": {"gold": 7}}',
     '{"plans": {"gold": {"rules": {}, "regions": [{}], "selections": {}}}}',
     '{"plans": {"a": {"new": "b"}}}', '{"a":' * 5000 + "1" + "}" * 5000],
)  # fmt: skip
def test_an_effective_policy_that_is_no_whole_one_is_not_understood(text: str) -> None:
    """Whatever the answer has."""
    assert effective_policy(text) is None


def test_values_of_an_effective_policy_are_texts() -> None:
    """A number or a flag is what AWS would keep of it; one without plans is empty."""
    given = changed(EFFECTIVE, *RETENTION, value=35)
    assert effective_policy(json.dumps(given)) == EFFECTIVE
    assert effective_policy("{}") == {"plans": {}}


def test_a_policy_that_aws_would_refuse_is_not_understood() -> None:
    """It may have what came later than this release."""
    assert written_policy(json.dumps(written(EFFECTIVE))) == written(EFFECTIVE)
    assert written_policy(json.dumps(EFFECTIVE)) is None
    assert written_policy("{") is None


def test_rules_of_a_policy_add_tags_to_recovery_points() -> None:
    """By the keys that they have there, not by their names in the policy; one without a key is none."""
    added = {"one": {"tag_key": "team", "tag_value": "a"}, "two": {"tag_key": "cost"}, "three": {}}
    given = changed(EFFECTIVE, "plans", "gold", "rules", "nightly", "recovery_point_tags", value=added)
    rules = [rules_in(one, ACCOUNT, REGION, "inherit") for one in (*plans_of(given), *plans_of(EFFECTIVE))]
    assert [rule.point_tags for (rule,) in rules] == [("cost", "team"), ()]


def compared(effective: Any, **rule: Any) -> list[str]:
    """How a plan with one rule differs from what a policy wants."""
    base = {
        "RuleName": "nightly",
        "TargetBackupVaultName": "main",
        "ScheduleExpression": "cron(0 1 * * ? *)",
        "Lifecycle": {"DeleteAfterDays": 35},
        "CopyActions": [{"DestinationBackupVaultArn": FAR, "Lifecycle": {"DeleteAfterDays": 90}}],
    }
    found = BackupPlan.rules_of({"Rules": [base | rule]})
    (plan,) = plans_of(effective)
    return rule_differences(rules_in(plan, ACCOUNT, REGION, "inherit"), found)


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, []),
        ({"RuleName": "Nightly"}, []),
        ({"Lifecycle": {"DeleteAfterDays": 7}}, ["of rule nightly the lifecycle is another one"]),
        ({"TargetBackupVaultName": "far"}, ["of rule nightly its vault is far and not main"]),
        (
            {"EnableContinuousBackup": True},
            ["of rule nightly whether it is continuous is true and not false"],
        ),
        ({"CopyActions": []}, ["of rule nightly the copies are other ones"]),
        ({"RuleName": "other"}, ["rule nightly is missing", "rule other is in no policy"]),
        (
            {"ScheduleExpression": "cron(0 2 * * ? *)"},
            ["of rule nightly its schedule is cron(0 2 * * ? *) and not cron(0 1 * * ? *)"],
        ),
    ],
)
def test_a_plan_is_held_against_what_the_policy_wants(rule: Any, said: list[str]) -> None:
    """Each part of a rule, by the names as AWS keeps them."""
    assert compared(EFFECTIVE, **rule) == said


def test_a_schedule_that_the_policy_leaves_out_is_not_compared() -> None:
    """What AWS makes of it is not stated."""
    without = changed(EFFECTIVE, "plans", "gold", "rules", "nightly", "schedule_expression")
    assert compared(without, ScheduleExpression="cron(0 2 * * ? *)") == []
