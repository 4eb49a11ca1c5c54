"""One account of a run: its credentials and, for commands that also change something, its session."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from botocore.session import Session

from auditor.aws.base import GivenCredentials, new_session


class HeldAccount:
    """One set of credentials and one session, each made when it is first asked for, under `lock`."""

    def __init__(self, credentials: Callable[[], Any]) -> None:
        self.lock = Lock()
        self._make_credentials = credentials
        self._credentials: Any = None
        self._session: Session | None = None

    def credentials(self) -> Any:
        """Give botocore's credentials."""
        if self._credentials is None:
            self._credentials = self._make_credentials()
        return self._credentials

    def session(self) -> Session:
        """Give the session."""
        if self._session is None:
            self._session = new_session()
            self._session.register_component("credential_provider", GivenCredentials(self.credentials()))
        return self._session
