"""Where the sandbox listens."""

import socket
from typing import Any

import pytest

from auditor.model.errors import UsageError
from auditor.sandbox.server import endpoint_of, exports, listen

NOT_ASKED: Any = None


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::"])  # noqa: S104 -- refused
def test_other_addresses_than_loopback_are_refused(host: str) -> None:
    """Signatures are not verified, so nobody else may ask."""
    with pytest.raises(UsageError, match="verifies no signatures and serves loopback only"):
        listen(NOT_ASKED, host)


def test_a_free_port_is_taken_and_a_busy_one_refused() -> None:
    """Port 0 is any; a port of somebody else's is one sentence."""
    server = listen(NOT_ASKED, "localhost", 0)
    server.server_close()
    assert endpoint_of(server) == f"http://127.0.0.1:{server.port}"
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(UsageError, match=f"Cannot listen on 127.0.0.1:{port}; choose another port"):
            listen(NOT_ASKED, "127.0.0.1", port)


def test_the_lines_for_a_shell() -> None:
    """Endpoint, keys and Region: all that boto3 and the aws command ask of the environment."""
    facts = {
        "endpoint_url": "http://127.0.0.1:1",
        "access_key": "A",
        "secret_key": "s",
        "regions": ["r-1", "r-2"],
    }

    assert exports(facts).splitlines() == [
        "export AWS_ENDPOINT_URL=http://127.0.0.1:1",
        "export AWS_ACCESS_KEY_ID=A",
        "export AWS_SECRET_ACCESS_KEY=s",
        "export AWS_DEFAULT_REGION=r-1",
    ]
