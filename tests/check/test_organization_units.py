"""The tree of an organization that plans of Terraform declare: units, accounts, and what they get."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.catalogue.load import Catalogue
from auditor.check.declared import Assumed, Source
from auditor.check.inputs import Inputs
from auditor.check.organizations.effective import settle
from auditor.check.run import CheckOptions, judge_inputs
from auditor.check.terraform.reader import read_plan
from auditor.model.errors import AuditorError
from auditor.model.settings import Settings
from auditor.rego.engine import Engine
from tests.check.conftest import AS_OF, Check, messages, said_of
from tests.check.organization_plans import MEMBER, ORGANIZATION, ROOT, UNIT, attach, member, root, unit
from tests.check.policies import assign, lasting, parts, policy, rule, tree
from tests.check.terraform import Later, Plan, volume
from tests.check.test_organization_tree import CONTROL, COVERED, EFFECT, LOCK, RETENTION, RPO

SHOP, LAKE = "222233334444", "333344445555"
#: What keeps backups a day less than gold demands.
SHORT = policy(rules={"daily": rule(lifecycle={"delete_after_days": assign("34")})})
Json = dict[str, Any]
Said = set[tuple[str, str, str, str]]


def both(check: Check, made: Plan, *others: Any, **options: Any) -> Said:
    """What is said of the first plan and of the second, but for locks of vaults that no input declares."""
    first, second = (
        {one for one in said_of(check(document, *others, **options)) if one[0] != LOCK}
        for document in (made.first(), made.second())
    )
    assert first == second
    return first


def shop(unit_policy: Json, account_policy: Json | None = None) -> Plan:
    """A policy at the root, one at a unit, and an account in it."""
    made = Plan()
    top = root(made)
    production = unit(made, "Production", top)
    account = member(made, "shop", production, SHOP)
    attach(made, "base", policy(), [top])
    attach(made, "more", unit_policy, [production])
    return attach(made, "own", account_policy, [account]) if account_policy else made


def test_policies_are_merged_on_the_way_to_an_account(check: Check) -> None:
    """The plan is judged by its account, which is named by its address, at the last policy that says it."""
    assert both(check, shop(lasting("34"))) == {
        (
            RETENTION,
            f"aws_organizations_policy.more plans/gold in {MEMBER}.shop eu-west-1",
            "NON_COMPLIANT",
            "retention_too_short",
        )
    }
    assert both(check, shop(lasting("36"))) == set()
    assert both(check, shop(lasting("34"), lasting("36"))) == set()


def test_what_a_policy_above_forbids_names_the_account(check: Check) -> None:
    """By its address."""
    base = policy()
    base["plans"]["gold"]["rules"]["daily"]["lifecycle"]["delete_after_days"][CONTROL] = ["@@none"]
    made = Plan()
    top = root(made)
    production = unit(made, "Production", top)
    member(made, "shop", production, SHOP)
    attach(made, "base", base, [top])
    attach(made, "more", lasting("34"), [production])

    path = "aws_organizations_policy.more plans/gold/rules/daily/lifecycle/delete_after_days"
    assert both(check, made) == {(EFFECT, path, "NON_COMPLIANT", "forbidden")}
    assert f"a part of it has no effect in {MEMBER}.shop: " in messages(check(made.first()))


def test_units_and_accounts_of_for_each_and_modules(check: Check) -> None:
    """A target by `each.value`, by a key, and by the output of a module."""
    made = Plan()
    top = root(made)
    for key in ("a", "b"):
        made.add(f'{UNIT}.team["{key}"]', name=key, parent_id=top, id=Later(f"ou-ab12-0000000{key}"))
        made.add(
            f'{MEMBER}.own["{key}"]',
            for_each=[f"{UNIT}.team"],
            name=key,
            parent_id=Later(f"ou-ab12-0000000{key}", ["each.value.id"]),
            id=Later(f"11111111111{key == 'a':d}"),
        )
    made.call("module.units", top=top.references)
    made.output("module.units", "id", f"{UNIT}.inner.id")
    inside = unit(made, "inner", Later(ROOT, ["var.top"]), address=f"module.units.{UNIT}.inner")
    inner = Later(inside.value, ["module.units.id"])
    member(made, "last", inner, LAKE)
    attach(made, "base", SHORT, [top])
    attach(made, "longer", lasting("36"), [Later("ou-ab12-0000000a", [f'{UNIT}.team["a"].id'])])

    attach(made, "inner", lasting("33"), [inner])

    assert {address for _, address, _, _ in both(check, made)} == {
        f'aws_organizations_policy.base plans/gold in {MEMBER}.own["b"] eu-west-1',
        f"aws_organizations_policy.inner plans/gold in {MEMBER}.last eu-west-1",
    }


def test_a_unit_without_an_account_stands_for_any_of_its_accounts(check: Check) -> None:
    """With what lies above it."""
    made = Plan()
    top = root(made)
    attach(made, "base", policy(), [top])
    attach(made, "more", lasting("34"), [unit(made, "Production", top)])

    assert {address for _, address, _, _ in both(check, made)} == {
        f"aws_organizations_policy.more plans/gold in any account of {UNIT}.Production eu-west-1"
    }


def test_an_account_without_a_parent_is_made_in_the_root(check: Check) -> None:
    """Its second plan names the root."""
    made = Plan()
    top = root(made)
    made.add(f"{MEMBER}.shop", name="shop", id=Later(SHOP), parent_id=Later(ROOT))
    attach(made, "base", SHORT, [top])

    assert {address for _, address, _, _ in both(check, made)} == {
        f"aws_organizations_policy.base plans/gold in {MEMBER}.shop eu-west-1"
    }


@pytest.mark.parametrize("parent", ["ou-ab12-99999999", Later("ou-ab12-99999999", ["var.unit"])])
def test_what_lies_above_an_unknown_unit_is_not_known(check: Check, parent: Any) -> None:
    """Plans are judged as they are written there, which is said; what protects in the account is unknown."""
    made = Plan()
    account = member(made, "shop", parent, SHOP)
    attach(
        made, "base", policy(rules={"daily": rule(lifecycle={"delete_after_days": assign("34")})}), [account]
    )
    resource = volume(Plan(), "data", backup_tier="bronze").first()

    result = check(made.second(), resource, account=SHOP)
    assert (COVERED, "aws_ebs_volume.data", "INSUFFICIENT_DATA", "evidence_gap") in said_of(result)
    assert "so it is not known what it gets from above; name the tree of the organization" in messages(result)
    assert any("no backup policy above " in said for said in result.assumed)
    assert not any(" more changes what accounts get" in said for said in result.assumed)
    assert {(control, verdict) for control, _, verdict, _ in both(check, made)} == {
        (RETENTION, "NON_COMPLIANT")
    }


@pytest.mark.parametrize("later", [True, False], ids=["later", "known"])
@pytest.mark.parametrize("forbids", [True, False], ids=["forbids", "allows"])
def test_an_account_in_what_is_not_known_yet_may_get_any_policy_of_the_plan(
    check: Check, *, later: bool, forbids: bool
) -> None:
    """A first plan says nothing of it that the second one takes back."""
    base, made = policy(), Plan()
    if forbids:
        base["plans"]["gold"]["rules"]["daily"]["lifecycle"]["delete_after_days"][CONTROL] = ["@@none"]
    production = unit(made, "Production", root(made))
    lies = Later(production.value, ["local.units"]) if later else production
    account = member(made, "shop", lies, SHOP)
    attach(made, "base", base, [production])
    attach(made, "own", lasting("34"), [account])
    first, second = (
        {one for one in said_of(check(document)) if "own" in one[1] and one[0] != LOCK}
        for document in (made.first(), made.second())
    )

    if later:
        assert {verdict for *_, verdict, _ in first} == {"INSUFFICIENT_DATA"}
        assert (EFFECT, "aws_organizations_policy.own", "INSUFFICIENT_DATA", "policy_not_known") in first
    else:
        assert first == second
    assert {(control, verdict) for control, _, verdict, _ in second} == {
        (EFFECT if forbids else RETENTION, "NON_COMPLIANT")
    }


@pytest.mark.parametrize(
    ("account", "tag", "verdicts"),
    [
        (SHOP, "gold", set()),
        (SHOP, "Gold", {"NON_COMPLIANT"}),
        (LAKE, "Gold", {"INSUFFICIENT_DATA"}),
        ("", "Gold", {"INSUFFICIENT_DATA"}),
    ],
    ids=["selected", "near-miss", "of-no-unit", "of-no-account"],
)
def test_resources_of_an_account_are_held_against_what_it_gets(
    check: Check, account: str, tag: str, verdicts: set[str]
) -> None:
    """One of which no input says in which unit it lies may get anything."""
    resource = volume(Plan(), "data", backup_tier=tag).first()
    result = check(shop(lasting("36")).second(), resource, account=account)

    assert {verdict for control, _, verdict, _ in said_of(result) if control == COVERED} == verdicts


def test_units_decide_tiers(check: Check) -> None:
    """A volume without a tag is silver in an account of Production, whatever `--unit` says."""
    weekly = {"daily": rule(schedule_expression="cron(0 5 ? * SUN *)")}
    by_all = policy(rules=weekly, selections={"resources": {"all": {
        "iam_role_arn": assign("arn:aws:iam::$account:role/backup"),
        "resource_types": assign(["arn:aws:ec2:*:*:volume/*"]),
    }}})  # fmt: skip
    said = {}
    for name in ("Production", "Sandbox"):
        made = Plan()
        account = member(made, "shop", unit(made, name, root(made)), SHOP)
        attach(made, "base", by_all, [account])
        resource = volume(Plan(), "data", team="web").first()
        result = check(made.second(), resource, account=SHOP, unit="Sandbox")
        said[name] = {control for control, *_ in said_of(result)} - {LOCK}

    assert said == {"Production": {RPO}, "Sandbox": set()}


def test_a_file_completes_what_a_plan_declares(check: Check) -> None:
    """An account of the plan lies in a unit of the file, by its id, or by its name where it has none."""
    made = Plan()
    member(made, "new", "ou-ab12-11111111", LAKE)
    assert {address for _, address, _, _ in both(check, made, tree(unit=["input-3.json"]), SHORT)} == {
        "plans/gold in 111122223333 eu-west-1"
    }
    named = tree(unit=["input-3.json"])
    del named["organization"]["root"]["units"]["Production"]["id"]
    del named["organization"]["root"]["units"]["Production"]["accounts"]
    made = Plan()
    member(made, "new", unit(made, "Production", ROOT), LAKE)
    assert {address for _, address, _, _ in both(check, made, named, SHORT)} == {
        f"plans/gold in {MEMBER}.new eu-west-1"
    }


@pytest.mark.parametrize(("named", "verdicts"), [(True, {"NON_COMPLIANT"}), (False, {"INSUFFICIENT_DATA"})])
def test_a_unit_in_something_unknown_may_be_one_without_an_id(
    check: Check, *, named: bool, verdicts: set[str]
) -> None:
    """Accounts of the file may get what is attached to it; not where all units of the file have their ids."""
    whole = tree(["input-2.json"])
    if not named:
        del whole["organization"]["root"]["units"]["Production"]["id"]
    made = Plan()
    attach(made, "more", policy("more"), [unit(made, "Production", "ou-ab12-99999999")])
    resource = volume(Plan(), "data", backup_tier="bronze").first()
    result = check(whole, policy(), made.first(), resource, account="111122223333")

    assert {verdict for control, _, verdict, _ in said_of(result) if control == COVERED} == verdicts
    assert ("may be a unit without an id" in messages(result)) is not named


def test_a_file_knows_what_a_plan_does_not(check: Check) -> None:
    """In what an account lies, which its plan tells only after the apply."""
    made = Plan().add(f"{MEMBER}.shop", ["no-op"], before={}, name="shop", id="111122223333")
    made.changes[0]["change"]["after_unknown"] = {"parent_id": True}

    result = check(made.first(), tree(unit=["input-3.json"]), SHORT)
    assert {address for control, address, _, _ in said_of(result) if control == RETENTION} == {
        f"plans/gold in {MEMBER}.shop eu-west-1"
    }


def contradicting(what: str) -> Plan:
    """A plan that says something else than the file."""
    made = Plan()
    if what == "account":
        made.add(f"{MEMBER}.shop", name="shop", parent_id=ROOT, id="111122223333")
    elif what == "unit":
        made.add(f"{UNIT}.p", name="Production", parent_id="ou-ab12-22222222", id="ou-ab12-11111111")
    elif what == "name":
        made.add(f"{UNIT}.p", name="Prod", parent_id=ROOT, id="ou-ab12-11111111")
    elif what == "id":
        made.add(f"{UNIT}.p", name="Production", parent_id=ROOT, id="ou-ab12-33333333")
    else:
        made.add(f"{UNIT}.p", name="Other", parent_id="r-zzzz", id="ou-zzzz-33333333")
    return made


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            "account",
            f"(111122223333): the account is in Production there and in the root by {MEMBER}.shop (",
        ),
        ("unit", "(Production): the organizational unit is in the root there and in ou-ab12-22222222 by "),
        ("name", f"the organizational unit is Production there and Prod by {UNIT}.p ("),
        ("id", "the organizational unit is ou-ab12-11111111 there and ou-ab12-33333333 by "),
        ("root", "are of two organizations; check one at a time."),
    ],
)
def test_a_file_that_contradicts_a_plan_is_refused(check: Check, what: str, said: str) -> None:
    """In one sentence that names both."""
    with pytest.raises(AuditorError) as refused:
        check(tree(["input-2.json"]), policy(), contradicting(what).first())
    assert said in str(refused.value)
    assert str(refused.value).endswith(("let both say what is so after the change.", "one at a time."))


@pytest.mark.parametrize("around", [True, False])
def test_units_that_lie_in_each_other_are_refused(check: Check, *, around: bool) -> None:
    """Six of them, and two that go around."""
    made, parent = Plan(), Later("ou-1", [f"{UNIT}.u6.id"]) if around else ROOT
    for number in range(7):
        parent = unit(made, f"u{number}", parent)
    with pytest.raises(AuditorError, match="units lie more than 5 deep in each other; put it into"):
        check(made.first())


def test_what_is_not_known_of_many_is_said_once(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of ways that end in several units; too many accounts that are not known are refused."""
    made = Plan()
    units = [unit(made, f"u{number}", f"ou-ab12-9999999{number}") for number in range(3)]
    attach(made, "base", SHORT, units)

    said = check(made.first()).assumed
    assert [one.partition(": ")[2] for one in said if "above ou-" in one] == [
        "no backup policy above ou-ab12-99999990 and 2 more changes what accounts get"
    ]
    monkeypatch.setattr("auditor.check.declared._PLACEHOLDERS", ("00000000100", "unknown-region-"))
    with pytest.raises(
        AuditorError, match="accounts the id, or what they lie in, is not known; name the tree"
    ):
        check(made.first())


