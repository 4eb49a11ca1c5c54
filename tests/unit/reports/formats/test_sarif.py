"""The format `sarif`, by the schema of OASIS and the limits of GitHub."""

import gzip
from collections import Counter
from collections.abc import Callable

import pytest

from reports.document import AuditDocument
from tests.sarif_words import faults_of, run_of

_KIND = {
    "NON_COMPLIANT": {"fail"},
    "WAIVED": {"fail"},
    "INSUFFICIENT_DATA": {"open"},
    "ERROR": {"review"},
}


def test_results_are_the_findings_of_the_document(
    sample: AuditDocument, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """A result a finding under its id; only what is not compliant is a failure; a waiver suppresses."""
    data, said = written("sarif")
    results = run_of(data)["results"]

    assert said == []
    assert {
        one["partialFingerprints"]["auditorFinding/v1"]: one["properties"]["auditor/verdict"]
        for one in results
    } == {one.id: one.verdict for one in sample.findings}
    kinds: dict[str, set[str]] = {verdict: set() for verdict in _KIND}
    for one in results:
        kinds[one["properties"]["auditor/verdict"]].add(one["kind"])
        assert (one["level"] == "none") == (one["kind"] != "fail")
        assert ("suppressions" in one) == (one["properties"]["auditor/verdict"] == "WAIVED")
    assert kinds == _KIND
    (waived,) = (one["suppressions"] for one in results if "suppressions" in one)
    assert waived == [
        {
            "kind": "external",
            "status": "accepted",
            "justification": "Staging is rebuilt weekly from production; accepted until the migration ends. "
            "Approved by ciso@example.com, until 2026-02-28.",
        }
    ]


def test_gaps_are_notifications_and_rules_the_controls(
    sample: AuditDocument, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """A run with gaps did not succeed, each is named, and every result leads to its rule."""
    run = run_of(written("sarif")[0])
    (invocation,) = run["invocations"]
    rules = run["tool"]["driver"]["rules"]

    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, sample.summary.exit_code)
    told = [one["properties"]["auditor/gapId"] for one in invocation["toolExecutionNotifications"]]
    assert told == [gap.gap_id for gap in sample.gaps]
    assert [rule["id"] for rule in rules] == [control.id for control in sample.controls]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert max(len(rule["properties"]["tags"]) for rule in rules) <= 20


@pytest.mark.parametrize(("limit", "cut"), [(46, False), (45, True), (25, True)])
def test_no_more_results_than_are_taken(
    sample: AuditDocument, limited: Callable[..., tuple[bytes, list[str]]], limit: int, *, cut: bool
) -> None:
    """At the limit all are there; above it the worst, and both the file and the user are told."""
    assert len(sample.findings) == 46
    data, said = limited("sarif", MAX_RESULTS=limit)
    run = run_of(data)
    told = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    sentence = (
        f"findings.sarif has the worst {limit} of 46 findings, as GitHub takes no more; "
        "findings.csv (format csv) has all of them."
    )

    assert len(run["results"]) == limit
    assert said == ([sentence] if cut else [])
    assert (sentence in told) == cut
    kept = Counter(one["properties"]["auditor/verdict"] for one in run["results"])
    assert kept["NON_COMPLIANT"] == 25


def test_no_more_bytes_than_are_taken(limited: Callable[..., tuple[bytes, list[str]]]) -> None:
    """The file ends before it is larger with gzip than GitHub takes, and says so."""
    data, said = limited("sarif", MAX_PACKED=4_000, _REST=1_000)
    results = run_of(data)["results"]

    assert len(gzip.compress(data)) <= 4_000
    assert 0 < len(results) < 46
    assert {one["properties"]["auditor/severity"] for one in results[:3]} == {"critical"}
    assert [one.split(",")[0] for one in said] == [
        f"findings.sarif has the worst {len(results)} of 46 findings"
    ]


def test_a_gap_that_is_left_out_is_told(limited: Callable[..., tuple[bytes, list[str]]]) -> None:
    """In the file and to the user."""
    data, said = limited("sarif", MAX_GAPS=1)
    notes = run_of(data)["invocations"][0]["toolExecutionNotifications"]

    assert said == ["findings.sarif shows 1 of 2 gaps; gaps.csv (format csv) has all of them."]
    assert [one["message"]["text"] for one in notes][1:] == said


def test_a_hostile_name_is_no_link_and_no_control(hostile: Callable[[str], bytes]) -> None:
    """A bracket, which begins a link in a message of SARIF, is escaped; what is invisible is shown."""
    text = run_of(hostile("sarif"))["results"][0]["message"]["text"]

    assert r"\[a\](http://evil.example)" in text
    assert r"\\u0000" in text
    assert text.isprintable()


def test_the_schema_refuses_what_is_no_sarif() -> None:
    """A word that SARIF does not have, a level that is none, and a result without a message."""
    tool = {"driver": {"name": "auditor"}}
    results = [{"message": {"text": "a"}, "verdict": "x"}, {"message": {"text": "a"}, "level": "high"}, {}]

    faults = faults_of({"version": "2.1.0", "runs": [{"tool": tool, "results": results}]})

    assert sorted(one.partition(":")[0] for one in faults) == [
        "$.runs[0].results[0]",
        "$.runs[0].results[1].level",
        "$.runs[0].results[2]",
    ]
