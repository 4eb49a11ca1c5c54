"""Plans that are beyond a quota of AWS Backup, on both sides of each."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.derive import quotas as derived
from auditor.derive.quotas import Quota
from auditor.evaluate.account_quotas import AccountLimits
from tests.check.conftest import Check, Said, messages, said_of
from tests.check.recorded_run import plan_values, selection_values
from tests.check.terraform import Json, Plan, backup_plan, by_tag, protected, rule, selection, volume
from tests.check.test_check_command import written
from tests.loopback.auditing import Judgement
from tests.loopback.standing import ACCOUNT, HOME

WITHIN = "BKP-GOV-004"
VAULT = "arn:aws:backup:eu-central-1:111122223333:backup-vault:second"
COPY: Json = {"destination_vault_arn": VAULT, "lifecycle": [{"delete_after": 35, "cold_storage_after": None}]}
OPERATORS = ("string_equals", "string_not_equals", "string_like", "string_not_like")


def said(check: Check, plan: Plan, **evidence: Json) -> list[str]:
    """What is said of quotas, each sentence once; `evidence` are parameters."""
    result = check(plan.first(), evidence=evidence)
    found = {
        address for control, address, _, code in said_of(result) if (control, code) == (WITHIN, "beyond")
    }
    assert found <= {"aws_backup_plan.big", "aws_backup_plan.p300"}
    return sorted(
        line.partition(": ")[2].partition(" {")[0]
        for line in messages(result).splitlines()
        if "AWS Backup takes" in line
    )


def big(*rules: Json) -> Plan:
    """A plan that may be too big, beside a good one."""
    return backup_plan(protected(), "big", *rules)


def rules(number: int) -> Plan:
    """A plan of so many rules."""
    return big(*(rule(rule_name=f"r{one}") for one in range(number)))


def copies(number: int) -> Plan:
    """A rule with so many copies."""
    each = [{**COPY, "destination_vault_arn": f"{VAULT}-{one}"} for one in range(number)]
    return big(rule(copy_action=each))


def selections(number: int) -> Plan:
    """A plan with so many selections by ARN."""
    plan = big()
    for one in range(number):
        selection(plan, f"s{one}", "big", resources=[f"arn:aws:ec2:*:*:volume/vol-{one}"])
    return plan


def by_tags(number: int) -> Plan:
    """A plan with so many selections by tags."""
    plan = big()
    for one in range(number):
        selection(plan, f"s{one}", "big", selection_tag=by_tag(f"v{one}"))
    return plan


def arns(number: int) -> Plan:
    """A selection of so many ARNs."""
    named = [f"arn:aws:ec2:eu-west-1:111122223333:volume/vol-{one}" for one in range(number)]
    return selection(big(), "s", "big", resources=named)


def wildcards(number: int) -> Plan:
    """A selection of so many patterns."""
    named = [f"arn:aws:s3:::bucket-{one}-*" for one in range(number)]
    return selection(big(), "s", "big", resources=named)


def tags(number: int) -> Plan:
    """A selection by so many tags."""
    each = [block for one in range(number) for block in by_tag(f"v{one}")]
    return selection(big(), "s", "big", selection_tag=each)


def conditions(number: int) -> Plan:
    """A selection with so many conditions."""
    pairs = [{"key": f"aws:ResourceTag/k{one}", "value": "v"} for one in range(number)]
    block = {operator: pairs if operator == OPERATORS[0] else [] for operator in OPERATORS}
    return selection(big(), "s", "big", resources=["*"], condition=[block])


def point_tags(number: int) -> Plan:
    """A rule that adds so many tags to its recovery points."""
    return big(rule(recovery_point_tags={f"k{one}": "v" for one in range(number)}))


def tags_of_backups(number: int) -> Plan:
    """A volume that backups by the rule give so many tags, its own and eight of the rule; one both have."""
    own = {f"k{one}": "v" for one in range(1, number - 8)} | {"backup_tier": "gold"}
    plan = selection(big(rule(recovery_point_tags={f"k{one}": "v" for one in range(-7, 2)})), "s", "big",
                     selection_tag=by_tag("gold"))  # fmt: skip
    return volume(plan, "many", **own)


@pytest.mark.parametrize(
    ("make", "limit", "what"),
    [
        (rules, 10, "rules"),
        (copies, 5, "copy actions of rule main"),
        (selections, 100, "selections"),
        (by_tags, 10, "selections by tags"),
        (arns, 500, "ARNs without wildcards of selection s"),
        (wildcards, 30, "ARNs with wildcards of selection s"),
        (tags, 30, "tags of selection s"),
        (conditions, 30, "conditions of selection s"),
        (point_tags, 10, "tags that rule main adds"),
        (tags_of_backups, 50, "tags of backups of aws_ebs_volume.many by rule main"),
    ],
)
def test_as_many_as_aws_takes_and_one_more(
    check: Check, make: Callable[[int], Plan], limit: int, what: str
) -> None:
    """The finding names what is too much, and nothing else of the plan."""
    assert said(check, make(limit)) == []
    assert said(check, make(limit + 1)) == [f"{limit + 1} {what}; AWS Backup takes {limit}"]


@pytest.mark.parametrize(
    ("number", "said"), [(10, []), (11, ["11 tags that rule main adds; AWS Backup takes 10"])]
)
def test_tags_that_a_rule_of_a_template_adds(check: Check, number: int, said: list[str]) -> None:
    """As of a plan of Terraform."""
    added = {f"k{one}": "v" for one in range(number)}
    schedule = {"RuleName": "main", "TargetBackupVault": "main", "RecoveryPointTags": added}
    plan = {"BackupPlan": {"BackupPlanName": "big", "BackupPlanRule": [schedule]}}
    made = {"Plan": {"Type": "AWS::Backup::BackupPlan", "Properties": plan}}
    result = check({"AWSTemplateFormatVersion": "2010-09-09", "Resources": made})
    found = [reason.message for one in result.entries if one.control_id == WITHIN for reason in one.reasons]
    assert found == said


def test_tags_that_are_known_after_the_apply_are_not_counted(check: Check) -> None:
    """What is known of a rule is not too many, and the rest of the plan is judged all the same."""
    plan = tags_of_backups(51)
    assert said(check, plan) == [
        "51 tags of backups of aws_ebs_volume.many by rule main; AWS Backup takes 50"
    ]
    (big,) = (one["change"] for one in plan.changes if one["address"] == "aws_backup_plan.big")
    big["after_unknown"] |= {"rule": [{"recovery_point_tags": True}]}
    assert said(check, plan) == []


def test_plans_of_one_account_and_region(check: Check) -> None:
    """Said once, of the first one that is too much."""
    plan = Plan()
    for number in range(300):
        backup_plan(plan, f"p{number:03}")
    assert said(check, plan) == []
    backup_plan(plan, "p300")
    assert said(check, plan) == ["301 plans of the account and Region; AWS Backup takes 300"]


def test_the_parameter_says_how_many_plans_aws_takes(check: Check) -> None:
    """As an audit has it (BKP-GOV-025), whether or not it is asked for there."""
    plan = backup_plan(backup_plan(backup_plan(Plan(), "p0"), "p1"), "big")
    assert said(check, plan, account_quotas={"plans": 3}) == []
    few = {"asked": False, "plans": 2}
    assert said(check, plan, account_quotas=few) == ["3 plans of the account and Region; AWS Backup takes 2"]


@pytest.mark.long
def test_a_run_tells_what_there_is_already(
    command: Said, run: Judgement, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan or a selection more is beyond the quota, one instead of another is not; alone nothing is said.

    The run has one plan with one selection, which is as many as AWS takes here.
    """
    one = AccountLimits(plans=1)
    monkeypatch.setattr(AccountLimits, "of", lambda _parameters: one)
    monkeypatch.setattr(derived, "_BY_TAGS", Quota(1))
    more, another, instead, edited = (Plan(region=HOME) for _ in range(4))
    gone, held = ({**plan_values()}, {**selection_values("backup"), "id": "selection-1"})
    backup_plan(more, "more")
    selection(another, "more", "x", plan_id="plan-1", selection_tag=by_tag("more"))
    backup_plan(instead, "more").add("aws_backup_plan.old", ("delete",), before=gone)
    edited.add("aws_backup_selection.a", ("delete", "create"), before=held, **selection_values("other"))

    def said_of_quotas(plan: Plan, *options: object) -> list[str]:
        file = written(tmp_path / "plan.json", plan.first())
        _, out, _ = command("check", file, *options, "--account", ACCOUNT, "--format", "json", "--unit", "/")
        found = (one for one in json.loads(out)["entries"] if one["control_id"] == WITHIN)
        return [reason["message"] for one in found for reason in one["reasons"]]

    against = ("--against", run.run)
    assert said_of_quotas(more) == said_of_quotas(another) == []
    assert said_of_quotas(more, *against) == ["2 plans of the account and Region; AWS Backup takes 1"]
    assert said_of_quotas(another, *against) == ["2 selections by tags; AWS Backup takes 1"]
    assert said_of_quotas(instead, *against) == said_of_quotas(edited, *against) == []
