"""`auditor policy docs`, and policies that add to the shipped ones."""

from pathlib import Path

from tests.cli.conftest import Run


def test_a_folder_of_additions_is_begun_and_documented(here: Run, tmp_path: Path) -> None:
    """From an empty folder: a draft and its page, and pages that nobody owns go."""
    own = tmp_path / "own"
    own.mkdir()
    assert here("policy", "new", "BKP-GOV-901", "--policies", "own").returncode == 0
    page = own / "controls" / "governance" / "bkp_gov_901" / "README.md"
    page.write_text("old", encoding="utf-8")
    orphan = own / "controls" / "coverage" / "README.md"
    orphan.parent.mkdir()
    orphan.write_text("of nobody", encoding="utf-8")

    asked = here("policy", "docs", "--check", "--policies", "own")
    done = here("policy", "docs", "--policies", "own")
    again = here("policy", "docs", "--check", "--policies", "own")

    old = ["own/controls/coverage/README.md", "own/controls/governance/bkp_gov_901/README.md"]
    assert (asked.returncode, asked.stdout.splitlines()) == (
        3,
        [f"{name} is not what the control says; run `auditor policy docs`." for name in old],
    )
    assert (done.returncode, done.stdout.splitlines()) == (0, [*old, "2 pages of own changed"])
    assert (again.returncode, again.stdout) == (0, "")
    orphan.write_text("of nobody", encoding="utf-8")
    alone = here("policy", "docs", "--policies", "own").stdout.splitlines()
    assert alone == [old[0], "1 page of own changed"]
    assert page.read_text(encoding="utf-8").splitlines()[2].startswith("# BKP-GOV-901: ")
    assert not orphan.exists()


def test_the_pages_of_the_shipped_policies_are_not_written(here: Run) -> None:
    """A folder of one's own is asked for."""
    done = here("policy", "docs")
    assert (done.returncode, done.stderr.startswith("auditor: the shipped policies are not changed;")) == (
        2,
        True,
    )
