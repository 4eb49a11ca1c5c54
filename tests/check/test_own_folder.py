"""A folder of policies among the inputs, which nothing judges by: what lies in it beside its controls."""

import shutil
from pathlib import Path

import pytest

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.check.own_kinds import POLICIES, TIERS, WAIVERS
from auditor.check.own_policies import OwnFile, demanded, policy_readings
from auditor.model.settings import Settings
from tests.check.conftest import AS_OF

CONTROL = "controls/coverage/classified"
FILES = ("tiers.yaml", "parameters.yaml")
HOLDS = Path(__file__).parents[2] / "examples" / "holds.yaml"


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Twice the same folder of policies, with one control."""
    for name in ("before", "policies"):
        shutil.copytree(policies_folder() / CONTROL, tmp_path / name / CONTROL)
        for file in FILES:
            shutil.copy(policies_folder() / file, tmp_path / name)
        shutil.copy(HOLDS, tmp_path / name / "holds.yaml")
    return tmp_path / "before", tmp_path / "policies"


def lowered(catalogue: Catalogue, before: Path, after: Path) -> list[tuple[str, str, str]]:
    """The file, the address and the words of what the folder demands no longer."""
    then, now = (
        demanded([OwnFile(POLICIES, "policies", folder)], catalogue, Settings(as_of=AS_OF))
        for folder in (before, after)
    )
    readings = [*policy_readings(now, then)]
    assert readings[0].kind == POLICIES
    assert all(one.changes for one in readings[1:])
    changes = (one for reading in readings for one in reading.changes)
    return [(Path(one.declaration.file).name, one.declaration.address, one.lost[0]) for one in changes]


def replaced(file: Path, old: str, new: str) -> None:
    """Write other words into a file."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_tiers_parameters_and_holds_of_a_folder_are_compared(
    catalogue: Catalogue, folders: tuple[Path, Path]
) -> None:
    """Each at its file; the other way round they demand more, and the same is none."""
    before, after = folders
    assert lowered(catalogue, before, after) == []
    replaced(after / "tiers.yaml", "rpo_hours: 24", "rpo_hours: 48")
    replaced(after / "parameters.yaml", "quota_used_percent: 90", "quota_used_percent: 99")
    (after / "holds.yaml").write_text("matters: []\n", encoding="utf-8")

    found = lowered(catalogue, before, after)

    assert found[:2] == [
        ("tiers.yaml", "tiers/gold/rpo_hours", "rpo_hours 24 becomes 48"),
        ("parameters.yaml", "controls/quota_used_percent", "90 becomes 99"),
    ]
    assert {(file, address) for file, address, _ in found[2:]} == {("holds.yaml", "matters")}
    assert lowered(catalogue, after, before) == []


def test_a_folder_whose_tiers_are_the_shipped_ones_now_is_compared_with_these(
    catalogue: Catalogue, folders: tuple[Path, Path]
) -> None:
    """Without its own files a folder adds to the shipped policies."""
    before, after = folders
    replaced(before / "tiers.yaml", "rpo_hours: 24", "rpo_hours: 6")
    for file in FILES:
        (after / file).unlink()

    assert lowered(catalogue, before, after) == [
        ("tiers.yaml", "tiers/gold/rpo_hours", "rpo_hours 6 becomes 24")
    ]


def test_a_file_that_is_there_no_longer_is_not_known(
    catalogue: Catalogue, folders: tuple[Path, Path]
) -> None:
    """It may have another name now; waivers that are gone waive nothing."""
    tiers, waivers = folders[0] / "tiers.yaml", folders[0] / "waivers.yaml"
    waivers.write_text("waivers: []\n", encoding="utf-8")
    own = [OwnFile(TIERS, "in/tiers.yaml", tiers), OwnFile(WAIVERS, "in/waivers.yaml", waivers)]
    renamed = OwnFile(TIERS, "in/other.yaml", tiers)
    then, now = (demanded(files, catalogue, Settings(as_of=AS_OF)) for files in (own, [renamed]))

    found = [one for reading in policy_readings(now, then) for one in reading.changes]

    assert [(one.kind, one.name, one.declaration.file) for one in found] == [
        ("tier", "in/tiers.yaml", "in/tiers.yaml")
    ]
    assert found[0].fault.endswith("what takes its place is not known")
    assert not [one for reading in policy_readings(then, then) for one in reading.changes]
