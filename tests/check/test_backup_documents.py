"""Plans and selections of AWS Backup as JSON: as the API answers them, and as the command line takes them."""

import json
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from auditor.evaluate import plan_rules
from auditor.evaluate.cadences import unread_schedules
from tests.check.conftest import Check, Said, messages, said_of
from tests.check.terraform import ACCOUNT, Plan, volume

RPO, RETENTION = "BKP-FRQ-003", "BKP-RET-001"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/backup"
ARN = f"arn:aws:backup:eu-west-1:{ACCOUNT}:backup-plan:one"


def plan(**changes: Any) -> dict[str, Any]:
    """The API's BackupPlan, which keeps gold's demands."""
    rule = {
        "RuleName": "main",
        "TargetBackupVaultName": "main",
        "ScheduleExpression": "cron(0 0/6 ? * * *)",
        "StartWindowMinutes": 60,
        "Lifecycle": {"DeleteAfterDays": 35},
    }
    return {"BackupPlanName": "gold", "Rules": [{**rule, **changes}]}


def selection(value: str = "gold") -> dict[str, Any]:
    """The API's BackupSelection, by one tag."""
    tag = {"ConditionType": "STRINGEQUALS", "ConditionKey": "backup-tier", "ConditionValue": value}
    return {"SelectionName": "all", "IamRoleArn": ROLE, "ListOfTags": [tag]}


