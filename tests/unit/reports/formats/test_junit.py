"""The format `junit`: what a pipeline counts and shows."""

import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from reports.document import AuditDocument

_OF = {"failure": ("NON_COMPLIANT",), "error": ("ERROR",), "skipped": ("INSUFFICIENT_DATA", "WAIVED")}


def _counted(suite: ET.Element) -> dict[str, int]:
    return {name: int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")}


def _cases(suite: ET.Element) -> dict[str, int]:
    found = {name: len(suite.findall(f".//testcase/{name}")) for name in _OF}
    return {
        "tests": len(suite.findall(".//testcase")),
        "failures": found["failure"],
        "errors": found["error"],
        "skipped": found["skipped"],
    }


def test_the_counts_are_those_of_the_cases_and_of_the_audit(
    sample: AuditDocument, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """Each suite counts its cases; a failure is what is not compliant; nothing unknown is one, nor a pass."""
    data, said = written("junit")
    suites = ET.fromstring(data)  # noqa: S314 - our own file
    controls, gaps = suites

    assert said == []
    for suite in (suites, controls, gaps):
        assert _counted(suite) == _cases(suite)
    verdicts = sample.summary.verdicts
    for element, words in _OF.items():
        assert len(controls.findall(f"testcase/{element}")) == sum(verdicts[word] for word in words)
    assert _counted(gaps) == {"tests": 2, "failures": 0, "errors": 2, "skipped": 0}
    ids = {case.attrib["name"].split()[-1] for case in controls if case.tag == "testcase" and len(case)}
    assert ids == {finding.id for finding in sample.findings}


def test_a_case_that_passes_says_what_passed(
    sample: AuditDocument, written: Callable[[str], tuple[bytes, list[str]]]
) -> None:
    """The cases without a failure tell in words what was compliant, together as many as the audit counts."""
    suites = ET.fromstring(written("junit")[0])  # noqa: S314 - our own file
    passed = [case.attrib["name"] for case in suites.iter("testcase") if not len(case)]

    assert "56 compliant, in 7 accounts (kind: resource)" in passed
    assert sum(int(name.split()[0]) for name in passed) == sample.summary.verdicts["COMPLIANT"]


def test_a_waived_finding_is_skipped_with_its_reason_and_end(
    written: Callable[[str], tuple[bytes, list[str]]],
) -> None:
    """It is told from what could not be judged."""
    suites = ET.fromstring(written("junit")[0])  # noqa: S314 - our own file
    told = [one.attrib["message"] for one in suites.iter("skipped")]

    (waived,) = (one for one in told if one.startswith("Waived"))
    assert waived == (
        "Waived until 2026-02-28 by ciso@example.com: Staging is rebuilt weekly from production; accepted "
        "until the migration ends. The lock is in governance mode; tier gold demands compliance."
    )
    assert sum(one.startswith("INSUFFICIENT_DATA: ") for one in told) == 19


@pytest.mark.parametrize("limit", [46, 45])
def test_no_more_cases_than_are_taken(limited: Callable[..., tuple[bytes, list[str]]], limit: int) -> None:
    """At the limit all are there; above it the file and the user are told, and the counts are the cases'."""
    data, said = limited("junit", MAX_FINDINGS=limit)
    suites = ET.fromstring(data)  # noqa: S314 - our own file
    cut = [one.attrib["value"] for one in suites.iter("property") if one.attrib["name"] == "auditor.cut"]

    assert _counted(suites) == _cases(suites)
    assert cut == said
    assert len(said) == (limit < 46)
    assert all(one.startswith(f"findings.junit.xml has the worst {limit} of 46 findings") for one in said)


def test_no_more_bytes_than_are_taken(limited: Callable[..., tuple[bytes, list[str]]]) -> None:
    """The worst that have room are there, and the counts are the cases'."""
    data, said = limited("junit", MAX_BYTES=20_000, _REST=12_000)
    suites = ET.fromstring(data)  # noqa: S314 - our own file
    shown = sum(len(case) for case in suites[0].iter("testcase"))

    assert len(data) <= 20_000
    assert _counted(suites) == _cases(suites)
    assert 0 < shown < 46
    assert [one.split(",")[0] for one in said] == [f"findings.junit.xml has the worst {shown} of 46 findings"]


def test_a_gap_that_is_left_out_is_told(limited: Callable[..., tuple[bytes, list[str]]]) -> None:
    """In the file and to the user."""
    data, said = limited("junit", MAX_GAPS=1)
    suites = ET.fromstring(data)  # noqa: S314 - our own file

    assert said == ["findings.junit.xml shows 1 of 2 gaps; gaps.csv (format csv) has all of them."]
    assert [one.text for one in suites.iter("system-out")] == said
    assert _counted(suites) == _cases(suites)


def test_a_hostile_name_stays_text(hostile: Callable[[str], bytes]) -> None:
    """The file is XML, what XML has no character for is shown by its number, and no element is added."""
    suites = ET.fromstring(hostile("junit"))  # noqa: S314 - our own file
    names = [case.attrib["name"] for case in suites.iter("testcase")]

    assert {one.tag for one in suites.iter()} == {
        *("testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "skipped"),
    }
    assert len(names) == 4
    assert r"\u0000\u001B[2J\uFFFE\u202E" in "".join(one.attrib["message"] for one in suites.iter("error"))
