"""The command as its user runs it: a process of its own, without the user's credentials."""

import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests import demo

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def clean_environment() -> dict[str, str]:
    """No credentials, no settings; an endpoint that a test does not name is not AWS's."""
    return demo.clean_environment()


@pytest.fixture
def auditor(tmp_path: Path, clean_environment: dict[str, str]) -> Run:
    """Run `auditor` with arguments in an empty folder; `env` adds variables."""

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "auditor", *arguments],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=clean_environment | dict(env or {}),
        )

    return run


@pytest.fixture
def keys() -> dict[str, str]:
    """Credentials that no endpoint knows."""
    return {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG"}
