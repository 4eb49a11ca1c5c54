"""docs/contributing/report-format.md, followed in a copy: the format is everywhere, and renders."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from reports.document import AuditDocument, to_json
from reports.formats.registry import DEFAULT
from tests.adding.walkthrough import ROOT, copied, follow, run
from tests.golden.sample_document import build

#: What `make docs` writes of the list.
GENERATED = ("docs/configuration.md", "docs/reports.md", "auditor/config/auditor.schema.json")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the page was followed, up to `make docs`."""
    folder = copied(
        tmp_path_factory.mktemp("copy"), "auditor", "reports", "docs", "scripts/configuration_page.py"
    )
    assert follow("report-format.md", folder) == ["reports/formats/tap.py", "reports/formats/registry.py"]
    done = run(folder, "scripts/configuration_page.py")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, AuditDocument]:
    """The run folder of the sample audit, and its document."""
    document, verdicts, gaps = build()
    folder = tmp_path_factory.mktemp("run")
    (folder / "document.json").write_bytes(to_json(document))
    pq.write_table(verdicts, folder / "verdicts.parquet")
    pq.write_table(gaps, folder / "gaps.parquet")
    return folder, document


def test_a_saved_audit_is_rendered_in_the_new_format(copy: Path, saved: tuple[Path, AuditDocument]) -> None:
    """`auditor report --formats tap` writes a line for each finding, and prints the path."""
    folder, document = saved

    done = run(copy, "-m", "auditor", "report", str(folder), "--formats", "tap")

    assert (done.returncode, done.stdout, done.stderr) == (0, f"{folder / 'findings.tap'}\n", "")
    first, plan, *lines = (folder / "findings.tap").read_text().splitlines()
    assert (first, plan) == ("TAP version 14", f"1..{len(document.findings)}")
    assert [line.split()[4] for line in lines] == [one.control_id for one in document.findings]


def test_pages_schema_and_help_name_the_new_format(copy: Path) -> None:
    """What is generated has it after `make docs`, and nothing else was touched; it is no default."""
    told = run(copy, "-m", "auditor", "report", "--help").stdout

    assert "tap    The findings as failed tests, for what shows test results: findings.tap" in told
    assert f"[default: {', '.join(DEFAULT)}]" in " ".join(told.split())
    for name in GENERATED:
        assert re.search(r"\btap\b", (copy / name).read_text())
        assert not re.search(r"\btap\b", (ROOT / name).read_text())
