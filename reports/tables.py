"""The tables behind the reports: counts by control and account, the worst first. Only here: pandas."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from reports.document import VERDICTS

#: What a reader has to act on or look into, worst first.
_BAD: Final = ["NON_COMPLIANT", "ERROR", "INSUFFICIENT_DATA", "WAIVED"]


def counts(by: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Return the counts of every verdict by key, none absent, the worst key first and equals by key."""
    frame = pd.DataFrame.from_dict({key: dict(value) for key, value in by.items()}, orient="index")
    frame = frame.reindex(columns=list(VERDICTS)).fillna(0).astype("int64").sort_index()
    ordered = frame.sort_values(_BAD, ascending=False, kind="stable")
    return {str(key): {str(verdict): int(n) for verdict, n in row.items()} for key, row in ordered.iterrows()}
