"""What management answered stands beside the cause, and changes no verdict."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor.cli.steps import idle_responses
from auditor.judged_by import changes
from reports.document import from_json, to_json
from tests.loopback.auditing import Judgement, audit
from tests.loopback.standing import VOLUME, standing

pytestmark = pytest.mark.long

OTHER = "cause-ffffffffffff"


def answers(path: Path, *causes: str, due: str = "2026-03-01") -> str:
    """A file that answers causes."""
    entries = [
        {"cause": cause, "response": "Change <4711>", "owner": "Storage", "due": due} for cause in causes
    ]
    path.write_text(yaml.safe_dump({"responses": entries}), encoding="utf-8")
    return str(path)


def audited(tmp_path: Path, **settings: Any) -> Judgement:
    """A plan that keeps backups for one day where seven are demanded."""
    return audit(standing(keep=1), tmp_path, formats=["html", "csv", "json"], **settings)


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Judgement, Judgement]:
    """The same audit, without and with responses."""
    folder = tmp_path_factory.mktemp("responses")
    before = audited(folder)
    (first, *_) = [one["id"] for one in before.document["causes"]["shown"]]
    file = answers(folder / "responses.yaml", first, OTHER)
    return before, audited(folder, responses=file)


def test_no_verdict_and_no_exit_code_changes(judged: tuple[Judgement, Judgement]) -> None:
    """A response is no waiver."""
    before, after = judged
    assert (after.exit_code, after.verdicts, after.overall) == (3, before.verdicts, before.overall)
    assert after.verdict("BKP-RET-001", VOLUME) == before.verdict("BKP-RET-001", VOLUME)


def test_the_document_has_them_and_the_run_keeps_the_file(judged: tuple[Judgement, Judgement]) -> None:
    """Each says whether the run has its cause."""
    before, after = judged
    first = before.document["causes"]["shown"][0]["id"]
    said = {"response": "Change <4711>", "owner": "Storage", "due": "2026-03-01"}
    assert before.document["causes"]["responses"] == []
    assert after.document["causes"]["responses"] == [
        {"cause": first, **said, "found": True},
        {"cause": OTHER, **said, "found": False},
    ]
    assert before.document["provenance"]["digests"]["responses"] is None
    assert after.document["provenance"]["digests"]["responses"] is not None
    assert not (before.run / "judged_by" / "responses.yaml").exists()
    assert first in (after.run / "judged_by" / "responses.yaml").read_text(encoding="utf-8")


def test_the_reports_show_them_beside_their_cause(judged: tuple[Judgement, Judgement]) -> None:
    """And no other cause has one."""
    before, after = judged
    page = " ".join((after.run / "report.html").read_text(encoding="utf-8").split())
    assert "Response:</strong> Change &lt;4711&gt;" in page
    assert "owner: Storage · due 2026-03-01" in page
    assert "Response:" not in (before.run / "report.html").read_text(encoding="utf-8")
    with (after.run / "causes.csv").open(encoding="utf-8-sig", newline="") as file:
        told = [(row["response"], row["response_owner"], row["response_due"]) for row in csv.DictReader(file)]
    assert told == [("Change <4711>", "Storage", "2026-03-01"), *[("", "", "")] * (len(told) - 1)]


@pytest.mark.parametrize(("due", "late"), [("2026-02-28", 1), ("2026-03-01", 0)])
def test_what_is_overdue_or_answers_nothing_is_said(
    judged: tuple[Judgement, Judgement], due: str, late: int
) -> None:
    """Through its last day, as of which the run was judged, a response is in time."""
    document = from_json((judged[1].run / "document.json").read_bytes())
    causes: Any = document.causes
    entries = [{**one, "due": due} for one in causes["responses"]]
    document = from_json(to_json(replace(document, causes={**causes, "responses": entries})))
    overdue = f"a response is overdue, and its cause is still there: {entries[0]['cause']}"
    said = [f"a response answers no cause of this run: {OTHER}", *[overdue] * late]
    assert [*idle_responses(document)] == said


def test_an_old_document_has_none(judged: tuple[Judgement, Judgement]) -> None:
    """It is read as it was written."""
    document = from_json((judged[0].run / "document.json").read_bytes())
    causes = {name: part for name, part in document.causes.items() if name != "responses"}
    assert [*idle_responses(from_json(to_json(replace(document, causes=causes))))] == []


def test_a_run_that_is_judged_again_without_them_says_so(judged: tuple[Judgement, Judgement]) -> None:
    """As it says of waivers; with the same ones nothing is said."""
    before, after = (from_json((one.run / "document.json").read_bytes()) for one in judged)
    digest = after.provenance["digests"]["responses"]
    assert [*changes(after, before)] == [f"other responses (digest {digest[:12]} before, none now)"]
    assert [*changes(after, after)] == []
