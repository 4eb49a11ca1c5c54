"""Why there was no backup for too long: only what is so is named."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.loopback.auditing import Judgement, audit
from tests.loopback.faults import denied
from tests.loopback.standing import PLAN, START, VOLUME, nights, standing

LONGEST, NEWEST = "BKP-FRQ-001", "BKP-FRQ-002"


def causes(judged: Judgement) -> dict[str, Any]:
    """The cause of each finding about how often there are backups."""
    return {
        one["control_id"]: {part: said for part, said in one["cause"].items() if said}
        for one in judged.document["causes"]["shown"]
        if one["control_id"] in (LONGEST, NEWEST)
    }


def of_plan(why: str, kind: str = "plan") -> dict[str, str]:
    """A cause that is the plan's."""
    return {"kind": kind, "name": PLAN, "why": why}


def test_backups_that_were_made_and_are_gone_are_not_the_schedules_fault(tmp_path: Path) -> None:
    """All nights are met; nothing of them is left."""
    world = standing(14)
    world.at().recovery_points.clear()
    judged = audit(world, tmp_path)
    assert judged.verdict(LONGEST, VOLUME) == "NON_COMPLIANT"
    assert causes(judged) == {LONGEST: of_plan("not_kept"), NEWEST: of_plan("not_kept")}


def test_a_plan_that_selects_later_is_not_too_seldom(tmp_path: Path) -> None:
    """Selected since day 20, and nightly since then."""
    begin = START + timedelta(days=20)
    world = standing(14, [night for night in nights() if night >= begin])
    world.at().selections[PLAN][0]["CreationDate"] = begin
    judged = audit(world, tmp_path)
    assert judged.verdict(LONGEST, VOLUME) == "NON_COMPLIANT"
    assert causes(judged)[LONGEST] == of_plan("selected_later")


def test_a_plan_that_runs_on_mondays_is_too_seldom(tmp_path: Path) -> None:
    """Each of them is met, and a week is longer than the RPO."""
    mondays = [night for night in nights() if night.weekday() == 0]
    judged = audit(standing(14, mondays, ScheduleExpression="cron(0 1 ? * MON *)"), tmp_path)
    assert judged.verdict(LONGEST, VOLUME) == "NON_COMPLIANT"
    assert causes(judged) == {
        LONGEST: of_plan("schedule", "schedule"),
        NEWEST: of_plan("schedule", "schedule"),
    }


def test_a_plan_that_was_not_read_is_not_no_plan(tmp_path: Path) -> None:
    """It selects the volume, and what it says is not known."""
    judged = audit(standing(14, []), tmp_path, faults=[denied("GetBackupPlan")])
    assert judged.verdict(NEWEST, VOLUME) == "NON_COMPLIANT"
    assert causes(judged)[NEWEST] == of_plan("unknown")
