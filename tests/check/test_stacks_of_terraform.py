"""Stacks of CloudFormation that a plan of Terraform makes: their templates are judged with it."""

from typing import Any

import pytest

from auditor.model.errors import AuditorError
from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import ACCOUNT, Later, Plan, volume
from tests.check.test_cloudformation import COVERED, TEMPLATE, changed

STACK = "aws_cloudformation_stack.backups"
ELSEWHERE = changed(('Value: !Join ["", [go, ld]]', "Value: silver"))


def made(template: Any = TEMPLATE, **more: Any) -> Plan:
    """A gold volume, and a stack that makes a plan for gold, or for the tier of its parameter."""
    plan = volume(Plan(), "data", backup_tier="gold")
    return plan.add(STACK, name="backups", id=Later("id"), template_body=template, tags_all={}, **more)


def covered(check: Check, plan: Plan) -> dict[str, str]:
    """What BKP-COV-001 says of each address that does not pass, but for the stack itself."""
    found = said_of(check(plan.first(), account=ACCOUNT))
    return {name: verdict for control, name, verdict, _ in found if control == COVERED and name != STACK}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (made(), {}),
        (made(parameters={"Tier": "silver"}), {"aws_ebs_volume.data": "NON_COMPLIANT"}),
        (made(parameters=Later({}, ["var.all"])), {"aws_ebs_volume.data": "INSUFFICIENT_DATA"}),
        (made(Later("", ["var.body"])), {"aws_ebs_volume.data": "INSUFFICIENT_DATA"}),
        (made(""), {"aws_ebs_volume.data": "INSUFFICIENT_DATA"}),
        (made(None), {"aws_ebs_volume.data": "INSUFFICIENT_DATA"}),
    ],
    ids=["protects", "another-tier", "parameters-later", "body-later", "empty", "by-url"],
)
def test_what_a_stack_makes_protects_what_the_plan_makes(
    check: Check, plan: Plan, said: dict[str, str]
) -> None:
    """With its parameters; one whose template is not known may protect anything."""
    found = covered(check, plan)

    assert {name: verdict for name, verdict in found.items() if not name.startswith(STACK)} == said


@pytest.mark.parametrize(
    ("url", "said"), [("a.yaml", {}), ("b.yaml", {"aws_ebs_volume.data": "INSUFFICIENT_DATA"})]
)
def test_the_template_of_an_address_is_known_while_it_stays(
    check: Check, url: str, said: dict[str, str]
) -> None:
    """The provider has read it; at another address there may be anything."""
    before: dict[str, Any] = {"template_url": "a.yaml", "template_body": TEMPLATE, "tags_all": {}}
    plan = volume(Plan(), "data", backup_tier="gold")
    plan.add(STACK, ("update",), before=before, id="it", **{**before, "template_url": url})

    found = covered(check, plan)

    assert {name: verdict for name, verdict in found.items() if not name.startswith(STACK)} == said


def test_what_a_backup_of_the_stack_may_hold_is_no_finding(check: Check) -> None:
    """What nothing else selects is unknown then; a fault of its own is a finding."""
    plan = made(ELSEWHERE)

    assert covered(check, plan) == {f"{STACK}/Data": "INSUFFICIENT_DATA"}
    assert f"a backup of its stack {STACK} may hold it" in messages(check(plan.first(), account=ACCOUNT))


@pytest.mark.parametrize(("written", "short"), [("035", True), ("35", False)])
def test_a_template_in_yaml_is_read_as_one_that_is_a_file(
    check: Check,
    written: str,
    short: bool,  # noqa: FBT001 -- a case
) -> None:
    """Gold keeps 35 days; to CloudFormation, which reads YAML 1.1, 035 are 29."""
    room = ('MaxRetentionDays: "35"', 'MaxRetentionDays: "90"')
    plan = made(changed(("{DeleteAfterDays: !Ref Days}", f"{{DeleteAfterDays: {written}}}"), room))

    kept = {control for control, *_ in said_of(check(plan.first(), account=ACCOUNT))}

    assert ("BKP-RET-001" in kept) is short


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{", ":1: it is not JSON"),
        ('{"Resources": {}, "Resources": {}}', ": the key 'Resources' is given twice"),
    ],
    ids=["broken", "twice"],
)
def test_a_template_that_is_none_is_refused(check: Check, template: str, said: str) -> None:
    """In one sentence with the address."""
    with pytest.raises(AuditorError, match=f"the template of {STACK}{said}"):
        check(made(template).first())
