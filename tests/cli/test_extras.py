"""What needs an extra says which; who only audits needs none."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from auditor.cli.extras import EXECUTOR, RUN_TASK, SANDBOX

ROOT = Path(__file__).resolve().parents[2]
#: boto3 brings it, so it is never missing.
ALWAYS_THERE = {"s3transfer"}


def _declared(extra: str) -> list[str]:
    """The modules of an extra of `pyproject.toml`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[\[><=]", line)[0] for line in project["optional-dependencies"][extra]]
    return [name.replace("-", "_") for name in names if name != "backup-auditor"]


def test_what_is_looked_for_is_what_the_extras_install() -> None:
    """The sandbox's extra has the executor's in it."""
    assert list(EXECUTOR) == _declared("executor")
    assert list(RUN_TASK) == _declared("run-task")
    assert list(SANDBOX) == [*_declared("executor"), *_declared("sandbox")]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What the commands say in an installation without extras."""
    folder = tmp_path_factory.mktemp("only-audits")
    done = subprocess.run(
        [sys.executable, "tests/cli/only_audits.py", folder, *sorted({*SANDBOX} - ALWAYS_THERE)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "", "HOME": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.long
def test_who_only_audits_needs_no_extra(said: dict[str, list[object]]) -> None:
    """Help, policies, audit, evaluate and report work without the executor's libraries."""
    assert said["audit"] == [0, "COMPLIANT"]
    assert {name for name, (code, _) in said.items() if code == 0} == {
        "--help",
        "audit",
        "audit --help",
        "evaluate",
        "executor --help",
        "executor serve --help",
        "policy list",
        "push --help",
        "report",
        "run-task serve --help",
    }


@pytest.mark.long
def test_a_command_that_lacks_its_extra_says_what_to_install(said: dict[str, list[object]]) -> None:
    """In one sentence, before anything else is looked at."""
    needs = {
        name: re.findall(r"'backup-auditor\[([\w-]+)\]'$", str(line))
        for name, (code, line) in said.items()
        if code == 1
    }

    assert needs == {
        "demo": ["sandbox"],
        "sandbox": ["sandbox"],
        "executor migrate": ["executor"],
        "executor run": ["executor"],
        "executor serve": ["executor"],
        "executor simulate": ["executor"],
        "run-task serve": ["run-task"],
    }
    assert said["executor run"][1] == (
        "auditor: the executor is not installed; run: pip install 'backup-auditor[executor]'"
    )
