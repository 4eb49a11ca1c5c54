"""The body of an answer ends, or is given up."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from threading import Thread
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from urllib3 import HTTPResponse
from urllib3.exceptions import DecodeError, ProtocolError
from urllib3.exceptions import ReadTimeoutError as SocketTimeoutError

from auditor.aws import bodies


class Trickle:
    """A body that gives a byte at a time, or raises."""

    def __init__(self, error: Exception | None = None) -> None:
        self.closed = False
        self._error = error

    def read1(self, _amount: int) -> bytes:
        """One byte more."""
        if self._error is not None:
            raise self._error
        return b" "

    def close(self) -> None:
        """Note it."""
        self.closed = True


def sent(raw: Any) -> AWSResponse:
    """What a bounded client has of an answer."""
    session = SimpleNamespace(
        send=lambda request: AWSResponse(request.url, 200, HTTPHeaders(), raw), close=lambda: None
    )
    client = SimpleNamespace(_endpoint=SimpleNamespace(http_session=session))
    request = SimpleNamespace(url="http://127.0.0.1:9/", stream_output=False)
    answer: AWSResponse = bodies.bound(client)._endpoint.http_session.send(request)
    return answer


def test_a_body_has_a_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many bytes are read, and no more."""
    monkeypatch.setattr(bodies, "MOST_BYTES", 10)

    assert sent(HTTPResponse(BytesIO(b"x" * 10), preload_content=False)).content == b"x" * 10
    with pytest.raises(ResponseParserError, match=r"^The answer does not end within 10 bytes\.$"):
        sent(HTTPResponse(BytesIO(b"x" * 11), preload_content=False))


def test_a_body_that_comes_byte_by_byte_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time, whatever comes meanwhile; its connection is not used again."""
    ticks = iter(range(1000))
    monkeypatch.setattr(bodies, "monotonic", lambda: float(next(ticks)))
    raw = Trickle()

    with pytest.raises(ResponseParserError, match=r"^The answer does not end within 300 s\.$"):
        sent(raw)

    assert (raw.closed, next(ticks)) == (True, 302)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SocketTimeoutError(None, "", ""), ReadTimeoutError),  # type: ignore[arg-type] # no pool is needed
        (ProtocolError("cut"), ConnectionClosedError),
        (DecodeError("odd"), HTTPClientError),
    ],
)
def test_a_body_that_breaks_off_is_what_botocore_says(error: Exception, kind: Callable[..., Any]) -> None:
    """So it is tried again like any other call."""
    with pytest.raises(HTTPClientError) as raised:
        sent(Trickle(error))

    assert type(raised.value) is kind


def test_a_stream_is_left_to_whoever_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An object of S3 is read by parts and may be larger than any answer; a listing is read here."""
    monkeypatch.setattr(bodies, "MOST_BYTES", 4)

    class Objects(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            content = b"longer" if self.path.startswith("/b/key") else b"<ListBucketResult/>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Objects) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        client = bodies.bound(
            boto3.client(
                "s3",
                endpoint_url=f"http://127.0.0.1:{server.server_port}",
                region_name="eu-west-1",
                aws_access_key_id="k",
                aws_secret_access_key="s",
            )
        )
        body = client.get_object(Bucket="b", Key="key")["Body"]
        assert [body.read(4), body.read()] == [b"long", b"er"]
        with pytest.raises(ResponseParserError, match="does not end within 4 bytes"):
            client.list_objects_v2(Bucket="b")
        server.shutdown()