def test_a_policy_of_an_unknown_target_leaves_all_accounts_open(check: Check) -> None:
    """It is judged as it is written; what is not known of it, every account may get."""
    made = shop(lasting("36"))
    attach(made, "else", policy("else", rules={"daily": rule()}), [Later("ou-1", ["var.unit"])])
    resource = volume(Plan(), "data", backup_tier="bronze").first()

    result = check(made.first(), resource, account="")
    assert "what aws_organizations_policy_attachment.else0 attaches it to is known only after" in messages(
        result
    )
    assert {verdict for control, _, verdict, _ in said_of(result) if control == COVERED} == {
        "INSUFFICIENT_DATA"
    }


def test_no_type_is_looked_over(check: Check) -> None:
    """Of an organization that has no backup policy nothing is said."""
    made = Plan()
    member(made, "shop", unit(made, "Production", root(made)), SHOP)

    assert both(check, made) == set()
    assert dict(check(made.first()).not_looked_at) == {}
    assert ORGANIZATION in json.dumps(made.first())


def test_what_an_unattached_policy_leaves_open_is_the_same_in_both_plans(check: Check) -> None:
    """It may be attached to the account, which has no id yet in the first plan."""
    made = Plan()
    member(made, "shop", ROOT, SHOP)
    attach(made, "loose", policy(), [])
    attach(made, "base", policy(), [ROOT])

    said = both(check, made)
    assert {(control, verdict) for control, _, verdict, _ in said} >= {("BKP-FRQ-003", "INSUFFICIENT_DATA")}


