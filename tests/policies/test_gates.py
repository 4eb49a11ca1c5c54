"""OPA's own gates on the shipped policies, and that each of them can fail."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from auditor.catalogue.draft import SUBJECTS, draft
from auditor.catalogue.load import Catalogue, shipped_schemas

ROOT = Path(__file__).resolve().parents[2]
REGO = ("controls", "lib", "organization")
TEST = "_test.rego"

pytestmark = pytest.mark.opa


CHECK = ("check", "--strict", "--schema")


def run(opa: str, *arguments: str, folder: Path = ROOT / "policies") -> subprocess.CompletedProcess[str]:
    """One OPA command over the Rego folders of the policies in `folder`."""
    return subprocess.run([opa, *arguments, *REGO], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the policies to spoil."""
    return shutil.copytree(ROOT / "policies", tmp_path / "policies")


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of the schemas as OPA takes them: whole, as it follows no reference from one to another."""
    folder = tmp_path_factory.mktemp("schemas")
    for name, schema in shipped_schemas()[0].items():
        (folder / f"{name}.json").write_text(json.dumps(schema))
    return str(folder)


def test_types_agree_with_the_schemas(opa_program: str, schemas: str) -> None:
    """`opa check --strict` with the schemas of input and data."""
    done = run(opa_program, *CHECK, schemas)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_misspelt_fact_is_refused(opa_program: str, copy: Path, schemas: str) -> None:
    """The schemas really are applied to `input`."""
    control = copy / "controls/frequency/rpo_attained/rpo_attained.rego"
    control.write_text(control.read_text().replace("input.tier.rpo_hours", "input.tier.rpo_hour"))

    done = run(opa_program, *CHECK, schemas, folder=copy)

    assert done.returncode != 0
    assert "undefined ref: input.tier.rpo_hour" in done.stdout + done.stderr


def test_a_misspelt_parameter_is_refused(opa_program: str, copy: Path, schemas: str) -> None:
    """The schemas really are applied to `data`."""
    control = copy / "controls/isolation/copy_in_another_region/copy_in_another_region.rego"
    control.write_text(control.read_text().replace("copy_max_age_rpos if", "copy_max_age if"))

    done = run(opa_program, *CHECK, schemas, folder=copy)

    assert "undefined ref: data.parameters.controls.copy_max_age" in done.stdout + done.stderr


def test_the_format_is_opas(opa_program: str) -> None:
    """`opa fmt --list --fail` finds nothing to change."""
    done = run(opa_program, "fmt", "--list", "--fail")

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.long
def test_drafts_pass_as_the_shipped_controls_do(opa_program: str, copy: Path, schemas: str) -> None:
    """What `auditor policy new` writes of each subject: its types, its format, its tests."""
    for subject in SUBJECTS:
        drafted = draft(f"recovery/of_{subject}", subject, Catalogue.load(copy))
        (copy / drafted.folder).mkdir(parents=True)
        for path, text in drafted.files().items():
            (copy / path).write_text(text)

    for check in ((*CHECK, schemas), ("fmt", "--list", "--fail"), ("test",)):
        done = run(opa_program, *check, folder=copy)
        assert (check, done.returncode, done.stderr) == (check, 0, "")


def test_every_line_is_tested(opa_program: str) -> None:
    """`opa test` passes, and together the tests reach every line."""
    done = run(opa_program, "test", "--coverage", "--threshold", "100", "--format", "json")
    report = json.loads(done.stdout)
    missed = {name: file["not_covered"] for name, file in report["files"].items() if "not_covered" in file}

    assert (done.returncode, report["coverage"], missed) == (0, 100, {})


def test_a_test_that_fails_is_noticed(opa_program: str, copy: Path) -> None:
    """A limit moved by a tenth of an hour breaks the tests at that boundary."""
    library = copy / "lib/compare/compare.rego"
    library.write_text(library.read_text().replace("number > limit", "number > limit + 1"))

    assert run(opa_program, "test", folder=copy).returncode != 0


@pytest.mark.parametrize(
    "rego", sorted(path for path in (ROOT / "policies" / "controls").rglob("*.rego") if TEST not in path.name)
)
def test_each_control_alone_is_covered_by_its_own_tests(opa_program: str, rego: Path, tmp_path: Path) -> None:
    """The tests beside a control reach all its lines: none leans on another's."""
    shutil.copytree(ROOT / "policies" / "lib", tmp_path / "lib", ignore=shutil.ignore_patterns("*" + TEST))
    shutil.copytree(rego.parent, tmp_path / "control")
    done = subprocess.run(
        [opa_program, "test", "--coverage", "--format", "json", "lib", "control"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    report = json.loads(done.stdout)["files"]

    assert {name: file["coverage"] for name, file in report.items() if name.startswith("control/")} == {
        f"control/{rego.name}": 100,
        f"control/{rego.stem}{TEST}": 100,
    }
