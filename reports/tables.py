"""The tables behind the reports: counts by control and account, classes of findings. Only here: pandas."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from reports.document import SEVERITIES, VERDICTS, Finding

#: What a reader has to act on or look into, worst first.
_BAD: Final = ["NON_COMPLIANT", "ERROR", "INSUFFICIENT_DATA", "WAIVED"]
_KEYS: Final = ["verdict", "severity", "control_id", "code"]


@dataclass(frozen=True, slots=True)
class FindingClass:
    """Findings that share verdict, severity, control and reason code.

    `rows` are their positions in the document; `accounts` and `regions` count the distinct ones.
    """

    verdict: str
    severity: str
    control_id: str
    code: str
    rows: Sequence[int]
    accounts: int
    regions: int


def counts(by: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Return the counts of every verdict by key, none absent, the worst key first and equals by key."""
    frame = pd.DataFrame.from_dict({key: dict(value) for key, value in by.items()}, orient="index")
    frame = frame.reindex(columns=list(VERDICTS)).fillna(0).astype("int64").sort_index()
    ordered = frame.sort_values(_BAD, ascending=False, kind="stable")
    return {str(key): {str(verdict): int(n) for verdict, n in row.items()} for key, row in ordered.iterrows()}


def classes(findings: Sequence[Finding]) -> list[FindingClass]:
    """Return the classes, worst first: by verdict, severity, number of findings, control and code.

    A finding with several reasons is in the class of each of their codes.
    """
    grouped = _frame(findings).groupby(_KEYS, sort=False, observed=True)
    table = grouped.agg(
        findings=("row", "size"),
        accounts=("account_id", "nunique"),
        regions=("region", "nunique"),
        rows=("row", list),
    ).reset_index()
    order = ["verdict", "severity", "findings", "control_id", "code"]
    table = table.sort_values(order, ascending=[True, True, False, True, True])
    return [
        FindingClass(row.verdict, row.severity, row.control_id, row.code, row.rows, row.accounts, row.regions)
        for row in map(_any, table.itertuples(index=False))
    ]


def _any(row: Any) -> Any:
    return row  # a named tuple whose fields pandas knows at run time only


def _frame(findings: Sequence[Finding]) -> pd.DataFrame:
    """Return a row for each finding and distinct reason code."""
    rows = [
        (
            row,
            finding.verdict,
            finding.severity,
            finding.control_id,
            code,
            finding.subject.account_id,
            finding.subject.region,
        )
        for row, finding in enumerate(findings)
        for code in dict.fromkeys(reason.code for reason in finding.reasons) or ("",)
    ]
    frame = pd.DataFrame(rows, columns=["row", *_KEYS, "account_id", "region"])
    frame["verdict"] = pd.Categorical(frame["verdict"], list(VERDICTS), ordered=True)
    frame["severity"] = pd.Categorical(frame["severity"], list(SEVERITIES), ordered=True)
    return frame
