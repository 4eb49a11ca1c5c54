"""No format is longer than what shows it takes, and what is left out is said."""

import gzip
import json
import re
import xml.etree.ElementTree as ET
from collections import Counter

import pytest

from auditor.check.formats import github, junit, markdown, sarif, terminal
from auditor.check.locks import LastingLock
from auditor.check.result import CheckEntry, NotWhole
from auditor.model.verdicts import Reason, Severity, Verdict
from reports.sarif import MAX_PACKED, MAX_RESULTS
from reports.text import MAX_COMMENT, utf16_length
from tests.check.results import difference, entry, rendered, result
from tests.sarif_words import run_of


def many(count: int, **how: object) -> list[CheckEntry]:
    """So many entries, each of another volume."""
    return [entry(f"aws_ebs_volume.v{number}", **how) for number in range(count)]  # type: ignore[arg-type]  # `how` is any


@pytest.mark.parametrize(("count", "cut"), [(200, False), (201, True)])
def test_the_terminal_shows_the_worst_two_hundred(count: int, *, cut: bool) -> None:
    """And how many more there are."""
    text, _ = rendered("terminal", result(*many(count)))

    assert terminal.MAX_ENTRIES == text.count("\nfinding high ") + 1 == 200
    assert ("and 1 more; --format json has them all" in text) == cut


@pytest.mark.parametrize(
    ("name", "most", "more"),
    [
        ("terminal", 10, "\nnot looked at: 1 more file; --format json has them all\n"),
        ("markdown", 5, "\n- And 1 more of these; json has all of them.\n"),
    ],
)
def test_files_of_no_format_are_named_up_to_a_number(name: str, most: int, more: str) -> None:
    """And then counted."""
    for count in (most, most + 1):
        text, _ = rendered(
            name, result(entry(), passed_over=[f"in/{number}.json" for number in range(count)])
        )
        assert text.count("in/") == most
        assert (more in text) == (count > most)


@pytest.mark.parametrize(("count", "more"), [(100, []), (101, ["1 more lock"]), (102, ["2 more locks"])])
def test_locks_that_nobody_can_undo_are_named_up_to_a_number(count: int, more: list[str]) -> None:
    """And then counted."""
    locks = [LastingLock(f"v{number}", entry().declaration, 3) for number in range(count)]
    text, _ = rendered("sarif", result(entry(), lasting=locks))

    notes = run_of(text.encode())["invocations"][0]["toolExecutionNotifications"]
    told = [note["message"]["text"] for note in notes]
    assert told == [
        *map(str, locks[: sarif.MAX_LOCKS]),
        *(f"{one} that nobody can undo." for one in more),
    ]


@pytest.mark.parametrize("text", ["", "`" * 600, "\U0001f4be" * 600])
def test_what_becomes_of_a_run_fits_into_the_comment_too(text: str) -> None:
    """However many lose, and whatever they are called."""
    shown, _ = rendered("markdown", result(*many(500), against=difference(text, count=500)))

    assert utf16_length(shown) <= markdown.MAX_LENGTH
    assert " more; json has all of them." in shown


@pytest.mark.parametrize(("count", "cut"), [(20, False), (21, True)])
def test_the_table_of_a_comment_has_twenty_rows(count: int, *, cut: bool) -> None:
    """The others are below, and nothing is left out."""
    text, said = rendered("markdown", result(*many(count)))

    assert text.count("\n| finding, high |") == markdown.MAX_ROWS == 20
    assert ("\nAnd 1 more, below.\n" in text) == cut
    assert text.count("\n**finding, high**") == count
    assert said == []


@pytest.mark.parametrize("letter", ["x", "\N{WAVING HAND SIGN}", "`", "中"])
def test_a_comment_is_no_longer_than_github_takes(letter: str) -> None:
    """However long the names are, counted as GitHub counts; the worst are shown, and how many there are."""
    made = [
        entry(f"{number}{letter * 5_000}", reasons=(Reason("a", letter * 5_000, {}),) * 30)
        for number in range(1_000)
    ]

    text, said = rendered("markdown", result(*made, incomplete=[NotWhole("", letter * 9_000)] * 30))

    shown = text.count("\n**finding, high**")
    assert utf16_length(text) <= markdown.MAX_LENGTH < MAX_COMMENT
    assert 0 < shown < 1_000
    head = f"markdown shows the worst {shown} of 1,000 entries, as a comment of GitHub takes no more; "
    assert said == [f"{head}json has all of them."]
    assert f"\n{said[0]}\n" in text
    assert text.endswith("\n</details>\n")


