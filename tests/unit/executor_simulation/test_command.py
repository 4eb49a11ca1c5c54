"""`auditor executor simulate` as its user runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

INVENTORY = {
    "accounts": ["111122223333", "444455556666"],
    "regions": ["eu-west-1", "eu-central-1"],
    "resources": [
        {"type": "EBS", "count": 3, "tags": {"backup-tier": "gold"}},
        {"type": "S3", "tags": {"backup-tier": "silver"}},
        {"type": "EC2", "tags": {"backup-tier": "exempt"}},
    ],
}


def simulate(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in `folder`, without settings or credentials of the user."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AUDITOR_"))}
    command = [sys.executable, "-m", "auditor", "executor", "simulate", "--start", "2026-01-05", *arguments]
    return subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True, check=False)


def test_without_a_plan_it_is_what_a_push_would_make(tmp_path: Path) -> None:
    """Gold is copied between the two Regions under its lock, silver is not, exempt has no job."""
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(INVENTORY))

    done = simulate(tmp_path, "--inventory", "inventory.yaml", "--days", "3", "--format", "json")

    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == 0
    assert [
        (row["kind"], row["plan"], row["rule"], row["state"], row["count"]) for row in report["jobs"]
    ] == [
        ("backup", "backup-gold", "night", "COMPLETED", 36),
        ("backup", "backup-gold", "noon", "COMPLETED", 36),
        ("backup", "backup-silver", "night", "COMPLETED", 12),
        ("copy", "backup-gold", "night", "COMPLETED", 36),
    ]
    assert report["failures"] == []
    assert {row["tier"] for row in report["recovery_points"]} == {"gold", "silver"}


@pytest.mark.long
def test_tables_show_failures_with_aws_backups_words(tmp_path: Path, plan: dict[str, Any]) -> None:
    """A lock that forbids the plan's retention is seen before anyone pushes it."""
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    lock = {"min_retention_days": 11}
    document = {"resources": [{"type": "EBS"}], "vaults": [{"name": "vault", "lock": lock}]}
    (tmp_path / "inventory.yaml").write_text(yaml.safe_dump(document))

    done = simulate(tmp_path, "plan.json", "--inventory", "inventory.yaml", "--days", "2")

    assert done.returncode == 0
    assert "INVALID_LIFECYCLE" in done.stdout
    assert "2 jobs of 2 days" in done.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plan.json"], "There is nothing to back up; name resources with --inventory or --resources."),
        (
            ["plan.json", "--resources", "EBS"],
            "it must be types with numbers from 1 to 1000000, as in EBS=500,S3=20, not 'EBS'",
        ),
        (
            ["absent.json", "--resources", "EBS=1"],
            "absent.json: no such file or directory; name a file that",
        ),
        (["list.json", "--resources", "EBS=1"], "list.json:1: this is not a backup plan"),
    ],
)
def test_wrong_arguments_are_one_sentence(
    tmp_path: Path, plan: dict[str, Any], arguments: list[str], words: str
) -> None:
    """Exit code 2 and what to do."""
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    (tmp_path / "list.json").write_text("[]")

    done = simulate(tmp_path, *arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
