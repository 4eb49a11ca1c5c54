"""The causes of the findings of one control over one frame, as a column of `verdicts.parquet`."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.evaluate.arrow import numbers, texts
from auditor.judge.told import Told

Codes = NDArray[np.int64]


class CauseIds:
    """The ids of the causes of `told`: one for each reason, in the order of the reasons, parted by blanks."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._ids = [""]
        self._of_code: dict[str, Codes] = {}  # for each finding, the number of its cause for that code

    def put(self, code: str, rows: Codes, ids: Sequence[str], number: Codes) -> None:
        """Take in that the findings `rows` of a code have the causes `ids[number]`."""
        held = self._of_code.setdefault(code, np.zeros(len(self._told.rows), np.int64))
        held[np.searchsorted(self._told.rows, rows)] = number + len(self._ids)
        self._ids += ids

    def words(self) -> tuple[list[str], Codes]:
        """The words of the column, the first of them nothing, and for each finding which word it has."""
        reasons = [[reason.code for reason in said.reasons] or [""] for said in self._told.said]
        places = [self._at(reasons, position) for position in range(max(map(len, reasons), default=0))]
        if len(places) < 2:  # noqa: PLR2004 -- several reasons
            return self._ids, places[0] if places else np.zeros(0, np.int64)
        distinct, inverse = np.unique(np.stack(places, axis=1), axis=0, return_inverse=True)
        joined = [" ".join(self._ids[number] for number in row if number) for row in distinct.tolist()]
        return ["", *joined], inverse.reshape(-1) + 1

    def _at(self, reasons: Sequence[Sequence[str]], position: int) -> Codes:
        """For each finding the number of the cause of its reason at a position; 0 where it has fewer."""
        codes = list(self._of_code)
        known = {code: number for number, code in enumerate(codes)}
        of_said = np.array([known[one[position]] if position < len(one) else -1 for one in reasons], np.int64)
        of_row = of_said[self._told.number]
        found = np.zeros(len(of_row), np.int64)
        for number in np.unique(of_row[of_row >= 0]).tolist():
            found = np.where(of_row == number, self._of_code[codes[number]], found)
        return found


def spread(words: Sequence[str], size: int, places: Codes, number: Codes) -> pa.DictionaryArray:
    """A column of `size` rows that has `words[number]` at `places`, and the first word elsewhere."""
    codes = np.zeros(size, np.int32)
    codes[places] = number
    return pa.DictionaryArray.from_arrays(numbers(codes), texts(words))
