"""EFS backs up file systems by a plan of its own, which no plan of Terraform shows."""

from typing import Any

import pytest

from tests.check.conftest import Check, messages, said_of
from tests.check.terraform import Later, Plan, backup_plan, by_tag, selection, vault

COVERED = "BKP-COV-001"
SYSTEM, POLICY = "aws_efs_file_system.data", "aws_efs_backup_policy.data"
ID = "fs-0123456789abcdef0"
NAMED = Later(ID, ["aws_efs_file_system.data.id", "aws_efs_file_system.data"])
OWN = "by a plan of its own, which is not among the inputs"


def plan_of(zone: dict[str, Any], policy: dict[str, Any] | None) -> Plan:
    """A gold file system, which the plan among the inputs does not select, and its backup policy."""
    plan = backup_plan(vault(Plan()), "silver")
    selection(plan, "silver", "silver", selection_tag=by_tag("silver"))
    plan.add(SYSTEM, id=Later(ID), tags={"backup-tier": "gold"}, tags_all={"backup-tier": "gold"}, **zone)
    return plan.add(POLICY, **policy) if policy is not None else plan


def status(value: str) -> list[dict[str, str]]:
    """The block of a backup policy."""
    return [{"status": value}]


@pytest.mark.parametrize("planned", ["first", "second"])
@pytest.mark.parametrize(
    ("zone", "policy", "verdict", "said"),
    [
        ({}, None, "NON_COMPLIANT", ""),
        ({}, {"file_system_id": NAMED, "backup_policy": status("DISABLED")}, "NON_COMPLIANT", ""),
        (
            {},
            {"file_system_id": NAMED, "backup_policy": status("ENABLED")},
            "INSUFFICIENT_DATA",
            f"EFS backs it up {OWN} ({POLICY})",
        ),
        ({}, {"file_system_id": "fs-other", "backup_policy": status("ENABLED")}, "NON_COMPLIANT", ""),
        ({"availability_zone_name": ""}, None, "NON_COMPLIANT", ""),
        (
            {"availability_zone_name": "eu-west-1a"},
            None,
            "INSUFFICIENT_DATA",
            f"EFS may back up a file system of one zone {OWN}",
        ),
        (
            {"availability_zone_name": "eu-west-1a"},
            {"file_system_id": NAMED, "backup_policy": status("DISABLED")},
            "NON_COMPLIANT",
            "",
        ),
    ],
)
def test_what_efs_may_back_up_itself_is_no_finding(
    check: Check,
    zone: dict[str, Any],
    policy: dict[str, Any] | None,
    verdict: str,
    said: str,
    planned: str,
) -> None:
    """Its policy, or that it is of one zone, leaves open what protects it; a policy that is off does not."""
    result = check(getattr(plan_of(zone, policy), planned)())

    assert {found for control, _, found, _ in said_of(result) if control == COVERED} == {verdict}
    assert (said in messages(result)) or not said


@pytest.mark.parametrize(
    ("policy", "verdict"),
    [
        ({"file_system_id": Later("", ["var.id"]), "backup_policy": status("ENABLED")}, "INSUFFICIENT_DATA"),
        ({"file_system_id": Later("", ["var.id"]), "backup_policy": status("DISABLED")}, "NON_COMPLIANT"),
        ({"file_system_id": NAMED, "backup_policy": Later([], ["var.on"])}, "INSUFFICIENT_DATA"),
    ],
)
def test_a_policy_that_is_not_known_leaves_it_open(
    check: Check, policy: dict[str, Any], verdict: str
) -> None:
    """Of which file system it is, and whether it is on."""
    result = check(plan_of({}, policy).first())

    assert {found for control, _, found, _ in said_of(result) if control == COVERED} == {verdict}


@pytest.mark.parametrize("known", ["ENABLED", "DISABLED"])
@pytest.mark.parametrize("order", [1, -1])
def test_a_policy_of_its_own_counts_and_not_one_that_may_be_for_any(
    check: Check, known: str, order: int
) -> None:
    """In whatever order they stand."""
    plan = plan_of({}, None)
    policies: list[tuple[str, dict[str, Any]]] = [
        (POLICY, {"file_system_id": NAMED, "backup_policy": status(known)}),
        (
            "aws_efs_backup_policy.any",
            {"file_system_id": Later("", ["var.id"]), "backup_policy": status("ENABLED")},
        ),
    ]
    for address, policy in policies[::order]:
        plan.add(address, **policy)

    result = check(plan.first())

    said = "NON_COMPLIANT" if known == "DISABLED" else "INSUFFICIENT_DATA"
    assert {found for control, _, found, _ in said_of(result) if control == COVERED} == {said}
    assert (f"EFS backs it up {OWN} ({POLICY})" in messages(result)) is (known == "ENABLED")
    assert "aws_efs_backup_policy.any" not in messages(result)
