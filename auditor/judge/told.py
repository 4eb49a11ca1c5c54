"""Why the findings of one control over one frame are what they are, as columns of `verdicts.parquet`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.evaluate.arrow import EMPTY, numbers, texts
from auditor.judge.texts import evidence, json_text
from auditor.judge.verdicts import Judged, Said
from auditor.model.verdicts import Gap, Waiver

Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Told:
    """The findings of one control over one frame. Subject `rows[i]` has `said[number[i]]`."""

    judged: Judged
    rows: Codes
    said: Sequence[Said]
    number: Codes

    @classmethod
    def of(cls, judged: Judged, gaps: Mapping[str, Gap]) -> Self:
        """Those of `judged`."""
        rows = judged.failures()
        return cls(judged, rows, *judged.said(rows, gaps))

    def between(self, start: int, end: int) -> Self:
        """Those of the subjects from `start` to `end`."""
        first, last = np.searchsorted(self.rows, (start, end))
        return type(self)(self.judged, self.rows[first:last], self.said, self.number[first:last])

    def columns(self, start: int, size: int) -> dict[str, pa.Array]:
        """The columns of the subjects from `start` on, `size` of them: nothing where there is no finding.

        All findings lie there.
        """
        places = self.rows - start
        return {
            "code": _spread(size, places, self._each([_first(said, "code") for said in self.said])),
            "message": _spread(size, places, self._each([_first(said, "message") for said in self.said])),
            "evidence": _spread(size, places, self._evidence(0)),
            "further": _spread(size, places, self._further()),
            "waiver": _spread(size, places, self._waivers()),
        }

    def _each(self, of_said: Sequence[str]) -> pa.Array:
        return texts(of_said).take(numbers(self.number))

    def _evidence(self, position: int) -> pa.Array:
        """The evidence of one reason of each finding; nothing where it has fewer."""
        made = pa.repeat(EMPTY, len(self.rows))
        for cites in (False, True):
            matching = np.array([said.cites == cites and len(said.reasons) > position for said in self.said])
            chosen = np.flatnonzero(matching[self.number]) if len(self.number) else np.zeros(0, np.int64)
            if len(chosen):
                control, frame = self.judged.answered.control, self.judged.answered.frame
                own = [
                    said.reasons[position].evidence if matching[n] else {} for n, said in enumerate(self.said)
                ]
                paths = control.cites if cites else ()
                found = evidence(frame, paths, self.rows[chosen], own, self.number[chosen])
                made = pc.replace_with_mask(made, numbers(_mask(len(self.rows), chosen)), found)
        return made

    def _further(self) -> pa.Array:
        """The reasons after the first as a JSON list; nothing where there is but one."""
        counts = np.array([len(said.reasons) for said in self.said])
        if counts.max(initial=0) < 2:  # noqa: PLR2004 -- a second reason
            return pa.repeat(EMPTY, len(self.rows))
        rest: pa.Array = pa.repeat(EMPTY, len(self.rows))
        for position in range(1, int(counts.max())):
            heads = [_head(said, position) for said in self.said]
            tails = [_tail(said, position) for said in self.said]
            one = pc.binary_join_element_wise(
                self._each(heads), self._evidence(position), self._each(tails), EMPTY
            )
            rest = pc.binary_join_element_wise(rest, one, EMPTY)
        closing = self._each(["]" if count > 1 else "" for count in counts.tolist()])
        return pc.binary_join_element_wise(rest, closing, EMPTY)

    def _waivers(self) -> pa.Array:
        waivers = self.judged.waivers
        if not waivers:
            return pa.repeat(EMPTY, len(self.rows))
        written: dict[Waiver, str] = {}
        for waiver in waivers.values():
            if waiver not in written:
                written[waiver] = json_text(waiver.told())
        return texts(written[waivers[row]] if row in waivers else "" for row in self.rows.tolist())


def _first(said: Said, field: str) -> str:
    return str(getattr(said.reasons[0], field)) if said.reasons else ""


def _head(said: Said, position: int) -> str:
    if position >= len(said.reasons):
        return ""
    return f'{"[" if position == 1 else ","}{{"code":{json_text(said.reasons[position].code)},"evidence":'


def _tail(said: Said, position: int) -> str:
    return f',"message":{json_text(said.reasons[position].message)}}}' if position < len(said.reasons) else ""


def _mask(size: int, places: Codes) -> NDArray[np.bool_]:
    mask = np.zeros(size, bool)
    mask[places] = True
    return mask


def _spread(size: int, places: Codes, found: pa.Array) -> pa.Array:
    """The values found at their places, nothing elsewhere."""
    if not len(places):
        return pa.repeat(EMPTY, size)
    if len(places) == size:
        return found
    index = np.full(size, len(found), np.int64)
    index[places] = np.arange(len(found))
    return pa.concat_arrays([found, pa.repeat(EMPTY, 1)]).take(numbers(index))
