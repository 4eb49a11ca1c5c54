"""Take objects into the store; content that lies there already is not copied again."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Final

from botocore.exceptions import ClientError

from auditor.executor.seam.driver import DriverError, NativeBackup, Place
from auditor.executor.store.buckets import UNREADABLE, Entry
from auditor.executor.store.objects import Store
from auditor.threads import in_parallel

#: Objects that are copied, or asked for their tags, at the same time.
WORKERS: Final = 8


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """Where objects come from.

    `address` gives the CopySource of an entry; `described` adds what belongs to it and may change: its tags
    and ACL; `key_of` tells which key encrypts the original.
    """

    address: Callable[[Entry], Mapping[str, str]]
    described: Callable[[Entry], Entry]
    key_of: Callable[[Entry], str]


class KnownEntries:
    """Entries in the order of keys that are asked for in that order."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = iter(entries)
        self._ahead: Entry | None = next(self._entries, None)

    def up_to(self, key: str) -> list[Entry]:
        """The entries up to and with `key` that were not given before."""
        found = []
        while self._ahead is not None and self._ahead.key <= key:
            found.append(self._ahead)
            self._ahead = next(self._entries, None)
        return found

    def rest(self) -> Iterator[Entry]:
        """Give all entries that were not given before."""
        if self._ahead is not None:
            yield from chain([self._ahead], self._entries)


@dataclass(slots=True)
class Intake:
    """Takes objects into the store below `prefix`, and counts. Sizes are bytes.

    `took` says whether something may lie there now.
    """

    store: Store
    place: Place
    prefix: str
    kms_key: str | None
    source: ObjectSource
    size: int = 0
    transferred: int = 0
    took: bool = False
    taken: int = 0
    archived: int = 0
    failures: list[tuple[str, DriverError]] = field(default_factory=list)

    def take(self, page: list[Entry], known: Iterable[Entry]) -> list[Entry]:
        """The entries of `page` with their content, taken from `known` where it is there; some may have none.

        Raises `DriverError` for an error that concerns more than an object, or passes.
        """
        stored = {entry.identity: entry for entry in known if entry.content}
        return in_parallel(lambda entry: self._take(entry, stored.get(entry.identity)), page, workers=WORKERS)

    def _take(self, entry: Entry, stored: Entry | None) -> Entry:
        if entry.marker:
            return entry
        if stored is None and entry.storage_class in UNREADABLE:
            self.archived += 1
            return entry
        try:
            entry = self.source.described(entry)
            if stored is None:
                content = f"{self.prefix}/{entry.digest}"
                address = self.source.address(entry)
                entry = replace(entry, kms_key=self.source.key_of(entry), content=content)
                self.took = True
                self.store.take_in(self.place, content, address, entry.size, kms_key=self.kms_key)
                self.transferred += entry.size
            else:
                entry = replace(entry, kms_key=stored.kms_key, content=stored.content)
        except DriverError as error:
            if error.transient or not isinstance(error.__cause__, ClientError):
                raise
            self.failures.append((entry.key, error))
            return replace(entry, content="")
        self.size += entry.size
        self.taken += 1
        return entry

    def check(self) -> None:
        """Raise `DriverError` where every object failed."""
        if self.failures and not self.taken:
            key, error = min(self.failures, key=lambda failure: failure[0])
            raise DriverError(f"No objects were backed up. {key}: {error.message}", error.category)

    def told(self, backup: NativeBackup, size: int) -> NativeBackup:
        """The backup with its size, what was copied for it, and what was left out of it."""
        message, category = self._issues()
        return replace(
            backup,
            size_bytes=size,
            transferred_bytes=self.transferred,
            message=message,
            category=category,
        )

    def _issues(self) -> tuple[str, str]:
        """Message and category of what was left out."""
        if self.failures:
            key, error = min(self.failures, key=lambda failure: failure[0])
            what = f"{len(self.failures)} objects were not backed up. {key}: {error.message}"
            return what, error.category
        if self.archived:
            return f"{self.archived} archived objects were not backed up.", "MISCELLANEOUS"
        return "", "SUCCESS"
