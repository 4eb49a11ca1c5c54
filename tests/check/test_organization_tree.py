"""The tree of an organization: what each account gets of the policies on the way to it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check.conftest import Check, messages, said_of
from tests.check.policies import (
    OTHER,
    WHOLE,
    assign,
    by_tag,
    by_type,
    lasting,
    parts,
    plan,
    policy,
    rule,
    tree,
)
from tests.check.terraform import ACCOUNT, Later, Plan, vault, volume
from tests.check.test_backup_documents import plan as api_plan
from tests.check.test_backup_documents import selection as api_selection

EFFECT, RPO, RETENTION, LOCK, COVERED = (
    "BKP-GOV-002", "BKP-FRQ-003", "BKP-RET-001", "BKP-IMM-002", "BKP-COV-001",
)  # fmt: skip
CONTROL = "@@operators_allowed_for_child_policies"
Json = dict[str, Any]


def found(check: Check, *documents: Json, **options: Any) -> set[tuple[str, str, str, str]]:
    """What is said, but for locks of vaults that no input declares."""
    return {one for one in said_of(check(*documents, **options)) if one[0] != LOCK}


def test_each_account_gets_what_lies_on_the_way_to_it(check: Check) -> None:
    """The plan is judged by its account, with the line of the last policy that mentions it."""
    result = check(tree(["input-2.json"], ["input-3.json"]), policy(), lasting("34"))

    assert {one for one in said_of(result) if one[0] != LOCK} == {
        (RETENTION, f"plans/gold in {ACCOUNT} eu-west-1", "NON_COMPLIANT", "retention_too_short")
    }
    assert [Path(one.declaration.file).name for one in result.entries if one.control_id == RETENTION] == [
        "input-3.json"
    ]


def test_regions_are_added_for_one_account(check: Check) -> None:
    """And each of its Regions has the plan."""
    result = check(
        tree(["input-2.json"], account=["input-3.json"]), policy(), parts(regions={"@@append": ["us-east-1"]})
    )

    assert {(one.account_id, one.region) for one in result.entries} == {
        (ACCOUNT, "eu-west-1"),
        (ACCOUNT, "us-east-1"),
        (OTHER, "eu-west-1"),
    }


def test_what_a_policy_above_forbids_is_a_finding_and_has_no_effect(check: Check) -> None:
    """With the accounts in which it has none."""
    base = policy()
    base["plans"]["gold"]["rules"]["daily"]["lifecycle"]["delete_after_days"][CONTROL] = ["@@none"]
    result = check(tree(["input-2.json"], ["input-3.json"]), base, lasting("34"))

    path = "plans/gold/rules/daily/lifecycle/delete_after_days"
    assert {one for one in said_of(result) if one[0] != LOCK} == {
        (EFFECT, path, "NON_COMPLIANT", "forbidden")
    }
    assert f"a part of it has no effect in {ACCOUNT}: {path}: @@assign is not allowed by " in messages(result)


def test_a_plan_that_no_policy_may_add(check: Check) -> None:
    """Where the plans are closed; the plan is judged nowhere."""
    base = policy()
    base["plans"][CONTROL] = ["@@none"]
    more = policy("more", rules={"daily": rule(start_backup_window_minutes="1081")})

    assert found(check, tree(["input-2.json"], ["input-3.json"]), base, more) == {
        (EFFECT, "plans/more", "NON_COMPLIANT", "forbidden")
    }


@pytest.mark.parametrize(
    ("child", "path", "said"),
    [
        ({"plans": {"more": plan(regions=None)}}, "plans/more", "regions is missing"),
        (parts(regions={"@@remove": ["eu-west-1"]}), "plans/gold/regions", "regions is an empty list"),
        (parts(selections=by_type("*")), "plans/gold/selections", "tags and resources exclude each other"),
        (
            parts(rules={f"r{number}": rule() for number in range(10)}),
            "plans/gold/rules",
            "there are 11 rules, and a plan has 10 at most",
        ),
    ],
    ids=range(4),
)
def test_an_effective_policy_that_is_not_valid(check: Check, child: Json, path: str, said: str) -> None:
    """It is a finding where it comes about; the last valid one stays in force, which is not known."""
    resource = volume(Plan(), "data", backup_tier="gold").first()
    result = check(tree(["input-2.json"], ["input-3.json"]), policy(), child, resource, account=ACCOUNT)

    said_so = {one for one in said_of(result) if one[0] in (EFFECT, COVERED)}
    assert said_so == {
        (EFFECT, path, "NON_COMPLIANT", "invalid"),
        (COVERED, "aws_ebs_volume.data", "INSUFFICIENT_DATA", "evidence_gap"),
    }
    assert f"the last valid policy stays in force in {ACCOUNT}: {path}: {said}" in messages(result)
    assert {one.account_id for one in result.entries if one.control_id == LOCK} == {OTHER}


@pytest.mark.parametrize(
    ("tag", "account", "verdicts"),
    [
        ("gold", ACCOUNT, set()),
        ("Gold", ACCOUNT, {"NON_COMPLIANT"}),
        ("gold", "999999999999", {"INSUFFICIENT_DATA"}),
    ],
    ids=["selected", "near-miss", "not-in-the-tree"],
)
def test_resources_of_an_account_are_held_against_its_plans(
    check: Check, tag: str, account: str, verdicts: set[str]
) -> None:
    """As against any other plan; an account that is not in the tree has none of it."""
    resource = volume(Plan(), "data", backup_tier=tag).first()
    result = check(tree(["input-2.json"]), policy(), resource, account=account)

    assert {verdict for control, _, verdict, _ in said_of(result) if control == COVERED} == verdicts
    if verdicts == {"NON_COMPLIANT"}:
        assert "Near miss: value 'Gold' of tag backup-tier differs from 'gold' by case only" in messages(
            result
        )


def test_resource_types_and_conditions_select_together(check: Check) -> None:
    """A selection of all types but one."""
    selections = by_type("*", not_resource_types=assign(["arn:aws:ec2:*:*:volume/*"]))
    resource = volume(Plan(), "data", backup_tier="gold").first()
    said = {}
    for name, document in (
        ("typed", policy(selections=by_type("arn:aws:ec2:*:*:volume/*"))),
        ("but", policy(selections=selections)),
        ("conditions", policy(selections=WHOLE["plans"]["gold"]["selections"])),
    ):
        result = check(tree(["input-2.json"]), document, resource, account=ACCOUNT)
        said[name] = {verdict for control, _, verdict, _ in said_of(result) if control == COVERED}

    assert said == {"typed": set(), "but": {"NON_COMPLIANT"}, "conditions": {"NON_COMPLIANT"}}


def test_lifecycles_are_held_against_the_locks_of_the_account(check: Check) -> None:
    """The vault of the other account is not among the inputs."""
    locked = vault(Plan(), min_retention_days=36, max_retention_days=400).first()
    result = check(tree(["input-2.json"]), policy(), locked, account=ACCOUNT)

    assert {one for one in said_of(result) if one[0] == LOCK} == {
        (LOCK, f"plans/gold in {ACCOUNT} eu-west-1", "NON_COMPLIANT", "below_minimum"),
        (LOCK, f"plans/gold in {OTHER} eu-west-1", "INSUFFICIENT_DATA", "evidence_gap"),
    }


def test_the_same_plan_is_judged_the_same_in_any_form(check: Check) -> None:
    """As AWS Backup's own JSON, and as a policy."""
    changes = {"StartWindowMinutes": 1081, "Lifecycle": {"DeleteAfterDays": 34}}
    own = check(api_plan(**changes), api_selection(), account=ACCOUNT, region="eu-west-1")
    written = rule(start_backup_window_minutes="1081", lifecycle={"delete_after_days": assign("34")})
    one = {"organization": {"root": {"policies": ["input-2.json"], "accounts": {ACCOUNT: None}}}}
    result = check(one, policy(rules={"main": written}))

    assert [(entry.control_id, entry.verdict, entry.reasons) for entry in result.entries] == [
        (entry.control_id, entry.verdict, entry.reasons) for entry in own.entries
    ]


