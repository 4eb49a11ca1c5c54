"""What a Terraform plan's findings are: each case beside its opposite, by control, address and reason."""

from collections.abc import Callable
from typing import Any

import pytest

from auditor.model.errors import ExitCode
from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import (
    ACCOUNT,
    KEYED,
    REGION,
    Later,
    Plan,
    backup_plan,
    by_tag,
    protected,
    rule,
    selection,
    vault,
    volume,
)

COVERED, RPO, RETENTION, LOCK = "BKP-COV-001", "BKP-FRQ-003", "BKP-RET-001", "BKP-IMM-002"
COLD = "BKP-RET-004"
PLAN = "aws_backup_plan.gold"
DATA = "aws_ebs_volume.data"


def unprotected(address: str = DATA) -> set[tuple[str, str, str, str]]:
    """The one finding of a resource that nothing selects."""
    return {(COVERED, address, "NON_COMPLIANT", "not_selected")}


def with_rule(**changes: Any) -> Plan:
    """The protected volume, under a changed rule."""
    plan = vault(Plan())
    backup_plan(plan, "gold", rule(**changes))
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    return volume(plan, "data", backup_tier="gold")


def with_selection(**values: Any) -> Plan:
    """The protected volume, under another selection."""
    plan = vault(Plan())
    backup_plan(plan, "gold")
    selection(plan, "gold", "gold", **values)
    return volume(plan, "data", backup_tier="gold")


def test_what_a_plan_protects_as_its_tier_demands_has_no_finding(check: Check) -> None:
    """Coverage, RPO, retention and locks pass; of cold storage and copies, which nobody asks for, nothing."""
    result = check(protected().first())

    assert said_of(result) == set()
    assert result.counts == {"COMPLIANT": 6, "NOT_APPLICABLE": 4}
    assert result.exit_code == ExitCode.COMPLIANT


def test_a_resource_that_no_plan_selects_is_a_finding(check: Check) -> None:
    """Beside one that is selected, and one whose tier needs no backup."""
    plan = volume(protected(), "other", team="web")
    volume(plan, "scratch", backup_tier="exempt")

    result = check(plan.first())

    assert said_of(result) == unprotected("aws_ebs_volume.other")
    assert result.exit_code == ExitCode.FINDINGS


@pytest.mark.parametrize(
    ("make", "near"),
    [
        (lambda: with_selection(selection_tag=by_tag("Gold")), "differs from 'Gold' by case only"),
        (lambda: with_selection(selection_tag=by_tag("gold", "Backup-Tier")), "by case only"),
        (
            lambda: with_selection(resources=["*"], not_resources=["arn:aws:ec2:*:*:volume/*"]),
            "NotResources: arn:aws:ec2:*:*:volume/* excludes it",
        ),
        (
            lambda: with_selection(
                selection_tag=by_tag("gold"),
                condition=[
                    {"string_equals": [{"key": "aws:ResourceTag/env", "value": "prod"}], "string_like": []}
                ],
            ),
            "every Condition must hold as well",
        ),
        (
            lambda: with_selection(resources=["arn:aws:ec2:us-east-1:*:volume/*"]),
            "names Region 'us-east-1'",
        ),
    ],
    ids=["case-of-the-value", "case-of-the-key", "not-resources", "condition", "region-of-a-pattern"],
)
def test_the_near_miss_is_named(check: Check, make: Callable[[], Plan], near: str) -> None:
    """Why a selection that looks right leaves the resource out."""
    result = check(make().first())

    assert said_of(result) == unprotected()
    assert near in messages(result)


@pytest.mark.parametrize(
    "values",
    [
        {"not_resources": ["arn:aws:s3:::*"]},
        {"condition": [{"string_equals": [{"key": "aws:ResourceTag/backup-tier", "value": "gold"}]}]},
    ],
    ids=["not-resources", "conditions"],
)
def test_a_selection_with_neither_resources_nor_tags_is_never_made(
    check: Check, values: dict[str, Any]
) -> None:
    """AWS refuses it, whatever the documents say that it would select."""
    result = check(with_selection(**values).first())

    assert (COVERED, DATA, "NON_COMPLIANT", "not_selected") in said_of(result)
    assert "Resources and ListOfTags are empty, which selects nothing" in messages(result)


