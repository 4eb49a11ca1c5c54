"""A folder that adds to the shipped policies, or replaces some of them by their ids."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from auditor.catalogue.draft import draft
from auditor.catalogue.frameworks import load_frameworks
from auditor.catalogue.load import Catalogue, policies_folder
from auditor.model.errors import UsageError

AT = "controls/frequency/rpo_attained"
SHIPPED = Catalogue.load()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of one control of one's own."""
    for path, text in draft("frequency/weekly", "resource", SHIPPED).files().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    return tmp_path


def copied(folder: Path, name: str) -> Path:
    """The shipped control `rpo_attained` under another name; its Rego."""
    target = folder / "controls" / "frequency" / name
    target.mkdir(parents=True)
    for end in (".rego", "_test.rego"):
        text = (policies_folder() / AT / f"rpo_attained{end}").read_text(encoding="utf-8")
        (target / f"{name}{end}").write_text(text.replace("rpo_attained", name), encoding="utf-8")
    return target / f"{name}.rego"


def test_a_control_is_added_to_the_shipped_ones(folder: Path) -> None:
    """Tiers, parameters, libraries and frameworks are the shipped ones."""
    found = Catalogue.load(folder)

    added = {control.path for control in found.controls} - {control.path for control in SHIPPED.controls}
    assert added == {"controls/frequency/weekly/weekly.rego"}
    assert len(found.controls) == len(SHIPPED.controls) + 1
    assert (found.tiers, dict(found.data)) == (SHIPPED.tiers, dict(SHIPPED.data))
    assert set(SHIPPED.files) < set(found.files)
    assert load_frameworks(found) == load_frameworks(SHIPPED)
    assert found.sha256 != SHIPPED.sha256


def test_a_control_takes_the_place_of_the_shipped_one_with_its_id(tmp_path: Path) -> None:
    """Whatever it is called; the tests of the other one go with it."""
    file = copied(tmp_path, "own_rpo")
    found = Catalogue.load(tmp_path)

    (one,) = (control for control in found.controls if control.id == "BKP-FRQ-001")
    assert one.path == "controls/frequency/own_rpo/own_rpo.rego"
    assert found.sources[one.path] == file
    assert not [path for path in found.files if path.startswith(f"{AT}/")]
    assert len(found.controls) == len(SHIPPED.controls)


@pytest.mark.parametrize("written", ['"BKP-FRQ-001"', "BKP-FRQ-001  # as theirs"])
def test_an_id_is_read_as_yaml_reads_it(tmp_path: Path, written: str) -> None:
    """In quotes and before a comment too."""
    file = copied(tmp_path, "own_rpo")
    file.write_text(file.read_text("utf-8").replace("id: BKP-FRQ-001", f"id: {written}"), "utf-8")
    found = Catalogue.load(tmp_path)

    assert found.control_ids == SHIPPED.control_ids
    assert [one.path for one in found.controls if one.id == "BKP-FRQ-001"] == [
        "controls/frequency/own_rpo/own_rpo.rego"
    ]


def test_a_control_of_audit_manager_is_replaced_by_its_id_too(tmp_path: Path) -> None:
    """Its ids are AWS's names."""
    own = tmp_path / "controls" / "audit_manager" / "own"
    own.mkdir(parents=True)
    for end in (".rego", "_test.rego"):
        text = (policies_folder() / f"controls/audit_manager/encrypted/encrypted{end}").read_text("utf-8")
        (own / f"own{end}").write_text(
            text.replace("package controls.audit_manager.encrypted", "package controls.audit_manager.own"),
            "utf-8",
        )
    found = Catalogue.load(tmp_path)

    assert found.control_ids == SHIPPED.control_ids
    assert "controls/audit_manager/own/own.rego" in {one.path for one in found.controls}


def test_an_id_that_a_description_names_takes_nothing_away(folder: Path) -> None:
    """Only the id of METADATA is the control's own."""
    file = folder / "controls" / "frequency" / "weekly" / "weekly.rego"
    text = file.read_text("utf-8")
    file.write_text(text.replace("#   A draft.", "#   id: BKP-COV-001\n#   A draft."), "utf-8")

    assert Catalogue.load(folder).control_ids > SHIPPED.control_ids


def test_a_control_at_the_same_path_takes_its_place_with_its_tests(tmp_path: Path) -> None:
    """Those of the shipped one do not count for it."""
    file = copied(tmp_path, "rpo_attained")
    found = Catalogue.load(tmp_path)
    assert found.sources[f"{AT}/rpo_attained.rego"] == file
    file.with_name("rpo_attained_test.rego").unlink()

    with pytest.raises(UsageError) as refused:
        Catalogue.load(tmp_path)

    assert str(refused.value).startswith(f"{file}: there is no rpo_attained_test.rego beside it;")