def test_the_opt_in_of_the_member_does_not_count(check: Check) -> None:
    """That of the management account does, which no input declares."""
    resource = volume(Plan(), "data", backup_tier="gold")
    resource.add("aws_backup_region_settings.x", resource_type_opt_in_preference={"EBS": False})
    documents = (tree(["input-2.json"]), policy(), resource.first())
    result = check(*documents, account=ACCOUNT)
    unknown = check(*documents, account=ACCOUNT, assume_opted_in=False)

    assert COVERED not in {control for control, *_ in said_of(result)}
    assert (COVERED, "INSUFFICIENT_DATA") in {
        (control, verdict) for control, _, verdict, _ in said_of(unknown)
    }
    assert (
        "resource types are opted in in the management account, for plans of the organization"
        in result.assumed
    )


def test_of_two_beside_each_other_the_first_counts(check: Check) -> None:
    """Which is said, as no API of AWS tells the order."""
    result = check(tree(["input-2.json", "input-3.json"]), policy(), lasting("34"))
    turned = check(tree(["input-3.json", "input-2.json"]), policy(), lasting("34"))

    assert RETENTION not in {control for control, *_ in said_of(result)}
    assert RETENTION in {control for control, *_ in said_of(turned)}
    path = "plans/gold/rules/daily/lifecycle/delete_after_days"
    assert any(f"which decides {path} (" in said and said.count("input-") == 3 for said in result.assumed)


