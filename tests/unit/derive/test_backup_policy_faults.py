"""What AWS refuses in a backup policy, and what makes an effective one invalid (aws-backup.md 3.1, 3.3)."""

from typing import Any

import pytest

from auditor.derive.backup_policy_faults import Fault, excessive, incomplete, malformed, open_elements
from auditor.derive.policy_merge import Level, merge
from tests.check.policies import COPY, WHOLE, assign, at, by_tag, by_type, plan, policy, rule

CONTROL = "@@operators_allowed_for_child_policies"
RULE = "rules.daily"
TAGGED = "selections.tags.tagged"


def effective(document: Any) -> Any:
    """What the policy comes to alone."""
    return merge([Level((("a", document),))]).effective


@pytest.mark.parametrize("document", [WHOLE, policy(), {"plans": {}}, {"plans": {"gold": {}}}], ids=range(4))
def test_what_the_syntax_knows_is_taken(document: Any) -> None:
    """All of it, and parts of it."""
    assert malformed(document) == []


@pytest.mark.parametrize(
    ("path", "value", "where", "said"),
    [
        ("rule", {}, "rule", "no such element is known"),
        ("regions", ["eu-west-1"], "regions", 'a value has an operator: {"@@assign": ["eu-west-1"]}'),
        ("regions", assign("eu-west-1"), "regions.@@assign", "no list"),
        ("regions", assign(["*"]), "regions.@@assign", '"*" is not the code of a Region'),
        ("regions", {"@@Assign": ["eu-west-1"]}, "regions.@@Assign", "no such operator is known"),
        ("regions", {"list": []}, "regions.list", "operators and no elements"),
        ("rules.Daily", rule(), "rules.Daily", "daily and Daily differ by case only"),
        ("rules", {"@@assign": {}}, "rules.@@assign", "this element has none"),
        ("rules", [], "rules", "no object"),
        ("rules.two words", rule(), "rules.two words", "the name is not letters"),
        (f"{RULE}.schedule_expression", assign("rate(1 day)"), None, "a cron expression"),
        (f"{RULE}.target_backup_vault_name", assign("a vault"), None, "the name of a vault"),
        (
            f"{RULE}.target_backup_vault_name",
            {"@@append": ["main"]},
            f"{RULE}.target_backup_vault_name.@@append",
            "sets a value",
        ),
        (f"{RULE}.start_backup_window_minutes", assign("59"), None, "a number of minutes from 60"),
        (f"{RULE}.enable_continuous_backup", assign("yes"), None, "true or false"),
        (f"{RULE}.lifecycle.delete_after_days", assign("3.5"), None, "a whole number of days"),
        (f"{RULE}.lifecycle.delete_after_days", assign(None), None, "null is not a whole number of days"),
        (
            f"{RULE}.copy_actions",
            {COPY: {"target_backup_vault_arn": assign("main")}},
            f"{RULE}.copy_actions.{COPY}.target_backup_vault_arn.@@assign",
            "the ARN of a vault",
        ),
        (f"{RULE}.target_logically_air_gapped_backup_vault_arn", assign(COPY), None, "$region:$account"),
        (f"{TAGGED}.iam_role_arn", assign("backup"), None, "the ARN of a role"),
        (f"{TAGGED}.iam_role_arn", assign("arn:aws:iam::1:role/backup"), None, "the ARN of a role"),
        (f"{TAGGED}.tag_value", assign("gold"), None, "no list"),
        (f"{TAGGED}.Tag_key", assign("x"), f"{TAGGED}.Tag_key", "no such element is known"),
        (
            "selections",
            by_type("arn:aws:ec2:*:*:volume/vol-1"),
            "selections.resources.typed.resource_types.@@assign",
            "the pattern of a resource type",
        ),
        (
            "advanced_backup_settings",
            {"ec2": {"windows_vss": assign("on")}},
            "advanced_backup_settings.ec2.windows_vss.@@assign",
            "enabled or disabled",
        ),
        (CONTROL, "@@none", CONTROL, "each once"),
        (CONTROL, ["@@none", "@@assign"], CONTROL, "each once"),
        (CONTROL, ["@@assign", "@@assign"], CONTROL, "each once"),
        (CONTROL, [{}], CONTROL, "each once"),
        (CONTROL, [], CONTROL, "each once"),
    ],
    ids=range(30),
)
def test_what_aws_refuses_is_named_by_its_path(path: str, value: Any, where: str | None, said: str) -> None:
    """One thing is wrong, and one is found."""
    (found,) = malformed(at(policy(), path, value))

    assert "/".join(found.path) == f"plans/gold/{(where or path + '.@@assign').replace('.', '/')}"
    assert said in found.said


