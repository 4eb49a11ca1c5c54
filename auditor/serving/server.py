"""Serve with waitress until a signal comes; then begun requests are answered, and no new ones are taken."""

import ipaddress
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from threading import Event, current_thread, main_thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from waitress import wasyncore
from waitress.server import create_server

from auditor.model.errors import UsageError
from auditor.serving.connections import Channel, ConnectionLimits, Dispatcher, close_slow

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

#: Seconds that requests and jobs have to end after a signal.
GRACE: Final = 30
_TURN: Final = 0.5
_LIMITS: Final = ConnectionLimits()
#: Bytes of a body that are read.
MAX_BODY: Final = 1 << 20
#: A signed request's headers are a few KiB.
_MAX_HEADER: Final = 1 << 16
#: Sockets besides connections, and connections that are being closed.
_OTHERS: Final = 64


class Server:
    """One listening socket. `stop` is set by SIGTERM and SIGINT, or by whoever holds it."""

    def __init__(
        self,
        application: "WSGIApplication",
        host: str,
        port: int,
        threads: int = 8,
        limits: ConnectionLimits = _LIMITS,
    ) -> None:
        """Bind to an address of this machine; port 0 takes a free one. Raises `UsageError`."""
        self.stop = Event()
        self._sockets: dict[int, Any] = {}
        self._looked = monotonic()
        dispatcher = Dispatcher()
        dispatcher.set_thread_count(threads)
        try:
            ipaddress.ip_address(host)
            self._server = create_server(
                application,
                map=self._sockets,
                _dispatcher=dispatcher,
                host=host,
                port=port,
                ident="auditor",
                max_request_header_size=_MAX_HEADER,
                max_request_body_size=MAX_BODY,
                connection_limit=limits.connections + _OTHERS,
                channel_timeout=ceil(limits.idle),
                cleanup_interval=1,
                clear_untrusted_proxy_headers=True,
            )
            self._server.channel_class = type("Channel", (Channel,), {"limits": limits})
        except ValueError:
            raise UsageError(f"{host} is not an IP address; use 127.0.0.1 or 0.0.0.0.") from None
        except OSError as error:
            raise UsageError(
                f"Cannot listen on {host}:{port}: {error.strerror}; choose another port."
            ) from error

    @property
    def endpoint(self) -> str:
        """The address that clients use."""
        host = self._server.effective_host
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self._server.effective_port}"

    def serve(self) -> None:
        """Serve until `stop`, then let begun requests end for up to `GRACE` seconds."""
        with _signals(self.stop):
            while not self.stop.is_set():
                self._turn()
            wasyncore.dispatcher.close(self._server)
            deadline = monotonic() + GRACE
            while self._busy() and monotonic() < deadline:
                self._turn()
        self._server.task_dispatcher.shutdown(timeout=max(0, deadline - monotonic()))
        wasyncore.close_all(self._sockets)

    def _turn(self) -> None:
        wasyncore.loop(timeout=_TURN, map=self._sockets, count=1, use_poll=True)
        if monotonic() - self._looked >= _TURN:
            close_slow(self._server.active_channels.values())
            self._looked = monotonic()

    def _busy(self) -> bool:
        """Whether a request is being answered or an answer waits to be sent."""
        channels = list(self._server.active_channels.values())
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


@contextmanager
def _signals(stop: Event) -> Iterator[None]:
    """Have SIGTERM and SIGINT set `stop`, where this is the main thread."""
    if current_thread() is not main_thread():
        yield
        return

    def handle(_number: int, _frame: object) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
