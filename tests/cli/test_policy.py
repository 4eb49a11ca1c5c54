"""`auditor policy`: the tests of policies, a folder to start from, and what a control says of itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
CONTROL = "controls/frequency/rpo_attained/rpo_attained"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Policies of one's own, in the folder where the command runs."""
    return shutil.copytree(ROOT / "policies", tmp_path / "own")


def add(file: Path, rule: str) -> int:
    """Add a rule at the end of a file; the line where it begins."""
    text = file.read_text(encoding="utf-8")
    file.write_text(f"{text}\n{rule}", encoding="utf-8")
    return text.count("\n") + 2


@pytest.mark.long
def test_what_is_exported_passes_its_tests_and_is_not_written_over(auditor: Run) -> None:
    """All tests, every line; a folder that holds something is left as it is."""
    written = auditor("policy", "export", "mine")
    tested = auditor("policy", "test", "--policies", "mine")
    again = auditor("policy", "export", "mine")

    assert (written.returncode, tested.returncode, again.returncode) == (0, 0, 2)
    passed, reached = tested.stdout.splitlines()
    number, lines = passed.split()[1], reached.split()[0]
    assert passed == f"embedded: {number} of {number} tests passed"
    assert reached == f"{lines} of {lines} lines are reached by tests"
    assert again.stderr == "auditor: mine is not empty; name a folder that is not there yet\n"


@pytest.mark.opa
def test_the_exported_schemas_are_as_opa_takes_them(here: Run, tmp_path: Path, opa_program: str) -> None:
    """None refers to another file."""
    here("policy", "export", "mine")
    folder = tmp_path / "mine"
    arguments = [opa_program, "check", "--strict", "--schema", "schemas", "controls", "lib", "organization"]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.opa
def test_both_engines_run_the_tests(here: Run, own: Path, opa_program: str) -> None:
    """A test that fails is named for each, with its line; what it no longer reaches too."""
    line = add(own / f"{CONTROL}_test.rego", "test_that_fails if 1 > 2\n")
    done = here("policy", "test", "--policies", "own", env={"AUDITOR_OPA": opa_program})

    failed = [text for text in done.stdout.splitlines() if " fails (" in text]
    assert (done.returncode, failed) == (
        2,
        [f"{CONTROL}_test.rego:{line}: test_that_fails fails ({engine})" for engine in ("embedded", "OPA")],
    )


@pytest.mark.long
def test_a_line_that_no_test_reaches_is_named(here: Run, own: Path) -> None:
    """Nothing else is wrong with it."""
    line = add(own / f"{CONTROL}.rego", "unused if {\n\t1 == 2\n\tinput.tier.required\n}\n")
    done = here("policy", "test", "--policies", "own")

    missed = [text for text in done.stdout.splitlines() if "no test reaches" in text]
    assert done.returncode == 0
    assert missed == [f"{CONTROL}.rego: no test reaches line {line + 2}"]


@pytest.mark.long
@pytest.mark.parametrize("command", [("policy", "list"), ("audit",), ("push",), ("evaluate", "own")])
def test_a_control_whose_test_fails_is_not_loaded(here: Run, own: Path, command: tuple[str, ...]) -> None:
    """With file and line, before anything else is done; `--untested` lets it through."""
    line = add(own / f"{CONTROL}_test.rego", "test_that_fails if 1 > 2\n")
    (own / "manifest.json").write_text("{}", encoding="utf-8")  # it stands for a run too
    refused = here(*command, "--policies", "own")
    taken = here(*command, "--policies", "own", "--untested")

    assert (refused.returncode, refused.stderr) == (
        2,
        (
            f"auditor: {CONTROL}_test.rego:{line}: test_that_fails fails; correct the policy or its test, "
            "or pass --untested.\n"
        ),
    )
    assert "test_that_fails" not in taken.stderr
    assert taken.returncode == (0 if command == ("policy", "list") else taken.returncode)


@pytest.mark.long
def test_a_control_without_a_test_in_its_file_is_not_loaded(here: Run, own: Path) -> None:
    """An empty file of tests is none."""
    (own / f"{CONTROL}_test.rego").write_text(
        "package controls.frequency.rpo_attained_test\n", encoding="utf-8"
    )
    refused = here("policy", "list", "--policies", "own")

    assert (refused.returncode, refused.stderr) == (
        2,
        (
            f"auditor: {CONTROL}_test.rego:1: it has no test, a rule whose name begins with test_; "
            "write some, or pass --untested.\n"
        ),
    )
    assert here("policy", "list", "--policies", "own", "--untested").returncode == 0