@st.composite
def organizations(draw: st.DrawFn) -> Plan:
    """Units in each other, accounts in them, and policies that are attached to some of all that."""
    made = Plan()
    places: list[Any] = [root(made) if draw(st.booleans()) else ROOT]
    for number in range(draw(st.integers(0, 3))):
        name = draw(st.sampled_from(["Production", "Sandbox"]))
        places.append(unit(made, f"{name}{number}", draw(st.sampled_from(places))))
    for number in range(draw(st.integers(0, 3))):
        places.append(member(made, f"a{number}", draw(st.sampled_from(places[:3])), f"{number + 5}" * 12))
    documents = [policy(), lasting("34"), lasting("36"), SHORT, parts(regions={"@@append": ["us-east-1"]})]
    for number in range(draw(st.integers(1, 3))):
        targets = draw(st.lists(st.sampled_from(places), max_size=2, unique_by=str))
        attach(made, f"p{number}", draw(st.sampled_from(documents)), targets)
    return made


@given(made=organizations())
def test_first_and_second_plans_always_say_the_same(catalogue: Catalogue, engine: Engine, made: Plan) -> None:
    """Whatever is attached to what: the verdicts by address are the same before and after the apply."""

    def judged(document: Json) -> tuple[Said, dict[str, int]]:
        reading = read_plan(document, Source("plan.json", b""), Assumed())
        settle([reading], Assumed())
        settings, options = Settings(as_of=AS_OF), CheckOptions(unit="")
        result = judge_inputs(Inputs([reading], []), engine, catalogue, settings, options)
        return said_of(result), dict(result.counts)

    assert judged(made.first()) == judged(made.second())
