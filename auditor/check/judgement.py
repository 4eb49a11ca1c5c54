"""The controls' verdicts on what is declared: the facts, questions and verdicts of the audit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.check.declared import Declaration
from auditor.check.inventory import DeclaredInventory
from auditor.check.places import Gathered
from auditor.check.result import CheckEntry
from auditor.derive.selection import SelectionAnswer, SelectionSettings
from auditor.evaluate.arrow import texts
from auditor.evaluate.ask import Asker
from auditor.evaluate.facts import Frame, Lazy
from auditor.evaluate.gaps import GapIndex, Unknowns
from auditor.evaluate.organization import summarise
from auditor.evaluate.plans import plan_frame
from auditor.evaluate.resources import declared_facts, explanations
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.times import epoch_ms
from auditor.judge.verdicts import CODE, ORDER, Judged, judge
from auditor.model.organization import Account
from auditor.model.policy import Control, Tiers
from auditor.model.verdicts import Gap, Reason, Verdict, Waiver

#: The codes of reasons that are the check's own.
UNKNOWN_TAGS: Final = "tags_known_after_apply"
UNIT_DECIDES: Final = "organizational_unit_decides"
_UNKNOWN: Final = CODE[Verdict.INSUFFICIENT_DATA]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What holds for every subject of a check; `opted_in_otherwise` is None where an opt-in is not known."""

    tiers: Tiers
    selection: SelectionSettings
    as_of: datetime
    opted_in_otherwise: bool | None


@dataclass(frozen=True, slots=True)
class CheckedFrame:
    """One control over one frame, under one path of organizational units, and the gaps that it may name."""

    judged: Judged
    inventory: DeclaredInventory
    gaps: Mapping[str, Gap]
    unit: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict of one control on one subject; `entry` is None where it is a pass or not applicable."""

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
    unknowns, index = Unknowns(), GapIndex(tuple(gathered.gaps))
    inventories = [
        DeclaredInventory(
            nouns,
            ScopeFacts(
                Account(nouns.place.account_id, "", nouns.place.partition, unit),
                nouns.place.region,
                circumstances.tiers,
                index,
                circumstances.selection,
                circumstances.as_of,
                epoch_ms(circumstances.as_of),
                (),
                unknowns,
            ),
            opted_in_otherwise=circumstances.opted_in_otherwise,
        )
        for nouns in gathered.nouns
    ]
    whole = summarise(inventories, ())
    known = {gap.gap_id: gap for gap in gathered.gaps}
    for inventory in inventories:
        frames = (_resources(inventory, inventories), plan_frame(inventory, whole, circumstances.as_of))
        for frame in frames:
            for control in controls:
                if control.subject == frame.subject and frame.size:
                    judged = judge(asker.ask(control, frame), waivers, circumstances.as_of.date())
                    yield CheckedFrame(judged, inventory, {**known, **unknowns.found}, unit)


def judgements(runs: Sequence[Sequence[CheckedFrame]], gathered: Gathered) -> Iterator[Judgement]:
    """One verdict for each control and subject: under every path of units the same, or else unknown."""
    for same in zip(*runs, strict=True):
        first = same[0]
        codes = np.vstack([one.judged.code for one in same])
        agreed = (codes == codes[0]).all(axis=0)
        frame, control = first.judged.answered.frame, first.judged.answered.control
        for index in range(frame.size):
            code = int(codes[0, index]) if agreed[index] else _UNKNOWN
            failed = code < CODE[Verdict.COMPLIANT]
            reasons = (
                _reasons(first, index, gathered) if agreed[index] else (_disagreement(same, codes[:, index]),)
            )
            yield Judgement(
                code,
                str(control.severity),
                frame.subject,
                (frame.account_id, frame.region, index),
                _entry(first, index, code, reasons, gathered) if failed else None,
            )


def _resources(inventory: DeclaredInventory, everywhere: Sequence[DeclaredInventory]) -> Frame:
    def explained(index: int) -> list[str]:
        return [*explanations(inventory, index), *_elsewhere(inventory, everywhere, index)]

    return Frame(
        subject="resource",
        account_id=inventory.scope.account.account_id,
        region=inventory.scope.region,
        arn=texts(inventory.arn),
        resource_type=texts(inventory.resource_type),
        name=texts(inventory.name),
        facts={**declared_facts(inventory), "protection.explanation": Lazy(explained, inventory.size)},
    )


def _elsewhere(
    inventory: DeclaredInventory, everywhere: Sequence[DeclaredInventory], index: int
) -> Iterator[str]:
    """Near misses: selections of the account in other Regions that would select the resource there."""
    resource, here = inventory.resource(index), inventory.scope
    for other in everywhere:
        if other is inventory or other.scope.account.account_id != here.account.account_id:
            continue
        plans = {plan.plan_id: plan.name for plan in other.plans}
        for selection, decision in zip(other.selections, other.decide_on(resource), strict=True):
            if decision.outcome is SelectionAnswer.SELECTED:
                name = plans.get(selection.plan_id, selection.plan_id)
                yield (
                    f"{name} / {selection.name}: Near miss: it selects such a resource in "
                    f"{other.scope.region}, and this one is in {here.region}."
                )


def _reasons(checked: CheckedFrame, index: int, gathered: Gathered) -> tuple[Reason, ...]:
    judged = checked.judged
    frame = judged.answered.frame
    if judged.code[index] == _UNKNOWN and frame.subject == "resource":
        hidden = gathered.hidden.get(frame.arn[index].as_py())
        if hidden:
            return (Reason(UNKNOWN_TAGS, hidden, {}),)
    return judged.reasons(index, checked.gaps) if judged.code[index] < CODE[Verdict.COMPLIANT] else ()


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
    answered = checked.judged.answered
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
        declaration=_declaration(checked.inventory, frame, index, gathered),
        reasons=reasons,
        fix=control.remediation,
    )


def _declaration(inventory: DeclaredInventory, frame: Frame, index: int, gathered: Gathered) -> Declaration:
    if frame.subject == "resource":
        return inventory.nouns.resources[index].declaration
    return gathered.declarations[inventory.current_plans[index].plan_id]