@pytest.mark.long
def test_tests_hold_whatever_the_parameters_are(here: Run, own: Path) -> None:
    """Who tunes a number need not change a test."""
    parameters = own / "parameters.yaml"
    text = parameters.read_text(encoding="utf-8")
    assert ": 2" in text or ": 1" in text
    parameters.write_text(text.replace(": 2", ": 3").replace(": 1", ": 4"), encoding="utf-8")

    assert here("policy", "test", "--policies", "own").returncode == 0


@pytest.mark.long
def test_a_test_that_never_ends_fails_at_its_limit(here: Run, own: Path) -> None:
    """The others are run all the same; which lines they reach is not made up. OPA is not given it."""
    add(own / f"{CONTROL}_test.rego", "test_for_ever if count(numbers.range(1, 2000000000)) == 1\n")
    done = here("policy", "test", "--policies", "own", env={"AUDITOR_OPA": "/bin/false"})

    failed = [text for text in done.stdout.splitlines() if "test_for_ever" in text]
    assert done.returncode == 2
    assert len(failed) == 1
    assert "MiB of memory" in failed[0] or "processor time" in failed[0]
    assert done.stdout.splitlines()[-2:] == [
        "OPA: not asked, as a test came to a limit",
        "which lines tests reach is not known, as one of them came to a limit",
    ]


def test_a_control_says_all_of_itself(here: Run) -> None:
    """By its id, in any case; a slip is answered with the nearest one."""
    shown = here("policy", "show", "bkp-ret-003")
    slip = here("policy", "show", "BKP-RET-03")

    assert shown.returncode == 0
    assert shown.stdout.startswith("BKP-RET-003  No recovery point was deleted before")
    assert "package controls.retention.deleted_early\n" in shown.stdout
    assert "\\n" not in shown.stdout
    assert (slip.returncode, slip.stderr) == (
        2,
        "auditor: there is no control 'BKP-RET-03'; did you mean BKP-RET-003?\n",
    )


def test_the_frameworks_are_listed_and_one_is_shown(here: Run) -> None:
    """With what gives evidence of each requirement, or why nothing does; another name is refused."""
    wide = {"COLUMNS": "300"}
    listed = here("policy", "frameworks", env=wide)
    shown = here("policy", "frameworks", "cis-v8", env=wide)
    other = here("policy", "frameworks", "cis-v9")

    (row,) = [line for line in listed.stdout.splitlines() if "dora" in line]
    assert [cell.strip() for cell in row.strip("│┃ ").split("│")] == [
        "dora", "DORA, Regulation (EU) 2022/2554, Article 12", "11", "8",
    ]  # fmt: skip
    rows = [[cell.strip() for cell in line.strip("│ ").split("│")] for line in shown.stdout.splitlines()]
    assert [row[2] for row in rows if row[0] in ("11.1 (review)", "11.4")] == [
        "not evidenced: A process is a document that nothing in AWS shows.",
        "BKP-ENC-004 BKP-ISO-001 BKP-ISO-002 BKP-ISO-003 BKP-ISO-004 BKP-ISO-007",
    ]
    assert (other.returncode, other.stdout) == (2, "")
    assert other.stderr.startswith("auditor: there is no framework 'cis-v9'; the policies have 3-2-1-1-0, ")


@pytest.mark.parametrize(("count", "said"), [(0, ""), (1, ", 1 waiver"), (2, ", 2 waivers")])
def test_a_bundle_says_how_many_waivers_it_holds(here: Run, tmp_path: Path, count: int, said: str) -> None:
    """In the singular where it is one."""
    entry = (
        '  - {{control_id: BKP-COV-001, account: "11112222333{}", reason: gone soon, approved_by: ciso, '
        "expires: 2026-03-31}}\n"
    )
    text = "waivers:" + ("\n" + "".join(map(entry.format, range(count))) if count else " []\n")
    (tmp_path / "waivers.yaml").write_text(text, encoding="utf-8")
    options = ("--waivers", "waivers.yaml", "--as-of", "2026-03-01T00:00:00Z")
    done = here("policy", "bundle", "--output", "bundle.tar.gz", *options)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.rstrip("\n").endswith(f" controls{said}")