def test_accounts_that_are_alike_are_judged_once(check: Check) -> None:
    """But for those that another input names."""
    one = {"organization": {"root": {"policies": ["input-2.json"], "accounts": {ACCOUNT: None, OTHER: {}}}}}
    once = check(one, policy())
    each = check(one, policy(), volume(Plan(), "data", backup_tier="gold").first(), account=OTHER)

    assert {entry.account_id for entry in once.entries} == {ACCOUNT}
    assert {entry.account_id for entry in each.entries} == {ACCOUNT, OTHER}
    assert any(f"what is said of {ACCOUNT} is so in 1 other account of the" in said for said in once.assumed)


def attached(content: Any, target: Any = "ou-ab12-11111111") -> Json:
    """A plan of Terraform that attaches a policy."""
    made = Plan().add(
        "aws_organizations_policy.p",
        name="p",
        type="BACKUP_POLICY",
        content=content if isinstance(content, Later) else json.dumps(content),
        id=Later("p-11111111"),
    )
    return made.add(
        "aws_organizations_policy_attachment.p",
        policy_id=Later("p-11111111", ["aws_organizations_policy.p.id"]),
        target_id=target,
    ).first()


@pytest.mark.parametrize("form", ["terraform", "template", "address"])
def test_other_inputs_attach_policies_too(check: Check, form: str) -> None:
    """By the ids of units and accounts, or where the tree names their address."""
    base = {"plans": {"gold": plan(rules={"daily": rule(lifecycle={"delete_after_days": assign("34")})})}}
    template = {
        "Resources": {
            "P": {
                "Type": "AWS::Organizations::Policy",
                "Properties": {"Type": "BACKUP_POLICY", "TargetIds": ["ou-ab12-11111111"], "Content": base},
            }
        }
    }
    result = {
        "terraform": lambda: check(tree(), attached(base)),
        "template": lambda: check(tree(), template),
        "address": lambda: check(
            tree(unit=["input-2.json#aws_organizations_policy.p"]), attached(base, "ou-zzzz-99999999")
        ),
    }[form]()

    assert {entry.account_id for entry in result.entries if entry.control_id == RETENTION} == {ACCOUNT}


