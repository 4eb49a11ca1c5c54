"""Call a WSGI application without a socket, directly or with botocore clients."""

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

#: What an in-process client takes for its endpoint: an address, so that S3 puts the bucket into the path.
ENDPOINT: Final = "http://127.0.0.1"


@dataclass(frozen=True, slots=True)
class InProcessResponse:
    """A whole response; `status` as WSGI writes it ("200 OK")."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def call(application: "WSGIApplication", environ: "WSGIEnvironment") -> InProcessResponse:
    """Run one request to its end."""
    started: list[Any] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], _error: object = None
    ) -> Callable[..., None]:
        started[:] = status, headers
        return lambda _data: None

    chunks = application(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
    return InProcessResponse(started[0], started[1], body)


class _Body(io.BytesIO):
    """The part of urllib3's response that botocore reads."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Yield what is left of the body."""
        if rest := self.read():
            yield rest


def before_send(application: "WSGIApplication") -> Callable[..., AWSResponse]:
    """Make the `before-send` handler that answers each request of a client from `application`."""

    def handle(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        answer = call(application, environ_of(request))
        headers = HTTPHeaders()
        for name, value in answer.headers:
            headers[name] = value
        return AWSResponse(request.url, int(answer.status.split(" ", 1)[0]), headers, _Body(answer.body))

    return handle


def environ_of(request: AWSPreparedRequest) -> "WSGIEnvironment":
    """Write `request` as a WSGI environment; RAW_URI keeps the path as it was encoded (aws-backup.md 5.1)."""
    url = urlsplit(request.url)
    body = _bytes(request.body)
    raw = url.path + ("?" + url.query if url.query else "")
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(url.path, "latin-1"),
        "QUERY_STRING": url.query,
        "RAW_URI": raw,
        "REQUEST_URI": raw,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": url.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        written: str | bytes = value  # botocore signs with either
        text = written.decode("latin-1") if isinstance(written, bytes) else written
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = text
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    content: str | bytes | bytearray = body.read() if hasattr(body, "read") else body
    return content.encode() if isinstance(content, str) else bytes(content)