def test_a_comment_is_filled_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """One character less, and the last entry has no room."""
    made = result(*many(30))
    whole, _ = rendered("markdown", made)
    limit = utf16_length(whole.rstrip("\n")) + markdown._REST

    seen = []
    for less in range(400):
        monkeypatch.setattr(markdown, "MAX_LENGTH", limit - less)
        text, said = rendered("markdown", made)
        seen.append((text.count("\n**finding, high**"), bool(said)))

    assert seen[0] == (30, False)
    assert (29, True) in seen
    assert set(seen) <= {(30, False), (29, True), (28, True), (27, True), (26, True)}


@pytest.mark.parametrize(("limit", "cut"), [(30, False), (29, True)])
def test_no_more_results_of_sarif_than_are_taken(
    monkeypatch: pytest.MonkeyPatch, limit: int, *, cut: bool
) -> None:
    """At the limit all are there; above it the worst, and both the file and the user are told."""
    monkeypatch.setattr(sarif, "MAX_RESULTS", limit)

    text, said = rendered("sarif", result(*many(30)))

    run = run_of(text.encode())
    sentence = "sarif shows the worst 29 of 30 entries, as GitHub takes no more; json has all of them."
    told = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert len(run["results"]) == limit
    assert said == told == ([sentence] if cut else [])


def test_no_more_bytes_of_sarif_than_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file ends before it is larger with gzip than GitHub takes, and is whole."""
    monkeypatch.setattr(sarif, "MAX_PACKED", 4_000)
    monkeypatch.setattr(sarif, "_REST", 1_000)

    text, said = rendered("sarif", result(*many(300)))

    assert len(gzip.compress(text.encode())) <= 4_000
    assert 0 < len(run_of(text.encode())["results"]) < 300
    assert len(said) == 1


def test_the_limits_of_sarif_are_those_of_github() -> None:
    """One run of at most 25,000 results and 10 MB."""
    assert (MAX_RESULTS, MAX_PACKED) == (25_000, 10_000_000)


@pytest.mark.parametrize("count", [3, 4])
def test_inputs_that_are_not_whole_are_limited_too(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """SARIF and JUnit say how many more there are."""
    monkeypatch.setattr(sarif, "MAX_NOTES", 3)
    monkeypatch.setattr(junit, "MAX_INCOMPLETE", 3)
    made = result(incomplete=[NotWhole("plan.json", f"{number}") for number in range(count)])

    notes = run_of(rendered("sarif", made)[0].encode())["invocations"][0]["toolExecutionNotifications"]
    suites = ET.fromstring(rendered("junit", made)[0])  # noqa: S314 - our own file

    assert [one["message"]["text"] for one in notes[3:]] == ["1 more inputs are not whole."] * (count - 3)
    assert len(suites.findall(".//error")) == count
    assert {suite.attrib["errors"] for suite in (suites, suites[0])} == {str(count)}


@pytest.mark.parametrize(("limit", "cut"), [(30, False), (29, True)])
def test_no_more_cases_of_junit_than_are_taken(
    monkeypatch: pytest.MonkeyPatch, limit: int, *, cut: bool
) -> None:
    """The counts are the cases', and both the file and the user are told."""
    monkeypatch.setattr(junit, "MAX_FINDINGS", limit)

    text, said = rendered("junit", result(*many(30)))

    suites = ET.fromstring(text)  # noqa: S314 - our own file
    told = [one.attrib["value"] for one in suites.iter("property") if one.attrib["name"] == "auditor.cut"]
    sentence = "junit shows the worst 29 of 30 entries, as GitLab takes no more; json has all of them."
    assert len(suites.findall(".//failure")) == limit == int(suites.attrib["failures"])
    assert said == told == ([sentence] if cut else [])


