"""Extras that a command needs and an installation may lack."""

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
