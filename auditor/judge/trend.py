"""What earlier runs in the same folder came to: the trend that the reports draw.

A run counts as one does that says since when a cause is known (`auditor.judge.earlier`). One that does not is
named, with the reason, and is no zero.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from auditor.judge.earlier import Unfit, check_asked, fitting
from reports.document import MAX_TREND, AuditDocument
from reports.trend_points import point


def trend(
    run: Path, as_of: str, provenance: Mapping[str, Any], before: AuditDocument | None = None
) -> dict[str, Any]:
    """The part `trend` of the document: the newest earlier runs that count, the oldest first.

    `before` is what the run was judged to be before: where no run counts, as beside a copy, it keeps what it
    had.
    """
    notes: list[str] = []

    def numbers(_run: Path, found: AuditDocument) -> dict[str, Any]:
        check_asked(found.provenance, provenance)
        return point(found)

    counted = [part for _, part in fitting(run, as_of, numbers, notes, MAX_TREND)]
    if not counted and before is not None:
        with suppress(Unfit):
            check_asked(before.provenance, provenance)
            kept: Mapping[str, Any] = before.trend
            return {"runs": kept.get("runs", []), "notes": [*dict.fromkeys([*notes, *kept.get("notes", [])])]}
    return {"runs": counted[::-1], "notes": notes}
