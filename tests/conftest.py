"""What every test may rely on: no credentials of the user, and no quiet skip where everything is required."""

import os
from collections.abc import Iterator

import pytest

#: Set to 1 (CI does): a test marked `opa` or `browser` that is skipped counts as failed.
REQUIRE_ALL = "AUDITOR_REQUIRE_ALL"

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
