"""What a sample is drawn from, for the reports: every resource and every expected backup."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reports.document import AuditDocument
from reports.words import N_, Words

_WHAT: Final = {
    "resources.parquet": N_("every resource, what protects it, and each verdict about it"),
    "slots.parquet": N_("every backup that was due in the period, with the job that proves it"),
}
#: What became of a slot, in words, by its state.
WORDS: Final = {
    "MET": N_("made in time"),
    "LATE": N_("made late"),
    "MISSED": N_("missed: no job"),
    "FAILED": N_("failed"),
    "ABSORBED": N_("made by another rule that was due at the same time"),
    "PENDING": N_("not over yet"),
}
_IN_TIME: Final = ("MET", "ABSORBED")


def populations(document: AuditDocument, words: Words) -> Sequence[Mapping[str, Any]]:
    """The files with rows and digest, and of the slots how many became what; none of an older release."""
    return [
        {
            "file": entry["file"],
            "what": words.text(_WHAT[entry["file"]]),
            "rows": entry["rows"],
            "sha256": entry["sha256"],
            "states": [
                {"word": words.text(word), "count": entry["states"][state]}
                for state, word in WORDS.items()
                if entry.get("states", {}).get(state)
            ],
            "attainment": attainment(entry.get("states", {})),
        }
        for entry in document.populations
    ]


def attainment(states: Mapping[str, int]) -> str:
    """The share of the slots whose time is over that were made in time, percent; "" where there is none.

    It is cut, not rounded: only what is whole is called 100 %.
    """
    over = sum(count for state, count in states.items() if state != "PENDING")
    if not over:
        return ""
    tenths = 1000 * sum(states.get(state, 0) for state in _IN_TIME) // over
    return f"{tenths // 10}.{tenths % 10} %"