def test_a_plan_in_another_region_is_a_near_miss(check: Check) -> None:
    """A plan selects resources of its own Region only; the resource's own `region` counts (provider 6)."""
    plan = protected()
    gold = {"backup-tier": "gold"}
    plan.add("aws_ebs_volume.far", region="us-east-1", tags=gold, id=Later("vol-9"), **KEYED)

    result = check(plan.first())

    assert said_of(result) == unprotected("aws_ebs_volume.far")
    assert "it selects such a resource in eu-west-1, and this one is in us-east-1" in messages(result)


def test_a_type_that_is_not_opted_in_is_not_selected_by_tag(check: Check) -> None:
    """By what the plan declares of the Region; opted in it is."""
    for opted_in, said in ((False, unprotected()), (True, set())):
        plan = protected().add(
            "aws_backup_region_settings.here", resource_type_opt_in_preference={"EBS": opted_in}
        )

        assert said_of(check(plan.first())) == said


@pytest.mark.parametrize(
    ("window", "said"),
    [(60, set()), (18 * 60, set()), (18 * 60 + 1, {(RPO, PLAN, "NON_COMPLIANT", "interval_exceeds_rpo")})],
)
def test_the_worst_time_between_backups_has_the_start_window_in_it(
    check: Check, window: int, said: set[tuple[str, str, str, str]]
) -> None:
    """Six hours and the window: 24 h are gold's RPO, a minute more is a finding."""
    assert said_of(check(with_rule(start_window=window).first())) == said


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (34, "retention_too_short"),
        (35, ""),
        (90, ""),
        (91, "retention_too_long"),
        (None, "never_expires"),
        (0, "never_expires"),
    ],
)
def test_retention_is_held_against_the_tier(check: Check, days: int | None, code: str) -> None:
    """Both sides of gold's range; null and 0 are the provider's words for never."""
    plan = with_rule(lifecycle=[{"delete_after": days, "cold_storage_after": None}])

    assert said_of(check(plan.first())) == ({(RETENTION, PLAN, "NON_COMPLIANT", code)} if code else set())


@pytest.mark.parametrize(
    ("cold", "kept", "copied", "said"),
    [
        (0, 35, 35, set()),
        (1, 91, 35, set()),
        (1, 90, 35, {(COLD, PLAN, "NON_COMPLIANT", "cold_too_short")}),
        (1, 91, 90, {(COLD, PLAN, "NON_COMPLIANT", "cold_too_short")}),
    ],
)
def test_cold_storage_is_for_ninety_days_at_least(
    check: Check, cold: int, kept: int, copied: int, said: set[tuple[str, str, str, str]]
) -> None:
    """Of a rule and of its copies; AWS Backup would refuse the plan."""
    copy = {"delete_after": copied, "cold_storage_after": 1 if copied > 35 else 0}
    main = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-vault:main"
    plan = with_rule(
        lifecycle=[{"delete_after": kept, "cold_storage_after": cold}],
        copy_action=[{"destination_vault_arn": main, "lifecycle": [copy]}],
    )

    found = said_of(check(plan.first()))

    assert {one for one in found if one[0] == COLD} == said


@pytest.mark.parametrize(
    ("lock", "code"),
    [
        ({"min_retention_days": 35, "max_retention_days": 35}, ""),
        ({"min_retention_days": 36, "max_retention_days": 90}, "below_minimum"),
        ({"min_retention_days": 7, "max_retention_days": 34}, "above_maximum"),
    ],
)
def test_a_lifecycle_outside_the_lock_of_its_vault_is_a_finding(
    check: Check, lock: dict[str, Any], code: str
) -> None:
    """AWS Backup fails such a job."""
    plan = vault(Plan(), **lock)
    backup_plan(plan, "gold")
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    volume(plan, "data", backup_tier="gold")

    assert said_of(check(plan.first())) == ({(LOCK, PLAN, "NON_COMPLIANT", code)} if code else set())


