"""What becomes of a run in the formats for machines: who loses is a finding, and who gains is none."""

import json
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from auditor.check.difference import Aspect, Difference, Way
from auditor.check.formats import junit
from auditor.check.formats.runs import HeldEntry, entries
from auditor.model.errors import ExitCode
from tests.check.results import difference, entry, rendered, result
from tests.sarif_words import run_of

Json = dict[str, Any]


def ids(of: Difference, *own: Any) -> list[str]:
    """The ids of what is said of the run, in a check that has `own` entries."""
    return [one.id for one in entries(result(*own, against=of)) if isinstance(one, HeldEntry)]


def test_who_loses_is_a_finding_in_every_format() -> None:
    """Two lose, one and one sentence are unknown; what gains, gets less, is waived or unasked is none."""
    made = result(against=difference())

    sarif = run_of(rendered("sarif", made)[0].encode())
    suites = ET.fromstring(rendered("junit", made)[0])  # noqa: S314 - our own file
    annotations = rendered("github", made)[0].splitlines()
    issues: list[Json] = json.loads(rendered("gitlab", made)[0])

    assert Counter(one["kind"] for one in sarif["results"]) == {"fail": 2, "open": 2}
    assert suites[0].attrib["failures"] == "2"
    assert [one.tag for one in suites.iter() if one.tag in ("failure", "skipped")] == [
        *["failure"] * 2,
        *["skipped"] * 2,
    ]
    kinds = [line.partition(" ")[0] for line in annotations]
    assert kinds == [*["::error"] * 2, *["::warning"] * 2, "5"]
    assert [one["severity"] for one in issues] == [*["critical"] * 2, *["info"] * 2]


def test_an_entry_of_a_run_is_known_again() -> None:
    """By control, ARN and reason: another run, time or name of the resource changes nothing."""
    first = difference()
    renamed = [replace(one, subject=replace(one.subject, name="new")) for one in first.changes]
    later = replace(first, run="runs/other", as_of="2026-02-02T00:00:00Z", changes=renamed)
    moved = [replace(one, subject=replace(one.subject, arn=f"{one.subject.arn}2")) for one in first.changes]

    assert ids(first) == ids(later, entry())
    assert len({*ids(first)} - {*ids(replace(first, changes=moved))}) == 3


@pytest.mark.parametrize(
    ("changes", "kind"),
    [({}, "open"), ({"open": True}, "review"), ({"applied": False}, "review"), ({"compared": 0}, "review")],
)
def test_what_proves_nothing_is_an_error(changes: Json, kind: str) -> None:
    """Silence would read as a pass: what could not be held against the run, where others rest on it."""
    made = replace(difference(), changes=[], protection=[], **changes)

    sarif = run_of(rendered("sarif", result(against=made))[0].encode())

    assert [one["kind"] for one in sarif["results"]] == [kind]
    assert sarif["invocations"][0]["executionSuccessful"] == (kind == "open")


def test_nothing_compared_and_nothing_unmapped_is_an_error_too() -> None:
    """A run without any verdict of these controls."""
    made = replace(difference(), changes=[], protection=[], compared=0, unmapped=[])

    (one,) = json.loads(rendered("gitlab", result(against=made))[0])

    assert one["description"] == "the run: not held against runs/latest: no verdict could be compared"


def test_a_change_that_nobody_loses_by_has_no_entry() -> None:
    """And it is no check of nothing, though the inputs alone say nothing."""
    quiet = [one for one in difference().changes if one.way not in (Way.LOSES, Way.UNKNOWN)]
    made = replace(difference(), changes=quiet, protection=[], unmapped=[])

    assert json.loads(rendered("gitlab", result(compliant=0, against=made))[0]) == []
    assert 'failures="0" errors="0"' in rendered("junit", result(compliant=0, against=made))[0]


def test_the_worst_of_both_are_shown_where_not_all_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is lost comes before what the inputs alone leave unknown; the sentence counts all."""
    monkeypatch.setattr(junit, "MAX_FINDINGS", 3)
    text, said = rendered("junit", result(entry(), against=difference()))

    assert text.count("<failure") == 3
    assert said == ["junit shows the worst 3 of 5 entries, as GitLab takes no more; json has all of them."]


@pytest.mark.parametrize(("strict", "code"), [(True, ExitCode.INCOMPLETE), (False, ExitCode.COMPLIANT)])
def test_a_promise_that_is_not_known_fails_where_that_is_asked_for(*, strict: bool, code: ExitCode) -> None:
    """It is neither a loss nor a pass, and it is an entry of its own where no verdict says it already."""
    perhaps = Aspect("lock", "governance", "unknown", worse=False, unknown=True)
    one = replace(difference().protection[0], aspects=[perhaps])
    made = replace(difference(), changes=[], unmapped=[], protection=[one])

    (issue,) = json.loads(rendered("gitlab", result(against=made))[0])

    assert made.exit_code(["high"], fail_on_unknown=strict) is code
    assert issue["description"].endswith(": against runs/latest, tier gold: lock governance -> unknown")
