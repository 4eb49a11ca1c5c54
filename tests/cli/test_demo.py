"""`auditor demo`, and what is done again from the evidence that it leaves."""

import csv
import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from reports.formats.registry import FORMATS
from tests.demo import Demo

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def demo(shared_demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A demo with a run folder of its own."""
    return shared_demo.copied(tmp_path_factory.mktemp("demo"))


def test_the_demo_ends_with_its_verdicts_and_reports(demo: Demo) -> None:
    """Findings are expected: every control has a row, the paths come last, and the exit code is 0."""
    lines = demo.stdout.splitlines()
    rows = [line.split()[0] for line in lines if line.strip().startswith("BKP-")]
    paths = [Path(line).name for line in lines if line.startswith("runs/")]

    assert rows == [control["id"] for control in demo.document["controls"]]
    assert paths == [file.name for one in FORMATS if one.by_default for file in one.files]
    assert all((demo.run / name).stat().st_size for name in paths)
    assert demo.document["summary"]["overall"] == "NON_COMPLIANT"


def test_what_rds_keeps_by_itself_is_told_apart_and_not_accepted(demo: Demo) -> None:
    """In the table of resources, in the finding, and in the page, both kinds beside each other."""
    with (demo.run / "resources.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["name"] == "legacy-intranet")
    kept = "automated backups (7 days)"
    assert (row["protected_by"], row["native_protection"].split(",")[0]) == ("", f"{kept}: on")
    said = f"no rule of any backup plan protects it; tier silver does not accept {kept} as coverage"
    found = [one for one in demo.document["findings"] if one["subject"]["arn"] == row["arn"]]
    assert said in [reason["message"] for one in found for reason in one["reasons"]]
    page = (demo.run / "report.html").read_text()
    assert f"AWS Backup: no plan protects it. Apart from it: {kept}: on" in page


def test_the_evidence_says_when_it_was_read(demo: Demo) -> None:
    """By the endpoint's clock, which the demo's as_of is within five minutes of."""
    about = json.loads((demo.run / "manifest.json").read_bytes())["metadata"]
    as_of, collected = (datetime.fromisoformat(about[name]) for name in ("as_of", "collected_at"))
    assert abs(collected - as_of) <= timedelta(minutes=5)


@pytest.mark.long
def test_the_same_evidence_gives_the_same_bytes(auditor: Run, demo: Demo) -> None:
    """Evaluated, which says that the reports are older, and reported once more; findings exit with 3."""
    names = ("document.json", "verdicts.parquet", "report.html", "verdicts.csv")
    before = {name: (demo.run / name).read_bytes() for name in names}

    evaluated = auditor("evaluate", str(demo.run), *demo.judged_by(), "--untested")
    reported = auditor("report", str(demo.run), "--formats", "html,csv")

    assert (evaluated.returncode, reported.returncode) == (3, 0)
    assert f"still show the earlier verdicts; run `auditor report {demo.run}`" in evaluated.stderr
    assert {name: (demo.run / name).read_bytes() for name in names} == before


@pytest.mark.long
def test_findings_that_do_not_count_leave_the_gaps(here: Run, demo: Demo) -> None:
    """With --fail-on never the account that could not be read still makes it 4."""
    assert here("evaluate", str(demo.run), "--fail-on", "never").returncode == 4


def test_a_resource_is_explained(here: Run, demo: Demo) -> None:
    """Its selections, its due backups with their jobs, and the reason of each verdict."""
    findings = demo.document["findings"]
    wanted = ("BKP-COV-001", "NON_COMPLIANT")
    finding = next(found for found in findings if (found["control_id"], found["verdict"]) == wanted)

    done = here("explain", finding["subject"]["arn"], "--run", str(demo.run))

    assert (done.returncode, done.stderr) == (0, "")
    assert finding["subject"]["arn"] in done.stdout
    headings = [line for line in done.stdout.splitlines() if line and not line.startswith(" ")][1:]
    assert headings == ["Selections", "Backups that were due", "Verdicts"]
    assert finding["reasons"][0]["message"] in done.stdout


def test_missed_backups_are_explained_with_their_jobs(here: Run, demo: Demo) -> None:
    """A resource that is backed up: each due time with its state, and the job that proves it."""
    subjects = [finding["subject"] for finding in demo.document["findings"]]
    arn = next(subject["arn"] for subject in subjects if subject["name"] == "crm-data-1")

    done = here("explain", arn, "--run", str(demo.run))

    due = [line.split() for line in done.stdout.splitlines() if line.startswith("  20")]
    assert done.returncode == 0
    assert {"MET", "MISSED"} <= {line[1] for line in due}
    assert all("job" in line for line in due if line[1] == "MET")


def test_a_resource_that_is_not_there(here: Run, demo: Demo) -> None:
    """A name that does not exist is the user's to mend."""
    done = here("explain", "arn:aws:s3:::no-such-bucket", "--run", str(demo.run))

    assert (done.returncode, done.stdout) == (2, "")
    assert "arn:aws:s3:::no-such-bucket" in done.stderr


def test_a_document_that_is_not_of_its_verdicts_is_not_reported(
    here: Run, demo: Demo, tmp_path: Path
) -> None:
    """Somebody made a finding a pass by hand: no report is written from it."""
    changed = tmp_path / "changed"
    shutil.copytree(demo.run, changed)
    document = demo.document
    document["summary"]["verdicts"]["COMPLIANT"] += 1
    (changed / "document.json").write_text(json.dumps(document))

    done = here("report", str(changed))

    assert (done.returncode, done.stdout) == (2, "")
    assert f"document.json and verdicts.parquet in {changed} do not belong together" in done.stderr
