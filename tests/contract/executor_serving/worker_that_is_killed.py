"""An executor in a process of its own that is killed at a chosen call.

Reads one JSON object a line from stdin: `until` (epoch seconds, also the clock) and `kill_at` (the number of
the Python call at which the process kills itself; 0: never). Each is run in a fork of its own, since imports
and clients take longer than a run. Answers with one JSON object: `killed`, or `calls`, `changed` (jobs) and
`failed` (places) of a run that ended.

Arguments: the database's URL, the endpoint of the services, the milliseconds that a lease lasts.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from auditor.aws.session import Credentials, make_client
from auditor.executor.database.database import Database
from auditor.executor.drivers import make_drivers
from auditor.executor.service import BackupService
from auditor.executor.serving.worker import ExecutorWorker
from auditor.serving import logs

#: One stored type, one native one with copies and one of many objects.
TYPES = {"EBS", "S3", "DynamoDB"}


def clients(endpoint: str) -> Callable[[str, str, str], Any]:
    """Clients of the services in every account, which is one."""
    made = {
        (service, region): make_client(
            service, region, credentials=Credentials("testing", "testing"), endpoint_url=endpoint
        )
        for service in ("ec2", "s3", "dynamodb", "resourcegroupstaggingapi")
        for region in ("eu-west-1", "eu-central-1")
    }
    return lambda service, _account_id, region: made[service, region]


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


@dataclass
class Worker:
    """What the forks share."""

    url: str
    clients: Callable[[str, str, str], Any]
    lease_ms: int

    def run(self, until: float, kill_at: int, answer: int) -> None:
        """One run of the engine: at most up to its `kill_at`-th call."""
        moment = datetime.fromtimestamp(until, UTC)
        drivers = [one for one in make_drivers(self.clients, lambda: moment) if one.resource_type in TYPES]
        service = BackupService(Database.open(self.url), lambda: moment, drivers)
        engine, fuse = ExecutorWorker(service, lease_ms=self.lease_ms), Fuse(kill_at)
        sys.setprofile(fuse)
        changes, failed = engine.run(moment)
        sys.setprofile(None)
        said = {
            "killed": False,
            "calls": fuse.calls,
            "changed": changes.total(),
            "failed": {str(scope): reason for scope, reason in failed.items()},
        }
        os.write(answer, json.dumps(said).encode())


def main(url: str, endpoint: str, lease_ms: str) -> None:
    """Serve the orders on stdin."""
    logs.write_to(sys.stderr)
    worker = Worker(url, clients(endpoint), int(lease_ms))
    Database.open(url).close()
    for line in sys.stdin:
        order = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            try:
                worker.run(order["until"], order["kill_at"], writing)
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
