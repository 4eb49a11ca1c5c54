"""Attestations as subjects of controls: of what verdicts a run tells each, and what of that is not known."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from auditor.evaluate.facts import Column, encode
from auditor.judge.accepted import coverage
from auditor.judge.given_subjects import ATTESTATION, GivenSubjects
from auditor.judge.verdicts import CODE, Judged
from auditor.model.verdicts import Attestation, Verdict

_UNKNOWN: Final = CODE[Verdict.INSUFFICIENT_DATA]
_NOTHING_ASKED: Final = CODE[Verdict.NOT_APPLICABLE]
_UNDECIDED: Final = (
    "An attestation may be of resources whose tags or organizational units are not known, and that a control "
    "could not judge."
)


class AttestationSubjects(GivenSubjects[Attestation]):
    """What the verdicts of a run say of its attestations."""

    kind = ATTESTATION
    told = ("control_id", "statement", "attested_by", "attested_on", "evidence", "expires")

    def _counts(self, one: Attestation) -> bool:
        return one.holds(self._on)

    def _add(self, judged: Judged, own: Sequence[Attestation]) -> None:
        self._judged[judged.answered.control.id] += int((judged.code != _NOTHING_ASKED).sum())
        self._counted.update(judged.attestations.values())
        rows = np.flatnonzero(judged.code == _UNKNOWN)
        for one in own if len(rows) else ():
            sure, open_ = coverage(one, judged.answered.frame, rows)
            if open_.any():
                self._gaps[one].add(self._unknown("attestations", _UNDECIDED))
            rows = rows[~sure]  # of these none but the first is told

    def _facts(self, entries: Sequence[Attestation]) -> dict[str, Column]:
        used, verdicts = self._used(entries)
        return {
            "attestation.expired": encode([one.expires < self._on for one in entries]),
            "attestation.in_force": encode([self._counts(one) for one in entries]),
            "attestation.used": used,
            "attestation.verdicts": verdicts,
            "attestation.judged": encode([self._judged[one.control_id] for one in entries]),
        }
