"""A client that costs little: signed requests over one connection, answers read and not parsed.

    python -m bench.pages ENDPOINT PID PATH          follows NextToken to the end, 1,000 items a page
    python -m bench.pages ENDPOINT PID PATH PAGES    asks for PATH so many times

Prints, as JSON, the seconds of each page (`wall`), the processor seconds that process PID spent on them
(`cpu`, Linux), and how many items, distinct recovery points and bytes there were.
"""

import http.client
import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.executors import ACCESS_KEY, REGION

_TOKEN: Final = re.compile(rb'"NextToken":"([^"]+)"}$')
_ARN: Final = re.compile(rb'"RecoveryPointArn":"([^"]+)"')
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Client:
    """One connection, and the signer of its requests."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._signer = SigV4Auth(
            Credentials(ACCESS_KEY, os.environ["AWS_SECRET_ACCESS_KEY"]), "backup", REGION
        )
        self._connection = http.client.HTTPConnection(urlsplit(endpoint).netloc, timeout=60)

    def get(self, target: str) -> tuple[float, bytes]:
        """The seconds from sending to the answer's last byte, and the answer."""
        request = AWSRequest("GET", f"{self._endpoint}{target}", {"Host": urlsplit(self._endpoint).netloc})
        self._signer.add_auth(request)
        began = time.perf_counter()
        self._connection.request("GET", target, headers=dict(request.headers.items()))
        answer = self._connection.getresponse()
        body = answer.read()
        took = time.perf_counter() - began
        if answer.status != http.client.OK:
            raise SystemExit(f"{answer.status}: {body[:500]!r}")
        return took, body


def processor_seconds(pid: str) -> float:
    """What a process has spent so far; 0 where /proc does not tell."""
    stat = Path("/proc") / pid / "stat"
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def main() -> None:
    """Read the pages."""
    endpoint, pid, path = sys.argv[1:4]
    repeated = int(sys.argv[4]) if len(sys.argv) > 4 else None  # noqa: PLR2004 -- the fourth argument
    client, wall, size, items, seen = Client(endpoint), [], 0, 0, set()
    client.get(path + "?maxResults=1")  # what a first request pays is not a page's
    before = processor_seconds(pid)
    token: str | None = ""
    while token is not None and len(wall) != repeated:
        took, body = client.get(f"{path}?maxResults=1000" + (f"&nextToken={quote(token)}" if token else ""))
        wall.append(took)
        size += len(body)
        if repeated is None:
            found = _ARN.findall(body)
            items += len(found)
            seen.update(map(hash, found))
            following = _TOKEN.search(body, max(0, len(body) - 1000))
            token = following[1].decode() if following else None
    cpu = processor_seconds(pid) - before
    told = {"wall": wall, "cpu": cpu, "pages": len(wall), "bytes": size, "items": items}
    sys.stdout.write(json.dumps(told | {"distinct": len(seen)}))


if __name__ == "__main__":
    main()
