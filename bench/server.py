"""A sandbox whose first day of backups can be repeated, so that a month of thousands of them takes seconds.

    python -m bench.server FOLDER        serves FOLDER/organization.yaml until standard input ends

    POST /_bench/repeat {"days": 29}     the backups of the first day again on each of so many days

Jobs, copies and recovery points of the repeated days are those of the first one with other identifiers and
times: what the executor lists is what it would list after having run them.
"""

import json
import os
import sys
import threading
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.sandbox.sandbox import Sandbox
from auditor.sandbox.server import SandboxApplication, endpoint_of, introduction, listen
from bench.endpoint import REPEAT
from bench.repeat import repeat

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


class Repeating(SandboxApplication):
    """The sandbox's application with one more control endpoint."""

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("PATH_INFO") != REPEAT:
            return super().__call__(environ, start_response)
        days = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))["days"]
        now = self.sandbox.now() + timedelta(days=days)
        database = self.sandbox._database  # noqa: SLF001 -- no API makes what has not happened
        repeat(database, self.sandbox.organization.start, days, now)
        self.sandbox.clock.set_time(now)
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({"now": now.isoformat()}).encode()]


def main() -> None:
    """Say in one JSON line how to reach it, and serve."""
    sandbox = Sandbox("aws", Path(sys.argv[1]))
    server = listen(sandbox)
    server.app = Repeating(sandbox)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(json.dumps(introduction(sandbox, endpoint_of(server))) + "\n")
    sys.stdout.flush()
    sys.stdin.buffer.read()
    os._exit(0)  # taking all of moto's objects apart costs a second and serves nobody


if __name__ == "__main__":
    main()
