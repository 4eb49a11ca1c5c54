"""Clients of the services' own APIs in every account, through assumed roles."""

from threading import Lock
from typing import Any

from auditor.aws.failures import CALL_ERRORS
from auditor.aws.session import RoleNotAssumed, Sessions
from auditor.executor.seam.driver import DriverError


class NativeClients:
    """Clients by service, account and Region, made once. Where a role fails, only its jobs fail."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lock = Lock()
        self._clients: dict[tuple[str, str, str], Any] = {}

    def __call__(self, service: str, account_id: str, region: str) -> Any:
        """A client; raises `DriverError` when the account's role cannot be assumed."""
        key = (service, account_id, region)
        with self._lock:
            if key not in self._clients:
                try:
                    self._clients[key] = self._sessions.client(service, account_id, region)
                except RoleNotAssumed as error:
                    raise DriverError(str(error), "ACCESS_DENIED") from error
                except CALL_ERRORS as error:
                    raise DriverError(str(error)) from error
            return self._clients[key]
