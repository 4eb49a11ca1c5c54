"""Clients that are slow, or never go on: the server answers everyone else."""

import socket
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from auditor.serving.connections import ConnectionLimits
from auditor.serving.server import Server
from tests.contract.executor_serving.conftest import Served

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

HALF = b"GET /backup-vaults/ HTTP/1.1\r\nHost: x\r\n"
PATIENT = ConnectionLimits(header=3600, body=3600, idle=3600)


def hello(_: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer at once."""
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


@contextmanager
def serving(application: "WSGIApplication", limits: ConnectionLimits, threads: int = 8) -> Iterator[Server]:
    """Run a server."""
    server = Server(application, "127.0.0.1", 0, threads, limits)
    thread = Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.stop.set()
        thread.join()


def connect(server: Server, data: bytes = b"") -> socket.socket:
    """A connection that has sent `data`."""
    client = socket.create_connection(("127.0.0.1", urlsplit(server.endpoint).port or 0), timeout=60)
    client.sendall(data)
    return client


def is_closed(client: socket.socket) -> bool:
    """Whether the server ends the connection: it waits until it does, or says something."""
    try:
        return client.recv(100) == b""
    except ConnectionResetError:
        return True


def answered(client: socket.socket) -> bool:
    """Whether a whole answer comes: it may do so in pieces."""
    content = b""
    while not content.endswith(b"hello"):
        piece = client.recv(1000)
        if not piece:
            return False
        content += piece
    return content.startswith(b"HTTP/1.1 200 OK")


def get(server: Server, path: str) -> tuple[int, bytes]:
    """Status and body."""
    with urlopen(server.endpoint + path, timeout=60) as answer:
        return answer.status, answer.read()


@pytest.mark.parametrize("data", [HALF, b"", b"PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12"])
def test_half_open_connections_stop_nobody(served: Served, data: bytes) -> None:
    """150 of them, from one peer, without headers' end, without a byte, without a body's end."""
    with ExitStack() as open_ones:
        for _ in range(150):
            open_ones.enter_context(connect(served.server, data))

        assert get(served.server, "/healthz") == (200, b'{"status":"ok"}')
        assert served.client().list_backup_vaults()["BackupVaultList"] == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("data", "limits"),
    [
        (HALF, ConnectionLimits(header=0, body=3600, idle=3600)),
        (b"", ConnectionLimits(header=0, body=3600, idle=3600)),
        (
            b"PUT /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12",
            ConnectionLimits(header=3600, body=0, idle=3600),
        ),
    ],
)
def test_who_takes_too_long_is_cut_off(data: bytes, limits: ConnectionLimits) -> None:
    """Headers have their time and bodies theirs, however the other is."""
    with serving(hello, limits) as server, connect(server, data) as client:
        assert is_closed(client)


def test_a_byte_now_and_then_wins_no_time() -> None:
    """The time of headers runs from the first byte on, whatever comes meanwhile."""
    with (
        serving(hello, ConnectionLimits(header=0.2, body=3600, idle=3600)) as server,
        connect(server, HALF) as client,
    ):
        client.settimeout(0.05)
        for _ in range(1000):
            try:
                client.sendall(b"X: 1\r\n")
                if client.recv(100) == b"":
                    return
            except TimeoutError:
                continue
            except OSError:
                return
        pytest.fail("the connection stays open")


def test_a_kept_connection_is_used_again() -> None:
    """Between two requests the idle time counts, and not that of headers."""
    request = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    limits = ConnectionLimits(header=3600, body=3600, idle=3600)
    with serving(hello, limits) as server, connect(server, request) as client:
        assert answered(client)
        limits.header = limits.body = 0
        with connect(server) as other:
            assert is_closed(other)  # the server has looked
        client.sendall(request)
        assert answered(client)
        limits.idle = 0
        assert is_closed(client)


def test_of_too_many_the_one_that_waited_longest_goes() -> None:
    """Of one peer's connections the first is closed for the fifth, which is answered; the others stay."""
    with ExitStack() as open_ones:
        server = open_ones.enter_context(serving(hello, ConnectionLimits(3600, 3600, 3600, per_peer=4)))
        first = open_ones.enter_context(connect(server, HALF))
        others = [open_ones.enter_context(connect(server, HALF)) for _ in range(3)]
        fifth = open_ones.enter_context(connect(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))

        assert answered(fifth)
        assert is_closed(first)
        for client in others:
            client.sendall(b"\r\n")
            assert answered(client)


def test_where_all_are_at_work_the_newest_goes() -> None:
    """A request that is being answered is never cut off for another one."""
    going, begun = Event(), Event()

    def slow(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        begun.set()
        assert going.wait(timeout=60)
        return hello(environ, start_response)

    with ExitStack() as open_ones:
        server = open_ones.enter_context(serving(slow, ConnectionLimits(3600, 3600, 3600, connections=1)))
        open_ones.callback(going.set)
        first = open_ones.enter_context(connect(server, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
        assert begun.wait(timeout=60)
        assert is_closed(open_ones.enter_context(connect(server)))
        going.set()
        assert answered(first)


def test_health_does_not_wait_for_requests() -> None:
    """With every thread at work the health page is answered; its thread answers nothing else."""
    going, begun = Event(), Event()

    def slow(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            begun.set()
            assert going.wait(timeout=60)
        return hello(environ, start_response)

    with serving(slow, PATIENT, threads=1) as server, ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(get, server, "/") for _ in range(2)]
        try:
            assert begun.wait(timeout=60)
            assert get(server, "/healthz") == (200, b"hello")
            assert not any(one.done() for one in waiting)
        finally:
            going.set()
        assert [one.result(timeout=60) for one in waiting] == [(200, b"hello")] * 2
