"""Count subjects, not verdicts: how many resources have findings, however many controls ask about each.

Verdicts on recovery points outnumber those on resources and would hide failing resources. So resources and
recovery points are counted separately, each of them once.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from auditor.derive.columns import ABSENT
from auditor.evaluate.facts import Column, Frame
from auditor.judge.verdicts import CODE, ORDER
from auditor.model.verdicts import Verdict

#: The verdict of a subject is the first of these that a control gave it: a finding is a fact.
_WORST_FIRST: Final = (
    Verdict.NON_COMPLIANT,
    Verdict.ERROR,
    Verdict.INSUFFICIENT_DATA,
    Verdict.WAIVED,
    Verdict.COMPLIANT,
    Verdict.NOT_APPLICABLE,
)
_RANK: Final = np.array([_WORST_FIRST.index(verdict) for verdict in ORDER], np.int8)
_STATED: Final = np.array(
    [verdict in (Verdict.NON_COMPLIANT, Verdict.WAIVED, Verdict.COMPLIANT) for verdict in ORDER]
)


@dataclass(slots=True)
class Tally:
    """Counts over the frames of a run.

    `required` counts the resources that need a backup by account and verdict, `recovery_points` all of them
    by verdict, and `deleted` resources that were deleted in the period; `exempt` resources need none, and of
    `unknown` ones the tier is not known. `judged` resources need a backup and have a verdict that states
    something.
    """

    required: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    recovery_points: Counter[str] = field(default_factory=Counter)
    deleted: Counter[str] = field(default_factory=Counter)
    exempt: int = 0
    unknown: int = 0
    judged: int = 0

    def add(self, frame: Frame, verdicts: Sequence[NDArray[np.int8]]) -> None:
        """Count the subjects of a frame once. `verdicts` are the codes of each control that was asked."""
        if frame.subject not in ("resource", "recovery_point") or not frame.size:
            return
        rank = np.full(frame.size, _RANK[CODE[Verdict.NOT_APPLICABLE]], np.int8)
        stated = np.zeros(frame.size, bool)
        for codes in verdicts:
            np.minimum(rank, _RANK[codes], out=rank)
            stated |= _STATED[codes]
        if frame.subject == "recovery_point" or frame.deleted:
            _count(self.deleted if frame.deleted else self.recovery_points, rank)
            return
        required, exempt = _needs_backup(frame)
        _count(self.required[frame.account_id], rank[required])
        self.judged += int((required & stated).sum())
        self.exempt += int(exempt.sum())
        self.unknown += int((~required & ~exempt).sum())


def _needs_backup(frame: Frame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which resources of a frame need a backup and which need none; a tier that is not known says neither."""
    tier = frame.facts["tier"]
    if not isinstance(tier, Column):
        raise TypeError("a resource's tier is a column")
    required = np.array([*(bool(value["required"]) for value in tier.values), False])[tier.codes]
    return required, (tier.codes != ABSENT) & ~required


def _count(into: Counter[str], rank: NDArray[np.int8]) -> None:
    for number, count in enumerate(np.bincount(rank, minlength=len(_WORST_FIRST)).tolist()):
        into[str(_WORST_FIRST[number])] += count
