"""Processes of our own for what must not end the program that asked for it, such as native code.

They are started without secrets, and begin by taking limits.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

try:
    import resource
except ImportError:  # not everywhere
    resource = None  # type: ignore[assignment]  # in the place of a module

_SECRET: Final = ("AWS_", "AUDITOR_")
_ROOT: Final = str(Path(__file__).parents[1])


def variables() -> dict[str, str]:
    """Our environment variables without credentials and settings, of which a child has no use."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_SECRET)}


def start(
    module: str,
    *arguments: str,
    more: Mapping[str, str] | None = None,
    buffered: bool = True,
    errors: IO[bytes] | int = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    """Start a module of ours, spoken to by its standard input and output; `more` are variables of its own.

    Its standard error goes to `errors`. The working folder is not where it looks for modules (-P).
    """
    environment = {**variables(), **(more or {})}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (_ROOT, environment.get("PYTHONPATH"))))
    return subprocess.Popen(  # noqa: S603 -- our own module
        [sys.executable, "-P", "-m", module, *arguments],
        bufsize=-1 if buffered else 0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=environment,
    )


def begin(addresses: int, stack: int = 0) -> int:
    """Take limits where the system has them, in the child: bytes of addresses and, unless 0, of the stack.

    Gives the descriptor of what the parent reads: whatever else is printed goes to standard error. Ctrl-C is
    left to the parent, which decides what an interruption ends.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(ValueError, OSError):
            if stack:
                hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
                resource.setrlimit(resource.RLIMIT_STACK, (stack, hard))
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
    replies = os.dup(1)
    os.dup2(2, 1)
    return replies
