"""Extras that a command needs and an installation may lack."""

import os
from importlib.util import find_spec

from auditor.model.errors import AuditorError


def require_sandbox() -> None:
    """Check that the sandbox's libraries are installed.

    Raises:
        AuditorError: naming what to install.
    """
    missing = [name for name in ("moto", "time_machine") if find_spec(name) is None]
    if missing:
        raise AuditorError("the sandbox is not installed; run: pip install 'backup-auditor[sandbox]'")


def require_executor() -> None:
    """Check that the server's libraries are installed.

    Raises:
        AuditorError: naming what to install.
    """
    missing = [name for name in ("waitress", "prometheus_client") if find_spec(name) is None]
    if missing:
        raise AuditorError("the server is not installed; run: pip install 'backup-auditor[executor]'")


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
