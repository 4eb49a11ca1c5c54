"""docs/contributing/tier-key.md, followed in a copy: tiers demand it, a control reads it, reports show it."""

import json
from pathlib import Path

import pytest

from tests.adding.walkthrough import ROOT, copied, follow, run

#: What `make docs` writes.
GENERATED = ("docs/facts.md", "reports/document.schema.json")
FOLDER = "policies/controls/retention/points_at_least"
TOUCHED = [
    "policies/schemas/tier.json",
    "policies/tiers.yaml",
    f"{FOLDER}/points_at_least.rego",
    f"{FOLDER}/points_at_least_test.rego",
]
#: The standing input has a good backup each night for thirty nights.
AUDITS = """
import json, sys
from pathlib import Path
from tests.loopback.auditing import audit
from tests.loopback.standing import VOLUME, standing
told = {}
for demanded in (30, 31):
    tier, formats = {"points_at_least": demanded}, ["json", "html"][: demanded - 29]
    judged = audit(standing(14), Path(sys.argv[1]), tier=tier, formats=formats)
    found = judged.reasons("BKP-RET-901", VOLUME)
    told[demanded] = [
        judged.verdict("BKP-RET-901", VOLUME),
        [reason.message for reason in found],
        judged.document["tiers"][0]["points_at_least"],
    ]
report = (judged.run / "report.html").read_text()
told["report"] = '<td data-label="Recovery points">at least 31</td>' in report
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the page was followed, up to `make docs`."""
    folder = copied(
        tmp_path_factory.mktemp("copy"), "auditor", "policies", "reports", "scripts", "docs", "tests/loopback"
    )
    assert follow("tier-key.md", folder) == TOUCHED
    early = run(folder, "-m", "auditor", "policy", "list")
    assert (early.returncode, early.stderr.count("\n")) == (2, 1)
    assert "does not admit tier gold" in early.stderr
    assert "('points_at_least' was unexpected); run `make docs`" in early.stderr
    for page in ("facts_page", "controls_pages", "document_schema"):
        done = run(folder, f"scripts/{page}.py")
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.long
def test_a_control_judges_by_it_and_the_report_shows_it(copy: Path, tmp_path: Path) -> None:
    """As many are demanded as there are, then one more."""
    done = run(copy, "-c", AUDITS, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "30": ["COMPLIANT", [], 30],
        "31": ["NON_COMPLIANT", ["30 usable recovery points; tier daily demands 31"], 31],
        "report": True,
    }


@pytest.mark.long
def test_the_policies_pass_their_tests_and_are_listed(copy: Path) -> None:
    """Those of the new control among them, and they notice each way in which it can be spoilt."""
    tested = run(copy, "-m", "auditor", "policy", "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    spoilt = run(copy, "-m", "scripts.mutants", "points_at_least")
    assert spoilt.returncode == 0, spoilt.stdout
    listed = run(copy, "-m", "auditor", "policy", "list", "--json")
    assert "BKP-RET-901" in [control["id"] for control in json.loads(listed.stdout)]


def test_what_is_generated_has_it_and_nothing_else_was_touched(copy: Path) -> None:
    """The page of facts has it wherever a tier is."""
    for name in GENERATED:
        assert "points_at_least" in (copy / name).read_text()
    page = (copy / "docs/facts.md").read_text()
    rows = [
        line.split("`")[1] for line in page.splitlines() if line.startswith("| `") and "points_at" in line
    ]
    assert rows == [f"{place}.points_at_least" for place in ("tier", "tiers[]", "cadences[]", "tier")]
    changed = {
        path.relative_to(ROOT).as_posix()
        for folder in ("auditor", "policies", "reports", "docs", "scripts")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and "__pycache__" not in path.parts
        and path.read_bytes() != (copy / path.relative_to(ROOT)).read_bytes()
    }
    assert changed == {*TOUCHED[:2], *GENERATED, "policies/controls/README.md"}
