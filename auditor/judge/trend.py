"""What earlier runs in the same folder came to: the trend that the reports draw.

A run counts as one does that says since when a cause is known (`auditor.judge.earlier`). One that does not is
named, with the reason, and is no zero.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from auditor.judge.earlier import Unfit, asked_for, check_asked, other_runs, read_judged
from reports.document import MAX_TREND, AuditDocument
from reports.trend_points import point

#: Earlier runs that do not count and are looked at.
_MOST: Final = 20


def trend(
    run: Path, as_of: str, provenance: Mapping[str, Any], before: AuditDocument | None = None
) -> dict[str, Any]:
    """The part `trend` of the document: the newest earlier runs that count, the oldest first.

    `before` is what the run was judged to be before: where no run counts, as beside a copy, it keeps what it
    had.
    """
    counted: dict[datetime, dict[str, Any]] = {}
    notes: list[str] = []
    run = run.resolve()
    others = other_runs(run)
    for number, other in enumerate(others):
        if len(counted) == MAX_TREND or len(notes) == _MOST:
            notes.append(f"Earlier runs were not looked at: {len(others) - number}, the newest {other.name}.")
            break
        try:
            found = read_judged(other)
            time = datetime.fromisoformat(found.run.as_of)
            if time >= datetime.fromisoformat(as_of) or time in counted:
                continue
            check_asked(found.provenance, provenance)
            counted[time] = point(found)
        except Unfit as why:
            notes.append(f"The run {other.name} does not count: {why}.")
    if not counted and before is not None and asked_for(before.provenance) == asked_for(provenance):
        kept: Mapping[str, Any] = before.trend
        return {"runs": kept.get("runs", []), "notes": [*dict.fromkeys([*notes, *kept.get("notes", [])])]}
    return {"runs": [counted[time] for time in sorted(counted)], "notes": notes}
