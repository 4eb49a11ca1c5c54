"""The format `oscal`, by compliance-trestle."""

import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from trestle.oscal.assessment_results import Model

from reports.document import AuditDocument
from reports.render import render


def _result(data: bytes) -> Any:
    model: Any = Model.model_validate_json(data)
    (result,) = model.assessment_results.results
    return result


def _verdict(observation: Any) -> str:
    return next((one.value for one in observation.props if one.name == "verdict"), "GAP")


def test_an_observation_a_finding_and_a_gap(
    sample: AuditDocument, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """As many as the document counts, each with an id of its own that the next run gives it too."""
    data, said = written("oscal")
    observations = _result(data).observations

    assert said == []
    assert Counter(map(_verdict, observations)) == {
        "NON_COMPLIANT": 25,
        "WAIVED": 1,
        "INSUFFICIENT_DATA": 19,
        "ERROR": 1,
        "GAP": len(sample.gaps),
    }
    assert len({one.uuid for one in observations}) == len(observations)
    (waived,) = (one for one in observations if _verdict(one) == "WAIVED")
    assert waived.remarks == (
        "Waived until `2026-02-28` by `ciso@example.com`: "
        "`Staging is rebuilt weekly from production; accepted until the migration ends.`"
    )


def test_a_control_that_was_not_decided_has_no_finding(
    sample: AuditDocument, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """Not satisfied is what has a finding; in the sample no control was read whole, so none is satisfied."""
    result = _result(written("oscal")[0])
    states = {one.target.target_id: one.target.status.state.value for one in result.findings}
    bad = {name for name, counts in sample.summary.by_control.items() if counts.get("NON_COMPLIANT")}

    assert states == dict.fromkeys(bad, "not-satisfied")
    assert result.remarks == (
        "Gaps in the evidence: 2. Silence is not a pass: these controls have no finding, "
        "as they were not decided or asked nothing: BKP-FRQ-002, BKP-RET-002."
    )
    related = {one.observation_uuid for found in result.findings for one in found.related_observations}
    assert related <= {one.uuid for one in result.observations}


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({"COMPLIANT": 3, "NOT_APPLICABLE": 1}, ("satisfied", "pass")),
        ({"COMPLIANT": 3, "INSUFFICIENT_DATA": 1}, None),
        ({"COMPLIANT": 3, "ERROR": 1}, None),
        ({"WAIVED": 1, "ERROR": 1}, None),
        ({"COMPLIANT": 3, "WAIVED": 1}, ("not-satisfied", "other")),
        ({"NON_COMPLIANT": 1, "INSUFFICIENT_DATA": 1}, ("not-satisfied", "fail")),
        ({"NOT_APPLICABLE": 2}, None),
        ({}, None),
    ],
)
def test_only_what_was_read_whole_is_satisfied(
    sample: AuditDocument,
    verdicts_parquet: Path,
    tmp_path: Path,
    counts: dict[str, int],
    state: tuple[str, str] | None,
) -> None:
    """What is unknown or waived beside passes is no pass, and unknown alone is no failure either."""
    summary = dataclasses.replace(sample.summary, by_control={"BKP-FRQ-002": counts})
    document = dataclasses.replace(sample, summary=summary)

    made = render(document, verdicts_parquet.parent, tmp_path / "out", ["oscal"], warn=pytest.fail)
    status = [one.target.status for one in _result(made[0].read_bytes()).findings or ()]

    assert [(one.state.value, one.reason) for one in status] == ([state] if state else [])


@pytest.mark.parametrize("limit", [14, 15])
def test_a_finding_says_how_many_observations_it_does_not_name(
    limited: Callable[..., tuple[bytes, list[str]]], limit: int
) -> None:
    """At the limit it names all; the observations are all there in both cases."""
    result = _result(limited("oscal", MAX_RELATED=limit)[0])
    (found,) = (one for one in result.findings if one.target.target_id == "BKP-ENC-001")

    assert len(found.related_observations) == limit
    assert found.remarks == (
        None if limit == 15 else "14 of 15 observations are named; each observation names its control."
    )
    assert len(result.observations) == 48


def test_a_hostile_name_is_code(hostile: Callable[[str], bytes]) -> None:
    """OSCAL's texts are Markdown: what is untrusted stands in code spans, on one line."""
    observation = _result(hostile("oscal")).observations[0]

    assert observation.description.startswith(r"`</x>]]>\u007C\u0060<script>&amp;@team #1 [a](http://evil")
    assert observation.description.count("`") == 2
    assert observation.description.isprintable()