@pytest.mark.parametrize(
    ("lock", "code"),
    [
        ({}, ""),
        ({"changeable_for_days": None}, "governance_only"),
        ({"locked": False}, "not_declared"),
    ],
    ids=["compliance", "governance", "none"],
)
@pytest.mark.parametrize("with_resource", [True, False])
def test_a_vault_declares_the_lock_that_its_tier_demands(
    check: Check,
    lock: dict[str, Any],
    code: str,
    with_resource: bool,  # noqa: FBT001 -- a case
) -> None:
    """Gold demands a compliance lock, whether a gold resource is declared or only selected by its tag."""
    plan = vault(Plan(), **lock)
    backup_plan(plan, "gold")
    selection(plan, "gold", "gold", selection_tag=by_tag("gold"))
    if with_resource:
        volume(plan, "data", backup_tier="gold")

    said = {("BKP-IMM-003", "aws_backup_vault.main", "NON_COMPLIANT", code)} if code else set()
    assert said_of(check(plan.first())) == said
    assert said_of(check(plan.second())) == said


def test_a_resource_is_named_by_its_full_address(check: Check) -> None:
    """Of modules and `for_each`, `count` and keys with odd letters."""
    plan = protected()
    addresses = [
        'module.app["a.b"].module.disks.aws_ebs_volume.one["x/y"]',
        "module.app[0].aws_ebs_volume.two[3]",
    ]
    for number, address in enumerate(addresses):
        volume(plan, f"n{number}", address)

    found = {entry.declaration.address for entry in check(plan.first()).entries}

    assert found == set(addresses)


@pytest.mark.parametrize(
    ("actions", "there"),
    [
        (["create"], True),
        (["update"], True),
        (["no-op"], True),
        (["read"], True),
        (["delete", "create"], True),
        (["create", "delete"], True),
        (["create", "forget"], True),
        (["forget"], True),
        (["delete"], False),
    ],
    ids=str,
)
def test_what_is_there_after_the_apply_is_judged(check: Check, actions: list[str], there: bool) -> None:  # noqa: FBT001 -- a case
    """What is deleted needs no backup; what Terraform only forgets is still there."""
    plan = protected()
    before: dict[str, Any] = {"tags": {}, "tags_all": {}, "id": "vol-1"}
    plan.add("aws_ebs_volume.other", actions, before=before, **before)

    assert said_of(check(plan.first())) == (unprotected("aws_ebs_volume.other") if there else set())


def test_the_tags_that_count_are_those_with_the_providers_defaults(check: Check) -> None:
    """`tags_all` has them, `tags` has not."""
    plan = protected()
    plan.add("aws_ebs_volume.other", tags=None, tags_all={"backup-tier": "gold"}, id=Later("vol-2"), **KEYED)

    assert said_of(check(plan.first())) == set()


def test_a_stack_is_selected_by_the_arn_that_is_its_id(check: Check) -> None:
    """Whatever is in it, and one that no selection names is a finding."""
    arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/shop/0f5d"
    plan = with_selection(resources=[arn])
    nothing: dict[str, Any] = {"template_body": '{"Resources": {}}', "tags": {}, "tags_all": {}}
    plan.add("aws_cloudformation_stack.shop", name="shop", id=arn, **nothing)
    plan.add("aws_cloudformation_stack.new", name="new", id=Later(""), **nothing)

    found = {said for said in said_of(check(plan.first(), account=ACCOUNT)) if "stack" in said[1]}

    assert found == unprotected("aws_cloudformation_stack.new")


def test_equal_addresses_of_two_plans_are_two_things(check: Check) -> None:
    """Nothing of one is taken for the other's, though neither has an id yet."""
    good, bad = protected(), vault(Plan())
    backup_plan(bad, "gold", rule(lifecycle=[{"delete_after": 7}]))
    selection(bad, "gold", "gold", selection_tag=by_tag("gold"))
    volume(bad, "data", backup_tier="silver")

    result = check(good.first(), bad.first())

    assert {(entry.declaration.file[-6], entry.control_id) for entry in result.entries} == {
        ("2", COVERED),
        ("2", RETENTION),
    }


def test_two_plans_are_judged_together(check: Check) -> None:
    """The backup plan may be in another Terraform state than what it protects."""
    apart = volume(Plan(), "data", backup_tier="gold")
    plans = vault(Plan())
    backup_plan(plans, "gold")
    selection(plans, "gold", "gold", selection_tag=by_tag("gold"))

    assert said_of(check(apart.first(), plans.first(), account=ACCOUNT)) == set()
