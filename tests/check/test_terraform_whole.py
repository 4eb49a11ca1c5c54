"""A list that is not known yet: taken to be what it refers to only where that is surely all of it."""

from typing import Any

import pytest

from auditor.check.terraform.configuration import overlaps
from tests.check.conftest import Check, said_of
from tests.check.terraform import (
    ACCOUNT,
    Json,
    Later,
    Plan,
    backup_plan,
    by_tag,
    rule,
    selection,
    vault,
    volume,
)

COVERED, RPO = "BKP-COV-001", "BKP-FRQ-003"
A, B = "aws_ebs_volume.a", "aws_ebs_volume.b"
BOTH = [f"{A}.arn", f"{B}.arn"]


def selected(resources: Any, **more: Any) -> Plan:
    """Two volumes of the tier gold, and a selection of `resources`."""
    plan = backup_plan(vault(Plan()), "gold")
    selection(plan, "gold", "gold", resources=resources, **more)
    for name in ("a", "b"):
        volume(plan, name, backup_tier="gold")
    return plan


def verdicts(check: Check, document: Json) -> dict[str, str]:
    """What the control on coverage says of each volume that does not pass."""
    return {
        address: verdict for control, address, verdict, _ in said_of(check(document)) if control == COVERED
    }


UNKNOWN, EXCLUDED = (dict.fromkeys((A, B), verdict) for verdict in ("INSUFFICIENT_DATA", "NON_COMPLIANT"))


@pytest.mark.parametrize(
    ("references", "value", "said"),
    [
        (BOTH, None, {}),
        (["var.more", *BOTH], [f"arn:aws:ec2:eu-west-1:{ACCOUNT}:volume/vol-0"], {}),
        (["var.more", *BOTH], [], {}),
        (["var.more"], ["*"], {}),
        (["var.more", *BOTH], "prod", UNKNOWN),
        (["var.more", *BOTH], True, UNKNOWN),
        (["var.more", *BOTH], ["prod-*"], UNKNOWN),
        ([f"{A}.arn", f"{B}.id"], None, UNKNOWN),
        ([f"{A}.arn", f"{B}.size"], None, UNKNOWN),
        (["local.choice", *BOTH], None, UNKNOWN),
        ([*BOTH, f"{A}.arn"], None, UNKNOWN),
    ],
    ids=str,
)
def test_a_list_is_what_it_refers_to_where_that_is_only_arns(
    check: Check, references: list[str], value: Any, said: dict[str, str]
) -> None:
    """Anything else among it, such as `var.more` in a condition, may choose: `var.more ? [a] : [b]`."""
    plan = selected(Later([], references))
    plan.more = {"variables": {"more": {"value": value}}}

    assert verdicts(check, plan.first()) == said


def test_a_constant_handed_to_a_module_may_choose(check: Check) -> None:
    """It is no ARN; an ARN handed to the module is one."""
    for constant, said in (("prod", "INSUFFICIENT_DATA"), (f"arn:aws:ec2:*:{ACCOUNT}:volume/*", "")):
        plan = volume(backup_plan(vault(Plan()), "gold"), "a", backup_tier="gold")
        selection(
            plan,
            "gold",
            "gold",
            "module.s.aws_backup_selection.gold",
            plan_id=Later("id-of-gold", ["var.plan_id"]),
            resources=Later([], ["var.arns", "var.env"]),
        )
        plan.call("module.s", plan_id=["aws_backup_plan.gold.id"], arns=[f"{A}.arn"])
        document = plan.first()
        call = document["configuration"]["root_module"]["module_calls"]["s"]
        call["expressions"]["env"] = {"constant_value": constant}

        assert verdicts(check, document).get(A, "") == said


