"""The hook of pre-commit: its line is run here as pre-commit runs it, in the folder of the repository."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.check.terraform import protected, volume
from tests.check.test_check_command import written
from tests.hosts.jobs import ROOT, program, variables

EXAMPLE = ROOT / "examples" / "pre-commit-config.yaml"


def hook() -> dict[str, Any]:
    """The one hook."""
    (found,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    return dict(found)


def run(folder: Path, arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run the hook's line with arguments."""
    env = variables(
        PATH=f"{program(folder.parent / 'bin').parent}:/usr/bin:/bin", AUDITOR_CHECK_UNIT="Production"
    )
    command = [*shlex.split(hook()["entry"]), *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_hook_judges_the_repository_and_stops_a_commit_with_a_finding(tmp_path: Path) -> None:
    """As it is declared, and as the example calls it: findings below its severity let the commit through."""
    folder = tmp_path / "repository"
    plan = volume(protected(copied=True, keyed=True), "other", backup_tier="Gold").first()
    written(folder / "templates" / "plan.json", plan)
    (example,) = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))["repos"][0]["hooks"]

    declared = run(folder, hook()["args"])
    called = run(folder, [*example["args"], "--fail-on=critical"])

    assert (declared.returncode, declared.stderr) == (3, "")
    found = "finding high BKP-COV-001 aws_ebs_volume.other (templates/plan.json)"
    assert declared.stdout.startswith(found)
    assert (called.returncode, called.stderr) == (0, "")
    assert example["id"] == hook()["id"]


@pytest.mark.parametrize(
    ("name", "asked"),
    [("a/t.yaml", True), ("t.yml", True), ("plan.json", True), ("stack.template", True), ("main.tf", False)],
)
def test_it_runs_when_something_changes_that_it_could_read(name: str, asked: bool) -> None:  # noqa: FBT001 -- a table
    """Of the names that a folder is searched for."""
    assert bool(re.search(hook()["files"], name)) is asked


def test_all_is_judged_together() -> None:
    """pre-commit would give a part of the files to each of several processes."""
    declared = hook()

    assert (declared["pass_filenames"], declared["require_serial"]) == (False, True)
    assert (declared["language"], declared["entry"].split()[0]) == ("python", "auditor")