def test_everything_that_is_wrong_is_found() -> None:
    """Also below a name that is wrong."""
    found = malformed({"plans": {"a b": plan(regions=assign(["x", "y"]), rule={})}})

    assert [("/".join(one.path), one.said.partition(" ")[0]) for one in found] == [
        ("plans/a b", "the"),
        ("plans/a b/regions/@@assign", '"x"'),
        ("plans/a b/regions/@@assign", '"y"'),
        ("plans/a b/rule", "no"),
    ]


@pytest.mark.parametrize("document", [None, [], {}, {"plan": {}}, "plans"], ids=range(5))
def test_what_has_no_plans_is_no_policy(document: Any) -> None:
    """Whatever else it is."""
    assert malformed(document) == [Fault((), "it has no plans")]


def test_start_windows_of_an_hour_are_taken() -> None:
    """And of three digits, and as numbers."""
    for minutes in ("60", "99", "100", 480):
        changed = at(policy(), f"{RULE}.start_backup_window_minutes", assign(minutes))
        assert malformed(changed) == []


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, []),
        ({"regions": None}, ["plans/gold: regions is missing"]),
        ({"regions": assign([])}, ["plans/gold/regions: regions is an empty list"]),
        (
            {"rules": None, "selections": None},
            ["plans/gold: rules is missing", "plans/gold: selections is missing"],
        ),
        (
            {"rules": {"daily": rule(target_backup_vault_name=None)}},
            ["plans/gold/rules/daily: target_backup_vault_name is missing"],
        ),
        (
            {"selections": {"tags": {"tagged": {"tag_key": assign("k"), "tag_value": {"@@remove": ["x"]}}}}},
            [
                "plans/gold/selections/tags/tagged: iam_role_arn is missing",
                "plans/gold/selections/tags/tagged: tag_value is missing",
            ],
        ),
    ],
    ids=range(6),
)
def test_a_plan_that_is_not_whole_is_named(changes: Any, missing: list[str]) -> None:
    """By what it lacks, as AWS reports it of an effective policy."""
    found = incomplete(effective(policy(**changes)))

    assert [f"{'/'.join(one.path)}: {one.said}" for one in found] == missing


def rules(count: int) -> Any:
    """So many rules."""
    return {f"rule-{number}": rule() for number in range(count)}


def conditions(count: int) -> Any:
    """So many conditions."""
    return {
        "string_equals": {
            f"c{number}": {
                "condition_key": assign(f"aws:ResourceTag/k{number}"),
                "condition_value": assign("v"),
            }
            for number in range(count)
        }
    }


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rules": rules(10)}, []),
        ({"rules": rules(11)}, ["there are 11 rules, and a plan has 10 at most"]),
        ({"selections": by_type("*", conditions=conditions(30))}, []),
        (
            {"selections": by_type("*", conditions=conditions(31))},
            ["there are 31 conditions, and a selection has 30 at most"],
        ),
        ({"selections": {**by_tag("gold"), **by_type("*")}}, ["tags and resources exclude each other"]),
        (
            {"rules": {"daily": rule(copy_actions={COPY: {"target_backup_vault_arn": assign(f"{COPY}2")}})}},
            ["target_backup_vault_arn is not the ARN by which the copy is named"],
        ),
    ],
    ids=range(6),
)
def test_what_is_too_much_is_named(changes: Any, said: list[str]) -> None:
    """On both sides of each limit."""
    assert [one.said for one in excessive(effective(policy(**changes)))] == said


def test_what_aws_has_been_seen_to_do_without_is_open() -> None:
    """The guide demands both."""
    typed = {"resources": {"typed": {"iam_role_arn": assign("r")}}}
    document = {"plans": {"p": plan(rules={"daily": rule(schedule_expression=None)}, selections=typed)}}

    assert [one.said for one in open_elements(effective(document))] == [
        "schedule_expression is missing",
        "resource_types is missing",
    ]