def test_all_instances_and_one_of_them_again_are_a_choice(check: Check) -> None:
    """`setsubtract(all, [first])` names what `concat` would name; two of them by number are just these."""
    one = ["aws_ebs_volume.all[0].arn", "aws_ebs_volume.all[0]", "aws_ebs_volume.all"]
    other = [name.replace("0", "1") for name in one]
    for references, said in (
        (["aws_ebs_volume.all", *one], UNKNOWN),
        ([*one, *other], {}),
        ([*one, *one], UNKNOWN),
    ):
        plan = backup_plan(vault(Plan()), "gold")
        selection(plan, "gold", "gold", resources=Later([]))
        for number in (0, 1):
            volume(plan, str(number), f"aws_ebs_volume.all[{number}]", backup_tier="gold")
        document = plan.first()
        written = next(one for one in plan.module("")["resources"] if one["type"] == "aws_backup_selection")
        written["expressions"]["resources"] = {"references": references}

        expected = {f"aws_ebs_volume.all[{number}]": verdict for number, verdict in enumerate(said.values())}
        assert verdicts(check, document) == expected


def test_the_key_of_an_instance_may_be_named_twice() -> None:
    """`[a[each.key].arn, b[each.key].arn]` names two things, and `[a[each.key].arn, a[each.key].arn]` one."""
    assert not overlaps({"references": [A, "each.key", B, "each.key"]})
    assert overlaps({"references": [A, "each.key", A, "each.key"]})


def test_a_rule_of_a_dynamic_block_is_no_other_rule(check: Check) -> None:
    """The configuration has one rule. Where the plan has two, which of them it is must be known."""
    name = {"target_vault_name": {"references": ["aws_backup_vault.main.name", "aws_backup_vault.main"]}}
    hidden = {key: value for key, value in rule().items() if key != "target_vault_name"}
    for rules, said in (
        ([hidden], {}),
        ([hidden, {**hidden, "rule_name": "other"}], {A: "INSUFFICIENT_DATA"}),
    ):
        plan = volume(vault(Plan()), "a", backup_tier="gold")
        backup_plan(
            plan, "gold", *rules, expressions={"rule": [{**name, "rule_name": {"references": ["var.n"]}}]}
        )
        selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
        document = plan.first()
        change = next(one for one in document["resource_changes"] if one["type"] == "aws_backup_plan")
        change["change"]["after_unknown"]["rule"] = [{"target_vault_name": True}] * len(rules)

        assert verdicts(check, document) == said


def test_what_is_excluded_is_taken_the_same_way(check: Check) -> None:
    """`not_resources` of two volumes, and of one of the two."""
    for references, said in ((BOTH, EXCLUDED), (["var.env", *BOTH], UNKNOWN)):
        plan = selected(["*"], not_resources=Later([], references))
        plan.more = {"variables": {"env": {"value": "prod"}}}
        assert verdicts(check, plan.first()) == said


def test_an_item_of_several_arns_may_be_any_of_them(check: Check) -> None:
    """One item of the list is not known, and it refers to one volume or to two."""
    for references, said in (([f"{A}.arn"], {B: "NON_COMPLIANT"}), (BOTH, UNKNOWN)):
        document = selected(Later([], references)).first()
        change = next(one for one in document["resource_changes"] if one["type"] == "aws_backup_selection")
        change["change"]["after"]["resources"] = ["arn:aws:s3:::other"]
        change["change"]["after_unknown"]["resources"] = [False, True]
        assert verdicts(check, document) == said


def test_dynamic_blocks_of_a_selection_are_not_known(check: Check) -> None:
    """Where the configuration names none; a `condition` is what the provider computes and is none."""
    for block, said in (("selection_tag", "INSUFFICIENT_DATA"), ("condition", "")):
        plan = volume(backup_plan(vault(Plan()), "gold"), "a", backup_tier="gold")
        values: Json = {"selection_tag": by_tag("gold"), block: Later([])}
        selection(plan, "gold", "gold", **values)

        assert verdicts(check, plan.first()).get(A, "") == said


def test_dynamic_rules_of_a_plan_are_not_known(check: Check) -> None:
    """Neither the volume nor the plan has a finding; with a rule that is too seldom the plan has one."""
    for rules, said in (
        (Later([]), {(COVERED, "INSUFFICIENT_DATA"), (RPO, "INSUFFICIENT_DATA")}),
        ([rule(schedule="cron(0 5 ? * SUN *)")], {(RPO, "NON_COMPLIANT")}),
    ):
        plan = volume(vault(Plan()), "a", backup_tier="gold")
        plan.add("aws_backup_plan.gold", name="gold", rule=rules, id=Later("id-of-gold"), arn=Later("arn"))
        selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
        found = said_of(check(plan.first()))

        assert {(one, verdict) for one, _, verdict, _ in found if one in (COVERED, RPO)} == said


@pytest.mark.parametrize("number", [1, 2])
def test_a_resource_with_several_instances_is_none_of_them(check: Check, number: int) -> None:
    """`values(aws_backup_plan.p)[0].id` names no key; of one instance it can only be that one."""
    plan = vault(Plan())
    for key in ("a", "b")[:number]:
        address = f'aws_backup_plan.p["{key}"]'
        plan.add(address, name=key, rule=[rule()], id=Later(f"id-{key}"), arn=Later("arn"))
    plan_id, address = Later("id-a", ["aws_backup_plan.p"]), 'aws_backup_selection.s["a"]'
    selection(plan, "s", "gold", address, plan_id=plan_id, selection_tag=by_tag("gold"))
    volume(plan, "a", backup_tier="gold")

    assert verdicts(check, plan.first()) == ({A: "INSUFFICIENT_DATA"} if number > 1 else {})


@pytest.mark.parametrize(("names", "said"), [(["each.key"], {f'{A}["b"]': "NON_COMPLIANT"}), ([], {})])
def test_what_a_module_is_called_with_is_seen_from_outside(
    check: Check, names: list[str], said: dict[str, str]
) -> None:
    """The key of the call, through a module that only calls another one; and all instances without a key."""
    plan = backup_plan(vault(Plan()), "gold")
    for key in ("a", "b"):
        volume(plan, key, f'{A}["{key}"]', backup_tier="gold")
    address = 'module.outer["a"].module.inner.aws_backup_selection.s'
    plan_id = Later("id-of-gold", ["var.plan_id"])
    selection(plan, "s", "gold", address, plan_id=plan_id, resources=Later([], ["var.arns"]))
    plan.call("module.outer", plan_id=["aws_backup_plan.gold.id"], arns=[A, *names])
    plan.call("module.outer.module.inner", plan_id=["var.plan_id"], arns=["var.arns"])

    assert verdicts(check, plan.first()) == said


def test_an_output_goes_through_a_module_without_resources(check: Check) -> None:
    """The plan lies in a module of a module, and its id comes out of both."""
    plan = vault(Plan())
    plan.add(
        "module.outer.module.inner.aws_backup_plan.p", name="p", rule=[rule()], id=Later("x"), arn=Later("y")
    )
    plan.output("module.outer.module.inner", "id", "aws_backup_plan.p.id")
    plan.output("module.outer", "plan_id", "module.inner.id")
    plan_id = Later("x", ["module.outer.plan_id"])
    selection(plan, "s", "p", plan_id=plan_id, selection_tag=by_tag("gold"))
    volume(plan, "a", backup_tier="gold")

    assert verdicts(check, plan.first()) == {}


def test_each_value_is_what_for_each_goes_over(check: Check) -> None:
    """A module for each plan of a module, and a selection for each of the modules."""
    plan = vault(Plan())
    for key in ("a", "b"):
        address = f'module.plans["{key}"].aws_backup_plan.p'
        plan.add(address, name=key, rule=[rule()], id=Later(f"id-{key}"), arn=Later("arn"))
        address = f'module.chosen["{key}"].aws_backup_selection.s'
        plan_id = Later(f"id-{key}", ["var.plan_id"])
        selection(plan, key, key, address, plan_id=plan_id, selection_tag=by_tag("gold"))
        address = f'aws_backup_selection.direct["{key}"]'
        plan_id = Later(f"id-{key}", ["each.value.id"])
        selection(plan, key, key, address, plan_id=plan_id, selection_tag=by_tag("silver"))
    plan.output("module.plans", "id", "aws_backup_plan.p.id")
    plan.call("module.chosen", plan_id=["each.value.id"])
    volume(volume(plan, "a", backup_tier="gold"), "b", backup_tier="silver")
    document = plan.first()
    root = document["configuration"]["root_module"]
    direct = next(one for one in root["resources"] if one["name"] == "direct")

    for over, said in (("module.plans", {}), ("local.plans", UNKNOWN)):
        repeated = {"for_each_expression": {"references": [over]}}
        root["module_calls"]["chosen"] |= repeated
        direct |= repeated
        assert verdicts(check, document) == said
