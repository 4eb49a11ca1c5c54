"""Resources and recovery points are counted once each."""

from dataclasses import replace

import numpy as np
import pyarrow as pa

from auditor.evaluate.facts import Column, Frame
from auditor.judge.tally import Tally
from auditor.judge.verdicts import CODE
from auditor.model.verdicts import Verdict

TIERS = [{"name": "gold", "required": True}, {"name": "exempt", "required": False}]


def frame(subject: str, tiers: list[int], account: str = "111122223333") -> Frame:
    """Subjects of these tiers: 0 needs a backup, 1 is exempt, -1 is not known."""
    arns, words = (pa.array([f"arn:{n}" for n in range(len(tiers))]), pa.array([""] * len(tiers)))
    facts = {"tier": Column(np.array(tiers, np.int64), TIERS)}
    return Frame(subject, account, "eu-west-1", arns, words, words, facts)


def codes(*verdicts: str) -> np.ndarray:
    """Verdicts as a column."""
    return np.array([CODE[Verdict(verdict)] for verdict in verdicts], np.int8)


def test_a_resource_is_counted_once_under_its_worst_verdict() -> None:
    """A finding comes first, then what is unknown, whatever the number of controls; exempt ones are apart."""
    tally = Tally()
    tally.add(
        frame("resource", [0, 0, 0, 0, 0, 1, -1]),
        [
            codes("NON_COMPLIANT", "COMPLIANT", "WAIVED", "COMPLIANT", *["NOT_APPLICABLE"] * 2, "COMPLIANT"),
            codes("ERROR", "INSUFFICIENT_DATA", "COMPLIANT", "COMPLIANT", *["NOT_APPLICABLE"] * 3),
        ],
    )
    found = {verdict: count for verdict, count in tally.required["111122223333"].items() if count}
    assert found == {
        "NON_COMPLIANT": 1, "INSUFFICIENT_DATA": 1, "WAIVED": 1, "COMPLIANT": 1, "NOT_APPLICABLE": 1
    }  # fmt: skip
    assert (tally.exempt, tally.unknown, tally.judged) == (1, 1, 4)


def test_a_resource_of_which_nothing_is_stated_was_not_judged() -> None:
    """Unknown, in error or not applicable is no statement; a waived finding is one."""
    for verdict, judged in (("INSUFFICIENT_DATA", 0), ("ERROR", 0), ("NOT_APPLICABLE", 0), ("WAIVED", 1)):
        tally = Tally()
        tally.add(frame("resource", [0]), [codes(verdict)])
        assert tally.judged == judged


def test_resources_that_no_control_was_asked_about_are_counted_and_not_judged() -> None:
    """Policies without a control of resources do not make resources vanish."""
    tally = Tally()
    tally.add(frame("resource", [0, 0, 1]), [])
    assert (tally.required["111122223333"].total(), tally.exempt, tally.judged) == (2, 1, 0)


def test_recovery_points_are_counted_apart_and_plans_not_at_all() -> None:
    """Their number dilutes nothing, and a plan's finding is no resource's."""
    tally = Tally()
    tally.add(frame("recovery_point", [0, -1]), [codes("NON_COMPLIANT", "COMPLIANT")])
    tally.add(frame("plan", [0]), [codes("NON_COMPLIANT")])
    found = {verdict: count for verdict, count in tally.recovery_points.items() if count}
    assert (found, tally.required, tally.unknown) == ({"NON_COMPLIANT": 1, "COMPLIANT": 1}, {}, 0)


def test_deleted_resources_are_counted_apart() -> None:
    """What is gone is no resource that needs backup today, and its findings are not lost."""
    tally = Tally()
    gone = replace(frame("resource", [0, 1]), deleted=True)
    tally.add(gone, [codes("NON_COMPLIANT", "NOT_APPLICABLE")])
    assert (tally.deleted["NON_COMPLIANT"], tally.deleted.total(), tally.required) == (1, 2, {})
