"""Overall result, headline and exit code come from the same counts and never contradict each other."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.judge.outcome import Counts, Headline, outcome
from auditor.model.errors import ExitCode
from auditor.model.verdicts import Severity, Verdict

SEVERITIES = tuple(map(str, Severity))


def counts(
    *,
    gaps: int = 0,
    resources: int = 3,
    exempt: int = 0,
    judged: int = 3,
    severity: str = "high",
    **verdicts: int,
) -> Counts:
    """Counts of a run whose verdicts are all of one severity."""
    return Counts(verdicts, {severity: verdicts}, gaps, resources, exempt, judged)


@pytest.mark.parametrize(
    ("found", "overall", "headline", "code"),
    [
        # a pass needs a resource that needs backup and was judged, nothing waived and nothing unknown
        (counts(COMPLIANT=3), "COMPLIANT", "compliant", 0),
        (counts(COMPLIANT=3, WAIVED=1), "WAIVED", "waived", 0),
        (counts(WAIVED=1), "WAIVED", "waived", 0),
        # nothing at stake: an empty account, everything exempt, nothing that a control was asked about
        (counts(resources=0, judged=0), "NOT_APPLICABLE", "nothing_in_scope", 4),
        (counts(resources=0, judged=0, COMPLIANT=1), "NOT_APPLICABLE", "nothing_in_scope", 4),
        (counts(exempt=3, judged=0, NOT_APPLICABLE=9), "NOT_APPLICABLE", "nothing_but_exempt", 4),
        (counts(exempt=3, judged=0, WAIVED=1), "NOT_APPLICABLE", "nothing_but_exempt", 4),
        (counts(exempt=2, judged=0, NOT_APPLICABLE=9), "INSUFFICIENT_DATA", "nothing_judged", 4),
        (counts(exempt=2, judged=1, COMPLIANT=1), "COMPLIANT", "compliant", 0),
        # what is unknown comes before all of that
        (counts(gaps=1, COMPLIANT=3), "INSUFFICIENT_DATA", "incomplete", 4),
        (counts(COMPLIANT=3, INSUFFICIENT_DATA=1), "INSUFFICIENT_DATA", "incomplete", 4),
        (counts(COMPLIANT=3, ERROR=1), "INSUFFICIENT_DATA", "incomplete", 4),
        (counts(gaps=1, resources=0, judged=0), "INSUFFICIENT_DATA", "incomplete", 4),
        (counts(gaps=1, exempt=3, judged=0), "INSUFFICIENT_DATA", "incomplete", 4),
        # and a finding before what is unknown
        (counts(NON_COMPLIANT=1, COMPLIANT=2), "NON_COMPLIANT", "non_compliant", 3),
        (counts(gaps=1, NON_COMPLIANT=1, INSUFFICIENT_DATA=1), "NON_COMPLIANT", "non_compliant", 3),
        (counts(resources=0, judged=0, NON_COMPLIANT=1), "NON_COMPLIANT", "non_compliant", 3),
    ],
)
def test_every_kind_of_run_has_its_outcome(found: Counts, overall: str, headline: str, code: int) -> None:
    """The table of outcomes, row by row, with everything failing the command."""
    made = outcome(found, "low")
    assert (made.overall, made.headline, made.exit_code) == (overall, headline, code)


@pytest.mark.parametrize(
    ("fail_on", "code"), [("critical", 0), ("high", 3), ("medium", 3), ("low", 3), ("never", 0)]
)
def test_findings_fail_the_command_from_their_severity_on(fail_on: str, code: int) -> None:
    """A high finding, with the setting on both sides of it: the headline stays what it is."""
    made = outcome(counts(NON_COMPLIANT=1, COMPLIANT=1, severity="high"), fail_on)
    assert (made.headline, made.exit_code) == ("non_compliant", code)


@pytest.mark.parametrize(("gaps", "code"), [(0, 0), (1, 4)])
def test_findings_that_do_not_fail_the_command_hide_no_gap(gaps: int, code: int) -> None:
    """With `never` the exit code still tells incomplete evidence."""
    assert outcome(counts(gaps=gaps, NON_COMPLIANT=1, COMPLIANT=1), "never").exit_code == code


_NUMBER = st.integers(0, 3)


@st.composite
def _runs(draw: st.DrawFn) -> Counts:
    by_severity = {
        severity: {str(verdict): draw(_NUMBER) for verdict in Verdict}
        for severity in draw(st.sets(st.sampled_from(SEVERITIES)))
    }
    total = {str(verdict): sum(one[verdict] for one in by_severity.values()) for verdict in Verdict}
    required, exempt, unknown = draw(_NUMBER), draw(_NUMBER), draw(_NUMBER)
    judged = draw(st.integers(0, required))
    return Counts(total, by_severity, draw(_NUMBER), required + exempt + unknown, exempt, judged)


@given(_runs(), st.sampled_from([*SEVERITIES, "never"]))
def test_overall_headline_exit_code_and_gaps_agree(found: Counts, fail_on: str) -> None:
    """Whatever the counts: no two of the four say different things."""
    made = outcome(found, fail_on)
    bad, waived = found.verdicts[Verdict.NON_COMPLIANT], found.verdicts[Verdict.WAIVED]
    unknown = found.gaps + found.verdicts[Verdict.INSUFFICIENT_DATA] + found.verdicts[Verdict.ERROR]

    assert (made.overall == Verdict.NON_COMPLIANT) == (made.headline == Headline.NON_COMPLIANT) == (bad > 0)
    assert (made.headline == Headline.INCOMPLETE) == (unknown > 0 and not bad)
    if made.headline in (Headline.COMPLIANT, Headline.WAIVED):
        assert (found.judged > 0, unknown, bad) == (True, 0, 0)
        assert (made.headline == Headline.WAIVED) == (waived > 0)
        assert made.overall == (Verdict.WAIVED if waived else Verdict.COMPLIANT)
    if made.exit_code == ExitCode.COMPLIANT:
        assert unknown == 0
        assert found.judged > 0 or bad
    if made.exit_code == ExitCode.FINDINGS:
        assert made.overall == Verdict.NON_COMPLIANT
    if unknown:
        assert made.exit_code in (ExitCode.FINDINGS, ExitCode.INCOMPLETE)
    if made.overall in (Verdict.INSUFFICIENT_DATA, Verdict.NOT_APPLICABLE):
        assert made.exit_code == ExitCode.INCOMPLETE
