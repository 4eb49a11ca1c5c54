"""Files and folders that appear whole or not at all, and are their owner's alone (0600 and 0700).

There is no other way in which a file of ours is written that somebody might read meanwhile.

While a file is being written, it has a random name and is newly made (O_EXCL), never through a symbolic link:
so nobody who can write the folder can make us overwrite another file. It is locked as long as somebody writes
to it, so that the remains of a crash can be told from another's work, and removed.
"""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO, Final

_END: Final = ".partial"


@contextmanager
def whole(
    target: Path, *, new: bool = False, private: bool = True, synced: bool = False
) -> Iterator[BinaryIO]:
    """A file to write to that takes the place of `target` when the block ends without an error.

    A `new` one takes the place of none; one that is not `private` has the mode that the umask leaves; a
    `synced` one is on disk before it appears.

    Raises:
        FileExistsError: a `new` one is there already.
        OSError: the folder of `target` cannot be written.
    """
    if new and os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    sweep(target)
    partial = target.with_name(f"{_prefix(target)}{token_hex(8)}{_END}")
    file = new_file(partial, 0o600 if private else 0o666)
    try:
        with file:
            _hold(file.fileno())
            yield file
            file.flush()
            if synced:
                os.fsync(file.fileno())
            if new:
                os.link(partial, target)
            else:
                partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def begin_folder(target: Path) -> tuple[Path, int]:
    """An empty folder beside `target`, for the caller to rename, and a descriptor to close then.

    Raises:
        OSError: the folder of `target` cannot be written.
    """
    sweep(target)
    partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=_prefix(target), suffix=_END))
    try:
        descriptor = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        _hold(descriptor)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return partial, descriptor


def new_file(path: Path, mode: int = 0o600) -> BinaryIO:
    """A file that was not there; raises `OSError` where something is, a symbolic link too."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode), "wb")


def sweep(target: Path) -> None:
    """Remove what crashes left of earlier writings of `target`; what somebody still writes to stays."""
    with suppress(OSError):
        for found in target.parent.iterdir():
            if found.name.startswith(_prefix(target)) and found.name.endswith(_END):
                _remove(found)


def _prefix(target: Path) -> str:
    return f".{target.name}."


def _hold(descriptor: int) -> None:
    """Lock what is being written, until the descriptor is closed."""
    with suppress(OSError):  # a file system without locks
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remove(partial: Path) -> None:
    """Remove a file or folder that nobody holds. Symbolic links are left alone, as we never make any."""
    with suppress(OSError):
        descriptor = os.open(partial, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if partial.is_dir():
                shutil.rmtree(partial)
            else:
                partial.unlink()
        finally:
            os.close(descriptor)