def test_whose_order_is_not_known_is_undecided(check: Check) -> None:
    """A policy of the tree, and one that a plan attaches beside it."""
    resource = volume(Plan(), "data", backup_tier="gold").first()
    result = check(tree(unit=["input-2.json"]), policy(), attached(lasting("34")), resource, account=ACCOUNT)

    assert found(check, tree(unit=["input-2.json"]), policy(), attached(lasting("34"))) == {
        (EFFECT, "plans", "INSUFFICIENT_DATA", "policy_not_known"),
        (EFFECT, "aws_organizations_policy.p", "INSUFFICIENT_DATA", "policy_not_known"),
    }
    assert "which was attached first is not known" in messages(result)
    assert (COVERED, "INSUFFICIENT_DATA") in {
        (control, verdict) for control, _, verdict, _ in said_of(result)
    }


@pytest.mark.parametrize(
    ("made", "covered", "said"),
    [
        (attached(policy("p", regions=["x"])), "INSUFFICIENT_DATA", "AWS refuses aws_organizations_policy.p"),
        (attached(policy("p", regions=["x"]), OTHER), "", "AWS refuses it"),
        (attached(Later("{}", ["var.x"])), "INSUFFICIENT_DATA", "its content is known only after the apply"),
        (
            attached(policy("p"), Later("ou", ["var.x"])),
            "INSUFFICIENT_DATA",
            "attaches it to is known only after",
        ),
        (
            attached(policy("p"), "ou-zzzz-99999999"),
            "",
            "it is attached to ou-zzzz-99999999, which is not in",
        ),
    ],
    ids=["malformed", "malformed-elsewhere", "content", "target", "not-in-the-tree"],
)
def test_what_is_not_known_of_a_policy_leaves_its_accounts_open(
    check: Check, made: Json, covered: str, said: str
) -> None:
    """And no other accounts."""
    resource = volume(Plan(), "data", backup_tier="gold").first()
    result = check(tree(["input-2.json"]), policy(), resource, made, account=ACCOUNT)

    assert "".join(verdict for control, _, verdict, _ in said_of(result) if control == COVERED) == covered
    assert said in messages(result)


def effect(check: Check, *documents: Json, **options: Any) -> set[tuple[str, str]]:
    """What is said of the effect of policies, but for passes: the policy's file and the verdict."""
    entries = check(*documents, **options).entries
    return {(Path(one.declaration.file).name, one.verdict) for one in entries if one.control_id == EFFECT}


def test_no_policy_passes_that_is_merged_with_what_is_not_known(check: Check) -> None:
    """Refused, without an element, or of no account; beside others that are known it passes."""
    way = tree(["input-2.json"], ["input-3.json"])
    refused = policy("more", regions=assign(["*"]))
    open_ = policy("more", rules={"daily": rule(schedule_expression=None)})
    unknown = ("input-3.json", "INSUFFICIENT_DATA")

    assert effect(check, way, policy(), policy("more")) == set()
    assert ("input-2.json", "INSUFFICIENT_DATA") in effect(check, way, policy(), refused)
    assert effect(check, way, policy(), open_) == {unknown}
    assert effect(check, tree(["input-2.json"]), policy(), policy("more")) == {unknown}


@pytest.mark.parametrize(
    ("target", "named", "verdicts"),
    [("ou-zzzz-9", True, set()), ("ou-zzzz-9", False, {"INSUFFICIENT_DATA"}), ("999999999999", False, set())],
)
def test_a_unit_without_an_id_may_be_what_a_policy_is_attached_to(
    check: Check, target: str, named: object, verdicts: set[str]
) -> None:
    """What its accounts get is open then; an account always has its number."""
    units = tree(["input-2.json"])
    if not named:
        del units["organization"]["root"]["units"]["Production"]["id"]
    resource = volume(Plan(), "data", backup_tier="gold").first()
    made = attached(parts(rules={"daily": {"lifecycle": {"delete_after_days": assign("1")}}}), target)

    said = said_of(check(units, policy(), resource, made, account=ACCOUNT))
    assert {one for control, what, one, _ in said if control == RETENTION} == verdicts


