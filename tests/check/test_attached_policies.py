"""What other inputs than the tree attach backup policies to, and how that is read."""

import json
from typing import Any

import pytest

from auditor.check.terraform import organization
from auditor.check.terraform.instances import Instance
from tests.check.conftest import Check, said_of
from tests.check.policies import assign, lasting, plan, policy, rule, tree
from tests.check.terraform import Later, Plan
from tests.check.test_organization_tree import EFFECT, LOCK, RETENTION, found

UNIT = "ou-ab12-11111111"
#: Of a template that attaches a policy.
PARAMETERS = {
    "Unit": {"Type": "String", "Default": UNIT},
    "Units": {"Type": "CommaDelimitedList", "Default": f"{UNIT}, r-ab12"},
    "None": {"Type": "CommaDelimitedList", "Default": ""},
    "Open": {"Type": "String"},
}


#: What is attached to nothing has nothing to be merged with, and the output says so.
NOWHERE = {EFFECT, "nowhere"}


@pytest.mark.parametrize(
    ("targets", "controls"),
    [
        ({"Ref": "Units"}, {RETENTION}),
        ({"Ref": "Unit"}, {RETENTION}),
        ({"Fn::Split": [",", {"Ref": "Unit"}]}, {RETENTION}),
        (UNIT, {RETENTION}),
        ([{"Ref": "Unit"}, {"Ref": "AWS::NoValue"}], {RETENTION}),
        ({"Ref": "Open"}, {EFFECT}),
        ({"Fn::If": ["Unwritten", [UNIT], []]}, {EFFECT}),
        ([{"Ref": "AWS::AccountId"}], {EFFECT}),
        ([{"Ref": "Open"}], {EFFECT}),
        ({"Id": UNIT}, {EFFECT}),
        ({"Ref": "None"}, NOWHERE),
        ([{"Ref": "AWS::NoValue"}], NOWHERE),
        ([], NOWHERE),
        (None, NOWHERE),
    ],
    ids=range(14),
)
def test_targets_of_a_template_are_worked_out(check: Check, targets: Any, controls: set[str]) -> None:
    """However they are written; what the template does not tell may be any unit or account."""
    short = {"plans": {"gold": plan(rules={"daily": rule(lifecycle={"delete_after_days": assign("34")})})}}
    properties = {"Type": "BACKUP_POLICY", "TargetIds": targets, "Content": short}
    template = {
        "Parameters": PARAMETERS,
        "Resources": {"P": {"Type": "AWS::Organizations::Policy", "Properties": properties}},
    }

    result = check(tree(), template)
    nowhere = any("is attached to nothing" in said for said in result.assumed)
    said = {control for control, *_ in said_of(result) if control != LOCK}
    assert said | ({"nowhere"} if nowhere else set()) == controls


def test_of_each_policy_of_a_plan_the_type_is_read_once(
    check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many attachments there are of it, and whatever type it is of."""
    made, read = Plan(), []
    for name, kind in (("p", "BACKUP_POLICY"), ("scp", "SERVICE_CONTROL_POLICY")):
        made.add(
            f"aws_organizations_policy.{name}",
            name=name,
            type=kind,
            content=json.dumps(lasting("34")),
            id=Later(f"p-{name}"),
        )
        for number in range(3):
            made.add(
                f"aws_organizations_policy_attachment.{name}{number}",
                policy_id=Later(f"p-{name}", [f"aws_organizations_policy.{name}.id"]),
                target_id=f"ou-ab12-1111111{number}",
            )
    kind_of = organization._kind

    def counted(one: Instance) -> object:
        read.append(one.name)
        return kind_of(one)

    monkeypatch.setattr(organization, "_kind", counted)

    result = check(tree(["input-2.json"]), policy(), made.first())

    assert read == ["p", "scp"]
    assert dict(result.not_looked_at) == {
        "aws_organizations_policy": 1,
        "aws_organizations_policy_attachment": 3,
    }
    assert RETENTION in {
        control for control, *_ in found(check, tree(["input-2.json"]), policy(), made.first())
    }
