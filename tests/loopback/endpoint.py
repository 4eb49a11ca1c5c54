"""The endpoint on loopback: one organization, every service, answers dated by its clock, calls logged.

The account is that of the access key, the Region and the service are those that the request was signed for.
"""

import re
import socket
import struct
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from tests.loopback import wire
from tests.loopback.faults import Fault
from tests.loopback.operations import OPERATIONS
from tests.loopback.world import Call, Organization, Place, Refused

_SCOPE = re.compile(r"Credential=([^/]*)/\d+/([\w-]+)/([\w-]+)/aws4_request")
_TOKEN = "page-"

#: `connect(organization, service)`: a client, as the tests of this package make them.
Connect = Callable[..., Any]


class Endpoint(ThreadingHTTPServer):
    """Answers for an organization.

    `calls` is every request in order, `errors` what this package cannot do.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, organization: Organization) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.organization = organization
        self.calls: list[Call] = []
        self.errors: list[BaseException] = []
        self.lock = Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def shutdown_request(self, request: Any) -> None:
        """Close a connection: at once where it was told to be reset."""
        if getattr(request, "getsockopt", None) and request.fileno() >= 0:
            linger = request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
            if linger == _RESET:
                request.close()
                return
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no error of ours."""

    def reply(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> wire.Answer | None:
        """The answer to one request; None where the connection is to be reset."""
        scope = _SCOPE.search(headers["Authorization"])
        if scope is None:
            raise LookupError(headers["Authorization"])
        account_id, region, service = scope[1][4:], scope[2], wire.service_of(scope[3])
        if account_id not in self.organization.accounts:
            return wire.refusal(service, "UnrecognizedClientException", "The security token is invalid.", 403)
        operation, given = wire.request(service, method, target, headers, body)
        place = Place(self.organization, self.organization.accounts[account_id], region)
        asked = given["RoleArn"].split(":")[4] if operation == "AssumeRole" else account_id
        with self.lock:
            self.calls.append(Call(service, operation, account_id, region, given))
            hits = [fault for fault in self.organization.faults if fault.hits(operation, asked, region)]
        fault = hits[0] if hits else None
        if fault is not None and fault.kind == "reset":
            return None
        if fault is not None and fault.kind == "refuse":
            return wire.refusal(service, fault.code_for(service), fault.message, fault.status)
        return self._answer(place, service, operation, given, fault)

    def _answer(
        self, place: Place, service: str, operation: str, given: Mapping[str, Any], fault: Fault | None
    ) -> wire.Answer:
        own = self.organization.operations.get((service, operation))
        try:
            document = (own or OPERATIONS[service, operation])(place, given)
        except Refused as error:
            return wire.refusal(service, error.code, error.message, error.status)
        pages = wire.pagination(service).get(operation)
        if pages is not None and isinstance(pages["result_key"], str):  # of several lists there is one page
            kind = fault.kind if fault is not None else ""
            document = _page(self.organization, pages, document, given, kind)
        answer = wire.answer(service, operation, document)
        if fault is not None and fault.kind == "body":
            return wire.Answer(fault.status, answer.content_type, fault.body)
        if fault is not None and fault.kind == "other":
            return wire.Answer(200, answer.content_type, fault.other(answer.body))
        if fault is not None and fault.kind == "cut":
            return wire.Answer(200, answer.content_type, answer.body[: len(answer.body) // 2])
        return answer


def _page(
    organization: Organization,
    pages: Mapping[str, Any],
    document: Mapping[str, Any],
    given: Mapping[str, Any],
    fault: str,
) -> dict[str, Any]:
    """One page of a listing: the token is the number of its first item (one less while blank)."""
    result, token_in, token_out = pages["result_key"], pages["input_token"], pages["output_token"]
    items = document[result]
    size = min(
        organization.page_size, int(given.get(pages.get("limit_key", ""), 0) or organization.page_size)
    )
    token = str(given.get(token_in) or "")
    page = dict(document)
    if organization.blank_pages and not token and items:
        start, stop = 0, 0
    elif token.startswith(_TOKEN):
        start = int(token.removeprefix(_TOKEN))
        stop = start + size
    else:
        start = items.index(token) + 1 if token else 0
        stop = start + size
    page[result] = items[start:stop]
    if fault in ("repeat", "renew"):
        page[result], stop = items[:size], 0 if fault == "repeat" else start + 1
    if fault in ("repeat", "renew") or stop < len(items):
        page[token_out] = f"{_TOKEN}{stop}"
    elif token_out == "PaginationToken":  # the tagging API writes an empty one at the end
        page[token_out] = ""
    return page


_RESET = struct.pack("ii", 1, 0)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Endpoint

    def do_GET(self) -> None:
        self._reply()

    do_POST = do_PUT = do_PATCH = do_HEAD = do_DELETE = do_GET  # noqa: N815 -- http.server's names

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002 -- its signature
        """The header `Date`: the organization's clock."""
        return format_datetime(self.server.organization.clock, usegmt=True)

    def log_message(self, *_message: Any) -> None:
        """Log nothing."""

    def _reply(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            answer = self.server.reply(self.command, self.path, dict(self.headers.items()), data)
        except Exception as error:  # noqa: BLE001 -- told to the test, which cannot see this thread
            self.server.errors.append(error)
            answer = wire.Answer(501, "text/plain", repr(error).encode())
        if answer is None:
            self.close_connection = True
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            return
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("x-amzn-RequestId", "7a62c49f-347e-4fc4-9331-6e8eexample")
        if answer.error:
            self.send_header("x-amzn-ErrorType", answer.error)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


@contextmanager
def serving(organization: Organization) -> Iterator[Endpoint]:
    """Serve an organization while the block runs.

    Raises what this package could not do: an operation that it does not know, a member that AWS has not.
    """
    endpoint = Endpoint(organization)
    Thread(target=endpoint.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield endpoint
    finally:
        endpoint.shutdown()
        endpoint.server_close()
    if endpoint.errors:
        raise endpoint.errors[0]
