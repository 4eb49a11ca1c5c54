"""The evidence that is measured is evidence: an audit of it finds what was planted, and nothing else."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.shapes import ESTATE, HISTORY, PLANTED, Group, Shape
from bench.synthetic import write_run

_PROGRAM = """
import json, sys
from collections import Counter
from pathlib import Path
from auditor.audit import evaluate_run
from auditor.model.settings import Settings, silent
from bench.shapes import AS_OF
document = evaluate_run(Path(sys.argv[1]), Settings(AS_OF), silent)
found = Counter(finding.control_id for finding in document.findings)
print(json.dumps([found, document.summary.recovery_points, document.summary.jobs, "pandas" in sys.modules]))
"""


@pytest.mark.long
@pytest.mark.parametrize(
    ("groups", "points", "jobs"), [(ESTATE, 2 * 306 - 2, 2 * 380), (HISTORY, 2 * 2040 - 30, 2 * 1800)]
)
def test_an_audit_of_synthetic_evidence_finds_what_was_planted(
    tmp_path: Path, groups: tuple[Group, ...], points: int, jobs: int
) -> None:
    """One fault for each of four controls, and pandas (40 MB) is not imported."""
    run = write_run(tmp_path, "run", Shape(accounts=1, resources=20, groups=groups))
    said = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(run)], capture_output=True, text=True, check=True
    ).stdout
    assert json.loads(said) == [PLANTED, points, jobs, False]


def test_the_same_shape_gives_the_same_bytes(tmp_path: Path) -> None:
    """Figures of two versions are figures of the same evidence."""
    shape = Shape(accounts=2, resources=20, groups=ESTATE)
    first, second = (write_run(tmp_path / name, "run", shape) for name in ("a", "b"))
    assert (first / "manifest.json").read_bytes() == (second / "manifest.json").read_bytes()
