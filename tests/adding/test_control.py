"""docs/contributing/control.md, followed in a copy: the control is asked, and nothing else is touched."""

import filecmp
import re
from pathlib import Path

import pytest

from auditor.catalogue.load import Catalogue
from tests.adding.walkthrough import ROOT, copied, follow, run
from tests.loopback.auditing import audit
from tests.loopback.standing import PLAN, plan_arn, standing

LAST = max(one.id for one in Catalogue.load().controls if "-GOV-" in one.id and one.id < "BKP-GOV-100")
ID = f"BKP-GOV-{int(LAST[-3:]) + 1:03}"
FOLDER = "policies/controls/governance/plan_has_rules"

#: What shows that a control needs its folder only: these tests, as they are.
TESTS = (
    "tests/expected.py",
    "tests/unit/sandbox/test_sample.py",
    "tests/unit/catalogue/test_catalogue.py",
    "tests/unit/catalogue/test_frameworks.py",
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the page was followed, up to `make docs`."""
    folder = copied(
        tmp_path_factory.mktemp("copy"),
        *("auditor", "reports", "policies", "examples", "scripts/controls_pages.py"),
        *TESTS,
    )
    page = (ROOT / "docs/contributing/control.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^auditor (policy new .*)$", page, re.MULTILINE)
    done = run(folder, "-m", "auditor", *command.split())
    assert done.returncode == 0, done.stderr
    assert follow("control.md", folder) == [f"{FOLDER}/plan_has_rules.rego"]
    done = run(folder, "scripts/controls_pages.py")
    assert done.returncode == 0, done.stderr
    return folder


def files(folder: Path) -> set[str]:
    """The paths of the files of the policies in `folder`."""
    return {str(file.relative_to(folder)) for file in (folder / "policies").rglob("*") if file.is_file()}


def test_nothing_but_its_folder_and_the_index_is_touched(copy: Path) -> None:
    """The index is generated."""
    _, changed, _ = filecmp.cmpfiles(ROOT, copy, files(ROOT), shallow=False)

    assert files(copy) - files(ROOT) == {
        f"{FOLDER}/{name}" for name in ("plan_has_rules.rego", "plan_has_rules_test.rego", "README.md")
    }
    assert changed == ["policies/controls/README.md"]


@pytest.mark.long
def test_the_tests_of_all_controls_hold(copy: Path) -> None:
    """Each is broken in the sample organization or says why not; each lies in a folder of its own."""
    named = ("-k", "every_control or shipped_controls")
    done = run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS[1:], *named)

    assert done.returncode == 0, done.stdout


@pytest.mark.long
def test_an_audit_asks_the_new_control(copy: Path, tmp_path: Path) -> None:
    """A plan with a rule is compliant; one without is a finding, with its sentence and what is cited."""
    world = standing()
    world.plan([], "plan-2")

    judged = audit(world, tmp_path, policies=str(copy / "policies"))

    assert judged.verdict(ID, plan_arn(PLAN)) == "COMPLIANT"
    assert judged.verdict(ID, plan_arn("plan-2")) == "NON_COMPLIANT"
    (reason,) = judged.reasons(ID, plan_arn("plan-2"))
    assert (reason.code, reason.message) == ("no_rules", "the plan plan-2 has no rule")
    assert reason.evidence == {"name": "plan-2", "plan": {"version_id": "plan-2-v1"}}
