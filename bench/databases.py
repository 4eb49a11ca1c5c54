"""A PostgreSQL of one measurement, with the durability that it comes with."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.measure import CommandError

_ATTEMPTS = 200
_PAUSE = 0.05


def programs() -> Path | None:
    """Where `initdb` and `postgres` are: in PATH, else Debian's newest; None where there is none."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return folders[-1] if folders else None


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database, while the block runs.

    Raises:
        CommandError: there is no PostgreSQL, or it does not start.
    """
    folder = programs()
    if folder is None:
        raise CommandError("there is no PostgreSQL: neither initdb in PATH nor /usr/lib/postgresql/*/bin")
    root = os.getuid() == 0  # PostgreSQL does not run as root
    who: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if root else {}
    work = Path(tempfile.mkdtemp(prefix="bench-postgresql-"))
    if root:
        shutil.chown(work, "nobody", "nogroup")
    data, log = work / "data", work / "log"
    made = (folder / "initdb", "-D", data, "-U", "auditor", "-A", "trust", "--encoding=UTF8", "--locale=C")
    options = ("-c", "listen_addresses=", "-c", f"unix_socket_directories={work}")
    try:
        with log.open("w") as written:
            subprocess.run(made, check=True, stdout=written, stderr=written, cwd=work, **who)  # noqa: S603
            server = subprocess.Popen(  # noqa: S603 -- the machine's own PostgreSQL
                (folder / "postgres", "-D", data, *options), stdout=written, stderr=written, cwd=work, **who
            )
        try:
            _wait(folder, work, server)
            yield f"postgresql://auditor@/postgres?host={work}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()
    finally:
        shutil.rmtree(work)


def _wait(folder: Path, work: Path, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(_ATTEMPTS):
        ready = (folder / "pg_isready", "-h", work, "-U", "auditor", "-q")
        if subprocess.run(ready, check=False).returncode == 0:  # noqa: S603
            return
        if server.poll() is not None:
            break
        time.sleep(_PAUSE)
    raise CommandError(f"PostgreSQL did not start: {(work / 'log').read_text()[-2000:]}")
