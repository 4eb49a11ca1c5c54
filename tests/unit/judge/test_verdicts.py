"""Answers and gaps become exactly one verdict."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from auditor.evaluate.ask import Answered
from auditor.evaluate.facts import Column, Frame, Hole, constant, project
from auditor.evaluate.gaps import OURS
from auditor.judge.verdicts import ORDER, Judged, gap_reason, judge, message, verdict_of
from auditor.model.policy import Control
from auditor.model.verdicts import Gap, Reason, Severity, Verdict, Waiver
from auditor.rego.engine import Answer

VIOLATION = {"code": "too_old", "evidence": {"hours": 25.0, "name": "{x}"}}
CONTROL = Control(
    id="BKP-FRQ-002",
    title="t",
    description="d",
    severity=Severity.HIGH,
    subject="resource",
    moments=("audit",),
    reads=("tier", "age"),
    cites=("newest",),
    reasons={"too_old": "{hours} h old, {name}; {unknown}"},
    remediation="r",
    package="controls.x",
    path="x.rego",
)
GAP = Gap(
    "g1",
    "111122223333",
    "eu-west-1",
    "backup",
    "ListBackupJobs",
    "ThrottlingException",
    "slow",
    ("backup_jobs",),
)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(), Verdict.NOT_APPLICABLE),
        (Answer(compliant=True), Verdict.NOT_APPLICABLE),
        (Answer(applicable=True), Verdict.INSUFFICIENT_DATA),
        (Answer(applicable=True, compliant=True), Verdict.COMPLIANT),
        (Answer(applicable=True, non_compliant=(VIOLATION,)), Verdict.NON_COMPLIANT),
        (Answer(applicable=True, compliant=True, non_compliant=(VIOLATION,)), Verdict.ERROR),
        (Answer(error="divided by zero"), Verdict.ERROR),
    ],
)
def test_an_answer_has_one_verdict(answer: Answer, verdict: Verdict) -> None:
    """The table of the control contract, row by row: silence is never a pass."""
    assert verdict_of(answer) == verdict


@pytest.fixture
def judged() -> Callable[..., Judged]:
    """Judge three subjects; the second one's age could not be read because of GAP."""

    def make(*answers: Answer, waivers: tuple[Waiver, ...] = (), on: date = date(2026, 2, 9)) -> Judged:
        age = Column(np.array([0, -1, 1]), [30, 3], (Hole(("g1",), np.array([False, True, False])),))
        frame = Frame(
            "resource",
            "111122223333",
            "eu-west-1",
            pa.array(["arn:a", "arn:b", "arn:c"]),
            pa.array(["EBS"] * 3),
            pa.array(["a", "b", "c"]),
            {"tier": constant({"name": "gold"}, 3), "age": age, "newest": constant("snap-1", 3)},
        )
        projection = project(frame, CONTROL.reads, "2026-02-09T00:00:00Z", lambda _path, _value: None)
        return judge(Answered(CONTROL, frame, projection, answers), waivers, on)

    return make


def words(found: Judged) -> list[str]:
    """The verdicts as words."""
    return [str(ORDER[code]) for code in found.code]


def test_a_gap_in_what_a_control_reads_leaves_it_no_say(judged: Callable[..., Judged]) -> None:
    """Whatever it would answer, an unread fact makes INSUFFICIENT_DATA, naming the call that failed."""
    good = Answer(applicable=True, compliant=True)
    found = judged(good, good)
    assert words(found) == ["COMPLIANT", "INSUFFICIENT_DATA", "COMPLIANT"]
    assert found.failures().tolist() == [1]
    assert found.reasons(1, {"g1": GAP}) == (
        Reason(
            "evidence_gap",
            "backup:ListBackupJobs failed in account 111122223333 eu-west-1 (ThrottlingException)",
            {
                "gaps": [
                    {
                        "gap_id": "g1",
                        "account_id": "111122223333",
                        "region": "eu-west-1",
                        "operation": "backup:ListBackupJobs",
                        "error": "ThrottlingException",
                    }
                ]
            },
        ),
    )


