"""A draft of a control: it is whole, passes, and takes the next id."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from auditor.catalogue.draft import SUBJECTS, Draft, draft
from auditor.catalogue.load import Catalogue, policies_folder
from auditor.model.errors import UsageError
from auditor.model.policy import SubjectType
from auditor.rego.testing import run_tests
from scripts.mutants import survivors
from tests.architecture.test_rego import faults

Change = Callable[[str], Path]


@pytest.fixture(scope="module")
def drafted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped policies, and a draft of each subject."""
    folder = shutil.copytree(policies_folder(), tmp_path_factory.mktemp("drafts") / "policies")
    first = int(draft("governance/a", "resource", Catalogue.load()).id[-3:])
    for number, subject in enumerate(SUBJECTS, first):
        made = Draft(f"BKP-GOV-{number:03}", "governance", f"a_{subject}", subject)
        for path, text in made.files().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    return folder


def test_drafts_are_controls(drafted: Path) -> None:
    """One id after the other, and that of deleted resources judges them too."""
    catalogue = Catalogue.load(drafted)

    made = [(control.id, control.subject) for control in catalogue.controls if "/a_" in control.path]
    first = 1 + max(int(one[-3:]) for one in Catalogue.load().control_ids if "-GOV-" in one)
    judged = [one.removeprefix("deleted_") for one in SUBJECTS]
    assert made == [(f"BKP-GOV-{number:03}", subject) for number, subject in enumerate(judged, first)]
    assert [one.subject for one in catalogue.controls if one.deleted_resources and "/a_" in one.path] == [
        "resource"
    ]


def test_each_subject_that_a_control_may_have_can_be_drafted() -> None:
    """And deleted resources, which are resources."""
    assert {one.removeprefix("deleted_") for one in SUBJECTS} == {*get_args(SubjectType)}


def test_a_draft_of_each_subject_is_whole(drafted: Path) -> None:
    """Nothing of it is left to fill in, and no line is unreached."""
    catalogue = Catalogue.load(drafted)
    tested = run_tests(catalogue)
    assert (tested.failed, dict(tested.missed)) == ((), {})


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_tests_of_a_draft_notice_every_change(drafted: Path, subject: str) -> None:
    """No mutant lives, and the linter has nothing to say."""
    path = f"controls/governance/a_{subject}/a_{subject}"

    count, alive = survivors(f"{path}.rego", drafted)

    assert (count > 0, [mutant.key for mutant in alive]) == (True, [])
    for file in (f"{path}.rego", f"{path}_test.rego"):
        assert faults((drafted / file).read_text(encoding="utf-8"), file) == []


def test_a_draft_is_named_by_its_family_or_by_an_id() -> None:
    """The next id follows the greatest one; an id brings its own family and folder."""
    catalogue = Catalogue.load()
    greatest = max(id_ for id_ in catalogue.control_ids if id_.startswith("BKP-FRQ"))
    following = draft("frequency/weekly", "resource", catalogue)
    named = draft("bkp-frq-101", "plan", catalogue)

    assert following.id == f"BKP-FRQ-{int(greatest[-3:]) + 1:03}"
    assert following.folder == "controls/frequency/weekly"
    assert (named.id, named.folder) == ("BKP-FRQ-101", "controls/frequency/bkp_frq_101")


@pytest.mark.parametrize(
    "wanted",
    ["weekly", "speed/weekly", "frequency/Weekly", "frequency/every", "frequency/a/b", "BKP-XXX-001"],
)
def test_what_names_no_control_is_refused(wanted: str) -> None:
    """Another family, a word of Rego, a path: one sentence says what is meant."""
    with pytest.raises(UsageError, match="such as frequency/weekly_at_least, and not") as told:
        draft(wanted, "resource", Catalogue.load())

    assert repr(wanted) in str(told.value)


def test_an_id_that_is_taken_is_refused() -> None:
    """With the control that has it."""
    with pytest.raises(UsageError, match=r"the id BKP-FRQ-001 is taken by controls/frequency/rpo_attained/"):
        draft("BKP-FRQ-001", "resource", Catalogue.load())
