"""Files below a directory: read into entries and chunks, and written from them again.

A file's content is cut every 4 MiB, and a chunk is named by its SHA-256. Chunks of zeros have no name and
become holes again. Sockets, pipes, devices and other file systems that are mounted below the directory are
left out. Paths are percent-encoded bytes, with "/" between their parts: names on disk need not be text.
"""

import errno
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from auditor.executor.seam.driver import DriverError
from auditor.executor.store.file_points import FileEntry
from reports.whole import new_file

CHUNK_BYTES: Final = 4 << 20

#: What keeps one file from being read; any other error is the whole file system's.
_UNREADABLE: Final = frozenset({errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP})
_NO_XATTRS: Final = frozenset({errno.ENOTSUP, errno.ENOSYS})


class DirectoryReader:
    """Reads a directory once. `keep(chunk)` stores a chunk and gives its name."""

    def __init__(self, root: Path, keep: Callable[[bytes], str]) -> None:
        self._root = root
        self._keep = keep
        self._device = root.stat().st_dev
        self._names: dict[int, str] = {}
        #: What could not be read, and why.
        self.failures: list[str] = []

    def entries(self) -> Iterator[FileEntry]:
        """Everything below the directory; the entries in a directory follow it.

        Raises:
            OSError: the file system cannot be read.
        """
        waiting = _last_first(self._root)
        while waiting:
            path = waiting.pop()
            try:
                entry = self._entry(path)
                below = _last_first(path) if entry and entry.kind == "directory" else []
            except FileNotFoundError:
                continue  # it was deleted meanwhile
            except OSError as error:
                if error.errno not in _UNREADABLE:
                    raise
                self.failures.append(f"{path.relative_to(self._root)}: {error.strerror}")
                continue
            if entry is not None:
                yield entry
                waiting += below

    def _entry(self, path: Path) -> FileEntry | None:
        """The entry of a path, None for what is left out."""
        found = path.lstat()
        name = _quoted(path.relative_to(self._root))
        common = (stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid, found.st_mtime_ns)
        if stat.S_ISLNK(found.st_mode):
            target = _quoted(path.readlink())
            return FileEntry(name, "symlink", *common, target=target, xattrs=_xattrs(path))
        if stat.S_ISDIR(found.st_mode):
            same = found.st_dev == self._device
            return FileEntry(name, "directory", *common, xattrs=_xattrs(path)) if same else None
        if not stat.S_ISREG(found.st_mode):
            return None
        entry = FileEntry(name, "file", *common, xattrs=_xattrs(path))
        if found.st_nlink == 1:
            return self._read(entry, path)
        first = self._names.get(found.st_ino)
        if first is not None:
            return replace(entry, same_as=first)
        self._names[found.st_ino] = name
        return self._read(replace(entry, linked=True), path)

    def _read(self, entry: FileEntry, path: Path) -> FileEntry:
        """The entry with what is in the file now."""
        chunks, size = [], 0
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            while body := file.read(CHUNK_BYTES):
                chunks.append("" if body == bytes(len(body)) else self._keep(body))
                size += len(body)
        return replace(entry, chunks=chunks, size=size)


def write_tree(root: Path, entries: Iterable[FileEntry], fetch: Callable[[str], bytes]) -> None:
    """Make `entries` below `root`, a directory of the caller's own. What was made of them before is replaced.

    `fetch(name)` gives a chunk. Owners are set by root only, as nobody else may. Raises `OSError`, and
    `DriverError` for an entry that would lie elsewhere.
    """
    directories: list[tuple[FileEntry, Path]] = []
    known = {root}
    for entry in entries:
        path = root / _unquoted(entry.path)
        if path.parent not in known or ".." in path.parts:
            raise DriverError(f"{entry.path} in the backup is not a path below it.", "INVALID_STATE")
        if entry.kind == "directory":
            path.mkdir(exist_ok=True)
            known.add(path)
            directories.append((entry, path))
            continue
        path.unlink(missing_ok=True)
        if entry.same_as:
            path.hardlink_to(root / _unquoted(entry.same_as))
            continue
        if entry.kind == "symlink":
            path.symlink_to(_unquoted(entry.target))
        else:
            _write(entry, path, fetch)
        _describe(entry, path)
    for entry, path in reversed(directories):
        _describe(entry, path)


def chosen(items: list[str] | None, entries: Iterable[FileEntry]) -> Iterator[FileEntry]:
    """The entries that paths name, with the directories above them and everything below; None names all."""
    left_out: dict[str, FileEntry] = {}
    for entry in entries:
        path = _unquoted(entry.path)
        if items is None or any(
            path == item or path.startswith(f"{item}/") or item.startswith(f"{path}/") for item in items
        ):
            first = left_out.get(entry.same_as)
            yield entry if first is None else replace(first, path=entry.path)
        elif entry.linked:
            left_out[entry.path] = entry


def check_items(items: Iterable[str], entries: Iterable[FileEntry]) -> None:
    """Whether every path is there; raises `DriverError`."""
    absent = set(items)
    if absent:
        absent -= {_unquoted(entry.path) for entry in entries}
    if absent:
        raise DriverError(f"{min(absent)} is not in the backup.", "RESOURCE_NOT_FOUND")


def _write(entry: FileEntry, path: Path, fetch: Callable[[str], bytes]) -> None:
    """A file, with holes where there were only zeros."""
    with new_file(path) as file:
        for number, name in enumerate(entry.chunks):
            if name:
                file.seek(number * CHUNK_BYTES)
                file.write(fetch(name))
        file.truncate(entry.size)


def _describe(entry: FileEntry, path: Path) -> None:
    """Set owner, attributes, mode and time, in an order in which no step undoes another."""
    if os.geteuid() == 0:
        os.chown(path, entry.uid, entry.gid, follow_symlinks=False)
    for name, value in entry.xattrs.items():
        os.setxattr(path, unquote_to_bytes(name), b64decode(value), follow_symlinks=False)
    if entry.kind != "symlink":
        path.chmod(entry.mode)
    os.utime(path, ns=(entry.mtime_ns, entry.mtime_ns), follow_symlinks=False)


def _xattrs(path: Path) -> dict[str, str]:
    """Extended attributes; none where the file system has none."""
    found = {}
    try:
        for name in os.listxattr(path, follow_symlinks=False):
            value = os.getxattr(path, name, follow_symlinks=False)
            found[quote_from_bytes(os.fsencode(name))] = b64encode(value).decode()
    except OSError as error:
        if error.errno not in _NO_XATTRS:
            raise
    return found


def _last_first(directory: Path) -> list[Path]:
    """What is in a directory, the last name first."""
    return sorted(directory.iterdir(), reverse=True)


def _quoted(path: Path) -> str:
    return quote_from_bytes(os.fsencode(path))


def _unquoted(path: str) -> str:
    return os.fsdecode(unquote_to_bytes(path))
