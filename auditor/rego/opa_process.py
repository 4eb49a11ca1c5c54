"""OPA as a process of ours: its program, and a server for one run alone, each with a limit of memory.

OPA has no such limit of its own. The system's (`ulimit -d`, the memory that a program may write to) ends it,
and Go's collector is told to keep below that as long as it can.
"""

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from auditor import children
from auditor.model.errors import EngineError

#: What OPA itself takes, in MiB, beside the memory that evaluations may have.
_OWN: Final = 256
#: How often a server is started that ends before it answers.
_MOST_STARTS: Final = 3
_LIMITED: Final = 'ulimit -c 0 || :; ulimit -d "$1" || :; shift; exec "$@"'
#: Ends the program when its own standard input ends: whoever started it is gone.
_WATCHED: Final = """exec 3<&0
"$@" </dev/null & opa=$!
(read -r _ <&3; kill -9 "$opa") & waiting=$!
wait "$opa"; code=$?; kill "$waiting"; exit "$code"
"""
_LOCK: Final = """package system.authz

default allow := false

allow if input.identity == "{token}"
"""


def opa_program() -> str | None:
    """The path of OPA's own program: the variable AUDITOR_OPA, else `opa` on the PATH; None without."""
    return os.environ.get("AUDITOR_OPA") or shutil.which("opa")


def own_server(mebibytes: int) -> "OpaProcess":
    """A server that may use so much memory, not started yet; raises `EngineError` where there is no OPA."""
    program = opa_program()
    if program is None or shutil.which(program) is None:
        raise EngineError(
            "There is no OPA to start; set AUDITOR_OPA to its program, give --engine-url of a server that "
            "runs, or use the embedded engine."
        )
    return OpaProcess(program, mebibytes)


def limited(command: Sequence[str], mebibytes: int) -> list[str]:
    """`command`, an OPA's, within so much memory for what it evaluates."""
    return ["sh", "-c", _LIMITED, "sh", str((mebibytes + _OWN) << 10), *command]


def environment(mebibytes: int) -> Mapping[str, str]:
    """Our variables without secrets, and what tells Go's collector of the limit."""
    return children.variables() | {"GOMEMLIMIT": f"{mebibytes}MiB"}


class OpaProcess:
    """An OPA server on a free port of loopback, which answers who has its `token` and nobody else.

    Each start has a `url` and a `token` of its own: between two of them another program may take the port.
    """

    def __init__(self, program: str, mebibytes: int) -> None:
        self._program = program
        self._mebibytes = mebibytes
        self._starts = 0
        self.url = self.token = ""
        self._folder = tempfile.TemporaryDirectory()
        self._lock = Path(self._folder.name, "authz.rego")
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._child is not None and self._child.poll() is None

    def start(self, policies: Mapping[str, str] | None = None) -> None:
        """Start the server, where it does not run; it takes a moment until it answers.

        It reads `policies` (Rego by name) as it starts: it looks at all of them once, and not after each.
        Where it ended before it answered, it starts without them, and tells which one it refuses when it is
        given them one by one. Raises `EngineError` where it only ends.
        """
        if self.running:
            return
        if self._starts == _MOST_STARTS:
            raise EngineError(f"{self._program} does not run as a server; correct AUDITOR_OPA.")
        self._starts += 1
        self._end()
        self.token = secrets.token_hex(16)
        self._lock.write_text(_LOCK.format(token=self.token), encoding="utf-8")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{address}"
        command = [self._program, "run", "--server", f"--addr={address}", "--log-level=error"]
        command += ["--disable-telemetry", "--authentication=token", "--authorization=basic", str(self._lock)]
        command += self._written(policies or {}) if self._starts == 1 else []
        watched = ["sh", "-c", _WATCHED, "sh", *limited(command, self._mebibytes)]
        self._child = subprocess.Popen(  # noqa: S603 -- the program that the user names
            watched,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(self._mebibytes),
            cwd=self._folder.name,
        )

    def _written(self, policies: Mapping[str, str]) -> list[str]:
        """The names of the files that have `policies`; what would stand outside of our folder is left out."""
        inside = {name: text for name, text in policies.items() if ".." not in Path(name).parts}
        for name, text in inside.items():
            path = Path(self._folder.name, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        return sorted(inside)

    def answered(self) -> None:
        """Note that the server runs as it should; it has read the file of its token, which is removed."""
        self._starts = 0
        self._lock.unlink(missing_ok=True)

    def close(self) -> None:
        """End the server."""
        self._end()
        self._folder.cleanup()

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.communicate()  # closes its input, which ends it
