"""The controls' verdicts on what is declared: the facts, questions and verdicts of the audit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.check.declared_frames import Circumstances, DeclaredFrame, declared_frames
from auditor.check.inventory import NO_KEY
from auditor.check.places import Gathered
from auditor.check.result import CheckEntry
from auditor.evaluate.ask import Asker
from auditor.evaluate.facts import Frame
from auditor.evaluate.source_keys import KEY_MANAGER
from auditor.judge.verdicts import CODE, ORDER, Judged, judge
from auditor.model.policy import Control
from auditor.model.verdicts import Reason, Verdict, Waiver

#: The codes of reasons that are the check's own.
UNKNOWN_TAGS: Final = "tags_known_after_apply"
UNKNOWN_CHANGE: Final = "change_known_after_apply"
UNKNOWN_POLICY: Final = "policy_not_known"
UNKNOWN_FACT: Final = "fact_not_known"
UNIT_DECIDES: Final = "organizational_unit_decides"
NOT_AMONG_INPUTS: Final = "protection_not_among_inputs"
_FINDING: Final = CODE[Verdict.NON_COMPLIANT]
UNKNOWN_VERDICT: Final = CODE[Verdict.INSUFFICIENT_DATA]
_NONE: Final = CODE[Verdict.NOT_APPLICABLE]


@dataclass(frozen=True, slots=True)
class CheckedFrame:
    """One control over one frame, under one path of organizational units.

    `otherwise` has the verdicts on the same subjects where `judged` says that the control does not apply.
    `subjects` are those of the frame, where each is declared by itself.
    """

    judged: Judged
    otherwise: Judged | None
    asked: DeclaredFrame
    unit: tuple[str, ...]

    def of(self, index: int) -> Judged:
        """The verdicts among which that of subject `index` is."""
        if self.otherwise is None or self.judged.code[index] != _NONE:
            return self.judged
        return self.otherwise

    def codes(self) -> NDArray[np.int8]:
        """The verdict of each subject."""
        own = self.judged.code
        return own if self.otherwise is None else np.where(own == _NONE, self.otherwise.code, own)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of one control on one subject; `entry` is None where it is a pass or not applicable.

    `index` are the account and Region of the subject's frame, and its row there.
    """

    code: int
    severity: str
    subject_type: str
    index: tuple[str, str, int]
    entry: CheckEntry | None


def judged_frames(
    gathered: Gathered,
    circumstances: Circumstances,
    unit: tuple[str, ...],
    asker: Asker,
    controls: Sequence[Control],
    waivers: Sequence[Waiver],
) -> Iterator[CheckedFrame]:
    """Ask every control about every declared subject, in a fixed order."""

    def verdicts(control: Control, frame: Frame) -> Judged:
        return judge(asker.ask(control, frame), waivers, circumstances.as_of.date())

    for asked in declared_frames(gathered, circumstances, unit):
        for control in controls:
            if control.subject == asked.frame.subject:
                judged = verdicts(control, asked.frame)
                otherwise = verdicts(control, asked.instead) if asked.instead is not None else None
                yield CheckedFrame(judged, otherwise, asked, unit)


def judgements(runs: Sequence[Sequence[CheckedFrame]], gathered: Gathered) -> Iterator[Judgement]:
    """One verdict for each control and subject: under every path of units the same, or else unknown."""
    for same in zip(*runs, strict=True):
        first = same[0]
        codes = np.vstack([one.codes() for one in same])
        agreed = (codes == codes[0]).all(axis=0)
        frame, control = first.judged.answered.frame, first.judged.answered.control
        about_protection = any(path.startswith("protection.") for path in control.reads)
        for index in range(frame.size):
            code = int(codes[0, index]) if agreed[index] else UNKNOWN_VERDICT
            hidden = first.asked.elsewhere(index) if code == _FINDING and about_protection else ""
            code = UNKNOWN_VERDICT if hidden else code
            failed = code < CODE[Verdict.COMPLIANT]
            reasons = (
                _reasons(first, index, gathered) if agreed[index] else (_disagreement(same, codes[:, index]),)
            )
            reasons = (Reason(NOT_AMONG_INPUTS, hidden, {}),) if hidden else reasons
            yield Judgement(
                code,
                str(control.severity),
                frame.subject,
                (frame.account_id, frame.region, index),
                _entry(first, index, code, reasons, gathered) if failed else None,
            )


def _reasons(checked: CheckedFrame, index: int, gathered: Gathered) -> tuple[Reason, ...]:
    judged = checked.of(index)
    if judged.code[index] == UNKNOWN_VERDICT:
        code, clause = _hidden(checked, index, gathered)
        if clause:
            return (Reason(code, clause, {}),)
    return judged.reasons(index, checked.asked.gaps) if judged.code[index] < CODE[Verdict.COMPLIANT] else ()


def _hidden(checked: CheckedFrame, index: int, gathered: Gathered) -> tuple[str, str]:
    """Code and clause of what hides the answer about a subject, "" where a gap says it."""
    answered, nouns = checked.of(index).answered, checked.asked.inventory.nouns
    if checked.asked.subjects:
        return UNKNOWN_FACT, checked.asked.subjects[index].why(answered.control.reads)
    frame = answered.frame
    if frame.subject == "resource":
        arn = frame.arn[index].as_py()
        if KEY_MANAGER in answered.control.reads and arn not in gathered.hidden:
            return UNKNOWN_FACT, nouns.source_keys.get(arn, NO_KEY).fault
        return UNKNOWN_TAGS, gathered.hidden.get(arn, "")
    if frame.subject == "change":
        return UNKNOWN_CHANGE, nouns.changes[index].fault
    if frame.subject == "organization_policy":
        return UNKNOWN_POLICY, nouns.terms[index].fault
    return "", ""


def _disagreement(same: Sequence[CheckedFrame], codes: NDArray[np.int8]) -> Reason:
    answers = {
        "/".join(one.unit) or "no unit of the tiers' assignments": str(ORDER[code])
        for one, code in zip(same, codes.tolist(), strict=True)
    }
    listed = ", ".join(f"{verdict} in {unit}" for unit, verdict in answers.items())
    said = f"it depends on the organizational unit of the account: {listed}; say which one with --unit"
    return Reason(UNIT_DECIDES, said, {"verdicts": answers})


def _entry(
    checked: CheckedFrame, index: int, code: int, reasons: tuple[Reason, ...], gathered: Gathered
) -> CheckEntry:
    answered = checked.of(index).answered
    frame, control = answered.frame, answered.control
    return CheckEntry(
        control_id=control.id,
        title=control.title,
        severity=control.severity,
        verdict=ORDER[code],
        subject_type=frame.subject,
        resource_type=frame.resource_type[index].as_py(),
        arn=frame.arn[index].as_py(),
        account_id=frame.account_id,
        region=frame.region,
        declaration=checked.asked.declaration(index, gathered),
        reasons=reasons,
        fix=control.remediation,
        waiver=checked.of(index).waivers.get(index) if ORDER[code] is Verdict.WAIVED else None,
    )
