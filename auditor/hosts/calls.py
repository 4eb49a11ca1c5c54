"""Calls of a host's API: JSON, pages, and what an error means.

No redirect is followed and no page of another address is read, so that the token goes nowhere else.
"""

import math
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import requests
from requests.auth import AuthBase

from auditor.hosts.comments import HostBusy, HostRefused

#: Seconds until a connection is made, and between two parts of an answer.
_TIMEOUTS: Final = (10, 30)
#: Pages that are read of one list: of 100 comments each.
_PAGES: Final = 200
#: Seconds until a host is asked again that does not say when.
_PAUSE: Final = 3.0
_TOO_MANY: Final = 429
_FORBIDDEN: Final = 403
_GONE: Final = (404, 410)
_CHANGES: Final = ("PUT", "PATCH", "DELETE")
_FAULT: Final = 500
_GOOD: Final = range(200, 300)
REDIRECTS: Final = (301, 302, 303, 307, 308)


class _Header(AuthBase):
    """A header with the token; it also keeps requests from taking another one out of a `.netrc`."""

    def __init__(self, name: str, value: str) -> None:
        self._header = {name: value}

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put it into a request."""
        request.headers.update(self._header)
        return request


class Calls:
    """The API at `base`, asked with one header that has the token; `now` is the time in Unix seconds."""

    def __init__(
        self,
        base: str,
        token: tuple[str, str],
        headers: Mapping[str, str],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._base = base.rstrip("/")
        self._now = now
        self._session = requests.Session()
        self._session.headers.update(headers)
        self._session.auth = _Header(*token)

    def send(self, method: str, path: str, document: Any = None) -> Any:
        """Ask for a path below the base, or for a whole address: the answer's JSON, None where it is empty.

        Raises:
            HostRefused: the host says no, or its answer is none.
            HostBusy: it wants to be asked again, or could not be reached.
        """
        answer = self._ask(method, path, document)
        return _json(answer) if answer.content else None

    def pages(self, path: str) -> Iterator[dict[str, Any]]:
        """Each entry of a list, of all its pages in their order.

        Raises:
            HostRefused: the host says no, its answer is none, or its pages do not end.
            HostBusy: it wants to be asked again, or could not be reached.
        """
        address = self._base + path
        for _ in range(_PAGES):
            answer = self._ask("GET", address)
            entries = _json(answer)
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                raise HostRefused(f"{self._host} answered with something other than a list of comments")
            yield from entries
            following = answer.links.get("next", {}).get("url", "")
            if not following:
                return
            address = urljoin(address, following)
            if urlsplit(address)[:2] != urlsplit(self._base)[:2]:
                raise HostRefused(f"{self._host} names a next page at another address, which is not read")
        raise HostRefused(f"{self._host} has more than {_PAGES} pages of comments, which are not read")

    def open(self, path: str) -> requests.Response:
        """Ask for what may be large, or lie elsewhere: the answer, whose body is not read yet.

        Raises:
            HostRefused: the host says no.
            HostBusy: it wants to be asked again, or could not be reached.
        """
        return self._ask("GET", path, stream=True, good=(*_GOOD, *REDIRECTS))

    @property
    def _host(self) -> str:
        return urlsplit(self._base).netloc

    def _ask(
        self,
        method: str,
        path: str,
        document: Any = None,
        *,
        stream: bool = False,
        good: Collection[int] = _GOOD,
    ) -> requests.Response:
        address = path if "://" in path else self._base + path
        try:
            answer = self._session.request(
                method, address, json=document, timeout=_TIMEOUTS, allow_redirects=False, stream=stream
            )
        except (requests.ConnectionError, requests.Timeout) as error:
            raise HostBusy(f"{self._host} could not be reached ({type(error).__name__})", _PAUSE) from None
        except requests.RequestException as error:
            raise HostRefused(f"{self._host} could not be asked ({type(error).__name__})") from None
        if answer.status_code in good:
            return answer
        said = f"{self._host} answered {answer.status_code}{_message(answer)}"
        if answer.status_code >= _FAULT or (method in _CHANGES and answer.status_code in _GONE):
            raise HostBusy(said, _PAUSE)  # a comment that is gone is looked for again
        if answer.status_code == _TOO_MANY or (answer.status_code == _FORBIDDEN and _limited(answer)):
            raise HostBusy(said, self._seconds(answer))
        raise HostRefused(said)

    def _seconds(self, answer: requests.Response) -> float:
        """How long to wait, by what the host says: in seconds, or at a time."""
        after = _number(answer.headers.get("retry-after"))
        reset = _number(answer.headers.get("x-ratelimit-reset") or answer.headers.get("ratelimit-reset"))
        if after is not None:
            return max(after, 1.0)
        if reset is not None:
            return max(reset - self._now() + 1, 1.0)
        return _PAUSE


def _limited(answer: requests.Response) -> bool:
    """Whether a refusal is one of too many calls (docs.github.com, "Rate limits for the REST API")."""
    return (
        "retry-after" in answer.headers
        or answer.headers.get("x-ratelimit-remaining") == "0"
        or "rate limit" in _message(answer).lower()
    )


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        raise HostRefused(f"{urlsplit(answer.url).netloc} answered with something other than JSON") from None


def _message(answer: requests.Response) -> str:
    """What the host says of an error, in a clause."""
    try:
        document = answer.json()
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict):
        return ""
    message = document.get("message") or document.get("error") or _first(document.get("errors"))
    return f": {' '.join(message.split())[:200]}" if isinstance(message, str) and message.strip() else ""


def _first(errors: Any) -> Any:
    """What the first error object of JSON:API says."""
    first = errors[0] if isinstance(errors, list) and errors else None
    return first.get("detail") or first.get("title") if isinstance(first, dict) else None
