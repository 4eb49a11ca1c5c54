"""Where the sandbox listens."""

import socket
from pathlib import Path
from typing import Any

import pytest

from auditor.model.errors import UsageError
from auditor.sandbox.inprocess import call
from auditor.sandbox.server import SandboxApplication, endpoint_of, exports, listen

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
    """Endpoint, keys and Region, which boto3 and the aws command ask for, and what auditor judges by."""
    facts = {
        "endpoint_url": "http://127.0.0.1:1",
        "access_key": "A",
        "secret_key": "s",
        "regions": ["r-1", "r-2"],
    }

    assert exports(facts, {"policies": Path("/a b/policies")}).splitlines() == [
        "export AWS_ENDPOINT_URL=http://127.0.0.1:1",
        "export AWS_ACCESS_KEY_ID=A",
        "export AWS_SECRET_ACCESS_KEY=s",
        "export AWS_DEFAULT_REGION=r-1",
        "export AUDITOR_POLICIES='/a b/policies'",
    ]


class _Sandbox:
    """Says that it was asked."""

    @staticmethod
    def describe() -> dict[str, str]:
        return {"asked": "yes"}

    @staticmethod
    def application(_environ: object, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"asked"]


def asked(path: str, host: str, origin: str | None = None) -> tuple[str, bytes]:
    """Status and body of a request to `path`."""
    sandbox: Any = _Sandbox()
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": host}
    answer = call(
        SandboxApplication(sandbox), environ if origin is None else environ | {"HTTP_ORIGIN": origin}
    )
    return answer.status[:3], answer.body


@pytest.mark.parametrize("path", ["/_sandbox", "/backup-vaults/"])
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:4577", "127.0.0.1", "localhost:4577", "LocalHost.", "bucket.localhost:4577", "[::1]:4577"],
)
def test_programs_of_this_machine_are_answered(path: str, host: str) -> None:
    """By every name that only this machine has, and a page of its own as well."""
    assert asked(path, host)[0] == "200"
    assert asked(path, host, f"http://{host}")[0] == "200"


@pytest.mark.parametrize("path", ["/_sandbox", "/_sandbox/advance", "/backup-vaults/"])
@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("rebound.example:4577", None),
        ("localhost.example", None),
        ("192.0.2.1:4577", None),
        ("", None),
        ("[::1", None),
        ("127.0.0.1:4577", "https://page.example"),
        ("127.0.0.1:4577", "null"),
        ("127.0.0.1:4577", "http://127.0.0.1:3000"),
        ("127.0.0.1:4577", "http://localhost:4577"),
    ],
)
def test_web_pages_are_refused(path: str, host: str, origin: str | None) -> None:
    """A name that a page's owner has led to this machine, and the origin that a browser tells."""
    status, body = asked(path, host, origin)

    assert (status, b"The sandbox answers to" in body) == ("403", True)
