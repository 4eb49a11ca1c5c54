"""docs/contributing/fact.md, followed in a copy: a control reads the fact, and what it needs is collected."""

import json
from pathlib import Path

import pytest

from tests.adding.walkthrough import ROOT, copied, follow, run

FOLDER = "policies/controls/recovery/not_empty"
TOUCHED = [
    "policies/schemas/recovery_point.json",
    "auditor/evaluate/recovery_points.py",
    f"{FOLDER}/not_empty.rego",
    f"{FOLDER}/not_empty_test.rego",
]
#: Fourteen nights and a recovery point of no bytes, judged by the new control alone.
AUDIT = """
import json, shutil, sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from auditor.catalogue.load import policies_folder
from tests.loopback.auditing import audit
from tests.loopback.standing import standing
work = Path(sys.argv[1])
policies = Path(shutil.copytree(policies_folder(), work / "policies"))
for control in policies.glob("controls/*/*/"):
    if control.name != "not_empty":
        shutil.rmtree(control)
world = standing(14)
world.point(datetime(2026, 2, 20, tzinfo=UTC), BackupSizeInBytes=0)
judged = audit(world, work, policies=str(policies))
print(json.dumps({
    "verdicts": Counter(judged.verdicts.values()),
    "messages": [reason["message"] for one in judged.document["findings"] for reason in one["reasons"]],
    "asked": sorted({call.operation for call in judged.calls if call.service == "backup"}),
}))
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the page was followed, up to `make docs`."""
    folder = copied(
        tmp_path_factory.mktemp("copy"), "auditor", "policies", "reports", "scripts", "docs", "tests/loopback"
    )
    assert follow("fact.md", folder) == TOUCHED
    for page in ("facts_page", "controls_pages"):
        done = run(folder, f"scripts/{page}.py")
        assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.long
def test_a_control_judges_by_it_and_what_it_needs_is_collected(copy: Path, tmp_path: Path) -> None:
    """The empty recovery point is found; plans are not asked for, and of jobs only their number."""
    done = run(copy, "-c", AUDIT, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "verdicts": {"COMPLIANT": 14, "NON_COMPLIANT": 1},
        "messages": ["it has 0 bytes"],
        "asked": ["ListBackupJobSummaries", "ListBackupVaults", "ListRecoveryPointsByBackupVault"],
    }


@pytest.mark.long
def test_the_policies_pass_their_tests(copy: Path) -> None:
    """Those of the new control among them, and they notice each way in which it can be spoilt."""
    tested = run(copy, "-m", "auditor", "policy", "test")
    assert tested.returncode == 0, tested.stdout + tested.stderr
    spoilt = run(copy, "-m", "scripts.mutants", "not_empty")
    assert spoilt.returncode == 0, spoilt.stdout


def test_a_misspelt_fact_is_told_with_the_new_one_and_the_page(copy: Path) -> None:
    """In `reads` and in the Rego alike."""
    control = copy / FOLDER / "not_empty.rego"
    text = control.read_text()
    said = []
    for old, new in (
        ("[recovery_point.size_bytes]", "[recovery_point.size]"),
        ("input.recovery_point.size_bytes >", "input.recovery_point.size >"),
    ):
        control.write_text(text.replace(old, new))
        said.append(run(copy, "-m", "auditor", "policy", "list").stderr)
    control.write_text(text)
    for told in said:
        assert (
            "recovery_point.size is not a fact of a recovery_point: near are recovery_point.size_bytes"
            in told
        )
        assert "docs/contributing/fact.md says how to make one." in told


def test_the_page_of_facts_has_it(copy: Path) -> None:
    """With its type, its meaning and its tables, and nothing else of the page is new."""
    old, new = ((folder / "docs/facts.md").read_text().splitlines() for folder in (ROOT, copy))
    meaning = "Its size in bytes; absent when AWS Backup does not tell it."
    assert [line for line in new if line not in old] == [
        f"| `recovery_point.size_bytes` | integer | {meaning} |",
        "| `recovery_point.size_bytes` | `backup_vaults`, `recovery_points` |",
    ]
