"""The generated pages of the controls."""

import subprocess
import sys
from pathlib import Path

from auditor.catalogue.suggestions import SUGGESTIONS

ROOT = Path(__file__).resolve().parents[3]
CONTROLS = ROOT / "policies" / "controls"


def test_one_control_one_folder_three_files_and_what_mends_its_findings() -> None:
    """Rego, its tests, its page, none of them missing; suggestions where they are written."""
    folders = [folder for folder in CONTROLS.glob("*/*") if folder.is_dir()]

    assert len(folders) >= 10
    assert {folder: {file.name for file in folder.iterdir()} - {SUGGESTIONS} for folder in folders} == {
        folder: {f"{folder.name}.rego", f"{folder.name}_test.rego", "README.md"} for folder in folders
    }


def test_controls_are_short() -> None:
    """At most 80 lines of Rego below the METADATA."""
    for file in CONTROLS.rglob("*.rego"):
        if not file.name.endswith("_test.rego"):
            rego = file.read_text().partition("\npackage ")[2]
            assert len(rego.splitlines()) <= 80, file


def test_the_pages_are_what_the_metadata_says() -> None:
    """`scripts/controls_pages.py --check` finds nothing to write."""
    done = subprocess.run(
        [sys.executable, "scripts/controls_pages.py", "--check"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout) == (0, "")
