"""Start and ask the process that parses and evaluates Rego, and say why it ended."""

import os
import select
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

import orjson

from auditor import children
from auditor.model.errors import EngineError, UsageError
from auditor.rego.packages import Loaded

if TYPE_CHECKING:
    import subprocess

#: Seconds of waiting for each second of processor time that is allowed: other work may have the processor.
_PATIENCE: Final = 12
_CHUNK: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class EvaluationLimits:
    """What one evaluation may take: seconds of processor time; MiB of memory, the policies and data included.

    Loading all policies may take `loading_seconds`. After `strikes` evaluations of a control that came to a
    limit, its other subjects are not asked.
    """

    seconds: float = 5.0
    loading_seconds: float = 30.0
    mebibytes: int = 512
    strikes: int = 3


LIMITS: Final = EvaluationLimits()


class Ended(Exception):  # noqa: N818 -- an answer: what it was asked came to a limit
    """The process ended before it answered; the message says at which limit."""


class Process:
    """One `auditor.rego.worker`; started when it is first asked, and again after it ended at a limit."""

    def __init__(self, limits: EvaluationLimits) -> None:
        self._limits = limits
        self._child: subprocess.Popen[bytes] | None = None
        self._policies = b""
        self._pending = b""

    def load(
        self,
        modules: Mapping[str, str],
        data: Mapping[str, Any],
        *,
        tests: bool = False,
        recorded: Sequence[str] = (),
    ) -> dict[str, Loaded]:
        """Check the policies and load them; gives the modules by path.

        With `tests` the process counts the lines that are reached. Of the controls whose packages are
        `recorded` it can tell what tests ask them about.

        Raises:
            UsageError: a module is refused, with its file and line, or is more than the limits allow.
        """
        self._policies = orjson.dumps(
            {
                "load": dict(modules),
                "data": orjson.dumps(dict(data)).decode(),
                "names": sorted(data),
                "tests": tests,
                "recorded": [*recorded],
            }
        )
        facts = self._start()
        return {
            path: Loaded(
                one["package"],
                frozenset(one["rules"]),
                modules[path],
                tuple(one["imports"]),
                one["body"],
                one["lines"],
            )
            for path, one in facts.items()
        }

    def ask(self, request: Mapping[str, Any], inputs: Sequence[Any]) -> None:
        """Send a request with its inputs; `answer` gives the answers. Raises `Ended`."""
        if self._child is None:
            self._start()
        self._send([orjson.dumps(request), *map(orjson.dumps, inputs)])

    def answer(self) -> Any:
        """The next answer. Raises `Ended`."""
        return orjson.loads(self._line(self._limits.seconds))

    def close(self) -> None:
        """End the process."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _start(self) -> dict[str, Any]:
        limits = self._limits
        arguments = [str(limits.seconds), str(limits.loading_seconds), str(limits.mebibytes)]
        # regorus' allocator would take a GiB of addresses at once, and addresses are what the system limits
        self._child = children.start("auditor.rego.worker", *arguments, more={"MIMALLOC_ARENA_RESERVE": "0"})
        self._pending = b""
        reading = "The policies"
        said: dict[str, Any] = {"reading": reading}
        try:
            self._send([self._policies])
            while "reading" in said:
                reading = said["reading"]
                said = orjson.loads(self._line(limits.loading_seconds))
        except Ended as error:
            raise UsageError(f"{reading}: it cannot be loaded, as it {error}; make it simpler.") from None
        if "refused" in said:
            self.close()
            raise UsageError(said["refused"])
        modules: dict[str, Any] = said["modules"]
        return modules

    def _send(self, lines: Sequence[bytes]) -> None:
        try:
            _stream(self._running().stdin).write(b"\n".join(lines) + b"\n")
            _stream(self._running().stdin).flush()
        except BrokenPipeError:
            raise self._ended(0) from None

    def _line(self, seconds: float) -> bytes:
        """The next line; `seconds` of processor time is what it may cost."""
        descriptor = _stream(self._running().stdout).fileno()
        waiting = select.poll()
        waiting.register(descriptor, select.POLLIN)
        deadline = time.monotonic() + seconds * _PATIENCE
        while b"\n" not in self._pending:
            if not waiting.poll(1000 * max(0.0, deadline - time.monotonic())):
                self._running().kill()
                raise self._ended(seconds, waited=True)
            got = os.read(descriptor, _CHUNK)
            if not got:
                raise self._ended(seconds)
            self._pending += got
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def _running(self) -> "subprocess.Popen[bytes]":
        if self._child is None:
            raise EngineError("The process that evaluates Rego was closed; open the engine again.")
        return self._child

    def _ended(self, seconds: float, *, waited: bool = False) -> Ended:
        """Why the process is gone; it is forgotten, so that the next request starts another."""
        child = self._running()
        child.communicate()
        self._child = None
        memory = f"needs more than {self._limits.mebibytes} MiB of memory"
        if waited:
            return Ended(f"gives no answer within {seconds * _PATIENCE:g} s")
        if child.returncode == -signal.SIGPROF:
            return Ended(f"takes more than {seconds:g} s of processor time")
        if child.returncode in (-signal.SIGSEGV, -signal.SIGBUS):
            return Ended(f"{memory}, or is nested too deeply")
        if child.returncode in (-signal.SIGABRT, -signal.SIGKILL):
            return Ended(memory)
        raise EngineError(
            f"The process that evaluates Rego ended with code {child.returncode}; "
            "run `python -m auditor.rego.worker 5 30 512` to see why."
        )


def _stream(pipe: IO[bytes] | None) -> IO[bytes]:
    """A pipe of the process, which was started with it."""
    if pipe is None:
        raise EngineError("The process that evaluates Rego has no pipe; open the engine again.")
    return pipe
