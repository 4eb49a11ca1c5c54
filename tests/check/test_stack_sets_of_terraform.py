"""Stack sets of a Terraform plan are judged in the accounts and Regions of their instances."""

from typing import Any

import pytest

from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import ACCOUNT, REGION, Later, Plan, backup_plan, by_tag, selection, volume
from tests.check.test_cloudformation import COVERED, TEMPLATE

SET, NAME = "aws_cloudformation_stack_set.all", "backups"
ONE, SEVERAL = "aws_cloudformation_stack_set_instance.one", "aws_cloudformation_stack_instances.some"
OTHER, THIRD, PARIS, UNIT = "222233334444", "333344445555", "eu-west-3", "ou-ab12-11111111"
DATA = "aws_ebs_volume.data"
TREE = {
    "organization": {
        "root": {
            "accounts": {ACCOUNT: {}},
            "units": {
                "Shops": {"id": UNIT, "units": {"Small": {"accounts": {OTHER: {}}}}},
                "Else": {"id": "ou-ab12-22222222", "accounts": {THIRD: {}}},
            },
        }
    }
}


def bare() -> Plan:
    """A gold volume that the plan of its account does not select."""
    plan = backup_plan(volume(Plan(), "data", backup_tier="gold"), "silver")
    return selection(plan, "silver", "silver", selection_tag=by_tag("silver"))


def made(template: Any = TEMPLATE, **more: Any) -> Plan:
    """That volume, and a stack set of what protects gold, or the tier of its parameter."""
    values = {"name": NAME, "template_body": template, "tags_all": {}, "call_as": "SELF", **more}
    return bare().add(SET, **values)


def instance(plan: Plan, address: str = ONE, **more: Any) -> Plan:
    """An instance of the set."""
    return plan.add(address, **{"stack_set_name": NAME, **more})


def covered(check: Check, plan: Plan, *more: Any) -> dict[str, str]:
    """What BKP-COV-001 says of each address that does not pass."""
    found = said_of(check(plan.first(), *more, account=ACCOUNT))
    return {name: verdict for control, name, verdict, _ in found if control == COVERED}


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"account_id": ACCOUNT, "region": REGION}, {}),
        ({"account_id": ACCOUNT, "stack_set_instance_region": REGION}, {}),
        ({}, {}),
        ({"account_id": OTHER}, {DATA: "NON_COMPLIANT"}),
        ({"account_id": ACCOUNT, "region": PARIS}, {DATA: "NON_COMPLIANT"}),
        ({"account_id": Later(ACCOUNT, ["var.account"])}, {DATA: "INSUFFICIENT_DATA"}),
        ({"deployment_targets": [{"accounts": [""]}]}, {DATA: "INSUFFICIENT_DATA"}),
    ],
    ids=[
        "there",
        "region-of-provider-6",
        "left-out",
        "another-account",
        "another-region",
        "account-later",
        "account-empty",
    ],
)
def test_what_an_instance_makes_protects_its_account_and_region(
    check: Check, where: dict[str, Any], said: dict[str, str]
) -> None:
    """And nothing elsewhere."""
    assert covered(check, instance(made(), **where)) == said


def test_each_account_and_region_is_judged(check: Check) -> None:
    """With what its instance overrides; tags and stack are those of the set."""
    plan = instance(made(), SEVERAL, accounts=[ACCOUNT, OTHER], regions=[REGION])
    instance(plan, account_id=THIRD, region=PARIS, parameter_overrides={"Tier": "silver"})

    assert covered(check, plan) == {f"{SET}[{THIRD} {PARIS}]/Data": "NON_COMPLIANT"}


def test_many_targets_are_not_followed(check: Check) -> None:
    """What they make is unknown then; the accounts times the Regions are never listed."""
    named = [str(222_222_222_222 + number) for number in range(10_000)]
    regions = [f"eu-west-{number}" for number in range(10_000)]
    plan = instance(made(), SEVERAL, accounts=[ACCOUNT, *named], regions=[REGION, REGION, *regions])
    instance(plan, account_id=ACCOUNT, region=REGION)

    assert covered(check, plan) == {DATA: "INSUFFICIENT_DATA"}
    assert "it has more than 200 accounts and Regions" in messages(check(plan.first(), account=ACCOUNT))


