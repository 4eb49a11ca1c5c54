"""The register of legal holds: what is kept of it, and what is refused with its file and line."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from auditor import files
from auditor.catalogue.holds import read_register
from auditor.catalogue.load import Catalogue, shipped_schemas
from auditor.model.errors import UsageError
from auditor.model.holds import Matter
from auditor.yaml_files.document import read_document

ROOT = Path(__file__).resolve().parents[3]
ENTRY = {
    "matter": "2026-017",
    "hold": "Smith",
    "accounts": ["111122223333"],
    "regions": ["eu-central-1"],
    "owner": "legal@example.com",
}
WHOLE = {**ENTRY, "vaults": ["main"], "resources": ["EBS"], "from": "2026-01-01", "to": "2026-01-31",
         "until": "2026-12-31"}  # fmt: skip


def written(folder: Path, *entries: dict[str, Any]) -> Path:
    """A register of these matters; of a key None is taken away."""
    kept = [{name: value for name, value in entry.items() if value is not None} for entry in entries]
    path = folder / "holds.yaml"
    path.write_text(yaml.safe_dump({"matters": kept}), encoding="utf-8")
    return path


def read(path: Path) -> tuple[Matter, ...]:
    """Read it by the shipped schema."""
    return read_register(read_document(path), shipped_schemas()[0]["holds"])


def test_matters_are_kept_in_their_order(tmp_path: Path) -> None:
    """Days are days; what is left away is no limit."""
    short = Matter("2026-017", "Smith", ("111122223333",), ("eu-central-1",), "legal@example.com")
    whole = Matter(
        "2026-018", "Smith", ("111122223333",), ("eu-central-1",), "legal@example.com", ("main",), ("EBS",),
        date(2026, 1, 1), date(2026, 1, 31), date(2026, 12, 31),
    )  # fmt: skip

    assert read(written(tmp_path, ENTRY, {**WHOLE, "matter": "2026-018"})) == (short, whole)


def test_a_matter_is_open_through_its_last_day() -> None:
    """And for ever without one."""
    (matter,) = read(ROOT / "examples" / "holds.yaml")
    assert [matter.is_open(date(2027, 12, 31)), matter.is_open(date(2028, 1, 1))] == [True, False]
    assert Matter("a", "b", (), (), "c").is_open(date.max)
    assert [matter.demands("111122223333", "eu-central-1"), matter.demands("111122223333", "eu-west-1")] == [
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"hold": "…"}, "'hold' says nothing; write the title or the id of its legal hold"),
        ({"matter": " "}, "'matter' says nothing"),
        ({"owner": "-"}, "'owner' says nothing"),
        ({"owner": None}, "owner"),
        ({"accounts": []}, "accounts"),
        ({"accounts": ["1"]}, "it should be: An account's id: twelve digits in quotes"),
        ({"regions": ["*"]}, "it should be: A Region, such as eu-central-1"),
        ({"from": "2026-02-30"}, "write the day as YYYY-MM-DD"),
        ({"to": "next year"}, "it should be: The last such day, as YYYY-MM-DD"),
        ({"to": "2025-12-31"}, "it is before 'from'; write a day from 2026-01-01 on"),
        ({"vault": ["main"]}, "vault"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(tmp_path: Path, changed: dict[str, Any], said: str) -> None:
    """Each in one sentence."""
    with pytest.raises(UsageError, match=r"holds\.yaml:\d+: .*") as caught:
        read(written(tmp_path, {**WHOLE, **changed}))
    assert said in str(caught.value)


def test_the_same_hold_twice_is_refused(tmp_path: Path) -> None:
    """Two matters may have the same one, and a matter two."""
    assert len(read(written(tmp_path, WHOLE, {**WHOLE, "hold": "b"}, {**WHOLE, "matter": "c"}))) == 3
    with pytest.raises(UsageError, match="entry 1 of 'matters' has the same matter and hold"):
        read(written(tmp_path, WHOLE, WHOLE))


def test_the_register_belongs_to_what_a_run_is_judged_by(tmp_path: Path) -> None:
    """It is kept with the policies, and another one gives another digest."""
    one, none = Catalogue.load(holds=written(tmp_path, WHOLE)), Catalogue.load()
    assert ([matter.name for matter in one.matters], none.matters) == (["2026-017"], ())
    assert yaml.safe_load(one.files["holds.yaml"]) == {"matters": [WHOLE]}
    assert one.sha256 != none.sha256


def test_what_is_understood_is_what_has_the_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A register, and a framework of Audit Manager, that change while they are read are read once."""
    asked = tmp_path / "asked.yaml"
    framework = "FrameworkName: F\nFrameworkControls: [{ControlName: BACKUP_RECOVERY_POINT_ENCRYPTED}]\n"
    asked.write_text(framework, encoding="utf-8")
    own, read_file = {asked, written(tmp_path, WHOLE)}, files.read
    seen: list[Path] = []

    def read_once(file: Path, most: int | None = None) -> bytes:
        data = read_file(file, most)
        if file in own:
            seen.append(file)
            file.write_text("changed: meanwhile\n", encoding="utf-8")
        return data

    monkeypatch.setattr(files, "read", read_once)
    catalogue = Catalogue.load(audit_manager=asked, holds=tmp_path / "holds.yaml")

    assert (sorted(seen), len(catalogue.asked.controls), len(catalogue.matters)) == (sorted(own), 1, 1)
