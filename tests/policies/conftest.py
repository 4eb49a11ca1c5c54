"""A real OPA for the gates on `policies/`."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def opa_program() -> str:
    """The path of a real OPA; skips where none can be had."""
    given = os.environ.get("AUDITOR_OPA")
    if given:
        return given
    found = subprocess.run(
        ["sh", str(ROOT / "scripts" / "obtain_opa.sh")], capture_output=True, text=True, check=False
    )
    if found.returncode:
        pytest.skip(f"no real OPA: {found.stderr.strip()}")
    return found.stdout.strip()