def documents(found: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The same plan and selection in each way in which they are written."""
    ids = {"BackupPlanId": "one", "BackupPlanArn": ARN, "VersionId": "v"}
    return [
        [found, selection()],
        [{"BackupPlan": found}, {"BackupSelection": selection(), "BackupPlanId": ""}],
        [
            {**ids, "BackupPlan": found},
            {"BackupPlanId": "one", "SelectionId": "s", "BackupSelection": selection()},
        ],
    ]


@pytest.mark.parametrize("form", range(3), ids=["bare", "request", "answer"])
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, set()),
        ({"StartWindowMinutes": 18 * 60 + 1}, {(RPO, "NON_COMPLIANT", "interval_exceeds_rpo")}),
        ({"Lifecycle": {"DeleteAfterDays": 34}}, {(RETENTION, "NON_COMPLIANT", "retention_too_short")}),
        ({"Lifecycle": {}}, {(RETENTION, "NON_COMPLIANT", "never_expires")}),
    ],
    ids=["kept", "rpo", "retention", "never"],
)
def test_a_plan_is_held_against_the_tier_that_its_selection_names(
    check: Check, form: int, changes: dict[str, Any], said: set[tuple[str, str, str]]
) -> None:
    """Though no resource of the tier is declared; the lock of its vault stays unknown."""
    result = check(*documents(plan(**changes))[form])

    found = {(control, verdict, code) for control, _, verdict, code in said_of(result)}
    assert found == said | {("BKP-IMM-002", "INSUFFICIENT_DATA", "evidence_gap")}
    assert {entry.declaration.address for entry in result.entries} == {"BackupPlan gold"}


def test_an_imagined_resource_is_not_counted(check: Check) -> None:
    """The sentence says that there are none."""
    result = check(plan(StartWindowMinutes=1141), selection())

    assert "tier gold (0 resources) allows 24 h" in messages(result)


@pytest.mark.parametrize("value", ["a\\q", "\\1", "{id}"])
def test_a_tag_may_have_any_value(check: Check, value: str) -> None:
    """The plan is held against the default tier, as with any other value that no tier names."""
    result, other = (check(plan(Lifecycle={"DeleteAfterDays": 1}), selection(one)) for one in (value, "Gold"))

    assert said_of(result) == said_of(other)
    assert "tier bronze" in messages(result)


def test_what_only_an_audit_asks_of_plans_is_not_looked_for(check: Check) -> None:
    """Neither of plans nor of the tiers that they are written for: due times of two years are many."""
    with mock.patch.object(plan_rules, "unread_schedules", wraps=unread_schedules) as looked:
        check(plan(), selection())

    assert not looked.called


def test_a_tag_that_no_tier_names_is_of_the_default_tier(check: Check) -> None:
    """Which is bronze: 34 days are enough for it."""
    result = check(plan(Lifecycle={"DeleteAfterDays": 34}), selection("Gold"))

    assert {control for control, _, _, _ in said_of(result)} == {"BKP-IMM-002"}


def test_a_selection_of_another_plan_says_nothing_of_this_one(check: Check) -> None:
    """Its own plan is not among the inputs."""
    result = check(
        {"BackupPlanId": "one", "BackupPlan": plan()}, {"BackupPlanId": "two", "BackupSelection": selection()}
    )

    assert {verdict for _, _, verdict, _ in said_of(result)} == {"INSUFFICIENT_DATA"}
    assert "the plan of selection all is not among the inputs" in messages(result)


def test_it_lies_where_the_other_inputs_lie(check: Check) -> None:
    """A plan in JSON protects the volume of a Terraform plan in the one account and Region there is."""
    assert "BKP-COV-001" not in {
        control
        for control, *_ in said_of(
            check(volume(Plan(), "data", backup_tier="gold").first(), plan(), selection())
        )
    }


@pytest.mark.parametrize(
    "rules",
    [None, 1, [1], [{}], [{"TargetBackupVaultName": "v", "Lifecycle": {"DeleteAfterDays": "soon"}}]],
    ids=range(5),
)
def test_a_plan_that_cannot_be_understood_is_unknown(check: Check, rules: Any) -> None:
    """Neither a pass nor a crash."""
    result = check({"BackupPlanName": "gold", "Rules": rules}, selection())

    assert {verdict for _, _, verdict, _ in said_of(result)} == {"INSUFFICIENT_DATA"}
    assert "COMPLIANT" not in result.counts


def test_findings_have_the_line_of_the_plan(command: Said, tmp_path: Path) -> None:
    """Where the object begins that has the plan."""
    file = tmp_path / "plan.json"
    document = {"BackupPlan": plan(StartWindowMinutes=1141), "BackupSelection": selection()}
    file.write_text(json.dumps(document, indent=2), encoding="utf-8")

    _, out, _ = command("check", file, "--unit", "")

    assert f"finding medium BKP-FRQ-003 BackupPlan gold ({file}:2)" in out.splitlines()


@pytest.mark.parametrize(
    "broken",
    [{"ListOfTags": [{"conditionKey": "backup-tier"}]}, {"ListOfTags": {}}, {"Resources": "arn:aws:s3:::x"}],
    ids=range(3),
)
def test_what_a_selection_that_cannot_be_understood_is_for_is_unknown(
    check: Check, broken: dict[str, Any]
) -> None:
    """Though no resource is declared: the plan is neither kept nor broken."""
    said = said_of(check({"BackupPlan": plan(), "BackupSelection": {**selection(), **broken}}))

    assert {(control, verdict) for control, _, verdict, _ in said} >= {
        (RPO, "INSUFFICIENT_DATA"),
        (RETENTION, "INSUFFICIENT_DATA"),
    }
    assert {verdict for _, _, verdict, _ in said} == {"INSUFFICIENT_DATA"}


@pytest.mark.parametrize("left_out", ["SelectionName", "IamRoleArn", "BackupPlanName"])
def test_what_stands_under_the_key_of_a_plan_or_selection_is_one(check: Check, left_out: str) -> None:
    """What AWS Backup would miss in it hides nothing."""
    document = {"BackupPlan": plan(StartWindowMinutes=1141), "BackupSelection": selection()}
    for inner in document.values():
        inner.pop(left_out, None)

    assert RPO in {control for control, *_ in said_of(check(document))}


def test_a_document_may_be_plan_and_selection_at_once(check: Check) -> None:
    """Neither of them is left out."""
    assert RPO in {control for control, *_ in said_of(check(plan(StartWindowMinutes=1141) | selection()))}


def test_a_plan_without_its_selections_may_protect_anything(check: Check) -> None:
    """They are documents of their own; one that is there says what is protected."""
    resource = volume(Plan(), "data", backup_tier="Gold").first()
    for documents, said in (
        ([plan()], "INSUFFICIENT_DATA"),
        ([plan(), selection()], "NON_COMPLIANT"),
    ):
        found = said_of(check(resource, *documents))
        assert {verdict for control, _, verdict, _ in found if control == "BKP-COV-001"} == {said}
