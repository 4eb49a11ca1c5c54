"""What accounts of an organization lose by a change: they move or go, or policies are detached or changed."""

import json
from typing import Any

import pytest

from tests.check.conftest import Check, messages, said_of
from tests.check.organization_plans import MEMBER, ROOT, UNIT, attach, member, unit
from tests.check.policies import policy, tree
from tests.check.terraform import Later, Plan

STAYS = "BKP-GOV-001"
SHOP, LAKE = "222233334444", "333344445555"
LOST = f"aws_organizations_policy.base plans/gold in {MEMBER}.shop"
ATTACHMENT = "aws_organizations_policy_attachment.base0"
Json = dict[str, Any]


def organization() -> Plan:
    """Two accounts in Production, which gets a policy, and the unit Sandbox, which gets none."""
    made = Plan()
    production = unit(made, "Production", ROOT)
    unit(made, "Sandbox", ROOT)
    member(made, "shop", production, SHOP)
    member(made, "lake", production, LAKE)
    return attach(made, "base", policy(), [production])


SANDBOX = f"ou-ab12-{sum(map(ord, 'Sandbox')):08}"
PRODUCTION = f"ou-ab12-{sum(map(ord, 'Production')):08}"


def changed(made: Plan, *addresses: str, **values: Any) -> Json:
    """The plan after everything is there, which changes some values of an address, or deletes it."""
    document = made.second()
    for one in document["resource_changes"]:
        change = one["change"]
        if one["address"] in addresses and values:
            one["change"] = {**change, "actions": ["update"], "after": {**change["after"], **values}}
        elif one["address"] in addresses:
            one["change"] = {**change, "actions": ["delete"], "after": None}
    return document


def lost(check: Check, *documents: Json, **options: Any) -> set[tuple[str, str]]:
    """What is said of what protects and goes: address and verdict."""
    return {
        (address, verdict)
        for control, address, verdict, _ in said_of(check(*documents, **options))
        if control == STAYS
    }


def test_an_account_that_moves_loses_what_its_unit_gave_it(check: Check) -> None:
    """Not the other one; and not where it gets a plan of that name in its new place."""
    document = changed(organization(), f"{MEMBER}.shop", parent_id=SANDBOX)

    assert lost(check, document) == {(LOST, "NON_COMPLIANT")}
    assert f"the plan gold of the organization in {MEMBER}.shop is deleted, and nothing in" in messages(
        check(document)
    )
    again = attach(organization(), "more", policy(), [SANDBOX])
    assert lost(check, changed(again, f"{MEMBER}.shop", parent_id=SANDBOX)) == set()
    assert lost(check, organization().second()) == set()


def test_a_unit_that_moves_takes_its_accounts_with_it(check: Check) -> None:
    """They lose what lay above it."""
    made = Plan()
    top = unit(made, "Top", ROOT)
    inner = unit(made, "Inner", top)
    member(made, "shop", inner, SHOP)
    attach(made, "base", policy(), [top])

    assert lost(check, changed(made, f"{UNIT}.Inner", parent_id=ROOT)) == {(LOST, "NON_COMPLIANT")}


def test_a_policy_that_is_detached_is_told_with_the_accounts_that_lose_it(check: Check) -> None:
    """Beside the finding of what detaches it."""
    result = check(changed(organization(), ATTACHMENT))

    assert lost(check, changed(organization(), ATTACHMENT)) == {
        (ATTACHMENT, "NON_COMPLIANT"),
        (f"aws_organizations_policy.base plans/gold in {MEMBER}.shop", "NON_COMPLIANT"),
    }
    assert f"the plan gold of the organization in {MEMBER}.shop and 1 other account is deleted" in messages(
        result
    )


def test_what_terraform_leaves_attached_is_lost_by_nobody(check: Check) -> None:
    """`skip_destroy` of the attachment."""
    made = organization()
    document = changed(made, ATTACHMENT)
    for one in document["resource_changes"]:
        if one["address"] == ATTACHMENT:
            one["change"]["before"] = {**one["change"]["before"], "skip_destroy": True}

    assert lost(check, document) == set()


@pytest.mark.parametrize("left", [True, False], ids=["left", "destroyed"])
def test_what_replaces_an_attachment_is_beside_what_terraform_leaves(check: Check, *, left: bool) -> None:
    """The policy is attached to something else then, and to what it was attached to where that is left."""
    document = changed(organization(), ATTACHMENT, target_id=SANDBOX)
    for one in document["resource_changes"]:
        if one["address"] == ATTACHMENT:
            one["change"]["actions"] = ["delete", "create"]
            one["change"]["before"] = {**one["change"]["before"], "skip_destroy": left}

    gone = f"aws_organizations_policy.base plans/gold in {MEMBER}.shop"
    assert lost(check, document) == (
        set() if left else {(ATTACHMENT, "NON_COMPLIANT"), (gone, "NON_COMPLIANT")}
    )


def test_a_policy_that_is_changed(check: Check) -> None:
    """What it gives no more is lost, what is named otherwise, too."""
    new = json.dumps(policy("silver"))
    assert lost(check, changed(organization(), "aws_organizations_policy.base", content=new)) == {
        (f"aws_organizations_policy.base plans/gold in {MEMBER}.shop", "NON_COMPLIANT")
    }


def test_an_account_that_goes_leaves_the_organization(check: Check) -> None:
    """And has its plans no more."""
    document = changed(organization(), f"{MEMBER}.shop")

    assert lost(check, document) == {(LOST, "NON_COMPLIANT")}
    assert "shop, which leaves the organization, is deleted" in messages(check(document))


@pytest.mark.parametrize("how", ["parent", "target", "errored"])
def test_where_it_gets_something_from_afterwards_is_not_known(check: Check, how: str) -> None:
    """Then it is not known whether it loses anything."""
    made = attach(organization(), "else", policy("else"), [Later(SANDBOX, ["var.unit"])])
    if how == "parent":
        document = changed(made, f"{MEMBER}.shop", parent_id="ou-ab12-99999999")
    else:
        document = changed(made, f"{MEMBER}.shop", parent_id=SANDBOX)
        document["errored"] = how == "errored"
    if how == "target":
        for one in document["resource_changes"]:
            if one["address"] == "aws_organizations_policy_attachment.else0":
                one["change"] |= {"actions": ["update"], "after_unknown": {"target_id": True}}
                one["change"]["after"] = {**one["change"]["after"], "target_id": None}

    assert (LOST, "INSUFFICIENT_DATA") in lost(check, document)
    assert not any(verdict == "NON_COMPLIANT" for _, verdict in lost(check, document))


def test_an_account_of_the_file_loses_what_a_plan_detaches(check: Check) -> None:
    """The file tells where it lies; the plan what it detaches."""
    made = attach(Plan(), "base", policy(), ["ou-ab12-11111111"])
    unit(made, "Production", ROOT, "ou-ab12-11111111")

    assert lost(check, changed(made, ATTACHMENT), tree()) == {
        (ATTACHMENT, "NON_COMPLIANT"),
        ("aws_organizations_policy.base plans/gold in 111122223333", "NON_COMPLIANT"),
    }
