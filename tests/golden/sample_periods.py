"""The populations of the fixed audit, as far as its findings are about resources: their periods."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from reports.document import AuditDocument

START = datetime(2026, 1, 10, tzinfo=UTC)
_STATES = ("met", "late", "missed", "failed", "absorbed", "pending")
_NIGHTS = ["MET"] * 30
#: Resources by the end of their ARN: what became of each night, and when the worst gap was, in days.
_KNOWN: dict[str, tuple[list[str], tuple[float, float]]] = {
    "ledger-001": (_NIGHTS[:9] + ["MISSED"] * 3 + _NIGHTS[12:], (8.24, 12.24)),
    "ledger-004": ([*_NIGHTS[:9], "MISSED", "FAILED", *_NIGHTS[11:]], (8.24, 11.26)),
    "ledger-010": (
        [
            *("ABSORBED", *_NIGHTS[1:9], "MISSED", "MISSED", *_NIGHTS[11:15]),
            *("FAILED", "LATE", *_NIGHTS[17:29], "PENDING"),
        ],
        (8.24, 11.26),
    ),
    "vol-0012": (_NIGHTS, (0.24, 1.24)),
}  # fmt: skip
_UNKNOWN_ACCOUNT = "400000000001"


def _row(finding: Any, nights: Sequence[str], gap: tuple[float, float] | None) -> dict[str, Any]:
    subject = finding.subject
    known = subject.account_id != _UNKNOWN_ACCOUNT
    ends = gap or (0.0, 30.0)
    hours = round(24 * (ends[1] - ends[0]), 2)
    return {
        "account_id": subject.account_id, "region": subject.region, "arn": subject.arn, "tier": "gold",
        "slots_expected": len(nights) if known else None,
        **{f"slots_{name}": nights.count(name.upper()) if known else None for name in _STATES},
        "worst_gap_hours": hours if known else None,
        "worst_gap_at_most_hours": hours + (0 if gap else 24) if known else None,
        "worst_gap_from": _time(ends[0]) if known else None,
        "worst_gap_to": _time(ends[1]) if known else None,
        finding.control_id: finding.verdict,
    }  # fmt: skip


def _time(days: float) -> str:
    return f"{START + timedelta(seconds=round(86_400 * days)):%Y-%m-%dT%H:%M:%SZ}"


def write_periods(document: AuditDocument, folder: Path) -> None:
    """Write resources.parquet and slots.parquet of the resources that have findings into a folder."""
    rows: list[dict[str, Any]] = []
    slots: list[dict[str, Any]] = []
    controls = sorted({finding.control_id for finding in document.findings})
    for finding in document.findings:
        subject = finding.subject
        if subject.type != "resource" or any(row["arn"] == subject.arn for row in rows):
            continue
        name = subject.arn.replace("/", ":").rpartition(":")[2]
        known = {} if subject.account_id == _UNKNOWN_ACCOUNT else _KNOWN
        nights, gap = known.get(name, ([], None))
        rows.append(dict.fromkeys(controls) | _row(finding, list(nights), gap))
        slots += [
            {
                "account_id": subject.account_id, "region": subject.region, "arn": subject.arn,
                "plan": "gold", "rule": "night", "due": START + timedelta(days=day, hours=5), "state": state,
            }
            for day, state in enumerate(nights)
        ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), folder / "resources.parquet")
    due = pa.timestamp("ms", tz="UTC")
    table = pa.Table.from_pylist(slots)
    place = table.schema.get_field_index("due")
    pq.write_table(table.set_column(place, "due", table["due"].cast(due)), folder / "slots.parquet")
