"""Which controls can be asked before anything exists."""

from pathlib import Path
from shutil import copytree

import pytest

from auditor.catalogue.load import Catalogue, policies_folder
from auditor.catalogue.moments import only_recorded
from auditor.model.errors import UsageError

SELECTED = "controls/coverage/selected/selected.rego"
GAP = "controls/frequency/rpo_attained/rpo_attained.rego"
SCHEMAS = Catalogue.load().schemas


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped policies, to be changed."""
    return Path(copytree(policies_folder(), tmp_path / "policies"))


@pytest.mark.parametrize(
    ("subject", "path", "tables"),
    [
        ("resource", "tier", []),
        ("resource", "protection.selected", []),
        ("plan", "cadences", []),
        ("plan", "lifecycles", []),
        ("resource", "resource.type", []),
        ("resource", "resource.age_hours", ["backup_jobs", "recovery_points", "resources.created_at"]),
        ("resource", "resource", ["backup_jobs", "recovery_points", "resources.created_at"]),
        ("vault", "vault.demanded_lock", []),
        ("key", "key.state", []),
        ("key", "key.recovery_points", ["recovery_points"]),
        ("recovery_point", "recovery_point.job_id", ["backup_jobs", "copy_jobs", "recovery_points"]),
        ("recovery_point", "recovery_point.matters", ["recovery_points"]),
    ],
)
def test_the_rows_of_the_facts_say_what_only_an_audit_knows(
    subject: str, path: str, tables: list[str]
) -> None:
    """A job that only settles what declarations leave open does not count; what lies below a fact does."""
    assert only_recorded(SCHEMAS[subject], path) == tables


def test_a_check_time_control_that_reads_what_only_an_audit_knows_is_refused(copy: Path) -> None:
    """With its line; the same control is fine at an audit."""
    file = copy / GAP
    text = file.read_text(encoding="utf-8")
    assert Catalogue.load(copy)
    file.write_text(text.replace("moments: [audit]", "moments: [check, audit]"), encoding="utf-8")

    with pytest.raises(UsageError, match=r"rego:27: resource.age_hours is made of backup_jobs, "):
        Catalogue.load(copy)


def test_the_shipped_controls_of_a_check() -> None:
    """Those that need nothing but what is declared."""
    found = {control.id for control in Catalogue.load().controls if "check" in control.moments}

    assert found >= {"BKP-COV-001", "BKP-FRQ-003", "BKP-RET-001", "BKP-IMM-002"}