def test_what_is_attached_to_nothing_is_judged_nowhere(check: Check) -> None:
    """It is said, and what AWS would refuse in it is a finding all the same."""
    lasts = policy("more", rules={"daily": rule(lifecycle={"delete_after_days": assign("34")})})
    result = check(tree(["input-2.json"]), policy(), lasts)
    bad = check(tree(["input-2.json"]), policy(), policy("more", regions=assign(["*"])))

    assert RETENTION not in {control for control, *_ in said_of(result)}
    nowhere = "input-3.json is attached to nothing, so its plans are judged nowhere"
    assert any(said.endswith(nowhere) for said in result.assumed)
    assert (EFFECT, "plans/more/regions/@@assign", "NON_COMPLIANT", "malformed") in said_of(bad)


def test_a_selection_by_tag_is_one_of_its_values(check: Check) -> None:
    """A tag that none of them is keeps the resource out."""
    for value, verdicts in (("silver", set()), ("bronze", {"NON_COMPLIANT"})):
        resource = volume(Plan(), "data", backup_tier=value).first()
        document = policy(selections=by_tag("gold", "silver"))
        result = check(tree(["input-2.json"]), document, resource, account=ACCOUNT)
        assert {verdict for control, _, verdict, _ in said_of(result) if control == COVERED} == verdicts


@pytest.mark.parametrize("unit", [None, "", "Sandbox"])
def test_tiers_of_units_are_those_of_the_tree(check: Check, unit: str | None) -> None:
    """A volume without a tier's tag is silver in an account of Production, whatever `--unit` says."""
    weekly = {"daily": rule(schedule_expression="cron(0 5 ? * SUN *)")}
    document = policy(selections=by_type("arn:aws:ec2:*:*:volume/*"), rules=weekly)
    said = {}
    for account in (ACCOUNT, OTHER):
        resource = volume(Plan(), "data", team="web").first()
        result = check(tree(["input-2.json"]), document, resource, account=account, unit=unit)
        said[account] = {control for control, *_ in said_of(result)} - {LOCK}

    assert said == {ACCOUNT: {RPO}, OTHER: set()}


@pytest.mark.parametrize(
    ("actions", "policy_id", "opened"),
    [
        (["create"], "p-99999999", True),
        (["create"], "p-FullAWSAccess", False),
        (["no-op"], "p-99999999", False),
        (["create"], Later("p-1", ["aws_organizations_policy.scp.id"]), False),
    ],
    ids=["new", "of-aws", "there", "of-another-type"],
)
def test_a_policy_that_is_attached_and_not_in_the_plan_may_be_one(
    check: Check, actions: list[str], policy_id: Any, *, opened: bool
) -> None:
    """What was attached before the change is in the tree; without a tree it says nothing."""
    resource = volume(Plan(), "data", backup_tier="gold")
    values: Json = {"policy_id": policy_id, "target_id": "ou-ab12-11111111"}
    resource.add("aws_organizations_policy.scp", name="scp", content="{}", id=Later("p-1"))
    resource.add("aws_organizations_policy_attachment.x", actions, before=None, **values)
    result = check(tree(["input-2.json"]), policy(), resource.first(), account=ACCOUNT)
    alone = check(resource.first(), account=ACCOUNT)

    assert ("the policy p-99999999 is not in the plan, so it is not known" in messages(result)) is opened
    assert (COVERED in {control for control, *_ in said_of(result)}) is opened
    assert EFFECT not in {control for control, *_ in said_of(alone)}