@pytest.mark.parametrize("broken", [0, 100])
def test_no_more_bytes_of_junit_than_are_taken(monkeypatch: pytest.MonkeyPatch, broken: int) -> None:
    """What has room is there, the worst first; so are all inputs that are not whole."""
    most = 50_000 + 3_200 * broken
    monkeypatch.setattr(junit, "MAX_BYTES", most)
    incomplete = [NotWhole("plan.json", "&" * 9_000)] * broken

    text, said = rendered("junit", result(*many(300), incomplete=incomplete))

    assert len(text.encode()) <= most
    assert text.count("<error") == broken
    assert 0 < text.count("<failure") < 300
    assert len(said) == 1


@pytest.mark.parametrize(
    ("level", "severity", "verdict", "most"),
    [
        ("error", Severity.HIGH, Verdict.NON_COMPLIANT, 10),
        ("error", Severity.LOW, Verdict.ERROR, 10),
        ("warning", Severity.MEDIUM, Verdict.NON_COMPLIANT, 10),
        ("warning", Severity.CRITICAL, Verdict.INSUFFICIENT_DATA, 10),
        ("notice", Severity.LOW, Verdict.NON_COMPLIANT, 9),
    ],
)
def test_no_more_annotations_than_are_shown(
    level: str, severity: Severity, verdict: Verdict, most: int
) -> None:
    """Of each level; one more is counted in a notice, for which there is always room."""
    assert github.MAX_SHOWN == 10
    for count in (most, most + 1):
        made = result(*many(count, severity=severity, verdict=verdict))
        text, said = rendered("github", made)
        levels = Counter(re.findall(r"^::(\w+) ", text, re.MULTILINE))
        notice = f"\n::notice title=auditor check::GitHub shows no more: 1 {level} left out; --format "
        assert levels - Counter(notice=count > most) == Counter({level: most})
        assert (notice in text) == (count > most)
        assert max(levels.values()) <= 10
        assert said == []


def test_what_is_left_out_of_the_annotations_is_counted_by_level() -> None:
    """The worst stay."""
    made = [*many(12), *many(15, severity=Severity.MEDIUM)]

    text = rendered("github", result(*made))[0]

    assert "GitHub shows no more: 2 errors, 5 warnings left out; " in text
    assert "aws_ebs_volume.v9:" in text
    assert "aws_ebs_volume.v10:" not in text


@pytest.mark.parametrize(("compliant", "failed"), [(0, True), (1, False)])
def test_no_format_takes_silence_for_a_pass(compliant: int, *, failed: bool) -> None:
    """A check in which nothing was judged is an error in each of them."""
    made = result(compliant=compliant)
    run = run_of(rendered("sarif", made)[0].encode())

    assert run["invocations"][0]["executionSuccessful"] == (not failed)
    assert ('errors="1"' in rendered("junit", made)[0]) == failed
    assert rendered("github", made)[0].startswith("::error file=plan.json,") == failed
    assert len(json.loads(rendered("gitlab", made)[0])) == failed
    assert ("as nothing was judged" in rendered("markdown", made)[0]) == failed


def test_two_entries_of_one_id_have_two_fingerprints() -> None:
    """GitLab shows one of a fingerprint, and GitHub makes one alert of it."""
    made = result(entry(), entry(), entry("other"))

    issues = json.loads(rendered("gitlab", made)[0])
    results = run_of(rendered("sarif", made)[0].encode())["results"]

    assert len({one["fingerprint"] for one in issues}) == 3
    for name in ("auditorFinding/v1", "primaryLocationLineHash"):
        assert len({one["partialFingerprints"][name] for one in results}) == 3


@pytest.mark.parametrize(
    ("count", "length", "shown"),
    [(200, 1, 200), (201, 1, 200), (200, 5_000, 123)],
    ids=["all", "many", "long"],
)
def test_no_more_outcomes_of_a_run_task_than_are_read(count: int, length: int, shown: int) -> None:
    """Up to a number, and below a megabyte; what is left out is said where the run shows it."""
    reason = Reason("a", "x" * length, {})
    made = [entry(f"v{number}", reasons=(reason,) * 30, fix="y" * length) for number in range(count)]

    text, said = rendered("run-task", result(*made))

    data = json.loads(text)["data"]
    assert len(data["relationships"]["outcomes"]["data"]) == shown
    assert len(text.encode()) < 1_000_000
    cut = [f"run-task shows the worst {shown} of {count} entries; json has all of them."]
    assert said == (cut if shown < count else [])
    assert data["attributes"]["message"].endswith(cut[0]) == (shown < count)
