"""The sandbox as a child process of `auditor demo`."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from auditor.model.errors import AuditorError
from auditor.model.settings import Progress

#: Seconds the child may take to stop before it is ended.
STOP_SECONDS: Final = 10

#: Seconds between two lines of an advance: one virtual day of a whole organization.
STEP_SECONDS: Final = 300


class SandboxChild:
    """A running sandbox; `facts` is what it said of itself when it was ready."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts
        # Loopback: a proxy of the environment is not asked.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    @property
    def now(self) -> datetime:
        """The virtual time at which it started, UTC."""
        return datetime.fromisoformat(self.facts["now"])

    @property
    def regions(self) -> tuple[str, ...]:
        """The Regions of the organization, the primary one first."""
        return tuple(self.facts["regions"])

    def variables(self) -> dict[str, str]:
        """Name the AWS variables that make any client use it."""
        return {
            "AWS_ENDPOINT_URL": self.facts["endpoint_url"],
            "AWS_ACCESS_KEY_ID": self.facts["access_key"],
            "AWS_SECRET_ACCESS_KEY": self.facts["secret_key"],
            "AWS_DEFAULT_REGION": self.regions[0],
        }

    def advance(self, until: datetime, progress: Progress) -> None:
        """Let virtual time pass until `until`, UTC; due backups run.

        Raises:
            AuditorError: the sandbox stopped, or refused one of the organization's own events.
        """
        days = (until - self.now) / timedelta(days=1)
        done = False
        for line in self._lines(until):
            if "error" in line:
                raise AuditorError(f"the sandbox failed at {line.get('now', until)}: {line['error']}")
            done = done or "done" in line
            if "now" in line:
                passed = (datetime.fromisoformat(line["now"]) - self.now) / timedelta(days=1)
                progress("days of backups", int(passed), int(days))
        if not done:
            raise AuditorError(f"the sandbox ended before {until:%Y-%m-%d}; run the demo again")
        progress("days of backups", int(days), int(days))

    def _lines(self, until: datetime) -> Iterator[dict[str, Any]]:
        request = urllib.request.Request(  # noqa: S310 -- the child's own http address
            f"{self.facts['endpoint_url']}/_sandbox/advance",
            data=json.dumps({"until": until.isoformat()}).encode(),
            method="POST",
        )
        try:
            with self._opener.open(request, timeout=STEP_SECONDS) as answer:
                for line in answer:
                    yield json.loads(line)
        except urllib.error.HTTPError as error:
            said = json.loads(error.read() or b"{}").get("error", error)
            raise AuditorError(f"the sandbox refused: {said}") from None
        except (OSError, ValueError) as error:
            raise AuditorError(f"the sandbox stopped answering ({error}); run the demo again") from None


@contextmanager
def sandbox_child(partition: str, organization: Path | None = None) -> Iterator[SandboxChild]:
    """Run the sandbox in a child process while the block runs; it stops with us, however we end.

    `organization` is the folder of one; None is the sample.
    """
    arguments = [
        sys.executable,
        "-m",
        "auditor.sandbox",
        "--port",
        "0",
        "--partition",
        partition,
        "--with-parent",
    ]
    arguments += ["--organization", str(organization)] if organization else []
    child = subprocess.Popen(  # noqa: S603 -- our own module
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        yield SandboxChild(_introduction(child))
    finally:
        try:
            child.communicate(timeout=STOP_SECONDS)  # its standard input ends, and with it the child
        except subprocess.TimeoutExpired:
            child.kill()


def _introduction(child: "subprocess.Popen[str]") -> dict[str, Any]:
    line = child.stdout.readline() if child.stdout else ""
    if not line:
        raise AuditorError("the sandbox did not start; its own message is above")
    facts: dict[str, Any] = json.loads(line)
    return facts
