"""`auditor policy new`: a control to start from, in policies of one's own."""

import shutil
from pathlib import Path

import click
import pytest

import auditor as package
from auditor.catalogue.draft import SUBJECTS, draft
from auditor.catalogue.load import Catalogue
from auditor.cli import policy
from tests.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "own/controls/frequency/weekly_at_least"
OWN = ("--policies", "own")


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Policies of one's own, in the folder where the command runs."""
    return shutil.copytree(ROOT / "policies", tmp_path / "own")


def test_a_control_is_written_and_passes_and_is_not_written_over(auditor: Run, own: Path) -> None:
    """Its Rego, its tests and its page, and a row of the index; the command says what to edit next."""
    done = auditor("policy", "new", "frequency/weekly_at_least", *OWN)
    again = auditor("policy", "new", "frequency/weekly_at_least", *OWN)
    tested = auditor("policy", "test", *OWN)

    drafted = draft("frequency/weekly_at_least", "resource", Catalogue.load())
    files = ["README.md", "weekly_at_least.rego", "weekly_at_least_test.rego"]
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        *(f"{FOLDER}/{name}" for name in files),
        "",
        f"{drafted.id} is a draft that passes its tests. Make it yours: say in its METADATA what it demands,",
        "name the facts that it needs in `reads`, state by them what is compliant and what is not, and test",
        "both sides of each boundary. Then: auditor policy test --policies own",
    ]
    assert (again.returncode, again.stderr) == (
        2,
        f"auditor: {FOLDER} is there already; choose another name.\n",
    )
    assert tested.returncode == 0
    assert "(frequency/weekly_at_least/README.md) |" in (own / "controls/README.md").read_text()


def test_an_id_that_is_added_to_the_shipped_ones_meets_none_of_a_later_release(here: Run) -> None:
    """Which would take its place: it is 101 at least, and the next one after it."""
    done = [here("policy", "new", f"frequency/{name}", "--policies", "mine") for name in ("one", "two")]

    assert [one.returncode for one in done] == [0, 0]
    ids = [one.stdout.splitlines()[-3].split()[0] for one in done]
    assert ids == ["BKP-FRQ-101", "BKP-FRQ-102"]


def test_a_folder_that_cannot_be_written_is_told(here: Run, own: Path) -> None:
    """One sentence: here a file stands in the family's place."""
    shutil.rmtree(own / "controls/recovery")
    (own / "controls/recovery").write_text("", encoding="utf-8")

    done = here("policy", "new", "recovery/restored", *OWN)

    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        (
            "auditor: own/controls/recovery/restored cannot be written (Not a directory); pass --policies "
            "with one that you may change.\n"
        ),
    )


def test_the_subjects_that_can_be_drafted_are_offered() -> None:
    """The option's choices stand apart, as the command's start must not load the catalogue."""
    (choice,) = (one.type for one in policy.new.params if one.name == "subject")

    assert isinstance(choice, click.Choice)
    assert tuple(choice.choices) == SUBJECTS


@pytest.mark.parametrize("given", [(), ("--policies", str(Path(package.__file__).parent / "_policies"))])
def test_the_shipped_policies_are_left_as_they_are(here: Run, given: tuple[str, ...]) -> None:
    """Without a folder of one's own nothing is written."""
    done = here("policy", "new", "frequency/weekly_at_least", *given)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "auditor: the shipped policies are not changed; pass --policies with a folder of your own, which "
        "`auditor policy export FOLDER` makes.\n"
    )
