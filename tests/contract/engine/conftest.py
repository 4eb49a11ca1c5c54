"""A real OPA server on loopback, and every engine behind the one seam."""

import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from auditor.rego.engine import Engine
from auditor.rego.load import open_engine

ROOT = Path(__file__).resolve().parents[3]

StartServer = Callable[..., Any]
OpenEngine = Callable[..., Engine]


@pytest.fixture(scope="session")
def start_server(opa_program: str) -> StartServer:
    """Starts `opa run --server` on a free port of loopback; a context that gives its URL."""

    @contextmanager
    def start(*arguments: str) -> Iterator[str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [opa_program, "run", "--server", "--addr", f"127.0.0.1:{port}", "--log-level", "error"]
        with subprocess.Popen([*command, *arguments], stderr=subprocess.DEVNULL) as server:
            try:
                wait_for(f"http://127.0.0.1:{port}/health")
                yield f"http://127.0.0.1:{port}"
            finally:
                server.terminate()

    return start


def wait_for(url: str) -> None:
    """Return as soon as `url` answers at all; fail after two minutes."""
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(url, timeout=120).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@pytest.fixture(scope="session")
def opa_url(start_server: StartServer) -> Iterator[str]:
    """An OPA server that the whole session shares; each engine opened there replaces the one before."""
    with start_server() as url:
        yield url


@pytest.fixture(params=["embedded", pytest.param("opa-server", marks=pytest.mark.opa)])
def open_rego(request: pytest.FixtureRequest) -> Iterator[OpenEngine]:
    """`open_rego(modules, data)` for each kind of engine; what it opened is closed at the end."""
    url = request.getfixturevalue("opa_url") if request.param == "opa-server" else ""
    opened: list[Engine] = []

    def open_one(modules: Mapping[str, str], data: Mapping[str, Any] | None = None) -> Engine:
        opened.append(open_engine(request.param, modules, data or {}, url=url))
        return opened[-1]

    yield open_one
    for engine in opened:
        engine.close()
