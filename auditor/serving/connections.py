"""waitress's connections and threads, with limits for slow clients: see `ConnectionLimits`.

waitress itself has only one time limit for idle connections, which any byte resets, and it stops accepting
connections at its maximum.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic
from typing import Any

from waitress.channel import HTTPChannel
from waitress.task import ThreadedTaskDispatcher

HEALTH = "/healthz"


@dataclass(slots=True)
class ConnectionLimits:
    """How long a client may take, in seconds, and how many connections there may be.

    `header` counts from a request's first byte, on a new connection from its beginning, to the end of its
    headers; `body` from there on to the end of the request; `idle` is for connections between two requests
    and for answers that nobody reads. Where there are too many connections, of one peer or at all, the one
    that has waited longest for its client is closed; where all are at work, the newest.
    """

    header: float = 10
    body: float = 30
    idle: float = 60
    per_peer: int = 128
    connections: int = 512


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection that knows since when it waits for its client."""

    limits = ConnectionLimits()

    def __init__(self, server: Any, sock: Any, addr: Any, adj: Any, map: Any = None) -> None:  # noqa: A002 -- waitress's own name
        self._since = monotonic()
        self._has_begun = True
        super().__init__(server, sock, addr, adj, map=map)
        self._make_room(server.active_channels.values())

    def received(self, data: bytes) -> bool:
        """Take what has come; time runs from a request's first byte, and anew from the end of its headers."""
        before = self._stage()
        taken = bool(super().received(data))
        if self._stage() != before:
            self._since = monotonic()
        self._has_begun = self.request is not None
        return taken

    def _stage(self) -> tuple[int, bool]:
        """The request that is being received, and whether its headers are complete."""
        request = self.request
        return (0, False) if request is None else (id(request), bool(request.headers_finished))

    @property
    def waits(self) -> bool:
        """Whether the client has to do something: no request is at work and the connection is not ending."""
        return not self.requests and not self.will_close and not self.close_when_flushed

    @property
    def waits_since(self) -> float:
        """Since when, by the monotonic clock."""
        return self._since

    def is_over(self, now: float) -> bool:
        """Whether the client has had its time."""
        if not self.waits:
            return False
        request = self.request
        if request is not None and request.headers_finished:
            allowed = self.limits.body
        else:
            allowed = self.limits.header if self._has_begun else self.limits.idle
        return now - self._since > allowed

    def service(self) -> None:
        """Answer; the client's time for its next request begins afterwards."""
        super().service()
        self._since = monotonic()

    def _make_room(self, channels: Iterable[Any]) -> None:
        open_ones = [channel for channel in channels if not channel.will_close]
        peers = [channel for channel in open_ones if channel.addr[0] == self.addr[0]]
        for group, most in ((peers, self.limits.per_peer), (open_ones, self.limits.connections)):
            if sum(not channel.will_close for channel in group) > most:
                waiting = [channel for channel in group if channel is not self and channel.waits]
                min(waiting, key=lambda channel: channel.waits_since, default=self).will_close = True


class Dispatcher(ThreadedTaskDispatcher):  # type: ignore[misc]  # waitress has no types
    """Threads that answer requests, and one more that answers `/healthz` alone."""

    def __init__(self) -> None:
        super().__init__()
        self._health = ThreadedTaskDispatcher()
        self._health.set_thread_count(1)

    def add_task(self, task: Any) -> None:
        """Have the next request of a connection answered."""
        request = task.requests[0]
        is_health = not request.error and (request.command, request.path) == ("GET", HEALTH)
        if is_health:
            self._health.add_task(task)
        else:
            super().add_task(task)

    def shutdown(self, cancel_pending: bool = True, timeout: float = 5) -> bool:  # noqa: FBT001, FBT002 -- waitress's own
        """Wait for the threads to end."""
        self._health.shutdown(cancel_pending, timeout)
        return bool(super().shutdown(cancel_pending, timeout))


def close_slow(channels: Iterable[Channel]) -> None:
    """Have the connections closed whose clients have had their time."""
    now = monotonic()
    for channel in channels:
        if channel.is_over(now):
            channel.will_close = True
