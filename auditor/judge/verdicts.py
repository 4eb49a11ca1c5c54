"""One verdict for each control and subject, as docs/verdicts.md says, and its reasons.

A pass is stated, never inferred: where a fact that a control reads is not known, the control is not asked.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.ask import Answered
from auditor.evaluate.gaps import OURS
from auditor.evaluate.unlisted import NOT_LISTED
from auditor.evaluate.unread import NOT_READ
from auditor.judge.accepted import accepted, attested
from auditor.model.policy import Control
from auditor.model.verdicts import Attestation, Gap, Reason, Verdict, Waiver
from auditor.rego.engine import Answer

#: A verdict's number in a column: its place in `Verdict`, worst first.
ORDER: Final = tuple(Verdict)
CODE: Final = {verdict: code for code, verdict in enumerate(ORDER)}
#: What stands though a fact is incomplete: more of it would add reasons and take none away.
_STANDING: Final = (CODE[Verdict.ERROR], CODE[Verdict.NON_COMPLIANT])
_NAMED: Final = 3  # calls that a sentence names
_LISTED: Final = (
    20  # gaps that the evidence of one finding lists; the document and gaps.parquet have them all
)


def verdict_of(answer: Answer) -> Verdict:
    """The verdict of one answer when every fact that the control reads was there."""
    if answer.error is not None:
        return Verdict.ERROR
    if not answer.applicable:
        return Verdict.NOT_APPLICABLE
    if answer.non_compliant and answer.compliant:
        return Verdict.ERROR
    if answer.non_compliant:
        return Verdict.NON_COMPLIANT
    return Verdict.COMPLIANT if answer.compliant else Verdict.INSUFFICIENT_DATA


@dataclass(frozen=True, slots=True)
class Said:
    """Why many subjects have one verdict. Where it `cites`, each adds the facts of its own that are cited."""

    reasons: tuple[Reason, ...]
    cites: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdicts of one control over one frame as codes into `ORDER`, and how to say why."""

    answered: Answered
    code: NDArray[np.int8]
    waivers: Mapping[int, Waiver]
    #: how many findings a waiver may cover, as tags or organizational units are not known: it does not
    undecided: Mapping[Waiver, int] = field(default_factory=dict)
    #: what persons say of subjects that could not be judged
    attestations: Mapping[int, Attestation] = field(default_factory=dict)

    def failures(self) -> NDArray[np.int64]:
        """The subjects whose verdict is a finding."""
        return np.flatnonzero(self.code < CODE[Verdict.COMPLIANT])

    def gap_ids(self) -> set[str]:
        """The ids of the gaps for which some subject has INSUFFICIENT_DATA."""
        return self.gaps_of(np.flatnonzero(self.code == CODE[Verdict.INSUFFICIENT_DATA]))

    def gaps_of(self, rows: NDArray[np.int64]) -> set[str]:
        """The ids of the gaps for which some of `rows` have INSUFFICIENT_DATA."""
        sets = self.answered.projection.gap_sets
        return {gap_id for n in np.unique(self._why(rows)).tolist() if n != ABSENT for gap_id in sets[n]}

    def _why(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of the gaps for which each of `rows` has INSUFFICIENT_DATA; -1 where it has none."""
        found, unknown = self.answered.projection, self.code[rows] == CODE[Verdict.INSUFFICIENT_DATA]
        why = np.full(len(rows), ABSENT, np.int64)
        for kind in (found.hopeful, found.partial, found.gap):
            why = np.where(unknown & (kind[rows] != ABSENT), kind[rows], why)
        return why

    def said(self, rows: NDArray[np.int64], gaps: Mapping[str, Gap]) -> tuple[list[Said], NDArray[np.int64]]:
        """What the verdicts of `rows` rest on, each thing once, and for each row its number."""
        found = self.answered.projection
        gap = self._why(rows)
        answers = len(self.answered.answers)
        by = (None, *dict.fromkeys(self.attestations.values()))
        why = np.where(gap != ABSENT, gap + answers, found.inverse[rows])
        keys, inverse = np.unique(why * len(by) + self._attested(rows, by), return_inverse=True)
        said = [(self._said(key // len(by), answers, gaps), by[key % len(by)]) for key in keys.tolist()]
        told = [why if one is None else attested_reason(why, one) for why, one in said]
        return told, inverse.reshape(-1)

    def _attested(self, rows: NDArray[np.int64], by: Sequence[Attestation | None]) -> NDArray[np.int64]:
        """The place in `by` of what is attested of each of `rows`; 0 where nothing is."""
        places = np.zeros(len(rows), np.int64)
        if self.attestations:
            number = {one: place for place, one in enumerate(by)}
            places[:] = [number[self.attestations.get(row)] for row in rows.tolist()]
        return places

    def _said(self, key: int, answers: int, gaps: Mapping[str, Gap]) -> Said:
        if key >= answers:
            ids = self.answered.projection.gap_sets[key - answers]
            return Said((gap_reason([gaps[gap_id] for gap_id in ids]),), cites=False)
        return Said(tuple(_reasons(self.answered.control, self.answered.answers[key])), cites=True)

    def reasons(self, index: int, gaps: Mapping[str, Gap]) -> tuple[Reason, ...]:
        """Why subject `index` has its verdict; empty for a pass, and for what no tier demands."""
        if self.answered.idle is not None and self.answered.idle[index]:
            return ()
        (said,), _ = self.said(np.array([index]), gaps)
        if not said.cites:
            return said.reasons
        cited = self.answered.frame.cite(self.answered.control.cites, index)
        return tuple(replace(reason, evidence={**cited, **reason.evidence}) for reason in said.reasons)


def judge(
    answered: Answered, waivers: Sequence[Waiver], on: date, attestations: Sequence[Attestation] = ()
) -> Judged:
    """Judge one control over one frame.

    `on` is the UTC date of `as_of`: a waiver and an attestation hold through their last day. What persons
    attest changes no verdict: it is told beside what could not be judged.
    """
    projection = answered.projection
    of_answer = np.array([*(CODE[verdict_of(answer)] for answer in answered.answers), 0], np.int8)
    code = of_answer[projection.inverse]
    silent = (projection.partial != ABSENT) & ~np.isin(code, _STANDING)
    silent |= (projection.hopeful != ABSENT) & (code == CODE[Verdict.NON_COMPLIANT])
    code[silent | (projection.gap != ABSENT)] = CODE[Verdict.INSUFFICIENT_DATA]
    if answered.idle is not None:
        code[answered.idle] = CODE[Verdict.NOT_APPLICABLE]
    valid = [
        waiver for waiver in waivers if waiver.control_id == answered.control.id and on <= waiver.expires
    ]
    waived, undecided = accepted(valid, answered.frame, np.flatnonzero(code == CODE[Verdict.NON_COMPLIANT]))
    code[list(waived)] = CODE[Verdict.WAIVED]
    held = [one for one in attestations if one.control_id == answered.control.id and one.holds(on)]
    unknown = np.flatnonzero(code == CODE[Verdict.INSUFFICIENT_DATA])
    return Judged(answered, code, waived, undecided, attested(held, answered.frame, unknown))


def attested_reason(said: Said, by: Attestation) -> Said:
    """Why a verdict could not be reached, and what a person says instead: a reason of its own code."""
    told, (first, *more) = by.told(), said.reasons
    message = (
        f"attested by {by.attested_by} on {told['attested_on']}, until {told['expires']}: {by.statement} "
        f"({by.evidence}). Not known from AWS: {first.message}"
    )
    reason = Reason("attested", message, {**first.evidence, "attestation": told})
    return Said((reason, *more), said.cites)


def gap_reason(gaps: Sequence[Gap]) -> Reason:
    """The reason of a verdict that gaps leave open: which calls failed, and what was not asked."""
    named = [_said(gap) for gap in gaps]
    more = len(named) - _NAMED
    shown = "; ".join(named[:_NAMED]) + (f"; and {more} more gaps" if more > 0 else "")
    evidence = [
        {
            "gap_id": gap.gap_id,
            "account_id": gap.account_id,
            "region": gap.region,
            "operation": f"{gap.service}:{gap.operation}",
            "error": gap.error,
        }
        for gap in gaps[:_LISTED]
    ]
    unlisted = {"gaps_not_listed": len(gaps) - _LISTED} if len(gaps) > _LISTED else {}
    return Reason("evidence_gap", shown, {"gaps": evidence, **unlisted})


def _said(gap: Gap) -> str:
    if gap.service == OURS or gap.error == NOT_LISTED:
        return gap.message
    where = f"{gap.account_id}{' ' + gap.region if gap.region else ''}"
    if gap.error == NOT_READ:  # no call was sent
        why = "the run was not asked to read it" if gap.region else "no Region of it was"
        return f"account {where} was not read: {why}"
    return f"{gap.service}:{gap.operation} failed in account {where} ({gap.error})"


def _reasons(control: Control, answer: Answer) -> Iterator[Reason]:
    if answer.error is not None:
        yield Reason("control_error", f"The control could not be evaluated: {answer.error}", {})
        return
    if answer.applicable and answer.compliant and answer.non_compliant:
        yield Reason("contradiction", "The control says both compliant and non-compliant; correct it.", {})
    for entry in answer.non_compliant:
        evidence = entry.get("evidence", {})
        yield Reason(entry["code"], message(control, entry["code"], evidence), evidence)
    if answer.applicable and not answer.compliant and not answer.non_compliant:
        yield Reason("not_stated", "The control states neither a pass nor a finding from what was read.", {})


class _Fields(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


def message(control: Control, code: str, evidence: Mapping[str, Any]) -> str:
    """The control's sentence for a reason, its fields filled in from the evidence."""
    template = control.reasons.get(code)
    if template is None:
        return code
    return template.format_map(_Fields({key: _text(value) for key, value in evidence.items()}))


def _text(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value)
    if value is None:
        return "nothing"
    return str(value)
