"""An executor in a process of its own that is killed at a chosen call.

Reads one JSON object a line from stdin: `until` (epoch seconds, also the clock) and `kill_at` (the number
of the Python call at which the process kills itself; 0: never). Each is run in a fork of its own, since only
the first start pays for imports. Answers with one JSON object: `killed`, and `calls` of a run that ended.

Arguments: the catalog's URL, the endpoint of the services, the partition's access key, the worker's name.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from auditor.aws.session import Credentials, make_client
from auditor.executor.catalog.catalog import Catalog
from auditor.executor.service import BackupService
from auditor.executor.services import make_drivers
from auditor.executor.serving import logs
from auditor.executor.serving.engine import Engine


def clients(endpoint: str) -> Callable[[str, str, str], Any]:
    """Clients of the services in every account, which is one."""
    made: dict[tuple[str, str], Any] = {}

    def client(service: str, _account_id: str, region: str) -> Any:
        if (service, region) not in made:
            made[service, region] = make_client(
                service, region, credentials=Credentials("testing", "testing"), endpoint_url=endpoint
            )
        return made[service, region]

    return client


class Fuse:
    """Kills the process at its n-th call; counts otherwise."""

    def __init__(self, kill_at: int) -> None:
        self.calls = 0
        self._kill_at = kill_at

    def __call__(self, _frame: Any, event: str, _argument: Any) -> None:
        """Hear of a call."""
        if event in {"call", "c_call"}:
            self.calls += 1
            if self.calls == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)


def run(url: str, endpoint: str, until: float, kill_at: int, answer: int) -> None:
    """One run of the engine: at most up to its `kill_at`-th call."""
    moment = datetime.fromtimestamp(until, UTC)
    service = BackupService(
        Catalog.open(url), lambda: moment, make_drivers(clients(endpoint), lambda: moment)
    )
    engine, fuse = Engine(service), Fuse(kill_at)
    sys.setprofile(fuse)
    _, failed = engine.run(moment)
    sys.setprofile(None)
    failures = {str(scope): reason for scope, reason in failed.items()}
    os.write(answer, json.dumps({"killed": False, "calls": fuse.calls, "failed": failures}).encode())


def main(url: str, endpoint: str) -> None:
    """Serve the orders on stdin."""
    logs.write_to(sys.stderr)
    clients(endpoint)("ec2", "", "eu-west-1")
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                run(url, endpoint, order["until"], order["kill_at"], writing)
            finally:
                sys.stderr.flush()
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as answers:
            said = answers.read()
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        answer = json.loads(said) if said else {"killed": killed, "status": status}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
