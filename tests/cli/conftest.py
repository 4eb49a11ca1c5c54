"""The command as its user runs it, without credentials: a process of its own, or a call in this one."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from unittest import mock

import pytest

from auditor.cli.main import main
from tests import demo
from tests.loopback.kept import kept

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
def here(tmp_path: Path, clean_environment: dict[str, str]) -> Run:
    """The same in this process, at a tenth of the cost: for what the command says and writes."""

    def run(*arguments: str, env: Mapping[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, clean_environment | dict(env or {}), clear=True),
            contextlib.chdir(tmp_path),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
            kept(),
            pytest.raises(SystemExit) as end,
        ):
            main(arguments)
        assert isinstance(end.value.code, int)
        return subprocess.CompletedProcess(arguments, end.value.code, out.getvalue(), err.getvalue())

    return run


@pytest.fixture
def keys() -> dict[str, str]:
    """Credentials that no endpoint knows."""
    return {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG"}