@pytest.mark.parametrize("name", ["suggestions.yaml", "rpo_attained_test.rego"])
def test_what_lies_beside_a_shipped_control_does_not_take_it_away(tmp_path: Path, name: str) -> None:
    """It takes the place of the file with its path alone: every control is still asked."""
    own = tmp_path / AT / name
    own.parent.mkdir(parents=True)
    text = {"suggestions.yaml": "gap_exceeds_rpo: {terraform: schedule}\n"}.get(name, "package ours_test\n")
    own.write_text(text, encoding="utf-8")
    found = Catalogue.load(tmp_path)

    assert found.control_ids == SHIPPED.control_ids
    assert (found.files[f"{AT}/{name}"], found.sources[f"{AT}/{name}"]) == (text, own)
    assert set(found.files) == {*SHIPPED.files, f"{AT}/{name}"}


def test_a_framework_takes_the_place_of_the_one_with_its_name(tmp_path: Path) -> None:
    """And another one is added."""
    (tmp_path / "frameworks").mkdir()
    text = (policies_folder() / "frameworks" / "dora.yaml").read_text(encoding="utf-8")
    for name in ("dora", "ours"):
        (tmp_path / "frameworks" / f"{name}.yaml").write_text(
            text.replace("title: ", "title: Our ", 1), encoding="utf-8"
        )
    found = {one.id: one.title for one in load_frameworks(Catalogue.load(tmp_path))}

    assert set(found) == {one.id for one in load_frameworks(SHIPPED)} | {"ours"}
    assert found["dora"] == found["ours"]


def test_a_mistake_is_named_by_the_file_that_has_it(folder: Path) -> None:
    """The user's own."""
    file = folder / "controls" / "frequency" / "weekly" / "weekly.rego"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("severity: ", "severety: "), encoding="utf-8")

    with pytest.raises(UsageError) as refused:
        Catalogue.load(folder)

    assert str(refused.value).startswith(f"{file}:")


def test_a_byte_order_mark_is_named(folder: Path) -> None:
    """Nobody sees it."""
    file = folder / "controls" / "frequency" / "weekly" / "weekly.rego"
    file.write_text("\ufeff" + file.read_text("utf-8"), "utf-8")

    with pytest.raises(UsageError) as refused:
        Catalogue.load(folder)

    said = f"{file}:1: it begins with a byte order mark; save the file as UTF-8 without one."
    assert str(refused.value) == said


def test_a_folder_that_adds_nothing_is_refused(tmp_path: Path) -> None:
    """It may be another one than was meant."""
    with pytest.raises(UsageError) as refused:
        Catalogue.load(tmp_path)

    assert str(refused.value) == (
        f"{tmp_path}: there is no control in it, and nothing else that adds to the shipped policies; name a "
        "folder that has `controls` in it."
    )


@pytest.mark.parametrize("name", ["tiers.yaml", "parameters.yaml"])
def test_a_folder_with_tiers_or_parameters_is_a_whole_one(folder: Path, name: str) -> None:
    """What it lacks is missing, and not the shipped one's."""
    shutil.copy(policies_folder() / name, folder)
    other = {"tiers.yaml": "parameters.yaml"}.get(name, "tiers.yaml")

    with pytest.raises(UsageError) as refused:
        Catalogue.load(folder)

    said = f"{folder}: a folder with {name} is a whole one and needs {other} too;"
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize("name", ["tiers.yaml", "parameters.yaml", "audit-manager.yaml"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("nowhere")])
def test_what_is_no_file_does_not_let_the_shipped_one_stand(
    folder: Path, name: str, make: Callable[[Path], None]
) -> None:
    """A pipe, a folder, and a link to nothing are refused, as they are where a control should be."""
    shutil.copy(policies_folder() / "tiers.yaml", folder)
    shutil.copy(policies_folder() / "parameters.yaml", folder)
    Catalogue.load(folder)
    (folder / name).unlink(missing_ok=True)
    make(folder / name)

    with pytest.raises(UsageError, match=f"{name}: .*; name a file that can be read"):
        Catalogue.load(folder)


def test_a_link_to_nothing_is_no_control(folder: Path) -> None:
    """It is said to be missing, not that a disk is full."""
    link = folder / "controls" / "frequency" / "weekly" / "more.rego"
    link.symlink_to("nowhere")

    with pytest.raises(UsageError, match=r"more\.rego: no such file or directory; name a file"):
        Catalogue.load(folder)
