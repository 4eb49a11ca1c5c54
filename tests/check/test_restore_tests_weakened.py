"""Restore testing plans and selections that change in place so that they test less."""

from typing import Any

import pytest

from tests.check.change_sets import LATER, change, change_set
from tests.check.conftest import Check, messages, saying
from tests.check.terraform import Json, Later, Plan
from tests.check.test_weakened import OPEN, WEAKENED

PLAN, SELECTION = "aws_backup_restore_testing_plan", "aws_backup_restore_testing_selection"
WEEKLY, DAILY, MONTHLY = "cron(0 5 ? * 1 *)", "cron(0 5 ? * * *)", "cron(0 5 1 * ? *)"
MAIN, ALL = "arn:aws:backup:eu-west-1:111122223333:backup-vault:main", "*"
VOLUME = "arn:aws:ec2:eu-west-1:111122223333:volume/vol-1"
NONE: set[tuple[str, str]] = set()
said = saying("BKP-GOV-001")


def plan(**more: Any) -> Json:
    """A plan with the names of the API."""
    inside: Json = {
        "Algorithm": "LATEST_WITHIN_WINDOW",
        "IncludeVaults": [ALL],
        "ExcludeVaults": [],
        "RecoveryPointTypes": ["SNAPSHOT", "CONTINUOUS"],
        "SelectionWindowDays": 30,
    }
    own: Json = {
        key: more.pop(key) for key in ("ScheduleExpression", "ScheduleExpressionTimezone") if key in more
    }
    return {"ScheduleExpression": WEEKLY, **own, "RecoveryPointSelection": {**inside, **more}}


def selection(**more: Any) -> Json:
    """A selection with the names of the API."""
    return {"ProtectedResourceType": "EBS", "ProtectedResourceArns": [ALL], **more}


def equals(**tags: str) -> Json:
    """Conditions on tags."""
    entries = [{"Key": f"aws:ResourceTag/{key}", "Value": value} for key, value in tags.items()]
    return {"ProtectedResourceConditions": {"StringEquals": entries}}


CASES: list[tuple[Json, Json, set[tuple[str, str]]]] = [
    (plan(), plan(), NONE),
    (plan(), plan(ScheduleExpression=MONTHLY), WEAKENED),
    (plan(), plan(ScheduleExpression=DAILY), NONE),
    (plan(), plan(ScheduleExpression="cron(0 7 ? * 1 *)"), NONE),
    (plan(), plan(ScheduleExpression="weekly"), OPEN),
    (plan(ScheduleExpression="weekly"), plan(), NONE),
    (
        plan(ScheduleExpression=DAILY),
        plan(ScheduleExpression="cron(0 6 ? * * *)", ScheduleExpressionTimezone="Europe/Berlin"),
        NONE,
    ),
    (
        plan(ScheduleExpression="cron(0 5 ? * 1,2 *)"),
        plan(ScheduleExpression="cron(0 5 ? * 1 *)"),
        WEAKENED,
    ),
    (plan(), plan(SelectionWindowDays=7), WEAKENED),
    (plan(SelectionWindowDays=None), plan(SelectionWindowDays=30), NONE),
    (plan(SelectionWindowDays=None), plan(SelectionWindowDays=29), WEAKENED),
    (plan(SelectionWindowDays=7), plan(SelectionWindowDays=None), NONE),
    (plan(), plan(IncludeVaults=[MAIN]), WEAKENED),
    (plan(IncludeVaults=[MAIN]), plan(IncludeVaults=[f"{MAIN[:-4]}*"]), NONE),
    (plan(), plan(ExcludeVaults=[MAIN]), WEAKENED),
    (plan(ExcludeVaults=[MAIN]), plan(), NONE),
    (plan(), plan(RecoveryPointTypes=["SNAPSHOT"]), WEAKENED),
    (plan(RecoveryPointTypes=["SNAPSHOT"]), plan(), NONE),
    (selection(), selection(ProtectedResourceArns=[VOLUME]), WEAKENED),
    (selection(ProtectedResourceArns=[VOLUME]), selection(), NONE),
    (selection(), selection(**equals(tier="gold")), WEAKENED),
    (selection(**equals(tier="gold")), selection(), NONE),
    (selection(**equals(tier="gold")), selection(**equals(tier="silver")), OPEN),
    (selection(ValidationWindowHours=24), selection(ValidationWindowHours=2), WEAKENED),
    (selection(ValidationWindowHours=2), selection(ValidationWindowHours=24), NONE),
]


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
@pytest.mark.parametrize("write", ["terraform", "change_set"])
def test_what_tests_less_is_a_finding(
    check: Check, write: str, before: Json, after: Json, expected: set[tuple[str, str]]
) -> None:
    """In either language; what tests as much, or more, is none, and what may be less is open."""
    document = in_terraform(before, after) if write == "terraform" else in_a_stack(before, after)
    assert said(check, document) == expected


