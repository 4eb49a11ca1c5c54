"""The standing input, audited end to end."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.loopback import faults
from tests.loopback.auditing import AuditFailed, Reason, audit
from tests.loopback.standing import ACCOUNT, HOME, START, VOLUME, nights, standing
from tests.loopback.world import Call


def test_a_plan_that_keeps_longer_than_the_period_passes_every_control(tmp_path: Path) -> None:
    """Nightly backups kept for 35 days, everything answered: exit 0 and no gap."""
    judged = audit(standing(35), tmp_path)

    assert judged.verdict("BKP-FRQ-001", VOLUME) == "COMPLIANT"
    assert (judged.exit_code, judged.overall, judged.gaps) == (0, "COMPLIANT", [])
    assert set(judged.verdicts.values()) == {"COMPLIANT", "NOT_APPLICABLE"}
    assert Call("backup", "ListBackupJobs", ACCOUNT, HOME) in judged.calls


def test_missed_nights_are_a_finding_with_its_reason(tmp_path: Path) -> None:
    """Three nights missing are 96 h between two points."""
    held = [night for night in nights(START - timedelta(days=5)) if night.day not in (10, 11, 12)]

    judged = audit(standing(35, backups=held), tmp_path)

    (reason,) = judged.reasons("BKP-FRQ-001", VOLUME)
    assert judged.verdict("BKP-FRQ-001", VOLUME) == "NON_COMPLIANT"
    assert (reason.code, reason.evidence["worst_gap_hours"]) == ("gap_exceeds_rpo", 96)
    assert (judged.exit_code, judged.overall) == (3, "NON_COMPLIANT")


def test_tiers_parameters_and_waivers_are_those_of_the_call(tmp_path: Path) -> None:
    """A tier that demands 60 days; the finding is waived for one test and not for the other."""
    plan = f"arn:aws:backup:{HOME}:{ACCOUNT}:backup-plan:plan-1"
    waiver = {"control_id": "BKP-RET-001", "subject": plan, "reason": "moves next week",
              "approved_by": "security", "expires": "2026-03-31"}  # fmt: skip
    demanded = {"retention_days": 60}

    bare = audit(standing(35), tmp_path, tier=demanded, parameters={"copy_max_age_rpos": 3})
    waived = audit(standing(35), tmp_path, tier=demanded, waivers=[waiver])

    assert bare.codes("BKP-RET-001", plan) == ["retention_too_short"]
    assert bare.verdict("BKP-RET-001", plan) == "NON_COMPLIANT"
    assert waived.verdict("BKP-RET-001", plan) == "WAIVED"


def test_a_fault_of_the_call_is_a_gap(tmp_path: Path) -> None:
    """It is the call's alone: the next audit of the same organization reads everything."""
    world = standing(35)

    judged = audit(world, tmp_path, faults=[faults.throttled("ListBackupJobs", region=HOME)])

    assert [(gap["operation"], gap["error"]) for gap in judged.gaps] == [
        ("ListBackupJobs", "ThrottlingException")
    ]
    assert (judged.verdict("BKP-FRQ-001", VOLUME), judged.exit_code) == ("INSUFFICIENT_DATA", 4)
    assert audit(world, tmp_path).exit_code == 0


def test_an_audit_that_cannot_run_tells_what_it_printed(tmp_path: Path) -> None:
    """No document, no judgement."""
    with pytest.raises(AuditFailed, match=r"exit code 1: .*AccessDenied"):
        audit(standing(), tmp_path, faults=[faults.denied("GetCallerIdentity")])


def test_reasons_are_compared_by_code_and_evidence() -> None:
    """Their wording is the control's."""
    assert Reason("a", {"n": 1}, "one") == Reason("a", {"n": 1}, "another")
