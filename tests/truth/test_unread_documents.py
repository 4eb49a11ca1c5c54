"""One plan or selection of which the document was not answered, or is none: the rest is judged."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.loopback import operations
from tests.loopback.auditing import audit
from tests.loopback.faults import denied
from tests.loopback.standing import (
    AWAY,
    HOME,
    PLAN,
    START,
    VOLUME,
    World,
    copy_action,
    nights,
    plan_arn,
    rule,
    standing,
    vault_arn,
)
from tests.loopback.world import Place, Refused

SELECTED, GAP, KEEPS, INSIDE = "BKP-COV-001", "BKP-FRQ-001", "BKP-RET-001", "BKP-IMM-002"
OTHER = VOLUME.replace("vol-1", "vol-2")
SECOND = plan_arn("plan-2")


def second(operation: str, answer: Any) -> World:
    """The standing volume and plan, a second plan of everything, and how it answers an operation."""
    world = standing(14)
    world.volume("vol-2")
    world.plan([rule(14, RuleId="rule-2")], "plan-2")
    world.selection("plan-2", Resources=["*"])
    original = operations.OPERATIONS["backup", operation]

    def answered(place: Place, given: Mapping[str, Any]) -> Mapping[str, Any]:
        if given["BackupPlanId"] == PLAN:
            return original(place, given)
        if isinstance(answer, Refused):
            raise answer
        member = operation.removeprefix("Get")
        kept = {name: value for name, value in original(place, given).items() if name != member}
        return {**kept, **answer}

    world.operations["backup", operation] = answered
    return world


ANSWERS = [({}, "Unreadable"), (Refused("AccessDeniedException", "no", 403), "AccessDeniedException")]


@pytest.mark.parametrize(("answer", "error"), ANSWERS, ids=["none", "denied"])
@pytest.mark.parametrize("operation", ["GetBackupPlan", "GetBackupSelection"])
def test_only_what_hangs_on_the_document_is_unknown(
    tmp_path: Path, operation: str, answer: Any, error: str
) -> None:
    """The other plan and its volume are judged; the second volume has no backup, whoever selects it."""
    found = audit(second(operation, answer), tmp_path)

    judged = [(control, arn) for control in (KEEPS, INSIDE) for arn in (plan_arn(PLAN), SECOND)]
    judged += [(control, arn) for control in (SELECTED, GAP) for arn in (VOLUME, OTHER)]
    assert [found.verdict(*one) for one in judged] == [
        "COMPLIANT",
        "INSUFFICIENT_DATA",
        "NOT_APPLICABLE",
        "INSUFFICIENT_DATA" if operation == "GetBackupPlan" else "NOT_APPLICABLE",
        "COMPLIANT",
        "INSUFFICIENT_DATA",
        "COMPLIANT",
        "NON_COMPLIANT",
    ]
    assert [(gap["operation"], gap["error"]) for gap in found.gaps] == [(operation, error)]


def test_a_recorded_job_does_not_stand_for_a_selection_that_was_not_read(tmp_path: Path) -> None:
    """It was made by the plan, and nobody knows by which selection."""
    world = second("GetBackupSelection", {})
    made = world.created_by(BackupPlanId="plan-2", BackupPlanVersion="plan-2-v1", BackupRuleId="rule-2")
    world.night(world.as_of.replace(month=2, day=28, hour=1), 14, OTHER, CreatedBy=made)
    found = audit(world, tmp_path)
    assert (found.verdict(SELECTED, OTHER), found.verdict(KEEPS, SECOND)) == (
        "INSUFFICIENT_DATA",
        "INSUFFICIENT_DATA",
    )
    assert [gap["operation"] for gap in found.gaps] == ["GetBackupSelection"]


def test_of_deleted_points_of_a_plan_that_cannot_be_understood_it_is_unknown_when_they_were_to_go(
    tmp_path: Path,
) -> None:
    """Its jobs do not say either: that none was deleted early is not known."""
    world = standing(14, [])
    world.at().plans[0]["Versions"][0]["BackupPlan"]["Rules"][0]["StartWindowMinutes"] = -1
    world.job(
        world.as_of.replace(month=2, day=28, hour=1),
        RecoveryPointArn="arn:aws:ec2:eu-central-1::snapshot/snap-0",
    )
    found = audit(world, tmp_path)
    assert found.verdict("BKP-RET-003", VOLUME) == "INSUFFICIENT_DATA"
    assert {gap["error"] for gap in found.gaps} >= {"Unreadable"}


@pytest.mark.parametrize(
    ("keep", "unread", "verdict"),
    [
        (60, "", "NON_COMPLIANT"),
        (14, "", "COMPLIANT"),
        (60, "GetBackupPlan", "INSUFFICIENT_DATA"),
        (60, "GetBackupSelection", "INSUFFICIENT_DATA"),
    ],
)
def test_how_long_an_unread_plan_keeps_is_neither_long_nor_short(
    tmp_path: Path, keep: int, unread: str, verdict: str
) -> None:
    """The first night of the period was missed: whether earlier points are gone or never were is open."""
    world = standing(keep, [])
    for night in nights(START - timedelta(days=6)):
        if not -40 < (night - START) / timedelta(hours=1) < 10:
            world.point(night, keep=60)
    found = audit(world, tmp_path, faults=[denied(unread)] if unread else [])
    assert found.verdict(GAP, VOLUME) == verdict
    assert [gap["operation"] for gap in found.gaps] == ([unread] if unread else [])


@pytest.mark.parametrize("operation", ["GetBackupPlan", "GetBackupSelection"])
def test_where_every_night_is_there_an_unread_plan_takes_no_pass_away(tmp_path: Path, operation: str) -> None:
    """Whatever it says, no time is without a backup."""
    found = audit(standing(60), tmp_path, faults=[denied(operation)])
    assert found.verdict(GAP, VOLUME) == "COMPLIANT"


@pytest.mark.parametrize(
    ("unread", "regions", "verdict"),
    [
        ("", None, "NON_COMPLIANT"),
        ("GetBackupSelection", None, "NON_COMPLIANT"),
        ("GetBackupSelection", [HOME], "INSUFFICIENT_DATA"),
        ("GetBackupPlan", None, "INSUFFICIENT_DATA"),
    ],
)
def test_a_copy_may_lie_wherever_an_unread_document_may_send_it(
    tmp_path: Path, unread: str, regions: list[str] | None, verdict: str
) -> None:
    """No copy arrived in the Region into which the plan copies, or it was not read."""
    world = standing(14, CopyActions=[copy_action(vault_arn("far", AWAY))])
    world.vault("far", AWAY)
    faults = [denied(unread, region=HOME)] if unread else []
    given: dict[str, Any] = {} if regions is None else {"regions": regions}
    found = audit(world, tmp_path, tier={"copy": {"retention_days": 7}}, faults=faults, **given)
    assert found.verdict("BKP-ISO-001", VOLUME) == verdict


@pytest.mark.parametrize(
    ("unread", "verdicts"),
    [
        ([], ["NON_COMPLIANT", "NOT_APPLICABLE"]),
        (["GetBackupPlan"], ["INSUFFICIENT_DATA"] * 2),
        (["ListBackupPlans"], ["INSUFFICIENT_DATA"] * 2),
        (["ListBackupSelections"], ["INSUFFICIENT_DATA", "NOT_APPLICABLE"]),
        (["DescribeVolumes"], ["INSUFFICIENT_DATA", "NOT_APPLICABLE"]),
        (["DescribeInstances"], ["NON_COMPLIANT", "NOT_APPLICABLE"]),
    ],
)
def test_a_vault_in_another_region_may_get_copies_of_a_plan_that_was_not_read(
    tmp_path: Path, unread: list[str], verdicts: list[str]
) -> None:
    """Neither has a lock; the plan copies into the first, and nothing lies in it yet.

    A plan that was listed leads nowhere else, whatever it selects.
    """
    far, aside = vault_arn("far", AWAY), vault_arn("aside", AWAY)
    world = standing(14, CopyActions=[copy_action(far)])
    world.vault("far", AWAY)
    world.vault("aside", AWAY)
    faults = [denied(one, region=HOME) for one in unread]
    found = audit(world, tmp_path, tier={"lock": "governance"}, faults=faults)
    assert [found.verdict("BKP-IMM-001", vault) for vault in (far, aside)] == verdicts
