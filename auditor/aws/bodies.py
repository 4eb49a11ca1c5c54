"""The body of an answer is read within bounds: an endpoint may send for ever, or a byte a minute.

botocore reads whatever comes, and its read timeout is for each byte.
"""

from collections.abc import Iterator
from time import monotonic
from typing import Any, Final

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError, HTTPClientError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError, ProtocolError
from urllib3.exceptions import ReadTimeoutError as SocketTimeoutError

#: The most bytes of an answer: a page of 1,000 items has about one million.
MOST_BYTES: Final = 64 << 20
#: Seconds from the first byte of a body to its last.
MOST_SECONDS: Final = 300.0
_CHUNK: Final = 1 << 16


def bound(client: Any) -> Any:
    """Let `client`, a botocore client, read its answers within the bounds; gives it back."""
    endpoint = client._endpoint  # noqa: SLF001 -- botocore has no other place to choose what sends
    endpoint.http_session = _Bounded(endpoint.http_session)
    return client


class _Bounded:
    """botocore's HTTP session, whose answers are read here."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def send(self, request: Any) -> Any:
        """Send a request and read its answer (AWSResponse).

        A body that is a stream (S3 GetObject) is left to whoever asked for it: it may be of any size.

        Raises `ResponseParserError` for one beyond the bounds.
        """
        streams = request.stream_output
        request.stream_output = True  # so that the session does not read it
        answer = self._session.send(request)
        if streams:
            return answer
        try:
            body = _Body(answer.raw)
        except SocketTimeoutError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        except ProtocolError as error:
            raise ConnectionClosedError(error=error, request=request, endpoint_url=request.url) from error
        except HTTPError as error:
            raise HTTPClientError(error=error) from error
        return AWSResponse(answer.url, answer.status_code, answer.headers, body)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


class _Body:
    """A body that was read whole."""

    def __init__(self, raw: Any) -> None:
        read = bytearray()
        until = monotonic() + MOST_SECONDS
        while part := raw.read1(_CHUNK):
            read += part
            if len(read) > MOST_BYTES or monotonic() > until:
                raw.close()
                limit = f"{MOST_BYTES} bytes" if len(read) > MOST_BYTES else f"{MOST_SECONDS:.0f} s"
                raise ResponseParserError(f"The answer does not end within {limit}.")
        self._read = bytes(read)

    def stream(self, **_sizes: Any) -> Iterator[bytes]:
        """Give it in one piece."""
        yield self._read
