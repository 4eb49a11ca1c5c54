"""What `executor serve` and `executor run` share: the database, its lock, drivers in every account."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from auditor.files import reason, regular
from auditor.model.errors import AuditorError, UsageError

if TYPE_CHECKING:
    from sqlalchemy import URL

    from auditor.executor.seam.driver import Clients
    from auditor.executor.service import BackupService, OrganizationMembership


class ServiceOptions(TypedDict):
    """The options of `executor serve` and `executor run` that say which service is opened, by their names."""

    database: str
    role_name: str
    external_id: str | None
    mount: tuple[tuple[str, Path], ...]
    storage_gateway: bool
    accept_edits: bool
    runs: Path | None


@contextmanager
def open_service(
    membership: "Callable[[str], OrganizationMembership | None]",
    credentials: Path | None,
    **options: Unpack[ServiceOptions],
) -> "Iterator[tuple[BackupService, Clients]]":
    """Open the database, alone, and the drivers with the caller's credentials; gives their clients too.

    The key of the database's seals lies beside the file `credentials`.

    Raises:
        AuditorError: another process runs on the file, the database was edited, or AWS does not say who the
        caller is.
    """
    from auditor.aws.session import Sessions
    from auditor.cli.executor_compliance import compliance_of
    from auditor.executor.database.database import Database
    from auditor.executor.drivers import make_drivers
    from auditor.executor.engine.roles import Roles
    from auditor.executor.service import BackupService
    from auditor.executor.serving.native import NativeClients
    from auditor.executor.serving.own_keys import OwnKeys
    from auditor.executor.serving.sealing import open_seals

    url = database_url(options["database"])
    with alone(url):
        sessions = Sessions.from_environment(
            role_name=options["role_name"], external_id=options["external_id"]
        )
        opened = Database.open(url)
        try:
            clients = NativeClients(sessions)
            drivers = make_drivers(
                clients, now, mounts=dict(options["mount"]), gateways=options["storage_gateway"]
            )
            roles = Roles(clients, now)
            service = BackupService(
                opened,
                now,
                drivers,
                membership=membership,
                check_role=roles,
                compliance=None if options["runs"] is None else compliance_of(options["runs"]),
                own_key=OwnKeys(clients),
            )
            with opened.present():
                open_seals(opened, credentials, accept_edits=options["accept_edits"])
                yield service, clients
        finally:
            opened.close()


def now() -> datetime:
    """Tell the time, UTC."""
    return datetime.now(UTC)


def database_url(database: str) -> "URL":
    """The URL of the option `--database`, which may be a file's path.

    Raises:
        UsageError: the database would be lost with the process, or its path does not name a file.
    """
    from sqlalchemy import URL

    from auditor.executor.database import connecting

    file = URL.create("sqlite", database=str(Path(database).absolute()))
    url = connecting.parse(database) if "://" in database else file
    if connecting.in_memory(url):
        raise UsageError("a database in memory is lost with the process; name a file for --database")
    if url.drivername == "sqlite":
        try:
            regular(Path(url.database or ""))
        except FileNotFoundError:
            pass  # it will be made
        except OSError as error:
            raise UsageError(f"--database {url.database}: {reason(error)}; name a file") from None
    return url


@contextmanager
def alone(url: "URL") -> Iterator[None]:
    """Keep other executors away from a database file, also over links; on PostgreSQL several share the work.

    Raises:
        AuditorError: another one runs on the file.
    """
    if url.drivername != "sqlite":
        yield
        return
    import fcntl

    file = url.database or ""
    lock = _lock_file(Path(f"{Path(file).resolve()}.lock"))
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AuditorError(
                f"another executor runs on {file}; wait for its end, or let `executor serve` do the work"
            ) from None
        yield
    finally:
        os.close(lock)


def _lock_file(path: Path) -> int:
    """Open the lock file, which is empty; a link, or anything but a regular file, is refused."""
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileNotFoundError:
        raise UsageError(f"there is no folder {path.parent}; make it, or name another database") from None
    except OSError as error:
        raise UsageError(
            f"{path} cannot be locked: {error.strerror}; remove it, or name another database"
        ) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UsageError(f"{path} cannot be locked: it is not a file; remove it, or name another database")
    return descriptor
