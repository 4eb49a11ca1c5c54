"""What every test may rely on: no credentials of the user, and no quiet skip where everything is required."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

#: Set to 1 (CI does): a test marked `opa` or `browser` that is skipped counts as failed.
REQUIRE_ALL = "AUDITOR_REQUIRE_ALL"

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "obtain_opa.sh"

#: Variables of the test run itself.
KEPT = frozenset({REQUIRE_ALL, "AUDITOR_OPA"})

for _name in [name for name in os.environ if name.startswith(("AWS_", "AUDITOR_")) and name not in KEPT]:
    del os.environ[_name]
os.environ |= {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Turn a skip of a marked test into a failure where everything is required."""
    report = yield
    if os.environ.get(REQUIRE_ALL) == "1" and report.skipped and not hasattr(report, "wasxfail"):
        for marker in ("opa", "browser"):
            if item.get_closest_marker(marker):
                report.outcome = "failed"
                report.longrepr = f"skipped although {REQUIRE_ALL}=1: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def opa_program() -> str:
    """The path of a real OPA; skips where none can be had."""
    given = os.environ.get("AUDITOR_OPA")
    if given:
        return given
    found = subprocess.run(["sh", str(SCRIPT)], capture_output=True, text=True, check=False)
    if found.returncode:
        pytest.skip(f"no real OPA: {found.stderr.strip()}")
    return found.stdout.strip()
