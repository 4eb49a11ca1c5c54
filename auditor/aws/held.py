"""The sessions of one account: one set of credentials, one session for each set of parsers."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from botocore.parsers import ResponseParserFactory
from botocore.session import Session

from auditor.aws.base import new_session, shared_loader
from auditor.aws.models import reading_loader


class HeldAccount:
    """The sessions of one account: one set of credentials, one session for each set of parsers."""

    def __init__(self, credentials: Callable[[], Any]) -> None:
        self.lock = Lock()
        self._make_credentials = credentials
        self._credentials: Any = None
        self._sessions: dict[ResponseParserFactory | None, Session] = {}

    def credentials(self) -> Any:
        """Give the credentials; made when they are first asked for."""
        if self._credentials is None:
            self._credentials = self._make_credentials()
        return self._credentials

    def session(self, parsers: ResponseParserFactory | None) -> Session:
        """Give the session whose clients read with `parsers`; None takes botocore's own."""
        if parsers not in self._sessions:
            session = new_session()
            session.register_component("credential_provider", _Known(self.credentials()))
            if parsers is not None:
                session.register_component("response_parser_factory", parsers)
                session.register_component("data_loader", reading_loader(shared_loader()))
            self._sessions[parsers] = session
        return self._sessions[parsers]


class _Known:
    """A botocore credential provider of credentials that we already have."""

    def __init__(self, credentials: Any) -> None:
        self._credentials = credentials

    def load_credentials(self) -> Any:
        return self._credentials
