"""Pages are read by native code in processes of their own: where a page ends one, the audit goes on."""

import select
import signal
import time
from queue import LifoQueue
from threading import Event, Lock
from typing import IO, TYPE_CHECKING, Any, Final

import pyarrow as pa
from botocore.parsers import ResponseParserError

from auditor import children
from auditor.aws.pages import PAGE, REPLY, REQUEST
from auditor.model.errors import AuditorError, Interrupted

if TYPE_CHECKING:
    import subprocess

#: Processes at most: one is given a page while another reads.
_MOST: Final = 2
#: Seconds that a page may take: it takes milliseconds, but other work may have the processor.
_PATIENCE: Final = 120.0
WORKER: Final = "auditor.aws.page_worker"


class PageProcesses:
    """Reads pages, each in one of at most two processes, which are started when they are needed. Thread safe.

    A process that ended over a page is started again for the next one.
    """

    def __init__(self) -> None:
        self._all = [_Process() for _ in range(_MOST)]
        self._idle: LifoQueue[_Process] = LifoQueue()  # the second one only where the first has no time
        for process in reversed(self._all):
            self._idle.put(process)

    def read(self, body: bytes, layout: pa.Schema) -> pa.RecordBatch:
        """Read a page by its layout: one row.

        Raises:
            ResponseParserError: with a sentence where it is no such page, or ended the process.
            AuditorError: no process can be started.
        """
        process = self._idle.get()
        try:
            return process.read(body, layout)
        finally:
            self._idle.put(process)

    def close(self) -> None:
        """End the processes; no more is read."""
        for process in self._all:
            process.close()


class _Process:
    """One `auditor.aws.page_worker`, used by one thread at a time."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = Event()
        self._reading = Lock()

    def read(self, body: bytes, layout: pa.Schema) -> pa.RecordBatch:
        with self._reading:
            if self._closed.is_set():
                raise Interrupted("The run was interrupted.")
            child = self._child = self._child or _start()
            schema = layout.serialize().to_pybytes()
            try:
                if self._closed.is_set():  # while it was started
                    child.kill()
                _send(child, REQUEST.pack(len(schema), len(body)) + schema, body)
                kind, said = _reply(child, time.monotonic() + _PATIENCE)
            except (BrokenPipeError, EOFError):
                self._child = None
                how = _end(child)
                if self._closed.is_set():
                    raise Interrupted("The run was interrupted.") from None
                raise ResponseParserError(f"The process that reads answers ended over it ({how}).") from None
            except BaseException:  # what it still has to say would be taken for the answer to the next page
                self._child = None
                child.kill()
                _end(child)
                raise
        if kind != PAGE:
            raise ResponseParserError(bytes(said).decode())
        batch = pa.ipc.read_record_batch(pa.py_buffer(said), layout)
        batch.validate(full=True)
        return batch

    def close(self) -> None:
        self._closed.set()
        if (child := self._child) is not None:
            child.kill()  # ends what waits for it as well
        with self._reading:
            if self._child is not None:
                _end(self._child)
                self._child = None


def _start() -> "subprocess.Popen[bytes]":
    """Start a process and wait until it is there."""
    child = children.start(WORKER, buffered=False)
    try:
        _reply(child, time.monotonic() + _PATIENCE)
    except EOFError:
        raise AuditorError(
            f"The process that reads answers of AWS does not start ({_end(child)}); "
            f"run `python -m {WORKER}` to see why."
        ) from None
    return child


def _send(child: "subprocess.Popen[bytes]", *parts: bytes) -> None:
    for part in parts:
        view = memoryview(part)
        while view:
            view = view[_pipe(child.stdin).write(view) :]


def _reply(child: "subprocess.Popen[bytes]", deadline: float) -> tuple[bytes, bytearray]:
    """What a reply is, and what it says; raises `EOFError` where the process ends or has to be ended."""
    kind, size = REPLY.unpack(_receive(child, REPLY.size, deadline))
    return kind, _receive(child, size, deadline)


def _receive(child: "subprocess.Popen[bytes]", size: int, deadline: float) -> bytearray:
    pipe: Any = _pipe(child.stdout)
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN)
    received = bytearray(size)
    view = memoryview(received)
    while view:
        if not waiting.poll(1000 * max(0.0, deadline - time.monotonic())):
            child.kill()
        view = view[pipe.readinto(view) or _nothing() :]
    return received


def _nothing() -> int:
    raise EOFError


def _end(child: "subprocess.Popen[bytes]") -> str:
    """How a process ended."""
    child.communicate()
    code = child.returncode
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    """A pipe of a process, which was started with it."""
    if pipe is None:
        raise AssertionError("a process without its pipe")
    return pipe
