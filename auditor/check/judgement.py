"""The controls' verdicts on what is declared: the facts, questions and verdicts of the audit."""

from collections import ChainMap, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.check.buckets import buckets
from auditor.check.declared import Declaration
from auditor.check.declared_subjects import DeclaredSubject
from auditor.check.frames import change_frame, policy_frame, resource_frame, subject_frame
from auditor.check.inventory import DeclaredInventory, Nouns
from auditor.check.places import Gathered
from auditor.check.result import CheckEntry
from auditor.derive.selection import SelectionSettings
from auditor.evaluate.ask import Asker
from auditor.evaluate.facts import Column, Frame
from auditor.evaluate.gaps import GapIndex, Unknowns
from auditor.evaluate.organization import summarise
from auditor.evaluate.plans import plan_frame
from auditor.evaluate.scope import ScopeFacts
from auditor.evaluate.times import epoch_ms
from auditor.judge.verdicts import CODE, ORDER, Judged, judge
from auditor.model.organization import Account
from auditor.model.policy import Control, Tiers
from auditor.model.verdicts import Gap, Reason, Verdict, Waiver

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
class Circumstances:
    """What holds for every subject of a check; `opted_in_otherwise` is None where an opt-in is not known."""

    tiers: Tiers
    selection: SelectionSettings
    as_of: datetime
    opted_in_otherwise: bool | None


@dataclass(frozen=True, slots=True)
class CheckedFrame:
    """One control over one frame, under one path of organizational units, and the gaps that it may name.

    `otherwise` has the verdicts on the same subjects where `judged` says that the control does not apply.
    `subjects` are those of the frame, where each is declared by itself.
    """

    judged: Judged
    otherwise: Judged | None
    inventory: DeclaredInventory
    gaps: Mapping[str, Gap]
    unit: tuple[str, ...]
    subjects: Sequence[DeclaredSubject] = ()

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

    def inventory_of(nouns: Nouns) -> DeclaredInventory:
        place = nouns.place
        scope = ScopeFacts(
            account=Account(
                place.account_id, "", place.partition, gathered.units.get(place.account_id, unit)
            ),
            region=place.region,
            tiers=circumstances.tiers,
            gaps=index,
            selection=circumstances.selection,
            as_of=circumstances.as_of,
            read_ms=epoch_ms(circumstances.as_of),
            unknowns=unknowns,
        )
        return DeclaredInventory(nouns, scope, opted_in_otherwise=circumstances.opted_in_otherwise)

    inventories = [inventory_of(nouns) for nouns in gathered.nouns]
    imagined = [inventory_of(nouns.imagined(circumstances.tiers)) for nouns in gathered.nouns]
    whole, whole_imagined = summarise(inventories, ()), summarise(imagined, ())
    known = ChainMap(unknowns.found, {gap.gap_id: gap for gap in gathered.gaps})

    def verdicts(control: Control, frame: Frame) -> Judged:
        return judge(asker.ask(control, frame), waivers, circumstances.as_of.date())

    for inventory, other in zip(inventories, imagined, strict=True):
        resources = resource_frame(inventory, inventories)
        plans = plan_frame(inventory, whole, circumstances.as_of)
        written_for = _without_counts(plan_frame(other, whole_imagined, circumstances.as_of))
        vaults, led_into = (
            one.vault_frame(sums, circumstances.as_of)
            for one, sums in ((inventory, whole), (other, whole_imagined))
        )
        own = _subjects(inventory, resources, gathered)
        none: tuple[DeclaredSubject, ...] = ()
        groups = (
            (resources, None, none),
            (plans, written_for, none),
            (vaults, led_into, none),
            (change_frame(inventory), None, none),
            (policy_frame(inventory), None, none),
            *((subject_frame(inventory, kind, found), None, found) for kind, found in own.items()),
        )
        for frame, instead, subjects in groups:
            for control in controls:
                if control.subject == frame.subject and frame.size:
                    judged = verdicts(control, frame)
                    otherwise = verdicts(control, instead) if instead is not None else None
                    yield CheckedFrame(judged, otherwise, inventory, known, unit, subjects)


def _subjects(
    inventory: DeclaredInventory, resources: Frame, gathered: Gathered
) -> dict[str, tuple[DeclaredSubject, ...]]:
    """What has facts of its own, by the kind of subject."""
    found: defaultdict[str, list[DeclaredSubject]] = defaultdict(list)
    for one in (*inventory.nouns.subjects, *buckets(inventory, resources, gathered.versionings)):
        found[one.subject].append(one)
    return {kind: tuple(subjects) for kind, subjects in found.items()}


def _without_counts(frame: Frame) -> Frame:
    """Facts of plans in which imagined resources are not counted."""
    facts = dict(frame.facts)
    for name in ("tiers", "cadences"):
        column = facts[name]
        if isinstance(column, Column):
            values = [[{**tier, "resources": 0} for tier in tiers] for tiers in column.values]
            facts[name] = replace(column, values=values)
    return replace(frame, facts=facts)


def judgements(runs: Sequence[Sequence[CheckedFrame]], gathered: Gathered) -> Iterator[Judgement]:
    """One verdict for each control and subject: under every path of units the same, or else unknown."""
    for same in zip(*runs, strict=True):
        first = same[0]
        codes = np.vstack([one.codes() for one in same])
        agreed = (codes == codes[0]).all(axis=0)
        frame, control = first.judged.answered.frame, first.judged.answered.control
        for index in range(frame.size):
            code = int(codes[0, index]) if agreed[index] else UNKNOWN_VERDICT
            hidden = _elsewhere_protected(first, index) if code == _FINDING else ""
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
    return judged.reasons(index, checked.gaps) if judged.code[index] < CODE[Verdict.COMPLIANT] else ()


def _hidden(checked: CheckedFrame, index: int, gathered: Gathered) -> tuple[str, str]:
    """Code and clause of what hides the answer about a subject, "" where a gap says it."""
    answered, nouns = checked.of(index).answered, checked.inventory.nouns
    if checked.subjects:
        return UNKNOWN_FACT, checked.subjects[index].why(answered.control.reads)
    frame = answered.frame
    if frame.subject == "resource":
        return UNKNOWN_TAGS, gathered.hidden.get(frame.arn[index].as_py(), "")
    if frame.subject == "change":
        return UNKNOWN_CHANGE, nouns.changes[index].fault
    if frame.subject == "organization_policy":
        return UNKNOWN_POLICY, nouns.terms[index].fault
    return "", ""


def _elsewhere_protected(checked: CheckedFrame, index: int) -> str:
    """What may protect a resource that no input declares, in a clause."""
    is_resource = checked.of(index).answered.frame.subject == "resource"
    return checked.inventory.nouns.resources[index].elsewhere if is_resource else ""


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
        declaration=_declaration(checked, frame, index, gathered),
        reasons=reasons,
        fix=control.remediation,
        waiver=checked.of(index).waivers.get(index) if ORDER[code] is Verdict.WAIVED else None,
    )


def _declaration(checked: CheckedFrame, frame: Frame, index: int, gathered: Gathered) -> Declaration:
    inventory = checked.inventory
    if checked.subjects:
        return checked.subjects[index].declaration
    if frame.subject == "resource":
        return inventory.nouns.resources[index].declaration
    if frame.subject == "change":
        return inventory.nouns.changes[index].declaration
    if frame.subject == "organization_policy":
        return inventory.nouns.terms[index].declaration
    if frame.subject == "vault":
        return gathered.declarations[frame.arn[index].as_py()]
    return gathered.declarations[inventory.current_plans[index].plan_id]
