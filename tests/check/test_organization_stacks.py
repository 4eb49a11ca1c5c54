"""The tree of an organization that templates declare: units, accounts, and what they get."""

from typing import Any

import pytest

from tests.check.conftest import Check, said_of
from tests.check.policies import lasting, policy, tree
from tests.check.terraform import ACCOUNT, Plan, volume
from tests.check.test_organization_tree import COVERED, RETENTION
from tests.check.test_organization_units import SHORT

Json = dict[str, Any]
ROOT = {"Fn::GetAtt": "Organization.RootId"}


def resource(kind: str, **properties: Any) -> Json:
    """One of AWS::Organizations."""
    return {"Type": f"AWS::Organizations::{kind}", "Properties": properties}


def attached(document: Json, *targets: Any) -> Json:
    """A backup policy."""
    return resource("Policy", Name="p", Type="BACKUP_POLICY", TargetIds=[*targets], Content=document)


def stack(**resources: Json) -> Json:
    """A template that makes an organization, with a unit and an account in it, and so much more."""
    made = {
        "Organization": resource("Organization", FeatureSet="ALL"),
        "Unit": resource("OrganizationalUnit", Name="Production", ParentId=ROOT),
        "Shop": resource("Account", AccountName="shop", Email="a@example.com", ParentIds=[{"Ref": "Unit"}]),
        **resources,
    }
    return {"Resources": {name: one for name, one in made.items() if one}}


def retention(check: Check, *documents: Json) -> set[tuple[str, str]]:
    """What is said of how long backups are kept."""
    return {
        (address, verdict)
        for control, address, verdict, _ in said_of(check(*documents))
        if control == RETENTION
    }


def test_policies_are_merged_on_the_way_to_an_account(check: Check) -> None:
    """By what Ref and GetAtt give of the root, a unit and an account."""
    base, more = attached(policy(), ROOT), attached(lasting("34"), {"Ref": "Unit"})
    own = attached(lasting("36"), {"Fn::GetAtt": ["Shop", "AccountId"]})

    assert retention(check, stack(Base=base, More=more)) == {
        ("More plans/gold in Shop eu-west-1", "NON_COMPLIANT")
    }
    assert retention(check, stack(Base=base, More=more, Own=own)) == set()
    assert check(stack(Base=base, More=more)).not_looked_at == {}


def test_an_account_without_parents_lies_in_the_root(check: Check) -> None:
    """Of the stack, or of another one."""
    alone = resource("Account", AccountName="shop", Email="a@example.com")
    base = attached(SHORT, "r-ab12")

    assert retention(check, stack(Shop=alone, Base=attached(SHORT, ROOT))) == {
        ("Base plans/gold in Shop eu-west-1", "NON_COMPLIANT"),
    }
    assert retention(check, stack(Shop=alone, Base=base, Organization={}, Unit={})) == {
        ("Base plans/gold in Shop eu-west-1", "NON_COMPLIANT")
    }


def test_a_parent_that_the_template_does_not_tell(check: Check) -> None:
    """What lies above is not known; that the file of the tree tells it."""
    open_ = resource("OrganizationalUnit", Name="Production", ParentId={"Ref": "Parent"})
    template = stack(Unit=open_, Organization={}, More=attached(SHORT, {"Ref": "Unit"}))
    template["Parameters"] = {"Parent": {"Type": "String"}}

    result = check(template)
    assert any("no backup policy above Unit changes what" in said for said in result.assumed)
    template["Parameters"]["Parent"]["Default"] = "r-ab12"
    assert retention(check, template, tree()) == {
        ("More plans/gold in 111122223333 eu-west-1", "NON_COMPLIANT")
    }


@pytest.mark.parametrize(("tag", "verdicts"), [("gold", set()), ("Gold", {"NON_COMPLIANT"})])
def test_a_stack_and_a_file_complete_each_other(check: Check, tag: str, verdicts: set[str]) -> None:
    """A policy that a template attaches to a unit that only the file knows."""
    found = volume(Plan(), "data", backup_tier=tag).first()
    base = {"Resources": {"Base": attached(policy(), "ou-ab12-11111111")}}
    result = check(base, tree(), found, account=ACCOUNT)

    assert {verdict for control, _, verdict, _ in said_of(result) if control == COVERED} == verdicts
