"""What earlier runs in the same folder came to, and this one: rows with bars, the oldest first."""

from collections.abc import Mapping
from typing import Any, Final

from markupsafe import Markup

from reports.bars import picture
from reports.document import AuditDocument
from reports.populations import attainment
from reports.text import clean, clip
from reports.trend_points import point
from reports.words import Words

_WIDE: Final = 100.0
_TALL: Final = 9.0
#: The least length of a bar that stands for something, so that one of a thousand is seen.
_LEAST: Final = 1.5


def trend(document: AuditDocument, words: Words) -> dict[str, Any]:
    """Return `rows`, this run the last of them, and `notes` on runs that do not count.

    {} is of the document of an older release. What a run does not say has no bar and is called not known: it
    is no zero.
    """
    if not document.trend:
        return {}
    runs = [*document.trend["runs"], point(document)]
    most = max(one["findings"] for one in runs)
    return {
        "rows": [_row(one, most, words) for one in runs] if len(runs) > 1 else [],
        "notes": [clean(clip(note, 300)) for note in document.trend["notes"]],
    }


def _row(one: Mapping[str, Any], most: int, words: Words) -> dict[str, Any]:
    due = one.get("due")
    of_all = one["resources_with_findings"] / one["resources"] if one["resources"] else None
    return {
        "run_id": clip(one["run_id"], 60),
        "as_of": words.day(one["as_of"]),
        "verdict": words.verdict(one["overall"]),
        "findings": one["findings"],
        "unknown": one["unknown"],
        "findings_bar": _bar(
            one["findings"] / most if most else 0.0, words.text("findings, beside the most")
        ),
        "failing": one["resources_with_findings"],
        "required": one["resources"],
        "failing_bar": "" if of_all is None else _bar(of_all, words.text("share of resources with findings")),
        "in_time": _in_time(one, words),
        "share_bar": _bar(one["in_time"] / due, words.text("share of backups made in time"), good=True)
        if due
        else "",
    }


def _in_time(one: Mapping[str, Any], words: Words) -> str:
    """Return the share of backups made in time; without any, whether it is known that none was due."""
    due = one.get("due")
    if due is None:
        return words.text("how many were made in time is not known")
    if due:
        share = attainment({"MET": one["in_time"], "MISSED": due - one["in_time"]})
        return words.text("{share} made in time", share=share)
    if one["unknown"] or one["overall"] == "INSUFFICIENT_DATA":
        return words.text("nothing is known to have been due")
    return words.text("nothing was due whose time is over")


def _bar(part: float, title: str, *, good: bool = False) -> Markup:
    """Return a frame that is filled from the left: light with what is good, dark with what is not."""
    wide = max(_LEAST, part * (_WIDE - 1)) if part else 0.0
    kind, ink = ("good", "#8fb8a3") if good else ("bad", "#8c2a20")
    filled = f'<path class="t-{kind}" d="M.5 .5h{wide:.1f}v{_TALL - 1:g}h-{wide:.1f}z" fill="{ink}"/>'
    outline = f"M.5 .5h{_WIDE - 1:g}v{_TALL - 1:g}h-{_WIDE - 1:g}z"
    frame = f'<path class="t-frame" d="{outline}" fill="none" stroke="#6b7583"/>'
    return picture((filled if wide else "") + frame, title, _WIDE, _TALL)
