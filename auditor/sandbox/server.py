"""The sandbox on a loopback port, and its control endpoints.

    GET  /_sandbox                                      accounts, Regions, virtual now
    POST /_sandbox/advance {"until": "2026-02-09T00:00:00Z"}    one JSON line a step, the last one {"done":
    true}

Werkzeug's threaded server, as moto's own: requests are short, run one at a time anyway, and come from this
machine.
"""

import ipaddress
import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import BaseWSGIServer, make_server

from auditor.model.errors import AuditorError, UsageError
from auditor.sandbox.sandbox import Progress, Sandbox, rfc3339

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

CONTROL: Final = "/_sandbox"
_MAX_BODY: Final = 4096


class _Handler(MotoRequestHandler):
    """moto's handler (it keeps underscores in S3's metadata headers); connections stay open, no log."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, *_: Any) -> None:
        """Say nothing: a demo sends thousands."""


class SandboxApplication:
    """The sandbox's application with its control endpoints before it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        asked = (environ["REQUEST_METHOD"], environ.get("PATH_INFO", ""))
        if stranger := _stranger(environ):
            return _json(start_response, HTTPStatus.FORBIDDEN, {"error": stranger})
        if asked == ("GET", CONTROL):
            return _json(start_response, HTTPStatus.OK, self.sandbox.describe())
        if asked == ("POST", f"{CONTROL}/advance"):
            return self._advance(environ, start_response)
        if asked[1].startswith((f"{CONTROL}/", "/moto-api/")) or asked[1] == CONTROL:
            return _json(
                start_response, HTTPStatus.NOT_FOUND, {"error": f"There is no {asked[0]} {asked[1]}."}
            )
        return self.sandbox.application(environ, start_response)

    def _advance(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        try:
            until = _until(
                environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), _MAX_BODY))
            )
            steps = self.sandbox.advance(until)
        except AuditorError as error:
            return _json(start_response, HTTPStatus.BAD_REQUEST, {"error": str(error)})
        start_response("200 OK", [("Content-Type", "application/x-ndjson")])
        return _lines(steps)


def _stranger(environ: "WSGIEnvironment") -> str:
    """Why a request from a web page is refused: its Host is a foreign name, or it has an Origin.

    Programs send no Origin; a name that ends in `localhost` is this machine's, whoever looks it up.
    """
    host, origin = environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN")
    if not _is_loopback(host):
        return f"The sandbox answers to 127.0.0.1 and localhost, not to the name {host!r}."
    if origin not in (None, f"http://{host}"):
        return f"The sandbox answers to no web page, such as one of {origin!r}."
    return ""


def _is_loopback(host: str) -> bool:
    try:
        name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        return name.split(".")[-1] == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _until(body: bytes) -> datetime:
    try:
        until = datetime.fromisoformat(json.loads(body)["until"])
    except (ValueError, KeyError, TypeError):
        until = None
    if until is None or until.tzinfo is None:
        raise UsageError('Send {"until": "2026-02-09T00:00:00Z"}: a time with its zone.')
    return until


def _lines(steps: Iterable[Progress]) -> Iterator[bytes]:
    for step in steps:
        line: dict[str, Any] = {"now": rfc3339(step.now)}
        line |= {"event": step.event} if step.event else {}
        line |= {"error": step.error} if step.error else {}
        yield json.dumps(line).encode() + b"\n"
    yield b'{"done": true}\n'


def _json(start_response: "StartResponse", status: HTTPStatus, document: Any) -> Iterable[bytes]:
    body = json.dumps(document).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body]


def listen(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> BaseWSGIServer:
    """Bind a server to a loopback address; port 0 takes a free one.

    Raises `UsageError` for any other address: signatures are not verified, so only this machine may ask.
    """
    address = "127.0.0.1" if host == "localhost" else host
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise UsageError(
            f"The sandbox verifies no signatures and serves loopback only; use 127.0.0.1, not {host}."
        )
    try:
        return make_server(
            address, port, SandboxApplication(sandbox), threaded=True, request_handler=_Handler
        )
    except (OSError, SystemExit) as error:
        raise UsageError(
            f"Cannot listen on {address}:{port}; choose another port, or 0 for a free one."
        ) from error


def endpoint_of(server: BaseWSGIServer) -> str:
    """The address that clients use."""
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"http://{host}:{server.port}"


def introduction(sandbox: Sandbox, endpoint: str) -> dict[str, Any]:
    """Endpoint, the caller's keys and what `GET /_sandbox` tells."""
    keys = sandbox.seeded.caller
    return {
        "endpoint_url": endpoint,
        "access_key": keys.access_key,
        "secret_key": keys.secret_key,
        **sandbox.describe(),
    }


def exports(facts: Mapping[str, Any], settings: Mapping[str, Path]) -> str:
    """The lines that make a shell's AWS programs use the sandbox, and auditor what `settings` name."""
    return "\n".join(
        (
            f"export AWS_ENDPOINT_URL={facts['endpoint_url']}",
            f"export AWS_ACCESS_KEY_ID={facts['access_key']}",
            f"export AWS_SECRET_ACCESS_KEY={facts['secret_key']}",
            f"export AWS_DEFAULT_REGION={facts['regions'][0]}",
            *(f"export AUDITOR_{name.upper()}={shlex.quote(str(path))}" for name, path in settings.items()),
        )
    )


def serve(
    host: str = "127.0.0.1",
    port: int = 5000,
    partition: str = "aws",
    *,
    folder: Path | None = None,
    announce: Callable[[dict[str, Any]], None],
) -> None:
    """Seed the organization of `folder`, `announce` its `introduction`, and serve until interrupted."""
    with Sandbox(partition, folder) as sandbox:
        server = listen(sandbox, host, port)
        announce(introduction(sandbox, endpoint_of(server)))
        try:
            server.serve_forever()
        finally:
            server.server_close()