@pytest.mark.parametrize(
    ("region", "said"),
    [
        ("eu-west-1", "account 111122223333 eu-west-1 was not read: the run was not asked to read it"),
        ("", "account 111122223333 was not read: no Region of it was"),
    ],
)
def test_a_place_that_was_never_asked_did_not_fail_to_answer(region: str, said: str) -> None:
    """No call was sent there, so none is blamed."""
    assert gap_reason([replace(GAP, region=region, error="NotRead")]).message == said
    assert gap_reason([replace(GAP, region=region, error="NotListed", message=said)]).message == said


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (Answer(applicable=True, non_compliant=(VIOLATION,)), Verdict.NON_COMPLIANT),
        (Answer(error="divided by zero"), Verdict.ERROR),
        (Answer(applicable=True, compliant=True), Verdict.INSUFFICIENT_DATA),
        (Answer(applicable=True), Verdict.INSUFFICIENT_DATA),
        (Answer(), Verdict.INSUFFICIENT_DATA),
    ],
)
def test_on_an_incomplete_fact_only_a_finding_stands(answer: Answer, verdict: Verdict) -> None:
    """No pass, and no "not applicable", where more of what the control reads may be so; the gap is named."""
    undecided = replace(GAP, service=OURS, message="Selection all cannot be decided.")
    tiers = Column(np.zeros(2, np.int64), [[]], (Hole(("g1",), np.array([True, False]), partial=True),))
    names = pa.array(["arn:a", "arn:b"])
    frame = Frame("plan", "111122223333", "eu-west-1", names, names, names, {"tier": tiers})
    projection = project(frame, CONTROL.reads, "2026-02-09T00:00:00Z", lambda _path, _value: None)
    found = judge(Answered(CONTROL, frame, projection, [answer]), (), date(2026, 2, 9))
    assert words(found) == [verdict, verdict_of(answer)]
    named = verdict == Verdict.INSUFFICIENT_DATA
    assert found.gap_ids() == ({"g1"} if named else set())
    assert (
        "Selection all cannot be decided." in [r.message for r in found.reasons(0, {"g1": undecided})]
    ) is named


def test_a_violation_is_reported_with_the_facts_that_the_control_cites(judged: Callable[..., Judged]) -> None:
    """Its message is filled in from the evidence; braces there stay text, unknown fields stay as they are."""
    bad, good = Answer(applicable=True, non_compliant=(VIOLATION,)), Answer(applicable=True, compliant=True)
    inputs = [bad, good]
    found = judged(*inputs)
    index = words(found).index("NON_COMPLIANT")
    evidence: dict[str, Any] = {"newest": "snap-1", "hours": 25.0, "name": "{x}"}
    assert found.reasons(index, {}) == (Reason("too_old", "25 h old, {x}; {unknown}", evidence),)


@pytest.mark.parametrize(
    ("on", "verdict"), [(date(2026, 2, 9), "WAIVED"), (date(2026, 2, 10), "NON_COMPLIANT")]
)
def test_a_waiver_holds_through_its_last_day(judged: Callable[..., Judged], on: date, verdict: str) -> None:
    """The day after it is a finding again; the waiver of another control or subject is none."""
    bad = Answer(applicable=True, non_compliant=(VIOLATION,))
    waivers = (
        Waiver("BKP-COV-001", "*", "other control", "me", date(2027, 1, 1)),
        Waiver("BKP-FRQ-002", "arn:a*", "migration", "me", date(2026, 2, 9)),
    )
    assert words(judged(bad, bad, waivers=waivers, on=on)) == [verdict, "INSUFFICIENT_DATA", "NON_COMPLIANT"]


def test_an_unknown_code_is_its_own_message() -> None:
    """A control that forgets a sentence still names its reason."""
    assert message(CONTROL, "else", {}) == "else"
