"""Extras that a command needs and an installation may lack."""

import os
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Final

from auditor.model.errors import AuditorError

#: What the extra `executor` of `pyproject.toml` installs, as modules.
EXECUTOR: Final = ("alembic", "prometheus_client", "s3transfer", "sqlalchemy", "waitress")
#: What the extra `run-task` installs.
RUN_TASK: Final = ("waitress",)
#: What the extra `sandbox` installs.
SANDBOX: Final = (*EXECUTOR, "moto", "time_machine")


def require_sandbox() -> None:
    """Check that the sandbox's libraries are installed.

    Raises:
        AuditorError: naming what to install.
    """
    _require("sandbox", SANDBOX)


def require_executor() -> None:
    """Check that the executor's libraries are installed.

    Raises:
        AuditorError: naming what to install.
    """
    _require("executor", EXECUTOR)


def require_run_task() -> None:
    """Check that the libraries of `auditor run-task` are installed.

    Raises:
        AuditorError: naming what to install.
    """
    _require("run-task", RUN_TASK)


def _require(extra: str, modules: Iterable[str]) -> None:
    if any(find_spec(name) is None for name in modules):
        raise AuditorError(f"the {extra} is not installed; run: pip install 'backup-auditor[{extra}]'")


def forget_aws() -> None:
    """Drop this process's AWS variables, profiles and metadata service: a sandbox uses none of the user's."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }
