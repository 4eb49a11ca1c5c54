"""The API of HCP Terraform and Terraform Enterprise, as one run task may use it.

The plan is fetched and the result told with the token of the request. A plan may lie in an archive, to which
one redirect leads; the token does not go there.

Source: developer.hashicorp.com, "Run tasks integration API"; "Plans API", json-output (204 where the plan is
not there yet, else a temporary redirect).
"""

from collections.abc import Callable, Mapping
from math import ceil
from time import monotonic
from typing import Any, Final
from urllib.parse import urljoin

import requests

from auditor.hosts.calls import REDIRECTS, Calls
from auditor.hosts.comments import HostBusy, HostRefused, patiently
from auditor.hosts.run_task import Installations, RunTask

_HEADERS: Final = {"Content-Type": "application/vnd.api+json", "User-Agent": "auditor"}
_NOBODY: Final = ("Accept", "application/json")
_NOT_YET: Final = 204
#: Seconds until a plan that is not there yet is asked for again.
_PAUSE: Final = 5.0
_CHUNK: Final = 1 << 16
#: Bytes of a plan: what a check reads.
MAX_PLAN: Final = 64 << 20
#: Seconds that a plan may take to come.
PLAN_SECONDS: Final = 180.0


class TerraformRun:
    """The run that one task is of; `wait` waits so many seconds."""

    def __init__(self, task: RunTask, origins: Installations, wait: Callable[[float], object]) -> None:
        self._task = task
        self._origins = origins
        self._wait = wait
        self._calls = Calls(task.callback, ("Authorization", f"Bearer {task.token}"), _HEADERS)

    def plan(self, most: int = MAX_PLAN, seconds: float = PLAN_SECONDS) -> bytes:
        """The plan as JSON.

        Raises:
            HostRefused: there is none, it lies where it may not, is larger than `most` bytes, or takes longer
                than `seconds`.
        """
        until = monotonic() + seconds
        for left in reversed(range(max(1, ceil(seconds / _PAUSE)))):
            found = patiently(lambda: self._plan(most, until), self._wait)
            if found is not None:
                return found
            if not left or monotonic() >= until:
                break
            self._wait(_PAUSE)
        raise HostRefused("the plan was not there in time")

    def tell(self, status: str, message: str, outcomes: Any = None, url: str = "") -> None:
        """Tell the state of the task: running, passed or failed.

        Raises:
            HostRefused: it is not taken.
        """
        attributes = {"status": status, "message": message, **({"url": url} if url else {})}
        told: dict[str, Any] = {"type": "task-results", "attributes": attributes}
        if outcomes:
            told["relationships"] = {"outcomes": {"data": outcomes}}
        document: Mapping[str, Any] = {"data": told}
        patiently(lambda: self._calls.send("PATCH", self._task.callback, document), self._wait)

    def _plan(self, most: int, until: float) -> bytes | None:
        """The plan, None where it is not there yet."""
        answer = self._calls.open(self._task.plan)
        if answer.status_code in REDIRECTS:
            address = urljoin(self._task.plan, answer.headers.get("location", ""))
            answer.close()
            if not self._origins.holds(address):
                raise HostRefused("the plan lies at an address of somebody else, which is not read")
            answer = Calls(address, _NOBODY, {"User-Agent": "auditor"}).open(address)
            if answer.status_code in REDIRECTS:
                answer.close()
                raise HostRefused("more than one redirect leads to the plan, which is not followed")
        with answer:
            return None if answer.status_code == _NOT_YET else _body(answer, most, until)


def _body(answer: requests.Response, most: int, until: float) -> bytes:
    """The body of an answer, within its limits."""
    parts, size = [], 0
    try:
        for part in answer.iter_content(_CHUNK):
            parts.append(part)
            size += len(part)
            if size > most:
                raise HostRefused(f"the plan has more than {most >> 20} MiB, which are not read")
            if monotonic() > until:
                raise HostRefused("the plan did not come in time")
    except requests.RequestException as error:
        raise HostBusy(f"the plan broke off ({type(error).__name__})", _PAUSE) from None
    return b"".join(parts)
