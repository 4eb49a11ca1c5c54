"""The key of seals, in a file beside the credentials, and how it is used when a database is opened."""

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Final, Self

from sqlalchemy import select

from auditor.executor.database import sql_tables
from auditor.executor.database.database import Database
from auditor.executor.database.seals import Seals, are_made
from auditor.files import reason, secret
from auditor.model.errors import AuditorError, UsageError
from auditor.serving import logs
from reports.whole import whole

#: How many of the rows that were edited a message names.
_NAMED: Final = 3
_BYTES: Final = 32
_WITH_HOLDS: Final = ":holds"
_KEY: Final = re.compile(f"[0-9a-f]{{{2 * _BYTES}}}")


def key_file(credentials: Path) -> Path:
    """Where the key lies."""
    return credentials.with_name(f"{credentials.name}.seal")


@dataclass(frozen=True, slots=True)
class _KeyFile:
    """The key in its first line, and below it the databases that were sealed with it, by their seeds.

    A database has a second entry once its legal holds and its time are sealed, too.
    """

    path: Path
    key: str
    databases: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """None where there is no file; raises `UsageError` where it is not a key file, or open to others."""
        try:
            key, *databases = secret(path).decode("ascii", errors="replace").split() or [""]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UsageError(f"Cannot read {path}: {reason(error)}; it has the key of seals.") from error
        if not _KEY.fullmatch(key):
            raise UsageError(f"{path} is not a key of seals; put the file back that the executor has made.")
        return cls(path, key, tuple(databases))

    def write(self, *, first: bool) -> None:
        """Put the file there, whole; the `first` one replaces no other."""
        with whole(self.path, new=first, synced=True) as file:
            file.write("\n".join([self.key, *self.databases, ""]).encode("ascii"))

    @classmethod
    def make(cls, path: Path) -> Self:
        """A new key; another process may have made one meanwhile, which then counts. Raises `OSError`."""
        with suppress(FileExistsError):
            cls(path, token_hex(_BYTES)).write(first=True)
        made = cls.read(path)
        if made is None:
            raise FileNotFoundError(path)
        return made


def open_seals(database: Database, credentials: Path | None, *, accept_edits: bool = False) -> None:
    """Check the seals of a database's rows and have it make them; seal a database that nobody has sealed yet.

    With `accept_edits` whatever there is is sealed as it is. Without a place for the key nothing is sealed,
    and that is logged.

    Raises:
        UsageError: rows are sealed and no credentials are named, or the key's file cannot be used.
        AuditorError: a row does not fit its seal, or the seals were removed.
    """
    with database.read() as connection:
        sealed = are_made(connection)
        seed = str(
            connection.scalar(select(sql_tables.counters.c.value).filter_by(name=sql_tables.SEED)) or 0
        )
    if credentials is None:
        if sealed:
            raise UsageError(f"the rows of the database {database.name} are sealed; name --credentials too")
        return
    path = key_file(credentials)
    try:
        file = _KeyFile.read(path)
        if file is None and sealed and not accept_edits:
            raise UsageError(
                f"the rows of the database {database.name} are sealed, and {path} with the key is not there; "
                "put it back, or start once with --accept-edits"
            )
        file = file or _KeyFile.make(path)
        seals = Seals(bytes.fromhex(file.key))
        whole_seal = f"{seed}{_WITH_HOLDS}"
        was_sealed = sealed or not {seed, whole_seal}.isdisjoint(file.databases)
        has_holds = whole_seal in file.databases
        if was_sealed and not accept_edits:
            _check(database, seals, sealed=sealed, with_holds_and_time=has_holds)
        with database.write() as connection:
            if not was_sealed or accept_edits:
                seals.seal_all(connection)
            elif not has_holds:
                seals.seal_holds_and_time(connection)
        known = dict.fromkeys((*file.databases, seed, whole_seal))
        if len(known) > len(file.databases):
            _KeyFile(path, file.key, tuple(known)).write(first=False)
    except OSError as error:
        logs.error("rows are not sealed", file=str(path), reason=error.strerror)
        return
    database.seals = seals


def _check(database: Database, seals: Seals, *, sealed: bool, with_holds_and_time: bool) -> None:
    found = ["its seals were removed"]
    if sealed:
        with database.read() as connection:
            found = list(seals.faults(connection, with_holds_and_time=with_holds_and_time))
    if found:
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        for fault in found:
            logs.error("database edited", database=database.name, fault=fault)
        raise AuditorError(
            f"the database {database.name} was edited by somebody else: {'; '.join(found[:_NAMED])}{more}. "
            "Find out who, restore it from a backup, or start once with --accept-edits to take it as it is"
        )
