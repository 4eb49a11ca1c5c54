"""What a run comes to: overall result, headline and exit code, all from the same counts.

`document.summary` carries the answer, and whoever prints or renders it repeats it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from auditor.model.errors import ExitCode
from auditor.model.verdicts import Severity, Verdict


class Headline(StrEnum):
    """The words of page one, as a code; `reports.headline` writes them."""

    NON_COMPLIANT = "non_compliant"
    INCOMPLETE = "incomplete"
    NOTHING_IN_SCOPE = "nothing_in_scope"
    NOTHING_BUT_EXEMPT = "nothing_but_exempt"
    NOTHING_JUDGED = "nothing_judged"
    WAIVED = "waived"
    COMPLIANT = "compliant"


@dataclass(frozen=True, slots=True)
class Counts:
    """What an outcome rests on.

    `verdicts` counts {verdict: n}, `by_severity` the same by the severity of the control; `gaps` are all that
    the document counts. `resources` were listed; the `exempt` ones among them need no backup; the `judged`
    ones need it and have a verdict that states something: COMPLIANT, NON_COMPLIANT or WAIVED.
    """

    verdicts: Mapping[str, int]
    by_severity: Mapping[str, Mapping[str, int]]
    gaps: int
    resources: int
    exempt: int
    judged: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer in three forms. `overall` is the word of a verdict; ERROR counts as INSUFFICIENT_DATA."""

    overall: Verdict
    headline: Headline
    exit_code: ExitCode


def outcome(counts: Counts, fail_on: str) -> Outcome:
    """The outcome of a run; `fail_on` is a severity or "never".

    In the headline, findings of any severity come before missing evidence, because a finding is a fact. A run
    passes only if at least one resource that needs a backup was judged.
    """
    overall, headline = _result(counts)
    return Outcome(overall, headline, _exit_code(counts, headline, fail_on))


def incomplete(counts: Counts) -> bool:
    """Whether something that was needed is unknown."""
    unknown = (Verdict.INSUFFICIENT_DATA, Verdict.ERROR)
    return counts.gaps > 0 or any(counts.verdicts.get(verdict) for verdict in unknown)


def _result(counts: Counts) -> tuple[Verdict, Headline]:
    """The first that holds."""
    cases = (
        (counts.verdicts.get(Verdict.NON_COMPLIANT), Verdict.NON_COMPLIANT, Headline.NON_COMPLIANT),
        (incomplete(counts), Verdict.INSUFFICIENT_DATA, Headline.INCOMPLETE),
        (not counts.resources, Verdict.NOT_APPLICABLE, Headline.NOTHING_IN_SCOPE),
        (counts.exempt == counts.resources, Verdict.NOT_APPLICABLE, Headline.NOTHING_BUT_EXEMPT),
        (not counts.judged, Verdict.INSUFFICIENT_DATA, Headline.NOTHING_JUDGED),
        (counts.verdicts.get(Verdict.WAIVED), Verdict.WAIVED, Headline.WAIVED),
        (True, Verdict.COMPLIANT, Headline.COMPLIANT),
    )
    return next((overall, headline) for holds, overall, headline in cases if holds)


def _exit_code(counts: Counts, headline: Headline, fail_on: str) -> ExitCode:
    """Findings at or above `fail_on` come before missing evidence; lesser ones do not hide it."""
    severities = tuple(Severity)
    fatal = () if fail_on == "never" else severities[: severities.index(Severity(fail_on)) + 1]
    if any(counts.by_severity.get(severity, {}).get(Verdict.NON_COMPLIANT) for severity in fatal):
        return ExitCode.FINDINGS
    if incomplete(counts):
        return ExitCode.INCOMPLETE
    passed = (Headline.COMPLIANT, Headline.WAIVED, Headline.NON_COMPLIANT)
    return ExitCode.COMPLIANT if headline in passed else ExitCode.INCOMPLETE
