"""Waivers as subjects of controls: what a run found each of them to cover, and what of that is not known."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from auditor.evaluate.facts import Column, encode
from auditor.judge.accepted import coverage
from auditor.judge.given_subjects import WAIVER, GivenSubjects
from auditor.judge.verdicts import CODE, Judged
from auditor.model.verdicts import Verdict, Waiver

_STATED: Final = [CODE[one] for one in (Verdict.NON_COMPLIANT, Verdict.WAIVED, Verdict.COMPLIANT)]
_OPEN: Final = [CODE[one] for one in (Verdict.INSUFFICIENT_DATA, Verdict.ERROR)]
_UNDECIDED: Final = (
    "A waiver may cover findings of resources whose tags or organizational units are not known."
)
_UNJUDGED: Final = "A waiver may cover what a control could not judge."


class WaiverSubjects(GivenSubjects[Waiver]):
    """What the verdicts of a run say of its waivers."""

    kind = WAIVER
    told = ("control_id", "reason", "approved_by", "owner", "ticket", "expires")

    def unused(self) -> frozenset[Waiver]:
        """Those in force that cover no finding, where that is certain: all was read that they may cover."""
        held = [one for one in self._entries if self._counts(one) and not self._counted[one]]
        return frozenset(one for one in held if self._looked_at(one) and not self._open(one))

    def _counts(self, one: Waiver) -> bool:
        return self._on <= one.expires

    def _add(self, judged: Judged, own: Sequence[Waiver]) -> None:
        self._judged[judged.answered.control.id] += int(np.isin(judged.code, _STATED).sum())
        self._counted.update(judged.waivers.values())
        for waiver in judged.undecided:
            self._gaps[waiver].add(self._unknown("waivers", _UNDECIDED))
        rows = np.flatnonzero(np.isin(judged.code, _OPEN))
        for waiver in own if len(rows) else ():
            sure, open_ = coverage(waiver, judged.answered.frame, rows)
            if (sure | open_).any():
                ids = judged.gaps_of(rows[sure | open_])
                self._gaps[waiver].update(ids or {self._unknown("controls", _UNJUDGED)})
            rows = rows[~sure]  # whatever they come to, no later one covers them

    def _facts(self, entries: Sequence[Waiver]) -> dict[str, Column]:
        used, findings = self._used(entries)
        return {
            "waiver.in_force": encode([self._counts(one) for one in entries]),
            "waiver.used": used,
            "waiver.findings": findings,
            "waiver.judged": encode([self._judged[one.control_id] for one in entries]),
        }