def test_what_is_known_only_afterwards_is_open(check: Check) -> None:
    """And the finding says what is lost."""
    hidden = in_terraform(selection(), selection(), protected_resource_arns=Later(None, ["var.arns"]))
    assert said(check, hidden) == OPEN
    assert said(check, in_a_stack(plan(), plan(IncludeVaults=[LATER]))) == OPEN
    for inside, verdict in ((LATER, OPEN), ({}, WEAKENED)):
        assert said(check, in_a_stack(plan(), {**plan(), "RecoveryPointSelection": inside})) == verdict
    left_out = in_terraform(selection(), selection(), protected_resource_arns=Later(None))
    assert said(check, left_out) == NONE
    # a block that is not written may be a `dynamic` one
    for block in ("recovery_point_selection", "protected_resource_conditions"):
        base = plan() if block == "recovery_point_selection" else selection()
        assert said(check, in_terraform(base, base, **{block: Later(None)})) == OPEN

    found = messages(check(in_terraform(plan(), plan(ScheduleExpression=MONTHLY, SelectionWindowDays=7))))
    assert (
        "the restore testing plan monthly is changed so that it no longer tests restores as before: "
        "a test at least every 7 days, recovery points of the last 30 days" in found
    )


@pytest.mark.parametrize("kind", ["RestoreTestingPlan", "RestoreTestingSelection"])
def test_what_a_change_set_does_not_tell_is_no_pass(check: Check, kind: str) -> None:
    """Without property values nobody knows whether less is tested; what is new to the stack takes nothing."""
    name = f"AWS::Backup::{kind}"
    untold = "it has no property values of Monthly, so what they come to is not known; write it with"
    for before, after in ((None, None), (plan(), None), (None, plan())):
        result = check(change_set(change("Monthly", name, before=before, after=after)))
        assert [one.why for one in result.incomplete] == [f"{untold} --include-property-values"]
    for action in ("Add", "Import"):
        assert not check(change_set(change("Monthly", name, action, after=plan()))).incomplete
    assert not check(change_set(change("Monthly", name, before=plan(), after=plan()))).incomplete


def in_a_stack(before: Json, after: Json) -> Json:
    """A change set that updates it."""
    kind = "RestoreTestingPlan" if "ScheduleExpression" in before else "RestoreTestingSelection"
    name = {f"{kind}Name": "monthly"}
    entry = change("Monthly", f"AWS::Backup::{kind}", before={**name, **before}, after={**name, **after})
    return change_set(entry)


def in_terraform(before: Json, after: Json, **more: Any) -> Json:
    """A plan that updates it."""
    kind = PLAN if "ScheduleExpression" in before else SELECTION
    values = {**written(after), **more}
    return Plan().add(f"{kind}.monthly", ("update",), before=written(before), **values).first()


def written(values: Json) -> Json:
    """The words of the provider."""
    inner = values.get("RecoveryPointSelection")
    conditions = values.get("ProtectedResourceConditions", {}).get("StringEquals")
    found: Json = {
        "name": "monthly",
        "schedule_expression": values.get("ScheduleExpression"),
        "schedule_expression_timezone": values.get("ScheduleExpressionTimezone"),
        "protected_resource_arns": values.get("ProtectedResourceArns"),
        "validation_window_hours": values.get("ValidationWindowHours"),
        "protected_resource_conditions": [],
        "recovery_point_selection": [],
    }
    if conditions:
        entries = [{"key": one["Key"], "value": one["Value"]} for one in conditions]
        found["protected_resource_conditions"] = [{"string_equals": entries, "string_not_equals": []}]
    if inner:
        found["recovery_point_selection"] = [
            {
                "algorithm": inner["Algorithm"],
                "include_vaults": inner["IncludeVaults"],
                "exclude_vaults": inner["ExcludeVaults"],
                "recovery_point_types": inner["RecoveryPointTypes"],
                "selection_window_days": inner["SelectionWindowDays"],
            }
        ]
    return found
