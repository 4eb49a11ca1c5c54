"""Recovery points of file systems: their chunks in `StoredPoints`, their files beside them (`tree_of`).

Chunks are to file systems what versions of objects are to buckets: the recovery points of a file system under
one key share them, and a chunk is deleted when no recovery point refers to it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from auditor.executor.seam.driver import DriverError, NativeBackup, Place
from auditor.executor.store.attempts import Claim
from auditor.executor.store.buckets import Entry
from auditor.executor.store.layout import StoredPoint, content_of, group_of, tree_of, write_parts
from auditor.executor.store.objects import Store, bucket_name
from auditor.executor.store.stored_points import StoredPoints


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A directory, a file or a symbolic link. Times are nanoseconds since 1970, UTC, sizes bytes.

    `chunks` are the names of a file's chunks, "" for one of zeros. `target` is where a symbolic link points
    to. A file that is `linked` may have more names: `same_as` is then the path of the earlier entry of which
    this one is another name. `xattrs` are base64 by percent-encoded name.
    """

    path: str
    kind: str
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    size: int = 0
    chunks: list[str] = field(default_factory=list)
    target: str = ""
    linked: bool = False
    same_as: str = ""
    xattrs: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Chunks:
    """The chunks that a recovery point refers to: those of `known`, and those that it stores itself."""

    known: Mapping[str, Entry]
    prefix: str
    take_in: Callable[[str, Any], None]
    used: dict[str, Entry] = field(default_factory=dict)
    transferred: int = 0

    def add(self, name: str, size: int, source: Any) -> None:
        """Refer to a chunk, which `take_in(key, source)` stores where it is new."""
        if name in self.used:
            return
        entry = self.known.get(name)
        if entry is None:
            entry = Entry(name, version="", modified=0, size=size, content=f"{self.prefix}/{name}")
            self.take_in(entry.content, source)
            self.transferred += size
        self.used[name] = entry

    def keep(self, body: bytes) -> str:
        """Store a chunk under its name."""
        name = sha256(body).hexdigest()
        self.add(name, len(body), body)
        return name

    def entries(self) -> Iterable[Entry]:
        """Every chunk that is referred to, by name."""
        return [self.used[name] for name in sorted(self.used)]


class FilePoints:
    """The recovery points of file systems in a store."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._points = StoredPoints(store)
        self._clock = clock

    def find(self, place: Place, token: str) -> StoredPoint | None:
        """The recovery point that was made whole under `token` and is not deleted."""
        return self._points.find(place, token)

    def find_backup(self, place: Place, token: str) -> NativeBackup | None:
        """The backup that this recovery point is."""
        return self._points.find_backup(place, token)

    def attempting(
        self, place: Place, token: str, file_system: str, backup: NativeBackup
    ) -> AbstractContextManager[StoredPoint]:
        """Begin anew what a job makes under its token, and make it (`StoredPoints.attempting`)."""
        point = StoredPoint(
            claim=Claim(token, backup.kms_key_arn),
            group=group_of(file_system, backup.kms_key_arn),
            bucket=file_system,
            created=round(self._clock().timestamp() * 1000),
            has_acls=False,
            backup=backup,
        )
        return self._points.attempting(place, point)

    def chunks(self, place: Place, point: StoredPoint, take_in: Callable[[str, Any], None]) -> Chunks:
        """No chunks yet; those of the newest recovery point need not be taken in."""
        base = self._points.newest(place, point)
        entries = () if base is None else self._points.layout.entries(place, base)
        known = {entry.key: entry for entry in entries}
        return Chunks(known, content_of(point.group, point.edition), take_in)

    def take_in(self, place: Place, key: str, body: bytes, kms_key: str | None) -> None:
        """Store a chunk."""
        self._store.put(place, key, body, kms_key=kms_key)

    def publish(
        self, place: Place, point: StoredPoint, chunks: Chunks, *, size: int, message: str, category: str
    ) -> NativeBackup:
        """Make a recovery point of what was written; the manifest comes last."""
        parts = self._points.layout.write_entries(place, point, chunks.entries())
        backup = replace(
            point.backup,
            size_bytes=size,
            transferred_bytes=chunks.transferred,
            message=message,
            category=category,
        )
        self._points.publish(place, replace(point, parts=parts, backup=backup))
        return backup

    def sweep(self, place: Place, point: StoredPoint) -> None:
        """Delete what no recovery point of the file system needs."""
        self._points.sweep(place, point.group)

    def write_tree(self, place: Place, point: StoredPoint, entries: Iterable[FileEntry]) -> int:
        """Store the entries in parts; gives the size of their files."""
        size = 0

        def counted() -> Iterator[dict[str, Any]]:
            nonlocal size
            for entry in entries:
                size += entry.size
                yield asdict(entry)

        write_parts(self._store, place, tree_of(point), counted(), kms_key=point.claim.kms_key)
        return size

    def tree(self, place: Place, point: StoredPoint) -> Iterator[FileEntry]:
        """The entries; those in a directory follow it."""
        for part in self._store.below(place, tree_of(point)):
            stored = self._store.get_json(place, f"{tree_of(point)}/{part.name}")
            yield from (FileEntry(**entry) for entry in stored)

    def copy(self, source: Place, original: StoredPoint, destination: Place, point: StoredPoint) -> Chunks:
        """Copy the entries, and the chunks that the destination's newest recovery point lacks."""
        key = point.backup.kms_key_arn

        def take_in(content: str, chunk: Entry) -> None:
            stored = {"Bucket": bucket_name(*source), "Key": chunk.content}
            self._store.take_in(destination, content, stored, chunk.size, kms_key=key)

        chunks = self.chunks(destination, point, take_in)
        for chunk in self._points.layout.entries(source, original):
            chunks.add(chunk.key, chunk.size, chunk)
        for part in self._store.below(source, tree_of(original)):
            stored = {"Bucket": bucket_name(*source), "Key": f"{tree_of(original)}/{part.name}"}
            self._store.take_in(destination, f"{tree_of(point)}/{part.name}", stored, part.size, kms_key=key)
        return chunks

    def fetching(self, place: Place, point: StoredPoint) -> Callable[[str], bytes]:
        """A function that gives a chunk by its name; it raises `DriverError` for a damaged one."""
        contents = {entry.key: entry.content for entry in self._points.layout.entries(place, point)}

        def fetch(name: str) -> bytes:
            body, _ = self._store.get(place, contents[name])
            if sha256(body).hexdigest() != name:
                raise DriverError(f"Chunk {name} of {point.backup.arn} is damaged.", "INVALID_STATE")
            return body

        return fetch

    def objects(self, place: Place, token: str) -> Iterator[str]:
        """The keys of what a recovery point needs besides its claim (`StoredPoints.objects`)."""
        return self._points.objects(place, token)

    def delete(self, place: Place, token: str) -> None:
        """Delete a recovery point, and the chunks that nothing else needs."""
        self._points.delete(place, token)

    def undo(self, place: Place, token: str) -> None:
        """Delete whatever was made under `token`, whole or in part."""
        self._points.undo(place, token)
