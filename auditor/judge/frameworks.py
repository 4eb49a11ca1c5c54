"""How a run stands to frameworks: of each requirement what its controls came to."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from auditor.catalogue.frameworks import Framework, Requirement
from auditor.model.verdicts import Verdict

Counts = Mapping[str, Mapping[str, int]]

#: What a verdict makes of a requirement, the worst first; what says none of it is no evidence.
_STATES: Final = (
    (Verdict.NON_COMPLIANT, "findings"),
    (Verdict.ERROR, "unknown"),
    (Verdict.INSUFFICIENT_DATA, "unknown"),
    (Verdict.WAIVED, "waived"),
    (Verdict.COMPLIANT, "evidenced"),
)
_NOTHING: Final = "not_evidenced"
#: What says nothing of a requirement where the policies allow more than it does.
_PASSES: Final = (Verdict.WAIVED, Verdict.COMPLIANT)


def frameworks_part(
    frameworks: Sequence[Framework],
    wanted: str | None,
    allowed: Mapping[str, float],
    asked: Collection[str],
    counts: Counts,
) -> tuple[Mapping[str, Any], ...]:
    """Make that part of the document: the framework that was audited for, else all of them.

    `allowed` is what the policies of the audit allow at most, `asked` are the ids of its controls, `counts`
    their verdicts by control.
    """
    return tuple(
        {
            "id": one.id,
            "title": one.title,
            "source": one.source,
            "audited_for": wanted is not None,
            "requirements": [_requirement(entry, allowed, asked, counts) for entry in one.requirements],
        }
        for one in frameworks
        if wanted in (None, one.id)
    )


def _requirement(
    one: Requirement, allowed: Mapping[str, float], asked: Collection[str], counts: Counts
) -> dict[str, Any]:
    looser = sorted(name for name, most in one.tighten.items() if allowed[name] > most)
    states = [(verdict, state) for verdict, state in _STATES if not (looser and verdict in _PASSES)]
    verdicts = Counter[str]()
    for id_ in one.controls:
        verdicts.update(counts.get(id_, {}))
    return {
        "id": one.id,
        "asks": one.asks,
        "source": one.source,
        "controls": list(one.controls),
        "silent": [id_ for id_ in one.controls if id_ in asked and not any(_said(counts.get(id_, {})))],
        "not_asked": [id_ for id_ in one.controls if id_ not in asked],
        "allows_more": looser,
        "why": one.why,
        "status": next((state for verdict, state in states if verdicts[verdict]), _NOTHING),
        "verdicts": {str(verdict): verdicts[verdict] for verdict in Verdict if verdicts[verdict]},
    }


def _said(counted: Mapping[str, int]) -> Iterator[int]:
    """How often a control came to anything but "not applicable"."""
    return (count for verdict, count in counted.items() if verdict != Verdict.NOT_APPLICABLE)