@pytest.mark.parametrize(
    ("template", "verdict", "said"),
    [
        (TEMPLATE, "INSUFFICIENT_DATA", "where it makes stacks is not written"),
        (Later("", ["var.body"]), "INSUFFICIENT_DATA", "its template is not known here"),
        (None, "INSUFFICIENT_DATA", "its template is not known here"),
        ("Resources: {Topic: {Type: AWS::SNS::Topic}}", "NON_COMPLIANT", ""),
    ],
    ids=["protects", "body-later", "by-url", "protects-nothing"],
)
def test_a_set_without_instances_may_protect_anything(
    check: Check, template: Any, verdict: str, said: str
) -> None:
    """Unless nothing in its template can."""
    plan = made(template, template_url=None)

    assert covered(check, plan) == {DATA: verdict}
    assert said in messages(check(plan.first(), account=ACCOUNT))


def test_an_instance_of_a_set_that_is_not_in_the_plan_may_protect_anything(check: Check) -> None:
    """What its template has is not known."""
    plan = instance(bare(), account_id=OTHER)
    result = check(plan.first(), account=ACCOUNT)

    assert covered(check, plan) == {DATA: "INSUFFICIENT_DATA"}
    assert f"the stack set {ONE} may make what protects it: its stack set is not known here" in messages(
        result
    )
    assert result.not_looked_at == {"aws_cloudformation_stack_set_instance": 1}


@pytest.mark.parametrize("odd", [1, "x", [1], [{}], {"a": 1}, [[]], None])
def test_values_of_the_wrong_shape_are_no_crash(check: Check, odd: Any) -> None:
    """Each is refused by the provider, or leaves open where stacks are made."""
    targets = {
        "organizational_unit_ids": odd,
        "accounts": odd,
        "account_filter_type": odd,
        "accounts_url": odd,
    }
    plan = made(odd, name=odd, call_as=odd, parameters=odd)
    for name in (odd, NAME):
        instance(plan, stack_set_name=name, account_id=odd, region=odd, parameter_overrides=odd)
        several = {"regions": odd, "accounts": odd, "deployment_targets": [targets]}
        instance(plan, SEVERAL, stack_set_name=name, **several)
    again = instance(made(), account_id=odd, stack_set_instance_region=odd, deployment_targets=[targets])

    assert covered(check, plan)[DATA] == "INSUFFICIENT_DATA"
    assert check(again.first(), account=ACCOUNT).resources >= 1


@pytest.mark.parametrize(
    ("targets", "set_more", "trees", "said"),
    [
        ({}, {}, [TREE], {f"{SET}[{OTHER} {REGION}]/Data": "NON_COMPLIANT", DATA: "NON_COMPLIANT"}),
        ({"accounts": [OTHER], "account_filter_type": "DIFFERENCE"}, {}, [TREE], {DATA: "NON_COMPLIANT"}),
        ({"accounts": [OTHER]}, {}, [TREE], {DATA: "INSUFFICIENT_DATA"}),
        ({}, {"call_as": "DELEGATED_ADMIN"}, [TREE], {DATA: "INSUFFICIENT_DATA"}),
        ({}, {}, [], {DATA: "INSUFFICIENT_DATA"}),
        ({"organizational_unit_ids": ["ou-ab12-33333333"]}, {}, [TREE], {DATA: "INSUFFICIENT_DATA"}),
    ],
    ids=["all", "difference", "no-filter", "delegated", "no-tree", "another-unit"],
)
def test_a_tree_tells_the_accounts_of_units(
    check: Check, targets: Any, set_more: Any, trees: list[Any], said: dict[str, str]
) -> None:
    """Also those of units below them; the management account, whose set it is, gets no stack."""
    plan = made(parameters={"Tier": "silver"}, permission_model="SERVICE_MANAGED", **set_more)
    blocks = [{"organizational_unit_ids": [UNIT], "accounts": [], "account_filter_type": "", **targets}]
    instance(plan, deployment_targets=blocks, stack_set_instance_region=REGION)

    assert covered(check, plan, *trees) == said
