"""The yardstick of a page: the same HTTP server, which answers every request with so many bytes and no work.

python -m bench.bareserver BYTES        prints its address and serves until it is killed
"""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from waitress.server import create_server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment


def main() -> None:
    """Serve the same bytes again and again."""
    body = b'{"RecoveryPoints":[' + b" " * (int(sys.argv[1]) - 21) + b"]}"
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]

    def application(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        start_response("200 OK", headers)
        return [body]

    server = create_server(application, host="127.0.0.1", port=0, threads=8)
    sys.stdout.write(f"http://{server.effective_host}:{server.effective_port}\n")
    sys.stdout.flush()
    server.run()


if __name__ == "__main__":
    main()
